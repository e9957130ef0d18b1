"""Rows that hold a direction nearly alone, of which the closed form would lose digits.

As leverages sum to the rank, they are no more than that. What the closed form takes as a
difference, 1 - h and the residual, is found for them

- from the fit without the row, where such rows are few or far out; or
- where rows hardly outnumber columns, so that such rows are many, from an orthonormal basis N of
  what lies off the span of all columns: with N_i its row, 1 - h = ‖N_i‖² and the residual is
  N_i·NᵀY (Björck, Numerical Methods for Least Squares Problems, 1996, section 1.2.3); or
- where they hold it alone to rounding, and add one to the rank, from the limit that
  `leave_one_out` takes.
"""

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.blocks.properties import cached_property
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.deletion.fitted import Fitted
from trivium.least_squares.deletion.leave_one_out import LeftOut, OffSpan, leave_one_out
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solution import Solution
from trivium.least_squares.solving.solve import Solved, solve
from trivium.least_squares.solving.svd import Axes, principal_axes, shrunk

LEAST_REMAINING = 1e-4
"""Of one less the leverage: below, four digits and more are lost."""

_FEW_FITS, _MOST_FITS = 4, 64
_MOST_ROWS, _MOST_ROWS_A_COLUMN = 4096, 4  # of a table whose whole basis is worth finding
_ALONE = 1e-10
_TOO_FAR = 1e-8  # of the targets' size: what rounding may do to scores of a fit without a row
_EPSILON = float(np.finfo(np.float64).eps)


class LostRows:
    """Rows of a fit that are left out without the closed form's differences.

    Parameters
    ----------
    fitted : Fitted
    axes : Axes
        Of its rows.
    """

    def __init__(self, fitted: Fitted, axes: Axes) -> None:
        self._fitted, self._axes = fitted, axes

    @one_blas_thread()
    def residuals(self, rows: Indices, alpha: float) -> tuple[Float64, dict[int, Solution]]:
        """Target less what the fit without the row predicts.

        Parameters
        ----------
        rows : ndarray of int of shape (m,)
        alpha : float
            The penalty, which may be another than that of the fit.

        Returns
        -------
        residuals : ndarray of shape (m, n_targets)
        solutions : dict of int to Solution
            The fits that were made.
        """
        table = self._fitted.design.table
        residuals = np.empty((rows.size, table.n_targets))
        to_fit = np.ones(rows.size, dtype=np.bool_)
        if rows.size > _FEW_FITS and self._off_span is not None:
            left, root = self._left_out(rows, alpha, self._off_span)
            residuals[:] = left.residuals / root[:, None]
            to_fit = self._rounding(rows) * np.linalg.norm(left.residuals, axis=1) > _TOO_FAR
        elif rows.size > _MOST_FITS:
            Q, _, root = self._fitted.coordinates(self._principal, rows)
            remaining = 1.0 - self._fitted.share(root) - np.einsum("ij,ij->i", Q, Q)
            to_fit = np.abs(remaining) > _ALONE
            left, root = self._left_out(rows, alpha, None)
            residuals[:] = left.residuals / root[:, None]
        solutions = {}
        for place in np.flatnonzero(to_fit).tolist():
            row = int(rows[place])
            solution = solutions[row] = fit_without(self._fitted, row, alpha).solution
            scores = table.X[row].astype(np.float64) @ solution.coef + solution.intercept
            residuals[place] = table.targets(slice(row, row + 1))[0] - scores
        return residuals, solutions

    @one_blas_thread()
    def remaining(self, rows: Indices) -> Float64:
        """One less the leverage under the fit's own penalty.

        It is one for a row that alone holds a direction, of which the others tell nothing.

        Parameters
        ----------
        rows : ndarray of int of shape (m,)
        """
        fitted, alone = self._fitted, self._fitted.alone(self._axes, rows)
        if rows.size > _FEW_FITS and self._off_span is not None:
            Q, _, root = fitted.coordinates(self._principal, rows)
            off, none = self._off_span_of(rows, root, self._off_span)
            alone |= none
            taken = shrunk(self._principal.values, fitted.penalty())
            remaining = off.squares + np.einsum("ij,ij->i", Q, Q * taken)
        else:
            remaining = np.array(
                [
                    1.0 if lone else _remaining_of(fitted, self._axes, row)
                    for row, lone in zip(rows.tolist(), alone.tolist(), strict=True)
                ]
            )
        return np.where(alone, 1.0, remaining)

    @cached_property
    def _principal(self) -> Axes:
        if self._axes.vectors is not None:
            return self._axes
        return principal_axes(self._fitted.design, self._fitted.moments)

    @cached_property
    def _off_span(self) -> OffSpan | None:
        """Parts of all rows off the span of all columns; None where there are too many."""
        design = self._fitted.design
        n, d = design.table.X.shape
        if n > min(_MOST_ROWS, _MOST_ROWS_A_COLUMN * d):
            return None
        columns, targets = design.block(slice(0, n))
        if self._fitted.centred:
            columns = np.column_stack([design.roots(slice(0, n)), columns])
        size = np.linalg.norm(columns, axis=0)
        columns /= np.where(size > 0, size, 1.0)
        basis, _, _ = scipy.linalg.qr(columns, pivoting=True, check_finite=False)
        off = basis[:, len(self._axes.values) + self._fitted.centred :]
        return OffSpan(np.einsum("ij,ij->i", off, off), off @ (off.T @ targets))

    def _left_out(
        self, rows: Indices, alpha: float, off: OffSpan | None
    ) -> tuple[LeftOut, Float64]:
        """Leave rows out, and tell the roots of what goes of their weights.

        Without their parts off the span, they are taken to have none.
        """
        fitted, axes = self._fitted, self._principal
        Q, Y, root = fitted.coordinates(axes, rows)
        alone = np.ones(rows.size, dtype=np.bool_)
        if off is not None:
            off, alone = self._off_span_of(rows, root, off)
        share, penalty = fitted.share(root), fitted.penalty_without(root, alpha)
        return leave_one_out(Q, Y, axes, share, penalty, alone=alone, off_span=off), root

    def _off_span_of(
        self, rows: Indices, root: Float64, off: OffSpan
    ) -> tuple[OffSpan, NDArray[np.bool_]]:
        """Parts of what goes of some rows off the span, and whether they are none."""
        goes = np.square(root / self._fitted.design.roots(rows))
        none = off.squares[rows] <= np.square(16 * _EPSILON) * len(off.squares)
        some = OffSpan(
            1.0 - goes + goes * off.squares[rows], np.sqrt(goes)[:, None] * off.residuals[rows]
        )
        return some, none & (goes == 1.0)

    def _rounding(self, rows: Indices) -> Float64:
        """How far rounding may move each row's part of Q."""
        Z, _ = self._fitted.design.block(rows)
        reach: Float64 = (np.abs(Z) @ np.abs(self._axes.into)).max(axis=1, initial=0.0)
        return _EPSILON * reach


def fit_without(fitted: Fitted, row: int, alpha: float) -> Solved:
    """Fit without a row, from the start.

    Raises
    ------
    ValueError
        If the range of the others is beyond float64.
    """
    table = fitted.design.table
    weights = table.weights
    goes = fitted.goes_at_most(row)
    if weights is not None and weights[row] > goes:
        weights = weights.copy()
        weights[row] -= goes
        rest = table._replace(weights=weights)
    else:
        rest = Table(
            np.delete(table.X, row, axis=0),
            np.delete(table.codes, row),
            table.n_classes,
            None if weights is None else np.delete(weights, row),
        )
    solved = solve(rest, alpha, centred=fitted.centred)
    if solved is None:
        raise ValueError(f"X without row {row} has a range beyond float64.")
    return solved


def _remaining_of(fitted: Fitted, axes: Axes, row: int) -> float:
    """One less a row's leverage, from the fit without it.

    With g = xᵀ(A + a)⁻¹x, A the others' squares and a the penalty, it is 1/(1 + g).
    """
    frame, table = fitted.design.frame, fitted.design.table
    total = float(np.ldexp(fitted.design.weight, frame.weight_exponent))
    weight = 1.0 if table.weights is None else float(table.weights[row])
    goes = min(float(fitted.goes_at_most(row)), weight)
    solved = fit_without(fitted, row, fitted.alpha * total / (total - goes))
    others = Fitted(solved.design, solved.moments, fitted.alpha, fitted.centred)
    seen = others.axes()
    if len(seen.values) < len(axes.values):
        return 1.0
    exponent = -solved.design.frame.weight_exponent
    with np.errstate(over="ignore"):
        here = solved.design._replace(table=table)
        q = here.projected(slice(row, row + 1), seen.into)[0]
        kept = shrunk(seen.values, fitted.alpha * float(np.ldexp(total, exponent)), rest=True)
        g = np.square(q) @ kept + fitted.centred / solved.design.weight
        return float(1.0 / (1.0 + np.ldexp(goes, exponent) * g))
