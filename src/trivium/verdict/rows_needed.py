"""How many rows would tell, where the present ones do not."""

import math

from scipy import optimize, stats

from trivium.verdict.difference import Difference
from trivium.verdict.equivalence import probability_within

_MOST = 1000.0


def rows_needed(
    difference: Difference, n_rows: int, *, margin: float, alpha: float, surely: float
) -> int | None:
    """Return about how many rows would find the difference, or find that it does not matter.

    A standard error shrinks as one over the square root of the rows, and the difference is taken
    to stay what it is. Then so many rows bring p below `alpha`, and so many the probability of
    equivalence up to `surely`: the lesser number counts, rounded up to two digits. (With so many
    rows it is as likely as not that a test finds the difference.)

    Returns
    -------
    rows : int or None
        More than `n_rows`; None if more than a thousand times as many, or if nothing varies.

    Examples
    --------
    >>> rows_needed(
    ...     Difference(0.017, 0.01, math.inf, 0.09), 1000, margin=0.01, alpha=0.05, surely=0.95
    ... )
    1400
    """
    if not difference.error > 0.0:
        return None
    ratio = abs(difference.mean) / difference.error
    critical = float(stats.t.isf(alpha / 2.0, difference.dof))
    times = (critical / ratio) ** 2 if ratio > 0.0 else math.inf
    if abs(difference.mean) < margin:
        times = min(times, _times_until_equivalent(difference, margin, surely))
    if times > _MOST:
        return None
    return _rounded_up(max(n_rows + 1, math.ceil(times * n_rows)))


def _times_until_equivalent(difference: Difference, margin: float, surely: float) -> float:
    def lacking(log_times: float) -> float:
        error = difference.error * math.exp(-0.5 * log_times)
        return probability_within(difference._replace(error=error), margin) - surely

    if lacking(math.log(_MOST)) < 0.0:
        return math.inf
    if lacking(0.0) >= 0.0:
        return 1.0
    return math.exp(float(optimize.brentq(lacking, 0.0, math.log(_MOST), xtol=1e-6)))


def _rounded_up(rows: int) -> int:
    step = int(10 ** max(0, len(str(rows)) - 2))
    return math.ceil(rows / step) * step
