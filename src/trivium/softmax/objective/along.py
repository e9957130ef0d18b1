"""Two classes' loss along a line: its slope and curvature at any length, from logits alone.

Logits are linear in the parameters. Once those at a point and those of a direction are known, no
row is read any more.
"""

from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import inner
from trivium.rows.block import Block
from trivium.softmax.objective.cross_entropy import CrossEntropyAt
from trivium.softmax.objective.margins import take_margins
from trivium.softmax.objective.statistics import Linear


class LossAlong:
    """The objective of two classes along a direction from a point.

    Parameters
    ----------
    at : CrossEntropyAt
        The point.
    direction : ndarray of shape (2, n_parameters)

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> from trivium.softmax.objective.cross_entropy import CrossEntropy
    >>> rows = ArrayRows(np.array([[0.0], [1.0]]), np.array([0, 1]), 2)
    >>> at = CrossEntropy(rows).evaluate(np.zeros((2, 2)))
    >>> along = LossAlong(at, np.array([[-1.0, 0.5], [1.0, -0.5]]))
    >>> along.derivatives(0.0)
    (-0.5, 0.25)
    """

    def __init__(self, at: CrossEntropyAt, direction: Float64) -> None:
        objective = at.objective
        rows, W = objective.rows, objective.penalised(direction)
        self._codes, self._weights = rows.codes.astype(np.intp, copy=False), rows.weights
        self._total, self._alpha = objective.total, float(objective.alpha)
        self._penalty = inner(objective.penalised(at.parameters), W), inner(W, W)
        given = at.parameters, objective.center, objective.fit_intercept
        margins = rows.reduce(_Margins(*given, direction), _beside, length=objective.length)
        self._margins, self._along = margins

    def derivatives(self, length: float) -> tuple[float, float]:
        """Compute the slope and the curvature at a length.

        Parameters
        ----------
        length : float
            In lengths of the direction.
        """
        along = self._along
        residuals, curvature = take_margins(
            self._margins + length * along, self._codes, self._weights
        )
        curvature *= along
        to_here, of_direction = self._penalty
        slope = residuals @ along / self._total + self._alpha * (to_here + length * of_direction)
        return float(slope), float(curvature @ along / self._total + self._alpha * of_direction)


@dataclass(frozen=True)
class _Margins(Linear):
    """The second class's logits less the first's, at the parameters and by a direction.

    Attributes
    ----------
    direction : ndarray of the parameters' shape
    """

    direction: Float64

    def __call__(self, block: Block) -> Float64:
        """Compute both for a block, shape (2, m)."""
        by = np.stack([each[1] - each[0] for each in (self.parameters, self.direction)])
        return self.logits(self.columns(block), by)


def _beside(one: Float64, other: Float64) -> Float64:
    """Put what belongs to later rows beside what belongs to earlier ones."""
    return np.concatenate([one, other], axis=1)
