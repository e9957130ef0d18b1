"""Numbers as memory has them, in a file: what is read again fastest, and a copy for many passes."""

import os
import tempfile
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from trivium.arrays import Floats
from trivium.blocks.locks import Lock
from trivium.rows.number_table import NumberTable


class RawFile:
    """An open file that threads read from, and write to, at places of their own.

    Parameters
    ----------
    file : binary file, open
    """

    def __init__(self, file: Any) -> None:
        self._file, self._lock = file, Lock()

    def read_into(self, out: Any, place: int) -> None:
        """Fill an array with the bytes from a place on.

        Raises
        ------
        EOFError
            If the file ends before.
        """
        if not out.size:
            return
        rest = memoryview(out).cast("B")
        while rest:
            if hasattr(os, "preadv"):
                count = os.preadv(self._file.fileno(), [rest], place)
            else:
                count = self._at(place, self._file.readinto, rest)
            if count <= 0:
                raise EOFError("The file ends early.")
            rest, place = rest[count:], place + count

    def write(self, numbers: Any, place: int) -> None:
        """Write an array from a place on."""
        rest = memoryview(numbers).cast("B")
        while rest:
            if hasattr(os, "pwrite"):
                count = os.pwrite(self._file.fileno(), rest, place)
            else:
                count = self._at(place, self._file.write, rest)
            rest, place = rest[count:], place + count

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def _at(self, place: int, move: Callable[[memoryview], int], some: memoryview) -> int:
        """Move bytes from or to a place, where the system has no single call for it."""
        with self._lock.held:
            self._file.seek(place)
            return move(some)


class RawReader:
    """Reads some of the next rows, as `number_table.Reader`: the n-th of several equal parts.

    Parameters
    ----------
    file : RawFile
    place : int
        Where the first row begins.
    part, n_parts : int
    """

    def __init__(self, file: RawFile, place: int, part: int, n_parts: int) -> None:
        self._file, self._place = file, place
        self._part, self._n_parts = part, n_parts

    def fill(self, out: Floats) -> None:
        """Write its part of the next rows."""
        m, size = len(out), out.itemsize * out.shape[1]
        start, stop = (m * part // self._n_parts for part in (self._part, self._part + 1))
        self._file.read_into(out[start:stop], self._place + start * size)
        self._place += m * size

    def close(self) -> None:
        """Leave the file open: it is its table's."""


class RawCopy:
    """A copy of a table's numbers, as `NumberTable`, in a file without a name.

    The file is gone with the process, however that ends.

    Parameters
    ----------
    table : NumberTable
    folder : str

    Raises
    ------
    OSError
        If there is no room for it.
    """

    names = None
    is_raw = True

    def __init__(self, table: NumberTable, folder: str) -> None:
        self.shape, self.dtype = table.shape, table.dtype
        self.starts: Sequence[int] = range(self.shape[0])
        self._where, self.folder = table.where, folder
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this is used
        try:
            if self.n_bytes and hasattr(os, "posix_fallocate"):  # or a later row finds it full
                os.posix_fallocate(file.fileno(), 0, self.n_bytes)
        except BaseException:
            file.close()
            raise
        self._file = RawFile(file)
        weakref.finalize(self, file.close)

    @property
    def n_bytes(self) -> int:
        """How large it is."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def write(self, first: int, rows: Floats) -> None:
        """Write rows from a number on."""
        self._file.write(rows, first * self.shape[1] * self.dtype.itemsize)

    def readers(self, most: int, start: int = 0) -> list[RawReader]:
        """Open the copy at a row."""
        place = start * self.shape[1] * self.dtype.itemsize
        return [RawReader(self._file, place, part, most) for part in range(most)]

    def where(self, row: int) -> str:
        """Say where a row is."""
        return self._where(row)

    def close(self) -> None:
        """Give the room back."""
        self._file.close()
