"""A whole table: its columns decided, its labels, and what a careful person would say of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from trivium.blocks.workers import map_in_order
from trivium.tables.cells import Cells
from trivium.tables.choices import Choices, decide_all, written
from trivium.tables.edges import notes_of_edges
from trivium.tables.errors import CellError, TableError, row_called
from trivium.tables.findings import Finding
from trivium.tables.kinds import Column, Kind
from trivium.tables.protocol import Source
from trivium.tables.source import open_source
from trivium.tables.target import Target, target_of

_FEW_ROWS = 2000


class Seen(Protocol):
    """What was seen of a table, whether its cells are in memory (`Look`) or not (`StreamedLook`).

    Attributes
    ----------
    columns, target, notes, lasting_notes, source
        As of `Look`.
    rows_read, rows_used : int
        Rows, and those that have a label.
    """

    @property
    def columns(self) -> tuple[Column, ...]: ...  # noqa: D102 - see above

    @property
    def target(self) -> Target | None: ...  # noqa: D102

    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def lasting_notes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def source(self) -> Source: ...  # noqa: D102

    @property
    def rows_read(self) -> int: ...  # noqa: D102

    @property
    def rows_used(self) -> int: ...  # noqa: D102

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON shows; of cells, nothing but the names of classes."""


@dataclass(frozen=True)
class Look:
    """What was seen of a table.

    Attributes
    ----------
    table : Arrow table of strings
        All rows and columns that were read; null is an empty cell.
    columns : tuple of Column
        Features, in the order of the table: without the target.
    target : Target or None
    used : int64 array or None
        Rows that have a label; None: all.
    notes : tuple of str
    lasting_notes : tuple of str
        Those on columns and labels, which do not depend on how the table was stored: rows in them
        are counted from 1.
    source : Source
    """

    table: pa.Table
    columns: tuple[Column, ...]
    target: Target | None
    used: Any
    notes: tuple[str, ...]
    lasting_notes: tuple[str, ...]
    source: Source

    @property
    def rows_read(self) -> int:
        """How many rows the table has."""
        return int(self.table.num_rows)

    @property
    def rows_used(self) -> int:
        """How many rows have a label."""
        return self.rows_read if self.used is None else len(self.used)

    def labels(self) -> Any:
        """Return the labels of the used rows.

        Returns
        -------
        array of str objects, shape (rows_used,)
        """
        if self.target is None:
            raise TableError("no target was named, so there are no labels")
        return np.asarray(self.cells(self.target.name).to_numpy(), dtype=object)

    def cells(self, name: str) -> pa.ChunkedArray:
        """Return the cells of a column in the used rows."""
        cells = self.table.column(name)
        return cells if self.used is None else cells.take(pa.array(self.used))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON shows; of cells, nothing but the names of classes."""
        return as_dict(self)


def as_dict(seen: "Seen") -> dict[str, Any]:
    """Return what JSON shows of a table that was looked at."""
    target = seen.target
    return {
        "data": {
            "rows_read": seen.rows_read,
            "rows_used": seen.rows_used,
            "target": None if target is None else target.name,
            "classes": [] if target is None else list(target.classes),
            "class_rows": {}
            if target is None
            else dict(zip(target.classes, target.counts, strict=True)),
            "columns": [
                {
                    "name": each.name,
                    "kind": str(each.kind),
                    "levels": each.levels,
                    "missing": each.missing,
                    "reason": each.reason,
                }
                for each in seen.columns
            ],
        },
        "notes": list(seen.notes),
    }


def look(
    data: Any,
    target: str | None = None,
    *,
    kinds: Mapping[str, str] = {},
    missing: Iterable[str] = (),
    drop: Iterable[str] = (),
    decimal: str | None = None,
    dates: str | None = None,
    sheet: str | None = None,
) -> Look:
    """Read a table and decide what its columns are.

    Parameters
    ----------
    data : path, list of paths, data frame, Arrow table or mapping of columns
        As of `open_source`: several files, a folder or a pattern are one table.
    target : str, optional
        The column of labels.
    kinds : mapping of str to str
        Columns that are of a kind that you know better.
    missing : iterable of str
        Words that stand for no value in every column, besides the empty cell.
    drop : iterable of str
        Columns to leave out.
    decimal : {".", ","}, optional
        How all numbers are pointed.
    dates : {"dmy", "mdy", "ymd"}, optional
        How all dates are ordered.
    sheet : str, optional
        Of an Excel file.

    Raises
    ------
    TableError
        If the table cannot be read, or if what is asked is not there.
    """
    source = open_source(data, sheet=sheet)
    chosen = Choices(target, kinds, missing, drop, decimal, dates, source.names, source.doubt)
    read = [name for name in source.names if name not in chosen.dropped]
    if not read:
        raise TableError("every column is left out: there is nothing to look at")
    table = _read(source, read)
    try:
        # Few rows are done with before threads are there.
        each = map if table.num_rows < _FEW_ROWS else map_in_order
        findings = decide_all(
            lambda name: Cells(table.column(name)),
            [name for name in read if name != target],
            chosen,
            source,
            each,
        )
        found, used, said = None, None, list[str]()
        if target is not None:
            found, labels, said = target_of(
                target, Cells(table.column(target)), chosen.hints, target in chosen.kinds
            )
            used = np.flatnonzero(labels.column.is_valid().to_numpy()) if labels.empty else None
    except CellError as error:
        raise error.at(source.place(error.row)) from error
    edges = {name: Cells(table.column(name)) for name in read}
    columns, notes, lasting = gathered(source, findings, edges, chosen, said)
    return Look(table, columns, found, used, notes, lasting, source)


def gathered(
    source: Source,
    findings: Mapping[str, Finding],
    cells: Mapping[str, Cells],
    chosen: Choices,
    said: Sequence[str],
) -> tuple[tuple[Column, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the columns of a table, and what is said of it; the last of that for all time.

    Parameters
    ----------
    source : Source
    findings : mapping from names to Finding
    cells : mapping from names to Cells
        Of all columns that are read.
    chosen : Choices
    said : sequence of str
        Of the target.
    """
    columns = []
    for name in source.names:
        if name in chosen.dropped:
            columns.append(Column(name, Kind.DROPPED, "left out, as you say"))
        elif name != chosen.target:
            columns.append(findings[name].column)
    noted = [(name, note) for name, found in findings.items() for note in found.notes]
    noted += [("", note) for note in notes_of_edges(cells, findings.values())]
    notes = (*source.notes, *said, *written(noted, source.places))
    lasting = (*said, *written(noted, lambda rows: {row: row_called(row) for row in rows}))
    return tuple(columns), notes, lasting


def _read(source: Source, names: list[str]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in names])
    table = pa.Table.from_batches(source.batches(names), schema=schema)
    if not table.num_rows:
        raise TableError("the table has no rows below its header")
    return table
