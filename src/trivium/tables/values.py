"""Text cells of a known column as numbers, truth values, seconds or levels."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables import dates, numbers, words
from trivium.tables.blanks import blanked
from trivium.tables.cells import as_mask, is_one_of
from trivium.tables.errors import CellError
from trivium.tables.kinds import Column, Kind, NumberStyle

_AN_ISO_DAY = {"min": 10, "max": 10}
_LENGTHS = pa.struct({"min": pa.int32(), "max": pa.int32()})


def values_of(cells: pa.Array | pa.ChunkedArray, column: Column) -> Any:
    """Read cells of a column as what it is.

    Parameters
    ----------
    cells : Arrow array of strings
        Null is an empty cell. Or of float64, all finite, for a numeric column.
    column : Column

    Returns
    -------
    float64 array, shape (n_cells,), or Arrow array of strings
        Numbers, truth values (1 and 0) and dates (seconds since 1970-01-01, UTC where they name a
        zone), with NaN where there is none; for categories, groups and text the cells, with null.

    Raises
    ------
    CellError
        If a cell is no value of that kind, or infinite.
    """
    if isinstance(cells, pa.ChunkedArray):
        cells = pa.concat_arrays(cells.chunks) if cells.num_chunks else pa.array([], pa.string())
    if pa.types.is_floating(cells.type):
        return _with_nan(cells)
    if column.kind is Kind.NUMERIC:
        return _numbers(cells, column)
    if column.kind is Kind.BOOLEAN:
        return _by_level(cells, column, _truths)
    if column.kind is Kind.DATE:
        plain = _plain_days(cells, column)
        return _by_level(cells, column, _seconds) if plain is None else plain
    return levels_of(cells, column)


def is_plain(column: Column) -> bool:
    """Whether cells of a column are numbers as programs write them, and no word stands for none."""
    plain = column.number is None or column.number == NumberStyle()
    return column.kind is Kind.NUMERIC and plain and not column.missing_words


def takes_numbers(column: Column) -> bool:
    """Whether numbers that are no text, of tables with types, can be told what they measure.

    A percentage is 12.3 as text and may be .123 as a number: such columns are read as text, with
    their unit. So are columns that a number stands for no value in.
    """
    if column.kind is not Kind.NUMERIC or _units(column.number):
        return False
    spelled = numbers.values(pa.array(column.missing_words, pa.string()))
    return bool(spelled.null_count == len(spelled))


def _units(style: NumberStyle | None) -> list[str]:
    """Return the units, currencies aside, that all numbers of a style have."""
    return [] if style is None else [m for m in style.marks if m not in numbers.CURRENCIES]


def levels_of(cells: pa.Array, column: Column) -> pa.Array:
    """Return cells as they are, with null for the words that stand for nothing.

    Codes that are whole numbers have no point, so that 7.0 of a file is the 7 of another.
    """
    gone = column.missing_words
    if gone:
        cells = blanked(cells, pc.is_in(cells, value_set=pa.array(gone, pa.string())))
    return cells if column.number is None else numbers.as_codes(cells)


def is_missing(texts: pa.Array, missing_words: tuple[str, ...]) -> Any:
    """Tell which texts stand for no value among values, as a mask.

    Words such as NA do so in any file, whether the column had them when it was decided or not.
    """
    gone = is_one_of(texts, words.MISSING)
    if missing_words:
        gone |= as_mask(pc.is_in(texts, value_set=pa.array(missing_words, pa.string())))
    return gone


def _numbers(cells: pa.Array, column: Column) -> Float64:
    style = column.number or NumberStyle()
    if style == NumberStyle():
        plain = _plain_numbers(cells)
        if plain is not None and not numbers.holds_any(plain, column.missing_words):
            return plain
    return _by_level(cells, column, lambda texts, _: _in_style(texts, style))


def _in_style(texts: pa.Array, style: NumberStyle) -> pa.Array:
    """Return numbers of a style, null where the unit of all others is not there."""
    found = numbers.values(texts, style)
    if not (units := _units(style)):
        return found
    there = pc.match_substring_regex(texts, "|".join(map(re.escape, units)))
    return pc.if_else(pc.or_(there, pc.equal(found, 0.0)), found, pa.scalar(None, pa.float64()))


def _plain_numbers(cells: pa.Array) -> Float64 | None:
    """Return numbers where each cell is a plain finite one; the quick way through most columns."""
    try:
        read = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None
    found = _with_nan(read)
    # A word such as NaN or inf is left to the slow way.
    return found if np.isfinite(found).sum() == len(cells) - cells.null_count else None


def _plain_days(cells: pa.Array, column: Column) -> Float64 | None:
    """Return seconds where each cell is a day of ISO 8601; the quick way through most dates."""
    if column.date is None or column.date.formats[:1] != ("iso",):
        return None
    if pc.min_max(pc.binary_length(cells)) != pa.scalar(_AN_ISO_DAY, _LENGTHS):
        return None
    try:
        read = pc.cast(cells, pa.timestamp("s"))
    except pa.ArrowInvalid:
        return None
    return _with_nan(pc.cast(pc.cast(read, pa.int64()), pa.float64()))


def _with_nan(found: pa.Array) -> Float64:
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64).copy()


def _truths(texts: pa.Array, column: Column) -> pa.Array:
    bare = pc.utf8_lower(numbers.stripped(texts))
    if words.ONE in column.truths:  # 1.00 is 1
        read = numbers.values(pc.replace_substring(bare, ",", "."))
        one, zero = pc.equal(read, 1.0), pc.equal(read, 0.0)
        bare = pc.case_when(pc.make_struct(one, zero), words.ONE, words.ZERO, bare)
    # Truth values of tables with types are written as Python writes them.
    true = pc.is_in(bare, value_set=pa.array({*column.truths, "true"}, pa.string()))
    false = pc.is_in(bare, value_set=pa.array({*column.falsehoods, "false"}, pa.string()))
    return pc.case_when(pc.make_struct(true, false), 1.0, 0.0)


def _seconds(texts: pa.Array, column: Column) -> pa.Array:
    """Read dates as the column's are written, or as typed tables write them, by ISO 8601."""
    formats = () if column.date is None else column.date.formats
    return dates.seconds(texts, formats if "iso" in formats else (*formats, "iso"))


def _by_level(cells: pa.Array, column: Column, read: Any) -> Float64:
    """Read each different cell once, and give it to all that are like it."""
    encoded = cells.dictionary_encode()
    texts = encoded.dictionary
    missing = is_missing(texts, column.missing_words)
    kept = blanked(texts, missing)
    found = read(kept, column)
    table = _with_nan(found)
    wrong = ~missing & as_mask(pc.invert(pc.is_valid(found))) | np.isinf(table)
    codes = pc.fill_null(encoded.indices, len(texts)).to_numpy(zero_copy_only=False)
    if wrong.any():
        row = int(np.flatnonzero(np.append(wrong, False)[codes])[0])
        raise _wrong(cells[row].as_py(), column, row)
    found_by_row: Float64 = np.append(table, np.nan)[codes]
    return found_by_row


def _wrong(cell: str, column: Column, row: int) -> CellError:
    name = column.name
    if column.kind is Kind.NUMERIC and _is_infinite(cell, column):
        return CellError(f"column {name!r} has an infinite number", name, row, cell)
    nouns = {Kind.NUMERIC: "number", Kind.BOOLEAN: "truth value", Kind.DATE: "date"}
    message = f"column {name!r} has a cell that is no {nouns[column.kind]}"
    if column.kind is Kind.NUMERIC and (units := _units(column.number)):
        message += f" with {' or '.join(units)}"
    elif column.kind is Kind.NUMERIC:
        style = column.number or NumberStyle()
        if numbers.reads_with_other_decimal(cell, style):
            message += f" with {'a decimal comma' if style.decimal == ',' else 'a decimal point'}"
            message += " (--decimal)"
    if column.kind is Kind.DATE and column.date is not None:
        message += " written as " + " or ".join(map(dates.spelled, column.date.formats))
    if column.kind is Kind.BOOLEAN:
        message += " of those known (" + ", ".join((*column.truths, *column.falsehoods)) + ")"
    return CellError(message, name, row, cell)


def _is_infinite(cell: str, column: Column) -> bool:
    texts = pa.array([cell])
    if is_one_of(texts, words.INFINITE).any():
        return True
    read = numbers.values(texts, column.number or NumberStyle())
    return bool(pc.any(pc.is_inf(read)).as_py())
