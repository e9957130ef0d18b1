"""Numbers of columns, in files one after the other, brought from columns to rows."""

from bisect import bisect_right
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.arrays import Floats
from trivium.scanning.column_file import ColumnFile, advice, first_null, number_type, plain_cells
from trivium.scanning.laying import Columns


class ColumnTable:
    """Columns of numbers in files, as `NumberTable`.

    Parameters
    ----------
    files : sequence of ColumnFile
    sizes : sequence of int
        Rows of each file.
    names : sequence of str
        Of the columns, one at least.
    is_split : bool
        Whether several readers share the columns.

    Raises
    ------
    ValueError
        If a file lacks one of the columns, or it is not made of numbers.
    """

    is_raw = False

    def __init__(
        self,
        files: Sequence[ColumnFile],
        sizes: Sequence[int],
        names: Sequence[str],
        *,
        is_split: bool = True,
    ) -> None:
        self.names, self._files, self._is_split = tuple(names), tuple(files), is_split
        dtypes = {dtype for file in files for dtype in number_types(file, names)}
        self.dtype: np.dtype[Any] = np.result_type(np.float32, *dtypes)
        self._sizes, self._firsts = tuple(sizes), np.cumsum([0, *sizes]).tolist()
        self.shape = (self._firsts[-1], len(self.names))
        starts = {0}
        for file, size, first in zip(files, sizes, self._firsts, strict=False):
            starts.update(first + start for start in file.starts if start < size)
        self.starts: Sequence[int] = sorted(starts)

    def readers(self, most: int, start: int = 0) -> list["ColumnReader"]:
        """Open the table at a row; each reader takes some of the columns."""
        n_readers = max(min(most, len(self.names)), 1) if self._is_split else 1
        cuts = [len(self.names) * i // n_readers for i in range(n_readers + 1)]
        shares = [slice(*cut) for cut in pairwise(cuts)]
        return [ColumnReader(self._columns(self.names[share], start), share) for share in shares]

    def where(self, row: int) -> str:
        """Say where a row is."""
        number = self._file_of(row)
        return self._files[number].where(row - self._firsts[number])

    def _file_of(self, row: int) -> int:
        """Return the number of the file that a row is in: the last one that begins there."""
        return min(bisect_right(self._firsts, row) - 1, len(self._files) - 1)

    def _columns(self, names: Sequence[str], start: int) -> Generator[list[Any]]:
        """Yield arrays of some columns, of the same number of rows each."""
        for number in range(self._file_of(start), len(self._files)):
            file, size = self._files[number], self._sizes[number]
            row = max(start - self._firsts[number], 0)
            if row >= size:
                continue
            with closing(file.batches(names, row)) as batches:
                for batch in batches:
                    yield [
                        numbers_of(cells, name, file, row)
                        for cells, name in zip(batch, names, strict=True)
                    ]
                    row += len(batch[0])
            if row != size:
                raise ValueError(f"{file.stamp.path} has {row} rows, where it had {size}.")


class ColumnReader:
    """Fills some columns of the next rows.

    Parameters
    ----------
    source : generator of list of ndarray
        Some rows of these columns, again and again.
    share : slice
        Which columns they are.
    """

    def __init__(self, source: Generator[list[Any]], share: slice) -> None:
        self._source, self._share = source, share
        self._columns: Columns | None = None
        self._place = 0

    def fill(self, out: Floats) -> None:
        """Write these columns of the next rows."""
        rows = out[:, self._share]
        done = 0
        while done < len(rows):
            if self._columns is None or self._place == self._columns.size:
                self._columns, self._place = Columns(next(self._source)), 0
            m = min(len(rows) - done, self._columns.size - self._place)
            self._columns.lay(self._place, rows[done : done + m])
            done, self._place = done + m, self._place + m

    def close(self) -> None:
        """Close the file that is open."""
        self._columns, self._place = None, 0
        self._source.close()


def numbers_of(cells: pa.Array, name: str, file: ColumnFile, row: int) -> Any:
    """Return cells as a NumPy array.

    Parameters
    ----------
    cells : Arrow array
    name : str
    file : ColumnFile
    row : int
        The first row, in the file.

    Raises
    ------
    ValueError
        If one is missing; the message names the file, its row and the column.
    """
    cells = plain_cells(cells)
    if cells.null_count:
        raise ValueError(
            f"Column {name!r} holds no number in {file.where(row + first_null(cells))}: fill it, "
            "or leave the row out."
        )
    return cells.to_numpy(zero_copy_only=False)


def number_types(
    file: ColumnFile, names: Sequence[str], weight: str | None = None
) -> list[np.dtype[Any]]:
    """Return the types that columns of a file are read as, those without a cell aside.

    Parameters
    ----------
    file : ColumnFile
    names : sequence of str
    weight : str, optional
        The one of them that holds weights.

    Raises
    ------
    ValueError
        If the file lacks one, or it is not made of numbers.
    """
    found = []
    for name in names:
        kind = type_in(file, name)
        dtype = number_type(kind)
        if dtype is not None:
            found.append(dtype)
        elif file.n_rows != 0 and not pa.types.is_null(kind):
            raise ValueError(
                f"Column {name!r} of {file.stamp.path} holds {kind}, which is no number: "
                f"{advice(name == weight)}."
            )
    return found


def type_in(file: ColumnFile, name: str) -> pa.DataType:
    """Return the type of a column.

    Raises
    ------
    ValueError
        If the file lacks it.
    """
    if name not in file.types:
        raise ValueError(f"{file.stamp.path} has no column {name!r}, which other files have.")
    return file.types[name]
