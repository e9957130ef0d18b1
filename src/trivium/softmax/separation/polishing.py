"""A linear programme's (LP's) answer, made exact where it is to be.

A vertex meets its constraints to a tolerance. What separates has to meet those that hold with
equality to the rounding of its own numbers: else margins that are zero come out negative by more
than a bound on rounding allows. Projections leave the rounding of long sums behind. So what is
missing is summed exactly (products split by Dekker, Numer. Math. 18, 1971; sums by Shewchuk, 1997,
as `math.fsum` takes them), and is projected out as a small correction.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64
from trivium.blocks.workers import one_blas_thread

_EQUAL = 1e-7  # of a row's length: a margin that the programme left at zero
_NOTHING = 1e-13  # of the greatest entry
_RANK = 1e-10
_SPLIT = 134217729.0  # 2²⁷ + 1
_REFINED = 2


class _Factors(NamedTuple):
    """Singular values and vectors of what must vanish, of its rank."""

    left: Float64
    values: Float64
    right: Float64

    def correction(self, missing: Float64) -> Float64:
        """Least change by which so much comes to the products."""
        change: Float64 = self.right.T @ ((self.left.T @ missing) / self.values)
        return change


def polished(matrix: Any, answer: Float64) -> Float64:
    """Project an answer onto the constraints that it meets with equality.

    Parameters
    ----------
    matrix : sparse array of shape (m, n)
        Constraints, one a row, of length at most two.
    answer : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n,)
        What is next to nothing beside the greatest entry is zero.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> rows = scipy.sparse.csr_array(np.array([[0.6, 0.8, 0.0]]))
    >>> polished(rows, np.array([0.8 + 1e-9, -0.6, 1.0]))
    array([ 0.8, -0.6,  1. ])
    """
    equal = matrix[np.abs(matrix @ answer) <= _EQUAL]
    if not equal.shape[0]:
        return answer
    with one_blas_thread():
        factors = _factors(equal)
        for _ in range(2):  # the first leaves its own rounding
            answer = answer - factors.right.T @ (factors.right @ answer)
        free = np.flatnonzero(np.abs(answer) > _NOTHING * np.abs(answer).max())
        if free.size < answer.size:
            equal = equal[:, free]
            factors = _factors(equal)
        own = answer[free]
        for _ in range(_REFINED):
            own = own - factors.correction(exact_products(equal, own))
    refined = np.zeros_like(answer)
    refined[free] = own
    return refined


def exact_products(matrix: Any, vector: Float64) -> Float64:
    """Multiply a sparse matrix and a vector, each product rounded once.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> rows = scipy.sparse.csr_array(np.array([[1e16, 1.0, -1e16]]))
    >>> exact_products(rows, np.array([1.0, 0.25, 1.0]))
    array([0.25])
    """
    matrix = matrix.tocsr()
    ahead, behind = _halves(matrix.data)
    other, rest = _halves(vector[matrix.indices])
    terms = np.stack([ahead * other, ahead * rest, behind * other, behind * rest], axis=1)
    pointer = matrix.indptr
    sums = [math.fsum(terms[pointer[i] : pointer[i + 1]].ravel()) for i in range(matrix.shape[0])]
    return np.array(sums, dtype=np.float64)


def _halves(values: Float64) -> tuple[Float64, Float64]:
    """Split numbers into two of half as many digits, whose products are exact."""
    large = _SPLIT * values
    ahead = large - (large - values)
    return ahead, values - ahead


def _factors(equal: Any) -> _Factors:
    left, values, right = scipy.linalg.svd(equal.toarray(), full_matrices=False)
    some = values > _RANK * values.max(initial=0.0)
    return _Factors(left[:, some], values[some], right[some])
