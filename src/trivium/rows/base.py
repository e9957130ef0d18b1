"""What is the same of all rows, wherever their numbers are: labels, weights, counts of reads."""

from typing import Any, Self

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.locks import Lock
from trivium.blocks.map_reduce import cut
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import dense
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


class BaseRows:
    """Labels and weights of rows, what is known of their columns, and how often they were read.

    Rows of each kind add how their numbers are read: the rest of `Rows`.

    Parameters
    ----------
    shape : tuple of int
    codes : ndarray of shape (n,) or None
        Class of each row, from 0.
    n_classes : int
    weights : ndarray of shape (n,) or None

    Attributes
    ----------
    in_memory : bool
    n_apart : int
    place : str
        As of `Rows`.
    """

    in_memory = True
    n_apart = 0
    place = "in memory"

    def __init__(
        self,
        shape: tuple[int, int],
        codes: Indices | None = None,
        n_classes: int = 0,
        weights: Float64 | None = None,
    ) -> None:
        self.shape, self.n_classes, self.weights = shape, n_classes, weights
        self.codes = NO_CODES if codes is None else codes
        self._reads = Reads(shape[0] * shape[1])
        self._summary: ColumnSummary | None = None

    @property
    def n_stored(self) -> int | None:
        """How many of the numbers are stored: None, which means all."""
        return None

    @property
    def reads(self) -> float:
        """How often the numbers were read so far."""
        return self._reads.count

    def expect_passes(self) -> None:
        """Be told that all rows are going to be read again and again."""

    def summary(self) -> ColumnSummary:
        """Summarise the columns: the first time in one read, then from memory."""
        if self._summary is None:
            rows: Any = self
            first = dense(rows.take(np.zeros(1, dtype=np.intp)).X)[0]
            statistic = Summarise(first.astype(np.float64))
            self._summary = rows.reduce(statistic, ColumnSummary.merge, length=LENGTH)
        return self._summary

    def where(self, row: int) -> str:
        """Say where a row is, for an error."""
        return f"row {row}"

    def reweighted(self, weights: Float64 | None) -> Self:
        """Return the same rows with other weights."""
        return self._alike(self.codes, self.n_classes, weights)

    def relabelled(self, codes: Indices, n_classes: int) -> Self:
        """Return the same rows with other classes."""
        return self._alike(codes, n_classes, self.weights)

    def with_summary(self, summary: ColumnSummary) -> Self:
        """Return the same rows, whose summary is known."""
        known = self._copy()
        known._summary = summary
        return known

    def counted_anew(self) -> Self:
        """Return the same rows, whose reads are counted from zero."""
        anew = self._copy()
        anew._reads = Reads(self.shape[0] * self.shape[1])
        return anew

    def _cuts(self, length: int) -> list[slice]:
        """Cut by row number: not to be overridden, so that every kind of rows has the same bits."""
        return cut(self.shape[0], length)

    def _labelled(self, first: int, X: Any, place: slice | Indices) -> Block:
        """Add to numbers of some rows what else is known of them."""
        codes = self.codes
        if codes.size:  # those of rows elsewhere are kept in few bytes each
            codes = codes[place].astype(np.intp, copy=False)
        weights = None if self.weights is None else self.weights[place]
        return Block(first, X, codes, weights)

    def _alike(self, codes: Indices, n_classes: int, weights: Float64 | None) -> Self:
        alike = self._copy()
        alike.codes, alike.n_classes, alike.weights = codes, n_classes, weights
        return alike

    def _copy(self) -> Self:
        """Copy the names, not the arrays: what `copy.copy` does, in a tenth of its time."""
        alike = object.__new__(type(self))
        alike.__dict__.update(self.__dict__)
        return alike

    def _count(self, n_rows: int) -> None:
        self._reads.add(n_rows * self.shape[1])
