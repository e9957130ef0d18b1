"""How numbers are spelled, by the bytes of their texts: much faster than by patterns."""

from typing import Any

import numpy as np
import pyarrow as pa

_ZERO, _NINE, _PLUS, _MINUS, _POINT = (ord(each) for each in "09+-.")


def has_exponents(column: pa.ChunkedArray) -> bool:
    """Whether any text of a column holds an e or E."""
    for chunk in column.chunks:
        _, letters = _bytes(chunk)
        if ((letters | 0x20) == ord("e")).any():
            return True
    return False


def has_points(column: pa.ChunkedArray) -> bool:
    """Whether any text of a column holds a point."""
    return any((_bytes(chunk)[1] == _POINT).any() for chunk in column.chunks)


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
