"""The fit in the user's own coordinates, of which a frame's are a linear map.

Quasi-Newton steps are the same in either, if the preconditioner is brought along. Of many columns
that saves an array of all parameters for each turn from one to the other.
"""

import numpy as np

from trivium.arrays import Float64
from trivium.softmax.coordinates.problem import Problem, Seen
from trivium.softmax.coordinates.scaling import ColumnScaling
from trivium.softmax.objective.cross_entropy import CrossEntropyAt

_MODERATE = 2.0**100  # units whose squares leave much of float64


def may_be_unframed(frame: ColumnScaling) -> bool:
    """Whether the user's coordinates will do: rows stay where they are, units are moderate."""
    units = frame.unit[frame.unit > 0]
    if frame.center is not None or not units.size:
        return False
    return bool(units.max() < _MODERATE and units.min() > 1.0 / _MODERATE)


class UnframedAt:
    """The problem at one point.

    Attributes
    ----------
    loss : float
    gradient : ndarray
    seen : Seen
    plain : CrossEntropyAt
    parameters : ndarray
    """

    def __init__(self, problem: "Unframed", plain: CrossEntropyAt) -> None:
        self._problem, self.plain, self.parameters = problem, plain, plain.parameters
        self.loss, self.gradient = plain.loss, plain.gradient
        self.seen = Seen(plain.loss, plain.gradient, plain.accuracy)

    @property
    def centred(self) -> Float64:
        """Gradient for rows about the origin."""
        return self._problem.about_origin(self.gradient)

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction."""
        return self.plain.hessian_product(direction)


class Unframed(Problem):
    """The objective in the user's coordinates, for solvers with `common_diagonal` as guide.

    Its frame still says what rounding is, and what the preconditioner is made in.
    """

    _point: UnframedAt | None = None

    def evaluate(self, V: Float64) -> UnframedAt:  # type: ignore[override]
        """Evaluate the loss at a point; at the same array again, return the same answer."""
        if self._point is None or self._point.parameters is not V:
            self._point = None
            self._point = UnframedAt(self, self.objective.evaluate(V))
        return self._point

    def plain_parameters(self, V: Float64) -> Float64:
        """Return the parameters as they are."""
        return V

    def users(self, V: Float64) -> Float64:
        """Return the parameters as they are."""
        return V

    def from_users(self, parameters: Float64) -> Float64:
        """Return a point from parameters, less what all classes share."""
        point: Float64 = parameters - parameters.mean(axis=0)
        point[:, np.flatnonzero(self.frame.unit == 0)] = 0.0  # of columns of zeros
        return point

    def small(self, tol: float) -> float:
        """Return what entries of a gradient may be, so that they are small to the user."""
        return tol
