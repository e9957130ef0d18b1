"""How the page writes numbers."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence


def written(value: float, digits: int = 4) -> str:
    """Write a number to so many digits, or to the unit, with the minus sign that print has.

    Examples
    --------
    >>> from trivium.lab.page.numbers import written
    >>> [written(value) for value in (0.98765, -2.0, 1e-8, 12345.6, 1e6, float("nan"))]
    ['0.9877', '−2', '1e−08', '12,346', '1e+06', 'not a number']
    >>> written(2.538e-11, 2)
    '2.5e−11'
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "−infinite"
    form = ",.0f" if 9999.5 <= abs(value) < 999_999.5 else f".{digits}g"
    return f"{value:{form}}".replace("-", "−")


def nearest(values: Sequence[float], value: float) -> int:
    """Return the place of the value that is nearest, the first of two.

    Parameters
    ----------
    values : sequence of float
        Ascending, at least one.
    value : float

    Examples
    --------
    >>> from trivium.lab.page.numbers import nearest
    >>> [nearest((0.0, 1.0, 4.0), value) for value in (-9, 0.4, 0.5, 2.6, 99)]
    [0, 0, 0, 2, 2]
    """
    after = bisect_left(values, value)
    places = [place for place in (after - 1, after) if 0 <= place < len(values)]
    return min(places, key=lambda place: abs(values[place] - value))


def steps_of_ten(low: int, high: int) -> tuple[float, ...]:
    """Return 1, 2 and 5 times the powers of ten from one to another.

    Examples
    --------
    >>> from trivium.lab.page.numbers import steps_of_ten
    >>> steps_of_ten(-1, 1)
    (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
    """
    found = [float(f"{digit}e{power}") for power in range(low, high) for digit in (1, 2, 5)]
    return (*found, float(f"1e{high}"))
