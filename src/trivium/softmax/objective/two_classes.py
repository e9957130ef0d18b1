"""Two classes: one pass over a block of rows, from their numbers to the gradient.

One logit a row decides all, the second class's less the first's: its *margin*. Rows are taken in
parts that stay in a core's cache, in which margins are computed, replaced by what the
probabilities leave, and pulled back to the columns, all of it in compiled code. What is done to a
margin is done in tiles, and summed in lanes, as `row_sums.py` does with logits.
"""

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg.blas import dgemv

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.csr import Csr, as_csr, as_large_csr
from trivium.rows.products import places_of
from trivium.softmax.objective.margins import LANES, SUMS, take, taken_by_numpy
from trivium.softmax.objective.row_sums import A_CALL, TILE, RowSums, add_lanes, added_by_numpy
from trivium.softmax.objective.stored import PART, moved_rows

_FEW_ROWS = 256  # sparse ones, which stay in a core's cache for their second read
_MOST_ROWS = 1024  # of a part, whose margins stay in a core's nearest cache
_LEAST_VALUES = 1 << 17  # of a slab, beside which it costs little to call another thread
_SLABS, _MOST_PARTS = 8, 32
_NO_WEIGHTS: Float64 = np.empty(0)
_NONE_KEPT: Float64 = np.empty(0)
_EDGES: Float64 = np.array([[0.0, 1.0], [1.0, 0.0]])
_ROOT_TWO = float(np.sqrt(2.0))


class MarginSums(NamedTuple):
    """Sums over rows of what their probabilities p leave of the indicators e of their classes.

    Of two classes p - e is the same for both, but for its sign: it is that of the second here.

    Attributes
    ----------
    loss : float
        Cross-entropy.
    wrong : float
        Weight of the rows whose likeliest class, the first of those that tie, is not theirs.
    size : float
        Magnitudes of p - e.
    off : float
        Probabilities of the less likely class.
    square : float
        Squares of p - e.
    balance : float
        p - e.
    variance : float
        p(1 - p).
    products : ndarray of shape (d,)
        Of the rows and p - e, or p(1 - p) if that was asked for.
    """

    loss: float
    wrong: float
    size: float
    off: float
    square: float
    balance: float
    variance: float
    products: Float64

    def merge(self, other: "MarginSums") -> "MarginSums":
        """Sum over both sets of rows."""
        sums: Any = zip(self, other, strict=True)
        return MarginSums(*(one + two for one, two in sums))


def slab_length(n: int, d: int) -> int:
    """Return how many rows a thread takes at a time: a whole number of parts.

    Examples
    --------
    >>> slab_length(1_000, 10), slab_length(50_000, 10), slab_length(10_000_000, 10)
    (13312, 13312, 32768)
    """
    part = _part_length(d)
    rows = max(_LEAST_VALUES // d, -(-n // _SLABS))
    return part * min(max(1, -(-rows // part)), _MOST_PARTS)


def terms_of_slabs(n: int, d: int) -> int:
    """Return the most additions in a row of which a sum over slabs of rows is made."""
    part, slab = _part_length(d), slab_length(n, d)
    return min(part, n) + -(-min(slab, n) // part) + -(-n // slab)


def _part_length(d: int) -> int:
    return min(block_length(d), _MOST_ROWS)


def gradient_of_two(
    block: Block,
    center: Float64 | None,
    coef: Float64,
    intercept: Float64,
    *,
    room: bool = False,
    variances: Float64 | None = None,
) -> tuple[Float64, RowSums]:
    """Compute what `gradient_of` does, of two classes, with edges.

    Rows' edges count half from either class to the other, whichever is the likelier. `variances` is
    as in `sums_of_margins`.
    """
    by, level = coef[1] - coef[0], float(intercept[1] - intercept[0])
    sums = sums_of_margins(block, center, by, level, variances=variances)
    gradient = np.empty((2, by.size + room))
    gradient[1, : by.size] = sums.products
    np.negative(gradient[1], out=gradient[0])
    rows = RowSums(
        sums.loss,
        sums.wrong,
        _ROOT_TWO * sums.size,
        sums.off,
        np.array([sums.square, sums.square]),
        np.array([-sums.balance, sums.balance]),
        0.5 * sums.variance * _EDGES,
    )
    return gradient, rows


def sums_of_margins(
    block: Block,
    center: Float64 | None,
    by: Float64,
    level: float,
    *,
    curved: bool = False,
    variances: Float64 | None = None,
) -> MarginSums:
    """Sum over a block's rows, of which the logits' difference is linear in the columns.

    Parameters
    ----------
    block : Block
    center : ndarray of shape (d,) or None
        Subtracted from every row.
    by : ndarray of shape (d,)
        The second class's coefficients less the first's.
    level : float
        The intercepts' difference.
    curved : bool
        Whether rows are multiplied by p(1 - p), not by p - e.
    variances : ndarray of shape (m,) or None
        Where to write p(1 - p) times the weights, of rows that are no sparse ones.
    """
    kept = _NONE_KEPT if variances is None else variances
    if as_large_csr(block.X) is not None:
        whole, length = center is None or not center.any(), PART
    else:
        whole, length = as_csr(block.X) is None and center is None, _part_length(by.size)
    if whole:
        X = moved_rows(block, None)
        return _sums(X, by, level, block.codes, block.weights, curved, kept)
    found = [
        _sums(
            *(moved_rows(part, center), by, level, part.codes, part.weights, curved),
            kept[part.first - block.first :][: part.codes.size],
        )
        for part in block.parts(length)
    ]
    return reduce(MarginSums.merge, found)


def _sums(
    X: Any,
    by: Float64,
    level: float,
    codes: Indices,
    weights: Float64 | None,
    curved: bool,
    kept: Float64,
) -> MarginSums:
    out = np.zeros(SUMS + by.size)
    w = _NO_WEIGHTS if weights is None else weights
    if isinstance(X, Csr):
        _pass_of_stored(X.data, X.indices, X.indptr, by, level, codes, w, curved, out)
    else:
        _go_through(X, by, level, codes, w, curved, kept, out)
    numbers: Any = [*out[:SUMS].tolist(), out[SUMS:]]
    return MarginSums(*numbers)


def variances_of_margins(X: Float64 | Csr, by: Float64, level: float) -> Float64:
    """Compute p(1 - p) of rows, of which the logits' difference is linear, shape (m,)."""
    if isinstance(X, Csr):
        odds = np.exp(-np.abs(X @ by + level))
        of_stored: Float64 = odds / (1.0 + odds) ** 2
        return of_stored
    variances = np.empty(len(X))
    codes = np.zeros(len(X), dtype=np.intp)
    _go_through(X, by, level, codes, _NO_WEIGHTS, False, variances, np.zeros(SUMS))
    return variances


def _go_through(
    X: Any,
    by: Float64,
    level: float,
    codes: Indices,
    weights: Float64,
    curved: bool,
    kept: Float64,
    out: Float64,
) -> None:
    """Add up in `out`, which holds zeros, sums and, as far as there is room for them, products.

    Keep variances times the weights, too, if there is room for these.
    """
    compiled = patience.is_over(codes.size + A_CALL)
    loop = _pass if compiled else _pass_by_numpy
    loop(X, by, level, codes, weights, _part_length(by.size), curved, kept, out)


@kernel
def _pass(
    X: Float64,
    by: Float64,
    level: float,
    codes: Indices,
    weights: Float64,
    part: int,
    curved: bool,
    kept: Float64,
    out: Float64,
) -> None:
    """Do what `_go_through` says, part by part."""
    m, d = X.shape
    work = np.zeros((LANES, TILE))
    room = np.empty((2, min(part, m)))
    share = np.empty(d)
    for first in range(0, m, part):
        stop = min(first + part, m)
        some = X[first:stop]
        margins, variances = room[0, : stop - first], room[1, : stop - first]
        np.dot(some, by, margins)
        for i in range(stop - first):
            margins[i] += level
        own = weights[first:stop] if weights.shape[0] > 0 else weights
        take(margins, codes[first:stop], own, variances, work)
        if kept.shape[0] > 0:
            kept[first:stop] = variances
        if out.shape[0] > SUMS:
            np.dot(variances if curved else margins, some, share)
            for j in range(d):
                out[SUMS + j] += share[j]
    add_lanes(work, 0, out[:SUMS])


@kernel
def _pass_of_stored(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    by: Float64,
    level: float,
    codes: Indices,
    weights: Float64,
    curved: bool,
    out: Float64,
) -> None:
    """Do as `_pass` with sparse rows, of which few are taken at a time."""
    m = codes.shape[0]
    work = np.zeros((LANES, TILE))
    room = np.empty((2, _FEW_ROWS))
    products = out[SUMS:]
    for first in range(0, m, _FEW_ROWS):
        stop = min(first + _FEW_ROWS, m)
        margins, variances = room[0, : stop - first], room[1, : stop - first]
        for row in range(first, stop):
            margin = level
            for place in places_of(indptr, row):
                margin += np.float64(data[place]) * by[np.uintp(indices[place])]
            margins[row - first] = margin
        own = weights[first:stop] if weights.shape[0] > 0 else weights
        take(margins, codes[first:stop], own, variances, work)
        values = variances if curved else margins
        for row in range(first, stop):
            value = values[row - first]
            for place in places_of(indptr, row):
                products[np.uintp(indices[place])] += np.float64(data[place]) * value
    add_lanes(work, 0, out[:SUMS])


def _pass_by_numpy(
    X: Float64,
    by: Float64,
    level: float,
    codes: Indices,
    weights: Float64,
    part: int,
    curved: bool,
    kept: Float64,
    out: Float64,
) -> None:
    """Do as `_pass`, to the bit: compiled loops have SciPy's products, too."""
    m = len(X)
    parts = [slice(first, min(first + part, m)) for first in range(0, m, part)]
    with np.errstate(all="ignore"):
        margins = np.concatenate([dgemv(1.0, X[some].T, by, trans=1) for some in parts])
        margins += level
        weighed, variances, summands = taken_by_numpy(margins, codes, weights)
        out[:SUMS] = added_by_numpy(summands)
        if kept.size:
            kept[:] = variances
        if out.size > SUMS:
            for some in parts:
                out[SUMS:] += dgemv(1.0, X[some].T, (variances if curved else weighed)[some])


patience = Patience(_pass, to_compile=1 << 24, to_load=1 << 17)
"""Margins that NumPy goes through, at some 100 ns each, before loops that are compiled do: with
SciPy's products in them that takes three times as long as without."""
