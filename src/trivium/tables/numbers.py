"""Numbers as people write them: decimal commas, groups of digits, currencies, percent, brackets.

A style says how the cells of a column are to be read; a cell that it does not read is null. Text
becomes float64 by one correctly rounded conversion, so that the same digits give the same bits.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables.blanks import blanked
from trivium.tables.errors import TableError
from trivium.tables.kinds import Column, Kind, NumberStyle

CURRENCIES = (
    "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₪", "฿", "₫", "₴", "¢", "R$", "US$", "A$", "C$", "zł",
    "kr", "kr.", "Kč", "Ft", "lei", "Fr", "Fr.", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "RMB",
    "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "AUD", "CAD", "NZD", "BRL", "MXN", "ZAR", "Rs",
    "Rs.", "RUB", "TRY", "KRW",
)  # fmt: skip
UNITS = (
    "%", "‰", "kg", "g", "mg", "µg", "ug", "lb", "lbs", "oz", "km", "m", "cm", "mm", "mi", "ft",
    "yd", "km/h", "mph", "m/s", "m²", "km²", "ha", "sqft", "l", "L", "ml", "mL", "cl", "h", "hr",
    "hrs", "min", "s", "sec", "ms", "days", "weeks", "months", "years", "yrs", "°C", "°F", "°",
    "Hz", "kHz", "MHz", "GHz", "kB", "KB", "MB", "GB", "TB", "kW", "kWh", "MW", "hp", "PS", "kcal",
    "mmHg", "bpm", "hPa", "kPa", "bar", "mg/dl", "mg/dL", "mmol/l", "mmol/L", "px", "pts", "dpi",
)  # fmt: skip
"""Behind numbers; one and the same in all cells of a column."""
MARKS = frozenset((*CURRENCIES, *UNITS))

PLAIN = NumberStyle()
STYLES = (
    PLAIN,
    NumberStyle(","),
    NumberStyle(".", ","),
    NumberStyle(",", "."),
    NumberStyle(".", " "),
    NumberStyle(",", " "),
    NumberStyle(".", "'"),
    NumberStyle(",", "'"),
)
"""Ways of pointing and grouping; "’" is read as "'"."""

WHITE = r"[\s\x{00A0}\x{2007}\x{2009}\x{202F}]"
_GROUPING = {",": ",", ".": r"\.", " ": WHITE, "'": "['’]"}


def stripped(texts: pa.Array) -> pa.Array:
    """Return texts without white space around them, of any script."""
    return pc.utf8_trim_whitespace(texts)


def canonical(texts: pa.Array, style: NumberStyle = PLAIN) -> pa.Array:
    """Return numbers of a style as Python writes them; null for what is none."""
    texts = stripped(texts)
    before = _one_of([each for each in style.marks if each in CURRENCIES])  # L1 is a code, 1 L none
    if before:
        texts = pc.replace_substring_regex(texts, rf"^([(+\-−]*){WHITE}*{before}{WHITE}*", r"\1")
    if style.marks:
        behind = _one_of(style.marks)
        texts = pc.replace_substring_regex(texts, rf"{WHITE}*{behind}{WHITE}*(\)?)$", r"\1")
    texts = pc.replace_substring(texts, "−", "-")
    if style.brackets:
        texts = pc.replace_substring_regex(texts, rf"^\({WHITE}*([^()+-]*?){WHITE}*\)$", r"-\1")
    texts = blanked(texts, pc.invert(pc.match_substring_regex(texts, _pattern(style))))
    if style.thousands:
        texts = pc.replace_substring_regex(texts, _GROUPING[style.thousands], "")
    if style.decimal != ".":
        texts = pc.replace_substring(texts, ",", ".")
    return texts


def values(texts: pa.Array, style: NumberStyle = PLAIN) -> pa.Array:
    """Return numbers of a style as float64, with null for what is none."""
    return pc.cast(canonical(texts, style), pa.float64())


def as_codes(texts: pa.Array) -> pa.Array:
    """Return whole numbers without their point, and other texts as they are."""
    return pc.replace_substring_regex(texts, r"^\s*([+-]?[0-9]+)(?:[.,]0*)?\s*$", r"\1")


def with_decimal(column: Column, sign: str) -> Column:
    """Return a column whose numbers have a given decimal sign.

    Where that is another one than before, the one before may stand between thousands.

    Parameters
    ----------
    column : Column
    sign : {".", ","}

    Raises
    ------
    TableError
        If it is neither.
    """
    require_decimal(sign)
    style = column.number or PLAIN
    if column.kind is not Kind.NUMERIC or style.decimal == sign:
        return column
    between = style.thousands if style.thousands in (" ", "'") else "." if sign == "," else ","
    return replace(column, number=replace(style, decimal=sign, thousands=between))


def require_decimal(sign: str) -> None:
    """Refuse what is no decimal sign.

    Raises
    ------
    TableError
    """
    if sign not in (".", ","):
        raise TableError(f"the decimal sign is '.' or ',', not {sign!r}")


def reads_with_other_decimal(text: str, style: NumberStyle) -> bool:
    """Whether a text is a number if the other decimal sign is meant."""
    other = "." if style.decimal == "," else ","
    column = with_decimal(Column("", Kind.NUMERIC, number=style), other)
    return bool(canonical(pa.array([text]), column.number or PLAIN).null_count == 0)


def holds_any(found: Float64, words: Sequence[str]) -> bool:
    """Whether numbers are among those that words, which stand for no value, spell."""
    if not words:
        return False
    spelled = values(pa.array(list(words), pa.string())).drop_null()
    return len(spelled) > 0 and bool(np.isin(found, spelled.to_numpy()).any())


def _one_of(marks: Sequence[str]) -> str:
    """Return a pattern of any of several marks, the longest first; none if there are none."""
    each = map(re.escape, sorted(marks, key=len, reverse=True))
    return f"(?:{'|'.join(each)})" if marks else ""


def _pattern(style: NumberStyle) -> str:
    point = re.escape(style.decimal)
    plain = rf"(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    if not style.thousands:
        return rf"^[+-]?{plain}$"
    group = _GROUPING[style.thousands]
    grouped = rf"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+(?:{point}[0-9]*)?"
    if style.thousands == ",":  # lakh and crore, as in 12,34,567
        grouped = rf"{grouped}|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}(?:{point}[0-9]*)?"
    return rf"^[+-]?(?:{grouped}|{plain})$"
