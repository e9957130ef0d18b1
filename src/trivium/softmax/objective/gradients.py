"""Loss and gradient of more than two classes, over slabs of rows that threads share.

A slab is gone through in parts that stay in a core's cache for the second of their products; where
classes and columns are few, in one pass (`few_classes.py`).
"""

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.blocks.workers import map_in_order
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr
from trivium.softmax.objective.few_classes import gradient_in_one_pass, suits_one_pass
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
_LARGE = 1 << 17  # parameters, an array of which is felt


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


def shared_length(n_classes: int, d: int, n: int, length: int) -> int:
    """Return how many rows of a block of all a thread takes, where there would be two blocks.

    Of many parameters sums of the two are added where the first of them lies, for which no
    statistic of blocks has to be left as it is. Zero means that blocks stay what they are.

    Examples
    --------
    >>> shared_length(20, 100_000, 50_000, 25_000), shared_length(20, 100, 50_000, 25_000)
    (25000, 0)
    """
    return length if n_classes * d > _LARGE and length < n <= 2 * length else 0


def shares(block: Block, length: int) -> Iterator[Block]:
    """Cut a block into what each thread takes of it, if it is shared; length 0 means it is not."""
    return block.parts(length or max(1, block.X.shape[0]))


def gradient_of(
    block: Block,
    center: Float64 | None,
    coef: Float64,
    intercept: Float64,
    *,
    edges: bool = False,
    room: bool = False,
    residuals: Float64 | None = None,
    shared: int = 0,
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
    shared : int
        Sparse rows that a thread takes at a time, if several share the block: their gradients are
        added where the first of them lies. Zero means that none is shared.

    Returns
    -------
    gradient : ndarray of shape (n_classes, d [+ 1])
    sums : RowSums
    """
    K, d = coef.shape
    if as_large_csr(block.X) is None:
        found = []
        gradient = np.zeros((K, d + room))
        one_pass = residuals is None and suits_one_pass(block.codes.size, K, d)
        whole = one_pass and center is None and isinstance(block.X, np.ndarray)
        for part in [block] if whole else block.parts(part_length(d)):
            X: Any = moved_rows(part, center)
            given = X, coef, intercept, part.codes, part.weights
            if one_pass:
                back, sums = gradient_in_one_pass(*given, edges=edges)
            else:
                residual, sums = residuals_of(*given, edges=edges)
                back = pulled_back(residual, X)
            gradient[:, :d] += back
            if residuals is not None:
                residuals.T[:, part.first - block.first :][:, : part.codes.size] = residual
            found.append(sums)
        return gradient, reduce(RowSums.merge, found)
    logits_by = given_to_logits(coef, intercept)

    def of(rows: Block) -> tuple[Float64, RowSums]:
        back, found = np.zeros((d + room, K)), []
        for part in rows.parts(PART):
            X: Any = moved_rows(part, center)
            residual = logits_of_rows(X, *logits_by)
            sums = take_residuals(residual, logits_by[1], part.codes, part.weights, edges=edges)
            pull_back(residual, X, back[:d])
            found.append(sums)
        return back, reduce(RowSums.merge, found)

    several = map_in_order(of, list(shares(block, shared)))
    back, sums = next(several)
    for more, others in several:
        back += more
        sums = sums.merge(others)
    return back.T, sums
