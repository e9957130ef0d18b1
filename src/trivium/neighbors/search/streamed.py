"""Rows that are not in memory: every search reads all of them, slab after slab.

A slab is made ready, searched for all queries at hand, and forgotten. So what a search makes of a
slab (panels, a tree) has to pay within one pass, and queries come in as large a batch as memory
allows.

Where other processes have the rows, queries go to them and lists of what they found come back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import cut
from trivium.neighbors.search.costs import Choice
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.searcher import Points
from trivium.neighbors.search.slab_maker import SlabMaker, choice_of
from trivium.neighbors.search.slabs import Lists, Slab, Slabs, Within, merged, side_by_side
from trivium.rows.block import Block
from trivium.rows.source import Rows

_MOST_BYTES = 150 << 20  # of a slab, what is made of it, and the next one
_BATCH_BYTES = 64 << 20  # of queries, and of lists that are merged
_BYTES_A_NEIGHBOR = 40  # distance and number; those of a slab; what merges them
_LEAST_QUERIES = 256  # that are searched for in one pass, whatever they take
_WORTH_A_TREE = 512  # queries, for which a tree of a slab is built at all
_LITTLE_WORK = 1 << 27  # numbers to subtract: done before trees were compiled
_BYTES_OF_LISTS = 256 << 20  # that come from other processes at once


class Streamed:
    """A search through rows that are read each time.

    Parameters
    ----------
    rows : Rows
    metric : Metric
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}
    make : SlabMaker
    """

    def __init__(self, rows: Rows, metric: Metric, algorithm: str, make: SlabMaker) -> None:
        self._rows = rows
        self._algorithm = algorithm
        self._make = make
        self._settled: Choice | None = None
        self._n_bytes = _slab_bytes(metric, rows)

    @property
    def choice(self) -> Choice:
        """The algorithm for many queries, by the first slab, and why."""
        choice = self._settled
        if choice is None:
            slab = self._make(next(iter(self._rows.slabs(self._n_bytes))), self._algorithm)
            choice = self._settled = _choice_of(slab, self._rows.place)
        return choice

    def nearest(
        self,
        queries: Points,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        m, k = found[0].shape
        if not self._rows.n_apart:
            Slabs(self._slabs(m)).nearest(queries, skip, n_jobs, found)
            return
        make, length = self._maker_for(m), max(1, _BYTES_OF_LISTS // (16 * k * self._rows.n_apart))
        for place in cut(m, length):
            ask = _Nearest(*make, queries[place], skip[place], n_jobs, k)
            lists = self._there(ask, partial(merged, k=k))
            found[0][place], found[1][place] = lists

    def within(
        self, queries: Points, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> Within:
        """Find every row within a radius; see `Searcher`."""
        if not self._rows.n_apart:
            return Slabs(self._slabs(queries.shape[0])).within(queries, radius, skip, n_jobs)
        ask = _Within(*self._maker_for(queries.shape[0]), queries, radius, skip, n_jobs)
        found: Within = self._there(ask, _both)
        return found

    def _slabs(self, n_queries: int) -> Iterator[Slab]:
        """Make the slabs of one pass; none is held here while the next is read."""
        make, algorithm = self._maker_for(n_queries)
        return (make(block, algorithm) for block in self._rows.slabs(self._n_bytes))

    def _there(self, ask: Any, merge: Any) -> Any:
        """Search where the rows are, slab by slab: each uses all threads there."""
        row = self._rows.shape[1] * self._rows.dtype.itemsize
        length = max(1, self._n_bytes // row)
        return self._rows.reduce(ask, merge, length=length, n_jobs=1)

    def _maker_for(self, n_queries: int) -> tuple[SlabMaker, str]:
        """Return what makes slabs, and for which algorithm."""
        algorithm = self._algorithm
        if algorithm == "auto":
            n_rows, n_columns = self._rows.shape
            much = n_queries * n_rows * n_columns > _LITTLE_WORK
            algorithm = "brute"
            if much and n_queries >= _WORTH_A_TREE:
                algorithm = self.choice.algorithm
        return self._make, algorithm


@dataclass(frozen=True)
class _Nearest:
    """The k nearest rows among those of a block; see `Slab.nearest`."""

    make: SlabMaker
    algorithm: str
    queries: Points
    skip: Indices
    n_jobs: int | None
    k: int

    def __call__(self, block: Block) -> Lists:
        slab = self.make(block, self.algorithm)
        return slab.nearest(self.queries, self.skip, self.n_jobs, self.k, own=False)


@dataclass(frozen=True)
class _Within:
    """The rows of a block within a radius; see `Slab.within`."""

    make: SlabMaker
    algorithm: str
    queries: Points
    radius: float | Float64
    skip: Indices
    n_jobs: int | None

    def __call__(self, block: Block) -> Within:
        slab = self.make(block, self.algorithm)
        return slab.within(self.queries, self.radius, self.skip, self.n_jobs)


def _both(one: Within, other: Within) -> Within:
    return side_by_side([one, other])


def queries_at_once(n_columns: int, k: int) -> int:
    """Return how many queries are searched for in one pass."""
    return int(max(_LEAST_QUERIES, _BATCH_BYTES // (16 * n_columns + _BYTES_A_NEIGHBOR * k)))


def _slab_bytes(metric: Metric, rows: Rows) -> int:
    """Size of slabs: two are in memory at a time, and of one of them what a search needs."""
    in_float64 = 8.0 / rows.dtype.itemsize
    copies = in_float64  # a tree, or panels, which take less
    if metric.of_directions:
        copies += 3.0 * in_float64  # what directions are computed with
    elif metric.on_sphere:
        copies += 2.0 * in_float64  # of two columns three
    return int(_MOST_BYTES / (2.0 + copies))


def _choice_of(slab: Slab, place: str) -> Choice:
    """Say why an algorithm suits rows that are read in slabs like this one."""
    # Rows have to be in memory for metrics without a choice.
    algorithm, reason = choice_of(slab.searcher) or Choice("brute", "there is no choice")
    return Choice(
        algorithm,
        f"rows are {place}, and each search reads slabs of {slab.points.shape[0]}: {reason}",
    )
