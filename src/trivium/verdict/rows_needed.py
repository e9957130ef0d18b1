"""How many rows would tell, where the present ones do not."""

import math
from collections.abc import Callable

from scipy import optimize, special

from trivium.verdict.difference import Difference, with_rows
from trivium.verdict.equivalence import probability_within

_MOST = 1000.0


def rows_needed(
    difference: Difference,
    n_rows: int,
    *,
    margin: float,
    alpha: float,
    surely: float,
    least: float = 0.0,
) -> int | None:
    """Return about how many rows would find the difference, or find that it does not matter.

    A standard error shrinks as one over the square root of the rows (its part that is of added
    rows, as one over the rows), and the difference is taken to stay what it is. Then so many rows
    bring p below `alpha`, and so many the probability of equivalence up to `surely`: the lesser
    number counts, rounded up to two digits. With so many it is as likely as not that they tell.

    Parameters
    ----------
    difference : Difference
    n_rows : int
        At present.
    margin, alpha, surely : float
    least : float
        Rows with which p can be below `alpha` at all, as far as that is known: a standard error
        says too little of them where rows are few.

    Returns
    -------
    rows : int or None
        More than `n_rows`; None if more than a thousand times as many, or if nothing is known.

    Examples
    --------
    >>> rows_needed(
    ...     Difference(0.017, 0.01, math.inf, 0.09), 1000, margin=0.01, alpha=0.05, surely=0.95
    ... )
    1400
    """
    if not difference.error > 0.0:
        return None
    critical = -float(special.stdtrit(difference.dof, alpha / 2.0))

    def no_winner(then: Difference) -> float:
        return critical * then.error - abs(then.mean)

    def not_equivalent(then: Difference) -> float:
        return surely - probability_within(then, margin)

    until_winner = max(_times_until(difference, no_winner), least / n_rows)
    if until_winner > _MOST:
        until_winner = math.inf
    times = min(until_winner, _times_until(difference, not_equivalent))
    if math.isinf(times):
        return None
    return _rounded_up(max(n_rows + 1, math.ceil(times * n_rows)))


def _times_until(difference: Difference, lacking: Callable[[Difference], float]) -> float:
    """Return how many times the rows nothing lacks with; infinite if more than the most."""

    def lacks(log_times: float) -> float:
        return lacking(with_rows(difference, math.exp(log_times)))

    most = math.log(_MOST)
    if lacks(most) > 0.0:
        return math.inf
    return math.exp(float(optimize.brentq(lacks, 0.0, most, xtol=1e-6))) if lacks(0.0) > 0 else 1.0


def _rounded_up(rows: int) -> int:
    step = int(10 ** max(0, len(str(rows)) - 2))
    return math.ceil(rows / step) * step
