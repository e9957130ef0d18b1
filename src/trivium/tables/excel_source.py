"""Sheets of Excel files (.xlsx, .xlsm, .xlsb, .xls, .ods), read by calamine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from trivium.tables.edges import title_above
from trivium.tables.errors import TableError
from trivium.tables.texts import text_of
from trivium.tables.typed_source import ROWS_OF_A_BATCH, TypedSource

MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


class ExcelSource(TypedSource):
    """A sheet whose first row that is not empty is the header.

    Parameters
    ----------
    path : path
    sheet : str, optional
        The first one by default.

    Raises
    ------
    TableError
        If it is no such file, or has no such sheet, or if the library is not installed.
    """

    def __init__(self, path: Path, sheet: str | None) -> None:
        self._sheet, rows, self._first, notes = _rows(path, sheet)
        if not rows:
            raise TableError(f"sheet {self._sheet!r} is empty")
        header, self._body = rows[0], rows[1:]
        headers = [text_of(each, "") or "" for each in header]
        super().__init__(headers, self._blocks, notes)
        self.doubt = title_above(headers)
        if self.doubt is not None:
            self.notes = (*self.notes, self.doubt)

    def place(self, row: int) -> str:
        """Name a row as Excel does, from 1."""
        return f"row {self._first + row + 2} of sheet {self._sheet!r}"

    def _blocks(self, places: Sequence[int]) -> Any:
        for start in range(0, len(self._body), ROWS_OF_A_BATCH):
            part = self._body[start : start + ROWS_OF_A_BATCH]
            yield {place: _column(part, place, self.names[place]) for place in places}


def _column(rows: Sequence[Sequence[Any]], place: int, name: str) -> pa.Array:
    """Return a column's cells: numbers where it holds nothing else, else text."""
    values = [row[place] for row in rows]
    if {type(value) for value in values if value != ""} <= {int, float}:
        return pa.array([None if value == "" else float(value) for value in values], pa.float64())
    return pa.array([text_of(value, name) for value in values], pa.string())


def _rows(path: Path, sheet: str | None) -> tuple[str, list[list[Any]], int, list[str]]:
    """Return the name of the sheet, its rows, the number of its first one, and notes."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise TableError(
            f"{path} is an Excel file: install python-calamine to read it, or save it as CSV"
        ) from None
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if not names:
            raise TableError(f"{path} has no sheets")
        if sheet is not None and sheet not in names:
            listed = ", ".join(map(repr, names))
            raise TableError(f"{path} has no sheet {sheet!r}; there is {listed}")
        chosen = names[0] if sheet is None else sheet
        found = book.get_sheet_by_name(chosen)
        rows = found.to_python(skip_empty_area=True)
    except calamine.CalamineError as error:
        raise TableError(f"{path} is no Excel file that can be read: {error}") from error
    first = 0 if found.start is None else found.start[0]
    notes = []
    if sheet is None and len(names) > 1:
        notes.append(f"the first of {len(names)} sheets is read, {chosen!r} (--sheet)")
    while rows and not any(each != "" for each in rows[-1]):
        rows.pop()
    return chosen, rows, first, notes
