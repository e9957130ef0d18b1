"""Tables are opened: files, folders of them, data frames, Arrow tables, columns by name."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from trivium.tables import excel_source
from trivium.tables.csv_source import CsvSource
from trivium.tables.errors import TableError
from trivium.tables.file_names import Part, parts_of
from trivium.tables.many_files import File, ManyFiles
from trivium.tables.protocol import Source
from trivium.tables.typed_source import (
    FEATHER,
    TypedSource,
    of_arrow,
    of_feather,
    of_mapping,
    of_pandas,
    of_parquet,
    of_polars,
)


def open_source(data: Any, *, sheet: str | None = None) -> Source:
    """Open a table: a path, a pandas or polars data frame, an Arrow table, or columns by name.

    A file is what its first bytes say, whatever its name.

    Parameters
    ----------
    data : path, list of paths, data frame, Arrow table, mapping, or what was opened before
        A path may be a folder, or a pattern such as "rows/*.csv": its files are one table.
    sheet : str, optional
        Of an Excel file; the first one by default.

    Raises
    ------
    TableError
        If it is none of these, or cannot be read.
    """
    if isinstance(data, CsvSource | TypedSource | ManyFiles):
        return data
    if isinstance(data, str | os.PathLike):
        if not os.fspath(data):
            raise TableError("no file is named: its name is empty")
        parts = parts_of(data)
        return _open_file(Path(data), sheet) if parts is None else open_parts(parts, sheet)
    if isinstance(data, list | tuple) and all(isinstance(d, str | os.PathLike) for d in data):
        if len(data) == 1:
            return open_source(data[0], sheet=sheet)
        return open_parts(parts_of(data) or [], sheet)
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


def open_parts(parts: Sequence[Part], sheet: str | None = None) -> ManyFiles:
    """Open files that are one table; those that are empty to the last byte have nothing to say.

    Parameters
    ----------
    parts : sequence of Part
    sheet : str, optional
        Of Excel files.

    Raises
    ------
    TableError
        If one cannot be read, does not fit the others, or is named twice; it names the file.
    """
    files, empty, seen = [], [], set[str]()
    for part in parts:
        real = os.path.realpath(part.path)
        if real in seen:
            raise TableError(f"{part.path} is named twice: its rows would count twice")
        seen.add(real)
        if _is_empty(part.path):
            empty.append(part.path)
            continue
        try:
            files.append(File(part, _open_file(part.path, sheet)))
        except TableError as error:
            named = str(part.path) in str(error)
            raise error if named else TableError(f"{part.path}: {error}") from error
    if not files:
        raise TableError(f"{empty[0]} is empty" + (", as are all files" if empty[1:] else ""))
    return ManyFiles(files, empty)


_NUMPY = b"\x93NUMPY"


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError as error:
        raise TableError(f"cannot read {path}: {error.strerror or error}") from error


def _open_file(path: Path, sheet: str | None) -> Source:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise TableError(f"{path} is no regular file: a table is read more than once")
        with open(path, "rb") as file:
            start = file.read(10)
        if _is_model(start, path):
            raise TableError(f"{path} is a model, not a table")
        if start.startswith(_NUMPY) or path.suffix == ".npz":
            raise TableError(f"{path} holds NumPy's arrays, not a table of named columns")
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
