"""What rows' logits give a fit and its certificate, in one pass over a block of them.

Logits lie class by class, in tiles of rows that stay in a core's registers and nearest cache: what
is done to every row then runs along memory, several rows at a time. Sums run in as many lanes
as a tile has rows, so that they do not depend on how many rows the machine takes at a time, and
lanes are added up two by two.
"""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience, inner_kernel, kernel
from trivium.blocks.elementary import (
    LEAST,
    exp_from_least,
    exp_from_least_by_numpy,
    log1p_of_positive,
    log1p_of_positive_by_numpy,
    quotient,
)
from trivium.rows.csr import Csr
from trivium.softmax.objective.stored import logits_of

TILE = 64

A_CALL = 2000
"""Numbers that NumPy goes through in the time of its calls for one block."""

_NO_WEIGHTS: Float64 = np.empty(0)
_NO_EDGES: Float64 = np.empty((0, 0))
_TOTALS = 4  # sums that are one number
_LOSS, _WRONG, _SIZE, _OFF = range(_TOTALS)
# Rows of a tile's workspace, after those of the classes' exponentials.
_TOP, _BEST, _OWN, _CODE, _OTHERS, _WEIGHT, _SQUARE = range(7)
_LANES = 7  # from which on the sums follow


class RowSums(NamedTuple):
    """Sums over rows of what their probabilities p leave of the indicators e of their classes.

    Attributes
    ----------
    loss : float
        Cross-entropy.
    wrong : float
        Weight of the rows whose likeliest class, the first of those that tie, is not theirs.
    size : float
        Lengths of p - e.
    off : float
        Probabilities away from the likeliest class.
    squares : ndarray of shape (n_classes,)
        Squares of p - e.
    balance : ndarray of shape (n_classes,)
        p - e.
    edges : ndarray of shape (n_classes, n_classes), or empty
        Products p_h p_k, of the rows whose likeliest class is h.
    """

    loss: float
    wrong: float
    size: float
    off: float
    squares: Float64
    balance: Float64
    edges: Float64

    def merge(self, other: "RowSums") -> "RowSums":
        """Sum over both sets of rows."""
        sums: Any = zip(self, other, strict=True)
        return RowSums(*(one + two for one, two in sums))


def residuals_of(
    X: Float64 | Csr,
    coef: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64 | None,
    *,
    edges: bool = False,
) -> tuple[Float64, RowSums]:
    """Compute (p - e) times the weights for rows of a linear model, and sums of theirs.

    Of two classes the second's logits less the first's are all that is needed.

    Parameters
    ----------
    X : ndarray or Csr of shape (m, d)
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    codes, weights, edges
        As in `take_residuals`.

    Returns
    -------
    residual : ndarray of shape (n_classes, m)
    sums : RowSums
    """
    given = given_to_logits(coef, intercept)
    logits = logits_of_rows(X, *given)
    return logits, take_residuals(logits, given[1], codes, weights, edges=edges)


def given_to_logits(coef: Float64, intercept: Float64) -> tuple[Float64, Float64]:
    """Take the coefficients that logits need: of two classes the second's less the first's."""
    if len(coef) != 2:
        return coef, intercept
    return coef[1] - coef[0], np.array([0.0, intercept[1] - intercept[0]])


def logits_of_rows(X: Float64 | Csr, coef: Float64, intercept: Float64) -> Float64:
    """Compute logits less intercepts, (n_classes, m), of what `given_to_logits` returns."""
    logits = np.empty((intercept.size, X.shape[0]))
    if coef.ndim == 1:
        logits[0] = 0.0
        if isinstance(X, Csr):
            logits[1] = X @ coef
        else:
            np.dot(X, coef, out=logits[1])
    elif isinstance(X, Csr):
        return logits_of(X, coef)
    else:
        np.dot(coef, X.T, out=logits)
    return logits


def pulled_back(residual: Float64, X: Float64) -> Float64:
    """Turn the answer of `residuals_of` into a gradient by the coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> pulled_back(np.array([[0.5], [-0.5]]), np.array([[1.0, 4.0]]))
    array([[ 0.5,  2. ],
           [-0.5, -2. ]])
    """
    if len(residual) != 2:
        return np.asarray(residual @ X)
    gradient = np.empty((2, X.shape[1]))
    np.dot(residual[1], X, out=gradient[1])
    np.negative(gradient[1], out=gradient[0])
    return gradient


def take_residuals(
    logits: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64 | None,
    *,
    edges: bool = False,
) -> RowSums:
    """Replace logits by (p - e) times the rows' weights; return sums of theirs.

    Where a class is all but certain, what the others leave it has all its digits, in the loss
    and in p - e.

    Parameters
    ----------
    logits : ndarray of shape (n_classes, m), C-ordered
        Less the intercepts.
    intercept : ndarray of shape (n_classes,)
    codes : ndarray of shape (m,)
        Class of each row.
    weights : ndarray of shape (m,) or None
    edges : bool
        Whether these are wanted.
    """
    w = _NO_WEIGHTS if weights is None else weights
    room = room_for_sums(len(logits), edges=edges)
    if patience.is_over(logits.size + A_CALL):
        # A matrix's column is of another type to the compiler, which would do all of it twice.
        _take(logits, np.ascontiguousarray(intercept), codes, w, *room)
    else:
        take_by_numpy(logits, intercept, codes, w, *room[1:])
    return row_sums_of(*room[1:])


def room_for_sums(n_classes: int, *, edges: bool) -> tuple[Float64, Float64, Float64]:
    """Make a tile's workspace, and room for sums and for edges, if these are wanted."""
    work = np.zeros((_LANES + _TOTALS + 3 * n_classes, TILE))
    stars = np.zeros((n_classes, n_classes)) if edges else _NO_EDGES
    return work, np.empty(_TOTALS + 2 * n_classes), stars


def row_sums_of(sums: Float64, edges: Float64) -> RowSums:
    """Give the sums of a pass over rows their names."""
    loss, wrong, size, off = sums[:_TOTALS].tolist()
    squares, balance = sums[_TOTALS:].reshape(2, -1)
    return RowSums(loss, wrong, size, off, squares, balance, edges)


@inner_kernel
def add_lanes(work: Float64, first: int, sums: Float64) -> None:
    """Add up the lanes of each sum, two by two, so that few roundings are of great sums."""
    for s in range(sums.shape[0]):
        half = TILE // 2
        while half > 0:
            for i in range(half):
                work[first + s, i] += work[first + s, i + half]
            half //= 2
        sums[s] = work[first + s, 0]


@inner_kernel
def _add_edges(work: Float64, width: int, edges: Float64) -> None:
    """Add products of a tile's probabilities, whose exponentials and sums are in its workspace."""
    K = edges.shape[0]
    for i in range(width):
        h = np.intp(work[K + _BEST, i])
        total = work[K + _TOP, i]
        top = quotient(work[K + _WEIGHT, i], total)
        for k in range(K):
            edges[h, k] += 0.0 if k == h else top * quotient(work[k, i], total)


@inner_kernel
def begin_tile(work: Float64, K: int, codes: Indices, weights: Float64, first: int) -> int:
    """Write codes and weights of a tile's rows into its workspace; return how many rows it has."""
    m = codes.shape[0]
    width = TILE if m - first > TILE else m - first
    some = codes[first : first + width]
    for i in range(width):
        work[K + _CODE, i] = some[i]
        work[K + _WEIGHT, i] = 1.0
    if weights.shape[0]:
        own = weights[first : first + width]
        for i in range(width):
            work[K + _WEIGHT, i] = own[i]
    for i in range(width, TILE):
        work[K + _CODE, i] = work[K + _WEIGHT, i] = 0.0
    return width


@inner_kernel
def take_tile(work: Float64, K: int, width: int, edges: Float64) -> None:
    """Replace a tile's logits by (p - e) times the weights, and add to the lanes of its sums."""
    lanes = K + _LANES
    for k in range(K):
        for i in range(width, TILE):
            work[k, i] = 0.0
    for i in range(TILE):
        work[K + _BEST, i] = 0.0
        work[K + _OTHERS, i] = 0.0
        work[K + _SQUARE, i] = 0.0
        work[K + _TOP, i] = -np.inf
    for k in range(K):
        for i in range(TILE):
            logit, top = work[k, i], work[K + _TOP, i]
            better = logit > top or k == 0
            work[K + _TOP, i] = logit if better else top
            work[K + _BEST, i] = k if better else work[K + _BEST, i]
            work[K + _OWN, i] = logit if work[K + _CODE, i] == k else work[K + _OWN, i]
    for k in range(K):
        for i in range(TILE):
            x = work[k, i] - work[K + _TOP, i]
            e = exp_from_least(LEAST if x < LEAST else x)
            is_best = work[K + _BEST, i] == k
            work[K + _OTHERS, i] += 0.0 if is_best else e
            work[k, i] = 1.0 if is_best else e
    for i in range(TILE):
        others, w = work[K + _OTHERS, i], work[K + _WEIGHT, i]
        lost = log1p_of_positive(others) + (work[K + _TOP, i] - work[K + _OWN, i])
        off = quotient(others, 1.0 + others)
        work[lanes + _LOSS, i] += w * lost
        work[lanes + _WRONG, i] += 0.0 if work[K + _BEST, i] == work[K + _CODE, i] else w
        work[lanes + _OFF, i] += w * off
        work[K + _TOP, i], work[K + _OWN, i] = 1.0 + others, -off
    if edges.shape[0]:
        _add_edges(work, width, edges)
    for k in range(K):
        for i in range(TILE):
            p = quotient(work[k, i], work[K + _TOP, i])
            own = work[K + _OWN, i] if work[K + _BEST, i] == k else p - 1.0
            residual = own if work[K + _CODE, i] == k else p
            weighed = residual * work[K + _WEIGHT, i]
            work[k, i] = weighed
            work[K + _SQUARE, i] += residual * residual
            work[lanes + _TOTALS + k, i] += weighed * residual
            work[lanes + _TOTALS + K + k, i] += weighed
    for i in range(TILE):
        work[lanes + _SIZE, i] += work[K + _WEIGHT, i] * np.sqrt(work[K + _SQUARE, i])


@inner_kernel
def add_sums(work: Float64, K: int, sums: Float64) -> None:
    """Add up the lanes of all sums over rows."""
    add_lanes(work, K + _LANES, sums)


@kernel
def _take(
    logits: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64,
    work: Float64,
    sums: Float64,
    edges: Float64,
) -> None:
    """Go through a block tile by tile, in a workspace of zeros."""
    K, m = logits.shape
    for first in range(0, m, TILE):
        width = begin_tile(work, K, codes, weights, first)
        for k in range(K):
            for i in range(width):
                work[k, i] = logits[k, first + i] + intercept[k]
        take_tile(work, K, width, edges)
        for k in range(K):
            for i in range(width):
                logits[k, first + i] = work[k, i]
    add_sums(work, K, sums)


def take_by_numpy(
    logits: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64,
    sums: Float64,
    edges: Float64,
) -> None:
    """Do as `_take`, to the bit."""
    n_classes, m = logits.shape
    each = np.arange(m)
    with np.errstate(all="ignore"):
        logits += intercept[:, None]
        best = np.zeros(m, dtype=np.intp)
        top = logits[0].copy()
        for k in range(1, n_classes):  # not argmax, for which NaN is the greatest
            better = logits[k] > top
            best[better], top[better] = k, logits[k, better]
        own = logits[codes, each]
        logits -= top
        e = exp_from_least_by_numpy(np.where(logits < LEAST, LEAST, logits))
        e[best, each] = 0.0
        others = _summed(e)
        e[best, each] = 1.0
        total = 1.0 + others
        off = others / total
        lost = log1p_of_positive_by_numpy(others) + (top - own)
        if edges.size:
            w = weights if weights.size else np.ones(m)
            stars = w / total * (e / total)
            stars[best, each] = 0.0
            np.add.at(edges, best, stars.T)
        right = best == codes
        e /= total
        e[codes, each] = np.where(right, -off, e[codes, each] - 1.0)
        logits[...] = e
        if weights.size:
            logits *= weights
        size = np.sqrt(_summed(e * e))
        of_rows = np.stack([lost, np.where(right, 0.0, 1.0), size, off])
        if weights.size:
            of_rows *= weights
        summands = np.concatenate([of_rows, logits * e, logits])
        sums[:] = added_by_numpy(summands)


def added_by_numpy(summands: Float64) -> Float64:
    """Add rows of summands up as tiles do, in lanes, which `add_lanes` adds up, to the bit.

    Parameters
    ----------
    summands : ndarray of shape (n_sums, m)
    """
    n_sums, m = summands.shape
    padded = np.zeros((n_sums, -(-m // TILE) * TILE))
    padded[:, :m] = summands
    lanes = np.zeros((n_sums, TILE))
    for first in range(0, padded.shape[1], TILE):
        lanes += padded[:, first : first + TILE]
    while lanes.shape[1] > 1:
        lanes = lanes[:, : lanes.shape[1] // 2] + lanes[:, lanes.shape[1] // 2 :]
    return lanes[:, 0]


def _summed(parts: Float64) -> Float64:
    """Sum rows of an array from the first to the last."""
    total = np.zeros(parts.shape[1])
    for part in parts:
        total += part
    return total


patience = Patience(_take, to_compile=1 << 20, to_load=1 << 17)
"""Logits that NumPy goes through, at some 100 ns each, before loops that are compiled do."""
