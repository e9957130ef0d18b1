"""Where tables come from: names of columns, batches of text cells, and where a row stands."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from trivium.tables import excel_source
from trivium.tables.csv_source import CsvSource
from trivium.tables.errors import TableError
from trivium.tables.pieces import Piece
from trivium.tables.typed_source import (
    FEATHER,
    of_arrow,
    of_feather,
    of_mapping,
    of_pandas,
    of_parquet,
    of_polars,
)


class Source(Protocol):
    """A table of text cells that can be read more than once.

    Attributes
    ----------
    names : tuple of str
        Of columns, as in the header; one without a name is called by its number, from 1.
    notes : tuple of str
        What was seen: encoding, separator, header.
    doubt : str or None
        Why what was taken for the header may be none.
    """

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def doubt(self) -> str | None: ...  # noqa: D102

    def batches(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Hand out the rows, in order, of all columns or of those named; null is an empty cell.

        Cells are text, but for finite numbers, which may be float64: those of `numbers` where
        the table has numbers there, so that nobody reads their text as another style's; and those
        of `plain`, known to be written as programs do, where all of a batch are.
        """

    def pieces(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out, in order, functions that make those batches, on any thread."""

    def place(self, row: int) -> str:
        """Name a row, counted from 0, as its reader counts: a line of a file, a row."""

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """Name several rows in one go."""


def open_source(data: Any, *, sheet: str | None = None) -> Source:
    """Open a table: a path, a pandas or polars data frame, an Arrow table, or columns by name.

    A file is what its first bytes say, whatever its name.

    Parameters
    ----------
    data : path, data frame, Arrow table or mapping
    sheet : str, optional
        Of an Excel file; the first one by default.

    Raises
    ------
    TableError
        If it is none of these, or cannot be read.
    """
    if isinstance(data, str | os.PathLike):
        if not os.fspath(data):
            raise TableError("no file is named: its name is empty")
        return _open_file(Path(data), sheet)
    if sheet is not None:
        raise TableError("sheet is for Excel files alone")
    if isinstance(data, pa.Table | pa.RecordBatch):
        return of_arrow(data)
    if isinstance(data, Mapping):
        return of_mapping(data)
    package = type(data).__module__.partition(".")[0]
    if package == "pandas" and hasattr(data, "iloc") and getattr(data, "ndim", 0) == 2:
        return of_pandas(data)
    if package == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if package == "polars" and hasattr(data, "iter_slices"):
        return of_polars(data)
    if hasattr(data, "__arrow_c_stream__"):
        with suppress(pa.ArrowInvalid):  # a column alone
            return of_arrow(pa.table(data))
    raise TableError(
        f"a table is a path, a data frame, an Arrow table or a mapping of columns, "
        f"not {type(data).__name__}"
    )


def _open_file(path: Path, sheet: str | None) -> Source:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise TableError(f"{path} is no regular file: a table is read more than once")
        with open(path, "rb") as file:
            start = file.read(10)
        if _is_model(start, path):
            raise TableError(f"{path} is a model, not a table")
        if start.startswith(excel_source.MAGIC):
            return excel_source.ExcelSource(path, sheet)
        if sheet is not None:
            raise TableError(f"{path} is no Excel file: it has no sheets")
        if start.startswith(b"PAR1"):
            return of_parquet(path)
        if start.startswith(FEATHER):
            return of_feather(path)
        return CsvSource(path)
    except OSError as error:
        raise TableError(f"cannot read {path}: {error.strerror or error}") from error


def _is_model(start: bytes, path: Path) -> bool:
    """Whether a file begins as models do: with the length of a header, and the header."""
    return start[8:] == b'{"' and int.from_bytes(start[:8], "little") <= path.stat().st_size
