"""Which numbers are quantities, and which only look like them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.tables import column_names, counters, dates, levels, words
from trivium.tables.counted_numbers import Numbers, all_whole
from trivium.tables.findings import Finding, Note
from trivium.tables.kinds import Column, DateStyle, Kind, NumberStyle
from trivium.tables.stand_ins import notes_of_stand_ins

_ALIKE_DIGITS = 8
_AT_ONCE = 1 << 18
_ROUND = 0.3
_MANY = 10
_FEW = 3
_FIRST_DAY, _LAST_DAY = 19_000_101, 20_991_231


@dataclass(frozen=True, slots=True)
class Written:
    """How numbers are written.

    Attributes
    ----------
    style : NumberStyle
    missing_words : tuple of str
    doubt : str or None
        "comma" or "point", where it may stand between thousands or not.
    code, named : str or None
        Why they are codes: by how they are written, and by the column's name.
    """

    style: NumberStyle = field(default_factory=NumberStyle)
    missing_words: tuple[str, ...] = ()
    doubt: str | None = None
    code: str | None = None
    named: str | None = None


def of_numbers(
    name: str, numbers: Numbers, written: Written, count_texts: Callable[[], int]
) -> Finding:
    """Decide what a column of numbers is.

    Parameters
    ----------
    name : str
    numbers : Numbers
    written : Written
    count_texts : function
        Counts the different texts: what is a code by how it is written differs by that.
    """
    different, n_used = numbers.different, numbers.n_used
    n_different, missing = len(different), numbers.n_rows - n_used
    column = Column(
        name, Kind.NUMERIC, "", n_different, missing, written.missing_words, written.style
    )
    bare = replace(column, number=None)
    whole = all_whole(different)
    if written.code is not None:
        return _of_codes(replace(bare, levels=count_texts()), written.code, n_used)
    coded = replace(bare, number=NumberStyle())  # 7.0 is code 7: a gap has made it so somewhere
    if written.named is not None:
        return _of_codes(coded, written.named, n_used)
    if n_different == 1:
        return Finding(_alone(column))
    if n_different == 2 and different[0] == 0 and different[1] == 1:
        truth = replace(
            bare, kind=Kind.BOOLEAN, reason="0 and 1" + for_no_value(written.missing_words)
        )
        return Finding(replace(truth, truths=(words.ONE,), falsehoods=(words.ZERO,)))
    if whole and _are_days(different):
        day = replace(bare, kind=Kind.DATE, reason="dates of eight digits, year first")
        return Finding(replace(day, date=DateStyle(("%Y%m%d",))))
    bare_integers = whole and not written.style.marks
    once = bare_integers and n_different == n_used >= _FEW
    if once:
        grouped = written.style.thousands != ""
        counter = counters.counter_of(name, numbers, grouped=grouped)
        reason = counter or _why_none(name, different)
        if reason is not None:
            said = () if counter is None else counters.note_of_counter(name, counter, different)
            return Finding(replace(bare, kind=Kind.DROPPED, reason=reason), said)
    if whole and n_different < n_used:
        if column_names.is_identifier_that_repeats(name):
            return _of_codes(coded, "identifiers, by the name", n_used)
        if levels.is_group(name, n_different, n_used):
            return _of_codes(coded, "whom rows are of, by the name", n_used)
    found = _quantity(column, whole, written)
    notes = found.notes + notes_of_stand_ins(name, numbers)
    if bare_integers and not once:
        notes += counters.note_of_repeated(name, numbers)
    if once:
        notes += counters.note_of_different(name, numbers)
    return replace(found, notes=notes)


def _quantity(column: Column, whole: bool, written: Written) -> Finding:
    reason = described(written.style, whole) + for_no_value(written.missing_words)
    column = replace(column, reason=reason)
    if written.doubt is None:
        return Finding(column)
    if written.style.thousands == "" and written.style.decimal == ".":
        return Finding(column, doubt=written.doubt)  # 1.234 is a number as a program writes it
    if written.style.decimal == ".":
        note = _note_of_doubt(column.name, "1,234 is 1234 or 1.234", ".")
    else:
        note = _note_of_doubt(column.name, "1.234 is 1.234 or 1234", ",")
    return Finding(column, (note,), doubt=written.doubt)


def note_of_points(name: str) -> Note:
    """Say that points of numbers are taken for decimal signs, where thousands may have some."""
    return _note_of_doubt(name, "1.234 is 1.234 or 1234", ".")


def _note_of_doubt(name: str, what: str, decimal: str) -> Note:
    text = (
        f"column {name!r} does not tell whether {what}: the decimal sign is taken for {decimal!r} "
        "(--decimal)"
    )
    return Note("decimal signs", text)


def described(style: NumberStyle, whole: bool) -> str:
    """Describe how numbers are written, in one clause."""
    text = "whole numbers" if whole else "numbers"
    extras = []
    if style.decimal == ",":
        extras.append("a decimal comma")
    if style.thousands:
        names = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
        extras.append(f"{names[style.thousands]} between thousands")
    if style.marks:
        extras.append(" or ".join(style.marks))
    if style.brackets:
        extras.append("brackets for minus")
    return text + (" with " + ", ".join(extras) if extras else "")


def listed(texts: tuple[str, ...]) -> str:
    """List words, a few of them, and say how many more there are."""
    more = f" and {len(texts) - 3:,} more" if len(texts) > 3 else ""
    return ", ".join(f'"{each}"' for each in texts[:3]) + more


def for_no_value(texts: tuple[str, ...]) -> str:
    """Say which words stand for no value, as the end of a sentence; nothing without any."""
    return f"; missing: {listed(texts)}" if texts else ""


def _alone(column: Column) -> Column:
    if column.missing:
        return replace(column, reason="one number, where the cell is not empty")
    return replace(
        column, kind=Kind.DROPPED, number=None, reason="constant: every cell is the same"
    )


def _of_codes(bare: Column, why: str, used: int) -> Finding:
    return Finding(levels.of_codes(bare, why, used))


def _are_days(different: Any) -> bool:
    if different[0] < _FIRST_DAY or different[-1] > _LAST_DAY:
        return False
    texts = pa.array(different.astype(np.int64).astype(str))
    return not bool(np.isnan(dates.seconds_of_format(texts, "%Y%m%d")).any())


def _share_of_tens(different: Any) -> float:
    parts = (different[at : at + _AT_ONCE] for at in range(0, len(different), _AT_ONCE))
    return sum(int(np.count_nonzero(part % 10 == 0)) for part in parts) / len(different)


def _why_none(name: str, different: Any) -> str | None:
    """Say why integers, each of which occurs once, are no quantity, though they do not count."""
    if column_names.is_identifier(name):
        return "an identifier, by its name: different in every row"
    if column_names.is_time(name) or different[0] < 0 or len(different) < _MANY:
        return None
    digits = np.floor(np.log10(np.maximum(different[[0, -1]], 1))) + 1
    if digits[0] == digits[1] >= _ALIKE_DIGITS and _share_of_tens(different) < _ROUND:
        return f"an identifier: integers of {int(digits[0])} digits, different in every row"
    return None
