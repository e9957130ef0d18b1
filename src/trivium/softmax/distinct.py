"""Rows that are repeated, as one that weighs as much as all of them.

Where a solver ends depends, within `tol`, on all that decides its steps: how many rows there
are beside the columns, what they cost, which of them make the preconditioner. None of that is
the same for a row of weight 3 and for three rows. Merged, they are the same numbers.

Of tables that are small the rows are also put in an order that they alone decide, so that
neither does the user's order of them matter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.map_reduce import block_length, cut
from trivium.blocks.memory import working_memory
from trivium.blocks.scaling import comparable_weights
from trivium.blocks.workers import each_of
from trivium.rows.block import Block
from trivium.rows.csr import Csr, as_csr, dense, takes_sparse
from trivium.rows.gathered import Gathered
from trivium.rows.memory import ArrayRows
from trivium.rows.products import places_of
from trivium.rows.source import Rows
from trivium.rows.sparse import CsrRows
from trivium.rows.summary import LENGTH, ColumnSummary, Summarise
from trivium.softmax.hashes import FACTOR, SHIFT, START, Hashes, Same, hash_numbers, ordered

_HEAD = 8  # columns that tell most rows of numbers apart
_SMALL = 1 << 23  # bytes, in float64
_MANY_ROWS = 1 << 20  # of which some have to be repeated among the first, or none is looked for
_FIRST, _REPEATED = 1 << 16, 0.01
_ONE = np.uint64(1)


def distinct(rows: Rows) -> Rows:
    """Merge rows of the same numbers and class.

    Where what remains would outgrow scikit-learn's setting ``working_memory``, the rows are
    left as they are, and so are more than a million of which next to none is repeated among the
    first: a number for each row would take more room than files have. Of a sparse table that is
    small, arrays are made.

    Parameters
    ----------
    rows : Rows
        At least one.

    Returns
    -------
    Rows
        With their summary. Of the weights, the ratios are kept; None where all weigh the same.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> X, codes = np.array([[1.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> merged = distinct(ArrayRows(X, codes, 2))
    >>> (block,) = merged.slabs(1 << 20)
    >>> sorted(zip(block.X[:, 0].tolist(), block.codes.tolist(), block.weights.tolist()))
    [(1.0, 0, 2.0), (1.0, 1, 1.0), (2.0, 1, 1.0)]
    """
    n, d = rows.shape
    if n > _MANY_ROWS:
        heads = _heads_of(rows.take(np.arange(_FIRST)).X)
        if _shared(*ordered(heads)).size < _REPEATED * _FIRST:
            return rows.with_summary(rows.summary()).reweighted(_ratios(rows.weights))
    codes, weights = rows.codes, rows.weights
    if 8 * n * d <= _SMALL:
        left, (source, head) = rows, _held(rows)
    else:
        source, head = _summarised(rows)
        left = source
    order, same = ordered(head)
    shared = _shared(order, same)
    if not shared.size:
        return _alone(left, source, order)
    whole = np.zeros(n, dtype=np.uint64)

    def write(part: slice) -> None:
        whole[shared[part]] = _hashes_of(source.take(shared[part]).X)

    each_of(write, cut(shared.size, block_length(d, n_bytes=_SMALL)))
    leader = _leaders(source, shared, head, whole)
    kept = np.flatnonzero(leader == np.arange(n))
    small = 8 * kept.size * d <= _SMALL
    size = kept.size / n * (8 * n * d if source.n_stored is None else 16 * source.n_stored)
    if size > working_memory() or (kept.size == n and not small):
        return left.reweighted(_ratios(weights))
    block = source.take(kept)
    if small:
        order = _order(head[kept], whole[kept], codes[kept])
        block = block._replace(X=dense(block.X).take(order, axis=0))
        kept = kept[order]
    if kept.size < n:
        place = np.empty(n, dtype=np.intp)
        place[kept] = np.arange(kept.size)
        weights = np.bincount(place[leader], weights=comparable_weights(weights)).astype(float)
    elif weights is not None:
        weights = weights[kept]
    merged = rows.from_block(block._replace(codes=codes[kept], weights=_ratios(weights)))
    sparse = as_csr(block.X)
    alone = ArrayRows(block.X) if sparse is None else CsrRows(sparse)  # whose reads do not count
    return merged.with_summary(alone.summary())


def _alone(left: Rows, source: Rows, order: Indices) -> Rows:
    """Return rows none of which is repeated, small tables in the order of their hashes."""
    weights = _ratios(source.weights)
    if 8 * source.shape[0] * source.shape[1] > min(_SMALL, working_memory()):
        return left.reweighted(weights)
    block = source.take(order)
    if weights is not None:
        weights = weights[order]
    block = block._replace(X=dense(block.X), weights=weights)
    return left.from_block(block).with_summary(ArrayRows(block.X).summary())


@takes_sparse
@dataclass(frozen=True)
class _SummaryAndHeads:
    """The summary of columns, and a hash of each row's first ones: both in one read."""

    summarise: Summarise

    def __call__(self, block: Block) -> tuple[ColumnSummary, Gathered]:
        return self.summarise(block), Gathered.of(_heads_of(block.X))


def _merged(
    one: tuple[ColumnSummary, Gathered], other: tuple[ColumnSummary, Gathered]
) -> tuple[ColumnSummary, Gathered]:
    return one[0].merge(other[0]), one[1].merge(other[1])


def _held(rows: Rows) -> tuple[Rows, Hashes]:
    """Read rows once, and hold them in memory; what is read there is not counted."""
    parts = [dense(block.X) for block in rows.slabs(_SMALL)]
    X = parts[0] if len(parts) == 1 else np.concatenate(parts)
    held = ArrayRows(X, rows.codes, rows.n_classes, rows.weights)
    return held, _heads_of(X)


def _summarised(rows: Rows) -> tuple[Rows, Hashes]:
    """Hash the first columns in the read that summarises all."""
    first = dense(rows.take(np.zeros(1, dtype=np.intp)).X)[0].astype(np.float64)
    summary, heads = rows.reduce(_SummaryAndHeads(Summarise(first)), _merged, length=LENGTH)
    (hashes,) = heads.arrays()
    return rows.with_summary(summary), hashes


def _order(head: Hashes, whole: Hashes, codes: Indices) -> Indices:
    """Put rows in an order: by the first hash, by the other, by the class."""
    order = np.argsort(head)
    if (head[order[1:]] == head[order[:-1]]).any():
        return np.lexsort((codes, whole, head))
    return order


def _ratios(weights: Float64 | None) -> Float64 | None:
    """Weights, unless all are the same."""
    return None if weights is None or weights.min() == weights.max() else weights


def _heads_of(X: Floats | Csr) -> Hashes:
    """Hash rows by what tells most of them apart: of sparse ones, that is all they store."""
    return _hashes_of(X, _HEAD)


def _hashes_of(X: Floats | Csr, most: int | None = None) -> Hashes:
    """Hash rows by their numbers in float64; zeros that sparse rows store do not count.

    Of dense ones the first columns alone, if there is a `most`.
    """
    sparse = as_csr(X)
    if sparse is None:
        whole: Floats = dense(X)
        d = whole.shape[1]
        return hash_numbers(whole, d if most is None else min(most, d))
    hashes = np.empty(X.shape[0], dtype=np.uint64)
    _hash_stored(*_stored(sparse), hashes)
    return hashes


def _shared(order: Indices, same: Same) -> Indices:
    """Rows whose hash another row may have too, by `ordered`."""
    if not same.any():
        return np.empty(0, dtype=np.intp)
    return np.sort(order[np.append(same, False) | np.append(False, same)])


def _leaders(source: Rows, rows: Indices, head: Hashes, whole: Hashes) -> Indices:
    """Return for each row the first one that has its numbers and class; `rows` may have another."""
    codes = source.codes
    leader = np.arange(codes.size)
    if rows.size:
        order = rows[np.lexsort((codes[rows], whole[rows], head[rows]))]
        same = np.zeros(rows.size, dtype=np.bool_)
        for part in cut(rows.size, block_length(source.shape[1], n_bytes=_SMALL)):
            some = order[max(part.start - 1, 0) : part.stop]  # with the one before them
            X, classes = source.take(some).X, codes[some]
            equal = _are_as_before(X) & (classes[1:] == classes[:-1])
            same[part.stop - equal.size : part.stop] = equal
        first = np.maximum.accumulate(np.where(same, 0, np.arange(rows.size)))
        leader[order] = order[first]
    return leader


def _are_as_before(X: Floats | Csr) -> npt.NDArray[np.bool_]:
    """Say of each row but the first whether its numbers are those of the one before it."""
    sparse = as_csr(X)
    if sparse is None:
        pairs: Any = X[1:] == X[:-1]
        same: npt.NDArray[np.bool_] = pairs.all(axis=1)
        return same
    equal = np.empty(X.shape[0] - 1, dtype=np.bool_)
    _compare_stored(*_stored(sparse), equal)
    return equal


def _stored(X: Csr) -> tuple[Hashes, Indices, Indices]:
    """Take the bits of what rows store, its columns, and where each row begins."""
    bits = X.data[X.stored].astype(np.float64).view(np.uint64)
    return bits, X.indices[X.stored], (X.indptr - X.indptr[0]).astype(np.int64)


@kernel
def _hash_stored(bits: Hashes, indices: Indices, indptr: Indices, hashes: Hashes) -> None:
    for i in range(hashes.shape[0]):
        mixed = START
        for place in places_of(indptr, i):
            if bits[place] << _ONE:  # neither 0.0 nor -0.0
                mixed = (mixed ^ bits[place] ^ (np.uint64(indices[place]) * START)) * FACTOR
                mixed ^= mixed >> SHIFT
        hashes[i] = mixed


@kernel
def _compare_stored(
    bits: Hashes, indices: Indices, indptr: Indices, equal: npt.NDArray[np.bool_]
) -> None:
    for i in range(equal.shape[0]):
        one, other, same = indptr[i], indptr[i + 1], True
        while same:
            while one < indptr[i + 1] and not bits[one] << _ONE:
                one += 1
            while other < indptr[i + 2] and not bits[other] << _ONE:
                other += 1
            if one == indptr[i + 1] or other == indptr[i + 2]:
                same = one == indptr[i + 1] and other == indptr[i + 2]
                break
            same = indices[one] == indices[other] and bits[one] == bits[other]
            one, other = one + 1, other + 1
        equal[i] = same
