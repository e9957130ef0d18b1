"""Every row of a fit left out, block by block of rows.

Rows that hold a direction nearly alone, of which the closed form would lose digits, are
left out by fitting anew. They are few: leverages sum to the rank.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.least_squares.axes import Axes, principal_axes, quick_axes
from trivium.least_squares.gram import Moments
from trivium.least_squares.leave_one_out import leave_one_out, shrunk
from trivium.least_squares.solve import Solution, solve
from trivium.least_squares.table import Design, Table

_LEAST_REMAINING = 1e-4  # of 1 - leverage; below, four digits and more are lost
_ALIKE = 1e-6


class Fitted(NamedTuple):
    """A fit and the rows it was made of.

    Attributes
    ----------
    design : Design
    moments : Moments or None
    alpha : float
    centred : bool
        Whether there is an intercept.
    """

    design: Design
    moments: Moments | None
    alpha: float
    centred: bool

    def penalty(self) -> float:
        """Penalty on the sum of squares of all rows."""
        return self.alpha * self.design.weight

    def penalty_without(self, root: Float64, alpha: float | None = None) -> Float64 | float:
        """Penalty without each of some rows: one for all where they weigh the same."""
        alpha = self.alpha if alpha is None else alpha
        if self.design.table.weights is None:
            return alpha * (self.design.weight - 1.0)
        penalties: Float64 = alpha * (self.design.weight - root * root)[:, None]
        return penalties

    def share(self, root: Float64) -> Float64:
        """Share of each of some rows in the weight of all; zero without an intercept."""
        share: Float64 = self.centred * root * root / self.design.weight
        return share

    def axes(self) -> Axes:
        """Find the axes of the rows."""
        n, d = self.design.table.X.shape
        axes = None
        # Of independent rows the singular values themselves are asked for.
        if self.moments is not None and self.alpha == 0 and n - self.centred > d:
            axes = quick_axes(self.moments)
        return principal_axes(self.design, self.moments) if axes is None else axes

    def independent(self, axes: Axes) -> bool:
        """Whether each row adds one to the rank."""
        rank, n = len(axes.values), len(self.design.table.X)
        return 0 < rank == n - self.centred

    def coordinates(self, axes: Axes, rows: slice | Indices) -> tuple[Float64, Float64, Float64]:
        """Parts of Q and centred targets of some rows, both times the roots of their weights."""
        root = self.design.roots(rows)
        Q = self.design.projected(rows, axes.into) * root[:, None]
        return Q, self.design.centred_targets(rows) * root[:, None], root

    def fit_without(self, row: int, alpha: float | None = None) -> Solution:
        """Fit without a row, from the start."""
        table = self.design.table
        rest = Table(
            np.delete(table.X, row, axis=0),
            np.delete(table.codes, row),
            table.n_classes,
            None if table.weights is None else np.delete(table.weights, row),
        )
        solved = solve(rest, self.alpha if alpha is None else alpha, centred=self.centred)
        if solved is None:
            raise ValueError(f"X without row {row} has a range beyond float64.")
        return solved.solution


class EachLeftOut(NamedTuple):
    """What a fit would be without each of its rows.

    Attributes
    ----------
    axes : Axes
    leverage : ndarray of shape (n,)
        Of the fit with all rows.
    residuals : ndarray of shape (n, n_targets)
        Target less what the fit without the row predicts.
    shift : ndarray of shape (n,)
        Root mean square move of all fitted values.
    anew : dict of int to Solution
        Fits without a row that had to be made.
    mean_square : float
        Of the residuals of the fit with all rows, summed over targets.
    """

    axes: Axes
    leverage: Float64
    residuals: Float64
    shift: Float64
    anew: dict[int, Solution]
    mean_square: float


class _Sums(NamedTuple):
    """Squares of residuals; and what shows whether rows are those of the axes."""

    squares: float
    weight: float
    spread: float
    targets: Float64

    def merge(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.squares + other.squares,
            self.weight + other.weight,
            self.spread + other.spread,
            self.targets + other.targets,
        )


def without_each(fitted: Fitted, coef: Float64, intercept: Float64) -> EachLeftOut | None:
    """Leave every row out.

    Parameters
    ----------
    fitted : Fitted
    coef : ndarray of shape (d, n_targets)
    intercept : ndarray of shape (n_targets,)

    Returns
    -------
    EachLeftOut or None
        None if the fit was not made of these rows.
    """
    axes, design = fitted.axes(), fitted.design
    n, d = design.table.X.shape
    leverage, remaining, shift = np.empty(n), np.empty(n), np.empty(n)
    residuals = np.empty((n, design.table.n_targets))
    independent = fitted.independent(axes)
    now = shrunk(axes.values, fitted.penalty(), rest=True)
    lengths = np.square(axes.targets).sum(axis=1)

    def statistic(rows: slice) -> _Sums:
        Q, Y, root = fitted.coordinates(axes, rows)
        share = fitted.share(root)
        left = leave_one_out(
            Q, Y, axes, share, fitted.penalty_without(root), independent=independent
        )
        E, kept = left.residuals, left.shrinkage
        fits = Q * now
        leverage[rows] = share + np.einsum("ij,ij->i", Q, fits)
        remaining[rows] = left.remaining
        residuals[rows] = E / root[:, None]
        # Fitted coordinates without the row less those with it: (kept - now)·c - kept·q·E.
        pulled = Q * kept
        moved = (share + np.einsum("ij,ij->i", pulled, pulled)) * np.einsum("ij,ij->i", E, E)
        if fitted.alpha:
            change = kept - now
            moved += np.square(change) @ lengths
            moved -= 2.0 * np.einsum("it,it->i", (pulled * change) @ axes.targets, E)
        shift[rows] = np.sqrt(np.maximum(moved, 0.0) / design.weight)
        missed = Y - fits @ axes.targets
        return _Sums(
            float(np.vdot(missed, missed)), float(root @ root), float(np.vdot(Q, Q)), Q.T @ Y
        )

    sums = map_reduce(statistic, row_blocks(n, d), _Sums.merge)
    if not _is_of(fitted, axes, sums, coef):
        return None
    anew = {}
    if not independent:
        for row in np.flatnonzero(~(remaining > _LEAST_REMAINING)).tolist():
            solution = anew[row] = fitted.fit_without(row)
            scores = design.table.X[row].astype(np.float64) @ solution.coef + solution.intercept
            residuals[row] = design.table.targets(slice(row, row + 1))[0] - scores
            shift[row] = _shift(design, solution.coef - coef, solution.intercept - intercept)
    return EachLeftOut(axes, leverage, residuals, shift, anew, sums.squares / design.weight)


def _is_of(fitted: Fitted, axes: Axes, sums: _Sums, coef: Float64) -> bool:
    """Whether rows have the axes' sums, and the axes the fit's slopes."""
    design = fitted.design
    some = slice(0, min(1024, design.table.X.shape[0]))
    now = shrunk(axes.values, fitted.penalty(), rest=True)[:, None]
    ours = design.projected(some, axes.into) @ (now * axes.targets)
    theirs = design.projected(some, coef / design.frame.unit[:, None])
    size = np.sqrt(design.weight)
    # Rounding of the rows counts as much as they are nearly dependent.
    rounding = 16 * np.finfo(float).eps * np.abs(axes.into).max(initial=0.0) * size
    alike = max(_ALIKE, rounding)
    return bool(
        abs(sums.weight - design.weight) <= alike * design.weight
        and abs(sums.spread - axes.values.size) <= alike * max(1.0, sums.spread)
        and np.abs(sums.targets - axes.targets).max(initial=0.0) <= alike * size
        and np.abs(ours - theirs).max() <= alike * max(1.0, np.abs(ours).max())
    )


def _shift(design: Design, coef: Float64, intercept: Float64) -> float:
    """Root mean square of a linear function over the rows."""
    at_origin = design.frame.origin @ coef + intercept

    def statistic(rows: slice) -> float:
        moved = (design.table.X[rows] - design.frame.origin) @ coef + at_origin
        return float(np.square(moved * design.roots(rows)[:, None]).sum())

    total = map_reduce(statistic, row_blocks(*design.table.X.shape), float.__add__)
    return float(np.sqrt(total / design.weight))
