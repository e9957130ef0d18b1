"""What the three wings know of rows: how to learn from them, not where they live."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.rows.block import Block
from trivium.rows.summary import ColumnSummary

Statistic = TypeVar("Statistic")

SAMPLES = 256, 4096
"""Sizes of samples that are asked for again and again: rows in files keep these."""


class Rows(Protocol):
    """A table with a class and a weight for each row.

    It may have no rows: then `reduce`, `each` without `out`, `sample` and `summary`, which need
    one at least, must not be asked; `take` of no numbers and what makes other tables may.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
        Of the numbers: float64 or float32.
    codes : ndarray of shape (n,), or empty
        Class of each row, from 0.
    n_classes : int
        Zero where rows have no classes.
    weights : ndarray of shape (n,) or None
        None means that each row counts once.
    n_stored : int or None
        How many of the numbers are stored; None means all, as of an array.
    in_memory : bool
        Whether the numbers are in this process's memory, so that to read them again costs little.
    n_apart : int
        Of how many parts other processes compute statistics, which come here; 0 where all is
        computed in this one.
    place : str
        Where the numbers are, in words.
    reads : float
        How often the numbers were read so far; some of the rows count as that part. Tables made
        from these, copies too, count in the same total, except by `counted_anew`.
    """

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102 - see above

    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102

    @property
    def codes(self) -> Indices: ...  # noqa: D102

    @property
    def n_classes(self) -> int: ...  # noqa: D102

    @property
    def weights(self) -> Float64 | None: ...  # noqa: D102

    @property
    def n_stored(self) -> int | None: ...  # noqa: D102

    @property
    def in_memory(self) -> bool: ...  # noqa: D102

    @property
    def n_apart(self) -> int: ...  # noqa: D102

    @property
    def place(self) -> str: ...  # noqa: D102

    @property
    def reads(self) -> float: ...  # noqa: D102

    def reduce(
        self,
        statistic: Callable[..., Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
        *,
        length: int,
        beside: tuple[Any, ...] = (),
        n_jobs: int | None = None,
    ) -> Statistic:
        """Compute a statistic of each block of rows, and merge them from the first to the last.

        Parameters
        ----------
        statistic : callable
            Takes a `Block`, and of each array in `beside` the part that belongs to its rows. It
            holds parameters and no rows, so that it can be sent to where rows are.
        merge : callable
            Takes two statistics and returns that of both, and leaves the two as they are.
        length : int
            Rows of a block.
        beside : tuple of ndarray
            Arrays with a first axis along the rows, as `each` returns them.
        n_jobs : int or None
            Number of threads; None means every core this process may use.
        """

    def each(
        self,
        function: Callable[..., Any],
        *,
        length: int,
        beside: tuple[Any, ...] = (),
        blas: bool = True,
        out: Any = None,
    ) -> Any:
        """Compute an array of each block of rows; return them as one, in the order of the rows.

        Parameters
        ----------
        function : callable
            As `statistic` of `reduce`; returns an array with a first axis along the rows.
        length, beside
            As in `reduce`.
        blas : bool
            Whether the function calls BLAS, which is then kept to one thread.
        out : ndarray or None
            Where to write it.
        """

    def expect_passes(self) -> None:
        """Be told that all rows are going to be read again and again.

        Files may be copied then into a form that is read faster; in memory nothing is done.
        """

    def sample(self, size: int) -> Block:
        """Take about so many rows from all over the table: every m-th.

        The block's `first` is zero, and its X may be strided.
        """

    def take(self, numbers: Indices) -> Block:
        """Take rows by their numbers, in the order in which they are named; `first` is zero.

        A source that reads from the first row to the last sorts the numbers, and puts the rows
        back in order.
        """

    def column(self, number: int) -> Float64:
        """Take one column in float64."""

    def blocks(self, length: int) -> Iterator[Block]:
        """Yield the rows in blocks of a length, in order, for what no statistic can say."""

    def slabs(self, n_bytes: int) -> Iterator[Block]:
        """Yield the rows in large blocks, to be kept in memory; none is empty.

        A table without rows yields none.

        Parameters
        ----------
        n_bytes : int
            About so many each, at most; ``sys.maxsize`` yields one. Rows that are in memory come as
            one block whatever is asked, and are not copied.
        """

    def summary(self) -> ColumnSummary:
        """Summarise the columns: the first time in one read, then from memory."""

    def where(self, row: int) -> str:
        """Say where a row is, for an error: "row 7", or "row 2 of rows/b.parquet"."""

    def subset(self, numbers: Indices) -> "Rows":
        """Return some of the rows, by their numbers, in that order, as a table of their own."""

    def from_block(self, block: Block) -> "Rows":
        """Return some of the rows, which were taken before, as a table of their own in memory."""

    def reweighted(self, weights: Float64 | None) -> "Rows":
        """Return the same rows with other weights."""

    def relabelled(self, codes: Indices, n_classes: int) -> "Rows":
        """Return the same rows with other classes."""

    def with_summary(self, summary: ColumnSummary) -> "Rows":
        """Return the same rows, whose summary is known."""

    def counted_anew(self) -> "Rows":
        """Return the same rows, whose reads are counted from zero."""
