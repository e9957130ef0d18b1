"""Columns of sparse rows: for each column the rows that store something in it.

The squared distance of a query q and a row x is |q|² + |x|² - 2q·x, and q·x has terms only where
both store something. So the columns that q stores are walked down, one after the other, and each
row on the way has its product added: the work is in the pairs of numbers that meet. Sums so found
are rounded in another order than those that distances are, so they only say where to look.

**How far off they may be.** With u = 2^-53, of N terms in all a sum of products is off by N·u times
the sum of their magnitudes, to first order (Higham, *Accuracy and Stability of Numerical
Algorithms*, section 3.1), which is at most (|q|² + |x|²)/2. So are the squared lengths, by N·u of
themselves, and a distance's own sum of squares, by (N + 2)·u times |q - x|² <= 2(|q|² + |x|²). All
that is less than (4N + 10)·u·(|q|² + |x|²), for which loops take (4N + 64)·u. Rows and queries are
divided by powers of two first, exactly, so that no square overflows; what underflows is less than
2^-1000 beside a number of one. A root may bring sums to the same distance that differ by some u
times themselves: limits are widened by 2^-40.
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
_STORED_A_BLOCK = 1 << 19  # numbers: what many queries share of them stays in the cache
_STORED_A_COLUMN = 4  # so many times as many numbers as columns: else places take more than they


class Block(NamedTuple):
    """Some consecutive rows, column by column.

    Attributes
    ----------
    first : int
        Number of the first row.
    values : ndarray of shape (n_stored,)
        What is stored, divided by the power of two.
    rows : ndarray of uint16 of shape (n_stored,)
        Its rows, from the first.
    starts : ndarray of int32 of shape (n_columns + 1,)
        Where each column begins.
    squares : ndarray of shape (n_rows,)
        Squared lengths of the rows, so divided.
    """

    first: int
    values: Float64
    rows: Any
    starts: Any
    squares: Float64


class Postings(NamedTuple):
    """All rows, column by column, in blocks.

    Attributes
    ----------
    blocks : list of Block
    columns : ndarray of int or None
        Columns in which something is stored, if not all of them count.
    exponent : int
        Of the power of two that numbers are divided by, so that none is greater than one.
    most : int
        Most numbers that a row stores.
    """

    blocks: list[Block]
    columns: Indices | None
    exponent: int
    most: int

    def places_of(self, indices: Indices) -> Indices:
        """Return where columns are among those that count; -1 where a column is none of them."""
        if self.columns is None:
            return indices
        places = np.searchsorted(self.columns, indices)
        places[places == self.columns.size] = 0
        return np.where(self.columns[places] == indices, places, -1)


def write_postings(X: Csr, n_jobs: int | None) -> Postings:
    """Write rows column by column: once more what is stored, in ten bytes a number.

    Parameters
    ----------
    X : Csr of shape (n, d)
        Of which a row at least stores something.
    n_jobs : int or None
    """
    n, d = X.shape
    stored = X.indices[X.stored]
    columns = None
    if d > X.n_stored:
        columns = np.unique(stored)
        d = columns.size
    exponent = int(np.frexp(np.abs(X.data[X.stored]).max())[1])
    a_row = max(1, X.n_stored // n)
    wanted = max(_STORED_A_BLOCK, _STORED_A_COLUMN * d) // a_row
    length = min(max(wanted, _LEAST_ROWS), MOST_ROWS, max(1, (1 << 30) // d))

    def write(place: slice) -> Block:
        return _write_block(X[place], place.start, columns, exponent, d)

    blocks = list(map_in_order(write, cut(n, length), n_jobs))
    return Postings(blocks, columns, exponent, int(np.diff(X.indptr).max()))


def _write_block(X: Csr, first: int, columns: Indices | None, exponent: int, d: int) -> Block:
    n, place = X.shape[0], X.stored
    data = np.ldexp(X.data[place].astype(np.float64), -exponent)
    indices = X.indices[place]
    if columns is not None:
        indices = np.searchsorted(columns, indices)
    squares = np.bincount(X.row_numbers(), data * data, minlength=n).astype(np.float64)
    rows = csr_array((data, indices, X.indptr - X.indptr[0]), shape=(n, d))
    turned = rows.tocsc()
    numbers, starts = turned.indices.astype(np.uint16), turned.indptr.astype(np.int32)
    return Block(first, turned.data, numbers, starts, squares)
