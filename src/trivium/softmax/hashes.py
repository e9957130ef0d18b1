"""Hashes of rows, and the order of rows by these.

A hash mixes the bits of one number after another. What sorts hashes goes by their digits, the last
one first, each time by counting (Knuth, The Art of Computer Programming 3, section 5.2.5): a few
passes, however many rows have the same hash.
"""

import numpy as np
import numpy.typing as npt

from trivium.arrays import Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import each_of

Hashes = npt.NDArray[np.uint64]
Same = npt.NDArray[np.bool_]

START, FACTOR = (np.uint64(i) for i in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93))
SHIFT = np.uint64(32)
"""What a hash begins with; what it is multiplied by, and shifted by, after each number."""

_HASHED_AT_ONCE = 1 << 13  # rows that are hashed in the nearest caches
_SORTED_AT_ONCE = 1 << 13  # keys that NumPy sorts as fast
_FEW = 1 << 10  # keys that NumPy sorts before a loop has counted anything
_DIGIT = 11  # bits: so many counts stay in a core's nearest cache
_MASK = np.uint64((1 << _DIGIT) - 1)


def hash_numbers(X: Floats, n_columns: int) -> Hashes:
    """Hash the first columns of rows by their numbers in float64.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    n_columns : int
        How many of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> one, other, again = hash_numbers(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 2.0]]), 2)
    >>> bool(one == again), bool(one == other)
    (True, False)
    """
    hashes = np.empty(X.shape[0], dtype=np.uint64)
    plain = X.dtype == np.float64 and X.flags.c_contiguous
    if plain and patience_to_hash.is_over(hashes.size * n_columns):
        _hash(X.view(np.uint64), n_columns, hashes)
        return hashes
    for piece in cut(X.shape[0], _HASHED_AT_ONCE):
        columns = np.array(X[piece, :n_columns].T, dtype=np.float64, order="C").view(np.uint64)
        mixed = hashes[piece]
        mixed[:] = START
        for column in columns:
            mixed ^= column
            mixed *= FACTOR
            mixed ^= np.right_shift(mixed, SHIFT, out=column)
    return hashes


@kernel
def _hash(bits: Hashes, n_columns: int, hashes: Hashes) -> None:
    """Do as `hash_numbers`, to the bit."""
    for i in range(bits.shape[0]):
        mixed = START
        for j in range(n_columns):
            mixed = (mixed ^ bits[i, j]) * FACTOR
            mixed ^= mixed >> SHIFT
        hashes[i] = mixed


def ordered(hashes: Hashes) -> tuple[Indices, Same]:
    """Order rows by what their hashes begin with, and say of each but the first if it has the same.

    What they end with makes room for the row's number, so that numbers alone are sorted,
    which takes less than an `argsort`, and on several threads if by NumPy.
    """
    n = hashes.size
    n_bits = n.bit_length()
    last = np.uint64((1 << n_bits) - 1)
    keys = np.arange(n, dtype=np.uint64)
    keys |= hashes & ~last
    if n > _FEW and patience.is_over(n):
        _sort(keys, np.empty_like(keys), n_bits)
    else:
        each_of(lambda part: keys[part].sort(), cut(n, max(_SORTED_AT_ONCE, -(-n // 8))))
        if n > _SORTED_AT_ONCE:
            keys.sort(kind="stable")  # of sorted parts: to merge them is all there is to do
    return (keys & last).astype(np.intp), (keys[1:] ^ keys[:-1]) <= last


@kernel
def _sort(keys: Hashes, spare: Hashes, n_known: int) -> None:
    """Sort keys, whose last bits, so many, rise already; `spare` has room for as many."""
    n_digits = -(-(64 - n_known) // _DIGIT)
    places = np.zeros((n_digits, 1 << _DIGIT), dtype=np.int64)
    for i in range(keys.shape[0]):
        rest = keys[i] >> np.uint64(n_known)
        for digit in range(n_digits):
            places[digit, np.int64(rest & _MASK)] += 1
            rest >>= np.uint64(_DIGIT)
    given, found = keys, spare
    for digit in range(n_digits):
        place, before = places[digit], 0
        for value in range(place.shape[0]):
            count = int(place[value])
            place[value] = before
            before += count
        shift = np.uint64(n_known + digit * _DIGIT)
        for i in range(given.shape[0]):
            key = given[i]
            own = np.int64((key >> shift) & _MASK)
            found[place[own]] = key
            place[own] += 1
        given, found = found, given
    if n_digits % 2:
        keys[:] = spare


patience = Patience(_sort, to_compile=1 << 24, to_load=1 << 20)
"""Keys that NumPy sorts, at some 30 ns each, before a compiled loop does it in a third of that."""

patience_to_hash = Patience(_hash, to_compile=1 << 28, to_load=1 << 24)
"""Numbers that NumPy hashes, at some 2 ns each, before a compiled loop does it in a third of that.
"""
