"""How far to go in a direction, for objectives that are convex.

Nocedal & Wright, Numerical Optimization, 2nd ed. 2006, section 3.1 (strong Wolfe
conditions); near the optimum, where the loss differs by its own rounding, its slope decides
alone (Hager & Zhang, SIAM J. Optim. 16, 2005, the approximate Wolfe condition).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import inner, inner_of_step
from trivium.softmax.solvers.protocol import Evaluation, Objective

FLATTER = 0.9
"""Of the slope at first: what a step may leave of it, where evaluations are what costs."""

_FALL = 1e-4
_TRIALS = 60
_WIDE = 8.0
_LIKELY = 1.5  # length at which a function is least: found so in fewest trials
_LEVELLED, _FEW_TRIALS = 0.05, 6  # of the slope at first: what is left where a function is least
_LEVEL = 1e-9  # of the loss: smaller differences may be rounding, and slopes tell more


class Found(NamedTuple):
    """A length, the evaluation there, and the point that was evaluated."""

    length: float
    at: Any
    parameters: Float64


class Line:
    """Points in a direction.

    Parameters
    ----------
    start : ndarray
    direction : ndarray
    """

    def __init__(self, start: Float64, direction: Float64) -> None:
        self._start, self._direction = start, direction

    def point(self, length: float) -> Float64:
        """Return the point so many directions away."""
        change = self._direction if length == 1.0 else length * self._direction
        point: Float64 = self._start + change
        return point

    def slope(self, gradient: Float64) -> float:
        """Return how the objective slopes in the direction, at the last point."""
        return inner(gradient, self._direction)


class OverwrittenLine(Line):
    """The same, whose points lie where the direction lay: of many parameters it saves an array.

    The direction is what leads to the point, rounded as that is.
    """

    def __init__(self, start: Float64, direction: Float64) -> None:
        super().__init__(start, direction)
        self._length = 0.0

    def point(self, length: float) -> Float64:
        """Return the point; those before it are lost."""
        room = self._direction
        if self._length:
            room -= self._start
        factor = length / self._length if self._length else length
        if factor != 1.0:
            room *= factor
        room += self._start
        self._length = length
        return room.view()  # another point is another array

    def slope(self, gradient: Float64) -> float:
        """Return the slope; NaN where rounding has left nothing of the step."""
        there, here = self._direction, self._start
        product = inner_of_step(gradient, there, here)
        if product == 0.0 and inner_of_step(None, there, here) == 0.0:
            return math.nan
        return product / self._length


def line_search(
    objective: Objective,
    parameters: Float64,
    at: Evaluation,
    direction: Float64,
    *,
    flatter: float = FLATTER,
    length: float = 1.0,
    line: type[Line] = Line,
) -> Found | None:
    """Find a length at which the loss has fallen enough and slopes less.

    Slopes of a convex function only rise along a line, so that they tell on which side of a
    trial to look.

    Parameters
    ----------
    objective : Objective
    parameters : ndarray
    at : Evaluation
        The objective at these parameters.
    direction : ndarray
    flatter : float
        Of the slope at first: what the length may leave of it.
    length : float
        What is tried first.
    line : type
        `Line`, or `OverwrittenLine`, after which the direction is no more.

    Returns
    -------
    Found or None
        None where no length will do.
    """
    slope = inner(at.gradient, direction)
    if not slope < 0:
        return None
    rounding = _LEVEL * abs(at.loss)
    short, short_slope, long = 0.0, slope, np.inf
    points = line(parameters, direction)
    for _ in range(_TRIALS):
        there = None  # what failed takes room
        point = points.point(length)
        there = objective.evaluate(point)
        new_slope = points.slope(there.gradient)
        fall = there.loss - at.loss
        falls = fall < 0 and fall <= _FALL * length * slope
        level = abs(fall) <= rounding and new_slope <= -flatter * slope
        if not math.isfinite(new_slope) or not (falls or level):
            long, long_slope = length, new_slope
        elif new_slope < flatter * slope:
            short, short_slope = length, new_slope
        else:
            return Found(length, there, point)
        if long == np.inf:
            length *= 4.0
        elif short and long > _WIDE * short:
            length = math.sqrt(short * long)
        else:
            share = 0.5
            if math.isfinite(long_slope) and long_slope > 0:
                share = short_slope / (short_slope - long_slope)
            # As long as every trial was too long, by powers: it may be so by any factor.
            share = min(max(share, 0.2), 0.8) if short else min(max(share, 0.05), 0.25)
            length = short + share * (long - short)
    return None


def least_along(derivatives: Callable[[float], tuple[float, float]], slope: float) -> float:
    """Find about the length at which a convex function is least, by Newton's method.

    Parameters
    ----------
    derivatives : callable
        Answers a length with the slope and the curvature there.
    slope : float
        At length zero: negative. From there a step of Newton's is about of length one, and as a
        rule too short: where curvature is greatest at length zero.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> round(float(least_along(lambda t: (np.exp(t) - 2.5, np.exp(t)), -1.5)), 3)
    0.916
    """
    short, long, length = 0.0, math.inf, _LIKELY
    for _ in range(_FEW_TRIALS):
        here, curvature = derivatives(length)
        short, long = (length, long) if here < 0 else (short, length)
        most = 4.0 * length if long == math.inf else long
        towards = length - here / curvature if curvature > 0 else math.inf
        between = most if long == math.inf else 0.5 * (short + long)
        length = towards if towards > 0.0 and short <= towards <= most else between
        if not abs(here) > _LEVELLED * -slope:
            break
    return length
