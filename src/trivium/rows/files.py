"""Rows in files, cut by their numbers: what they teach is what memory gives, to the bit."""

from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import one_blas_thread
from trivium.rows.base import BaseRows
from trivium.rows.block import Block
from trivium.rows.memory import ArrayRows
from trivium.rows.number_table import NumberTable
from trivium.rows.passes import chunk_length, pass_through
from trivium.rows.selected_table import SelectedTable, taken
from trivium.rows.source import SAMPLES, Statistic
from trivium.rows.stored import DONE, Stored

_MOST_HELD = 1 << 26  # bytes of a subset, up to which it is held in memory


class FileRows(BaseRows):
    """Rows that are read from files whenever they are wanted, as `Rows`.

    Blocks are cut by row number, whatever the files are: results are those of memory to the bit.

    Parameters
    ----------
    stored : Stored or NumberTable
        The numbers.
    codes, n_classes, weights
        As of `ArrayRows`; codes may be of any type of integers.
    """

    in_memory = False
    place = "in files"

    def __init__(
        self,
        stored: Stored | NumberTable,
        codes: Indices | None = None,
        n_classes: int = 0,
        weights: Float64 | None = None,
    ) -> None:
        self._stored = stored if isinstance(stored, Stored) else Stored(stored)
        super().__init__(self._stored.table.shape, codes, n_classes, weights)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self._stored.table.dtype

    def expect_passes(self) -> None:
        """Be told that all rows are going to be read again and again: a copy may be made."""
        self._stored.expect_passes()

    def reduce(
        self,
        statistic: Callable[..., Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
        *,
        length: int,
        beside: tuple[Any, ...] = (),
        n_jobs: int | None = None,
    ) -> Statistic:
        """Compute a statistic of each block of rows, and merge them in order."""

        def of(block: Block) -> Statistic:
            with one_blas_thread():
                return statistic(block, *[array[block.place] for array in beside])

        with one_blas_thread():
            total: Statistic = reduce(merge, self._pass(of, length, n_jobs))
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
        """Compute an array of each block of rows; return them as one."""

        def of(block: Block) -> tuple[slice, Any]:
            parts = [array[block.place] for array in beside]
            if not blas:
                return block.place, function(block, *parts)
            with one_blas_thread():
                return block.place, function(block, *parts)

        for place, found in self._pass(of, length, None):
            if out is None:
                out = np.empty((self.shape[0], *found.shape[1:]), dtype=found.dtype)
            out[place] = found
        return out

    def sample(self, size: int) -> Block:
        """Take about so many rows from all over the table; those of usual sizes are kept."""
        n = self.shape[0]
        stride = max(1, -(-n // size))
        kept = self._stored.samples.get(stride)
        if kept is None:
            return self.take(np.arange(0, n, stride))
        self._count(len(kept))
        return self._labelled(0, kept, slice(0, None, stride))

    def take(self, numbers: Indices) -> Block:
        """Take rows by their numbers, in the order in which they are named; `first` is zero."""
        self._count(numbers.size)
        return self._labelled(0, taken(self._stored.table, numbers), numbers)

    def column(self, number: int) -> Float64:
        """Take one column in float64."""
        column: Float64 = self.each(partial(_column, number), length=self._a_chunk(), blas=False)
        return column

    def blocks(self, length: int) -> Iterator[Block]:
        """Yield the rows in blocks of a length, in order."""
        return self._pass(lambda block: block, length, None, fresh=True)

    def slabs(self, n_bytes: int) -> Iterator[Block]:
        """Yield the rows in large blocks."""
        size = self.dtype.itemsize * self.shape[1]
        length = min(max(1, n_bytes // size), max(self.shape[0], 1))
        return self.blocks(length) if self.shape[0] else iter(())

    def subset(self, numbers: Indices) -> "FileRows | ArrayRows":
        """Return some of the rows, by their numbers: a copy if they are few or do not rise."""
        n_bytes = numbers.size * self.shape[1] * self.dtype.itemsize
        if n_bytes <= _MOST_HELD or (numbers[1:] <= numbers[:-1]).any():
            return self.from_block(self.take(numbers))
        if self._stored.wants_copy:  # from which parts are read, too
            for _ in self._pass(lambda _: None, self._a_chunk(), None):
                pass
        part = SelectedTable(self._stored.table, numbers)
        weights = None if self.weights is None else self.weights[numbers]
        codes = self.codes[numbers] if self.codes.size else self.codes
        some = FileRows(self._stored.part(part), codes, self.n_classes, weights)
        some._reads = self._reads
        return some

    def where(self, row: int) -> str:
        """Say where a row is, for an error: the file, and its number there."""
        return self._stored.table.where(row)

    def from_block(self, block: Block) -> ArrayRows:
        """Return some of the rows, which were taken before, as a table of their own in memory."""
        some = ArrayRows(np.ascontiguousarray(block.X), block.codes, self.n_classes, block.weights)
        some._reads = self._reads
        return some

    def _a_chunk(self) -> int:
        return chunk_length(self._stored.table, 1)

    def _pass(
        self,
        of: Callable[[Block], Any],
        length: int,
        n_jobs: int | None,
        *,
        fresh: bool = False,
    ) -> Iterator[Any]:
        """Compute something of each block of rows, in one read."""
        length = min(length, self.shape[0])
        reading = self._stored.reading(SAMPLES)

        def tasks_of(first: int, rows: Any) -> list[Callable[[], Any]]:
            more = reading.seen(first, rows)
            whole = self._labelled(first, rows, slice(first, first + len(rows)))
            return [*(partial(of, part) for part in whole.parts(length)), *more]

        self._count(self.shape[0])
        chunk = chunk_length(reading.table, length)
        try:
            found = pass_through(reading.table, chunk, tasks_of, n_jobs=n_jobs, fresh=fresh)
            yield from (each for each in found if each is not DONE)
            reading.finish()
        finally:
            reading.close()


def _column(number: int, block: Block) -> Float64:
    column: Float64 = block.X[:, number].astype(np.float64)
    return column
