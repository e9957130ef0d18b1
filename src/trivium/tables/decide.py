"""What a column is, decided over all of its cells.

In this order: empty, numbers, truth values, dates, levels. Words such as NA stand for no value
where the other cells are numbers, truth values or dates; among levels they are levels.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables import column_names, levels, words
from trivium.tables.cells import Cells, Filled, filled, is_one_of
from trivium.tables.counted_numbers import Numbers
from trivium.tables.date_style import dates_of
from trivium.tables.findings import (
    MIXED_DATES,
    MOSTLY_DATES,
    MOSTLY_NUMBERS,
    Finding,
    Hints,
    Note,
)
from trivium.tables.kinds import Column, Kind
from trivium.tables.number_style import numbers_of
from trivium.tables.numbers import stripped
from trivium.tables.quantities import Written, for_no_value, listed, of_numbers

_FEW_LEVELS = 20
_NEARLY = {
    MOSTLY_NUMBERS: "numbers, but for a few cells",
    MOSTLY_DATES: "dates, but for some cells",
    MIXED_DATES: "dates, but not of one order",
}


def decide(name: str, cells: Cells, hints: Hints) -> Finding:
    """Decide what a column is.

    Raises
    ------
    CellError
        If it is of numbers, some of them infinite.
    """
    if cells.empty == cells.rows:
        return Finding(Column(name, Kind.DROPPED, "every cell is empty", missing=cells.empty))
    plain = plain_numbers(cells, hints)
    if plain is not None:
        named = column_names.code_of(name, plain)
        found = of_numbers(name, plain, Written(named=named), lambda: len(cells.texts))
        tells = cells.points_tell if found.column.kind is Kind.NUMERIC else None
        return replace(
            found, doubt="point" if tells is False else None, evidence="." if tells else None
        )
    valued = filled(cells, hints.missing)
    if not valued.used:
        missing = replace_missing(name, valued)
        return Finding(replace(missing, kind=Kind.DROPPED, reason="no cell holds a value"))
    notes: list[Note] = []
    for attempt in (truth_values, numbers_of, dates_of):
        outcome = attempt(name, valued, hints)
        if isinstance(outcome, Finding):
            return outcome
        if outcome is not None:
            notes.append(outcome)
    return _levels(name, cells, hints, notes)


def replace_missing(name: str, valued: Filled) -> Column:
    """Return a column of nothing."""
    return Column(name, Kind.DROPPED, "", 0, valued.missing, valued.missing_words)


def plain_numbers(cells: Cells, hints: Hints) -> Numbers | None:
    """Return finite numbers by row as programs write them, or None: a quick way."""
    if hints.decimal_forced and hints.decimal == ",":
        return None
    found = cells.plain_numbers(hints.missing)
    if found is None or (hints.decimal == "," and cells.points_tell is False):
        return None  # 1.234 may be a thousand
    return found


def truth_values(name: str, valued: Filled, _: Hints) -> Finding | None:
    """Recognise pairs of words for true and false."""
    if len(valued.texts) > 4 * len(words.PAIRS):
        return None
    there = set(pc.utf8_lower(stripped(valued.texts)).to_pylist())
    pairs = [pair for pair in words.PAIRS if not there.isdisjoint(pair)]
    if not pairs or there != {word for pair in pairs for word in pair}:
        return None
    reason = " and ".join(" and ".join(pair) for pair in pairs)
    reason += for_no_value(valued.missing_words)
    return Finding(
        Column(
            name,
            Kind.BOOLEAN,
            reason,
            len(valued.texts),
            valued.missing,
            valued.missing_words,
            truths=tuple(pair[0] for pair in pairs),
            falsehoods=tuple(pair[1] for pair in pairs),
        )
    )


def _levels(name: str, cells: Cells, hints: Hints, notes: list[Note]) -> Finding:
    """Decide on words, among which NA is a word."""
    held = filled(cells, hints.missing, standard=False)
    column = levels.of_texts(name, held)
    nearly = [_NEARLY[note.topic] for note in notes if note.topic in _NEARLY]
    if nearly and len(held.texts) > 1:
        few = len(held.texts) <= _FEW_LEVELS and 2 * len(held.texts) <= held.used
        column = replace(column, kind=Kind.CATEGORY if few else Kind.TEXT, reason=nearly[0])
    if column.kind is Kind.CATEGORY and is_one_of(held.texts, words.MISSING).any():
        there = held.texts.filter(pa.array(is_one_of(held.texts, words.MISSING))).to_pylist()
        shown = listed(tuple(sorted(there)))
        are = "is a level" if len(there) == 1 else "are levels"
        notes = [
            *notes,
            Note(
                "words for no value",
                f"column {name!r}: {shown} {are} like any other; --missing says that a word "
                "stands for no value",
            ),
        ]
    return Finding(column, tuple(notes))
