"""Arrays that begin where a line of the cache begins."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LINE = 64


def aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Allocate numbers from the beginning of a line of the cache on: no vector lies on two.

    Examples
    --------
    >>> aligned((3, 16), np.float32).ctypes.data % 64
    0
    """
    kind = np.dtype(dtype)
    size = math.prod(shape)
    room = np.empty(size + _LINE // kind.itemsize, kind)
    start = -room.ctypes.data % _LINE // kind.itemsize
    return room[start : start + size].reshape(shape)
