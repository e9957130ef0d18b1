"""Parameters of estimators as JSON, and back: numbers, strings, lists, tables and arrays.

A function or an object of another kind is code, which no file of data holds.
"""

from typing import Any

import numpy as np

from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, NotStorableError
from trivium.storage.labels import labels_of, labels_written

_DEEPEST = 8
_NUMBERS = ("float64", "float32", "int64", "int32", "uint8", "bool")


def write_parameters(model: Any, written: Written) -> None:
    """Write what `get_params` says of an estimator's own parameters.

    Raises
    ------
    NotStorableError
        If one is a function, or something else that is no data; the message names it.
    """
    part = written.part("parameters")
    for name, value in model.get_params(deep=False).items():
        part.record[name] = value_written(value, name, part)


def parameters_of(stored: Stored, names: list[str]) -> dict[str, Any]:
    """Return the parameters of an estimator that has those named.

    Raises
    ------
    Malformed
    """
    part = stored.part("parameters")
    return {name: value_of(part.value(name), name, part) for name in names}


def value_written(value: Any, name: str, part: Written, depth: int = 0) -> Any:
    """Write one value as JSON, and arrays in it among those of a part.

    Raises
    ------
    NotStorableError
        If it is no data; the message calls it by `name`.
    """
    if depth > _DEEPEST:
        raise NotStorableError(f"{name} is nested too deeply")
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return {"label": labels_written(np.array([value]))}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return number if np.isfinite(number) else {"number": repr(number)}
    if isinstance(value, (list, tuple)):
        items = [value_written(each, name, part, depth + 1) for each in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict):
        pairs = [
            [value_written(key, name, part, depth + 1), value_written(each, name, part, depth + 1)]
            for key, each in value.items()
        ]
        return {"dict": pairs}
    if isinstance(value, np.ndarray) and value.dtype.name in _NUMBERS and value.ndim <= 2:
        place = f"{name}.{len(part.arrays)}"  # which no other has
        part.put(place, value)
        return {"array": place}
    what = "a function" if callable(value) else f"of type {type(value).__name__}"
    raise NotStorableError(
        f"{name}={value!r:.80} is {what}, and a file of data holds no code: set it to something "
        "else by set_params"
    )


def value_of(value: Any, name: str, part: Stored, depth: int = 0) -> Any:
    """Make a value of JSON.

    Raises
    ------
    Malformed
    """
    if depth > _DEEPEST:
        raise Malformed(f"parameter {name} is nested too deeply")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [value_of(each, name, part, depth + 1) for each in value]
    if isinstance(value, dict) and len(value) == 1:
        (kind, content), *_ = value.items()
        if kind == "number" and content in ("inf", "-inf", "nan"):
            return float(content)
        if kind == "label":
            labels = labels_of(content, f"parameter {name}")
            if labels.shape == (1,):
                return labels[0]
        if kind == "tuple" and isinstance(content, list):
            return tuple(value_of(each, name, part, depth + 1) for each in content)
        if kind == "dict" and isinstance(content, list):
            return _table_of(content, name, part, depth)
        if kind == "array" and isinstance(content, str):
            return part.any_array(content, _NUMBERS)
    raise Malformed(f"parameter {name} is nothing that a parameter can be")


def _table_of(pairs: list[Any], name: str, part: Stored, depth: int) -> dict[Any, Any]:
    table = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise Malformed(f"parameter {name} is no table")
        key, value = (value_of(each, name, part, depth + 1) for each in pair)
        if isinstance(key, (list, dict, tuple, np.ndarray)):
            raise Malformed(f"parameter {name} has a key that is none")
        table[key] = value
    if len(table) < len(pairs):
        raise Malformed(f"parameter {name} has a key twice")
    return table
