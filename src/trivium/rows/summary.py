"""Ranges and means of columns, which every fit needs first: one read."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import kernel
from trivium.rows.block import Block

LENGTH = 8192
"""Rows of a block: fixed, so that the first blocks' sums do not depend on what follows."""


class ColumnSummary(NamedTuple):
    """Ranges and means of columns.

    Attributes
    ----------
    n_rows : int
    least, most : ndarray of shape (d,)
        Extremes of the values that are numbers; NaN where the first row's value is.
    first : ndarray of shape (d,)
        The first row.
    sums : ndarray of shape (d,)
        Of each value's deviation from the first row's, so that a common offset eats no digits and
        a constant column leaves nothing. NaN or infinite where a value is.
    """

    n_rows: int
    least: Float64
    most: Float64
    first: Float64
    sums: Float64

    def merge(self, other: "ColumnSummary") -> "ColumnSummary":
        """Summarise two sets of rows, whose deviations are from the same row."""
        return ColumnSummary(
            self.n_rows + other.n_rows,
            np.minimum(self.least, other.least),
            np.maximum(self.most, other.most),
            self.first,
            self.sums + other.sums,
        )

    @property
    def means(self) -> Float64:
        """Means of the columns, exact for a constant one and within its range."""
        with np.errstate(over="ignore", invalid="ignore"):
            means: Float64 = np.clip(self.first + self.sums / self.n_rows, self.least, self.most)
        return means

    @property
    def greatest(self) -> Float64:
        """Greatest magnitude in each column."""
        greatest: Float64 = np.maximum(self.most, -self.least)
        return greatest

    @property
    def may_not_be_finite(self) -> bool:
        """Whether some value is not finite, or the sum of those that are leaves float64."""
        return not bool(np.isfinite(self.sums).all())


class Summarise:
    """The summary of a block, as a statistic.

    Parameters
    ----------
    first : ndarray of shape (d,)
        A row that deviations are taken from.
    """

    def __init__(self, first: Float64) -> None:
        self.first = first

    def __call__(self, block: Block) -> ColumnSummary:
        """Summarise a block."""
        least, most = self.first.copy(), self.first.copy()
        sums = np.zeros(self.first.size)
        extend(block.X, self.first, least, most, sums)
        return ColumnSummary(block.X.shape[0], least, most, self.first, sums)


@kernel
def extend(X: Floats, first: Float64, least: Float64, most: Float64, sums: Float64) -> None:
    """Take rows into extremes and sums of deviations from a row."""
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            x = np.float64(X[i, j])
            least[j] = x if x < least[j] else least[j]
            most[j] = x if x > most[j] else most[j]
            sums[j] += x - first[j]
