"""A fit and its rows, seen from which each can be left out."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.least_squares.deletion.leave_one_out import LeftOut, leave_one_out
from trivium.least_squares.solving.design import Design
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.svd import Axes, principal_axes, quick_axes

_LEAST_ROOT = 1e-162  # for a weight that has underflown beside the others, so that one can divide


class Fitted(NamedTuple):
    """A fit and the rows it was made of.

    Attributes
    ----------
    design : Design
    moments : Moments or None
    alpha : float
    centred : bool
        Whether there is an intercept.
    most : float or ndarray of shape (n,)
        Weight of a row, or of each, that is left out at most; infinity leaves it out whole.
    """

    design: Design
    moments: Moments | None
    alpha: float
    centred: bool
    most: float | Float64 = math.inf

    def penalty(self) -> float:
        """Penalty on the sum of squares of all rows."""
        return self.alpha * self.design.weight

    def goes_at_most(self, rows: slice | Indices | int) -> float | Float64:
        """Weight of some rows, or of one, that is left out at most."""
        return self.most[rows] if isinstance(self.most, np.ndarray) else self.most

    def roots(self, rows: slice | Indices) -> Float64:
        """Roots of the weights of some rows that are left out."""
        with np.errstate(over="ignore"):
            most = np.ldexp(self.goes_at_most(rows), -self.design.frame.weight_exponent)
        root: Float64 = np.minimum(self.design.roots(rows), np.sqrt(most))
        np.maximum(root, _LEAST_ROOT, out=root)
        return root

    def penalty_without(self, root: Float64, alpha: float) -> Float64 | float:
        """Penalty without each of some rows: one for all where they weigh the same."""
        if self.design.table.weights is None:
            return alpha * (self.design.weight - 1.0)
        penalties: Float64 = alpha * (self.design.weight - root * root)[:, None]
        return penalties

    def share(self, root: Float64) -> Float64:
        """Share of each of some rows in the weight of all; zero without an intercept."""
        share: Float64 = self.centred * root * root / self.design.weight
        return share

    def axes(self) -> Axes:
        """Find the axes of the rows."""
        n, d = self.design.table.X.shape
        axes = None
        # Of independent rows the singular values themselves are asked for.
        if self.moments is not None and self.alpha == 0 and n - self.centred > d:
            axes = quick_axes(self.moments)
        return principal_axes(self.design, self.moments) if axes is None else axes

    def alone(self, axes: Axes, rows: slice | Indices) -> NDArray[np.bool_]:
        """Which of some rows add one to the rank and go whole."""
        table = self.design.table
        if not 0 < len(axes.values) == table.X.shape[0] - self.centred:
            return np.zeros(table.codes[rows].shape, dtype=np.bool_)
        alone: NDArray[np.bool_] = self.roots(rows) == self.design.roots(rows)
        return alone

    def coordinates(self, axes: Axes, rows: slice | Indices) -> tuple[Float64, Float64, Float64]:
        """Parts of Q and centred targets of some rows, times the roots of what goes; these."""
        root = self.roots(rows)
        Q, Y = self.design.projected(rows, axes.into), self.design.centred_targets(rows)
        if self.design.table.weights is not None:
            Q *= root[:, None]
            Y *= root[:, None]
        return Q, Y, root

    def leave_out(
        self, axes: Axes, rows: slice | Indices, Q: Float64, Y: Float64, root: Float64, alpha: float
    ) -> LeftOut:
        """Leave out some rows under a penalty, given their `coordinates`."""
        share, penalty = self.share(root), self.penalty_without(root, alpha)
        return leave_one_out(Q, Y, axes, share, penalty, alone=self.alone(axes, rows))
