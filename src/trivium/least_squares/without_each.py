"""Every row of a fit left out, block by block of rows.

Rows that hold a direction nearly alone, of which the closed form would lose digits, are
left out by fitting anew. As leverages sum to the rank, they are no more than that.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.least_squares.axes import Axes, principal_axes, quick_axes
from trivium.least_squares.gram import Moments
from trivium.least_squares.leave_one_out import LeftOut, leave_one_out, shrunk
from trivium.least_squares.solve import Solution, solve
from trivium.least_squares.table import Design, Table

LEAST_REMAINING = 1e-4
"""Of one less the leverage: below, four digits and more are lost."""

_MOST_FITS = 64
_ALONE = 1e-10
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
    most : float
        Weight of a row that is left out at most; infinity leaves it out whole.
    """

    design: Design
    moments: Moments | None
    alpha: float
    centred: bool
    most: float = math.inf

    def penalty(self) -> float:
        """Penalty on the sum of squares of all rows."""
        return self.alpha * self.design.weight

    def roots(self, rows: slice | Indices) -> Float64:
        """Roots of the weights of some rows that are left out."""
        most = np.ldexp(self.most, -self.design.frame.weight_exponent)
        root: Float64 = np.minimum(self.design.roots(rows), np.sqrt(most))
        return root

    def penalty_without(self, root: Float64, alpha: float) -> Float64 | float:
        """Penalty without each of some rows: one for all where they weigh the same."""
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

    def alone(self, axes: Axes, rows: slice | Indices) -> NDArray[np.bool_]:
        """Which of some rows add one to the rank and go whole."""
        n, rank = self.design.table.X.shape[0], len(axes.values)
        alone: NDArray[np.bool_] = self.roots(rows) == self.design.roots(rows)
        if not 0 < rank == n - self.centred:
            alone[:] = False
        return alone

    def coordinates(self, axes: Axes, rows: slice | Indices) -> tuple[Float64, Float64, Float64]:
        """Parts of Q and centred targets of some rows, times the roots of what goes; these."""
        root = self.roots(rows)
        Q, Y = self.design.projected(rows, axes.into), self.design.centred_targets(rows)
        if self.design.table.weights is not None:
            Q *= root[:, None]
            Y *= root[:, None]
        return Q, Y, root

    def leave_out(
        self, axes: Axes, rows: slice, Q: Float64, Y: Float64, root: Float64, alpha: float
    ) -> LeftOut:
        """Leave out some rows under a penalty, given their `coordinates`."""
        share, penalty = self.share(root), self.penalty_without(root, alpha)
        return leave_one_out(Q, Y, axes, share, penalty, alone=self.alone(axes, rows))

    def fit_without(self, row: int, alpha: float) -> Solution:
        """Fit without a row, from the start."""
        table = self.design.table
        weights = table.weights
        if weights is not None and weights[row] > self.most:
            weights = weights.copy()
            weights[row] -= self.most
            rest = table._replace(weights=weights)
        else:
            rest = Table(
                np.delete(table.X, row, axis=0),
                np.delete(table.codes, row),
                table.n_classes,
                None if weights is None else np.delete(weights, row),
            )
        solved = solve(rest, alpha, centred=self.centred)
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
    n = design.table.X.shape[0]
    leverage, remaining, shift = np.empty(n), np.empty(n), np.empty(n)
    residuals = np.empty((n, design.table.n_targets))
    now = shrunk(axes.values, fitted.penalty(), rest=True)

    def statistic(rows: slice) -> _Sums:
        Q, Y, root = fitted.coordinates(axes, rows)
        left = fitted.leave_out(axes, rows, Q, Y, root, fitted.alpha)
        share = fitted.share(root)
        if fitted.alpha:
            fits = Q * now
            leverage[rows] = share + np.einsum("ij,ij->i", Q, fits)
            missed = Y - fits @ axes.targets
        else:
            leverage[rows] = share + left.squares
            missed = Y - Q @ axes.targets
        remaining[rows] = left.remaining
        residuals[rows] = left.residuals / root[:, None]
        shift[rows] = _shifts(fitted, axes, Q, left.residuals, root, leverage[rows])
        squares, weight = float(np.vdot(missed, missed)), float(root @ root)
        return _Sums(squares, weight, float(left.squares.sum()), Q.T @ Y)

    sums = map_reduce(statistic, design.table.blocks(), _Sums.merge)
    if not _is_of(fitted, axes, sums, coef):
        return None
    lost = np.flatnonzero(~(remaining > LEAST_REMAINING) & ~fitted.alone(axes, slice(None)))
    residuals[lost], anew = residuals_anew(fitted, axes, lost, fitted.alpha)
    Q, _, root = fitted.coordinates(axes, lost)
    shift[lost] = _shifts(fitted, axes, Q, residuals[lost] * root[:, None], root, leverage[lost])
    for row, solution in anew.items():
        shift[row] = _shift(design, solution.coef - coef, solution.intercept - intercept)
    return EachLeftOut(axes, leverage, residuals, shift, anew, sums.squares / design.weight)


def loo_residuals(fitted: Fitted) -> Float64:
    """Target less what the fit without the row, or without part of it, predicts.

    Returns
    -------
    ndarray of shape (n, n_targets)
    """
    axes, table = fitted.axes(), fitted.design.table
    residuals = np.empty((table.X.shape[0], table.n_targets))
    remaining = np.empty(table.X.shape[0])

    def statistic(rows: slice) -> None:
        Q, Y, root = fitted.coordinates(axes, rows)
        left = fitted.leave_out(axes, rows, Q, Y, root, fitted.alpha)
        residuals[rows], remaining[rows] = left.residuals / root[:, None], left.remaining

    map_reduce(statistic, table.blocks(), lambda *_: None)
    lost = np.flatnonzero(~(remaining > LEAST_REMAINING) & ~fitted.alone(axes, slice(None)))
    residuals[lost], _ = residuals_anew(fitted, axes, lost, fitted.alpha)
    return residuals


def residuals_anew(
    fitted: Fitted, axes: Axes, rows: Indices, alpha: float
) -> tuple[Float64, dict[int, Solution]]:
    """Leave out rows that hold a direction nearly alone, each by a fit without it.

    Where such rows are many, those that hold one alone to rounding, and add one to the
    rank, are left out by what `leave_one_out` does for independent rows.

    Parameters
    ----------
    fitted : Fitted
    axes : Axes
    rows : ndarray of int of shape (m,)
    alpha : float
        The penalty, which may be another than that of the fit.

    Returns
    -------
    residuals : ndarray of shape (m, n_targets)
    solutions : dict of int to Solution
        The fits that were made.
    """
    table = fitted.design.table
    residuals = np.empty((rows.size, table.n_targets))
    alone = np.zeros(rows.size, dtype=np.bool_)
    if rows.size > _MOST_FITS:
        if axes.vectors is None:
            axes = principal_axes(fitted.design, fitted.moments)
        Q, Y, root = fitted.coordinates(axes, rows)
        share, penalty = fitted.share(root), fitted.penalty_without(root, alpha)
        alone = np.abs(1.0 - share - np.einsum("ij,ij->i", Q, Q)) <= _ALONE
        left = leave_one_out(Q, Y, axes, share, penalty, alone=np.ones(rows.size, dtype=np.bool_))
        residuals[:] = left.residuals / root[:, None]
    solutions = {}
    for place in np.flatnonzero(~alone).tolist():
        row = int(rows[place])
        solution = solutions[row] = fitted.fit_without(row, alpha)
        scores = table.X[row].astype(np.float64) @ solution.coef + solution.intercept
        residuals[place] = table.targets(slice(row, row + 1))[0] - scores
    return residuals, solutions


def _shifts(
    fitted: Fitted, axes: Axes, Q: Float64, E: Float64, root: Float64, leverage: Float64
) -> Float64:
    """Root mean square move of all fitted values without each of some rows.

    Parameters
    ----------
    fitted, axes : as above
    Q : ndarray of shape (m, r)
    E : ndarray of shape (m, n_targets)
        Residuals without the row, times the root of its weight.
    root, leverage : ndarray of shape (m,)
    """
    size = np.einsum("ij,ij->i", E, E)
    if fitted.alpha:
        # Fitted coordinates without the row less those with it: (kept - now)·c - kept·q·E.
        kept = shrunk(axes.values, fitted.penalty_without(root, fitted.alpha), rest=True)
        change = kept - shrunk(axes.values, fitted.penalty(), rest=True)
        pulled = Q * kept
        moved = (fitted.share(root) + np.einsum("ij,ij->i", pulled, pulled)) * size
        moved += np.square(change) @ np.square(axes.targets).sum(axis=1)
        moved -= 2.0 * np.einsum("it,it->i", (pulled * change) @ axes.targets, E)
    else:
        moved = leverage * size
    shifts: Float64 = np.sqrt(np.maximum(moved, 0.0) / fitted.design.weight)
    return shifts


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

    total = map_reduce(statistic, design.table.blocks(), float.__add__)
    return float(np.sqrt(total / design.weight))
