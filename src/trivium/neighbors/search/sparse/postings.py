"""Columns of sparse rows: for each column the rows that store something in it.

The squared distance of a query q and a row x is |q|² + |x|² - 2q·x, and q·x has terms only where
both store something. So the columns that q stores are walked down, one after the other, and each
row on the way has its product added: the work is in the pairs of numbers that meet. Sums so found
are rounded in another order than those that distances are, so they only say where to look.

**How far off they may be.** With u = 2^-53, of N terms in all a sum of products is off by N·u times
the sum of their magnitudes, to first order (Higham, *Accuracy and Stability of Numerical
Algorithms*, section 3.1), which is at most (|q|² + |x|²)/2. So are the squared lengths, by N·u of
themselves, and a distance's own sum of squares, by (N + 2)·u times |q - x|² <= 2(|q|² + |x|²). All
that is less than (4N + 10)·u·(|q|² + |x|²), and than (5N + 20)·u if products of long columns, see
below, are taken from a number of the size of their bound; loops take (6N + 64)·u. Rows and queries
are divided by powers of two first, exactly, so that no square overflows; what underflows is less
than 2^-1000 beside a number of one. A root may bring sums to the same distance that differ by some
u times themselves: limits are widened by 2^-40.

**Long columns.** A few columns may hold most of what meets, and little of the rows' lengths: the
common words of texts that are weighed by how rare they are. They are left out at first: by Cauchy
and Schwarz |q·x| in them is at most the product of the lengths of both parts, which widens the
bounds. Rows that these do not rule out have their products added, from a small array.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import map_in_order
from trivium.rows.csr import Csr

MOST_ROWS = 1 << 16  # of a block, in which 16 bits number them
_LEAST_ROWS = 1 << 12
_STORED_A_BLOCK = 1 << 20  # numbers: what many queries share of them stays in the cache
_LONG = 1 / 32  # of the rows that a long column stores something of
_LITTLE = 0.015  # of the squared lengths, that all long columns have together
_STORED_A_COLUMN = 4  # so many times as many numbers as columns: else places take more than they


class Block(NamedTuple):
    """Some consecutive rows, column by column.

    Attributes
    ----------
    first : int
        Number of the first row.
    n_rows, n_long : int
        Number of rows, and of long columns.
    values : ndarray of shape (n_stored,)
        What is stored, divided by the power of two.
    rows : ndarray of uint16 of shape (n_stored,)
        Its rows, from the first.
    starts : ndarray of int32 of shape (n_columns + 1,)
        Where each column begins.
    squares : ndarray of shape (n_rows,)
        Squared lengths of the rows, so divided.
    long : ndarray of shape (n_rows, n_long)
        What they have in the long columns.
    of_long : ndarray of shape (n_rows,)
        Their lengths in these.
    """

    first: int
    n_rows: int
    n_long: int
    values: Float64
    rows: Any
    starts: Any
    squares: Float64
    long: Float64
    of_long: Float64


class Postings(NamedTuple):
    """All rows, column by column, in blocks.

    Attributes
    ----------
    blocks : list of Block
    columns : ndarray of int or None
        Columns in which something is stored, if not all of them count.
    long : ndarray of int of shape (n_columns,)
        Places of the long columns among these; -1 for others.
    exponent : int
        Of the power of two that numbers are divided by, so that none is greater than one.
    most : int
        Most numbers that a row stores.
    """

    blocks: list[Block]
    columns: Indices | None
    long: Indices
    exponent: int
    most: int

    def places_of(self, indices: Indices) -> Indices:
        """Return where columns are among those that count, as `Asked` has them."""
        there, places = None, indices
        if self.columns is not None:
            places = np.searchsorted(self.columns, indices)
            places[places == self.columns.size] = 0
            there = self.columns[places] == indices
        long = self.long[places]
        marked = np.where(long >= 0, -2 - long, places)
        return marked if there is None else np.where(there, marked, -1)


def write_postings(X: Csr, n_jobs: int | None) -> Postings:
    """Write rows column by column: once more what is stored, in ten bytes a number and some more.

    Parameters
    ----------
    X : Csr of shape (n, d)
        Of which a row at least stores something.
    n_jobs : int or None
    """
    n, d = X.shape
    place = X.stored
    indices, columns = X.indices[place], None
    if d > X.n_stored:
        columns, indices = np.unique(indices, return_inverse=True)
        d = columns.size
    exponent = int(np.frexp(np.abs(X.data[place]).max())[1])
    data = np.ldexp(X.data[place], -exponent, dtype=np.float64)
    scaled = Csr(data, indices, X.indptr - X.indptr[0], (n, d))
    long = _long_columns(scaled)
    a_row = max(1, X.n_stored // n)
    wanted = max(_STORED_A_BLOCK, _STORED_A_COLUMN * d) // a_row
    length = min(max(wanted, _LEAST_ROWS), MOST_ROWS, max(1, (1 << 30) // d))

    def write(rows: slice) -> Block:
        return _write_block(scaled[rows], rows.start, long)

    blocks = list(map_in_order(write, cut(n, length), n_jobs))
    return Postings(blocks, columns, long, exponent, int(np.diff(X.indptr).max()))


def _long_columns(X: Csr) -> Indices:
    """Give numbers to long columns, the longest of all as far as they hold little; others -1."""
    n, d = X.shape
    counts = np.bincount(X.indices, minlength=d)
    numbers = np.full(d, -1, dtype=np.intp)
    longest = np.flatnonzero(counts > n * _LONG)
    if longest.size:
        squares = X.data * X.data
        mass = np.bincount(X.indices, squares, minlength=d)[longest]
        order = np.argsort(-counts[longest], kind="stable")[: X.n_stored // n // 2]
        light = longest[order][np.cumsum(mass[order]) <= _LITTLE * squares.sum()]
        numbers[light] = np.arange(light.size)
    return numbers


def _write_block(X: Csr, first: int, numbers: Indices) -> Block:
    n, place = X.shape[0], X.stored
    parts = X.data[place], X.indices[place], X.indptr - X.indptr[0]
    turned = csr_array(parts, shape=X.shape).tocsc()
    rows, starts = turned.indices.astype(np.uint16), turned.indptr.astype(np.int32)
    squares = np.bincount(X.row_numbers(), np.square(parts[0]), minlength=n).astype(np.float64)
    columns = np.flatnonzero(numbers >= 0)
    long, of_long = np.zeros((n, columns.size)), np.zeros(n)
    for column, number in zip(columns, numbers[columns], strict=True):
        down = slice(starts[column], starts[column + 1])
        long[rows[down], number] = turned.data[down]
    if columns.size:
        of_long = np.sqrt(np.square(long).sum(axis=1)) * (1.0 + 2.0**-40)
        of_long += 2.0**-500  # for squares that vanished
    return Block(first, *long.shape, turned.data, rows, starts, squares, long, of_long)
