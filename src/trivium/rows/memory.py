"""Rows that are an array."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.locks import Lock
from trivium.blocks.map_reduce import cut, map_reduce
from trivium.blocks.workers import each_of, one_blas_thread
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import dense
from trivium.rows.source import Statistic
from trivium.rows.summary import LENGTH, ColumnSummary, Summarise

_counting = Lock()  # one for all counts: each is held for an addition


class Reads:
    """How many numbers were read, of rows and of all tables made from them.

    Threads count at once, in whole numbers: their order does not show.

    Parameters
    ----------
    total : int
        How many numbers there are.
    """

    def __init__(self, total: int) -> None:
        self._total = max(total, 1)
        self._numbers = 0

    def add(self, n_numbers: int) -> None:
        """Count some numbers."""
        with _counting.held:
            self._numbers += n_numbers

    @property
    def count(self) -> float:
        """How often all were read."""
        return self._numbers / self._total


class ArrayRows:
    """Rows in memory, as `Rows`.

    Parameters
    ----------
    X : ndarray of shape (n, d), float64 or float32, C-ordered
        Or what acts like one: with a shape, a dtype and X[slice], X.take(numbers, axis=0) and
        X[:, j], which return C-ordered arrays.
    codes : ndarray of shape (n,) or None
        Class of each row, from 0.
    n_classes : int
    weights : ndarray of shape (n,) or None

    Examples
    --------
    >>> import numpy as np
    >>> rows = ArrayRows(np.arange(6.0).reshape(3, 2))
    >>> def column_sums(block):
    ...     return block.X.sum(axis=0)
    >>> rows.reduce(column_sums, np.add, length=2)
    array([6., 9.])
    >>> rows.reads
    1.0
    """

    def __init__(
        self,
        X: Floats,
        codes: Indices | None = None,
        n_classes: int = 0,
        weights: Float64 | None = None,
    ) -> None:
        self._X, self.n_classes, self.weights = X, n_classes, weights
        self.shape: tuple[int, int] = X.shape
        self.codes = NO_CODES if codes is None else codes
        self._reads = Reads(X.shape[0] * X.shape[1])
        self._summary: ColumnSummary | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self._X.dtype

    @property
    def n_stored(self) -> int | None:
        """How many of the numbers are stored: None, which means all."""
        return None

    @property
    def reads(self) -> float:
        """How often the numbers were read so far."""
        return self._reads.count

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

        def of(place: slice) -> Statistic:
            return statistic(self._block_for(statistic, place), *[array[place] for array in beside])

        self._count(self.shape[0])
        return map_reduce(of, self._cuts(length), merge, n_jobs=n_jobs)

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

        def of(place: slice) -> Any:
            parts = [array[place] for array in beside]
            if not blas:
                return function(self._block_for(function, place), *parts)
            with one_blas_thread():
                return function(self._block_for(function, place), *parts)

        def write(place: slice) -> None:
            out[place] = of(place)

        self._count(self.shape[0])
        places = self._cuts(length)
        if out is None:
            found = of(places[0])
            if len(places) == 1 and found.base is None:  # a view might show the rows themselves
                return found
            out = np.empty((self.shape[0], *found.shape[1:]), dtype=found.dtype)
            out[places[0]] = found
            places = places[1:]
        each_of(write, places)
        return out

    def sample(self, size: int) -> Block:
        """Take about so many rows from all over the table."""
        some = self._block(slice(0, None, max(1, -(-self.shape[0] // size))))
        self._count(some.X.shape[0])
        return some

    def take(self, numbers: Indices) -> Block:
        """Take rows by their numbers, in the order in which they are named; `first` is zero."""
        self._count(numbers.size)
        return self._block(numbers)

    def column(self, number: int) -> Float64:
        """Take one column in float64."""
        self._reads.add(self.shape[0])
        column: Float64 = self._X[:, number].astype(np.float64)
        return column

    def blocks(self, length: int) -> Iterator[Block]:
        """Yield the rows in blocks of a length, in order; in memory they are views."""
        for place in self._cuts(length):
            self._count(place.stop - place.start)
            yield self._block(place)

    def slabs(self, n_bytes: int) -> Iterator[Block]:
        """Yield the rows as one block, a view: they take no room that they did not take before."""
        if self.shape[0]:
            self._count(self.shape[0])
            yield self._block(slice(0, self.shape[0]))

    def summary(self) -> ColumnSummary:
        """Summarise the columns: the first time in one read, then from memory."""
        if self._summary is None:
            first = dense(self.take(np.zeros(1, dtype=np.intp)).X)[0]
            statistic = Summarise(first.astype(np.float64))
            self._summary = self.reduce(statistic, ColumnSummary.merge, length=LENGTH)
        return self._summary

    def subset(self, numbers: Indices) -> "ArrayRows":
        """Return some of the rows, by their numbers, as a copy."""
        return self.from_block(self.take(numbers))

    def from_block(self, block: Block) -> "ArrayRows":
        """Return some of the rows, which were taken before, as a table of their own."""
        some = type(self)(block.X, block.codes, self.n_classes, block.weights)
        some._reads = self._reads
        return some

    def reweighted(self, weights: Float64 | None) -> "ArrayRows":
        """Return the same rows with other weights."""
        return self._alike(self.codes, self.n_classes, weights)

    def relabelled(self, codes: Indices, n_classes: int) -> "ArrayRows":
        """Return the same rows with other classes."""
        return self._alike(codes, n_classes, self.weights)

    def with_summary(self, summary: ColumnSummary) -> "ArrayRows":
        """Return the same rows, whose summary is known."""
        known = self._copy()
        known._summary = summary
        return known

    def counted_anew(self) -> "ArrayRows":
        """Return the same rows, whose reads are counted from zero."""
        anew = self._copy()
        anew._reads = Reads(self.shape[0] * self.shape[1])
        return anew

    def _cuts(self, length: int) -> list[slice]:
        """Cut by row number: not to be overridden, so that every kind of rows has the same bits."""
        return cut(self.shape[0], length)

    def _block_for(self, function: Callable[..., Any], place: slice) -> Block:
        """Return the block that a statistic, or what gives something for each row, is to see."""
        return self._block(place)

    def _block(self, place: slice | Indices) -> Block:
        first = place.start if isinstance(place, slice) else 0
        codes = self.codes[place] if self.codes.size else self.codes
        weights = None if self.weights is None else self.weights[place]
        # `take` is many times as fast as brackets where rows are short.
        X = self._X[place] if isinstance(place, slice) else self._X.take(place, axis=0)
        return Block(first, X, codes, weights)

    def _alike(self, codes: Indices, n_classes: int, weights: Float64 | None) -> "ArrayRows":
        alike = self._copy()
        alike.codes, alike.n_classes, alike.weights = codes, n_classes, weights
        return alike

    def _copy(self) -> "ArrayRows":
        """Copy the names, not the arrays: what `copy.copy` does, in a tenth of its time."""
        alike = object.__new__(type(self))
        alike.__dict__.update(self.__dict__)
        return alike

    def _count(self, n_rows: int) -> None:
        self._reads.add(n_rows * self.shape[1])
