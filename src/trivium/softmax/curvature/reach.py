"""How long a first step of Newton's is to be, by logits alone: to read rows would cost more."""

from typing import Any

from trivium.arrays import Float64
from trivium.blocks.products import inner
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.objective.along import LossAlong
from trivium.softmax.solvers.line_search import least_along

_MOST_ROWS = 1 << 15


class Reach:
    """The length to try first: of the step from zero that at which the loss is least, then one.

    At zero, where all curvature is greatest, the quadratic knows where to go and not how far: its
    step is half as long as it should be, or less. To know better saves two classes one or two
    steps; with more classes it costs what it saves. Of many rows a pilot fit knows better.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem: Problem) -> None:
        objective = problem.objective
        few = objective.rows.shape[0] <= _MOST_ROWS
        self._problem = problem
        self._waits = objective.shape[0] == 2 and few and objective.alpha > 0

    def __call__(self, at: Any, direction: Float64) -> float:
        """Return the length to try first."""
        if not self._waits or at.plain.parameters.any():
            return 1.0
        self._waits = False
        along = LossAlong(at.plain, self._problem.plain_parameters(direction))
        return least_along(along.derivatives, inner(at.gradient, direction))
