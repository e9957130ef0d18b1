"""The certified search: narrow precision says where to look, float64 decides.

Scores in float32 shortlist each query's candidates, with a bound that proves the list
complete (`panels`); where too many rows are too close to tell apart, the same is done in
float64, and where that fails too every row is measured.
"""

from threading import Lock
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.memory import queries_a_piece, working_memory
from trivium.blocks.workers import each_of
from trivium.neighbors.search.join import QUADS_A_PANEL, join_blocks, rounds
from trivium.neighbors.search.panels import (
    PANEL_ROWS,
    Frame,
    Panels,
    Quads,
    frame_of,
    pack_queries,
    pack_rows,
)
from trivium.neighbors.search.projected import Projected, plan_projection
from trivium.neighbors.search.reservoir import Reservoirs, open_reservoirs, reservoir_bytes
from trivium.neighbors.search.scan import Scan
from trivium.neighbors.search.shortlist import (
    MOST_FOR_FIRST_LIMITS,
    decide,
    first_limits,
    shortlist,
)

QUERIES_A_PIECE = 256
_JOIN_BLOCKS = 16
_QUERIES_WORTH_PANELS = 8
_COLUMNS_WORTH_JOIN = 24  # with fewer, and with more neighbours, products are not the cost


class Packed(NamedTuple):
    """Rows written for one precision."""

    frame: Frame
    panels: Panels


class Brute:
    """Rows searched by certified products, Euclidean or of unit vectors.

    Panels are written when enough queries have been asked to pay for them.

    Parameters
    ----------
    metric : int
        EUCLIDEAN or COSINE.
    rows : ndarray of shape (n, d)
    """

    def __init__(self, metric: int, rows: Floats) -> None:
        self._metric = metric
        self._rows = rows
        self._scan = Scan(metric, rows)
        self._packed: dict[type[np.floating], Packed | None] = {}
        self._projected: Projected | None = None
        self._asked = 0
        self._lock = Lock()

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is made again when it is needed."""
        return {"metric": self._metric, "rows": self._rows}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def nearest(
        self, queries: Floats, skip: Indices, n_jobs: int | None, found: tuple[Float64, Indices]
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        if not self._worth_panels(queries.shape[0]):
            self._scan.nearest(queries, skip, n_jobs, found)
            return
        packed = self._pack(np.float32, n_jobs)
        left = np.arange(queries.shape[0])
        if packed is not None:
            projected = self._project(packed.frame, queries, found[0].shape[1], n_jobs)
            if projected is not None:
                left = projected.nearest(queries, skip, n_jobs, found)
            elif self._joins(queries, skip, packed, found[0].shape[1]):
                left = self._join(packed, n_jobs, found)
            else:
                left = self._search(packed, queries, skip, n_jobs, found)
        if left.size > _QUERIES_WORTH_PANELS:
            packed = self._pack(np.float64, n_jobs)
            if packed is not None:
                some = np.empty((left.size, found[0].shape[1])), np.empty_like(found[1][left])
                still = self._search(packed, queries[left], skip[left], n_jobs, some)
                found[0][left], found[1][left] = some
                left = left[still]
        if left.size:
            some = np.empty((left.size, found[0].shape[1])), np.empty_like(found[1][left])
            self._scan.nearest(queries[left], skip[left], n_jobs, some)
            found[0][left], found[1][left] = some

    def within(
        self, queries: Floats, radius: float, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        return self._scan.within(queries, radius, skip, n_jobs)

    def _worth_panels(self, n_queries: int) -> bool:
        """Whether writing panels pays: not for the first few queries."""
        self._asked += n_queries
        return self._asked >= _QUERIES_WORTH_PANELS

    def _pack(self, dtype: type[np.floating], n_jobs: int | None) -> Packed | None:
        """Panels of a precision, written once; None where the rows are too large or too small."""
        with self._lock:
            if dtype not in self._packed:
                frame = frame_of(self._rows, dtype)
                self._packed[dtype] = frame and Packed(frame, pack_rows(self._rows, frame, n_jobs))
            return self._packed[dtype]

    def _search(
        self,
        packed: Packed,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
    ) -> Indices:
        """Search through panels; return the queries whose answer could not be proved."""
        frame, panels = packed
        m, k = found[0].shape
        step = queries_a_piece(reservoir_bytes(k, frame), n_jobs)
        proved = np.empty(m, dtype=bool)

        def run(start: int) -> None:
            piece = slice(start, min(start + step, m))
            quads = pack_queries(queries[piece], frame)
            state = open_reservoirs(quads, k, frame)
            own = int(np.any(skip[piece] >= 0))
            if k + own <= MOST_FOR_FIRST_LIMITS:
                first_limits(panels, quads, state, k + own)
            shortlist(panels, quads, state, skip[piece], k)
            self._decide(queries[piece], panels, state, found, piece)
            proved[piece] = state.counts >= 0

        each_of(run, range(0, m, step), n_jobs)
        return np.flatnonzero(~proved)

    def _joins(self, queries: Floats, skip: Indices, packed: Packed, k: int) -> bool:
        """Whether the rows ask for their own neighbours, all at once, and memory allows it."""
        n, d = self._rows.shape
        if queries is not self._rows or d < _COLUMNS_WORTH_JOIN + k:
            return False
        if not np.array_equal(skip, np.arange(n)):
            return False
        quads = packed.panels.values.nbytes
        return bool(quads + n * reservoir_bytes(k, packed.frame) <= working_memory())

    def _join(self, packed: Packed, n_jobs: int | None, found: tuple[Float64, Indices]) -> Indices:
        """Search for the neighbours of the rows themselves, each tile serving both ways."""
        frame, panels = packed
        n, k = found[0].shape
        n_panels = panels.values.shape[0]
        quads = pack_queries(self._rows, frame, whole=QUADS_A_PANEL)
        state = open_reservoirs(quads, k, frame)
        ends = np.linspace(0, n_panels, min(_JOIN_BLOCKS, n_panels) + 1).astype(int).tolist()

        def start(block: int) -> None:
            some = slice(ends[block] * QUADS_A_PANEL, ends[block + 1] * QUADS_A_PANEL)
            rows = slice(ends[block] * PANEL_ROWS, ends[block + 1] * PANEL_ROWS)
            part = Quads(quads.values[some], quads.squares[rows])
            first_limits(panels, part, state.part(rows), k + 1)

        def join(pair: tuple[int, int]) -> None:
            join_blocks(panels, quads, state, k, *((ends[i], ends[i + 1]) for i in pair))

        def settle(first: int) -> None:
            piece = slice(first, min(first + QUERIES_A_PIECE, n))
            self._decide(self._rows[piece], panels, state.part(piece), found, piece)

        if k + 1 <= MOST_FOR_FIRST_LIMITS:
            each_of(start, range(len(ends) - 1), n_jobs)
        for pairs in rounds(len(ends) - 1):
            each_of(join, pairs, n_jobs)
        each_of(settle, range(0, n, QUERIES_A_PIECE), n_jobs)
        return np.flatnonzero(state.counts < 0)

    def _decide(
        self,
        queries: Floats,
        panels: Panels,
        state: Reservoirs,
        found: tuple[Float64, Indices],
        piece: slice,
    ) -> None:
        decide(self._metric, queries, self._rows, panels, state, found[0][piece], found[1][piece])

    def _project(
        self, frame: Frame, queries: Floats, k: int, n_jobs: int | None
    ) -> Projected | None:
        """Projected rows, made when a search is large enough to pay for them."""
        with self._lock:
            if self._projected is None:
                self._projected = plan_projection(
                    self._metric, self._rows, frame, queries, k, n_jobs
                )
            return self._projected
