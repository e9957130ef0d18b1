r"""What least squares would be without a row, for every row, without fitting again.

In the axes of the rows (`svd.py`), let q be a row's part of Q times its target's, c = QᵀY, w the
row's weight, W that of all, a = alpha·(W - w) the penalty without the row, and g = s²/(s² + a).
With an intercept, the row's leverage under that penalty is h = w/W + Σ g·q² (without: Σ g·q²), and

    residual without the row = (y - Σ g·q·c)/(1 - h),
    fitted coordinates without it = g·c - g·q·(residual without it)

for targets and rows times √w (Sherman & Morrison's formula; Cook & Weisberg, Residuals and
Influence in Regression, 1982, sections 2.2 and 3.4.3, for a = 0; the means without the row
are what turns the two into this simple form).

Both 1 - h and the residual are sums: of what lies off the span of the rows, and of
a/(s² + a) times what lies in it. Where rows are independent the first is zero and a divides
out, so that the quotient has its digits for any penalty, and at a = 0 is that of the fits of least
norm.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.least_squares.solving.svd import Axes, shrunk


class LeftOut(NamedTuple):
    """What rows would be without themselves.

    Attributes
    ----------
    residuals : ndarray of shape (m, n_targets)
        Times the roots of the rows' weights.
    remaining : ndarray of shape (m,)
        1 - h, up to a factor where rows are independent. Small ones have lost digits.
    squares : ndarray of shape (m,)
        Σ q².
    """

    residuals: Float64
    remaining: Float64
    squares: Float64


class OffSpan(NamedTuple):
    """What of rows lies off the span of all of them, where it is better known than by difference.

    Attributes
    ----------
    squares : ndarray of shape (m,)
        What 1 - h would be without a penalty.
    residuals : ndarray of shape (m, n_targets)
        Of the fit with all rows, without a penalty, times the roots of the weights removed.
    """

    squares: Float64
    residuals: Float64

    def of(self, rows: Indices) -> "OffSpan":
        """Return those of some rows."""
        return OffSpan(self.squares[rows], self.residuals[rows])


def leave_one_out(
    Q: Float64,
    Y: Float64,
    axes: Axes,
    share: Float64 | float,
    penalty: Float64 | float,
    *,
    rank_increasing: NDArray[np.bool_],
    off_span: OffSpan | None = None,
) -> LeftOut:
    """Leave each of some rows out, or as much of its weight as is to be removed.

    Parameters
    ----------
    Q : ndarray of shape (m, r)
        The rows' parts of Q.
    Y : ndarray of shape (m, n_targets)
        Their targets less the means, times the roots of the weights removed, as is Q.
    axes : Axes
    share : float or ndarray of shape (m,)
        Share of that weight in the weight of all rows; zero without an intercept.
    penalty : float or ndarray of shape (m, 1)
        On the squared coefficients, for the sum of squares of all rows but the one.
    rank_increasing : ndarray of bool of shape (m,)
        Which rows add one to the rank and are removed with their whole weight, so that the others
        tell nothing of the direction that they add.
    off_span : OffSpan or None
    """
    squares = np.einsum("ij,ij->i", Q, Q)
    if off_span is None:
        off_span = OffSpan(1.0 - share - squares, Y - Q @ axes.targets)
    remaining, residuals = off_span
    if np.any(penalty):
        given_up = shrunk(axes.values, penalty)
        residuals += (Q * given_up) @ axes.targets
        remaining += np.einsum("ij,ij->i", Q, Q * given_up)
    if rank_increasing.any():
        lost = shrunk(axes.values, penalty, rest=True) * (axes.values.min() / axes.values) ** 2
        residuals = np.where(rank_increasing[:, None], (Q * lost) @ axes.targets, residuals)
        remaining = np.where(rank_increasing, np.einsum("ij,ij->i", Q, Q * lost), remaining)
    with np.errstate(divide="ignore", invalid="ignore"):
        return LeftOut(residuals / remaining[:, None], remaining, squares)
