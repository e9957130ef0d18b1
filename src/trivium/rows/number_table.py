"""What rows in files know of the files: a table of numbers that is read from row to row."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from trivium.arrays import Floats


class Reader(Protocol):
    """Reads its share of the numbers, from a row onwards; used by one thread at a time."""

    def fill(self, out: Floats) -> None:
        """Write its share of the next rows, as many as `out` has, of shape (m, d), C-ordered.

        The readers of one call of `NumberTable.readers` fill the same `out` together: each some of
        the columns, or some of the rows, and none what another fills. Never more rows are asked
        for than there are.

        Raises
        ------
        ValueError
            If a number is missing, or is none, or a file is no longer what it was; the message
            names the file, the row in it (in Parquet the row group, too) and the column.
        """

    def close(self) -> None:
        """Close what is open."""


class NumberTable(Protocol):
    """A table of numbers, in one file or several, of which each row is read when it is wanted.

    It is sent to other processes (Dask's workers): it can be pickled, and holds no open file.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
        float32 where all columns are in all files, else float64: numbers are read as such.
    names : tuple of str or None
        Of the columns; None where files have none.
    starts : sequence of int
        Numbers of rows, rising from 0, from which reading can begin at no cost (row groups).
    is_raw : bool
        Whether to read it again costs no more than to read a copy of its bytes.
    """

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102 - see above

    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102

    @property
    def names(self) -> tuple[str, ...] | None: ...  # noqa: D102

    @property
    def starts(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def is_raw(self) -> bool: ...  # noqa: D102

    def readers(self, most: int, start: int = 0) -> Sequence[Reader]:
        """Open the table at a row, one of `starts`.

        Parameters
        ----------
        most : int
            Readers at most; each is given a thread of its own.
        start : int
        """

    def where(self, row: int) -> str:
        """Say where a row is, for an error: "row 17 of rows/b.parquet"."""
