"""JSON that says one thing only: no key twice, no number that float64 does not hold.

A few bytes of JSON can stand for many times as many in memory. So what a text may become is
bounded, by counting its commas, colons and brackets, before it is read.
"""

import json
import math
from typing import Any

from trivium.storage.errors import Malformed, NotStorableError

_MOST_PLAIN = 64_000_000  # bytes that any text may become
_BYTES_A_VALUE, _BYTES_A_PAIR = 80, 240  # at most, of an empty list, and of a key and its places
_SHOWN = 40


def parsed(text: str, what: str, *, warranted: int) -> Any:
    """Read a text.

    Parameters
    ----------
    text : str
    what : str
        What an error calls it.
    warranted : int
        Bytes that it may become beyond those that any text may.

    Raises
    ------
    Malformed
        If it is no JSON, has a key twice, a number that is not finite or would take much more
        memory than the file.

    Examples
    --------
    >>> parsed('{"a": [1, 2.5]}', "the header", warranted=0)
    {'a': [1, 2.5]}
    >>> parsed('{"a": 1, "a": 2}', "the header", warranted=0)
    Traceback (most recent call last):
        ...
    trivium.storage.errors.Malformed: the header has the key 'a' twice
    """
    values = text.count(",") + text.count("[") + text.count("{")
    wide = 4 if "\\u" in text else 1  # bytes a letter, of all in a string with a rare one
    needed = wide * len(text) + _BYTES_A_VALUE * values + _BYTES_A_PAIR * text.count(":")
    if needed > _MOST_PLAIN + warranted:
        raise Malformed(f"{what} would take {needed / 1e6:.0f} MB, far more than the file")

    def constant(name: str) -> Any:
        raise Malformed(f"{what} has the number {name}, which JSON does not know")

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise Malformed(f"{what} has the number {digits[:_SHOWN]}, which float64 does not hold")
        return value

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            seen: set[str] = set()
            twice = next(key for key, _ in found if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise Malformed(f"{what} has the key {twice[:_SHOWN]!r} twice")
        return made

    try:
        return json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"{what} is no JSON: {error}") from error
    except RecursionError as error:
        raise Malformed(f"{what} is nested too deeply") from error
    except Malformed:
        raise
    except ValueError as error:  # of an integer with thousands of digits
        raise Malformed(f"{what} has a number that is too long") from error


def written(value: Any) -> str:
    """Write a value, always in the same way.

    Raises
    ------
    NotStorableError
        If an integer has thousands of digits.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise NotStorableError(f"a number cannot be written: {error}") from error
