"""Arrays where a processor likes them: those from another process may begin at any byte."""

import operator
from functools import partial
from types import MethodType
from typing import Any

import numpy as np


def aligned(value: Any) -> Any:
    """Return a value whose arrays begin where numbers of their type do: itself, if they do.

    Compiled loops are compiled anew for others, and take twice the time. Arrays are looked
    for in tuples, lists and dicts, in partial functions and methods, and in what instances hold.

    Examples
    --------
    >>> octets = np.zeros(17, dtype=np.uint8)
    >>> halves = [octets[start : start + 16].view(np.float64) for start in (0, 1)]
    >>> [array.flags.aligned for array in aligned(halves)]
    [True, True]
    """
    if isinstance(value, np.ndarray):
        return value if value.flags.aligned else value.copy(order="K")
    if isinstance(value, tuple):
        parts = tuple(map(aligned, value))
        if all(map(operator.is_, parts, value)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else parts
    if isinstance(value, list):
        return list(map(aligned, value))
    if isinstance(value, dict):
        return {name: aligned(part) for name, part in value.items()}
    if isinstance(value, partial):
        return partial(aligned(value.func), *aligned(value.args), **aligned(value.keywords))
    if isinstance(value, MethodType):
        return MethodType(value.__func__, aligned(value.__self__))
    return _instance(value)


def _instance(value: Any) -> Any:
    """Return an instance, or a copy of it in which arrays are aligned; anything else as it is."""
    own = getattr(value, "__dict__", None)
    if isinstance(value, type) or not isinstance(own, dict) or not own:
        return value
    parts = {name: aligned(part) for name, part in own.items()}
    if all(parts[name] is part for name, part in own.items()):
        return value
    changed = object.__new__(type(value))
    changed.__dict__.update(parts)
    return changed
