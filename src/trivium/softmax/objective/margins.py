"""What is done to the margins of rows of two classes, in tiles, and summed in lanes.

`row_sums.py` does so with the logits of more classes.
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.elementary import (
    LEAST,
    exp_from_least,
    exp_from_least_by_numpy,
    log1p_of_positive,
    log1p_of_positive_by_numpy,
    quotient,
)
from trivium.softmax.objective.row_sums import A_CALL, TILE

SUMS = 7
"""Sums over rows, in the order of `MarginSums`."""

_LOSS, _WRONG, _SIZE, _OFF, _SQUARE, _BALANCE, _VARIANCE = range(SUMS)
# Rows of a tile's workspace, after those of the sums' lanes.
_MARGIN, _CODE, _WEIGHT, _CURVED = range(SUMS, SUMS + 4)

LANES = _CURVED + 1
"""Rows of a tile's workspace."""

_NO_WEIGHTS: Float64 = np.empty(0)


@kernel
def take(
    margins: Float64, codes: Indices, weights: Float64, variances: Float64, work: Float64
) -> None:
    """Replace margins by p - e times the weights, tile by tile; write p(1 - p) times these."""
    m = margins.shape[0]
    for first in range(0, m, TILE):
        width = min(TILE, m - first)
        for i in range(width):
            work[_MARGIN, i] = margins[first + i]
            work[_CODE, i] = codes[first + i]
            work[_WEIGHT, i] = 1.0
        if weights.shape[0] > 0:
            for i in range(width):
                work[_WEIGHT, i] = weights[first + i]
        for i in range(width, TILE):
            work[_MARGIN, i] = work[_CODE, i] = work[_WEIGHT, i] = 0.0
        for i in range(TILE):
            t, code, w = work[_MARGIN, i], work[_CODE, i], work[_WEIGHT, i]
            size = abs(t)
            e = exp_from_least(LEAST if -size < LEAST else -size)
            total = 1.0 + e
            off, top = quotient(e, total), quotient(1.0, total)
            right = (1.0 if t > 0.0 else 0.0) == code
            # A margin that is not finite leaves a loss that is not, on either side.
            lost = log1p_of_positive(e) + (size - size if right else size)
            left = off if right else top
            residual = -left if code == 1.0 else left
            weighed = w * residual
            variance = w * (off * top)
            work[_MARGIN, i], work[_CURVED, i] = weighed, variance
            work[_LOSS, i] += w * lost
            work[_WRONG, i] += 0.0 if right else w
            work[_SIZE, i] += w * left
            work[_OFF, i] += w * off
            work[_SQUARE, i] += weighed * residual
            work[_BALANCE, i] += weighed
            work[_VARIANCE, i] += variance
        for i in range(width):
            margins[first + i] = work[_MARGIN, i]
        for i in range(width):
            variances[first + i] = work[_CURVED, i]


def taken_by_numpy(
    margins: Float64, codes: Indices, weights: Float64
) -> tuple[Float64, Float64, Float64]:
    """Return p - e and p(1 - p), both times the weights, and what is summed of each row."""
    w = weights if weights.size else np.ones(margins.size)
    with np.errstate(all="ignore"):
        size = np.abs(margins)
        e = exp_from_least_by_numpy(np.where(-size < LEAST, LEAST, -size))
        total = 1.0 + e
        off, top = e / total, 1.0 / total
        right = (margins > 0.0) == (codes == 1)
        lost = log1p_of_positive_by_numpy(e) + np.where(right, size - size, size)
        left = np.where(right, off, top)
        residual = np.where(codes == 1, -left, left)
        weighed, variances = w * residual, w * (off * top)
        wrong = np.where(right, 0.0, w)
        summands = w * lost, wrong, w * left, w * off, weighed * residual, weighed, variances
        return weighed, variances, np.stack(summands)


def take_margins(
    margins: Float64, codes: Indices, weights: Float64 | None
) -> tuple[Float64, Float64]:
    """Compute p - e and p(1 - p) of rows from their margins, both times the weights.

    Parameters
    ----------
    margins : ndarray of shape (m,)
        Which are lost.
    codes : ndarray of int of shape (m,)
    weights : ndarray of shape (m,) or None

    Examples
    --------
    >>> import numpy as np
    >>> take_margins(np.zeros(2), np.array([0, 1]), None)
    (array([ 0.5, -0.5]), array([0.25, 0.25]))
    """
    w = _NO_WEIGHTS if weights is None else weights
    if not patience.is_over(margins.size + A_CALL):
        return taken_by_numpy(margins, codes, w)[:2]
    variances = np.empty(margins.size)
    take(margins, codes, w, variances, np.zeros((LANES, TILE)))
    return margins, variances


patience = Patience(take, to_compile=1 << 22, to_load=1 << 17)
"""Margins that NumPy goes through, at some 100 ns each, before loops that are compiled do."""
