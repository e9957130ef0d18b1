"""How numbers are spelled, by the bytes of their texts: much faster than by patterns."""

from typing import Any

import numpy as np
import pyarrow as pa

_FIRST = 1000
_ZERO, _NINE, _PLUS, _MINUS, _POINT = (ord(each) for each in "09+-.")


def has_exponents(column: pa.ChunkedArray) -> bool:
    """Whether any text of a column holds an e or E."""
    for chunk in column.chunks:
        _, letters = _bytes(chunk)
        if ((letters | 0x20) == ord("e")).any():
            return True
    return False


def points_tell(column: pa.ChunkedArray) -> bool | None:
    """Whether some point of plain numbers cannot stand between thousands.

    Returns
    -------
    bool or None
        None if there is no point.
    """
    first = _points_tell(column.slice(0, _FIRST))
    return first or _points_tell(column)


def _points_tell(column: pa.ChunkedArray) -> bool | None:
    there = None
    for chunk in column.chunks:
        places, letters = _bytes(chunk)
        points = np.flatnonzero(letters == _POINT)
        if not len(points):
            continue
        there = False
        cell = np.searchsorted(places, points, side="right") - 1
        start = places[cell]
        signed = (letters[start] == _PLUS) | (letters[start] == _MINUS)
        before = points - start - signed
        after = places[cell + 1] - points - 1
        zero = letters[start + signed] == _ZERO
        if ((after != 3) | (before < 1) | (before > 3) | zero).any():
            return True
    return there


def has_leading_zeros(column: pa.ChunkedArray) -> bool:
    """Whether any text of a column begins with 0 and another digit, after a sign or none."""
    return any(_leading_zeros(chunk) for chunk in column.chunks)


def _leading_zeros(chunk: pa.StringArray) -> bool:
    offsets, letters = _bytes(chunk)
    if not len(letters):
        return False
    start, end = offsets[:-1].copy(), offsets[1:]
    last = len(letters) - 1
    first = letters[np.minimum(start, last)]
    start += (first == _PLUS) | (first == _MINUS)
    first, second = letters[np.minimum(start, last)], letters[np.minimum(start + 1, last)]
    zeros = (first == _ZERO) & (second >= _ZERO) & (second <= _NINE) & (end - start >= 2)
    return bool(zeros.any())


def _bytes(chunk: pa.StringArray) -> tuple[Any, Any]:
    """Return where each text begins, with the end of the last, and the bytes of all."""
    _, offsets, letters = chunk.buffers()
    if letters is None or not len(chunk):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    places = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    found = np.frombuffer(letters, np.uint8)[places[0] : places[-1]]
    return places - places[0], found
