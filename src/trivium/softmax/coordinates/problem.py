"""The fit as a solver sees it: the same loss, in coordinates where columns are alike.

Parameters V of shape (n_classes, d [+ 1]) stand for coef = V·unit and, with origin o,
intercept = V_last - coef·o. Convergence is measured in the user's coordinates all the same.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import greatest, length_of
from trivium.rows.block import Block
from trivium.softmax.coordinates.dependence import Dependence
from trivium.softmax.coordinates.scaling import ColumnScaling, bring_into_frame
from trivium.softmax.objective.cross_entropy import CrossEntropy, CrossEntropyAt
from trivium.softmax.solvers.protocol import Status, Stop

_EPS = float(np.finfo(np.float64).eps)
_SUM_ROUNDING = 4.0  # roundings, of its terms' root mean square, in a mean
_MOST_PENALTY = 1e300
_SAFELY = 2.0  # times a bound that is rounded itself


@dataclass
class Seen:
    """What an observer of a fit learns of a point, in the user's coordinates."""

    loss: float
    gradient: Float64
    accuracy: float

    @cached_property
    def norm(self) -> float:
        """Greatest entry of the gradient: solvers and their observers ask for it in turn."""
        return greatest(self.gradient)


@dataclass(frozen=True)
class FramedColumns:
    """Rows as a problem has them, with a one for the intercept.

    Attributes
    ----------
    center : ndarray of shape (d,) or None
        Subtracted from rows by the objective.
    shift : ndarray of shape (d,)
        Subtracted besides.
    unit : ndarray of shape (d,)
    intercept : bool
    dependence : Dependence or None
    """

    center: Float64 | None
    shift: Float64
    unit: Float64
    intercept: bool
    dependence: Dependence | None

    def weighed(self, block: Block, roots: Float64) -> Float64:
        """Bring a block into the frame, and multiply each row by a number."""
        d = self.shift.size
        framed = np.empty((block.X.shape[0], d + self.intercept))
        bring_into_frame(block.X, roots, self.origin, self.unit, framed)
        return self.pulled_back(framed)

    @property
    def origin(self) -> Float64:
        """What is subtracted in all: of the two, one is zero in each column."""
        return self.shift if self.center is None else self.shift + self.center

    def columns(self, block: Block) -> Float64:
        """Bring a block into the frame."""
        return self.weighed(block, np.ones(block.X.shape[0]))

    def pulled_back(self, values: Float64) -> Float64:
        """Turn a gradient by coefficients in the frame, or rows in it, into one in these here."""
        if self.dependence is None:
            return values
        return self.dependence.pulled_back(values, intercept=self.intercept)


class ProblemAt:
    """The problem at one point.

    Attributes
    ----------
    loss : float
    gradient : ndarray
        In the problem's coordinates.
    seen : Seen
    plain : CrossEntropyAt
    parameters : ndarray
        For rows as the objective takes them.
    """

    def __init__(self, problem: "Problem", plain: CrossEntropyAt) -> None:
        self._problem, self.plain, self.parameters = problem, plain, plain.parameters
        self.loss = plain.loss
        centred = self.centred
        if centred is plain.gradient:
            centred = centred * problem.unit
        else:
            centred *= problem.unit
        self.gradient: Float64 = problem.framed.pulled_back(centred)
        self.seen = Seen(plain.loss, problem.about_zero(plain.gradient), plain.accuracy)

    @property
    def centred(self) -> Float64:
        """Gradient for rows about the origin: asked for once more near the end alone."""
        return self._problem.about_origin(self.plain.gradient)

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction."""
        problem = self._problem
        product = self.plain.hessian_product(problem.plain_parameters(direction))
        return problem.framed.pulled_back(problem.about_origin(product) * problem.unit)


class Problem:
    """The objective in a frame.

    Parameters
    ----------
    objective : CrossEntropy
        Its rows are centred if the frame is far.
    frame : ColumnScaling
    dependence : Dependence or None
        Columns to leave out of the fit; the coefficients reported are those of all columns.

    Attributes
    ----------
    frame : ColumnScaling
        Without units for what is left out.
    framed : FramedColumns
    """

    def __init__(
        self,
        objective: CrossEntropy,
        frame: ColumnScaling,
        dependence: Dependence | None = None,
    ) -> None:
        self.objective, self.dependence = objective, dependence
        d = frame.unit.size
        self.intercept = objective.fit_intercept
        self._last: tuple[Float64, ProblemAt] | None = None
        self._whole_unit = np.append(frame.unit, 1.0) if self.intercept else frame.unit
        within = frame.unit.copy()
        if dependence is not None:
            within[dependence.left] = 0.0
        self.frame = frame._replace(unit=within)
        self.unit = np.append(within, 1.0) if self.intercept else within
        # From the rows as the objective takes them to the origin, and to zero.
        self._offset = np.zeros(d) if frame.center is None else frame.center
        self._shift = frame.origin - self._offset
        self._is_shifted, self._is_offset = bool(self._shift.any()), bool(self._offset.any())
        # Whether the objective has the user's own parameters.
        self._as_it_comes = dependence is None and not self._is_offset
        self.framed = FramedColumns(
            objective.center, self._shift, within, self.intercept, dependence
        )
        self.penalty = np.minimum(frame.unit**2 * objective.alpha, _MOST_PENALTY)
        if self.intercept:
            self.penalty = np.append(self.penalty, 0.0)
        # Root mean squares are at most so much; of centred columns, and of the user's.
        reach = _inverse(frame.unit)
        self._spread = np.append(reach, 1.0) if self.intercept else reach
        far = reach + np.abs(frame.origin)
        self._size = np.append(far, 1.0) if self.intercept else far
        terms = reach + np.abs(self._shift)
        self._terms = np.append(terms, 1.0) if self.intercept else terms
        self._length_of_terms, self._most_size = length_of(self._terms), greatest(self._size)

    def evaluate(self, V: Float64) -> ProblemAt:
        """Evaluate the loss at a point; at the same array again, return the same answer."""
        if self._last is None or self._last[0] is not V:
            plain = self.objective.evaluate(self.plain_parameters(V))
            self._last = V, ProblemAt(self, plain)
        return self._last[1]

    def plain_parameters(self, V: Float64) -> Float64:
        """Return the parameters for rows as the objective takes them."""
        return self._moved(self._in_frame(V) * self.unit, -self._shift)

    def users(self, V: Float64) -> Float64:
        """Return the parameters for rows as they come."""
        if self._last is not None and self._last[0] is V and self._as_it_comes:
            return self._last[1].parameters
        V = self._in_frame(V)
        if self.dependence is not None:
            V = self.dependence.spread(V, intercept=self.intercept)
        return self._moved(V * self._whole_unit, -self.frame.origin)

    def from_users(self, parameters: Float64) -> Float64:
        """Return a point from parameters for rows as they come, less what all classes share."""
        shared = parameters - parameters.mean(axis=0)
        moved = self._moved(shared, self.frame.origin)
        point: Float64 = moved * _inverse(self._whole_unit)
        if self.dependence is not None:
            point = self.dependence.gathered(point, intercept=self.intercept)
            point = self.dependence.of_framed(point, intercept=self.intercept)
        return point

    def _in_frame(self, V: Float64) -> Float64:
        if self.dependence is None:
            return V
        return self.dependence.framed(V, intercept=self.intercept)

    def about_origin(self, gradient: Float64) -> Float64:
        """Turn a gradient of the objective into one for rows about the origin."""
        return self._turned(gradient, -self._shift) if self._is_shifted else gradient

    def about_zero(self, gradient: Float64) -> Float64:
        """Turn a gradient of the objective into one for rows as they come."""
        return self._turned(gradient, self._offset) if self._is_offset else gradient

    def stop(self, tol: float) -> Stop:
        """Stop where the gradient is small in the user's coordinates, or is all rounding."""

        def stop(at: ProblemAt) -> Status | None:
            if at.seen.norm <= tol and self._is_small_nearby(at, tol):
                return Status.CONVERGED
            return Status.ROUNDING if self.is_rounding(at, tol) else None

        return stop

    def _is_small_nearby(self, at: ProblemAt, tol: float) -> bool:
        """Whether the gradient is small by what is left of columns that others nearly determine.

        By the columns themselves it is small long before.
        """
        if self.dependence is None or not self.dependence.near.size:
            return True
        near, unit = self.dependence.near, self.dependence.near_unit
        rounding = _SUM_ROUNDING * _EPS * unit * at.plain.residual[:, None]
        return bool((np.abs(at.gradient[:, near]) <= np.maximum(tol, rounding)).all())

    def is_rounding(self, at: ProblemAt, tol: float, roundings: float = 1.0) -> bool:
        """Whether each entry of the gradient is at most `tol`, or so many roundings.

        Sums of n terms are wrong by a few roundings of the terms' root mean square; and the
        terms themselves by the logits' rounding, as p(1 - p) is at most |p - [j = y]|. This is
        asked about zero, in the user's coordinates, and about the origin, where less is lost.
        """
        most, reach = at.seen.norm, length_of(at.parameters) * self._length_of_terms
        # Most points are far from it, which a bound on what follows tells: no residual is greater
        # than one, and no sum of products greater than that of lengths.
        bound = _SAFELY * roundings * (_SUM_ROUNDING + reach) * _EPS * self._most_size
        if most > tol and most > bound:
            return False
        reach = float((np.abs(at.parameters) @ self._terms).max())
        relative = roundings * (_SUM_ROUNDING + reach) * _EPS * at.plain.residual[:, None]
        return bool(
            self._is_small_nearby(at, tol)
            and (np.abs(at.seen.gradient) <= np.maximum(tol, relative * self._size)).all()
            and (np.abs(at.centred) <= np.maximum(tol, relative * self._spread)).all()
        )

    def small(self, tol: float) -> float:
        """Return what entries of a gradient here may be, so that they are small to the user."""
        unit = self.unit[self.unit > 0].min(initial=1.0)
        return float(tol * unit / (1.0 + np.abs(self.frame.origin).max()))

    def _moved(self, parameters: Float64, by: Float64) -> Float64:
        """Move the origin of rows, which changes the intercepts."""
        if not self.intercept:
            return parameters
        d, moved = by.size, parameters.copy("K")
        moved[:, d] += parameters[:, :d] @ by
        return moved

    def _turned(self, gradient: Float64, by: Float64) -> Float64:
        """Move the origin of rows in a gradient."""
        if not self.intercept:
            return gradient
        d, turned = by.size, gradient.copy("K")
        if turned.flags.c_contiguous:
            turned[:, :d] += gradient[:, d:] * by
        else:  # column by column: NumPy's loops are to run so, too
            turned.T[:d] += by[:, None] * gradient[:, d]
        return turned


def _inverse(unit: Float64) -> Float64:
    """Invert units, but leave zero what is zero."""
    return np.divide(1.0, unit, out=np.zeros(unit.size), where=unit > 0)
