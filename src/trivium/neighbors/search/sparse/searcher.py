"""The search among sparse rows: by blocks of all columns, by merging rows, or down the columns."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience
from trivium.blocks.locks import Lock
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import each_of, map_in_order
from trivium.neighbors.search.heaps import begin
from trivium.neighbors.search.measures import SQUARES, Measure, require_known
from trivium.neighbors.search.plain import is_plain
from trivium.neighbors.search.scan import Scan
from trivium.neighbors.search.slabs import Slab, Slabs, one_after_the_other, side_by_side
from trivium.neighbors.search.sparse.columns import Asked, Room, find_nearest, find_within
from trivium.neighbors.search.sparse.kernels import (
    Apart,
    Stored,
    merge_nearest,
    merge_within,
    sort_lists,
)
from trivium.neighbors.search.sparse.postings import Block, Postings, write_postings
from trivium.rows.csr import Csr

_QUERIES_A_PIECE = 64
_FEW_QUERIES = 3  # so far: to merge them with all rows costs as much as to write these by column
_NUMBERS_A_BLOCK = 1 << 20  # of all columns, that are there at a time
_A_COLUMN, _A_NEIGHBOR = 5, 120  # as in `scan`: what finding and sorting distances take
_MATCHES_WORTH_THREADS = 200_000
_MOST_FOUND = 1 << 20  # rows within a radius, for which a worker has room at first

_Within = tuple[Indices, Float64, Indices]

patience = Patience(merge_nearest, to_compile=1 << 29, to_load=1 << 26)
"""Numbers, zeros included, that NumPy subtracts, at some 1 ns each, before loops do it."""


class SparseSearch:
    """Sparse rows, whose distances are those of all columns, to the bit.

    Parameters
    ----------
    measure : Measure
    rows : Csr of shape (n, d)
        In the space of the measure.
    """

    def __init__(self, measure: Measure, rows: Csr) -> None:
        require_known(measure)
        self._measure = measure
        self._rows = rows
        self._stored = _stored(rows)
        self._longest = int(np.diff(rows.indptr).max())
        self._postings: Postings | None = None
        self._asked = 0
        self._lock = Lock()

    def __reduce__(self) -> tuple[type["SparseSearch"], tuple[Measure, Csr]]:
        """Copy and pickle the rows alone: the rest is made again when it is needed."""
        return type(self), (self._measure, self._rows)

    def nearest(
        self,
        queries: Csr,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        m, k = found[0].shape
        if self._is_little(m, k):
            for piece in self._pieces(queries):
                near = found[0][piece], found[1][piece]
                some = queries[piece].toarray().astype(np.float64)
                Slabs(self._dense_slabs()).nearest(some, skip[piece], n_jobs, near)
            return
        postings = self._columns(m, n_jobs)

        def run(piece: slice) -> None:
            asked = queries[piece]
            near = found[0][piece], found[1][piece]
            begin(*near, self._rows.shape[0])
            if postings is None:
                given = self._measure, _as_queries(asked), self._stored, skip[piece]
                merge_nearest(*given, self._apart(asked), *near)
                sort_lists(*near)
                return
            question = self._question(postings, asked, skip[piece])
            apart = self._apart(asked)
            for block in postings.blocks:
                find_nearest(self._measure, question, block, _room(block, k), apart, *near)
            sort_lists(*near)

        each_of(run, cut(m, _QUERIES_A_PIECE), self._jobs(m, n_jobs))

    def within(
        self, queries: Csr, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> _Within:
        """Find every row within a radius; see `Searcher`."""
        m = queries.shape[0]
        reach = np.full(m, radius, dtype=np.float64)
        if self._is_little(m, 0):
            parts = []
            for piece in self._pieces(queries):
                some = queries[piece].toarray().astype(np.float64)
                slabs = Slabs(self._dense_slabs())
                parts.append(slabs.within(some, reach[piece], skip[piece], n_jobs))
            return one_after_the_other(parts)
        postings = self._columns(m, n_jobs)

        def run(piece: slice) -> _Within:
            if postings is None:
                return self._merged_within(queries[piece], reach[piece], skip[piece])
            some = self._question(postings, queries[piece], skip[piece])
            apart = self._apart(queries[piece])
            return side_by_side(
                [self._within_block(each, some, reach[piece], apart) for each in postings.blocks]
            )

        pieces = cut(m, _QUERIES_A_PIECE)
        return one_after_the_other(list(map_in_order(run, pieces, self._jobs(m, n_jobs))))

    def _merged_within(self, queries: Csr, reach: Float64, skip: Indices) -> _Within:
        apart = self._apart(queries)

        def find(start: int, *out: Any) -> int:
            some = _as_queries(queries[start:])
            given = self._measure, some, self._stored, reach[start:], skip[start:]
            return merge_within(*given, apart, *out)

        return _gathered(find, queries.shape[0], self._rows.shape[0])

    def _within_block(self, block: Block, asked: Asked, reach: Float64, apart: Apart) -> _Within:
        room = _room(block, 1)

        def find(start: int, *out: Any) -> int:
            queries = asked.queries._replace(indptr=asked.queries.indptr[start:])
            rest = asked._replace(queries=queries, skip=asked.skip[start:])
            return find_within(self._measure, rest, block, room, apart, reach[start:], *out)

        return _gathered(find, reach.size, block.n_rows)

    def _is_little(self, m: int, k: int) -> bool:
        """Whether NumPy is to do it, for want of work that would pay for compiling loops."""
        n, d = self._rows.shape
        work = m * (n * (d + _A_COLUMN) + k * _A_NEIGHBOR)
        return is_plain(self._measure) and not patience.is_over(work)

    def _columns(self, m: int, n_jobs: int | None) -> Postings | None:
        """Rows by column, written when enough queries have been asked; None: they are not used."""
        self._asked += m
        if self._measure.form != SQUARES or self._longest == 0:
            return None
        with self._lock.held:
            if self._postings is None and self._asked >= _FEW_QUERIES:
                self._postings = write_postings(self._rows, n_jobs)
            return self._postings

    def _question(self, postings: Postings, queries: Csr, skip: Indices) -> Asked:
        some = _as_queries(queries)
        places = postings.places_of(some.indices)
        return Asked(some, self._stored, places, skip, postings.exponent, self._longest)

    def _apart(self, queries: Csr) -> Apart:
        size = int(np.diff(queries.indptr).max(initial=0)) + self._longest
        return Apart(np.zeros(size), np.zeros(size))

    def _dense_slabs(self) -> Iterator[Slab]:
        """Yield the rows with all their columns, some at a time."""
        n, d = self._rows.shape
        for place in cut(n, max(1, _NUMBERS_A_BLOCK // d)):
            points = self._rows[place].toarray()
            yield Slab(place.start, points, Scan(self._measure, points))

    def _pieces(self, queries: Csr) -> list[slice]:
        return cut(queries.shape[0], max(1, _NUMBERS_A_BLOCK // queries.shape[1]))

    def _jobs(self, m: int, n_jobs: int | None) -> int | None:
        return 1 if m * self._rows.n_stored < _MATCHES_WORTH_THREADS else n_jobs


def _stored(rows: Csr) -> Stored:
    """Return rows as loops know them: one kind of loop for each kind of numbers and of columns."""
    return Stored(rows.data, rows.indices, rows.indptr.astype(np.int64))


def _as_queries(queries: Csr) -> Stored:
    """Return queries as loops know them, all of one kind: they are few at a time."""
    place = queries.stored
    data, indices = queries.data[place], queries.indices[place]
    starts = queries.indptr - queries.indptr[0]
    return Stored(*(data.astype(np.float64), indices.astype(np.int64), starts.astype(np.int64)))


def _room(block: Block, k: int) -> Room:
    n = block.n_rows
    candidates, best = np.empty(n, dtype=np.intp), np.empty(k, dtype=np.intp)
    return Room(np.zeros(n), np.empty(n), np.empty(block.n_long), candidates, np.empty(k), best)


def _gathered(find: Callable[..., int], m: int, n: int) -> _Within:
    """Ask for the rows within reach of m queries, of n, as many queries at a time as fit.

    Parameters
    ----------
    find : callable
        Takes the first query and what receives counts, distances and row numbers; returns how
        many queries were answered, one at least.
    m, n : int
    """
    size = min(m * n, max(n, _MOST_FOUND))
    distances, indices = np.empty(size), np.empty(size, dtype=np.intp)
    counts, parts, start = np.zeros(m, dtype=np.intp), [], 0
    while start < m:
        answered = find(start, counts[start:], distances, indices)
        n_found = int(counts[start : start + answered].sum())
        parts.append((distances[:n_found].copy(), indices[:n_found].copy()))
        start += answered
    near, rows = (np.concatenate(each) for each in zip(*parts, strict=True))
    return np.concatenate([[0], np.cumsum(counts)]), near, rows
