"""From columns to rows: numbers that lie one below the other are laid side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.arrays import Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.intrinsics import number_at

_PIECE = 2048
"""Rows that NumPy copies column by column: so many stay in a core's cache."""


class Columns:
    """Columns of the same number of rows, from which rows are taken in their order.

    Parameters
    ----------
    columns : sequence of ndarray of shape (n,)
        Of numbers of any types, one at least.
    """

    def __init__(self, columns: Sequence[Any]) -> None:
        self._columns = columns
        self.size = len(columns[0])
        self._are_plain = all(map(_is_plain, columns))
        self._places: Indices = np.array([], dtype=np.int64)
        if self._are_plain:
            self._places = np.array([column.ctypes.data for column in columns], dtype=np.int64)

    def lay(self, start: int, rows: Floats) -> None:
        """Write rows from a number on, as many as `rows` has, of shape (m, n_columns)."""
        if self._are_plain and rows.dtype == np.float64 and patience.is_over(rows.size):
            _lay(self._places, start, rows)
            return
        for first in range(0, len(rows), _PIECE):
            piece = rows[first : first + _PIECE]
            for number, column in enumerate(self._columns):
                piece[:, number] = column[start + first : start + first + len(piece)]


def _is_plain(column: Any) -> bool:
    """Whether numbers are float64 that lie together."""
    flags = column.flags
    return column.dtype == np.float64 and bool(flags.c_contiguous and flags.aligned)


@kernel
def _lay(places: Indices, start: int, rows: Floats) -> None:
    """Write rows of which column j begins at address places[j].

    All numbers of a row are written before the next: NumPy comes to each row again for every
    column, when it has left the nearest cache.
    """
    for i in range(rows.shape[0]):
        for j in range(places.shape[0]):
            rows[i, j] = number_at(places[j], start + i)


patience = Patience(_lay, to_compile=1 << 28, to_load=1 << 25)
"""Numbers that NumPy lays, at some 2 ns each, before a compiled loop does."""
