"""The difference of two models' scores: what is known of it, as a Student t distribution."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Difference(NamedTuple):
    """A difference, and how sure it is.

    The difference that rows without end would show lies about `mean` as `error` times a Student t
    variable of `dof` degrees of freedom: the sampling distribution turned round, or the posterior
    distribution under a flat prior.

    Attributes
    ----------
    mean : float
        Of the first model's scores less the second's; NaN where nothing is known.
    error : float
        Standard error of the mean; zero where nothing varies.
    dof : float
        Degrees of freedom of the error; infinite where the distribution is normal.
    p : float
        Two-sided, of no difference.
    """

    mean: float
    error: float
    dof: float
    p: float


UNKNOWN = Difference(np.nan, np.nan, np.inf, 1.0)
"""Where no two folds have scores of both."""


def t_test(mean: float, error: float, dof: float) -> float:
    """Return the two-sided p of no difference.

    Examples
    --------
    >>> round(t_test(2.262, 1.0, 9.0), 3)
    0.05
    """
    return float(min(1.0, 2.0 * stats.t.sf(abs(mean) / error, dof)))


def interval(difference: Difference, level: float = 0.95) -> tuple[float, float]:
    """Return the bounds between which the difference lies with a probability of `level`.

    Examples
    --------
    >>> low, high = interval(Difference(0.1, 0.05, float("inf"), 0.045))
    >>> round(low, 3), round(high, 3)
    (0.002, 0.198)
    """
    reach = float(stats.t.ppf(0.5 + level / 2.0, difference.dof)) * difference.error
    return difference.mean - reach, difference.mean + reach
