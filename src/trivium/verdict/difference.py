"""The difference of two models' scores: what is known of it, as a Student t distribution."""

from typing import NamedTuple

import numpy as np
from scipy import special


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
        Standard error of the mean; zero only where nothing tells it.
    dof : float
        Degrees of freedom of the error; infinite where the distribution is normal.
    p : float
        Two-sided, of no difference.
    added : float
        The part of the squared error that is of rows added to those that are there: it falls with
        the square of their number.
    """

    mean: float
    error: float
    dof: float
    p: float
    added: float = 0.0


UNKNOWN = Difference(np.nan, np.nan, np.inf, 1.0)
"""Where no two folds have scores of both."""


def t_test(mean: float, error: float, dof: float) -> float:
    """Return the two-sided p of no difference.

    Examples
    --------
    >>> round(t_test(2.262, 1.0, 9.0), 3)
    0.05
    """
    return float(min(1.0, 2.0 * special.stdtr(dof, -abs(mean) / error)))


def interval(difference: Difference, level: float = 0.95) -> tuple[float, float]:
    """Return the bounds between which the difference lies with a probability of `level`.

    Examples
    --------
    >>> low, high = interval(Difference(0.1, 0.05, float("inf"), 0.045))
    >>> round(low, 3), round(high, 3)
    (0.002, 0.198)
    """
    reach = float(special.stdtrit(difference.dof, 0.5 + level / 2.0)) * difference.error
    return difference.mean - reach, difference.mean + reach


def with_rows(difference: Difference, times: float) -> Difference:
    """Return what would be known with so many times the rows, if the mean stayed.

    Examples
    --------
    >>> with_rows(Difference(0.1, 0.06, float("inf"), 0.1), 4.0).error
    0.03
    """
    squares = (1.0 - difference.added) / times + difference.added / times**2
    return difference._replace(error=difference.error * float(np.sqrt(squares)))
