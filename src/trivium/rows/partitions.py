"""What the workers of a cluster do: each keeps some partitions of the rows, and answers for them.

A partition is consecutive rows of a table. Its numbers are where they were loaded; what is known of
each row besides (its class, its weight, whether it is one of a view's) is sent behind them once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.workers import at_most
from trivium.rows.aligned import aligned
from trivium.rows.block import NO_CODES, Block
from trivium.rows.memory import ArrayRows
from trivium.rows.worker_memory import memory_kept


class Known(NamedTuple):
    """What is known of the rows of a partition besides their numbers.

    Attributes
    ----------
    numbers : ndarray of int of shape (m,) or None
        Which rows of those kept there are the partition's; None means all.
    codes : ndarray of shape (m,), or empty
    weights : ndarray of shape (m,) or None
    """

    numbers: Indices | None
    codes: Indices
    weights: Float64 | None


NOTHING = Known(None, NO_CODES, None)
"""Of rows without classes and weights, all of them."""


class Chosen:
    """Some rows of an array, as `ArrayRows` reads an array: copied block by block.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    numbers : ndarray of int of shape (m,)
    """

    def __init__(self, X: Floats, numbers: Indices) -> None:
        self._X, self._numbers = X, numbers
        self.shape, self.dtype = (numbers.size, X.shape[1]), X.dtype

    def __getitem__(self, place: Any) -> Floats:
        """Return rows by a slice, or one column of them."""
        if isinstance(place, tuple):
            rows, column = place
            some: Floats = self._X[self._numbers[rows], column]
        else:
            some = self._X.take(self._numbers[place], axis=0)
        return some

    def take(self, numbers: Indices, axis: int = 0) -> Floats:
        """Return rows by their numbers among those chosen."""
        return self._X.take(self._numbers[numbers], axis=axis)


class Partition(ArrayRows):
    """The rows of a partition, whose blocks say which rows of the table they are.

    Parameters
    ----------
    X : ndarray of shape (m, d)
    known : Known
    first : int
        Number of the first one in the table.
    """

    def __init__(self, X: Floats, known: Known, first: int) -> None:
        own: Any = X if known.numbers is None else Chosen(X, known.numbers)
        super().__init__(own, known.codes, 0, known.weights)
        self._first = first

    def _block(self, place: slice | Indices) -> Block:
        block = super()._block(place)
        return block._replace(first=block.first + self._first)

    def numbers_of(self, place: slice | Indices) -> Floats:
        """Return the numbers of some rows, by their places in the partition."""
        return super()._block(place).X


@dataclass(frozen=True)
class Reduce:
    """One statistic of a partition, as `Rows.reduce`."""

    statistic: Callable[..., Any]
    merge: Callable[[Any, Any], Any]
    length: int
    n_jobs: int | None

    def __call__(self, partition: Partition, *beside: Any) -> Any:
        """Compute it."""
        return partition.reduce(
            self.statistic, self.merge, length=self.length, beside=beside, n_jobs=self.n_jobs
        )


@dataclass(frozen=True)
class Each:
    """Something of each row of a partition, as `Rows.each`."""

    function: Callable[..., Any]
    length: int
    blas: bool

    def __call__(self, partition: Partition, *beside: Any) -> Any:
        """Compute it."""
        return partition.each(self.function, length=self.length, beside=beside, blas=self.blas)


def taken(partition: Partition, numbers: Indices | slice) -> Floats:
    """Return the numbers of some of its rows, by their places in it, or by a slice of these."""
    return partition.numbers_of(numbers)


@dataclass(frozen=True)
class Column:
    """One column of a partition, in float64."""

    number: int

    def __call__(self, partition: Partition) -> Float64:
        """Return it."""
        return partition.column(self.number)


@dataclass(frozen=True)
class Work:
    """What is to be done with some partitions.

    Attributes
    ----------
    action : callable
        Takes a `Partition`, and what is given for it besides.
    firsts : sequence of int
        Number of the first row of each.
    beside : sequence of tuple
        What is given for each.
    errstate : dict
        How NumPy treats what leaves floats, as where the fit runs.
    """

    action: Callable[..., Any]
    firsts: Sequence[int]
    beside: Sequence[tuple[Any, ...]]
    errstate: Any


def work_on(work: Work, data: Sequence[Floats], known: Sequence[Known | None]) -> list[Any]:
    """Do some work with partitions that are on this worker, on as many threads as it has."""
    action = aligned(work.action)
    with memory_kept(), at_most(threads_of_worker()), np.errstate(**work.errstate):
        return [
            action(Partition(aligned(X), aligned(own or NOTHING), first), *aligned(beside))
            for X, own, first, beside in zip(data, known, work.firsts, work.beside, strict=True)
        ]


def threads_of_worker() -> int:
    """How many threads this worker was started with."""
    from distributed import get_worker

    threads: int = get_worker().state.nthreads
    return threads


def kept(known: Known) -> Known:
    """Keep what came along with the task itself, which is there again if a worker is lost."""
    own: Known = aligned(known)
    return own


def picked(X: Floats, numbers: Indices) -> Floats:
    """Return some rows of an array."""
    return X.take(numbers, axis=0)


def put_together(parts: Sequence[Floats], order: Indices) -> Floats:
    """Put rows one below the other, and in an order."""
    return np.concatenate(parts).take(order, axis=0)


def n_rows_of(X: Floats) -> int:
    """How many rows there are."""
    return int(X.shape[0])
