"""Values of typed tables, as the text that a CSV file of them would hold.

Whole numbers have no point, so that integers with gaps, which became float64 somewhere, read as the
integers that they were. Other floats are written with the fewest digits that give them back.
"""

import datetime
import decimal
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables.blanks import blanked
from trivium.tables.errors import TableError

_EXACT = 2.0**53
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def text_of_array(values: pa.Array, name: str) -> pa.Array:
    """Return an Arrow array as strings; null stands for an empty cell.

    Raises
    ------
    TableError
        If the values are lists, structs, bytes or the like.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        if pa.types.is_fixed_size_binary(kind.storage_type):
            return text_of_objects(values.to_pylist(), name)  # UUIDs
        return text_of_array(values.storage, name)
    if pa.types.is_dictionary(kind):
        return text_of_array(values.dictionary_decode(), name)
    if pa.types.is_run_end_encoded(kind):
        return text_of_array(pc.run_end_decode(values), name)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _without_empty(pc.cast(values, pa.string()))
    if pa.types.is_null(kind):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "True", "False")
    if pa.types.is_floating(kind):
        return _of_floats(values)
    if pa.types.is_timestamp(kind):
        return _of_times(values)
    if pa.types.is_duration(kind):
        ticks = pc.cast(pc.cast(values, pa.int64()), pa.float64(), safe=False)
        return _of_floats(pc.divide(ticks, float(_PER_SECOND[kind.unit])))
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind) or _is_day_or_time(kind):
        return pc.cast(values, pa.string())
    raise holds_no_values(name, str(kind))


def type_word(kind: pa.DataType) -> str | None:
    """Say what values of an Arrow type are, in a word; None where there are none.

    Integers, floats and decimals are numbers all, for a file without gaps has whole numbers where
    another has floats.
    """
    if isinstance(kind, pa.BaseExtensionType):
        return type_word(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return type_word(kind.value_type)
    if pa.types.is_null(kind):
        return None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numbers"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "truth values"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "dates"
    return str(kind)


def text_of_objects(values: Any, name: str) -> pa.Array:
    """Return Python objects, of any mix of types, as strings."""
    return pa.array([text_of(value, name) for value in values], pa.string())


def text_of(value: Any, name: str) -> str | None:
    """Return one Python object as text, or None where there is nothing."""
    if isinstance(value, str):
        return str(value) or None
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float | decimal.Decimal) and value != value):
        return None
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < _EXACT
        return (
            str(int(value)) if whole and str(value)[0] + str(value)[-2:] != "-.0" else repr(value)
        )
    if isinstance(value, datetime.datetime):
        return _of_datetime(value)
    if isinstance(value, datetime.timedelta):
        return text_of(value.total_seconds(), name)
    if isinstance(value, bytes | bytearray | memoryview | list | tuple | dict | set | np.ndarray):
        raise holds_no_values(name, type(value).__name__)
    if str(value) in ("<NA>", "NaT"):  # pandas's, which may not be installed
        return None
    return str(value) or None


def holds_no_values(name: str, kind: str) -> TableError:
    """Return the error of a column whose cells are no single values."""
    return TableError(
        f"column {name!r} holds values of type {kind}, not single numbers, words or dates: "
        "leave it out (--drop)"
    )


def _without_empty(texts: pa.Array) -> pa.Array:
    empty = pc.equal(pc.binary_length(texts), 0)
    if not pc.any(empty).as_py():
        return texts
    return blanked(texts, empty)


def _is_day_or_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_time(kind))


def _of_floats(values: pa.Array) -> pa.Array:
    if pa.types.is_float16(values.type):
        values = pc.cast(values, pa.float32())
    values = blanked(values, pc.is_nan(values))
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    with np.errstate(invalid="ignore"):
        whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < _EXACT)
    whole &= (numbers != 0) | ~np.signbit(numbers)  # -0.0 keeps its sign
    if whole.all():
        return pc.cast(pa.array(numbers.astype(np.int64)), pa.string())
    if not whole.any():
        return pc.cast(values, pa.string())
    integers = pa.array(np.where(whole, numbers, 0).astype(np.int64))
    return pc.if_else(pa.array(whole), pc.cast(integers, pa.string()), pc.cast(values, pa.string()))


def _of_times(values: pa.Array) -> pa.Array:
    kind = values.type
    # Without its zone the time is that of Greenwich: no table of zones is asked.
    plain = values.view(pa.int64()).view(pa.timestamp(kind.unit))
    days = pc.cast(plain, pa.date32(), safe=False)
    if kind.tz is None and pc.all(pc.equal(pc.cast(days, plain.type), plain)).as_py():
        return pc.cast(days, pa.string())
    text = pc.cast(plain, pa.string())
    return text if kind.tz is None else pc.binary_join_element_wise(text, "Z", "")


def _of_datetime(value: datetime.datetime) -> str | None:
    if str(value) == "NaT":
        return None
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return value.isoformat(" ") + "Z"
    return str(value.date()) if value.time() == datetime.time() else value.isoformat(" ")
