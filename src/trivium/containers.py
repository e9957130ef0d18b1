"""Values in whatever container, as plain NumPy arrays of their own kind.

Everything that a user gives beside the rows themselves comes in by `as_array`: labels, weights,
groups, penalties, numbers of rows. Lists, arrays of objects, pandas' nullable columns and
categories, polars, Arrow and NumPy's variable-width strings end as the NumPy array that their
values would make by themselves: integers stay integers, to the last digit. What is masked,
missing or sparse is refused by name, never filled in.
"""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse

from trivium.arrays import Float64, Labels


def require_unmasked(values: Any, name: str, *, each: str = "row") -> None:
    """Raise a ValueError at the first value that is masked.

    Parameters
    ----------
    values : object
        Anything; a list or tuple may hold masked arrays, one a row.
    name : str
        What an error calls them.
    each : str
        What it calls the place of one.
    """
    if not isinstance(values, (list, tuple)):
        _require_part_unmasked(values, name, each, ())
    elif any(issubclass(kind, np.ma.MaskedArray) for kind in set(map(type, values))):
        for place, part in enumerate(values):
            _require_part_unmasked(part, name, each, (place,))


def as_array(values: Any, name: str, *, what: str = "value", each: str = "row") -> Labels:
    """Return values as a NumPy array of their own kind.

    Parameters
    ----------
    values : array-like
    name : str
        What an error calls them.
    what : str
        What an error calls one.
    each : str
        What an error calls the place of one.

    Returns
    -------
    ndarray
        Of booleans, numbers, strings or dates. It stays an array of objects where these are
        strings, integers beyond 64 bits, or things of other kinds.

    Raises
    ------
    ValueError
        If one is masked, or missing among objects (None, NaN, NaT and pandas' NA); the message
        names its place. NaN among numbers and NaT among dates are left alone.
    TypeError
        If they are sparse.

    Examples
    --------
    >>> import numpy as np
    >>> as_array(np.array([True, False], dtype=object), "y")
    array([ True, False])
    >>> as_array([2**64 - 1, 5], "y")
    array([18446744073709551615,                    5], dtype=uint64)
    >>> as_array(["a", None], "y", what="label")
    Traceback (most recent call last):
        ...
    ValueError: y holds no label in row 1, but None.
    """
    require_unmasked(values, name, each=each)
    if scipy.sparse.issparse(values):
        raise TypeError(f"{name} is sparse, but must be dense: use its toarray().")
    try:
        array: Labels = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} is no regular array: {error}") from error
    if isinstance(values, (list, tuple)) and array.dtype.kind in "fcUS":
        objects = np.array(values, dtype=object)
        kinds = set(map(type, objects.flat))
        if not (_all_are(kinds, float, np.floating) or _all_are(kinds, str)):
            array = objects  # NumPy has made them alike
    elif array.dtype.kind == "T":
        array = array.astype(object)
    if array.dtype.kind == "O":
        return _of_objects(array, name, what, each)
    return array


def as_numbers(values: Any, name: str, *, each: str = "row") -> Float64:
    """Return values that are real numbers as a float64 array.

    Parameters
    ----------
    values : array-like
    name : str
        What an error calls them.
    each : str
        What an error calls the place of one.

    Raises
    ------
    ValueError
        If one is masked, missing or no real number: complex, a date, a string. NaN and
        infinity are for the caller to judge.
    TypeError
        If they are sparse.
    """
    array = as_array(values, name, what="number", each=each)
    if array.dtype.kind == "O":
        floats = [
            _as_float(value, name, _named(np.unravel_index(place, array.shape), each))
            for place, value in enumerate(array.flat)
        ]
        return np.array(floats, dtype=np.float64).reshape(array.shape)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} is not made of numbers, but of {array.dtype.type.__name__}.")
    return array.astype(np.float64, copy=False)


def is_whole(kind: type) -> bool:
    """Whether a type is one of integers or booleans; NumPy counts timedelta64 among the former."""
    return issubclass(kind, (Integral, np.bool_)) and not issubclass(kind, np.timedelta64)


def shown(label: Any) -> str:
    """Write a label as the user would: 3 and 'a', not np.int64(3) and np.str_('a')."""
    if isinstance(label, (np.datetime64, np.timedelta64)):  # item() may be a bare integer
        return str(label)
    return repr(label.item() if isinstance(label, np.generic) else label)


def _of_objects(array: Labels, name: str, what: str, each: str) -> Labels:
    """Give an array of objects the kind that all of them share."""
    kinds = set(map(type, array.flat))
    if _all_are(kinds, str):  # or there are none
        return array
    if _all_are(kinds, bool, np.bool_):
        return array.astype(np.bool_)
    if all(map(is_whole, kinds)):
        return _of_integers(array)
    if all(is_whole(kind) or issubclass(kind, (float, np.floating)) for kind in kinds):
        return _of_floats(array, name, each)
    _require_present(array, name, what, each)
    return array


def _all_are(kinds: set[type], *allowed: type) -> bool:
    return all(issubclass(kind, allowed) for kind in kinds)


def _of_integers(array: Labels) -> Labels:
    """Integers of 64 bits where that is enough, else Python's."""
    integers = list(map(int, array.flat))
    for dtype in (np.int64, np.uint64):
        with suppress(OverflowError):
            return np.array(integers, dtype=dtype).reshape(array.shape)
    return np.array(integers, dtype=object).reshape(array.shape)


def _of_floats(array: Labels, name: str, each: str) -> Labels:
    for place, value in enumerate(array.flat):
        if is_whole(type(value)) and not _is_float(int(value)):
            at = _named(np.unravel_index(place, array.shape), each)
            raise ValueError(f"{name} holds {value} in {at}, which is no float64, among floats.")
    return array.astype(np.float64)


def _is_float(integer: int) -> bool:
    """Whether float64 holds an integer to the last digit."""
    with suppress(OverflowError):
        return float(integer) == integer
    return False


def _as_float(value: Any, name: str, at: str) -> float:
    kind = type(value)
    if not (is_whole(kind) or issubclass(kind, (Real, Decimal))) or kind is np.timedelta64:
        raise ValueError(f"{name} is not made of numbers: {at} holds {shown(value)}.")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(f"{name} holds a number beyond float64 in {at}.") from error


def _require_part_unmasked(part: Any, name: str, each: str, place: tuple[int, ...]) -> None:
    if not isinstance(part, np.ma.MaskedArray) or part.dtype.names is not None:
        return
    mask = np.ma.getmaskarray(part)
    if mask.any():
        at = _named((*place, *np.argwhere(mask)[0]), each)
        raise ValueError(
            f"{name} is a masked array, masked in {at}: fill what is masked, or leave it out."
        )


def _require_present(array: Labels, name: str, what: str, each: str) -> None:
    for place, value in enumerate(array.flat):
        if _is_missing(value):
            at = _named(np.unravel_index(place, array.shape), each)
            raise ValueError(f"{name} holds no {what} in {at}, but {shown(value)}.")


def _is_missing(value: Any) -> bool:
    """Whether a value is None or differs from itself, or nobody knows, as of pandas' NA."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ArithmeticError):  # the latter from Decimal's signalling NaN
        return True
    except ValueError:  # an array in the place of a value
        return False


def _named(place: Iterable[Any], each: str) -> str:
    """Name a place: its row, and in a table its column."""
    names = (each, "column")
    numbers = [f"{kind} {number}" for kind, number in zip(names, place, strict=False)]
    return ", ".join(numbers) or "its only value"
