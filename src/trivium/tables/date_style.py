"""In which order the dates of a column are written, by all of them together."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables import dates
from trivium.tables.cells import Filled, as_mask
from trivium.tables.findings import MIXED_DATES, MOSTLY_DATES, PLACE, Finding, Hints, Note
from trivium.tables.kinds import Column, DateStyle, Kind
from trivium.tables.quantities import for_no_value

_MOSTLY, _HALF = 0.8, 0.5
_LIKE = (
    r"^\s*[0-9]{1,4}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,4})?(?:[T ,].*)?\s*$"
    r"|^\s*[0-9]{1,2}/[0-9]{4}\s*$|^\s*[0-9]{1,2}:[0-9]{2}"
    r"|^\s*[0-9]{1,2}\.?[ -][A-Za-z]{3,9}\.?[ -][0-9]{2,4}"
    r"|^\s*[A-Za-z]{3,9}\.? [0-9]{1,2},? [0-9]{4}"
)
_DAY = r"^\s*(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})\b"
_OTHER_FORMS = (  # with the day of the week, with months of other languages, quarters and weeks
    r"^\s*\pL{2,10}\.?,? (?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
    r"|^\s*(?:\pL{2,10}\.?,? )?[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}\b"
    r"|^\s*(?:\pL{2,10}\.?,? )?[0-9]{1,2}\.?[ -](?:de )?\pL{3,10}\.?[ -](?:de )?(?:19|20)[0-9]{2}\b"
    r"|^\s*(?:19|20)[0-9]{2}[- ]?(?:Q|W|KW|T)[ -]?[0-9]{1,2}\s*$"
    r"|^\s*(?:Q|W|KW|T)[ -]?[0-9]{1,2}[ /-](?:19|20)[0-9]{2}\s*$"
)
_YEAR = r"(?:19|20)[0-9]{2}"  # in each of the other forms
ORDERS = {
    "ymd": "year first",
    "dmy": "day first",
    "mdy": "month first",
}


def order_of(format_: str) -> str | None:
    """Name the order of a format; None where the month has its name, or the day is left out."""
    if format_ == "iso":
        return "ymd"
    order = "".join(each for each in format_.lower() if each in "ymd")
    return order if order in ORDERS else None


def dates_of(name: str, filled: Filled, hints: Hints) -> Finding | Note | None:
    """Find out whether cells are dates; as `numbers_of` does of numbers."""
    like = as_mask(pc.match_substring_regex(filled.texts, _LIKE))
    if filled.rows_of(like) < _MOSTLY * filled.used:
        return _of_other_forms(name, filled)
    read = _read(filled.texts)
    orders = _orders(hints)
    good = {order: _by_order(read, order, filled) for order in orders}
    whole = [order for order in orders if good[order].all()]
    if not whole:
        nouns = "times of day" if set(read) == {dates.CLOCK} else "dates of one order"
        return _hindered(name, filled, good, nouns) or _of_other_forms(name, filled)
    order, doubt = _chosen(whole, hints)
    formats = _formats(read, order)
    seconds = dates.seconds(filled.texts, formats).to_numpy(zero_copy_only=False)
    n_levels = len(np.unique(seconds))
    ordered = any(order_of(each) for each in formats)
    reason = f"dates, {ORDERS[order]}"
    if not ordered:
        reason = "dates, with the month's name" if "%b" in formats[0] else "months"
    if formats == (dates.CLOCK,):
        reason = "times of day"
    if n_levels == 1 and not filled.missing:
        return Finding(Column(name, Kind.DROPPED, "constant: every cell is the same", 1))
    if doubt:
        reason += (
            " or month first: no cell tells" if order == "dmy" else " or day first: no cell tells"
        )
    reason += for_no_value(filled.missing_words)
    column = Column(
        name,
        Kind.DATE,
        reason,
        n_levels,
        filled.missing,
        filled.missing_words,
        date=DateStyle(formats),
    )
    if not doubt:
        return Finding(column, evidence=order if ordered else None)
    note = Note(
        "the order of dates",
        f"column {name!r} does not tell whether its dates are written day first or month first: "
        f"they are read {ORDERS[order]} (--dates)",
    )
    return Finding(column, (note,), doubt="order")


def dates_read_best(filled: Filled, hints: Hints) -> tuple[DateStyle, Any]:
    """Return the style of the order that reads most cells, and the seconds of each text."""
    read = _read(filled.texts)
    if not read:
        return DateStyle(), np.full(len(filled.texts), np.nan)
    rows = {order: filled.rows_of(_by_order(read, order, filled)) for order in _orders(hints)}
    best = [order for order in rows if rows[order] == max(rows.values())]
    formats = _formats(read, _chosen(best, hints)[0])
    seconds = dates.seconds(filled.texts, formats).to_numpy(zero_copy_only=False)
    return DateStyle(formats), seconds


def _orders(hints: Hints) -> list[str]:
    return [hints.order] if hints.order_forced and hints.order else list(ORDERS)


def _read(texts: pa.Array) -> dict[str, Any]:
    """Return the seconds of each format that reads anything."""
    read = {}
    for format_ in dates.FORMATS:
        seconds = dates.seconds_of_format(texts, format_)
        if not np.isnan(seconds).all():
            read[format_] = seconds
    return read


def _by_order(read: dict[str, Any], order: str, filled: Filled) -> Any:
    good = np.zeros(len(filled.texts), bool)
    for format_, seconds in read.items():
        if order_of(format_) in (order, None):
            good |= ~np.isnan(seconds)
    return good


def _formats(read: dict[str, Any], order: str) -> tuple[str, ...]:
    """Return the formats of an order that are needed, those that read most first."""
    usable = [f for f in read if order_of(f) in (order, None)]
    usable.sort(key=lambda f: int(np.isnan(read[f]).sum()))
    needed: list[str] = []
    done = np.zeros(len(next(iter(read.values()))), bool)
    for format_ in usable:
        more = ~np.isnan(read[format_]) & ~done
        if more.any():
            needed.append(format_)
            done |= more
    return tuple(needed)


def _chosen(whole: list[str], hints: Hints) -> tuple[str, bool]:
    """Choose among the orders that read all cells; tell whether it was a choice."""
    if "ymd" in whole or len(whole) == 1:
        return ("ymd" if "ymd" in whole else whole[0]), False
    return (hints.order if hints.order in whole else "dmy"), True


def _hindered(name: str, filled: Filled, good: dict[str, Any], nouns: str) -> Note | None:
    """Say why cells are not taken for dates, most of which are some, or look so."""
    best = max(good, key=lambda order: filled.rows_of(good[order]))
    read, either = filled.rows_of(good[best]), np.any(list(good.values()), axis=0)
    other = filled.rows_of(either & ~good[best])
    none = filled.used - read - other
    days = as_mask(pc.match_substring_regex(filled.texts, _DAY))
    if read + other < _HALF * filled.used and filled.rows_of(days) < _MOSTLY * filled.used:
        return None
    if other:
        topic = MIXED_DATES
        what = f"holds dates of several orders: {_cells(read)} read {ORDERS[best]}, "
        what += f"{other:,} otherwise" + (f", {none:,} are no dates" if none else "")
        what += f"; the first that differs is in {PLACE}"
    elif read:
        topic = MOSTLY_DATES
        what = f"holds {read:,} {nouns}, but {_cells(none)} {'is' if none == 1 else 'are'} none"
        what += f", the first in {PLACE}"
    else:
        topic, what = MOSTLY_DATES, "looks like dates, but there are no such days"
    return Note(
        topic,
        f"column {name!r} {what}: it is not taken for dates",
        filled.first_row(~good[best]),
        other + none,
    )


def _of_other_forms(name: str, filled: Filled) -> Note | None:
    # To make the pattern ready takes 26 ms, with all letters of Unicode: of each column of words.
    for pattern in (_YEAR, _OTHER_FORMS):
        like = as_mask(pc.match_substring_regex(filled.texts, pattern))
        if filled.rows_of(like) < _MOSTLY * filled.used:
            return None
    text = (
        f"column {name!r} seems to hold dates in a form that is not read: it is not taken for dates"
    )
    return Note("dates of other forms", text)


def _cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n:,} cells"
