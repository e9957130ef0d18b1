"""How scores choose a model: the same rules for all three wings.

A new rule has its name in `RULES` and its branch in `choose`, and is named in the ``Literal`` and
the docstring of ``rule`` in each wing's `classifier_cv.py`. Where a scorer is asked,
`left_out_scores.error_of_best` finds the standard error of the best score alone, which every rule
but "best" needs.
"""

import numpy as np

from trivium.arrays import Float64

RULES = ("one-standard-error", "best")
"""What a user may ask for."""

_ROUNDING = 1e-12  # of the numbers that are compared


def choose(scores: Float64, errors: Float64, rule: str, *, tied: int = -1) -> int:
    """Choose among models, each simpler than the one before it; return its position.

    Scores that differ by rounding alone count as equal, so that rows with a weight of 3
    and rows that stand there three times choose alike.

    Parameters
    ----------
    scores : ndarray of shape (m,)
        Greater is better.
    errors : ndarray of shape (m,)
        Their standard errors.
    rule : {"one-standard-error", "best"}
        The last model whose score is within one standard error of the best; or the best.
    tied : {-1, 0}
        Which of several that are the best is: the last or the first.

    Raises
    ------
    ValueError
        If there is no such rule.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 7.10.

    Examples
    --------
    >>> import numpy as np
    >>> scores, errors = np.array([0.80, 0.90, 0.90, 0.85, 0.70]), np.full(5, 0.06)
    >>> choose(scores, errors, "best")
    2
    >>> choose(scores, errors, "best", tied=0)
    1
    >>> choose(scores, errors, "one-standard-error")
    3
    """
    greatest = scores.max()
    rounding = _ROUNDING * abs(greatest)
    best = int(np.flatnonzero(scores >= greatest - rounding)[tied])
    if rule == "best":
        return best
    if rule == "one-standard-error":
        rounding += _ROUNDING * errors[best]
        return int(np.flatnonzero(scores >= scores[best] - errors[best] - rounding)[-1])
    raise ValueError(f"rule={rule!r}: expected one of {', '.join(map(repr, RULES))}.")


def choose_penalty(alphas: Float64, scores: Float64, errors: Float64, rule: str) -> int:
    """Choose a penalty as `choose` does, in whichever order they are: the greatest is simplest.

    Parameters
    ----------
    alphas : ndarray of shape (m,)
    scores, errors, rule
        As of `choose`.

    Examples
    --------
    >>> import numpy as np
    >>> alphas, scores = np.array([10.0, 0.1, 1.0]), np.array([-0.60, -0.30, -0.32])
    >>> choose_penalty(alphas, scores, np.full(3, 0.05), "one-standard-error")
    2
    >>> choose_penalty(alphas, scores, np.full(3, 0.05), "best")
    1
    """
    order = np.argsort(alphas, kind="stable")
    return int(order[choose(scores[order], errors[order], rule)])
