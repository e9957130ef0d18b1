"""Units and an origin for each column, in which numbers are neither large nor far from zero.

Columns are divided by powers of two, which is exact, and taken about their means. Both are
done to the parameters as far as possible, so that rows stay where they are: with logits
(x - o)·Wᵀ + b, what an origin o near zero does to an intercept loses no digits. Rows far
from zero are moved block by block.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import kernel
from trivium.blocks.map_reduce import map_reduce, row_blocks

_FAR = 8.0  # ranges from zero: a mean beyond costs more than a digit
# Squares of units, in which penalties are, stay within float64.
_LEAST_EXPONENT, _MOST_EXPONENT = -505, 1000
_BLOCK_COLUMNS = 8  # blocks here are as long as if they had so many


class Frame(NamedTuple):
    """Where columns are taken from, and in which units.

    Attributes
    ----------
    origin : ndarray of shape (d,)
        Zero without an intercept.
    unit : ndarray of shape (d,)
        What columns are multiplied by; zero for a column that says nothing.
    far : bool
        Whether rows are to be moved before anything is summed.
    """

    origin: Float64
    unit: Float64
    far: bool


class _Ranges(NamedTuple):
    """Extremes of columns, and sums of their distances from a row."""

    least: Float64
    most: Float64
    sums: Float64

    def merge(self, other: "_Ranges") -> "_Ranges":
        return _Ranges(
            np.minimum(self.least, other.least),
            np.maximum(self.most, other.most),
            self.sums + other.sums,
        )


def frame_of(X: Floats, *, centred: bool) -> Frame:
    """Choose a frame, in one read.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    centred : bool

    Examples
    --------
    >>> import numpy as np
    >>> frame = frame_of(np.array([[0.0, 5.0], [3.0, 5.0]]), centred=True)
    >>> frame.origin
    array([1.5, 5. ])
    >>> frame.unit
    array([0.25, 0.  ])
    """
    n, d = X.shape
    first = X[0].astype(np.float64)

    def statistic(rows: slice) -> _Ranges:
        ranges = _Ranges(first.copy(), first.copy(), np.zeros(d))
        _extend(X[rows], first, *ranges)
        return ranges

    least, most, sums = map_reduce(statistic, row_blocks(n, _BLOCK_COLUMNS), _Ranges.merge)
    if not centred:
        size = np.maximum(most, -least)
        return Frame(np.zeros(d), _unit(size), far=False)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = most - least
        origin = np.clip(first + sums / n, least, most)
    return Frame(origin, _unit(spread), far=bool(np.any(np.abs(origin) > _FAR * spread)))


def _unit(size: Float64) -> Float64:
    exponent = np.clip(np.frexp(size)[1], _LEAST_EXPONENT, _MOST_EXPONENT)
    unit: Float64 = np.where(size > 0, np.ldexp(1.0, -exponent), 0.0)
    return unit


@kernel
def _extend(X: Floats, first: Float64, least: Float64, most: Float64, sums: Float64) -> None:
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            x = np.float64(X[i, j])
            least[j] = x if x < least[j] else least[j]
            most[j] = x if x > most[j] else most[j]
            sums[j] += x - first[j]
