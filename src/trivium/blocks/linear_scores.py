"""Scores of a linear model, each row's the same to the last bit in any batch."""

from typing import Any, Protocol

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.map_reduce import block_length
from trivium.blocks.unlocked import unlocked
from trivium.blocks.workers import map_in_order

ROWS_A_PIECE = 4096
_FEW_VALUES = 1 << 16  # sparse rows of which an array is made: nothing has to be compiled for them
_FEW_OUTPUTS = 10
_A_CALL = 1000  # products that NumPy could add while it is called for a column
_GREATEST = float(np.finfo(np.float64).max)


class Stored(Protocol):
    """Rows of which only what is not zero is stored."""

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        ...

    def __getitem__(self, rows: slice) -> Any: ...

    def take(self, numbers: Indices) -> Any:
        """Return rows by their numbers."""
        ...

    def toarray(self) -> Floats:
        """Return all rows as an array."""
        ...

    def add_scores(self, columns: Float64, scores: Float64) -> None:
        """Add the product with columns, of shape (d, K), to scores."""


@kernel
def _accumulate(X: Floats, columns: Float64, scores: Float64) -> None:
    """Add X·columns to scores, column of X after column of X.

    Of few outputs, four rows at a time: their sums do not wait for each other. Of many, and where
    rows are not stored one by one, row after row: then neighbours in memory are read together.
    """
    by_four = columns.shape[1] <= _FEW_OUTPUTS and X.strides[1] == X.itemsize
    whole = X.shape[0] - X.shape[0] % 4 if by_four else 0
    for row in range(0, whole, 4):
        for c in range(columns.shape[1]):
            a, b = scores[row, c], scores[row + 1, c]
            d, e = scores[row + 2, c], scores[row + 3, c]
            for j in range(X.shape[1]):
                factor = columns[j, c]
                a += np.float64(X[row, j]) * factor
                b += np.float64(X[row + 1, j]) * factor
                d += np.float64(X[row + 2, j]) * factor
                e += np.float64(X[row + 3, j]) * factor
            scores[row, c], scores[row + 1, c] = a, b
            scores[row + 2, c], scores[row + 3, c] = d, e
    for row in range(whole, X.shape[0]):
        for j in range(X.shape[1]):
            x = np.float64(X[row, j])
            for c in range(columns.shape[1]):
                scores[row, c] += x * columns[j, c]


def _accumulate_by_numpy(X: Floats, columns: Float64, scores: Float64) -> None:
    """Do as `_accumulate`, to the bit."""
    with np.errstate(all="ignore"):
        for j, column in enumerate(columns):
            scores += X[:, j, None].astype(np.float64) * column


patience = Patience(_accumulate, to_compile=1 << 25, to_load=1 << 22)
"""Products that NumPy adds, at some 3 ns each, before a compiled loop does."""


def linear_scores(X: Floats | Stored, coef: Float64, intercept: Float64) -> Float64:
    """Compute X·coefᵀ + intercept in float64.

    BLAS chooses its order of summation by the shape of the whole batch; here each
    row's sum runs over the columns in order, so a row alone and the same row among a
    million score alike.

    Parameters
    ----------
    X : ndarray or sparse rows of shape (n, d)
        The bits are the same.
    coef : ndarray of shape (n_outputs, d)
    intercept : ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        If rows and coefficients disagree on the columns.

    Returns
    -------
    ndarray of shape (n, n_outputs)
        Not finite where a sum leaves float64 on the way.

    Examples
    --------
    >>> import numpy as np
    >>> linear_scores(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([[11.5]])
    """
    if X.shape[1] != coef.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} columns, and the coefficients are of {coef.shape[1]}: fit again."
        )
    if not isinstance(X, np.ndarray) and X.shape[0] * X.shape[1] <= _FEW_VALUES:
        X = X.toarray()
    columns = unlocked(np.ascontiguousarray(coef.T))
    scores = np.empty((X.shape[0], coef.shape[0]))
    scores[:] = intercept

    def run(start: int) -> None:
        piece = slice(start, start + ROWS_A_PIECE)
        if isinstance(X, np.ndarray):
            work = X.shape[1] * (_A_CALL + scores[piece].size)
            accumulate = _accumulate if patience.is_over(work) else _accumulate_by_numpy
            accumulate(X[piece], columns, scores[piece])
        else:
            X[piece].add_scores(columns, scores[piece])

    for _ in map_in_order(run, range(0, X.shape[0], ROWS_A_PIECE)):
        pass
    return scores


def bounded_scores(X: Floats | Stored, coef: Float64, intercept: Float64) -> Float64:
    """Compute `linear_scores`, and what is left of them where float64 ends.

    A sum that leaves float64 on the way only is computed with an exponent of its own. Where one
    of a row's scores is beyond float64 itself, the row's scores are those in proportion of which
    the greatest magnitude is float64's greatest: signs and order are right. Parameters that are
    not finite are left to themselves.

    Parameters
    ----------
    X, coef, intercept : as in `linear_scores`

    Returns
    -------
    ndarray of shape (n, n_outputs)

    Examples
    --------
    >>> import numpy as np
    >>> coef, intercept = np.array([[1e200, -1e200], [2e200, -4e200]]), np.zeros(2)
    >>> bounded_scores(np.array([[1.0, 1.0], [0.0, 1e200]]), coef, intercept)
    array([[ 0.00000000e+000, -2.00000000e+200],
           [-4.49423284e+307, -1.79769313e+308]])
    """
    scores = linear_scores(X, coef, intercept)
    bound_scores(scores, X, coef, intercept)
    return scores


def bound_scores(scores: Float64, X: Floats | Stored, coef: Float64, intercept: Float64) -> None:
    """Put into scores, in place, what `bounded_scores` says where they are not finite."""
    finite = np.isfinite(scores)
    if finite.all() or not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        return
    beyond = np.flatnonzero(~finite.all(axis=1))
    length = ROWS_A_PIECE if isinstance(X, np.ndarray) else block_length(X.shape[1])
    for start in range(0, beyond.size, length):
        rows = beyond[start : start + length]
        some = X[rows] if isinstance(X, np.ndarray) else X.take(rows).toarray()
        scaled, exponents = scaled_scores(some, coef, intercept)
        with np.errstate(over="ignore"):
            plain = np.ldexp(scaled, exponents[:, None])
            largest = np.abs(scaled).max(axis=1, keepdims=True)
            proportional = scaled / np.where(largest > 0.0, largest, 1.0) * _GREATEST
        within = np.isfinite(plain).all(axis=1, keepdims=True)
        scores[rows] = np.where(within, plain, proportional)


def scaled_scores(X: Floats, coef: Float64, intercept: Float64) -> tuple[Float64, Indices]:
    """Compute scores of any magnitude, each row's over a power of two.

    Parameters
    ----------
    X, coef, intercept : as in `linear_scores`, finite

    Returns
    -------
    scores : ndarray of shape (n, n_outputs)
        No sum or difference of two of them overflows.
    exponents : ndarray of int of shape (n,)
        Row i's scores are to be multiplied by 2^exponents[i].
    """
    fractions, powers = np.frexp(X.astype(np.float64))
    terms_most = (powers + np.frexp(coef)[1].max(axis=0)).max(axis=1)
    # So many powers of two come off each row that no sum or difference can overflow.
    most = np.maximum(terms_most, np.frexp(intercept)[1].max()) + (X.shape[1] + 1).bit_length()
    exponents = most - np.finfo(np.float64).maxexp + 2
    scores = np.empty((X.shape[0], coef.shape[0]))
    for c, (own, power) in enumerate(zip(*np.frexp(coef), strict=True)):
        terms = np.ldexp(fractions * own, powers + power - exponents[:, None])
        scores[:, c] = terms.sum(axis=1) + np.ldexp(intercept[c], -exponents)
    return scores, exponents
