"""McNemar's test: whether each of two models has half the rows that one alone predicts right.

Of independent rows the test is exact. Cross-validation asks a little more. Wins and losses are
averaged over its runs, but as many rows vary as in one: runs share their rows, and what models
learnt from the same table have in common does not average out. So with d = 1 where the first model
alone is right, -1 where the second is, 0 elsewhere,

    z = |mean of Σ d| / sqrt(1.1 (mean of Σ d² + 2)),     means over runs, sums over rows.

The two rows more, one that each model wins, are what Bonett and Price add to an interval; z then
agrees with the exact test down to a handful of rows. The tenth more is for what models of folds
share: where learners are stable, the variance of Σ d was 1.0 to 1.1 times Σ d² in simulations. Of
one run the p is the greater of this and the exact one.

Why rows and not folds: folds that are dealt by class vary less than rows do, so that a model
beside the floor, on labels that have nothing to do with the columns, was found better or worse by
the corrected t test in 7 to 12 % of tables, by this test over ten runs in 1 to 3 %. Averages of
each row over the runs would find a little more, but more than one in twenty among equals, too.

References
----------
Q. McNemar, Note on the sampling error of the difference between correlated proportions or
percentages, Psychometrika 12, 1947, 153-157.
D. G. Bonett & R. M. Price, Adjusted Wald confidence interval for a difference of binomial
proportions based on paired data, Journal of Educational and Behavioral Statistics 37, 2012,
479-488.
"""

import numpy as np
from scipy import special

from trivium.arrays import Float64, Indices, Labels
from trivium.verdict.difference import Difference, t_test

_SHARED = 1.1
_ADDED = 2


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p of no difference.

    Parameters
    ----------
    only_first, only_second : int
        Rows that the first alone predicts right, and the second alone.

    Examples
    --------
    >>> mcnemar(6, 0)
    0.03125
    >>> mcnemar(0, 0)
    1.0
    """
    both = only_first + only_second
    return float(min(1.0, 2.0 * special.bdtr(min(only_first, only_second), both, 0.5)))


def least_discordant(alpha: float) -> int:
    """Return how many rows the tests take that one model alone has right, and no row the other.

    Parameters
    ----------
    alpha : float
        That p must be below, by the exact test and by z.

    Examples
    --------
    >>> least_discordant(0.05), least_discordant(0.05 / 3)
    (6, 8)
    """
    squared = float(special.ndtri(alpha / 2.0)) ** 2 * _SHARED
    by_z = (squared + np.sqrt(squared**2 + 4.0 * _ADDED * squared)) / 2.0
    exact = 1.0 - np.log2(alpha)
    return int(np.floor(max(by_z, exact))) + 1


def compare_rows(
    first: Labels,
    second: Labels,
    *,
    weights: Float64 | None = None,
    together: Indices | None = None,
) -> Difference:
    """Compare two models by the rows that each predicts right.

    Parameters
    ----------
    first, second : ndarray of bool of shape (repeats, n)
    weights : ndarray of shape (n,), optional
        Of rows: those of balanced accuracy are one over the rows of the class.
    together : ndarray of int of shape (n,), optional
        Numbers of what rows belong to: rows of one group or copies of one row win or lose
        together, and count as one.

    Returns
    -------
    Difference
        Of the (weighted) shares of rows predicted right.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[1, 1, 1, 1, 0]], dtype=bool)
    >>> other = np.array([[1, 1, 0, 0, 1]], dtype=bool)
    >>> found = compare_rows(one, other)
    >>> round(found.mean, 3), round(found.error, 3), found.p
    (0.2, 0.33, 1.0)
    """
    wins = first.astype(np.int8) - second.astype(np.int8)
    alike = weights is None and together is None
    of_rows = np.ones(wins.shape[1]) if weights is None else weights
    net = wins * of_rows
    if together is not None:
        net = np.stack([np.bincount(together, weights=each) for each in net])
    total = float(net.sum(axis=1).mean())
    unit = max(float(np.abs(net).max()), float(of_rows.max()))
    added = _ADDED * unit**2
    squares = float((net**2).sum(axis=1).mean()) + added
    spread = squares - total**2 / (net.shape[1] + _ADDED)
    error = float(np.sqrt(_SHARED * spread)) / (float(of_rows.sum()) + _ADDED * unit)
    p = t_test(total, float(np.sqrt(_SHARED * squares)), np.inf)
    if alike and len(wins) == 1:
        p = max(p, mcnemar(int((wins > 0).sum()), int((wins < 0).sum())))
    return Difference(total / float(of_rows.sum()), error, np.inf, p, added / squares)
