"""Arrays in files of NumPy's, read in place of mapped: what was read takes no memory any more."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.arrays import Floats
from trivium.rows.raw_table import RawFile
from trivium.scanning.column_file import DAMAGE, ROWS_OF_A_BATCH, damaged, number_type
from trivium.scanning.stamp import Stamp

_OBJECTS = "Object arrays cannot be loaded", "Python objects in dtype"  # what NumPy says of them
_PIECE = 1 << 18  # bytes that are converted at once


@dataclass(frozen=True)
class NpyColumns:
    """A two-dimensional array of numbers in a file, as `ColumnFile`: columns are called 0, 1, ...

    Attributes
    ----------
    stamp, n_rows, types, starts
        As of `ColumnFile`.
    dtype : dtype
    is_fortran : bool
        Whether columns follow each other in the file, not rows.
    offset : int
        Where the numbers begin.
    """

    stamp: Stamp
    n_rows: int
    types: Mapping[str, pa.DataType]
    dtype: np.dtype[Any]
    is_fortran: bool
    offset: int

    @classmethod
    def opened(cls, path: str) -> "NpyColumns":
        """Read what a file says of itself.

        Raises
        ------
        ValueError
            If it is damaged, or holds no two-dimensional array of numbers.
        """
        stamp = Stamp.of(path)
        array = opened_array(stamp, mmap_mode="r")
        if array.ndim != 2 or array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise ValueError(
                f"{path} holds an array of {array.dtype} of shape {array.shape}: a table is "
                "two-dimensional and made of numbers."
            )
        kind = pa.from_numpy_dtype(array.dtype.newbyteorder("="))
        types = {str(number): kind for number in range(array.shape[1])}
        is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        return cls(stamp, len(array), types, array.dtype, is_fortran, array.offset)

    @property
    def starts(self) -> Sequence[int]:
        """Reading may begin at any row."""
        return range(max(self.n_rows, 1))

    @property
    def read_as(self) -> np.dtype[Any]:
        """The type that its numbers are learnt from in."""
        return number_type(pa.from_numpy_dtype(self.dtype.newbyteorder("="))) or self.dtype

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on."""
        columns = np.array([int(name) for name in names])
        native = self.dtype.newbyteorder("=")
        with self.opened_file() as file:
            for first in range(start, self.n_rows, ROWS_OF_A_BATCH):
                m = min(ROWS_OF_A_BATCH, self.n_rows - first)
                part = np.empty((m, len(columns)), dtype=native)
                self.read_into(file, part, first, columns)
                yield [pa.array(np.ascontiguousarray(column)) for column in part.T]

    def where(self, row: int) -> str:
        """Say where a row is."""
        return f"row {row} of {self.stamp.path}"

    @contextmanager
    def opened_file(self) -> Iterator[RawFile]:
        """Open the file for a while."""
        file = self.open_file()
        try:
            yield file
        finally:
            file.close()

    def open_file(self) -> RawFile:
        """Open the file, if it is still the same."""
        self.stamp.require()
        return RawFile(open(self.stamp.path, "rb", buffering=0))

    def is_straight(self, dtype: np.dtype[Any], columns: Any) -> bool:
        """Whether bytes of some columns are what is wanted, as they stand."""
        return (
            self.dtype == dtype
            and not self.is_fortran
            and np.array_equal(columns, np.arange(len(self.types)))
        )

    def read_into(self, file: RawFile, out: Any, first: int, columns: Any) -> None:
        """Fill an array with some columns of the rows from one on.

        Raises
        ------
        ValueError
            If the file ends early.
        """
        try:
            if self.is_straight(out.dtype, columns):
                size = self.dtype.itemsize * len(self.types)
                file.read_into(out, self.offset + first * size)
            elif self.is_fortran:
                self._read_columns(file, out, first, columns)
            else:
                self._read_pieces(file, out, first, columns)
        except DAMAGE as error:
            raise damaged(self.stamp, "NumPy", error) from error

    def _read_columns(self, file: RawFile, out: Any, first: int, columns: Any) -> None:
        length = _PIECE // self.dtype.itemsize // 8
        for row in range(0, len(out), length):
            piece = out[row : row + length]
            part = np.empty(len(piece), dtype=self.dtype)
            for place, column in enumerate(columns.tolist()):
                number = column * self.n_rows + first + row
                file.read_into(part, self.offset + number * self.dtype.itemsize)
                piece[:, place] = part

    def _read_pieces(self, file: RawFile, out: Any, first: int, columns: Any) -> None:
        d = len(self.types)
        length = max(1, _PIECE // max(self.dtype.itemsize * d, 1))
        for row in range(0, len(out), length):
            piece = out[row : row + length]
            part = np.empty((len(piece), d), dtype=self.dtype)
            place = self.offset + (first + row) * d * self.dtype.itemsize
            file.read_into(part, place)
            piece[...] = part.take(columns, axis=1)


class NpyTable:
    """Arrays in files, one below the other, as `NumberTable`.

    Parameters
    ----------
    files : sequence of NpyColumns
        Of the same number of columns.
    columns : ndarray of int
        Which of them are wanted.
    """

    names = None

    def __init__(self, files: Sequence[NpyColumns], columns: Any) -> None:
        self.files, self.columns = tuple(files), columns
        self.dtype: np.dtype[Any] = np.result_type(np.float32, *(file.read_as for file in files))
        self.firsts: list[int] = np.cumsum([0, *(file.n_rows for file in files)]).tolist()
        self.shape = (self.firsts[-1], len(columns))
        self.starts: Sequence[int] = range(max(self.shape[0], 1))
        self.is_raw = all(file.is_straight(self.dtype, columns) for file in files)

    def readers(self, most: int, start: int = 0) -> list["NpyReader"]:
        """Open the table at a row; each reader takes some of the rows."""
        return [NpyReader(self, start, part, most) for part in range(most)]

    def where(self, row: int) -> str:
        """Say where a row is."""
        for file, first in zip(self.files, self.firsts, strict=False):
            if row < first + file.n_rows:
                return file.where(row - first)
        raise IndexError(row)


class NpyReader:
    """Reads the n-th of several equal parts of the next rows.

    Parameters
    ----------
    table : NpyTable
    start : int
        The first row.
    part, n_parts : int
    """

    def __init__(self, table: NpyTable, start: int, part: int, n_parts: int) -> None:
        self._table, self._next = table, start
        self._part, self._n_parts = part, n_parts
        self._number = -1
        self._file: RawFile | None = None

    def fill(self, out: Floats) -> None:
        """Write its part of the next rows."""
        m = len(out)
        begin, end = (
            self._next + m * part // self._n_parts for part in (self._part, self._part + 1)
        )
        firsts = self._table.firsts
        for number, (first, last) in enumerate(pairwise(firsts)):
            start, stop = max(begin, first), min(end, last)
            if start < stop:
                file = self._opened(number)
                place = slice(start - self._next, stop - self._next)
                columns = self._table.columns
                self._table.files[number].read_into(file, out[place], start - first, columns)
        self._next += m

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
        self._number, self._file = -1, None

    def _opened(self, number: int) -> RawFile:
        """Open a file, and close the one before."""
        if self._file is None or self._number != number:
            self.close()
            self._file = self._table.files[number].open_file()
            self._number = number
        return self._file


def opened_array(stamp: Stamp, **options: Any) -> Any:
    """Load an array of a file of NumPy's, or map it, by its own `load`.

    Raises
    ------
    ValueError
        If the file is damaged, gone or another, or holds Python objects; the message names it.
    """
    try:
        return np.load(stamp.path, allow_pickle=False, **options)
    except DAMAGE as error:
        if any(said in str(error) for said in _OBJECTS):
            raise ValueError(
                f"{stamp.path} holds Python objects, of which none is loaded: save an array of "
                "numbers or of text of one type."
            ) from error
        raise damaged(stamp, "NumPy", error) from error
