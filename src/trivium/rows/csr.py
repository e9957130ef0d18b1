"""Rows most of whose numbers are zero: compressed sparse rows, as SciPy lays them in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.properties import cached_property
from trivium.rows.products import (
    add_pulled_back,
    add_pulled_back_once,
    add_score,
    add_scores,
)

_FEW_VALUES = 1 << 16

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Csr:
    """Rows of numbers, of which only some are stored; the others are zero.

    Within a row the columns of what is stored rise, and none comes twice.

    Attributes
    ----------
    data : ndarray of shape (n_stored,), float64 or float32
        What is stored, row by row.
    indices : ndarray of shape (n_stored,), int32 or int64
        Its columns.
    indptr : ndarray of shape (n + 1,), int32 or int64
        Row i has the places from indptr[i] to indptr[i + 1] - 1. Of a part of a table they
        are those in the arrays of all of it.
    shape : tuple of int

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> X = Csr.of(scipy.sparse.csr_array(np.array([[0.0, 2.0], [0.0, 0.0], [3.0, 4.0]])))
    >>> X[1:3].toarray()
    array([[0., 0.],
           [3., 4.]])
    >>> X.take(np.array([2, 0])).toarray()
    array([[3., 4.],
           [0., 2.]])
    """

    data: Floats
    indices: Indices
    indptr: Indices
    shape: tuple[int, int]

    @classmethod
    def of(cls, matrix: Any) -> "Csr":
        """Take a well-formed matrix in CSR; it is copied if entries are out of order or twice."""
        falls = matrix.indices[1:] <= matrix.indices[:-1]
        first = matrix.indptr[1:-1]
        falls[first[(first > 0) & (first <= falls.size)] - 1] = False  # from one row to the next
        if falls.any():
            matrix = scipy.sparse.csr_array(matrix, copy=True)
            matrix.has_canonical_format = False
            matrix.sum_duplicates()
        # In one piece, for which alone kernels are compiled.
        parts = matrix.data, matrix.indices, matrix.indptr
        data, indices, indptr = map(np.ascontiguousarray, parts)
        return cls(data, indices, indptr, matrix.shape)

    @classmethod
    def of_array(cls, X: Floats) -> "Csr":
        """Store the numbers of an array that are not zero.

        Examples
        --------
        >>> import numpy as np
        >>> Csr.of_array(np.array([[0.0, 2.0], [0.0, 0.0], [3.0, 4.0]])).indptr
        array([0, 1, 1, 3])
        """
        rows, columns = np.nonzero(X)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=X.shape[0]))])
        return cls(X[rows, columns], columns, indptr, X.shape)

    @classmethod
    def stack(cls, parts: Sequence["Csr"]) -> "Csr":
        """Put rows of the same columns one below the other.

        Examples
        --------
        >>> import numpy as np
        >>> rows = Csr.of_array(np.array([[0.0, 2.0], [0.0, 0.0], [3.0, 4.0]]))
        >>> Csr.stack([rows[2:], rows[:1]]).toarray()
        array([[3., 4.],
               [0., 2.]])
        """
        if len(parts) == 1:
            return parts[0]
        data = np.concatenate([part.data[part.stored] for part in parts])
        indices = np.concatenate([part.indices[part.stored] for part in parts])
        counts = np.concatenate([np.diff(part.indptr) for part in parts])
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return cls(data, indices, indptr, (counts.size, parts[0].shape[1]))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.data.dtype

    @property
    def size(self) -> int:
        """How many numbers there are, with zeros."""
        return self.shape[0] * self.shape[1]

    @property
    def n_stored(self) -> int:
        """How many numbers of these rows are stored."""
        return int(self.indptr[-1] - self.indptr[0])

    @property
    def stored(self) -> slice:
        """Where `data` and `indices` have what these rows store."""
        return slice(int(self.indptr[0]), int(self.indptr[-1]))

    def __getitem__(self, rows: slice) -> "Csr":
        """Return consecutive rows, a view; or every m-th, a copy."""
        start, stop, step = rows.indices(self.shape[0])
        if step != 1:
            return self.take(np.arange(start, stop, step))
        stop = max(start, stop)
        part = self.indptr[start : stop + 1]
        return Csr(self.data, self.indices, part, (stop - start, self.shape[1]))

    def take(self, numbers: Indices, axis: int = 0) -> "Csr":
        """Return rows by their numbers, in the order in which they are named: a copy."""
        if axis != 0:
            raise ValueError("Only rows can be taken.")
        counts = np.diff(self.indptr)[numbers]
        indptr = np.zeros(numbers.size + 1, dtype=self.indptr.dtype)
        np.cumsum(counts, out=indptr[1:])
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][numbers] - indptr[:-1], counts)
        shape = (int(numbers.size), self.shape[1])
        return Csr(self.data[places], self.indices[places], indptr, shape)

    def __matmul__(self, columns: Float64) -> Float64:
        """Multiply by columns, of shape (d,) or (d, K): each row's sum runs along its columns."""
        scores = np.zeros((self.shape[0], *columns.shape[1:]))
        self.add_scores(columns, scores)
        return scores

    def add_scores(self, columns: Float64, scores: Float64) -> None:
        """Add the product with columns, of shape (d,) or (d, K), to scores, in place."""
        places, columns = (self.data, self.indices, self.indptr), np.ascontiguousarray(columns)
        if columns.ndim == 1:
            add_score(*places, columns, scores)
        elif columns.shape[1] == 1:
            add_score(*places, columns[:, 0], scores[:, 0])
        else:
            add_scores(*places, columns, scores)

    def pulled_back(self, values: Float64) -> Float64:
        """Multiply the transposed rows by values of them, of shape (m,) or (m, K), row by row."""
        back = np.zeros((self.shape[1], *values.shape[1:]))
        self.add_pulled_back(values, back)
        return back

    def add_pulled_back(self, values: Float64, back: Float64) -> None:
        """Add that product to an array of shape (d,) or (d, K), in place."""
        places, values = (self.data, self.indices, self.indptr), np.ascontiguousarray(values)
        if values.ndim == 1:
            add_pulled_back_once(*places, values, back)
        elif values.shape[1] == 1:
            add_pulled_back_once(*places, values[:, 0], back[:, 0])
        else:
            add_pulled_back(*places, values, back)

    def less(self, center: Float64) -> "Csr | None":
        """Subtract numbers from columns that are stored in full; None where one of them is not.

        Parameters
        ----------
        center : ndarray of shape (d,)
            Zero for the other columns.

        Examples
        --------
        >>> import numpy as np
        >>> rows = Csr.of_array(np.array([[7.0, 2.0], [8.0, 0.0]]))
        >>> rows.less(np.array([7.0, 0.0])).toarray()
        array([[0., 2.],
               [1., 0.]])
        >>> rows.less(np.array([7.0, 1.0])) is None
        True
        """
        if not center.any():
            return self
        off = center[self.indices[self.stored]]
        if np.count_nonzero(off) < self.shape[0] * np.count_nonzero(center):
            return None
        places = self.indices[self.stored], self.indptr - self.indptr[0]
        return Csr(self.data[self.stored] - off, *places, self.shape)

    def column(self, number: int) -> Floats:
        """Return one column, with its zeros."""
        column = np.zeros(self.shape[0], dtype=self.dtype)
        by_column = self._by_column
        place = slice(*by_column.indptr[number : number + 2].tolist())
        column[by_column.indices[place]] = by_column.data[place]
        return column

    @cached_property
    def _by_column(self) -> Any:
        """Lay the same out column by column, which is kept for whoever asks for the next."""
        return self.scipy().tocsc()

    def column_ranges(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest number of each column, zeros included.

        Examples
        --------
        >>> import numpy as np
        >>> Csr.of_array(np.array([[1.0, -2.0], [3.0, 0.0]])).column_ranges()
        (array([ 1., -2.]), array([3., 0.]))
        """
        place, d = self.stored, self.shape[1]
        columns = self.indices[place]
        whole = np.bincount(columns, minlength=d) == self.shape[0]
        least, greatest = (
            np.where(whole, edge, 0.0).astype(self.dtype) for edge in (np.inf, -np.inf)
        )
        np.minimum.at(least, columns, self.data[place])
        np.maximum.at(greatest, columns, self.data[place])
        return least, greatest

    def toarray(self) -> Floats:
        """Return all numbers, C-ordered."""
        full = np.zeros(self.shape, dtype=self.dtype)
        full[self.row_numbers(), self.indices[self.stored]] = self.data[self.stored]
        return full

    def row_numbers(self) -> Indices:
        """Return the row of each number that is stored."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    def scipy(self) -> Any:
        """Return these rows as SciPy's, which share the memory where all of it is theirs."""
        place = self.stored
        parts = self.data[place], self.indices[place], self.indptr - self.indptr[0]
        return scipy.sparse.csr_array(parts, shape=self.shape)


def as_csr(X: object) -> Csr | None:
    """Return rows that are sparse; None for others."""
    return X if isinstance(X, Csr) else None


def as_large_csr(X: object) -> Csr | None:
    """Return sparse rows that are worth loops of their own; None for arrays and for few numbers.

    Of few numbers arrays are made: nothing has to be compiled for them.
    """
    return X if isinstance(X, Csr) and X.size > _FEW_VALUES else None


def dense(X: Any) -> Floats:
    """Return rows with all their numbers: themselves, if they are an array."""
    full: Floats = X.toarray() if isinstance(X, Csr) else X
    return full


def as_scipy(X: Any) -> Any:
    """Return rows as a user's functions know them: an array, or SciPy's sparse array."""
    return X.scipy() if isinstance(X, Csr) else X


def takes_sparse(statistic: Function) -> Function:
    """Mark a statistic, or a class of them, that takes blocks of sparse rows as they are.

    Others get blocks of which all numbers are there.
    """
    statistic.takes_sparse = True  # type: ignore[attr-defined]
    return statistic


def can_take_sparse(statistic: Callable[..., Any]) -> bool:
    """Whether a statistic is marked by `takes_sparse`."""
    return getattr(statistic, "takes_sparse", False)
