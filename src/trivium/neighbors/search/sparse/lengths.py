"""Lengths of sparse rows, with the bits that NumPy's sum over all columns has.

NumPy adds up a row of squares in pairs (Higham, *Accuracy and Stability of Numerical Algorithms*,
section 4.2): it halves the columns, at multiples of eight, until at most 128 are left, which have
eight sums, of every eighth column, and what is left over. To add a zero changes no bit: so the
sum of what is stored is the same if each number goes where its column goes.
"""

import math
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.rows.csr import Csr

_LEAF = 128  # columns that NumPy adds up without halving them
_GROUP = 8  # columns, at multiples of which it halves
_MOST_HALVINGS = 62
_NUMBERS_A_BLOCK = 1 << 17
_NORMAL = 1000  # of exponents, as far as a power and its reciprocal have all digits


class _Paths(NamedTuple):
    """Where NumPy's sum has each number that is stored.

    Attributes
    ----------
    groups : ndarray of int of shape (n_stored,)
        Which eight columns each is in.
    codes : ndarray of int64 of shape (n_groups,)
        The leaf that these are in: a bit for each halving, one for the second half, from the
        highest on. Of two leaves the highest bit that differs is the halving that parts them.
    even : int
        Columns from here on are what the last leaf has left over.
    """

    groups: Indices
    codes: Indices
    even: int


class _Sums(NamedTuple):
    """Room for the sums of a row: of eight lanes, and of parts of the columns.

    Attributes
    ----------
    lanes : ndarray of shape (8,)
    parts : ndarray of shape (64,)
    apart : ndarray of int of shape (64,)
        Of each part and the one before, where their codes differ.
    """

    lanes: Float64
    parts: Float64
    apart: Indices


@kernel
def lengths_of_stored(
    data: Float64,
    indices: Indices,
    indptr: Indices,
    paths: _Paths,
    room: _Sums,
    lengths: Float64,
) -> None:
    """Lengths of rows, whose squares are in range.

    Parameters
    ----------
    data, indices, indptr : as of `Csr`
        Places begin with 0.
    paths : _Paths
    room : _Sums
    lengths : ndarray of shape (n,)
        Receives them.
    """
    lanes, parts, apart = room.lanes, room.parts, room.apart
    for row in range(lengths.shape[0]):
        place, stop = indptr[row], indptr[row + 1]
        top, last = -1, 0
        while place < stop:
            code = paths.codes[paths.groups[place]]
            total = data[place] * data[place]
            place += 1
            if place < stop and paths.codes[paths.groups[place]] == code:
                place -= 1
                for lane in range(8):
                    lanes[lane] = 0.0
                while (
                    place < stop
                    and indices[place] < paths.even
                    and paths.codes[paths.groups[place]] == code
                ):
                    lanes[indices[place] & 7] += data[place] * data[place]
                    place += 1
                total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + (
                    (lanes[4] + lanes[5]) + (lanes[6] + lanes[7])
                )
                while place < stop and paths.codes[paths.groups[place]] == code:
                    total += data[place] * data[place]
                    place += 1
            between = code ^ last
            while top >= 1 and apart[top] < between:  # these belong together more closely
                parts[top - 1] += parts[top]
                top -= 1
            top += 1
            parts[top], apart[top], last = total, between, code
        while top >= 1:
            parts[top - 1] += parts[top]
            top -= 1
        lengths[row] = math.sqrt(parts[0]) if top == 0 else 0.0


patience = Patience(lengths_of_stored, to_compile=1 << 29, to_load=1 << 26)
"""Numbers, zeros included, that NumPy adds up, at some 1 ns each, before the loop is compiled."""


def exponents_of(greatest: Float64) -> Indices:
    """Return exponents of powers of two, by which squares of numbers up to some stay in range."""
    exponents: Indices = np.frexp(greatest)[1]
    return exponents


def scaled_lengths(scaled: Float64) -> Float64:
    """Return the lengths of rows.

    Parameters
    ----------
    scaled : ndarray of shape (n, d)
    """
    lengths: Float64 = np.sqrt(np.square(scaled).sum(axis=1))
    return lengths


def sparse_directions(X: Csr) -> Csr:
    """Do as `metrics.directions`, of sparse rows, to the bit.

    Parameters
    ----------
    X : Csr of shape (n, d)

    Returns
    -------
    Csr of shape (n, d + 1)
        In float64. It shares the columns and places of X where no row is zero.
    """
    n, d = X.shape
    data = X.data[X.stored]
    counts = np.diff(X.indptr)
    greatest = np.zeros(n)
    filled = np.flatnonzero(counts)
    if filled.size:
        starts = X.indptr[filled] - X.indptr[0]
        greatest[filled] = np.maximum.reduceat(np.abs(data), starts)
    unit = _scaled(data, exponents_of(greatest), counts)
    columns, indptr = X.indices[X.stored], X.indptr - X.indptr[0]
    lengths = _lengths(Csr(unit, columns, indptr, X.shape))
    zero = lengths == 0.0
    lengths[zero] = 1.0
    unit /= np.repeat(lengths, counts)
    if zero.any():
        ends = indptr[1:][zero]
        unit = np.insert(unit, ends, 1.0)
        columns = np.insert(columns, ends, d)
        indptr = indptr + np.concatenate([[0], np.cumsum(zero)]).astype(indptr.dtype)
    return Csr(unit, columns, indptr, (n, d + 1))


def _scaled(data: Floats, exponents: Indices, counts: Indices) -> Float64:
    """Divide what rows store by powers of two, as NumPy's ldexp does."""
    scaled = data.astype(np.float64)
    if exponents.size and np.abs(exponents).max() <= _NORMAL:  # a product is rounded alike
        scaled *= np.repeat(np.ldexp(1.0, -exponents), counts)
        return scaled
    found: Float64 = np.ldexp(scaled, -np.repeat(exponents, counts))
    return found


def _lengths(X: Csr) -> Float64:
    """Return lengths of rows in float64."""
    n, d = X.shape
    lengths, data = np.empty(n), X.data.astype(np.float64, copy=False)
    if patience.is_over(n * d):
        room = _Sums(np.empty(8), np.empty(_MOST_HALVINGS), np.empty(_MOST_HALVINGS, np.int64))
        places = X.indptr.astype(np.int64)
        lengths_of_stored(data, X.indices, places, _paths(X.indices, d), room, lengths)
        return lengths
    step = max(1, _NUMBERS_A_BLOCK // d)
    for start in range(0, n, step):
        some = slice(start, start + step)
        lengths[some] = scaled_lengths(X[some].toarray().astype(np.float64, copy=False))
    return lengths


def _paths(columns: Indices, d: int) -> _Paths:
    """Halve columns as NumPy does."""
    groups = columns // _GROUP
    n_groups = -(-d // _GROUP)
    if n_groups > columns.size + _LEAF:
        some, groups = np.unique(groups, return_inverse=True)
    else:
        some = np.arange(n_groups)
    start, size = np.zeros_like(some), np.full_like(some, d)
    codes = np.zeros(some.size, dtype=np.int64)
    for bit in range(_MOST_HALVINGS, -1, -1):
        goes_on = size > _LEAF
        if not goes_on.any():
            break
        half = size // 2
        half -= half % _GROUP
        second = goes_on & (some * _GROUP >= start + half)
        start[second] += half[second]
        size = np.where(second, size - half, np.where(goes_on, half, size))
        codes[second] |= np.int64(1) << bit
    return _Paths(groups, codes, d - d % _GROUP)
