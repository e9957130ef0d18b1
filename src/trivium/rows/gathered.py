"""Results of each row that a statistic brings along with its sums: one read for both."""

from typing import Any, NamedTuple

import numpy as np


class Gathered(NamedTuple):
    """Arrays with a first axis along the rows, in parts that are put together once.

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
        return tuple(np.concatenate(own) for own in zip(*self.parts, strict=True))
