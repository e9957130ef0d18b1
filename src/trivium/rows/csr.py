"""Rows most of whose numbers are zero: compressed sparse rows, as SciPy lays them in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse

from trivium.arrays import Floats, Indices

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
        """Take a matrix of SciPy's in CSR; a copy is made where entries are out of order or twice.

        Raises
        ------
        ValueError
            If the matrix is malformed, with an index beyond its columns.
        """
        matrix.check_format(full_check=True)
        step = np.diff(matrix.indices)
        within = np.ones(step.size, dtype=np.bool_)
        first = matrix.indptr[1:-1]
        within[first[(first > 0) & (first <= step.size)] - 1] = False  # from one row to the next
        if np.any(step[within] <= 0):
            matrix = scipy.sparse.csr_array(matrix, copy=True)
            matrix.has_canonical_format = False
            matrix.sum_duplicates()
        return cls(matrix.data, matrix.indices, matrix.indptr, matrix.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.data.dtype

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

    def column(self, number: int) -> Floats:
        """Return one column, with its zeros."""
        column = np.zeros(self.shape[0], dtype=self.dtype)
        places = np.flatnonzero(self.indices[self.stored] == number) + self.indptr[0]
        column[np.searchsorted(self.indptr, places, side="right") - 1] = self.data[places]
        return column

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


def dense(X: Any) -> Floats:
    """Return rows with all their numbers: themselves, if they are an array."""
    full: Floats = X.toarray() if isinstance(X, Csr) else X
    return full


def takes_sparse(statistic: Function) -> Function:
    """Mark a statistic, or a class of them, that takes blocks of sparse rows as they are.

    Others get blocks of which all numbers are there.
    """
    statistic.takes_sparse = True  # type: ignore[attr-defined]
    return statistic


def can_take_sparse(statistic: Callable[..., Any]) -> bool:
    """Whether a statistic is marked by `takes_sparse`."""
    return getattr(statistic, "takes_sparse", False)
