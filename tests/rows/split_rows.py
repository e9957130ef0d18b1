"""Rows in arbitrary pieces, and an array that counts what is read of it: test doubles."""

import itertools
import sys

import numpy as np
import scipy.sparse

from trivium.rows.csr import Csr
from trivium.rows.memory import ArrayRows
from trivium.rows.sparse import CsrRows


class Pieces:
    """An array in pieces, whose rows are brought together where they are asked for.

    Each number that is read counts in `read`, as a share of all; what is read of some of the rows
    counts with these.
    """

    def __init__(self, pieces, parent=None):
        self._pieces = pieces
        self.shape = (sum(map(len, pieces)), pieces[0].shape[1])
        self.dtype, self.itemsize = pieces[0].dtype, pieces[0].itemsize
        self._numbers = [] if parent is None else parent._numbers
        self._total = self.shape[0] * self.shape[1] if parent is None else parent._total

    @property
    def read(self):
        """How often all the numbers were read."""
        return sum(self._numbers) / self._total

    def __getitem__(self, place):
        rows, *columns = place if isinstance(place, tuple) else (place,)
        whole = np.concatenate([np.asarray(piece) for piece in self._pieces])
        some = np.ascontiguousarray(whole[rows])
        found = some[(..., *columns)] if columns else some
        self._numbers.append(np.size(found))
        return found

    def take(self, numbers, axis):
        """Take rows, as an array does."""
        assert axis == 0
        return self[numbers]


class SplitRows(ArrayRows):
    """Rows that live in pieces, as files and clusters have them.

    Parameters
    ----------
    X, codes, n_classes, weights
        As of `ArrayRows`.
    cuts : list of int
        Where the pieces end; the last end is that of the rows. Pieces may be empty.
    recut : bool
        Whether blocks are cut by row number, as is agreed. If not, they are the pieces: tests
        look so whether a merge of other blocks says the same but for rounding.
    """

    def __init__(self, X, codes=None, n_classes=0, weights=None, *, cuts=(), recut=True):
        ends = [0, *(min(cut, len(X)) for cut in sorted(cuts)), len(X)]
        pieces = [X[start:stop] for start, stop in itertools.pairwise(ends)]
        super().__init__(Pieces(pieces), codes, n_classes, weights)
        self._ends, self._recut = ends, recut

    def _cuts(self, length):
        if self._recut:
            return super()._cuts(length)
        pairs = itertools.pairwise(self._ends)
        return [slice(start, stop) for start, stop in pairs if start < stop]

    def slabs(self, n_bytes):
        """Yield the pieces, however small they are, unless all rows are asked for at once."""
        if n_bytes == sys.maxsize:
            yield from super().slabs(n_bytes)
            return
        for start, stop in itertools.pairwise(self._ends):
            if start < stop:
                self._count(stop - start)
                yield self._block(slice(start, stop))

    def subset(self, numbers):
        """Return some of the rows, in pieces as well."""
        ends = np.searchsorted(np.sort(numbers), self._ends[1:-1])
        return self._split(self.take(numbers), ends)

    def from_block(self, block):
        """Return rows that were taken, in as many pieces."""
        shares = np.array(self._ends[1:-1]) / max(self.shape[0], 1)
        return self._split(block, np.floor(shares * len(block.X)).astype(int))

    def _split(self, block, cuts):
        split = type(self)(
            block.X, block.codes, self.n_classes, block.weights, cuts=cuts, recut=self._recut
        )
        split._X = Pieces(split._X._pieces, self._X)
        split._reads = self._reads
        return split


class SparsePieces:
    """Sparse rows in pieces, which are brought together where they are asked for."""

    def __init__(self, pieces):
        self._pieces = pieces
        self.shape = (sum(piece.shape[0] for piece in pieces), pieces[0].shape[1])
        self.dtype, self.n_stored = pieces[0].dtype, sum(piece.n_stored for piece in pieces)

    def __getitem__(self, rows):
        return self._whole()[rows]

    def take(self, numbers, axis):
        """Take rows, as an array does."""
        return self._whole().take(numbers, axis)

    def column(self, number):
        """Return one column."""
        return self._whole().column(number)

    def _whole(self):
        return Csr.of(scipy.sparse.vstack([piece.scipy() for piece in self._pieces], format="csr"))


class SplitCsrRows(CsrRows):
    """Sparse rows that live in pieces, cut by row number where they are read.

    Parameters
    ----------
    X : Csr
    codes, n_classes, weights
        As of `CsrRows`.
    cuts : list of int
        As of `SplitRows`.
    """

    def __init__(self, X, codes=None, n_classes=0, weights=None, *, cuts=()):
        ends = [0, *(min(cut, X.shape[0]) for cut in sorted(cuts)), X.shape[0]]
        self._ends = ends
        pieces = [X[start:stop] for start, stop in itertools.pairwise(ends)]
        super().__init__(SparsePieces(pieces), codes, n_classes, weights)

    def slabs(self, n_bytes):
        """Yield the pieces, however small they are, unless all rows are asked for at once."""
        if n_bytes == sys.maxsize:
            yield from super().slabs(n_bytes)
            return
        for start, stop in itertools.pairwise(self._ends):
            if start < stop:
                self._count(stop - start)
                yield self._block(slice(start, stop))

    def from_block(self, block):
        """Return rows that were taken, in as many pieces."""
        shares = np.array(self._ends[1:-1]) / max(self.shape[0], 1)
        cuts = np.floor(shares * block.X.shape[0]).astype(int)
        some = SplitCsrRows(block.X, block.codes, self.n_classes, block.weights, cuts=cuts)
        some._reads = self._reads
        return some
