"""Queries that are not in memory: read when they are searched for, some at a time."""

from collections.abc import Callable, Iterator
from typing import Any

from trivium.arrays import Indices
from trivium.blocks.map_reduce import cut
from trivium.neighbors.search.searcher import Points
from trivium.rows.block import Block
from trivium.rows.source import Rows


class Unread:
    """Some or all of the rows of a table that is elsewhere, as queries.

    Parameters
    ----------
    rows : Rows
    numbers : ndarray of int of shape (m,) or None
        Which of them, in whichever order; None: all.
    check : callable or None
        Raises where a block of all rows makes no sense.

    Attributes
    ----------
    shape : tuple of int
    """

    def __init__(
        self,
        rows: Rows,
        numbers: Indices | None = None,
        check: Callable[[Block], None] | None = None,
    ) -> None:
        self._rows, self._numbers, self._check = rows, numbers, check
        self.shape = (rows.shape[0] if numbers is None else numbers.size, rows.shape[1])

    @property
    def place(self) -> str:
        """Where the rows are, in words."""
        return self._rows.place

    @property
    def are_all(self) -> bool:
        """Whether they are all the rows of the table."""
        return self._numbers is None

    def take(self, numbers: Indices, axis: int = 0) -> "Unread":
        """Return some of them, by their numbers among these, as an array does."""
        named = numbers if self._numbers is None else self._numbers[numbers]
        return Unread(self._rows, named)

    def pieces(self, length: int) -> Iterator[tuple[int, Any]]:
        """Read so many at a time, at most.

        Yields
        ------
        first : int
            Number of the first, among these.
        X : ndarray of shape (m, d)
        """
        for block in self._blocks(length):
            if self._check is not None:
                self._check(block)
            yield block.first, block.X

    def _blocks(self, length: int) -> Iterator[Block]:
        numbers = self._numbers
        if numbers is None:
            if self.shape[0]:
                yield from self._rows.blocks(length)
            return
        for place in cut(numbers.size, length):
            some = numbers[place]
            if some.size:
                yield self._rows.take(some)._replace(first=place.start)


Queries = Points | Unread
"""What a search is asked for: rows in memory, in its space or not, or rows to be read."""
