"""What sparse rows give a linear model: logits, and what is pulled back from them.

A gradient has a number for each column and class, which may be more than a block stores. So blocks
are long, and their statistics go through them in parts, of which the first read brings the rows
near for the second. Parameters and gradients lie column by column: what belongs to one column is
side by side.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.rows.block import Block
from trivium.rows.csr import Csr, as_large_csr, dense
from trivium.rows.products import places_of
from trivium.rows.source import Rows
from trivium.rows.summary import ColumnSummary

FAR = 8.0
"""Ranges from zero: a mean beyond costs more than a digit."""

PART = 4096
"""Rows of a part, which a core's second cache holds where some dozens are stored a row."""

_STORED_A_COLUMN = 8  # in a block: what has a number for each column is to cost little beside
_EVEN, _MOST = 2, 8  # blocks come in pairs, so that two threads have the same to do


def block_of_stored(rows: Rows) -> int:
    """Return how many rows a block has for statistics that go through sparse rows in parts."""
    n, d = rows.shape
    stored = rows.n_stored or 0
    count = min(max(1, stored // (_STORED_A_COLUMN * d) // _EVEN), _MOST) * _EVEN
    return max(64, -(-n // count))


def moved_rows(block: Block, center: Float64 | None) -> Floats | Csr:
    """Rows of a block, less a center, as an array in float64 or as they are stored.

    Where nothing is to be done it is a view. Rows stay sparse where what is subtracted from
    columns that are not stored in full is zero.
    """
    sparse = as_large_csr(block.X)
    if sparse is not None:
        moved = sparse if center is None else sparse.less(center)
        if moved is not None:
            return moved
    X: Float64 = np.asarray(dense(block.X), dtype=np.float64)
    return X if center is None else X - center


def center_of_stored(summary: ColumnSummary, origin: Float64) -> Float64:
    """Return an origin for the columns that lie so far from it that they are stored in full.

    A column with zeros has its mean within its range. For the others what is subtracted is zero.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.abs(origin) > FAR * (summary.most - summary.least)
    return np.where(far, origin, 0.0)


def logits_of(X: Floats | Csr, coef: Float64) -> Float64:
    """Multiply coefficients and rows, shape (n_classes, m)."""
    if isinstance(X, Csr):
        return np.ascontiguousarray((X @ coef.T).T)
    logits: Float64 = coef @ X.T
    return logits


def pull_back(residual: Float64, X: Floats | Csr, gradient: Float64) -> None:
    """Add what residuals of rows make of the gradient by the coefficients, in place.

    Parameters
    ----------
    residual : ndarray of shape (n_some, m)
    X : ndarray or Csr of shape (m, d)
    gradient : ndarray of shape (d, n_some)
    """
    if isinstance(X, Csr):
        X.add_pulled_back(residual.T, gradient)
    else:
        gradient += X.T @ residual.T


def moments_of(block: Block, center: Float64 | None, shift: Float64) -> Float64:
    """Weighted sums of columns less a center and a shift, and of their squares, of shape (2, d).

    Of sparse rows all is formed from what is stored: a column with zeros has its mean within its
    range, so that little cancels.

    Parameters
    ----------
    block : Block
    center : ndarray of shape (d,) or None
        As of `moved_rows`.
    shift : ndarray of shape (d,)
    """
    weights = np.ones(block.X.shape[0]) if block.weights is None else block.weights
    X = moved_rows(block, center)
    if not isinstance(X, Csr):
        deviation = X - shift
        return np.stack([weights @ deviation, weights @ deviation**2])
    sums, squares = np.zeros((2, shift.size))
    add_moments(X.data, X.indices, X.indptr, weights, sums, squares)
    total = weights.sum()
    squares = np.maximum(squares - 2.0 * shift * sums + shift * shift * total, 0.0)
    return np.stack([sums - shift * total, squares])


@kernel
def add_moments(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    weights: Float64,
    sums: Float64,
    squares: Float64,
) -> None:
    """Add weighted sums of columns, and of their squares, row by row."""
    for row in range(weights.shape[0]):
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            weighed = weights[row] * x
            sums[j] += weighed
            squares[j] += weighed * x


@kernel
def add_curved(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    weights: Float64,
    probabilities: Float64,
    direction: Float64,
    level: Float64,
    values: Float64,
    back: Float64,
    totals: Float64,
) -> None:
    """Add Xᵀ·w·(diag p - p pᵀ)·(level + X·direction) to `back`, of shape (d, K), row by row.

    Probabilities are of shape (m, K). `values` is room for K numbers; to `totals` what X is
    multiplied by is added. No weights: all are one.
    """
    K = np.uintp(level.shape[0])
    for row in range(indptr.shape[0] - 1):
        for k in range(K):
            values[k] = level[k]
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            for k in range(K):
                values[k] += x * direction[j, k]
        mean = 0.0
        for k in range(K):
            mean += probabilities[row, k] * values[k]
        weight = weights[row] if weights.shape[0] > 0 else 1.0
        for k in range(K):
            values[k] = weight * (probabilities[row, k] * (values[k] - mean))
            totals[k] += values[k]
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            for k in range(K):
                back[j, k] += x * values[k]
