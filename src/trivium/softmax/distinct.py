"""Rows that are repeated, as one that weighs as much as all of them.

Where a solver ends depends, within `tol`, on all that decides its steps: how many rows there
are beside the columns, what they cost, which of them make the preconditioner. None of that is
the same for a row of weight 3 and for three rows. Merged, they are the same numbers.

Of tables that are small the rows are also put in an order that they alone decide, so that
neither does the user's order of them matter.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.map_reduce import row_blocks
from trivium.blocks.memory import working_memory
from trivium.blocks.scaling import comparable_weights
from trivium.blocks.workers import each_of

Hashes = npt.NDArray[np.uint64]

_HEAD = 8  # columns that tell most rows of numbers apart
_SMALL = 1 << 23  # bytes, in float64
_START, _FACTOR, _SHIFT = (np.uint64(i) for i in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 32))


class Distinct(NamedTuple):
    """Rows of which no two have the same numbers and class.

    Attributes
    ----------
    X : ndarray of shape (m, d)
    codes : ndarray of shape (m,)
    weights : ndarray of shape (m,) or None
        None where all weigh the same.
    reads : float
        How often the rows given were read for it.
    """

    X: Floats
    codes: Indices
    weights: Float64 | None
    reads: float


def distinct(X: Floats, codes: Indices, weights: Float64 | None) -> Distinct:
    """Merge rows of the same numbers and class.

    Where what remains would outgrow scikit-learn's setting ``working_memory``, the rows are
    left as they are.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Finite, C-ordered.
    codes : ndarray of shape (n,)
    weights : ndarray of shape (n,) or None
        Only their ratios are kept.

    Examples
    --------
    >>> import numpy as np
    >>> X, codes = np.array([[1.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> merged = distinct(X, codes, None)
    >>> sorted(zip(merged.X[:, 0].tolist(), merged.codes.tolist(), merged.weights.tolist()))
    [(1.0, 0, 2.0), (1.0, 1, 1.0), (2.0, 1, 1.0)]
    """
    n, d = X.shape
    everyone = np.arange(n)
    head = _hashes(X[:, :_HEAD])
    shared = _shared(head)
    whole = np.zeros(n, dtype=np.uint64)
    whole[shared] = _hashes(X, shared)
    leader = _leaders(X, codes, shared, head, whole)
    kept = np.flatnonzero(leader == everyone)
    reads = min(_HEAD, d) / d + shared.size / n
    size = 8 * kept.size * d
    if size > working_memory() or (kept.size == n and size > _SMALL):
        return Distinct(X, codes, _ratios(weights), reads)
    if size <= _SMALL:
        kept = kept[np.lexsort((codes[kept], whole[kept], head[kept]))]
    if kept.size < n:
        place = np.empty(n, dtype=np.intp)
        place[kept] = np.arange(kept.size)
        weights = np.bincount(place[leader], weights=comparable_weights(weights)).astype(float)
    elif weights is not None:
        weights = weights[kept]
    return Distinct(X[kept], codes[kept], _ratios(weights), reads + kept.size / n)


def _ratios(weights: Float64 | None) -> Float64 | None:
    """Weights, unless all are the same."""
    return None if weights is None or weights.min() == weights.max() else weights


def _hashes(X: Floats, rows: Indices | None = None) -> Hashes:
    """Hash rows, all or some, by their numbers in float64."""
    hashes = np.empty(X.shape[0] if rows is None else rows.size, dtype=np.uint64)

    def write(part: slice) -> None:
        some = X[part if rows is None else rows[part]]
        _hash(np.ascontiguousarray(some, dtype=np.float64).view(np.uint64), hashes[part])

    each_of(write, row_blocks(hashes.size, X.shape[1]))
    return hashes


def _shared(hashes: Hashes) -> Indices:
    """Rows whose hash another row has too."""
    ordered = np.sort(hashes)
    if not (ordered[1:] == ordered[:-1]).any():
        return np.empty(0, dtype=np.intp)
    order = np.argsort(hashes, kind="stable")
    same = hashes[order[1:]] == hashes[order[:-1]]
    return np.sort(order[np.append(same, False) | np.append(False, same)])


def _leaders(X: Floats, codes: Indices, rows: Indices, head: Hashes, whole: Hashes) -> Indices:
    """Return for each row the first one that has its numbers and class; `rows` may have another."""
    leader = np.arange(codes.size)
    if rows.size:
        order = rows[np.lexsort((codes[rows], whole[rows], head[rows]))]
        same = np.zeros(rows.size, dtype=np.bool_)
        _compare(X, codes, order, same)
        first = np.maximum.accumulate(np.where(same, 0, np.arange(rows.size)))
        leader[order] = order[first]
    return leader


@kernel
def _hash(bits: Hashes, hashes: Hashes) -> None:
    for i in range(bits.shape[0]):
        mixed = _START
        for j in range(bits.shape[1]):
            mixed = (mixed ^ bits[i, j]) * _FACTOR
            mixed ^= mixed >> _SHIFT
        hashes[i] = mixed


@kernel
def _compare(X: Floats, codes: Indices, order: Indices, same: npt.NDArray[np.bool_]) -> None:
    """Say of each row but the first whether the one before it has its numbers and class."""
    for i in range(1, order.shape[0]):
        row, before = order[i], order[i - 1]
        if codes[row] == codes[before]:
            same[i] = True
            for j in range(X.shape[1]):
                if X[row, j] != X[before, j]:
                    same[i] = False
                    break
