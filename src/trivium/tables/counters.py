"""Whole numbers of which each occurs once: what counts the rows, and what may."""

from shlex import quote
from typing import Any

import numpy as np

from trivium.tables import column_names
from trivium.tables.counted_numbers import Numbers, common_step
from trivium.tables.findings import Note

COUNTER = "a counter of the rows"
_MANY = 10
_ROWS_OF_A_GAP = 20
_FIRST_YEAR, _LAST_YEAR = 1700, 2100
_BEYOND = 2.0**53


def counter_of(name: str, numbers: Numbers, *, grouped: bool = False) -> str | None:
    """Say how numbers count the rows, if they do.

    They do where they are the terms of an arithmetic sequence, in whatever order; one in twenty may
    be left out, and one more where they rise or fall from row to row. Times are no counters: by
    their name, or where they may be years.

    Parameters
    ----------
    name : str
    numbers : Numbers
        Whole, three at least, all different.
    grouped : bool
        Whether something stands between thousands: then those in steps are amounts.
    """
    different, n = numbers.different, numbers.n_used
    return _counter_of(
        name,
        different,
        n,
        numbers.n_rows - n,
        first=numbers.first,
        ordered=numbers.is_ordered,
        grouped=grouped,
    )


def _counter_of(
    name: str,
    different: Any,
    n: int,
    empty: int,
    *,
    first: float,
    ordered: bool,
    grouped: bool = False,
) -> str | None:
    many = n >= _MANY
    if not (many or column_names.is_identifier(name)) or column_names.is_time(name):
        return None
    if np.abs(different[[0, -1]]).max() >= _BEYOND:
        return None
    step = common_step(different)
    gaps = int(different[-1] - different[0]) // step + 1 - n
    if step == 1 and different[0] >= _FIRST_YEAR and different[-1] <= _LAST_YEAR:
        return None
    if step > 1 and grouped:
        return None
    if different[0] < 0 and (step > 1 or gaps):
        return None  # a grid around zero
    spared = n // _ROWS_OF_A_GAP + ordered if many else 0
    if max(gaps, empty) > spared:
        return None
    reason = COUNTER
    if step > 1:
        reason += f", in steps of {step:,}"
    if gaps or empty:
        reason += ", with gaps" if max(gaps, empty) > 1 else ", with a gap"
    return reason if ordered and first == different[0] else reason + ", in another order"


def note_of_counter(name: str, reason: str, different: Any) -> tuple[Note, ...]:
    """Say that a counter is left out, where it might be a quantity."""
    plain = reason == COUNTER and different[0] in (0, 1)
    if plain or column_names.is_identifier(name):
        return ()
    text = (
        f"column {name!r} is left out as {reason}: --as {quote(f'{name}=numeric')} keeps it, if it "
        "is a quantity"
    )
    return (Note("counters of the rows", text),)


def note_of_repeated(name: str, numbers: Numbers) -> tuple[Note, ...]:
    """Say that whole numbers count the rows, but for a few that come again."""
    different = numbers.different
    again, n = numbers.n_used - len(different), len(different)
    if not 0 < again <= numbers.n_used // _ROWS_OF_A_GAP:
        return ()
    if _counter_of(name, different, n, 0, first=float(different[0]), ordered=True) is None:
        return ()
    text = (
        f"column {name!r} counts the rows, it seems, {again:,} of which have a number that another "
        "has: leave it out (--drop) if so"
    )
    return (Note("counters of the rows", text),)


def note_of_different(name: str, numbers: Numbers) -> tuple[Note, ...]:
    """Say that whole numbers may be those of the rows: they differ, and are no times."""
    different, n_used = numbers.different, numbers.n_used
    if len(different) < n_used or n_used < _MANY or different[0] < 0:
        return ()
    if column_names.is_time(name):
        return ()
    rises = numbers.is_ordered and numbers.first == different[0]
    rise = " and rise from row to row" if rises else ""
    text = (
        f"column {name!r} holds whole numbers that differ in every row{rise}: leave it out "
        "(--drop) if they number the rows"
    )
    return (Note("whole numbers that differ in every row", text),)
