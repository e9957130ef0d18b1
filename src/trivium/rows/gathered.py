"""Results of each row that a statistic brings along with its sums: one read for both."""

from typing import Any, NamedTuple

import numpy as np

from trivium.blocks.workers import each_of


class Gathered(NamedTuple):
    """Arrays with a first axis along the rows, in parts that several threads put together once.

    Attributes
    ----------
    parts : tuple of tuple of ndarray
        For each block, in order, the same number of arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.arange(6.0).reshape(3, 2))
    >>> def doubled(block):
    ...     return Gathered.of(2 * block.X[:, 0])
    >>> rows.reduce(doubled, Gathered.merge, length=2).arrays()
    (array([0., 4., 8.]),)
    """

    parts: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, *arrays: Any) -> "Gathered":
        """Make a part of the arrays of a block."""
        return cls((arrays,))

    def merge(self, other: "Gathered") -> "Gathered":
        """Put the parts of later blocks behind those of earlier ones."""
        return Gathered(self.parts + other.parts)

    def arrays(self) -> tuple[Any, ...]:
        """Return the arrays of all rows."""
        if len(self.parts) == 1:
            return self.parts[0]
        of_each = list(zip(*self.parts, strict=True))
        ends = np.cumsum([len(own) for own in of_each[0]]).tolist()
        kinds = (np.result_type(*own) for own in of_each)
        whole = [
            np.empty((ends[-1], *own[0].shape[1:]), dtype=kind)
            for own, kind in zip(of_each, kinds, strict=True)
        ]

        def put(number: int) -> None:
            place = slice(ends[number] - len(of_each[0][number]), ends[number])
            for array, own in zip(whole, of_each, strict=True):
                array[place] = own[number]

        each_of(put, range(len(ends)))
        return tuple(whole)
