"""Scores of a linear model, each row's the same to the last bit in any batch."""

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import kernel
from trivium.blocks.workers import map_in_order

_ROWS_A_PIECE = 4096


@kernel
def _accumulate(X: Floats, columns: Float64, scores: Float64) -> None:
    """Add X·columns to scores, column of X after column of X."""
    for row in range(X.shape[0]):
        for j in range(X.shape[1]):
            x = np.float64(X[row, j])
            for c in range(columns.shape[1]):
                scores[row, c] += x * columns[j, c]


def linear_scores(X: Floats, coef: Float64, intercept: Float64) -> Float64:
    """Compute X·coefᵀ + intercept in float64.

    BLAS chooses its order of summation by the shape of the whole batch; here each
    row's sum runs over the columns in order, so a row alone and the same row among a
    million score alike.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    coef : ndarray of shape (n_outputs, d)
    intercept : ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        If rows and coefficients disagree on the columns.

    Returns
    -------
    ndarray of shape (n, n_outputs)

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
    columns = np.ascontiguousarray(coef.T)
    scores = np.empty((X.shape[0], coef.shape[0]))
    scores[:] = intercept

    def run(start: int) -> None:
        piece = slice(start, start + _ROWS_A_PIECE)
        _accumulate(X[piece], columns, scores[piece])

    for _ in map_in_order(run, range(0, X.shape[0], _ROWS_A_PIECE)):
        pass
    return scores
