"""What kinds are decided by of a column of numbers: the different ones, and how they come."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from trivium.arrays import Float64

_AT_ONCE = 1 << 18  # numbers
_FEW = 1 << 16


class Numbers(Protocol):
    """Numbers of a column, a row each, of which some may be missing.

    Attributes
    ----------
    n_rows, n_used : int
        Rows, and those that have a number.
    different : array, sorted
        Each number once; -0.0 is 0.0.
    first : float
        Of the first row that has one.
    is_ordered : bool
        Whether they rise, or fall, from row to row.
    median : float
    """

    @property
    def n_rows(self) -> int: ...  # noqa: D102 - see above

    @property
    def n_used(self) -> int: ...  # noqa: D102

    @property
    def different(self) -> Float64: ...  # noqa: D102

    @property
    def first(self) -> float: ...  # noqa: D102

    @property
    def is_ordered(self) -> bool: ...  # noqa: D102

    @property
    def median(self) -> float: ...  # noqa: D102

    def times(self, value: float) -> int:
        """Say in how many rows the least or the greatest number stands."""


class HeldNumbers:
    """Numbers that are in memory, as `Numbers`.

    Parameters
    ----------
    values : array, shape (n_rows,)
        NaN where there is none.
    """

    def __init__(self, values: Float64) -> None:
        self._used = values[~np.isnan(values)] + 0.0
        self.n_rows, self.n_used = len(values), len(self._used)
        self.different: Float64 = np.unique(self._used)

    @property
    def first(self) -> float:
        """The first number."""
        return float(self._used[0])

    @cached_property
    def is_ordered(self) -> bool:
        """Whether they rise, or fall."""
        steps = np.diff(self._used)
        return bool((steps > 0).all() or (steps < 0).all())

    @property
    def median(self) -> float:
        """The one in the middle."""
        return float(np.median(self._used))

    def times(self, value: float) -> int:
        """Count the rows of a number."""
        return int(np.count_nonzero(self._used == value))


class ReadNumbers:
    """Numbers that are read once, and sorted where they were written, as `Numbers`.

    Parameters
    ----------
    parts : iterable of array
        NaN where there is none. Without any number there is nothing else to ask.
    room : array, shape (n_rows,)
        What `different` is a part of: it lasts until the room is used again.
    """

    def __init__(self, parts: Iterable[Float64], room: Float64) -> None:
        self.n_rows, end, last = 0, 0, np.nan
        rises = falls = True
        for part in parts:
            used = part[~np.isnan(part)] + 0.0
            self.n_rows += len(part)
            if not len(used):
                continue
            room[end : end + len(used)] = used
            if end == 0:
                self.first = float(used[0])
            steps = np.diff(used)
            rises = rises and bool((steps > 0).all()) and not used[0] <= last
            falls = falls and bool((steps < 0).all()) and not used[0] >= last
            last, end = used[-1], end + len(used)
        self.n_used, self.is_ordered = end, rises or falls
        used = room[:end]
        if not end:
            return
        used.sort()
        half = end // 2
        self.median = float(np.mean(used[half - 1 + end % 2 : half + 1]))
        self._times = {
            float(used[0]): int(np.searchsorted(used, used[0], side="right")),
            float(used[-1]): end - int(np.searchsorted(used, used[-1], side="left")),
        }
        different = used[: _once_each(used)]
        # Of few the room is not kept.
        self.different: Float64 = different.copy() if len(different) <= _FEW else different

    def times(self, value: float) -> int:
        """Count the rows of the least or the greatest number."""
        return self._times[value]


def _once_each(numbers: Float64) -> int:
    """Move different numbers of a sorted array to its front; return how many there are."""
    end, last = 0, np.nan
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        new = np.empty(len(part), bool)
        new[0] = part[0] != last
        np.not_equal(part[1:], part[:-1], out=new[1:])
        last, own = part[-1], part[new]
        numbers[end : end + len(own)] = own
        end += len(own)
    return end


def all_whole(numbers: Any) -> bool:
    """Whether all numbers are whole, in a look at some at a time."""
    return all(
        bool((part == np.floor(part)).all())
        for part in (numbers[at : at + _AT_ONCE] for at in range(0, len(numbers), _AT_ONCE))
    )


def common_step(different: Any) -> int:
    """Return the greatest common divisor of the steps between whole numbers that are sorted."""
    step = 0
    for start in range(0, len(different) - 1, _AT_ONCE):
        steps = np.diff(different[start : start + _AT_ONCE + 1]).astype(np.int64)
        step = int(np.gcd.reduce(steps, initial=step))
    return step
