"""Rows written in one precision: what a search needs to know of it.

From the narrowest to the widest: bytes, where the processor multiplies them, float32 and
float64. Each proves what it can; the next takes the queries that are left.
"""

from typing import Literal, NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.workers import each_of
from trivium.neighbors.search.products.byte_panels import (
    BytePanels,
    ByteQuads,
    empty_byte_panels,
    pack_byte_queries,
    relative_error,
    write_byte_panels,
)
from trivium.neighbors.search.products.byte_products import BYTES, available
from trivium.neighbors.search.products.panels import (
    Frame,
    Panels,
    Quads,
    empty_panels,
    frame_of,
    pack_queries,
    rounding_error,
    write_panels,
)

Precision = Literal["bytes", "float32", "float64"]

_LEAST_COLUMNS = 28
_ROWS_A_PIECE = 1024
_MOST_COLUMNS = 100_000  # 127 · 128 for each stays within 32 bits


class Quantized(NamedTuple):
    """Rows in a frame, and how to write queries beside them.

    Attributes
    ----------
    frame : Frame
    panels : Panels or BytePanels
    spare : int
        Spare candidates: how many beyond k, which the scores cannot tell from the k-th, a query
        has room for before it is left to a wider precision.
    tau : float
        Relative error of bytes.
    """

    frame: Frame
    panels: Panels | BytePanels
    spare: int
    tau: float = 0.0

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Type of the scores."""
        return self.frame.dtype

    def write(self, first: int, rows: Floats) -> None:
        """Write rows whose first number is `first`, a multiple of 256."""
        if isinstance(self.panels, BytePanels):
            write_byte_panels(self.panels, first, rows, self.frame, self.tau)
        else:
            write_panels(self.panels, first, rows, self.frame)

    def quads(self, queries: Floats, whole: int = 1) -> tuple[Quads | ByteQuads, Float64]:
        """Write queries; return them and their margins."""
        if isinstance(self.panels, BytePanels):
            quads = pack_byte_queries(queries, self.frame, self.tau, whole)
            return quads, quads.margins
        floats = pack_queries(queries, self.frame, whole)
        return floats, self.frame.margins(floats.squares)

    def for_pairs(self, margins: Float64) -> tuple["Quantized", Float64]:
        """Return what to go by where the rows ask for each other, and their margins.

        In floats, bounds hold either way. In bytes, a row has an error as a row and one as a
        query, its margin: of each pair one of both, so that the greater is taken.
        """
        if not isinstance(self.panels, BytePanels):
            return self, margins
        slack, halves = self.panels.slack.copy(), self.panels.halves.copy()
        n = margins.size
        np.maximum(slack[:n], margins, out=slack[:n])
        halves.reshape(-1)[:n] -= (0.5 * (slack - self.panels.slack)[:n]).astype(halves.dtype)
        return self._replace(panels=self.panels._replace(halves=halves, slack=slack)), slack[:n]


def precisions(n_columns: int) -> tuple[Precision, ...]:
    """Precisions to try, in this order: few columns leave bytes nothing to save."""
    if available() and _LEAST_COLUMNS <= n_columns <= _MOST_COLUMNS:
        return "bytes", "float32", "float64"
    return "float32", "float64"


def write(rows: Floats, precision: Precision, n_jobs: int | None) -> Quantized | None:
    """Write rows; None where they are too large or too small."""
    frame = frame_of(rows, np.float64 if precision == "float64" else np.float32, n_jobs)
    if frame is None:
        return None
    if precision == "bytes":
        frame = frame._replace(error=rounding_error(16, frame.dtype))  # sums are exact
    written = unwritten(rows.shape[0], rows, frame, precision)

    def write_piece(first: int) -> None:
        written.write(first, rows[first : first + _ROWS_A_PIECE])

    each_of(write_piece, range(0, rows.shape[0], _ROWS_A_PIECE), n_jobs)
    return written


def unwritten(n_rows: int, sample: Floats, frame: Frame, precision: Precision) -> Quantized:
    """Room for so many rows, of which some are given, in a frame."""
    if precision == "bytes":
        spare = min(32 + sample.shape[1] // 8, 128)  # distances concentrate as columns grow
        spare *= 1 if BYTES.largest == 127 else 4  # fewer bits tell fewer rows apart
        panels = empty_byte_panels(n_rows, frame)
        return Quantized(frame, panels, spare, relative_error(sample, frame))
    return Quantized(frame, empty_panels(n_rows, frame), 16)
