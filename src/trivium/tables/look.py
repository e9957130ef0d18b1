"""A whole table: its columns decided, its labels, and what a careful person would say of them."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.blocks.workers import map_in_order
from trivium.tables.cells import Cells
from trivium.tables.date_style import ORDERS
from trivium.tables.decide import decide
from trivium.tables.edges import notes_of_edges
from trivium.tables.errors import CellError, TableError, row_called
from trivium.tables.findings import PLACE, Finding, Hints, Note
from trivium.tables.kinds import Column, Kind
from trivium.tables.numbers import require_decimal
from trivium.tables.overrides import decide_as, kind_of
from trivium.tables.protocol import Source
from trivium.tables.quantities import note_of_points
from trivium.tables.source import open_source
from trivium.tables.target import Target, target_of

_MOST_NOTES, _MOST_NAMES = 3, 10
_FEW_ROWS = 2000


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
    chosen = _Choices(target, kinds, missing, drop, decimal, dates, source.names, source.doubt)
    read = [name for name in source.names if name not in chosen.dropped]
    if not read:
        raise TableError("every column is left out: there is nothing to look at")
    table = _read(source, read)
    try:
        findings = _decide_all(table, read, chosen, source)
        found, used, said = None, None, list[str]()
        if target is not None:
            found, used, said = target_of(
                target, table.column(target), chosen.hints, target in chosen.kinds
            )
    except CellError as error:
        raise error.at(source.place(error.row)) from error
    columns = []
    for name in source.names:
        if name in chosen.dropped:
            columns.append(Column(name, Kind.DROPPED, "left out, as you say"))
        elif name != target:
            columns.append(findings[name].column)
    noted = [(name, note) for name, found_ in findings.items() for note in found_.notes]
    noted += [("", note) for note in notes_of_edges(table, findings.values())]
    notes = (*source.notes, *said, *_written(noted, source.places))
    lasting = (*said, *_written(noted, lambda rows: {row: row_called(row) for row in rows}))
    return Look(table, tuple(columns), found, used, notes, lasting, source)


class _Choices:
    """What the user says, checked against the names of columns."""

    def __init__(
        self,
        target: str | None,
        kinds: Mapping[str, str],
        missing: Iterable[str],
        drop: Iterable[str],
        decimal: str | None,
        dates: str | None,
        names: tuple[str, ...],
        doubt: str | None,
    ) -> None:
        self.target, self.dropped = target, frozenset(drop)
        for name in (*(() if target is None else (target,)), *kinds, *sorted(self.dropped)):
            _require(name, names, doubt)
        if decimal is not None:
            require_decimal(decimal)
        if dates not in (None, *ORDERS):
            raise TableError(f"the order of dates is dmy, mdy or ymd, not {dates!r}")
        self.kinds = {name: kind_of(name, word) for name, word in kinds.items()}
        if target in self.dropped:
            raise TableError(f"the target {target!r} cannot be left out")
        if target in self.kinds and self.kinds[target] is not Kind.CATEGORY:
            raise TableError(
                f"the target {target!r} can be of kind category alone, not {self.kinds[target]}"
            )
        for name in self.kinds:
            if name in self.dropped:
                raise TableError(f"column {name!r} is left out and given a kind at once")
        words = tuple(dict.fromkeys(missing))
        self.hints = Hints(decimal, dates, words, decimal is not None, dates is not None)


def _decide_all(
    table: pa.Table, names: list[str], chosen: _Choices, source: Source
) -> dict[str, Finding]:
    """Decide each column alone, and then those in doubt by what the others tell."""

    def finding(name: str, hints: Hints) -> Finding:
        cells = Cells(table.column(name))
        kind = chosen.kinds.get(name)
        return decide(name, cells, hints) if kind is None else decide_as(name, cells, kind, hints)

    features = [name for name in names if name != chosen.target]
    each = map if table.num_rows < _FEW_ROWS else map_in_order  # threads take longer to come by
    first = each(lambda name: finding(name, chosen.hints), features)
    findings = dict(zip(features, first, strict=True))
    told = [each.evidence for each in findings.values()]
    commas = _by_separator(source) == ","
    decimal = chosen.hints.decimal or _told(told, (".", ","))
    hints = {
        "comma": replace(chosen.hints, decimal=decimal or _by_separator(source)),
        "point": replace(chosen.hints, decimal="," if decimal == "," else None),
        "order": replace(chosen.hints, order=chosen.hints.order or _told(told, ("dmy", "mdy"))),
    }
    for name, found in findings.items():
        if found.doubt is not None and hints[found.doubt] != chosen.hints:
            findings[name] = finding(name, hints[found.doubt])
        elif found.doubt == "point" and decimal is None and (commas or "," in told):
            findings[name] = replace(found, notes=(*found.notes, note_of_points(name)))
    return findings


def _told(evidence: list[str | None], choices: tuple[str, str]) -> str | None:
    """Return what columns tell that agree with each other."""
    there = [each for each in choices if each in evidence]
    return there[0] if len(there) == 1 else None


def _by_separator(source: Source) -> str | None:
    """Semicolons are written where a comma is the decimal sign."""
    return "," if getattr(source, "separator", None) == ";" else None


def _written(
    noted: Iterable[tuple[str, Note]], places_of: Callable[[Iterable[int]], Mapping[int, str]]
) -> list[str]:
    """Write notes out, with places; many of one topic become one."""
    topics: dict[str, list[Note]] = {}
    columns: dict[str, list[str]] = {}
    for name, note in noted:
        topics.setdefault(note.topic, []).append(note)
        columns.setdefault(note.topic, []).append(repr(name))
    shown = [note for notes in topics.values() for note in notes[:_MOST_NOTES]]
    places = places_of([note.row for note in shown if note.row is not None])
    written = []
    for topic, notes in topics.items():
        for note in notes[:_MOST_NOTES]:
            place = "" if note.row is None else places[note.row]
            written.append(note.text.replace(PLACE, place))
        if len(notes) > _MOST_NOTES:
            more = columns[topic][_MOST_NOTES:]
            which = f"{len(more):,} more column" + ("s" if len(more) > 1 else "")
            listed = ", ".join(more[:_MOST_NAMES]) + (" ..." if len(more) > _MOST_NAMES else "")
            written.append(f"the same is to be said of {topic} in {which}: {listed}")
    return written


def _require(name: str, names: tuple[str, ...], doubt: str | None) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        folded = [each for each in names if each.casefold().strip() == name.casefold().strip()]
        near = folded or near
        if near:
            listed = " or ".join(map(repr, near))
            raise TableError(f"there is no column {name!r}: do you mean {listed}?")
        listed = ", ".join(map(repr, names[:5])) + (" ..." if len(names) > 5 else "")
        more = "" if doubt is None else f"; {doubt}"
        raise TableError(f"there is no column {name!r}; there is {listed}{more}")


def _read(source: Source, names: list[str]) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in names])
    table = pa.Table.from_batches(source.batches(names), schema=schema)
    if not table.num_rows:
        raise TableError("the table has no rows below its header")
    return table
