"""Read-only arrays as compiled loops take any others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def unlocked(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array, or where it is read-only, one over the same memory that is not.

    Numba compiles a loop once more for arrays that are read-only (pandas hands out such, and
    joblib to its workers), which takes seconds, and takes longer at each call. It is for loops
    that read alone: nothing guards the memory any more.

    Examples
    --------
    >>> rows = np.ones((3, 2))
    >>> rows.flags.writeable = False
    >>> unlocked(rows).flags.writeable, np.shares_memory(unlocked(rows), rows)
    (True, True)
    """
    return array if array.flags.writeable else np.asarray(_Memory(array))


class _Memory:
    """An array's memory by NumPy's array interface, and the array, which keeps it."""

    def __init__(self, array: NDArray[Any]) -> None:
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}
        self._array = array
