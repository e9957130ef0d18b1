"""Some of the rows of a table in files, by their numbers: folds, samples, rows of a weight."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.arrays import Floats, Indices
from trivium.rows.number_table import NumberTable, Reader

_AT_ONCE = 1 << 22  # bytes
_GAP = 1 << 16  # bytes that nobody wants, which are not read where reading can begin after them


class SelectedTable:
    """Rows of a table, as `NumberTable`.

    Parameters
    ----------
    table : NumberTable
    numbers : ndarray of int of shape (n,)
        Rising.
    """

    is_raw = False

    def __init__(self, table: NumberTable, numbers: Indices) -> None:
        self._table, self._numbers = table, numbers
        self.shape = (int(numbers.size), table.shape[1])
        self.dtype, self.names = table.dtype, table.names
        self.starts: Sequence[int] = range(numbers.size)

    def readers(self, most: int, start: int = 0) -> list["SelectedReader"]:
        """Open the table at a row: one reader looks through all columns."""
        return [SelectedReader(self._table, self._numbers[start:])]

    def where(self, row: int) -> str:
        """Say where a row is."""
        return self._table.where(int(self._numbers[row]))


class SelectedReader:
    """Reads rows by their numbers, and jumps over what lies between them where it can.

    Parameters
    ----------
    table : NumberTable
    numbers : ndarray of int
        Rising.
    """

    def __init__(self, table: NumberTable, numbers: Indices) -> None:
        self._table, self._numbers = table, numbers
        self._opened: Sequence[Reader] = ()
        self._next = 0  # the row that the opened readers read next
        size = max(table.dtype.itemsize * table.shape[1], 1)
        self._length, self._gap = max(1, _AT_ONCE // size), max(1, _GAP // size)
        self._held: Any = None  # rows that were read, from `_first` on
        self._first = 0

    def fill(self, out: Floats) -> None:
        """Write the next of the rows."""
        done = 0
        while done < len(out):
            self._hold(self._numbers[done : len(out)])
            stop = self._first + len(self._held)
            some = self._numbers[done : len(out)]
            some = some[: np.searchsorted(some, stop)]
            np.take(self._held, some - self._first, axis=0, out=out[done : done + some.size])
            done += some.size
        self._numbers = self._numbers[len(out) :]

    def close(self) -> None:
        """Close what is open."""
        for reader in self._opened:
            reader.close()
        self._opened = ()

    def _hold(self, wanted: Indices) -> None:
        """Read on until the first of some rows is held, and others that follow it closely."""
        first = int(wanted[0])
        if self._held is not None and first < self._first + len(self._held):
            return
        starts = self._table.starts
        start = starts[bisect_right(starts, first) - 1]
        if not self._opened or start > self._next:
            self.close()
            self._opened = self._table.readers(1, start)
            self._next = start
        while self._next + self._length <= first:  # only to get there
            self._read(self._length)
        some = wanted[: np.searchsorted(wanted, self._next + self._length)]
        apart = np.flatnonzero(np.diff(some) > self._gap)
        last = int(some[apart[0]] if apart.size else some[-1])
        self._read(last + 1 - self._next)

    def _read(self, count: int) -> None:
        """Read so many rows."""
        if self._held is None or len(self._held) != count:
            self._held = np.empty((count, self._table.shape[1]), dtype=self._table.dtype)
        for reader in self._opened:
            reader.fill(self._held)
        self._first, self._next = self._next, self._next + count


def taken(table: NumberTable, numbers: Indices) -> Floats:
    """Read rows by their numbers, in whichever order, one several times or not.

    Parameters
    ----------
    table : NumberTable
    numbers : ndarray of int of shape (m,)

    Returns
    -------
    ndarray of shape (m, d)
    """
    rising = np.all(numbers[1:] > numbers[:-1])
    wanted, place = (numbers, None) if rising else np.unique(numbers, return_inverse=True)
    found = np.empty((wanted.size, table.shape[1]), dtype=table.dtype)
    reader = SelectedReader(table, wanted)
    try:
        reader.fill(found)
    finally:
        reader.close()
    return found if place is None else found[place]
