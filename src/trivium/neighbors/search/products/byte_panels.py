"""Panels of bytes: a quarter of the memory and of the time of float32, and still a proof.

A row b is written as b̂ = unit·(whole numbers from -127 to 127), a query a likewise, on some
processors in fewer whole numbers (`byte_products`). What that leaves out is measured:
ε = |b - b̂|. By Cauchy and Schwarz

    |a·b - â·b̂| <= |a|·ε_b + ε_a·|b̂|
                <= (τ|a|² + ε_a²/σ)/2 + (σ|b̂|² + ε_b²/τ)/2

for any τ, σ > 0, tight where they are the relative errors, τ of rows and σ of queries. So a
score's error is bounded by a term of the query and one of the row, as in `panels`, and all that
follows is the same. The sums of products are exact; g, as in `panels`, covers their conversion
to float32.

Where rows ask for each other (`join`), a row and the query that is the same row have each their own
terms; the greater of them is right whichever of a pair asks.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import kernel, reordering_kernel
from trivium.neighbors.search.products.byte_products import BYTES
from trivium.neighbors.search.products.layout import GROUP, PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import FAR, FILL, Frame

LARGEST = 127
_OWN_LARGEST = BYTES.largest  # of queries
_COARSER = LARGEST / _OWN_LARGEST  # by as much are queries' errors greater than rows'
_SHIFT = BYTES.shift
_ROWS_OPEN = 16


class BytePanels(NamedTuple):
    """Rows in bytes.

    Attributes
    ----------
    values : ndarray of shape (n_panels, 256 * padded columns), of bytes
    units : ndarray of shape (n_panels, 256)
    halves : ndarray of shape (n_panels, 256)
        Half squared norms less the row's error; huge for rows that only fill a panel.
    slack : ndarray of shape (n_panels * 256,)
        Twice the row's error.
    error : float
        Bound on what rounding to float32 does to a score or limit, relative to it.
    """

    values: NDArray[np.uint8]
    units: Floats
    halves: Floats
    slack: Float64
    error: float


class ByteQuads(NamedTuple):
    """Queries in bytes, negated.

    Attributes
    ----------
    values : ndarray of shape (n_quads, 4 * padded columns), of signed bytes
    starts : ndarray of shape (4 * n_quads,)
        What takes the shift of the rows' bytes out of the sums.
    units : ndarray of shape (4 * n_quads,)
    squares : ndarray of shape (m,)
        Squared norms; infinite where a query is too far away to be written.
    margins : ndarray of shape (m,)
        Twice the query's error.
    """

    values: NDArray[np.int8]
    starts: NDArray[np.int32]
    units: Floats
    squares: Float64
    margins: Float64


def relative_error(rows: Floats, frame: Frame) -> float:
    """τ: the error of some rows in bytes, relative to their norms."""
    some = (rows[:: max(1, rows.shape[0] // 256)] - frame.center) * frame.scale
    units = np.abs(some).max(axis=1, keepdims=True) / LARGEST
    units[units == 0.0] = 1.0
    missed = some - units * np.rint(some / units)
    square = np.square(some).sum()
    ratio = np.sqrt(np.square(missed).sum() / square) if square > 0.0 else 0.0
    return float(np.clip(ratio, 1e-4, 1.0))


def empty_byte_panels(n_rows: int, frame: Frame) -> BytePanels:
    """Panels of bytes to be written for so many rows."""
    n_panels = -(-n_rows // PANEL_ROWS)
    return BytePanels(
        aligned((n_panels, PANEL_ROWS * _padded(frame.center.size)), np.uint8),
        np.zeros((n_panels, PANEL_ROWS), np.float32),
        np.full((n_panels, PANEL_ROWS), FILL, np.float32),
        np.zeros(n_panels * PANEL_ROWS),
        frame.error,
    )


def write_byte_panels(
    panels: BytePanels, first: int, rows: Floats, frame: Frame, tau: float
) -> None:
    """Write rows whose first number is `first`, a multiple of 256, into their panels."""
    slack = panels.slack.reshape(panels.halves.shape)
    for start in range(0, rows.shape[0], PANEL_ROWS):
        panel = (first + start) // PANEL_ROWS
        _pack_panel(
            rows[start : start + PANEL_ROWS],
            frame.center,
            frame.scale,
            tau,
            frame.error,
            panels.values[panel],
            panels.units[panel],
            panels.halves[panel],
            slack[panel],
        )


def pack_byte_queries(queries: Floats, frame: Frame, tau: float, whole: int = 1) -> ByteQuads:
    """Write queries as quads of bytes, their number rounded up to a multiple of `whole`."""
    m = queries.shape[0]
    n_quads = -(-m // (QUAD * whole)) * whole
    quads = ByteQuads(
        np.zeros((n_quads, QUAD * _padded(queries.shape[1])), np.int8),
        np.zeros(QUAD * n_quads, np.int32),
        np.zeros(QUAD * n_quads, np.float32),
        np.empty(m),
        np.empty(m),
    )
    _pack_quads(queries, frame.center, frame.scale, tau, frame.error, quads)
    quads.margins[:] += frame.vanished
    return quads


def _padded(n_columns: int) -> int:
    return -(-n_columns // GROUP) * GROUP


@reordering_kernel
def take(
    point: Floats, center: Float64, scale: float, most: int, values: Float64
) -> tuple[np.float32, float]:
    """Write a point's values in the frame; return its unit, as it is kept, and squared norm."""
    largest, square = 0.0, 0.0
    for j in range(np.uintp(point.shape[0])):
        value = (point[j] - center[j]) * scale
        values[j] = value
        square += value * value
        size = abs(value)
        largest = size if size > largest else largest
    return np.float32(largest / most), square


@reordering_kernel
def write_whole_numbers(
    values: Float64, n: int, unit: float, most: int, shift: int, written: Any
) -> tuple[float, float, float]:
    """Write whole numbers of units, shifted; return squares left out, and of them, and their sum.

    What is left out is measured, so that no rounding is wrong.
    """
    steps = 1.0 / unit if unit > 0.0 else 0.0
    limit = np.float64(most)
    missed, squares, total = 0.0, 0.0, 0.0
    for j in range(np.uintp(n)):
        value = values[j]
        whole = np.rint(value * steps)
        whole = whole if whole > -limit else -limit
        whole = whole if whole < limit else limit
        left = value - unit * whole
        missed += left * left
        squares += whole * whole
        total += whole
        written[j] = (np.int32(whole) + np.int32(shift)) & np.int32(255)
    return missed, squares, total


@kernel
def _pack_panel(
    rows: Floats,
    center: Float64,
    scale: float,
    tau: float,
    error: float,
    values: Any,
    units: Floats,
    halves: Floats,
    slack: Float64,
) -> None:
    """Write 16 rows at a time: they stay in the cache and fill whole lines of the panel."""
    n_rows, n_columns = rows.shape
    n_groups = values.shape[0] // (GROUP * PANEL_ROWS)
    own_values = np.empty(n_columns)
    own_bytes = np.full((_ROWS_OPEN, GROUP * n_groups), _SHIFT, np.uint8)
    words, own_words = values.view(np.uint32), own_bytes.view(np.uint32)
    values[:] = _SHIFT
    for first in range(0, n_rows, _ROWS_OPEN):
        size = min(_ROWS_OPEN, n_rows - first)
        for r in range(size):
            unit, square = take(rows[first + r], center, scale, LARGEST, own_values)
            step = np.float64(unit)
            missed, whole, _ = write_whole_numbers(
                own_values, n_columns, step, LARGEST, _SHIFT, own_bytes[r]
            )
            own = 0.5 * (missed / tau + _COARSER * tau * (step * step * whole)) + error * square
            units[first + r] = unit
            slack[first + r] = 2.0 * own
            halves[first + r] = 0.5 * square - own
        for group in range(n_groups):
            place = group * PANEL_ROWS + first
            for r in range(size):
                words[np.uintp(place + r)] = own_words[np.uintp(r), np.uintp(group)]


@kernel
def _pack_quads(
    queries: Floats, center: Float64, scale: float, tau: float, error: float, quads: ByteQuads
) -> None:
    n_columns = queries.shape[1]
    n_groups = quads.values.shape[1] // (GROUP * QUAD)
    own_values, own_bytes = np.empty(n_columns), np.zeros(GROUP * n_groups, np.uint8)
    words, own_words = quads.values.view(np.uint32), own_bytes.view(np.uint32)
    for q in range(queries.shape[0]):
        unit, square = take(queries[q], center, -scale, _OWN_LARGEST, own_values)
        if not square < FAR:
            quads.squares[q], quads.margins[q] = np.inf, np.inf
            continue
        step = np.float64(unit)
        missed, _, total = write_whole_numbers(
            own_values, n_columns, step, _OWN_LARGEST, 0, own_bytes
        )
        for group in range(n_groups):
            words[q // QUAD, group * QUAD + q % QUAD] = own_words[group]
        quads.starts[q] = -_SHIFT * int(total)
        quads.units[q] = unit
        quads.squares[q] = square
        quads.margins[q] = tau * square + missed / (_COARSER * tau) + error * square
