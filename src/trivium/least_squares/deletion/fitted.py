"""A fit and its rows, seen from which each can be left out."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.least_squares.deletion.leave_one_out import LeftOut, leave_one_out
from trivium.least_squares.solving.design import Design, Table
from trivium.least_squares.solving.moments import Moments, gather
from trivium.least_squares.solving.solve import require_room
from trivium.least_squares.solving.svd import Axes, principal_axes, quick_axes
from trivium.rows.block import Block

_LEAST_ROOT = 1e-162  # for a weight that has underflown beside the others, so that one can divide


class Deletion(NamedTuple):
    """How rows are left out of a fit, in its axes.

    It holds no rows: it is applied to blocks of them, with the root beside of the scaled weight of
    each row that is left out at most.

    Attributes
    ----------
    design : Design
    axes : Axes
    centred : bool
        Whether there is an intercept.
    full : bool
        Whether rows are independent: each adds one to the rank, and takes it along.
    """

    design: Design
    axes: Axes
    centred: bool
    full: bool

    def roots(self, block: Block, most: Float64) -> Float64:
        """Roots of the weights of some rows that are left out."""
        root: Float64 = np.minimum(self.design.roots(block), most)
        np.maximum(root, _LEAST_ROOT, out=root)
        return root

    def coordinates(self, block: Block, most: Float64) -> tuple[Float64, Float64, Float64]:
        """Parts of Q and centred targets of rows, times the roots of the weights removed; these."""
        root = self.roots(block, most)
        Q, Y = self.design.projected(block, self.axes.into), self.design.centred_targets(block)
        if block.weights is not None:
            Q *= root[:, None]
            Y *= root[:, None]
        return Q, Y, root

    def share(self, root: Float64) -> Float64:
        """Share of each of some rows in the weight of all; zero without an intercept."""
        share: Float64 = self.centred * root * root / self.design.weight
        return share

    def rank_increasing(self, block: Block, most: Float64) -> NDArray[np.bool_]:
        """Which of some rows add one to the rank and are removed with their whole weight."""
        if not self.full:
            return np.zeros(block.X.shape[0], dtype=np.bool_)
        rank_increasing: NDArray[np.bool_] = self.roots(block, most) == self.design.roots(block)
        return rank_increasing

    def penalty_without(self, root: Float64, alpha: float, *, weighted: bool) -> Float64 | float:
        """Penalty without each of some rows: one for all where they weigh the same."""
        if not weighted:
            return alpha * (self.design.weight - 1.0)
        penalties: Float64 = alpha * (self.design.weight - root * root)[:, None]
        return penalties

    def leave_out(
        self,
        block: Block,
        Q: Float64,
        Y: Float64,
        root: Float64,
        alpha: float,
        rank_increasing: NDArray[np.bool_],
    ) -> LeftOut:
        """Leave out some rows under a penalty, given their `coordinates` and `rank_increasing`."""
        penalty = self.penalty_without(root, alpha, weighted=block.weights is not None)
        return leave_one_out(
            Q, Y, self.axes, self.share(root), penalty, rank_increasing=rank_increasing
        )


class FittedTable(NamedTuple):
    """A fit and the rows it was made of.

    Attributes
    ----------
    table : Table
    design : Design
    moments : Moments or None
    alpha : float
    centred : bool
        Whether there is an intercept.
    most : float or ndarray of shape (n,)
        Weight of a row, or of each, that is left out at most; infinity leaves it out whole.
    """

    table: Table
    design: Design
    moments: Moments | None
    alpha: float
    centred: bool
    most: float | Float64 = math.inf

    @property
    def weight_removed(self) -> Float64:
        """Weight of each row that is left out at most, of shape (n,)."""
        return np.broadcast_to(self.most, self.table.shape[:1])

    @property
    def roots(self) -> Float64:
        """Roots of these weights, scaled."""
        with np.errstate(over="ignore"):
            most = np.ldexp(self.most, -self.design.scaling.weight_exponent)
        return np.broadcast_to(np.sqrt(most), self.table.shape[:1])

    def penalty(self) -> float:
        """Penalty on the sum of squares of all rows."""
        return self.alpha * self.design.weight

    def axes(self) -> Axes:
        """Find the axes of the rows."""
        n, d = self.table.shape
        require_room(self.table)
        axes, moments = None, self.moments
        if moments is None and n > d and self.design.scaling.by_stored:
            moments = gather(self.table, centred=self.centred)
        # Of independent rows the singular values themselves are asked for.
        if moments is not None and self.alpha == 0 and n - self.centred > d:
            axes = quick_axes(moments)
        return principal_axes(self.table, self.design, moments) if axes is None else axes

    def deletion(self, axes: Axes) -> Deletion:
        """Say how rows are left out, in axes that are theirs."""
        full = 0 < len(axes.values) == self.table.shape[0] - self.centred
        return Deletion(self.design, axes, self.centred, full)

    def take(self, numbers: Indices) -> tuple[Block, Float64]:
        """Take rows by their numbers, in any order, and their `roots`."""
        rising, place = np.unique(numbers, return_inverse=True)
        block = self.table.rows.take(rising)
        if not np.array_equal(rising, numbers):
            weights = None if block.weights is None else block.weights[place]
            block = Block(0, block.X.take(place, axis=0), block.codes[place], weights)
        return block, self.roots[numbers]
