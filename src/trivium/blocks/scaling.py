"""Origins and units that keep digits: what both linear wings do to rows before they sum."""

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.blocks.map_reduce import map_reduce, row_blocks


def column_centers(X: Floats) -> Float64:
    """Mean of each column, exact for a constant one.

    The mean is taken of the deviations from the first row, so that a common offset eats no
    digits and a constant column leaves nothing.

    Parameters
    ----------
    X : ndarray of shape (n, d)

    Returns
    -------
    ndarray of shape (d,)

    Examples
    --------
    >>> import numpy as np
    >>> column_centers(np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 6.0]]))
    array([0.1, 3. ])
    """
    origin = X[0].astype(np.float64)

    def deviations(rows: slice) -> Float64:
        total: Float64 = (X[rows] - origin).sum(axis=0)
        return total

    centers: Float64 = origin + map_reduce(deviations, row_blocks(*X.shape), np.add) / X.shape[0]
    return centers


def comparable_weights(weights: Float64 | None) -> Float64 | None:
    """Divide weights by a power of two so that the greatest is about one.

    Where only their ratios matter this changes no bit of a result, and keeps sums and
    squares of very large and very small weights within float64.
    """
    if weights is None:
        return None
    comparable: Float64 = np.ldexp(weights, -np.frexp(weights.max())[1])
    return comparable
