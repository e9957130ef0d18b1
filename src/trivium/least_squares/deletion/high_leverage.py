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
from trivium.least_squares.deletion.fitted import Deletion, FittedTable
from trivium.least_squares.deletion.leave_one_out import LeftOut, OffSpan, leave_one_out
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solution import Solution
from trivium.least_squares.solving.solve import Solved, solve
from trivium.least_squares.solving.svd import Axes, principal_axes, shrunk
from trivium.least_squares.solving.targets import targets
from trivium.rows.block import Block
from trivium.rows.csr import dense

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
    fitted : FittedTable
    axes : Axes
        Of its rows.
    """

    def __init__(self, fitted: FittedTable, axes: Axes) -> None:
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
        residuals = np.empty((rows.size, self._fitted.table.n_targets))
        if not rows.size:
            return residuals, {}
        block, most = self._fitted.take(rows)
        to_fit = np.ones(rows.size, dtype=np.bool_)
        if rows.size > _FEW_FITS and self._off_span is not None:
            some = self._off_span.of(rows)
            left, root = self._left_out(block, most, alpha, some)
            residuals[:] = left.residuals / root[:, None]
            to_fit = self._rounding(block) * np.linalg.norm(left.residuals, axis=1) > _TOO_FAR
        elif rows.size > _MOST_FITS:
            Q, _, root = self._deletion.coordinates(block, most)
            remaining = 1.0 - self._deletion.share(root) - np.einsum("ij,ij->i", Q, Q)
            to_fit = np.abs(remaining) > _ALONE
            left, root = self._left_out(block, most, alpha, None)
            residuals[:] = left.residuals / root[:, None]
        solutions, told = {}, targets(block.codes, self._fitted.table.rows.n_classes)
        for place in np.flatnonzero(to_fit).tolist():
            row = int(rows[place])
            solution = solutions[row] = fit_without(self._fitted, row, alpha).solution
            row_values = dense(block.X[place : place + 1])[0].astype(np.float64)
            scores = row_values @ solution.coef + solution.intercept
            residuals[place] = told[place] - scores
        return residuals, solutions

    @one_blas_thread()
    def remaining(self, rows: Indices) -> Float64:
        """One less the leverage under the fit's own penalty.

        It is one for a row that alone holds a direction, of which the others tell nothing.

        Parameters
        ----------
        rows : ndarray of int of shape (m,)
        """
        if not rows.size:
            return np.empty(0)
        fitted = self._fitted
        block, most = fitted.take(rows)
        rank_increasing = fitted.deletion(self._axes).rank_increasing(block, most)
        if rows.size > _FEW_FITS and self._off_span is not None:
            Q, _, root = self._deletion.coordinates(block, most)
            off, none = self._off_span_of(block, root, self._off_span.of(rows))
            rank_increasing |= none
            taken = shrunk(self._deletion.axes.values, fitted.penalty())
            remaining = off.squares + np.einsum("ij,ij->i", Q, Q * taken)
        else:
            remaining = np.array(
                [
                    1.0 if lone else self._remaining_of(row, block.part(slice(place, place + 1)))
                    for place, (row, lone) in enumerate(
                        zip(rows.tolist(), rank_increasing.tolist(), strict=True)
                    )
                ]
            )
        return np.where(rank_increasing, 1.0, remaining)

    @cached_property
    def _deletion(self) -> Deletion:
        """How rows are left out in principal axes."""
        axes, fitted = self._axes, self._fitted
        if axes.vectors is None:
            axes = principal_axes(fitted.table, fitted.design, fitted.moments)
        return fitted.deletion(axes)

    @cached_property
    def _off_span(self) -> OffSpan | None:
        """Parts of all rows off the span of all columns; None where there are too many."""
        table, design = self._fitted.table, self._fitted.design
        n, d = table.shape
        if n > min(_MOST_ROWS, _MOST_ROWS_A_COLUMN * d):
            return None
        block = table.rows.take(np.arange(n))
        columns, targets = design.block(block)
        if self._fitted.centred:
            columns = np.column_stack([design.roots(block), columns])
        size = np.linalg.norm(columns, axis=0)
        columns /= np.where(size > 0, size, 1.0)
        basis, _, _ = scipy.linalg.qr(columns, pivoting=True, check_finite=False)
        off = basis[:, len(self._axes.values) + self._fitted.centred :]
        return OffSpan(np.einsum("ij,ij->i", off, off), off @ (off.T @ targets))

    def _left_out(
        self, block: Block, most: Float64, alpha: float, off: OffSpan | None
    ) -> tuple[LeftOut, Float64]:
        """Leave rows out, and return the roots of the weights removed.

        Without their parts off the span, they are taken to have none.
        """
        deletion = self._deletion
        Q, Y, root = deletion.coordinates(block, most)
        rank_increasing = np.ones(len(Q), dtype=np.bool_)
        if off is not None:
            off, rank_increasing = self._off_span_of(block, root, off)
        penalty = deletion.penalty_without(root, alpha, weighted=block.weights is not None)
        share = deletion.share(root)
        return leave_one_out(
            Q, Y, deletion.axes, share, penalty, rank_increasing=rank_increasing, off_span=off
        ), root

    def _off_span_of(
        self, block: Block, root: Float64, off: OffSpan
    ) -> tuple[OffSpan, NDArray[np.bool_]]:
        """Parts of some rows' weight removed off the span, and whether they are none."""
        removed = np.square(root / self._fitted.design.roots(block))
        none = off.squares <= np.square(16 * _EPSILON) * self._fitted.table.shape[0]
        some = OffSpan(
            1.0 - removed + removed * off.squares, np.sqrt(removed)[:, None] * off.residuals
        )
        return some, none & (removed == 1.0)

    def _rounding(self, block: Block) -> Float64:
        """How far rounding may move each row's part of Q."""
        Z, _ = self._fitted.design.block(block)
        reach: Float64 = (np.abs(Z) @ np.abs(self._axes.into)).max(axis=1, initial=0.0)
        return _EPSILON * reach

    def _remaining_of(self, row: int, block: Block) -> float:
        """One less the leverage of a row, which is the block, from the fit without it.

        With g = xᵀ(A + a)⁻¹x, A the others' squares and a the penalty, it is 1/(1 + g).
        """
        fitted = self._fitted
        weight_exponent = fitted.design.scaling.weight_exponent
        total = float(np.ldexp(fitted.design.weight, weight_exponent))
        weight = 1.0 if block.weights is None else float(block.weights[0])
        removed = min(float(fitted.weight_removed[row]), weight)
        solved = fit_without(fitted, row, fitted.alpha * total / (total - removed))
        seen = FittedTable(
            solved.table, solved.design, solved.moments, fitted.alpha, fitted.centred
        ).axes()
        if len(seen.values) < len(self._axes.values):
            return 1.0
        exponent = -solved.design.scaling.weight_exponent
        with np.errstate(over="ignore"):
            q = solved.design.projected(block, seen.into)[0]
            kept = shrunk(seen.values, fitted.alpha * float(np.ldexp(total, exponent)), rest=True)
            g = np.square(q) @ kept + fitted.centred / solved.design.weight
            return float(1.0 / (1.0 + np.ldexp(removed, exponent) * g))


def fit_without(fitted: FittedTable, row: int, alpha: float) -> Solved:
    """Fit without a row, from the start.

    Raises
    ------
    ValueError
        If the range of the others is beyond float64.
    """
    rows = fitted.table.rows
    weights, removed = rows.weights, float(fitted.weight_removed[row])
    if weights is not None and weights[row] > removed:
        weights = weights.copy()
        weights[row] -= removed
        rest = Table(rows.reweighted(weights))
    else:
        rest = Table(rows.subset(np.delete(np.arange(rows.shape[0]), row)))
    solved = solve(rest, alpha, centred=fitted.centred)
    if solved is None:
        raise ValueError(f"X without row {row} has a range beyond float64.")
    return solved
