"""A scene as text: JSON, and the end of a link. What comes back is checked, whoever wrote it.

A number is written with as many digits as bring it back to the last bit. What is read may come from
anywhere: its length is bounded before and after it is unpacked, what it becomes in memory too, and
keys that nobody knows are refused. `Scene` checks the values.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import fields
from typing import Any

import numpy as np

from trivium.storage.errors import Malformed, one_line
from trivium.storage.strict_json import parsed

MOST_TEXT = 2_000_000
"""Letters of JSON: some four times what the largest scene takes."""
_VERSION = 1
_NEEDED = ("X", "classes", "codes", "names")
_OPTIONAL = ("X_test", "marked", "settings", "test_codes", "title", "window")
_LISTS = ("X", "X_test", "classes", "codes", "names", "test_codes")
_CUT = "This link holds no scene: it is cut off or changed."


def written(plain: dict[str, Any]) -> str:
    """Write the parts of a scene as JSON, without those that say nothing."""
    told = {key: value for key, value in plain.items() if key in _NEEDED or _says(value)}
    told["scene"] = _VERSION
    return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read(text: str) -> dict[str, Any]:
    """Read the parts of a scene from JSON, rows as arrays.

    Raises
    ------
    ValueError
        In one line: what is wrong, and where.
    """
    if len(text) > MOST_TEXT:
        raise ValueError(f"This scene has {len(text)} letters; {MOST_TEXT} are the most.")
    try:
        plain = parsed(text, "the scene", warranted=0)
    except Malformed as error:
        raise ValueError(f"This is no scene: {one_line(error)}.") from None
    if not isinstance(plain, dict) or "scene" not in plain:
        raise ValueError("This is no scene: it has no key 'scene'.")
    version = plain.pop("scene")
    if isinstance(version, bool) or version != _VERSION:
        raise ValueError(f"This scene is not of version {_VERSION}, the one that is known.")
    missing = sorted(set(_NEEDED) - set(plain))
    if missing:
        raise ValueError(f"This is no scene: it has no key {missing[0]!r}.")
    unknown = sorted(set(plain) - {*_NEEDED, *_OPTIONAL})
    if unknown:
        raise ValueError(f"This is no scene: nothing is known of the key {unknown[0][:40]!r}.")
    for key in _LISTS:
        if not isinstance(plain.get(key, []), list):
            raise ValueError(f"This is no scene: {key} is no list.")
    for key in ("X", "X_test"):
        if key in plain:
            plain[key] = _numbers(plain[key], key, 2)
    if plain.get("window") is not None:
        plain["window"] = tuple(_numbers([plain["window"]], "window", 4)[0])
    return plain


def known(settings: Any, kind: Any) -> dict[str, Any]:
    """Return settings by name, where all are fields of a dataclass.

    Raises
    ------
    ValueError
        If they are no pairs, or one has another name.
    """
    if not isinstance(settings, dict):
        raise ValueError("settings are no pairs of name and value")
    unknown = sorted(set(settings) - {field.name for field in fields(kind)})
    if unknown:
        raise ValueError(f"there is no setting {unknown[0][:40]!r}")
    return settings


def packed(text: str) -> str:
    """Compress JSON into letters that a link holds."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode("ascii"), 9)).rstrip(b"=").decode()


def unpacked(fragment: str) -> str:
    """Return the JSON of a link's end.

    Raises
    ------
    ValueError
        If it is cut off or changed, or would unpack to more than a scene.
    """
    letters = fragment.removeprefix("#")
    if len(letters) > MOST_TEXT:
        raise ValueError(f"This link has {len(letters)} letters; {MOST_TEXT} are the most.")
    unpacking = zlib.decompressobj()
    try:
        squeezed = base64.b64decode(letters + "=" * (-len(letters) % 4), b"-_", validate=True)
        plain = unpacking.decompress(squeezed, MOST_TEXT + 1)
        text = plain.decode("ascii")
    except (ValueError, binascii.Error, zlib.error):
        raise ValueError(_CUT) from None
    if len(plain) > MOST_TEXT:
        raise ValueError(f"This link would unpack to more than {MOST_TEXT} letters.")
    if not unpacking.eof:
        raise ValueError(_CUT)
    return text


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _numbers(rows: list[Any], key: str, width: int) -> Any:
    """Return rows of numbers as an array, where all are numbers: no text, no truth value."""
    for number, row in enumerate(rows):
        good = isinstance(row, list) and len(row) == width
        if not good or any(type(value) not in (int, float) for value in row):
            raise ValueError(f"This is no scene: {key}, row {number}, is not {width} numbers.")
    try:
        return np.array(rows, dtype=np.float64).reshape(-1, width)
    except OverflowError:
        raise ValueError(f"This is no scene: {key} has a number beyond float64.") from None
