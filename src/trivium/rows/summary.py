"""Ranges and means of columns, which every fit needs first: one read."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr, dense, takes_sparse

LENGTH = 8192
"""Rows of a block: fixed, so that the first blocks' sums do not depend on what follows."""

_A_CALL = 1000  # numbers that NumPy could take in while it is called


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
            means: Float64 = self.first + self.sums / self.n_rows
            np.maximum(means, self.least, out=means)
            return np.minimum(means, self.most, out=means)

    @property
    def greatest(self) -> Float64:
        """Greatest magnitude in each column."""
        greatest: Float64 = np.maximum(self.most, -self.least)
        return greatest

    @property
    def may_not_be_finite(self) -> bool:
        """Whether some value is not finite, or the sum of those that are leaves float64."""
        return not bool(np.isfinite(self.sums).all())


@takes_sparse
class Summarise:
    """The summary of a block, as a statistic.

    Of sparse rows all zeros of a column count at once: its sum may differ in the last bits from
    that of the same rows as an array, if the first row's value is not zero.

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
        sums, rows = np.zeros(self.first.size), as_large_csr(block.X)
        if rows is None:
            over = patience.is_over(block.X.size + _A_CALL)
            take = extend if over else _extend_by_numpy
            take(dense(block.X), self.first, least, most, sums)
        else:
            place, counts = rows.stored, np.zeros(self.first.size, dtype=np.intp)
            stored = rows.data[place], rows.indices[place]
            extend_by_stored(*stored, self.first, least, most, sums, counts)
            zeros = rows.shape[0] - counts
            np.minimum(least, 0.0, out=least, where=zeros > 0)
            np.maximum(most, 0.0, out=most, where=zeros > 0)
            with np.errstate(over="ignore", invalid="ignore"):
                sums -= np.where(zeros > 0, zeros * self.first, 0.0)
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


def _extend_by_numpy(
    X: Floats, first: Float64, least: Float64, most: Float64, sums: Float64
) -> None:
    """Do as `extend`, to the bit."""
    rows, each = X.astype(np.float64), np.arange(X.shape[1])
    with np.errstate(all="ignore"):
        summands = np.vstack([sums, rows - first])
        sums[:] = np.add.accumulate(summands, axis=0, out=summands)[-1]
    missing = np.isnan(rows)
    rows[missing] = np.inf
    low = rows[rows.argmin(axis=0), each]  # of zeros the first, whose sign another may not have
    rows[missing] = -np.inf
    high = rows[rows.argmax(axis=0), each]
    np.copyto(least, low, where=low < least)
    np.copyto(most, high, where=high > most)


patience = Patience(extend, to_compile=1 << 23, to_load=1 << 20)
"""Numbers that NumPy takes in, at some 10 ns each, before a compiled loop does."""


@kernel
def extend_by_stored(
    data: Floats,
    indices: Indices,
    first: Float64,
    least: Float64,
    most: Float64,
    sums: Float64,
    counts: Indices,
) -> None:
    """Do as `extend` with what sparse rows store, and count it by columns."""
    for place in range(np.uintp(data.shape[0])):  # without sign, as in `products.py`
        x, j = np.float64(data[place]), np.uintp(indices[place])
        least[j] = x if x < least[j] else least[j]
        most[j] = x if x > most[j] else most[j]
        sums[j] += x - first[j]
        counts[j] += 1
