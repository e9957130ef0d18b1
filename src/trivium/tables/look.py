"""A whole table: its columns decided, its labels, and what a careful person would say of them."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables.cells import Cells
from trivium.tables.decide import Hints, decide
from trivium.tables.errors import TableError
from trivium.tables.kinds import Column, Kind
from trivium.tables.source import Source, open_source


@dataclass(frozen=True)
class Target:
    """The labels of a table.

    Attributes
    ----------
    name : str
    classes : tuple of str
        Sorted.
    counts : tuple of int
        Rows of each class.
    """

    name: str
    classes: tuple[str, ...]
    counts: tuple[int, ...]


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
    source : Source
    """

    table: pa.Table
    columns: tuple[Column, ...]
    target: Target | None
    used: Any
    notes: tuple[str, ...]
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
        target = self.target
        return {
            "data": {
                "rows_read": self.rows_read,
                "rows_used": self.rows_used,
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
                    for each in self.columns
                ],
            },
            "notes": list(self.notes),
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
    data : path, data frame, Arrow table or mapping of columns
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
    dropped = tuple(drop)
    for name in (*(() if target is None else (target,)), *kinds, *dropped):
        _require(name, source.names)
    read = [name for name in source.names if name not in dropped]
    table = _read(source, read)
    hints = Hints(decimal, dates, tuple(missing))
    columns = []
    for name in source.names:
        if name in dropped:
            columns.append(Column(name, Kind.DROPPED, "left out by --drop"))
        elif name != target:
            columns.append(decide(name, Cells(table.column(name)), hints).column)
    found, used, notes = None, None, list(source.notes)
    if target is not None:
        found, used = _target(target, table.column(target))
    return Look(table, tuple(columns), found, used, tuple(notes), source)


def _require(name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
        listed = ", ".join(map(repr, near))
        raise TableError(f"there is no column {name!r}; there is {listed}")


def _read(source: Source, names: list[str]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in names])
    table = pa.Table.from_batches(source.batches(names), schema=schema)
    if not table.num_rows:
        raise TableError("the table has no rows below its header")
    return table


def _target(name: str, labels: pa.ChunkedArray) -> tuple[Target, Any]:
    used = None
    if labels.null_count:
        used = np.flatnonzero(labels.is_valid().to_numpy())
    counted = pc.value_counts(labels.drop_null())
    counts = {str(each["values"]): each["counts"].as_py() for each in counted}
    if len(counts) < 2:
        raise TableError(f"the target {name!r} has one class only: there is nothing to tell apart")
    classes = tuple(sorted(counts))
    return Target(name, classes, tuple(counts[each] for each in classes)), used
