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
from trivium.blocks.products import inner
from trivium.softmax.solvers.protocol import Evaluation, Objective

FLATTER = 0.9
"""Of the slope at first: what a step may leave of it, where evaluations are what costs."""

_FALL = 1e-4
_TRIALS = 60
_WIDE = 8.0
_LEVELLED, _FEW_TRIALS = 0.05, 6  # of the slope at first: what is left where a function is least
_LEVEL = 1e-9  # of the loss: smaller differences may be rounding, and slopes tell more


class Found(NamedTuple):
    """A length, the evaluation there, and the point that was evaluated."""

    length: float
    at: Any
    parameters: Float64


def line_search(
    objective: Objective,
    parameters: Float64,
    at: Evaluation,
    direction: Float64,
    *,
    flatter: float = FLATTER,
    length: float = 1.0,
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
    for _ in range(_TRIALS):
        change = direction if length == 1.0 else length * direction
        point = parameters + change
        there = objective.evaluate(point)
        new_slope = inner(there.gradient, direction)
        fall = there.loss - at.loss
        falls = fall < 0 and fall <= _FALL * length * slope
        level = abs(fall) <= rounding and new_slope <= -flatter * slope
        if not np.isfinite(new_slope) or not (falls or level):
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
            if np.isfinite(long_slope) and long_slope > 0:
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
        At length zero: negative. From there a step of Newton's is about of length one.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> round(float(least_along(lambda t: (np.exp(t) - 2.5, np.exp(t)), -1.5)), 3)
    0.916
    """
    short, long, length = 0.0, math.inf, 1.0
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
