"""Scenes of a table that people have: two of its columns, or its two principal axes.

The table is read once, by the room `tables/`, with all that is said of it there; then any two
columns make a scene. Rows that lack a value of either are left out, and counted. Of many rows
evenly spaced ones are shown, with some of each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.lab.scene import LARGEST, LONGEST_NAME, MOST_CLASSES, Scene
from trivium.lab.settings import Settings
from trivium.preparation.parsing import column_values
from trivium.preparation.plan import Plan
from trivium.tables.cells import Cells
from trivium.tables.errors import TableError
from trivium.tables.findings import Hints
from trivium.tables.kinds import USED, Column, Kind
from trivium.tables.look import Look, look
from trivium.tables.overrides import decide_as
from trivium.tables.source import open_source
from trivium.tables.target import codes_of
from trivium.tables.watched import is_too_large

SHOWN = 2000
"""Rows of a table that a scene shows, unless more are asked for."""
_AXES = (Kind.NUMERIC, Kind.BOOLEAN, Kind.DATE)
_A_DAY = 86_400.0
_MOST_NEIGHBORS = 5
_OF_A_CLASS = 10  # rows, where evenly spaced ones have none


class _Drawn(NamedTuple):
    """Rows on two axes, by their numbers among those that have a label."""

    names: tuple[str, str]
    X: Float64
    rows: Indices
    notes: list[str]


class OwnTable:
    """A table that was looked at, of which scenes are made.

    Parameters
    ----------
    seen : Look
        With a target.
    title : str
        Of the scenes: the name of the file.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns that can be an axis: numbers, truth values and dates.
    notes : tuple of str
        What was said of the table.

    Raises
    ------
    TableError
        If there is no target, or it has more classes than a scene.
    """

    def __init__(self, seen: Look, title: str) -> None:
        if seen.target is None:
            raise TableError("no target was named: name the column of labels")
        classes = seen.target.classes
        if len(classes) > MOST_CLASSES:
            raise TableError(
                f"the target {seen.target.name!r} has {len(classes):,} classes: a picture tells "
                f"{MOST_CLASSES} apart at most"
            )
        self._seen, self._title = seen, _shortened(title)
        self._classes = _different([_shortened(name) for name in classes])
        self._codes = codes_of(seen.target, Cells(seen.cells(seen.target.name))).astype(np.intp)
        self.columns = tuple(column.name for column in seen.columns if column.kind in _AXES)
        self.notes = seen.notes

    def scene(
        self, x: str | None = None, y: str | None = None, *, n_rows: int = SHOWN
    ) -> tuple[Scene, tuple[str, ...]]:
        """Return a scene of two columns, or of the two principal axes.

        Parameters
        ----------
        x, y : str or None
            Columns. Without either rows are shown on the two principal axes of all columns, which
            are prepared for these rows as `trivium fit` does.
        n_rows : int
            Rows at most, but for up to ten of each class that these lack.

        Returns
        -------
        scene : Scene
            Its columns are standardized, but for principal axes.
        notes : tuple of str
            Rows that were left out, and what the axes are.

        Raises
        ------
        TableError
            If a column is not there, or holds no numbers, or one that is beyond all bounds; or
            one axis alone is named, or one column for both.
        """
        if (x is None) != (y is None):
            raise TableError("name two columns, x and y, or none for the principal axes")
        if x is not None and x == y:
            raise TableError(f"x and y are both column {x!r}: name two columns")
        if x is None or y is None:
            names, X, rows, notes = self._principal(n_rows)
        else:
            names, X, rows, notes = self._chosen(x, y, n_rows)
        scene = Scene(
            X,
            self._codes[rows],
            self._classes,
            (_shortened(names[0]), _shortened(names[1])),
            Settings(k=min(_MOST_NEIGHBORS, rows.size), standardize=x is not None),
            self._title,
        )
        return scene, tuple(notes)

    def _chosen(self, x: str, y: str, n_rows: int) -> _Drawn:
        """Return rows by two columns."""
        X = np.column_stack([self._axis(x), self._axis(y)])
        known = np.flatnonzero(~np.isnan(X).any(axis=1))
        if known.size == 0:
            raise TableError(f"no row has a value of both {x!r} and {y!r}")
        notes = []
        if known.size < len(X):
            lacking = len(X) - known.size
            notes.append(f"{lacking:,} of {len(X):,} rows lack one of the two values: not shown.")
        rows = self._shown(known, n_rows, notes)
        return _Drawn((x, y), X[rows], rows, notes)

    def _shown(self, rows: Indices, n_rows: int, notes: list[str]) -> Indices:
        """Return evenly spaced rows of some, and note how many; all where they are few."""
        if rows.size <= n_rows:
            return rows
        codes, spaced = self._codes[rows], np.arange(n_rows) * rows.size // n_rows
        lacking = np.setdiff1d(codes, codes[spaced])
        first = [np.flatnonzero(codes == c)[:_OF_A_CLASS] for c in lacking]
        some: Indices = rows[np.sort(np.concatenate([spaced, *first]))]
        notes.append(f"{some.size:,} of {rows.size:,} rows are shown, evenly spaced.")
        return some

    def _axis(self, name: str) -> Float64:
        """Return the numbers of a column in the rows with a label, NaN where one is missing."""
        column = self._column(name)
        values = np.asarray(column_values(self._seen.cells(name), column), dtype=np.float64)
        if column.kind is Kind.DATE:
            values = values / _A_DAY
        far = np.flatnonzero(np.abs(values) > LARGEST)
        if far.size:
            place = self._place(int(far[0]))
            raise TableError(f"column {name!r} has a number beyond {LARGEST:g} in {place}")
        return values

    def _column(self, name: str) -> Column:
        """Return a column of numbers: also one that no classifier is given, such as a counter."""
        seen = self._seen
        if seen.target is not None and name == seen.target.name:
            raise TableError(f"column {name!r} is the target: it is what the colours say")
        found = next((column for column in seen.columns if column.name == name), None)
        if found is None or name not in seen.table.column_names:
            raise TableError(f"there is no column {name!r}")
        if found.kind in _AXES:
            return found
        cells = Cells(seen.table.column(name))
        for kind in (Kind.NUMERIC, Kind.DATE):
            try:
                return decide_as(name, cells, kind, Hints()).column
            except TableError:
                continue
        raise TableError(
            f"column {name!r} is {found.kind}: an axis takes numbers, truth values or dates"
        )

    def _place(self, row: int) -> str:
        used = self._seen.used
        return self._seen.source.place(row if used is None else int(used[row]))

    def _principal(self, n_rows: int) -> _Drawn:
        """Return rows on the two principal axes of all columns, prepared, of the rows shown."""
        from sklearn.decomposition import PCA

        notes: list[str] = []
        rows = self._shown(np.arange(self._codes.size), n_rows, notes)
        columns = [column for column in self._seen.columns if column.kind in USED]
        values = {each.name: column_values(self._seen.cells(each.name), each) for each in columns}
        plan = Plan.learn(columns, values, rows=rows, sparse=False)
        if plan.width == 0:
            raise TableError("no column tells anything: there is nothing to show")
        prepared = np.asarray(plan.matrix(values, rows)[0])
        if plan.width == 1:
            notes.append("There is one column that tells anything: the other axis is zero.")
            flat = np.column_stack([prepared, np.zeros(rows.size)])
            return _Drawn((plan.names[0], "zero"), flat, rows, notes)
        axes = PCA(2, random_state=0).fit(prepared)
        first, second = (100.0 * share for share in axes.explained_variance_ratio_.tolist())
        notes.append(
            f"The two principal axes of {plan.width:,} prepared columns hold {first:.0f} % and "
            f"{second:.0f} % of their variance."
        )
        names = ("principal axis 1", "principal axis 2")
        return _Drawn(names, axes.transform(prepared), rows, notes)


def own_table(data: str | Sequence[str], target: str, **choices: Any) -> OwnTable:
    """Read a table.

    Parameters
    ----------
    data : str or sequence of str
        A file, a folder, a pattern or several files, as of `trivium.tables.source.open_source`.
    target : str
        The column of labels.
    **choices : dict
        As of `trivium.tables.look.look`: kinds, missing, drop, decimal, dates, sheet.

    Returns
    -------
    OwnTable

    Raises
    ------
    TableError
        If the table cannot be read, does not fit in memory, or has no two classes.
    """
    sheet = choices.get("sheet")
    if is_too_large(open_source(data, sheet=sheet)):
        raise TableError("the table does not fit in memory: name a part of its rows")
    title = data if isinstance(data, str) else data[0]
    return OwnTable(look(data, target, **choices), Path(title).name)


def _shortened(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _different(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of classes that differ after they were shortened, too."""
    found: list[str] = []
    for name in names:
        own, number = name, 1
        while own in found:
            number += 1
            own = f"{name[: LONGEST_NAME - 6]} ({number})"
        found.append(own)
    return tuple(found)
