"""Classes that a linear fit never names.

With three classes and more, the indicator of a class that lies between others can be fitted by
a plane that is nowhere the greatest (Hastie, Tibshirani & Friedman, The Elements of Statistical
Learning, 2nd ed. 2009, section 4.2, figure 4.2).
"""

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.linear_scores import bound_scores
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.workers import one_blas_thread

_FIRST_LOOK, _FIRST_LOOK_A_CLASS = 4096, 8  # rows


class MaskedClassWarning(UserWarning):
    """A class is predicted for no training row."""


@one_blas_thread()
def masked_classes(X: Floats, coef: Float64, intercept: Float64) -> Indices:
    """Return the classes that have the greatest value in no row.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of int
    """
    n, n_classes = X.shape[0], coef.shape[0]

    def named(rows: Floats) -> NDArray[np.bool_]:
        found = np.zeros(n_classes, dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = rows @ coef.T + intercept
        bound_scores(scores, rows, coef, intercept)
        found[scores.argmax(axis=1)] = True
        return found

    # Rows from all over the table name every class as a rule, and no more has to be read.
    some = max(_FIRST_LOOK, _FIRST_LOOK_A_CLASS * n_classes)
    found = named(X[:: max(1, n // some)])
    if not found.all():
        blocks = row_blocks(n, max(X.shape[1], n_classes))
        found = map_reduce(lambda rows: named(X[rows]), blocks, np.logical_or)
    return np.flatnonzero(~found)
