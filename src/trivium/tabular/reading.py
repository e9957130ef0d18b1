"""A table that was looked at, as a task: cells, classes, copies, groups and times."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.parameters import require_choice
from trivium.preparation.parsing import Values, column_values
from trivium.tables.cells import Cells
from trivium.tables.errors import CellError, TableError
from trivium.tables.findings import Hints
from trivium.tables.kinds import USED, Column, Kind
from trivium.tables.look import Look
from trivium.tables.overrides import decide_as
from trivium.tabular.folds import come_by_chance, copies_of
from trivium.tabular.task import Task
from trivium.tabular.weights import are_unequal


class Reading(NamedTuple):
    """A table, read.

    Attributes
    ----------
    task : Task
    classes : tuple of str
    counts : ndarray of int of shape (n_classes,)
        Rows of each class.
    copies : ndarray of int of shape (n,)
        Of each row the first that is like it.
    by_chance : bool
        Whether copies say no more than that few different rows are possible: then rows of `task`
        count as different.
    target : str
        The column of labels.
    """

    task: Task
    classes: tuple[str, ...]
    counts: Indices
    copies: Indices
    by_chance: bool
    target: str


def read_task(
    seen: Look,
    *,
    class_weight: str | None = "auto",
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
) -> Reading:
    """Read all cells of a table that was looked at.

    Parameters
    ----------
    seen : Look
        With a target. A column of groups is of the kind "group".
    class_weight : {"auto", "balanced"} or None
        "auto" has classes weigh alike where they are very unequal.
    seed : int
    group, time : str or None
        Columns of what rows belong to, and of when they were.

    Raises
    ------
    TableError
        If there is no target, or such a column is not there, or holds no times, or the same
        everywhere.
    """
    if seen.target is None:
        raise TableError("no target was named: there is nothing to learn")
    codes = _codes(seen, seen.target.classes)
    counts = np.bincount(codes, minlength=len(seen.target.classes))
    balanced = is_balanced(class_weight, counts)
    columns = used_columns(seen.columns, group)
    values = {column.name: column_values(seen.cells(column.name), column) for column in columns}
    return reading_of(
        columns,
        values,
        codes,
        seen.target.classes,
        seen.target.name,
        balanced=balanced,
        seed=seed,
        groups=None if group is None else groups_of(seen, group),
        when=None if time is None else times_of(seen, time),
    )


def used_columns(columns: Sequence[Column], group: str | None = None) -> tuple[Column, ...]:
    """Return the columns that become numbers; that of groups is none of them."""
    return tuple(column for column in columns if column.kind in USED and column.name != group)


def is_balanced(class_weight: str | None, counts: Indices) -> bool:
    """Whether classes weigh alike: as asked, or, by "auto", where they are very unequal.

    Raises
    ------
    ValueError
        If nothing of that kind can be asked.
    """
    if class_weight is not None:
        require_choice("class_weight", class_weight, ("auto", "balanced"))
    return class_weight == "balanced" or (class_weight == "auto" and are_unequal(counts))


def reading_of(
    columns: tuple[Column, ...],
    values: Mapping[str, Values],
    codes: Indices,
    classes: Sequence[str],
    target: str,
    *,
    balanced: bool,
    seed: int,
    groups: Indices | None = None,
    when: Float64 | None = None,
) -> Reading:
    """Return cells that were read, as a task.

    Parameters
    ----------
    columns : tuple of Column
    values : mapping
        From their names to their cells.
    codes : ndarray of int of shape (n,)
        Places of the labels among `classes`, each of which has one.
    classes : sequence of str
    target : str
        The column of labels.
    balanced : bool
        Whether classes weigh alike.
    seed, groups, when
        As of `Task`.
    """
    counts = np.bincount(codes, minlength=len(classes))
    copies, combinations = copies_of(list(values.values()))
    if not columns:
        copies = np.arange(codes.size)
    by_chance = come_by_chance(copies, combinations)
    task = Task(
        columns,
        values,
        codes,
        counts.size,
        np.arange(codes.size) if by_chance else copies,
        balanced,
        seed,
        groups=groups,
        when=when,
    )
    return Reading(task, tuple(classes), counts, copies, by_chance, target)


def groups_of(seen: Look, name: str) -> Indices:
    """Return numbers of the groups that rows belong to, -1 where a cell is missing.

    Raises
    ------
    TableError
        If all rows are of one group, or of none.
    """
    column = _column(seen, name)
    words = column_values(seen.cells(name), replace(column, kind=Kind.CATEGORY))
    groups = np.asarray(words.codes, dtype=np.intp)  # type: ignore[union-attr]
    if np.unique(groups[groups >= 0]).size < 2:
        raise TableError(f"all rows are of one group by column {name!r}: they cannot be parted")
    return groups


def times_of(seen: Look, name: str) -> Float64:
    """Return the times of rows, NaN where there is none.

    Raises
    ------
    TableError
        If the column holds no times, or one alone.
    """
    column = _column(seen, name)
    if column.kind not in (Kind.DATE, Kind.NUMERIC):
        column = _as_time(seen, column)
    when = np.asarray(column_values(seen.cells(name), column), dtype=np.float64)
    if np.unique(when[~np.isnan(when)]).size < 2:
        raise TableError(f"column {name!r} holds one time only: nothing is earlier or later")
    return when


def _as_time(seen: Look, column: Column) -> Column:
    """Read what was taken for something else, such as a counter of rows, as a date or a number."""
    cells = Cells(seen.table.column(column.name))
    for kind in (Kind.DATE, Kind.NUMERIC):
        try:
            return decide_as(column.name, cells, kind, Hints()).column
        except (TableError, CellError):
            continue
    raise TableError(f"column {column.name!r} holds neither dates nor numbers: it tells no times")


def _column(seen: Look, name: str) -> Column:
    found = next((column for column in seen.columns if column.name == name), None)
    if found is None or name not in seen.table.column_names:
        raise TableError(f"there is no column {name!r} beside the target that rows are parted by")
    return found


def _codes(seen: Look, classes: Sequence[str]) -> Indices:
    """Places of the labels among the classes."""
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[label] for label in seen.labels()], dtype=np.intp)
