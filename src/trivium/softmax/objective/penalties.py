"""Penalties to try, and which of them to take."""

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import column_centers, comparable_weights

_DECADES = 8


def alpha_grid(X: Floats, weights: Float64 | None, count: int, *, fit_intercept: bool) -> Float64:
    """Return penalties from one that decides nothing to one that decides all.

    A direction in which the rows vary by λ keeps at most λ/(λ + 2·alpha) of its coefficient,
    for the curvature of the loss is at most λ/2 (Böhning 1992). The greatest penalty is ten
    times the rows' total variance, so that no direction keeps more than a twentieth; the grid
    spans eight decades below it; of one penalty alone it is the middle. It scales with the squares
    of the columns.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    weights : ndarray of shape (n,) or None
    count : int
    fit_intercept : bool
        Whether the variance is about the mean, not about zero.

    Returns
    -------
    ndarray of shape (count,)
        Ascending, in equal ratios.

    Examples
    --------
    >>> import numpy as np
    >>> alpha_grid(np.array([[-1.0], [1.0]]), None, 3, fit_intercept=True)
    array([1.e-07, 1.e-03, 1.e+01])
    """
    center = column_centers(X) if fit_intercept else np.zeros(X.shape[1])
    w = comparable_weights(weights)
    w = np.ones(X.shape[0]) if w is None else w / w.sum() * X.shape[0]

    def moments(rows: slice) -> Float64:
        deviation = np.asarray(X[rows], dtype=np.float64) - center
        return np.stack([w[rows] @ deviation, w[rows] @ deviation**2])

    mean, square = map_reduce(moments, row_blocks(*X.shape), np.add) / X.shape[0]
    variance = float((square - fit_intercept * mean**2).sum())
    greatest = 10.0 * variance if variance > 0 else 1.0
    exponents = np.linspace(-_DECADES, 0, count) if count > 1 else np.array([-_DECADES / 2])
    grid: Float64 = greatest * 10.0**exponents
    return grid
