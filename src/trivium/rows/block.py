"""Rows in memory: what a statistic is computed of."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut

NO_CODES: Indices = np.empty(0, dtype=np.intp)
"""Codes of rows that have no classes."""


class Block(NamedTuple):
    """Some rows of a table, with what is known of each.

    They are consecutive, but for those of `Rows.take` and `Rows.sample`.

    Attributes
    ----------
    first : int
        Number of the first row in the table; zero where rows are not consecutive.
    X : ndarray of shape (m, d), float64 or float32
        C-ordered, but for that of `Rows.sample`.
    codes : ndarray of shape (m,), or empty
        Class of each row, from 0; empty where rows have none.
    weights : ndarray of shape (m,) or None
        None means that each row counts once.
    """

    first: int
    X: Floats
    codes: Indices
    weights: Float64 | None

    @property
    def place(self) -> slice:
        """Where the results of these rows, which are consecutive, go among those of all rows."""
        return slice(self.first, self.first + self.X.shape[0])

    def part(self, rows: slice) -> "Block":
        """Return some of the rows, by their numbers in this block."""
        weights = None if self.weights is None else self.weights[rows]
        return Block(self.first + rows.start, self.X[rows], self.codes[rows], weights)

    def parts(self, length: int) -> Iterator["Block"]:
        """Cut the block into shorter ones, in order."""
        return map(self.part, cut(self.X.shape[0], length))

    def weigh(self, values: Float64) -> Float64:
        """Multiply values, the last axis of which runs along the rows, by the weights."""
        return values if self.weights is None else values * self.weights
