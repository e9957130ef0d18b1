"""Panels: centred rows in low precision, laid out so that scores come fast.

A *panel* holds 256 rows column by column; a *quad* holds 4 queries, interleaved. The
score of a row x for a query q is

    s(q, x) = |x|²/2 - q·x = (|q - x|² - |q|²)/2,

which ranks rows like the distance does. All are taken relative to a common centre and
divided by a power of two, so that rows have length one at most.

Let u be the unit roundoff, g = (d + 16)·u, and let the stored half norm of x be
|x|²/2 - g·|x|². Summing d products in any order, contracted or not, of rounded factors
errs by at most g·(|q||x| + |x|²/2) <= g·(|q|²/2 + |x|²) (Higham, Accuracy and Stability
of Numerical Algorithms, 2nd ed. 2002, section 3.1; the 16 in g covers the rounding of the
factors and of the half norm). So the computed score ŝ brackets the true one:

    ŝ - g·|q|²/2  <=  s  <=  ŝ + 2g·|x|² + g·|q|²/2.

A row is ruled out only where its lower bound exceeds the k-th smallest upper bound.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import kernel, reordering_kernel
from trivium.blocks.workers import map_in_order
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD

_COLUMNS = 4  # taken at once; columns of zeros fill up the last group

NO_LIMIT = 2.0**90  # above every score, below that of a row that only fills a panel
NOTHING = -(2.0**120)  # below every score, whatever half norm is added
FILL = 2.0**100
FAR = 2.0**40  # squared norm of a query that is too far away, where rows have at most one

_ROWS_OPEN = 16
_SAMPLE_ROWS = 256
_NUMBERS_A_PIECE = 1 << 19  # that a thread looks through at once
_VANISHED = {"f": 2.0**-120, "d": 2.0**-1000}  # above a product whose factors underflowed


class Frame(NamedTuple):
    """Centre and unit in which panels and quads are written."""

    center: Float64
    exponent: int
    dtype: np.dtype[np.floating]
    error: float  # g

    @property
    def scale(self) -> float:
        """The power of two that rows are multiplied by."""
        return float(np.ldexp(1.0, self.exponent))

    def margins(self, squares: Float64) -> Float64:
        """Return what the rounding of queries with these squared norms adds to a limit."""
        return self.error * squares + self.vanished

    @property
    def vanished(self) -> float:
        """Bound on what underflow takes from a score."""
        return self.center.size * _VANISHED[self.dtype.char]


def rounding_error(n_columns: int, dtype: np.dtype[np.floating]) -> float:
    """Return g: twice what the products need, for terms of second order and for a join.

    In float64, the distances that decide in the end are no more exact than the scores:
    they get as much again.
    """
    g = (n_columns + 16) * float(np.finfo(dtype).eps)
    return 2.0 * g if dtype == np.float64 else g


class Panels(NamedTuple):
    """Rows in a frame.

    Attributes
    ----------
    values : ndarray of shape (n_panels, 256 * padded columns)
    halves : ndarray of shape (n_panels, 256)
        Deflated half squared norms; huge for rows that only fill the last panel.
    squares : ndarray of shape (n_panels * 256,)
        Squared norms in float64.
    error : float
        g, the bound on the relative error of scores.
    """

    values: Floats
    halves: Floats
    squares: Float64
    error: float


class Quads(NamedTuple):
    """Queries in a frame, negated.

    Attributes
    ----------
    values : ndarray of shape (n_quads, 4 * padded columns)
    squares : ndarray of shape (m,)
        Squared norms in float64; infinite where a query is too far away to be written.
    """

    values: Floats
    squares: Float64


def robust_center(rows: Floats) -> Float64:
    """Median of some rows: near most of them, wherever a few may lie."""
    step = max(1, rows.shape[0] // _SAMPLE_ROWS)
    sample = rows[::step][:_SAMPLE_ROWS]
    sample = sample[: sample.shape[0] - 1 | 1]  # an odd number: no mean of two, to overflow
    center: Float64 = np.median(sample.astype(np.float64), axis=0)
    return center


def frame_of(rows: Floats, dtype: type[np.floating], n_jobs: int | None = None) -> Frame | None:
    """Choose a frame for rows; None where their size leaves no room for squares."""
    center = robust_center(rows)

    def of_piece(first: int) -> float:
        return float(_largest_deviation(rows[first : first + step], center))

    step = max(1, _NUMBERS_A_PIECE // rows.shape[1])
    largest = max(map_in_order(of_piece, range(0, rows.shape[0], step), n_jobs))
    if not 2.0**-900 < largest < 2.0**1000:
        return None
    columns = int(np.ceil(np.log2(rows.shape[1] + 1) / 2))  # norm <= sqrt(d) * largest
    exponent = -int(np.frexp(largest)[1]) - columns
    kind = np.dtype(dtype)
    return Frame(center, exponent, kind, rounding_error(rows.shape[1], kind))


@reordering_kernel
def _largest_deviation(rows: Floats, center: Float64) -> float:
    largest = 0.0
    for i in range(np.uintp(rows.shape[0])):
        for j in range(np.uintp(rows.shape[1])):  # without sign, so that the loop vectorises
            size = abs(rows[i, j] - center[j])
            largest = size if size > largest else largest
    return largest


def _padded(n_columns: int) -> int:
    return -(-n_columns // _COLUMNS) * _COLUMNS


def empty_panels(n_rows: int, frame: Frame) -> Panels:
    """Panels to be written for so many rows."""
    n_panels = -(-n_rows // PANEL_ROWS)
    return Panels(
        aligned((n_panels, PANEL_ROWS * _padded(frame.center.size)), frame.dtype),
        np.empty((n_panels, PANEL_ROWS), frame.dtype),
        np.empty(n_panels * PANEL_ROWS),
        frame.error,
    )


def write_panels(panels: Panels, first: int, rows: Floats, frame: Frame) -> None:
    """Write rows whose first number is `first`, a multiple of 256, into their panels."""
    squares = panels.squares.reshape(panels.halves.shape)
    for start in range(0, rows.shape[0], PANEL_ROWS):
        panel = (first + start) // PANEL_ROWS
        some = rows[start : start + PANEL_ROWS]
        pack_panel(some, frame.center, frame.scale, panels.values[panel], squares[panel])
        panels.halves[panel] = 0.5 * squares[panel] - frame.error * squares[panel]
        panels.halves[panel, some.shape[0] :] = FILL


@kernel
def pack_panel(
    rows: Floats, center: Float64, scale: float, values: Floats, squares: Float64
) -> None:
    """Transpose 16 rows at a time: they stay in the cache and fill whole lines of the panel."""
    n_rows, n_columns = rows.shape
    squares[n_rows:] = 0.0
    values[n_columns * PANEL_ROWS :] = 0.0
    for first in range(0, n_rows, _ROWS_OPEN):
        last = min(first + _ROWS_OPEN, n_rows)
        for r in range(first, last):
            square = 0.0
            for j in range(n_columns):
                value = (rows[r, j] - center[j]) * scale
                square += value * value
            squares[r] = square
        for j in range(n_columns):
            for r in range(first, last):
                values[np.uintp(j * PANEL_ROWS + r)] = (rows[r, j] - center[j]) * scale
    if n_rows < PANEL_ROWS:
        for j in range(n_columns):
            values[j * PANEL_ROWS + n_rows : (j + 1) * PANEL_ROWS] = 0.0


def pack_queries(queries: Floats, frame: Frame, whole: int = 1) -> Quads:
    """Write queries as quads, their number rounded up to a multiple of `whole`."""
    n_quads = -(-queries.shape[0] // (QUAD * whole)) * whole
    values = np.zeros((n_quads, QUAD * _padded(queries.shape[1])), frame.dtype)
    squares = np.empty(queries.shape[0])
    _pack_quads(queries, frame.center, frame.scale, values, squares)
    return Quads(values, squares)


@kernel
def _pack_quads(
    queries: Floats, center: Float64, scale: float, values: Floats, squares: Float64
) -> None:
    for q in range(queries.shape[0]):
        square = 0.0
        for j in range(queries.shape[1]):
            value = (queries[q, j] - center[j]) * scale
            square += value * value
        if not square < FAR:
            squares[q] = np.inf
            continue
        squares[q] = square
        for j in range(queries.shape[1]):
            value = (queries[q, j] - center[j]) * scale
            values[q // QUAD, j * QUAD + q % QUAD] = -value
