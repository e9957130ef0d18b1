"""McNemar's exact test: whether each of two models has half the rows that one alone gets right.

References
----------
Q. McNemar, Note on the sampling error of the difference between correlated proportions or
percentages, Psychometrika 12, 1947, 153-157.
D. G. Bonett & R. M. Price, Adjusted Wald confidence interval for a difference of binomial
proportions based on paired data, Journal of Educational and Behavioral Statistics 37, 2012,
479-488.
"""

import numpy as np
from scipy import stats

from trivium.arrays import Labels
from trivium.verdict.difference import Difference


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
    return float(min(1.0, 2.0 * stats.binom.cdf(min(only_first, only_second), both, 0.5)))


def paired_rows(first: Labels, second: Labels) -> Difference:
    """Compare two models by the rows that each predicts right.

    The error is that of independent rows, with two more for the sake of few: one that the first
    model alone predicts right and one that the second does (Bonett & Price).

    Parameters
    ----------
    first, second : ndarray of bool of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> found = paired_rows(np.array([1, 1, 1, 1, 0], bool), np.array([1, 1, 0, 1, 1], bool))
    >>> found.mean, round(found.error, 4), found.p
    (0.0, 0.2857, 1.0)
    """
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    n = first.size
    mean = (only_first - only_second) / n
    squares = (only_first + only_second + 2) / (n + 2)
    error = float(np.sqrt((squares - (mean * n / (n + 2)) ** 2) / (n + 2)))
    return Difference(mean, error, np.inf, mcnemar(only_first, only_second))
