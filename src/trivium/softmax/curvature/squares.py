"""Squares of columns: the diagonal of the curvature where all classes are equally likely."""

from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.softmax.coordinates.problem import FramedColumns
from trivium.softmax.objective.stored import moments_of


@dataclass(frozen=True)
class SquaresOfColumns:
    """Weighted squares of each column, summed over rows.

    Attributes
    ----------
    framed : FramedColumns
    """

    framed: FramedColumns

    def __call__(self, block: Block) -> Float64:
        """Sum over a block."""
        framed = self.framed.columns(block)
        weighted = framed if block.weights is None else framed * block.weights[:, None]
        squares: Float64 = np.einsum("ij,ij->j", framed, weighted)
        return squares


@takes_sparse
@dataclass(frozen=True)
class SquaresOfStored:
    """Weighted squares of each column of sparse rows about an origin, summed over rows.

    Attributes
    ----------
    center : ndarray of shape (d,) or None
        As of `moved_rows`.
    shift : ndarray of shape (d,)
        Subtracted besides.
    """

    center: Float64 | None
    shift: Float64

    def __call__(self, block: Block) -> Float64:
        """Sum over a block."""
        squares: Float64 = moments_of(block, self.center, self.shift)[1]
        return squares
