"""Units and an origin for each column, in which numbers are neither large nor far from zero.

Columns are divided by powers of two, which is exact, and taken about their means. Both are
done to the parameters as far as possible, so that rows stay where they are: with logits
(x - o)·Wᵀ + b, what an origin o near zero does to an intercept loses no digits. Rows far
from zero are moved block by block.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import Patience, kernel
from trivium.rows.summary import ColumnSummary
from trivium.softmax.objective.stored import FAR, center_of_stored

# Squares of units, in which penalties are, stay within float64.
_LEAST_EXPONENT, _MOST_EXPONENT = -505, 1000


class ColumnScaling(NamedTuple):
    """Where columns are taken from, and in which units.

    Attributes
    ----------
    origin : ndarray of shape (d,)
        Zero without an intercept.
    unit : ndarray of shape (d,)
        What columns are multiplied by; zero for a column that says nothing.
    far : bool
        Whether rows are to be moved before anything is summed.
    center : ndarray of shape (d,) or None
        By how much. Of sparse rows that is zero for columns that are not stored in full.
    """

    origin: Float64
    unit: Float64
    far: bool
    center: Float64 | None = None


def frame_of(summary: ColumnSummary, *, centred: bool, sparse: bool = False) -> ColumnScaling:
    """Choose units, and an origin.

    Parameters
    ----------
    summary : ColumnSummary
    centred : bool
        Whether there are intercepts, so that columns may be taken about their means.
    sparse : bool
        Whether rows stay sparse where they are moved.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.array([[0.0, 5.0], [3.0, 5.0]]))
    >>> frame = frame_of(rows.summary(), centred=True)
    >>> frame.origin
    array([1.5, 5. ])
    >>> frame.unit
    array([0.25, 0.  ])
    """
    if not centred:
        return ColumnScaling(np.zeros(summary.first.size), _unit(summary.greatest), far=False)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = summary.most - summary.least
    origin = summary.means
    if not np.any(np.abs(origin) > FAR * spread):
        return ColumnScaling(origin, _unit(spread), far=False)
    center = center_of_stored(summary, origin) if sparse else origin
    return ColumnScaling(origin, _unit(spread), far=True, center=center)


def _unit(size: Float64) -> Float64:
    exponent = np.frexp(size)[1]
    np.maximum(exponent, _LEAST_EXPONENT, out=exponent)
    np.minimum(exponent, _MOST_EXPONENT, out=exponent)
    unit: Float64 = np.where(size > 0, np.ldexp(1.0, -exponent), 0.0)
    return unit


def bring_into_frame(
    X: Floats, roots: Float64, origin: Float64, unit: Float64, packed: Float64
) -> None:
    """Bring rows into a frame, times a number each; a last column is all ones before that.

    Parameters
    ----------
    X : ndarray of shape (m, d)
    roots : ndarray of shape (m,)
        The numbers: roots of weights.
    origin, unit : ndarray of shape (d,)
    packed : ndarray of shape (m, d) or (m, d + 1)
        Where to write them.
    """
    if patience.is_over(X.size):
        _write_framed(X, roots, origin, unit, packed)
        return
    d = X.shape[1]
    framed = packed[:, :d]
    np.subtract(X, origin, out=framed)
    framed *= unit * roots[:, None]
    packed[:, d:] = roots[:, None]


@kernel
def _write_framed(
    X: Floats, roots: Float64, origin: Float64, unit: Float64, packed: Float64
) -> None:
    """Do as `bring_into_frame`, to the bit."""
    d = X.shape[1]
    for i in range(X.shape[0]):
        for j in range(d):
            packed[i, j] = (X[i, j] - origin[j]) * (unit[j] * roots[i])
        for j in range(d, packed.shape[1]):
            packed[i, j] = roots[i]


patience = Patience(_write_framed, to_compile=1 << 27, to_load=1 << 22)
"""Numbers that NumPy brings into a frame, at some 2 ns each, before compiled loops do."""
