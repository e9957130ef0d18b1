"""Loss and gradient of more than two classes, over slabs of rows that threads share.

A slab is gone through in parts that stay in a core's cache for the second of their products.
"""

from functools import reduce
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr
from trivium.softmax.objective.row_sums import (
    RowSums,
    given_to_logits,
    logits_of_rows,
    pulled_back,
    residuals_of,
    take_residuals,
)
from trivium.softmax.objective.stored import PART, moved_rows, pull_back

_LEAST_ROWS, _MOST_ROWS = 128, 4096  # of a part: products of fewer are slow
_LEAST_VALUES = 1 << 18  # of a slab, beside which it costs little to call another thread
_SLABS, _MOST_PARTS = 8, 8


def part_length(d: int) -> int:
    """Return how many rows of so many columns are multiplied at a time."""
    return min(block_length(d, least=_LEAST_ROWS), _MOST_ROWS)


def slab_of_many_classes(n: int, d: int) -> int:
    """Return how many rows a thread takes at a time: a whole number of parts.

    Examples
    --------
    >>> slab_of_many_classes(1_000, 1_100), slab_of_many_classes(50_000, 100)
    (256, 5120)
    """
    part = part_length(d)
    rows = max(_LEAST_VALUES // d, -(-n // _SLABS))
    return part * min(max(1, -(-rows // part)), _MOST_PARTS)


def gradient_of(
    block: Block,
    center: Float64 | None,
    coef: Float64,
    intercept: Float64,
    *,
    edges: bool = False,
    room: bool = False,
    residuals: Float64 | None = None,
) -> tuple[Float64, RowSums]:
    """Compute the gradient by the coefficients of a linear model, summed over a block's rows.

    Parameters
    ----------
    block : Block
    center : ndarray of shape (d,) or None
        Subtracted from every row.
    coef, intercept, edges
        As in `residuals_of`.
    room : bool
        Whether the gradient is to have one more column, of anything.
    residuals : ndarray of shape (m, n_classes) or None
        Where to write p - e times the weights, of rows that are no sparse ones.

    Returns
    -------
    gradient : ndarray of shape (n_classes, d [+ 1])
    sums : RowSums
    """
    K, d = coef.shape
    found = []
    if as_large_csr(block.X) is None:
        gradient = np.zeros((K, d + room))
        for part in block.parts(part_length(d)):
            X: Any = moved_rows(part, center)
            residual, sums = residuals_of(X, coef, intercept, part.codes, part.weights, edges=edges)
            gradient[:, :d] += pulled_back(residual, X)
            if residuals is not None:
                residuals.T[:, part.first - block.first :][:, : part.codes.size] = residual
            found.append(sums)
        return gradient, reduce(RowSums.merge, found)
    back, given = np.zeros((d + room, K)), given_to_logits(coef, intercept)
    for part in block.parts(PART):
        X = moved_rows(part, center)
        residual = logits_of_rows(X, *given)
        sums = take_residuals(residual, given[1], part.codes, part.weights, edges=edges)
        pull_back(residual, X, back[:d])
        found.append(sums)
    return back.T, reduce(RowSums.merge, found)
