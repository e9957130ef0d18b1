"""Labels of any kind as JSON, to the last digit and letter, and back."""

import re
from itertools import pairwise
from typing import Any

import numpy as np

from trivium.arrays import Labels
from trivium.containers import is_whole
from trivium.labels import hashable
from trivium.storage.errors import Malformed, NotStorableError

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_FLOATS = ("float16", "float32", "float64")
_DATES = re.compile(
    r"(datetime64|timedelta64)\[([1-9][0-9]{0,5})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]"
)
_TEXT = re.compile(r"str(0|[1-9][0-9]{0,7})")
_MOST_TEXT = 64_000_000  # bytes of strings that are all as wide as the widest


def labels_written(labels: Labels) -> dict[str, Any]:
    """Write labels as JSON.

    Raises
    ------
    NotStorableError
        If they are of another kind than those that estimators learn.

    Examples
    --------
    >>> labels_written(np.array(["no", "yes"]))
    {'kind': 'str3', 'values': ['no', 'yes']}
    >>> labels_written(np.array([2**70], dtype=object))
    {'kind': 'integers', 'values': [1180591620717411303424]}
    """
    dtype = labels.dtype.newbyteorder("=")
    if dtype.kind == "O":
        values = labels.tolist()
        if all(isinstance(value, str) for value in values):
            return {"kind": "strings", "values": [str(value) for value in values]}
        if all(is_whole(type(value)) for value in values):
            return {"kind": "integers", "values": [int(value) for value in values]}
        raise NotStorableError("labels are neither all strings nor all integers")
    if dtype.kind == "U":
        width = dtype.itemsize // 4
        if labels.size * dtype.itemsize > _MOST_TEXT:
            raise NotStorableError(
                f"{labels.size} labels of {width} letters are too many: give them as objects"
            )
        return {"kind": f"str{width}", "values": labels.tolist()}
    if _DATES.fullmatch(dtype.name):  # without a unit they are of no length
        return {"kind": dtype.name, "values": labels.astype(np.int64).tolist()}
    if dtype.name not in ("bool", *_INTEGERS, *_FLOATS):
        raise NotStorableError(f"labels are of type {dtype}")
    return {"kind": dtype.name, "values": labels.tolist()}


def labels_of(record: Any, what: str) -> Labels:
    """Make labels of JSON: those that were written, or an error.

    Raises
    ------
    Malformed
    """
    if not isinstance(record, dict) or set(record) != {"kind", "values"}:
        raise Malformed(f"{what} are no labels")
    kind, values = record["kind"], record["values"]
    if not isinstance(kind, str) or not isinstance(values, list):
        raise Malformed(f"{what} are no labels")
    text = _TEXT.fullmatch(kind)
    if kind == "strings" or text:
        _require_all(values, str, what)
        if text is None:
            return _objects(values)
        width = int(text[1])
        if width * 4 * len(values) > _MOST_TEXT:
            raise Malformed(f"{what} are said to be {width} letters wide")
        if max(map(len, values), default=0) > width:
            raise Malformed(f"{what} are longer than {width} letters")
        return np.array(values, dtype=f"<U{width}")
    if kind == "bool":
        _require_all(values, bool, what)
        return np.array(values, dtype=np.bool_)
    if kind in _FLOATS:
        _require_all(values, float, what)
        with np.errstate(over="ignore"):
            labels = np.array(values, dtype=kind)
        if labels.tolist() != values:
            raise Malformed(f"{what} are beyond {kind}")
        return labels
    _require_all(values, int, what)
    if kind == "integers":
        return _objects(values)
    if kind in _INTEGERS:
        return _integers(values, np.dtype(kind), what)
    if _DATES.fullmatch(kind):
        dates = _integers(values, np.dtype(np.int64), what).view(kind)
        if np.isnat(dates).any():
            raise Malformed(f"{what} hold no date in one place")
        return dates
    raise Malformed(f"{what} are of kind {kind[:40]!r}, which is not known")


def classes_of(record: Any, what: str = "classes", *, least: int = 1) -> Labels:
    """Make classes of JSON: labels that rise.

    Raises
    ------
    Malformed
    """
    classes = labels_of(record, what)
    values = hashable(classes)
    if len(values) < least:
        raise Malformed(f"{what} are {len(values)}, and there have to be {least} at least")
    if not all(one < next_one for one, next_one in pairwise(values)):
        raise Malformed(f"{what} do not rise")
    return classes


def _require_all(values: list[Any], kind: type, what: str) -> None:
    if any(type(value) is not kind for value in values):
        raise Malformed(f"{what} are not all of type {kind.__name__}")


def _integers(values: list[int], dtype: np.dtype[Any], what: str) -> Labels:
    limits = np.iinfo(dtype)
    if values and not (min(values) >= limits.min and max(values) <= limits.max):
        raise Malformed(f"{what} are beyond {dtype.name}")
    return np.array(values, dtype=dtype)


def _objects(values: list[Any]) -> Labels:
    labels = np.empty(len(values), dtype=object)
    labels[:] = values
    return labels
