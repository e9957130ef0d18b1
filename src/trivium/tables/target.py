"""Labels: text, exactly as in the table."""

from dataclasses import dataclass
from shlex import quote
from typing import Any

import numpy as np

from trivium.tables import words
from trivium.tables.cells import Cells
from trivium.tables.column_names import is_identifier
from trivium.tables.counters import COUNTER
from trivium.tables.decide import decide
from trivium.tables.errors import CellError, TableError
from trivium.tables.findings import MOSTLY_NUMBERS, Hints
from trivium.tables.kinds import Kind

_MOST_INTEGERS = 20
_MOST_FRACTIONS = 10
_MOST_WORDS = 20
_NAMED = 3
_AT_ONCE = 1 << 20  # rows
_ONE_ROW = "one row only"


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


def target_of(
    name: str, cells: Cells, hints: Hints, as_classes: bool
) -> tuple[Target, Cells, list[str]]:
    """Find the classes.

    Parameters
    ----------
    name : str
    cells : Cells
    hints : Hints
    as_classes : bool
        Whether the user says that numbers are classes.

    Returns
    -------
    Target, Cells, list of str
        The labels, with empty cells where there is none; notes.

    Raises
    ------
    TableError
        If there are no classes to tell apart, or if the labels are quantities.
    """
    if hints.missing:
        cells = cells.without(hints.missing)
    counts = dict(zip(cells.texts.to_pylist(), cells.counts.tolist(), strict=True))
    if not counts:
        raise TableError(f"the target {name!r} is empty: no row has a label")
    if len(counts) == 1:
        raise TableError(
            f"the target {name!r} has one class only in {cells.rows - cells.empty:,} rows: "
            "there is nothing to tell apart"
        )
    if not as_classes:
        _refuse_quantities(name, cells, counts, hints)
    classes = tuple(sorted(counts))
    notes = _notes(name, classes, counts, cells.empty)
    return Target(name, classes, tuple(counts[each] for each in classes)), cells, notes


def codes_of(target: Target, cells: Cells) -> Any:
    """Return each row's place among the classes, as small integers; -1 where it has none."""
    places = {name: place for place, name in enumerate(target.classes)}
    known = np.array([*(places[text] for text in cells.texts.to_pylist()), -1])
    known = known.astype(np.min_scalar_type(-len(places)))
    found = np.empty(cells.rows, known.dtype)
    for start in range(0, cells.rows, _AT_ONCE):  # NumPy makes eight bytes of each place
        some = slice(start, start + _AT_ONCE)
        found[some] = known[cells.codes[some]]
    return found


def _refuse_quantities(name: str, cells: Cells, counts: dict[str, int], hints: Hints) -> None:
    n_rows, n_classes = sum(counts.values()), len(counts)
    try:
        finding = decide(name, cells, hints)
        found, mostly = finding.column, any(n.topic == MOSTLY_NUMBERS for n in finding.notes)
    except CellError:
        found, mostly = None, True  # some are infinite
    remedy = f"trivium predicts classes (--as {quote(f'{name}=category')} if these are)"
    counts_rows = found is not None and found.reason.startswith(COUNTER)
    number = found is not None and found.number is not None
    number |= counts_rows and not is_identifier(name)
    if number and n_classes > 2:
        whole = counts_rows or (found is not None and found.reason.startswith("whole numbers"))
        most = _MOST_INTEGERS if whole else _MOST_FRACTIONS
        if n_classes > most or (n_classes > 5 and 2 * n_classes > n_rows):
            what = "integers" if whole else "numbers"
            raise TableError(
                f"the target {name!r} is a quantity: {n_classes:,} different {what} in "
                f"{n_rows:,} rows; {remedy}"
            )
    elif mostly and n_classes > _MOST_INTEGERS:
        raise TableError(
            f"the target {name!r} is a quantity but for a few cells: {n_classes:,} different "
            f"labels in {n_rows:,} rows; {remedy}"
        )
    elif found is not None and found.kind is Kind.DATE and n_classes > _MOST_WORDS:
        raise TableError(f"the target {name!r} holds {n_classes:,} different dates; {remedy}")
    elif n_classes > _MOST_WORDS and 2 * n_classes > n_rows:
        raise TableError(
            f"the target {name!r} has {n_classes:,} different labels in {n_rows:,} rows: most "
            f"occur once, and nothing can be learnt from that; {remedy}"
        )


def _notes(name: str, classes: tuple[str, ...], counts: dict[str, int], empty: int) -> list[str]:
    notes = []
    if empty:
        rows = "1 row has" if empty == 1 else f"{empty:,} rows have"
        them = "it is" if empty == 1 else "they are"
        notes.append(f"{rows} no label in {name!r}: {them} not used")
    odd = [each for each in classes if each.strip().lower() in words.MISSING]
    for each in odd[:_NAMED]:
        rows = "1 row" if counts[each] == 1 else f"{counts[each]:,} rows"
        notes.append(
            f"{each!r} is a class of {name!r} with {rows}, like any other word: only an empty cell "
            f"is a missing label"
        )
    if len(odd) > _NAMED:
        notes.append(f"so {'is' if len(odd) == _NAMED + 1 else 'are'} {_listed(odd[_NAMED:])}")
    alike: dict[str, list[str]] = {}
    for each in classes:
        alike.setdefault("".join(c for c in each.casefold() if c.isalnum()) or each, []).append(
            each
        )
    groups = [group for group in alike.values() if len(group) > 1]
    notes += [
        f"{_listed(group)} are classes of their own, though they are written alike"
        for group in groups[:_NAMED]
    ]
    if len(groups) > _NAMED:
        more = len(groups) - _NAMED
        notes.append(f"{more:,} more group{'s' * (more > 1)} of classes are written alike")
    few = [each for each in classes if counts[each] == 1]
    if few:
        what = f"class {few[0]!r} has" if len(few) == 1 else f"{len(few):,} classes have"
        notes.append(f"{what} {_ONE_ROW}")
    return notes


def is_of_one_row(note: str) -> bool:
    """Whether a note is the one of classes of one row."""
    return note.startswith("class") and note.endswith(_ONE_ROW)


def _listed(classes: list[str]) -> str:
    if len(classes) == 1:
        return repr(classes[0])
    return ", ".join(map(repr, classes[:-1])) + f" and {classes[-1]!r}"
