"""Newton's method with a line search; how its direction is found is the caller's affair.

Nocedal & Wright, Numerical Optimization, 2nd ed. 2006, section 3.3.
"""

from collections.abc import Callable
from typing import Any

from trivium.arrays import Float64
from trivium.blocks.products import length_of
from trivium.softmax.solvers.line_search import FLATTER, line_search
from trivium.softmax.solvers.protocol import Objective, Observer, Result, Status, Stop


def newton(
    objective: Objective,
    start: Float64,
    *,
    direction: Callable[[Any], Float64],
    max_iter: int,
    stop: Stop,
    observe: Observer,
    flatter: float = FLATTER,
    reach: Callable[[Any, Float64], float] | None = None,
) -> Result:
    """Minimise until told to stop.

    Parameters
    ----------
    objective : Objective
        Convex.
    start : ndarray
    direction : callable
        Answers the evaluation of a point with the direction to take from there.
    max_iter : int
    stop : callable
    observe : callable
    flatter : float
        As in `line_search`.
    reach : callable or None
        Answers a point and a direction with the length to try first; None means always one.

    Returns
    -------
    Result
    """
    parameters = start
    at = objective.evaluate(parameters)
    if observe(parameters, at, 0.0):
        return Result(parameters, 0, Status.STOPPED)
    for step in range(max_iter):
        if status := stop(at):
            return Result(parameters, step, status)
        towards = direction(at)
        first = 1.0 if reach is None else reach(at, towards)
        found = line_search(objective, parameters, at, towards, flatter=flatter, length=first)
        if found is None:
            return Result(parameters, step, Status.NO_PROGRESS)
        length, at, parameters = found
        if observe(parameters, at, length * length_of(towards)):
            return Result(parameters, step + 1, stop(at) or Status.STOPPED)
    return Result(parameters, max_iter, stop(at) or Status.OUT_OF_STEPS)
