"""The certified search: low-precision matrix products say where to look, float64 decides.

Scores in low precision shortlist each query's candidates, with a bound that proves the
list complete (`panels`, `byte_panels`). Where too many rows are too close to tell apart a
wider precision goes on, and where none is wide enough every row is measured.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience
from trivium.blocks.locks import Lock
from trivium.blocks.memory import queries_a_piece, working_memory
from trivium.blocks.unlocked import unlocked
from trivium.blocks.workers import each_of
from trivium.neighbors.search.measures import Measure, require_known
from trivium.neighbors.search.products.byte_panels import BytePanels
from trivium.neighbors.search.products.join import QUADS_A_PANEL, join_blocks, rounds
from trivium.neighbors.search.products.layout import QUAD
from trivium.neighbors.search.products.panels import pack_panel
from trivium.neighbors.search.products.quantized import Precision, Quantized, precisions, write
from trivium.neighbors.search.products.reservoir import Reservoirs, open_reservoirs, reservoir_bytes
from trivium.neighbors.search.products.shortlist import (
    MOST_FOR_FIRST_LIMITS,
    Asked,
    decide,
    first_limits,
    shortlist,
)
from trivium.neighbors.search.projections.projected import Projected, plan_projection, worth_looking
from trivium.neighbors.search.scan import Scan

QUERIES_A_PIECE = 256
_LEAST_A_PIECE, _PIECES = 64, 8  # enough pieces for all workers, each worth its panels
_JOIN_BLOCKS = 16
_FEW_QUERIES = 8  # for fewer, at once or so far, nothing is written
_LITTLE_WORK = 20_000_000  # numbers to subtract: done before anything else could be compiled
_LARGE = 1_000_000  # numbers in all the rows; fewer are soon measured, for a few queries
_COLUMNS_WORTH_JOIN = 24  # with fewer, and with more neighbours, products are not the cost
_TRIAL = 2 * QUERIES_A_PIECE

patience = Patience(pack_panel, to_compile=1 << 34, to_load=0)
"""Numbers that are subtracted, at some 0.3 ns each, for the few queries that bytes leave over,
before loops of wider products are compiled for them."""


class Brute:
    """Rows searched by certified products, Euclidean or of unit vectors.

    Panels are written when enough queries have been asked to pay for them.

    Parameters
    ----------
    measure : Measure
        Of squares: of a metric that goes by products.
    rows : ndarray of shape (n, d)
    once : bool
        Whether they are searched once: what is made of them for a few queries is not used again.
    """

    def __init__(self, measure: Measure, rows: Floats, once: bool = False) -> None:
        require_known(measure)
        self._measure = measure
        self._least_left = _FEW_QUERIES if once else 1
        self._rows = unlocked(rows)  # which `__reduce__` may have from elsewhere
        self._scan = Scan(measure, self._rows)
        self._written: dict[Precision, Quantized | None] = {}
        self._projected: Projected | None = None
        self._asked = 0
        self._declined = False
        self._lock = Lock()

    def __reduce__(self) -> tuple[type["Brute"], tuple[Measure, Floats, bool]]:
        """Copy and pickle the rows alone: the rest is made again when it is needed."""
        return type(self), (self._measure, self._rows, self._least_left > 1)

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        self._asked += queries.shape[0]
        often = self._rows.size > _LARGE and self._asked >= _FEW_QUERIES
        if not often and queries.shape[0] * self._rows.size < _LITTLE_WORK:
            self._scan.nearest(queries, skip, n_jobs, found)
            return
        k = found[0].shape[1]
        projected = self._project(queries, k, n_jobs, own)
        if projected is None:
            left = np.arange(queries.shape[0])
        else:
            left = projected.search(queries, skip, n_jobs, found)
        least = self._least_left if often else _FEW_QUERIES
        for precision in precisions(queries.shape[1]):
            if left.size < least or self._waits(precision, left):
                break
            left = self._go_on(precision, queries, skip, n_jobs, found, left, own)
        for some in _pieces(left, k):
            lists = _empty_lists(some.size, k)
            self._scan.nearest(queries[some], skip[some], n_jobs, lists)
            found[0][some], found[1][some] = lists

    def _waits(self, precision: Precision, left: Indices) -> bool:
        """Whether the plain search is to do what bytes have left over."""
        if precision == "bytes" or "bytes" not in self._written:
            return False
        return not patience.is_over(left.size * self._rows.size)

    def _go_on(
        self,
        precision: Precision,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        left: Indices,
        own: bool,
    ) -> Indices:
        """Answer those of the queries that are left which this precision can; return the rest."""
        written = self._write(precision, n_jobs)
        if written is None:
            return left
        m, k = found[0].shape
        if left.size < m:
            still = []
            for some in _pieces(left, k):
                lists = _empty_lists(some.size, k)
                still.append(some[self._search(written, queries[some], skip[some], n_jobs, lists)])
                found[0][some], found[1][some] = lists
            return np.concatenate(still)
        tried = 0
        still = []
        if precision == "bytes" and m >= _TRIAL:  # too coarse for some rows, as some queries show
            tried = QUERIES_A_PIECE
            near = found[0][:tried], found[1][:tried]
            still.append(self._search(written, queries[:tried], skip[:tried], n_jobs, near))
            if 2 * still[0].size > tried:
                self._written[precision] = None
                return left
        if own and self._joins(written, k):
            return self._join(written, n_jobs, found)
        near = found[0][tried:], found[1][tried:]
        still.append(tried + self._search(written, queries[tried:], skip[tried:], n_jobs, near))
        return np.concatenate(still)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        return self._scan.within(queries, radius, skip, n_jobs)

    def _write(self, precision: Precision, n_jobs: int | None) -> Quantized | None:
        """Rows in a precision, written once."""
        with self._lock.held:
            if precision not in self._written:
                self._written[precision] = write(self._rows, precision, n_jobs)
            return self._written[precision]

    def _search(
        self,
        written: Quantized,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
    ) -> Indices:
        """Search through panels; return the queries whose answer could not be proved."""
        m, k = found[0].shape
        each = reservoir_bytes(k, written.dtype, written.spare)
        step = queries_a_piece(each, n_jobs, _even_step(m))
        proved = np.empty(m, dtype=bool)

        def run(start: int) -> None:
            piece = slice(start, min(start + step, m))
            quads, margins = written.quads(queries[piece])
            state = open_reservoirs(quads, margins, k, written.dtype, written.spare)
            own = int(np.any(skip[piece] >= 0))
            wanted = k + own if k + own <= MOST_FOR_FIRST_LIMITS else 0
            shortlist(written.panels, quads, state, skip[piece], k, wanted)
            self._decide(queries[piece], quads.squares, written, state, found, piece)
            proved[piece] = state.counts >= 0

        each_of(run, range(0, m, step), n_jobs)
        return np.flatnonzero(~proved)

    def _joins(self, written: Quantized, k: int) -> bool:
        """Whether to serve pairs of rows both ways pays, and memory allows it."""
        n, d = self._rows.shape
        columns = d / 4 if isinstance(written.panels, BytePanels) else d
        if columns < _COLUMNS_WORTH_JOIN + k:
            return False
        needed = n * reservoir_bytes(k, written.dtype, written.spare)
        return bool(written.panels.values.nbytes + needed <= working_memory())

    def _join(
        self, written: Quantized, n_jobs: int | None, found: tuple[Float64, Indices]
    ) -> Indices:
        """Search for the neighbours of the rows themselves, each tile serving both ways."""
        n, k = found[0].shape
        quads, margins = written.quads(self._rows, whole=QUADS_A_PANEL)
        written, margins = written.for_pairs(margins)
        panels = written.panels
        n_panels = panels.values.shape[0]
        state = open_reservoirs(quads, margins, k, written.dtype, written.spare)
        ends = np.linspace(0, n_panels, min(_JOIN_BLOCKS, n_panels) + 1).astype(int).tolist()

        def start(first: int) -> None:
            piece = slice(first, min(first + QUERIES_A_PIECE, n))
            some, _ = written.quads(self._rows[piece])
            first_limits(panels, some, state.part(piece), k + 1)

        def join(pair: tuple[int, int]) -> None:
            join_blocks(panels, quads, state, k, *((ends[i], ends[i + 1]) for i in pair))

        def settle(first: int) -> None:
            piece = slice(first, min(first + QUERIES_A_PIECE, n))
            some = state.part(piece)
            self._decide(self._rows[piece], quads.squares[piece], written, some, found, piece)

        pieces = range(0, n, QUERIES_A_PIECE)
        if k + 1 <= MOST_FOR_FIRST_LIMITS:
            each_of(start, pieces, n_jobs)
        for pairs in rounds(len(ends) - 1):
            each_of(join, pairs, n_jobs)
        each_of(settle, pieces, n_jobs)
        return np.flatnonzero(state.counts < 0)

    def _decide(
        self,
        queries: Floats,
        squares: Float64,
        written: Quantized,
        state: Reservoirs,
        found: tuple[Float64, Indices],
        piece: slice,
    ) -> None:
        asked = Asked(self._measure, queries, self._rows, written.frame.scale, squares)
        decide(asked, written.panels, state, found[0][piece], found[1][piece])

    def _project(self, queries: Floats, k: int, n_jobs: int | None, own: bool) -> Projected | None:
        """Projected rows, made when a search is large enough to pay for them."""
        with self._lock.held:
            if (
                self._projected is None
                and not self._declined
                and worth_looking(queries.shape[0], *self._rows.shape)
            ):
                self._projected = plan_projection(
                    self._measure, self._rows, queries, k, n_jobs, own=own
                )
                self._declined = self._projected is None
            return self._projected


def _even_step(m: int) -> int:
    """Length of pieces of so many queries: as many as a few workers share evenly.

    Examples
    --------
    >>> [-(-m // _even_step(m)) for m in (1, 512, 4744, 10_000)]
    [1, 8, 24, 40]
    """
    n_pieces = max(1, -(-m // (QUERIES_A_PIECE * _PIECES))) * _PIECES
    return max(_LEAST_A_PIECE, -(-m // (n_pieces * QUAD)) * QUAD)


def _pieces(queries: Indices, k: int) -> list[Indices]:
    """Cut queries into pieces whose lists fit working memory."""
    step = max(1, int(working_memory() / (64 * k)))
    return [queries[start : start + step] for start in range(0, queries.size, step)]


def _empty_lists(m: int, k: int) -> tuple[Float64, Indices]:
    return np.empty((m, k)), np.empty((m, k), dtype=np.intp)
