"""The corrected resampled t test: differences of scores, fold by fold, that share their rows.

Folds of one run share most of their training rows, and runs share all rows, so that the mean of J
differences varies by more than S²/J, S² being their variance. Nadeau and Bengio put

    Var(mean) = (1/J + n_test/n_train) S²,

as if two folds' scores correlated as the share of the rows that is tested. Bouckaert and Frank
take it for repeated cross-validation, with J - 1 degrees of freedom.

References
----------
C. Nadeau & Y. Bengio, Inference for the generalization error, Machine Learning 52, 2003, 239-281.
R. R. Bouckaert & E. Frank, Evaluating the replicability of significance tests for comparing
learning algorithms, PAKDD 2004, 3-12.
"""

import numpy as np

from trivium.arrays import Float64
from trivium.verdict.difference import UNKNOWN, Difference, t_test

_ROUNDING = 1e-12


def corrected_t(differences: Float64, test_share: float, n_rows: int | None = None) -> Difference:
    """Estimate the mean difference from those of folds.

    Parameters
    ----------
    differences : ndarray of shape (repeats, folds)
        NaN for a fold in which one of the two has no score: it is left out.
    test_share : float
        Rows of a fold divided by rows that were learnt from.
    n_rows : int, optional
        Rows tested in a run.

    Returns
    -------
    Difference
        Where folds differ by no more than rounding they tell no error. Then p is that of the sign
        test over the folds of one run (1 where the mean is zero), and the error is that of
        `n_rows` of which just so many were won as make the mean and none lost, with one more won
        and one more lost as in `trivium.verdict.mcnemar`; zero without `n_rows`.

    Examples
    --------
    >>> import numpy as np
    >>> found = corrected_t(np.array([[0.02, 0.04, 0.03, 0.03, 0.03]]), 0.25, 1000)
    >>> round(found.mean, 3), round(found.error, 4), found.dof, round(found.p, 4)
    (0.03, 0.0047, 4.0, 0.0032)
    """
    there = np.isfinite(differences)
    kept = differences[there]
    if kept.size < 2:
        return UNKNOWN
    mean = float(kept.mean())
    dof = float(kept.size - 1)
    if np.ptp(kept) <= _ROUNDING * max(1.0, float(np.abs(kept).max())):
        tested = int(there.sum(axis=1).max())
        p = min(1.0, 2.0 ** (1 - tested)) if abs(mean) > _ROUNDING else 1.0
        return _of_rows(mean, p, n_rows)
    error = float(np.sqrt((1.0 / kept.size + test_share) * kept.var(ddof=1)))
    return Difference(mean, error, dof, t_test(mean, error, dof))


def _of_rows(mean: float, p: float, n: int | None) -> Difference:
    if n is None:
        return Difference(mean, 0.0, np.inf, p)
    squares = max(abs(mean), mean**2) * n + 2.0
    error = float(np.sqrt(squares - (mean * n) ** 2 / (n + 2.0)) / (n + 2.0))
    return Difference(mean, error, np.inf, p, added=2.0 / squares)
