"""Rows that are an array."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.workers import each_of, one_blas_thread
from trivium.rows.base import BaseRows
from trivium.rows.block import Block
from trivium.rows.source import Statistic


class ArrayRows(BaseRows):
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
        super().__init__(X.shape, codes, n_classes, weights)
        self._X = X

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self._X.dtype

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

        n = self.shape[0]
        self._count(n)
        if 0 < n <= length:  # many a block takes less than to cut rows, and to merge
            with one_blas_thread():
                return statistic(self._block_for(statistic, slice(0, n)), *beside)
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

    def subset(self, numbers: Indices) -> "ArrayRows":
        """Return some of the rows, by their numbers, as a copy."""
        return self.from_block(self.take(numbers))

    def from_block(self, block: Block) -> "ArrayRows":
        """Return some of the rows, which were taken before, as a table of their own."""
        some = type(self)(block.X, block.codes, self.n_classes, block.weights)
        some._reads = self._reads
        return some

    def _block_for(self, function: Callable[..., Any], place: slice) -> Block:
        """Return the block that a statistic, or what gives something for each row, is to see."""
        return self._block(place)

    def _block(self, place: slice | Indices) -> Block:
        first = place.start if isinstance(place, slice) else 0
        # `take` is many times as fast as brackets where rows are short.
        X = self._X[place] if isinstance(place, slice) else self._X.take(place, axis=0)
        return self._labelled(first, X, place)
