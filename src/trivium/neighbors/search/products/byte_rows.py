"""Rows in bytes, each by itself: what all columns say of a few rows, for an eighth of the reading.

As in `byte_panels`, a row b is written as b̂ and a query a as â, in whole numbers from -127 to 127,
and the error of their product is bounded by a term of each. Here both are signed, and products are
those of single pairs, in loops that every compiler makes vectors of: what such a pair takes is to
fetch the row.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import row_address
from trivium.neighbors.search.products.byte_panels import LARGEST, take, write_whole_numbers
from trivium.neighbors.search.products.panels import Frame

MOST_COLUMNS = 100_000  # 127 · 127 for each stays within 32 bits


class ByteRows(NamedTuple):
    """Rows, or queries, in bytes.

    Attributes
    ----------
    values : ndarray of shape (n, d), of signed bytes
    units : ndarray of shape (n,)
    squares : ndarray of shape (n,)
        Squared norms.
    errors : ndarray of shape (n,)
        What each adds to the error of a score.
    """

    values: NDArray[np.int8]
    units: Floats
    squares: Float64
    errors: Float64


def empty_byte_rows(n_rows: int, n_columns: int) -> ByteRows:
    """Room for so many rows."""
    values = aligned((n_rows, n_columns), np.int8)
    return ByteRows(values, np.empty(n_rows, np.float32), np.empty(n_rows), np.empty(n_rows))


def write_byte_rows(
    written: ByteRows, first: int, rows: Floats, frame: Frame, tau: float, centred: Float64
) -> None:
    """Write rows whose first number is `first`, and as they are in the frame.

    Parameters
    ----------
    written : ByteRows
    first : int
    rows : ndarray of shape (n, d)
    frame : Frame
    tau : float
        Their error in bytes, as a share.
    centred : ndarray of shape (n, d)
        Receives them centred and scaled.
    """
    some = slice(first, first + rows.shape[0])
    own = ByteRows(
        written.values[some], written.units[some], written.squares[some], written.errors[some]
    )
    given = frame.center, frame.scale, tau, frame.error
    _write(rows, *given, own.values.view(np.uint8), own, centred)


@kernel
def _write(
    rows: Floats,
    center: Float64,
    scale: float,
    tau: float,
    error: float,
    values: NDArray[np.uint8],
    written: ByteRows,
    centred: Float64,
) -> None:
    n_columns = rows.shape[1]
    for i in range(rows.shape[0]):
        own = centred[i]
        unit, square = take(rows[i], center, scale, LARGEST, own)
        step = np.float64(unit)
        missed, whole, _ = write_whole_numbers(own, n_columns, step, LARGEST, 0, values[i])
        # The greater of what it is as a row and as a query.
        size = max(square, step * step * whole)
        written.errors[i] = 0.5 * (missed / tau + tau * size) + error * square
        written.units[i], written.squares[i] = unit, square


@kernel
def byte_scores(
    queries: ByteRows, q: int, rows: ByteRows, some: Indices, count: int, scores: Float64
) -> None:
    """Write lower bounds of scores, but for the query's own error, of the first of some rows."""
    n_columns = rows.values.shape[1]
    own, own_unit = row_address(queries.values, q), np.float64(queries.units[q])
    for i in range(count):
        row = some[i]
        product = _product(own, row_address(rows.values, row), n_columns)
        half = 0.5 * rows.squares[row] - rows.errors[row]
        scores[i] = half - own_unit * np.float64(rows.units[row]) * product


@kernel
def _product(one: NDArray[np.int8], other: NDArray[np.int8], n: int) -> np.int32:
    """Sum of products, between addresses; words alone, so that the loop takes few instructions."""
    total = np.int32(0)
    for j in range(np.uintp(n)):
        total = np.int32(total + np.int32(one[j]) * np.int32(other[j]))
    return total
