"""Rows on a cluster of Dask's workers: they stay there, and statistics travel."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple, Self

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import one_blas_thread
from trivium.rows.base import BaseRows
from trivium.rows.block import Block
from trivium.rows.memory import ArrayRows
from trivium.rows.partitions import Column, Each, Known, Reduce, kept, picked, put_together, taken
from trivium.rows.source import Rows, Statistic
from trivium.rows.workers_of_dask import Workers

_SMALL = 1 << 26  # bytes: so much of a table is worth no tasks, and is taken into memory
_AT_ONCE = 1 << 24  # bytes that come here at once, to be yielded in blocks


class Shard(NamedTuple):
    """A partition, seen from the client.

    Attributes
    ----------
    data : distributed.Future
        The numbers that a worker keeps.
    n_rows : int
        How many of their rows are the partition's.
    numbers : ndarray of int of shape (n_rows,) or None
        Which of them; None means all.
    """

    data: Any
    n_rows: int
    numbers: Indices | None = None


class DaskRows(BaseRows):
    """Rows on the workers of a cluster, as `Rows`.

    A pass asks who keeps which partition, sends one task a worker, gets one statistic a partition
    back, and merges these by the number of the partition: the same partitions give the same
    bits, whichever workers there are. Sent in a pass of P partitions on w workers, where a
    statistic has s bytes and its parameters p: P·s back, w·p there. Classes and weights go there
    once, a byte or two a row and 8 a row, and what is `beside` in each pass, as its bytes are.

    Dask starts workers with ``MALLOC_TRIM_THRESHOLD_=65536``, by which each block's arrays are
    memory anew from the system: passes of softmax regression take a third to a half less time where
    the environment of workers has ``MALLOC_TRIM_THRESHOLD_`` and ``MALLOC_MMAP_THRESHOLD_`` of
    268435456.

    Parameters
    ----------
    workers : Workers
    shards : sequence of Shard
        In the order of their rows.
    n_columns : int
    dtype : dtype
    codes, n_classes, weights
        As of `BaseRows`.
    where : callable or None
        Says where a row is, for an error; None: its number.
    """

    in_memory = False
    place = "on the workers of a cluster"

    def __init__(
        self,
        workers: Workers,
        shards: Sequence[Shard],
        n_columns: int,
        dtype: np.dtype[Any],
        codes: Indices | None = None,
        n_classes: int = 0,
        weights: Float64 | None = None,
        where: Callable[[int], str] | None = None,
    ) -> None:
        self._workers, self._where = workers, where
        self._shards = [shard for shard in shards if shard.n_rows]
        counts = np.array([shard.n_rows for shard in self._shards], dtype=np.intp)
        self._ends = np.cumsum(counts)
        self._starts = self._ends - counts
        super().__init__((int(counts.sum()), n_columns), codes, n_classes, weights)
        self.dtype, self.n_apart = dtype, len(self._shards)
        self._known: list[Any] = []  # once somebody asks; the same list of all copies

    def reduce(
        self,
        statistic: Callable[..., Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
        *,
        length: int,
        beside: tuple[Any, ...] = (),
        n_jobs: int | None = None,
    ) -> Statistic:
        """Compute a statistic of each partition where it is, and merge them in order."""
        self._count(self.shape[0])
        found = self._answers(Reduce(statistic, merge, length, n_jobs), beside)
        with one_blas_thread():
            total: Statistic = reduce(merge, found)
        return total

    def each(
        self,
        function: Callable[..., Any],
        *,
        length: int,
        beside: tuple[Any, ...] = (),
        blas: bool = True,
        out: Any = None,
    ) -> Any:
        """Compute an array of each partition where it is; bring them here as one."""
        self._count(self.shape[0])
        found = self._answers(Each(function, length, blas), beside)
        if out is None:
            return np.concatenate(found)
        for place, part in zip(self._places(), found, strict=True):
            out[place] = part
        return out

    def sample(self, size: int) -> Block:
        """Take about so many rows from all over the table."""
        step = max(1, -(-self.shape[0] // size))
        return self.take(np.arange(0, self.shape[0], step))

    def take(self, numbers: Indices) -> Block:
        """Bring rows here by their numbers, in the order in which they are named."""
        self._count(numbers.size)
        X = np.empty((numbers.size, self.shape[1]), dtype=self.dtype)
        shards, places = self._dealt(numbers)
        local = [(numbers[own] - self._starts[s],) for s, own in zip(shards, places, strict=True)]
        for own, part in zip(places, self._asked(taken, shards, local), strict=True):
            X[own] = part
        return self._labelled(0, X, numbers)

    def column(self, number: int) -> Float64:
        """Bring one column here, in float64."""
        self._reads.add(self.shape[0])
        return np.concatenate([np.empty(0), *self._answers(Column(number), ())])

    def blocks(self, length: int) -> Iterator[Block]:
        """Bring the rows here in slabs, and yield these in blocks, in order."""
        bytes_a_block = length * self.shape[1] * self.dtype.itemsize
        for slab in self.slabs(max(_AT_ONCE // bytes_a_block, 1) * bytes_a_block):
            yield from slab.parts(length)

    def slabs(self, n_bytes: int) -> Iterator[Block]:
        """Bring the rows here in large blocks, one after the other."""
        n, d = self.shape
        length = n if n_bytes == sys.maxsize else max(1, n_bytes // (d * self.dtype.itemsize))
        for place in cut(n, max(length, 1)):
            self._count(place.stop - place.start)
            shards = np.flatnonzero((self._starts < place.stop) & (self._ends > place.start))
            starts = np.maximum(place.start - self._starts[shards], 0).tolist()
            stops = (np.minimum(self._ends[shards], place.stop) - self._starts[shards]).tolist()
            parts = [(slice(*pair),) for pair in zip(starts, stops, strict=True)]
            X = np.concatenate(self._asked(taken, shards.tolist(), parts))
            yield self._labelled(place.start, X, place)

    def where(self, row: int) -> str:
        """Say where a row is, for an error: in which file, if the rows were loaded from files."""
        return super().where(row) if self._where is None else self._where(row)

    def subset(self, numbers: Indices) -> Rows:
        """Return some of the rows as a table of their own: on the workers, unless it is small.

        Where the numbers rise, it is a view, of 4 bytes a row; else the rows are copied from worker
        to worker.
        """
        if numbers.size * self.shape[1] * self.dtype.itemsize <= _SMALL:
            return self.from_block(self.take(numbers))
        rise = bool((numbers[1:] > numbers[:-1]).all())
        some = DaskRows(
            self._workers,
            self._view(numbers) if rise else self._moved(numbers),
            self.shape[1],
            self.dtype,
            self.codes[numbers] if self.codes.size else self.codes,
            self.n_classes,
            None if self.weights is None else self.weights[numbers],
            lambda row: self.where(int(numbers[row])),
        )
        some._reads = self._reads
        return some

    def from_block(self, block: Block) -> Rows:
        """Return some of the rows, which were taken before, as a table of their own in memory."""
        some = ArrayRows(block.X, block.codes, self.n_classes, block.weights)
        some._reads = self._reads
        return some

    def _alike(self, codes: Indices, n_classes: int, weights: Float64 | None) -> Self:
        alike = super()._alike(codes, n_classes, weights)
        alike._known = []
        return alike

    def _places(self) -> list[slice]:
        """Where the rows of each partition are in the table."""
        pairs = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        return [slice(*pair) for pair in pairs]

    def _answers(self, action: Callable[..., Any], beside: tuple[Any, ...]) -> list[Any]:
        """Ask all partitions."""
        parts = [tuple(array[place] for array in beside) for place in self._places()]
        return self._asked(action, range(len(self._shards)), parts)

    def _asked(
        self, action: Callable[..., Any], shards: Sequence[int], beside: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        """Ask some partitions, each with what is given for it besides."""
        if not len(shards):
            return []
        known = self._sent()
        return self._workers.answers(
            action,
            [self._shards[s].data for s in shards],
            [known[s] for s in shards],
            [int(self._starts[s]) for s in shards],
            beside,
        )

    def _sent(self) -> list[Any]:
        """Send classes and weights behind the rows, once: futures, or None where nothing is known.

        They go along with tasks, so that they are there again where a worker is lost.
        """
        if not self._known:
            has_labels = bool(self.codes.size) or self.weights is not None
            few_bytes = np.min_scalar_type(max(self.n_classes - 1, 0))
            for shard, place in zip(self._shards, self._places(), strict=True):
                codes = self.codes[place].astype(few_bytes, copy=False)
                weights = None if self.weights is None else self.weights[place]
                known = Known(shard.numbers, codes, weights)
                is_something = has_labels or shard.numbers is not None
                self._known.append(self._workers.keep(kept, known) if is_something else None)
        return self._known

    def _dealt(self, numbers: Indices) -> tuple[list[int], list[Indices]]:
        """Deal rows by their numbers: the partitions that have some, and places in `numbers`."""
        if not numbers.size:
            return [], []
        of = np.searchsorted(self._ends, numbers, side="right")
        shards, counts = np.unique(of, return_counts=True)
        places = np.split(np.argsort(of, kind="stable"), np.cumsum(counts)[:-1])
        return shards.tolist(), places

    def _local(self, numbers: Indices) -> list[tuple[int, Indices, Indices]]:
        """Deal rows: the partition, places in `numbers`, and numbers in what the worker keeps."""
        dealt = []
        for s, places in zip(*self._dealt(numbers), strict=True):
            own, chosen = numbers[places] - self._starts[s], self._shards[s].numbers
            within: Any = own if chosen is None else chosen[own]
            kind = np.min_scalar_type(int(within.max(initial=0)))
            dealt.append((s, places, within.astype(kind)))
        return dealt

    def _view(self, numbers: Indices) -> list[Shard]:
        """Name rows, whose numbers rise, in what the workers keep."""
        local = self._local(numbers)
        return [Shard(self._shards[s].data, own.size, own) for s, _, own in local]

    def _moved(self, numbers: Indices) -> list[Shard]:
        """Copy rows from worker to worker into the order in which they are named."""
        self._count(numbers.size)
        moved = []
        for piece in cut(numbers.size, -(-self.shape[0] // len(self._shards))):
            local = self._local(numbers[piece])
            parts = [self._workers.keep(picked, self._shards[s].data, own) for s, _, own in local]
            order = np.argsort(np.concatenate([places for _, places, _ in local]), kind="stable")
            data = self._workers.keep(put_together, parts, order)
            moved.append(Shard(data, order.size))
        return moved
