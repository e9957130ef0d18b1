"""The least-squares problem of a labelled table, one block of rows at a time.

Columns are centred, divided by a power of two that brings them to magnitude one, and
rows are multiplied by the root of their weight. Dividing by a power of two is exact:
it keeps squares of very large and very small columns within float64 and nothing else.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import comparable_weights


class Design(NamedTuple):
    """Rows, targets and what is taken off and divided out of them.

    Attributes
    ----------
    X : ndarray of shape (n, d)
    codes : ndarray of shape (n,)
        Class of each row.
    n_classes : int
    weights : ndarray of shape (n,) or None
    origin : ndarray of shape (d,)
        A row of the data; zero without an intercept.
    mean : ndarray of shape (d,)
        Weighted mean of the deviations from it. The two are kept apart because their sum
        could not hold the digits of both.
    exponent : ndarray of int of shape (d,)
        Columns are divided by 2^exponent.
    target_center : ndarray of shape (n_targets,)
    total_weight : float
    """

    X: Floats
    codes: Indices
    n_classes: int
    weights: Float64 | None
    origin: Float64
    mean: Float64
    exponent: Indices
    target_center: Float64
    total_weight: float

    @property
    def center(self) -> Float64:
        """Weighted mean of each column, to the digits that one number holds."""
        return self.origin + self.mean

    def block(self, rows: slice) -> Float64:
        """Weighted, centred columns followed by the weighted, centred targets."""
        X = np.ldexp(self.X[rows] - self.origin - self.mean, -self.exponent)
        Y = targets(self.codes[rows], self.n_classes) - self.target_center
        joined = np.hstack([X, Y])
        if self.weights is not None:
            joined *= np.sqrt(self.weights[rows])[:, None]
        return joined


def targets(codes: Indices, n_classes: int) -> Float64:
    """Make indicator targets: -1 and +1 in one column for two classes, else one column a class.

    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> targets(np.array([0, 1]), 2).ravel()
    array([-1.,  1.])
    >>> targets(np.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    if n_classes == 2:
        return np.where(codes == 1, 1.0, -1.0)[:, None]
    indicators: Float64 = (codes[:, None] == np.arange(n_classes)).astype(np.float64)
    return indicators


def make_design(
    X: Floats, codes: Indices, n_classes: int, weights: Float64 | None, *, fit_intercept: bool
) -> Design:
    """Find centres and magnitudes in one pass over the rows."""
    n, d = X.shape
    weights = comparable_weights(weights)
    # Deviations from a row of the data keep the digits that a large common offset would eat.
    origin = X[0].astype(np.float64) if fit_intercept else np.zeros(d)

    def statistic(rows: slice) -> _Extent:
        deviation = X[rows] - origin
        w = np.ones(deviation.shape[0]) if weights is None else weights[rows]
        Y = targets(codes[rows], n_classes)
        return _Extent(w @ deviation, w @ Y, float(w.sum()), deviation.min(0), deviation.max(0))

    with np.errstate(over="ignore"):
        extent = map_reduce(statistic, row_blocks(n, d), _Extent.merge)
    total = extent.weight
    mean = extent.sums / total if fit_intercept else np.zeros(d)
    spread = np.maximum(extent.most - mean, mean - extent.least)
    exponent = np.where(spread > 0, np.frexp(spread)[1], 0).astype(np.intp)
    target_center = extent.target_sums / total
    return Design(
        X,
        codes,
        n_classes,
        weights,
        origin,
        mean,
        exponent,
        target_center if fit_intercept else np.zeros_like(target_center),
        total,
    )


class _Extent(NamedTuple):
    """Weighted sums and ranges of the columns; those of two sets of rows merge."""

    sums: Float64
    target_sums: Float64
    weight: float
    least: Float64
    most: Float64

    def merge(self, other: "_Extent") -> "_Extent":
        return _Extent(
            self.sums + other.sums,
            self.target_sums + other.target_sums,
            self.weight + other.weight,
            np.minimum(self.least, other.least),
            np.maximum(self.most, other.most),
        )
