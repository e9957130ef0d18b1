"""Detects convergence that means nothing: the gradient is small because a column is.

The gradient by a column's coefficients is in units of one over the column's: where columns
are tiny it is as small as any `tol` before the first step. The Hessian in one column's
coefficients is at most mean((x - o)²)/2 + alpha for every class alike, with the intercepts
moved along so that the column is taken about o (Böhning, Ann. Inst. Stat. Math. 44, 1992). So
a step in them alone, of Newton's with that bound, lowers the loss by

    ‖gradient in them‖² / (2·(mean((x - o)²)/2 + alpha))

at least, in whatever units the column comes.
"""

import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64
from trivium.magnitudes import column_name
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr, dense, takes_sparse
from trivium.softmax.fitting import Fitted
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.objective.stored import moments_of
from trivium.softmax.solvers.protocol import Status

_SMALL = 1e-2  # of what varies by more, tol means what it says
_MUCH = 1e-3  # of the loss of equal shares


class SureFalls(NamedTuple):
    """What each column's coefficients alone could still do.

    Attributes
    ----------
    falls : ndarray of shape (d,)
        So much at least one step lowers the loss.
    spreads : ndarray of shape (d,)
        Root mean square of the column, about its mean where there are intercepts.
    """

    falls: Float64
    spreads: Float64


def sure_falls(objective: CrossEntropy, gradient: Float64) -> SureFalls:
    """Bound from below what a step in each column's coefficients gains; reads the rows once.

    Parameters
    ----------
    objective : CrossEntropy
    gradient : ndarray of shape (n_classes, d [+ 1])
        For rows as they come.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> X, codes = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> for unit in (1.0, 1e-9):
    ...     objective = CrossEntropy(ArrayRows(unit * X, codes, 2))
    ...     gradient = objective.evaluate(np.zeros((2, 2))).gradient
    ...     sure_falls(objective, gradient).falls
    array([0.4])
    array([0.4])
    """
    rows, d = objective.rows, objective.rows.shape[1]
    origin = rows.summary().means if objective.fit_intercept else np.zeros(d)
    center = objective.center if rows.n_stored is not None else None
    statistic = SquaredDeviations(origin, center)
    with np.errstate(over="ignore"):
        squares = rows.reduce(statistic, np.add, length=objective.long)
        mean = squares / objective.total
    own = gradient[:, :d] - gradient[:, d:].sum(axis=1, keepdims=True) * origin
    curvature = mean / 2 + objective.alpha
    most = np.where(curvature > 0, curvature, np.inf)
    return SureFalls((own**2).sum(axis=0) / (2 * most), np.sqrt(mean))


@takes_sparse
@dataclass(frozen=True)
class SquaredDeviations:
    """Weighted squares of each column's deviations from a point, summed over rows.

    Attributes
    ----------
    origin : ndarray of shape (d,)
    center : ndarray of shape (d,) or None
        The part of it that sparse rows are moved by.
    """

    origin: Float64
    center: Float64 | None = None

    def __call__(self, block: Block) -> Float64:
        """Sum over a block."""
        if as_large_csr(block.X) is not None:
            shift = self.origin if self.center is None else self.origin - self.center
            squares: Float64 = moments_of(block, self.center, shift)[1]
            return squares
        deviation = np.asarray(dense(block.X), dtype=np.float64) - self.origin
        count = np.ones(deviation.shape[0]) if block.weights is None else block.weights
        total: Float64 = count @ deviation**2
        return total


def warn_of_small_columns(estimator: Any, fitted: Fitted, gap: float, *, stacklevel: int) -> None:
    """Warn where a fit ended by `tol`, and columns are too small for that to say much.

    Parameters
    ----------
    estimator : SoftmaxRegression
    fitted : Fitted
    gap : float
        Upper bound on the loss less its optimum; where it is small, no rows are read.
    stacklevel : int

    Warns
    -----
    ConvergenceWarning
        If the step of one small column alone is known to gain a thousandth of log(n_classes).
    """
    least = _MUCH * np.log(len(fitted.coef))
    if fitted.status is not Status.CONVERGED or gap < least:
        return
    falls, spreads = sure_falls(fitted.objective, fitted.gradient)
    falls = np.where(spreads < _SMALL, falls, 0.0)
    column = int(falls.argmax())
    if falls[column] < least:
        return
    warnings.warn(
        f"The gradient is as small as tol={estimator.tol:g} asks, but that says little of "
        f"{column_name(estimator, column)}, which varies by {spreads[column]:.2g} only: a step of "
        f"its coefficients alone would lower the loss by {falls[column]:.2g}. Multiply such "
        "columns by a power of ten, or lower tol.",
        ConvergenceWarning,
        stacklevel=stacklevel,
    )
