"""Every row of a fit left out, block by block of rows."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64
from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.deletion.fitted import Fitted
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING, LostRows, fit_without
from trivium.least_squares.solving.design import Design
from trivium.least_squares.solving.solution import Solution
from trivium.least_squares.solving.svd import Axes, shrunk

_ALIKE = 1e-6
_HIDES_ALL = 1e-3


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


@one_blas_thread()
def without_each(
    fitted: Fitted, coef: Float64, intercept: Float64, is_of: Callable[[], bool]
) -> EachLeftOut | None:
    """Leave every row out.

    Parameters
    ----------
    fitted : Fitted
    coef : ndarray of shape (d, n_targets)
    intercept : ndarray of shape (n_targets,)
    is_of : callable
        Whether the fit was made of these rows, asked where the axes do not show that it was.

    Returns
    -------
    EachLeftOut or None
        None if the fit was not made of these rows.

    Raises
    ------
    ValueError
        If a row lies so far beyond the others that rounding hides these.
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
    if _rounding_of(axes) > _HIDES_ALL and not _tells_all(fitted, axes):
        raise ValueError(
            "Some rows lie so far beyond the others that rounding hides what the others do: "
            "leave them out."
        )
    if not (_is_of(fitted, axes, sums, coef) or is_of()):
        return None
    lost = np.flatnonzero(~(remaining > LEAST_REMAINING) & ~fitted.alone(axes, slice(None)))
    residuals[lost], anew = LostRows(fitted, axes).residuals(lost, fitted.alpha)
    Q, _, root = fitted.coordinates(axes, lost)
    shift[lost] = _shifts(fitted, axes, Q, residuals[lost] * root[:, None], root, leverage[lost])
    for row, solution in anew.items():
        shift[row] = _shift(design, solution.coef - coef, solution.intercept - intercept)
    return EachLeftOut(axes, leverage, residuals, shift, anew, sums.squares / design.weight)


@one_blas_thread()
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
    residuals[lost], _ = LostRows(fitted, axes).residuals(lost, fitted.alpha)
    return residuals


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
    # Squares of far rows' residuals could leave float64. Lost rows are not known yet.
    unit = np.maximum(np.abs(E).max(axis=1, initial=0.0), 1.0)
    unit[~np.isfinite(unit)] = 1.0
    E = E / unit[:, None]
    size = np.einsum("ij,ij->i", E, E)
    if fitted.alpha:
        # Fitted coordinates without the row less those with it: (kept - now)·c - kept·q·E.
        kept = shrunk(axes.values, fitted.penalty_without(root, fitted.alpha), rest=True)
        change = kept - shrunk(axes.values, fitted.penalty(), rest=True)
        pulled = Q * kept
        moved = (fitted.share(root) + np.einsum("ij,ij->i", pulled, pulled)) * size
        moved += np.square(change) @ np.square(axes.targets).sum(axis=1) / unit / unit
        moved -= 2.0 * np.einsum("it,it->i", (pulled * change) @ axes.targets, E) / unit
    else:
        moved = leverage * size
    shifts: Float64 = unit * np.sqrt(np.maximum(moved, 0.0) / fitted.design.weight)
    return shifts


def _is_of(fitted: Fitted, axes: Axes, sums: _Sums, coef: Float64) -> bool:
    """Whether rows have the axes' sums, and the axes the fit's slopes."""
    design = fitted.design
    some = slice(0, min(1024, design.table.X.shape[0]))
    now = shrunk(axes.values, fitted.penalty(), rest=True)[:, None]
    ours = design.projected(some, axes.into) @ (now * axes.targets)
    theirs = design.projected(some, coef / design.frame.unit[:, None])
    size = np.sqrt(design.weight)
    alike = max(_ALIKE, _rounding_of(axes))
    return bool(
        abs(sums.weight - design.weight) <= alike * design.weight
        and abs(sums.spread - axes.values.size) <= alike * max(1.0, sums.spread)
        and np.abs(sums.targets - axes.targets).max(initial=0.0) <= alike * size
        and np.abs(ours - theirs).max() <= alike * max(1.0, np.abs(ours).max())
    )


def _tells_all(fitted: Fitted, axes: Axes) -> bool:
    """Whether the axes have all directions that rows have without the longest of them."""
    rows, _ = fitted.design.block(slice(None))
    size = np.linalg.norm(rows, axis=0)
    longest = np.abs(rows / np.where(size > 0, size, 1.0)).max(axis=1).argmax()
    return fit_without(fitted, int(longest), 0.0).solution.rank <= len(axes.values)


def _rounding_of(axes: Axes) -> float:
    """How far rounding may move a row's part of Q.

    It counts as much as rows are nearly dependent, or one is far longer than the others.
    """
    if axes.vectors is None:
        lengths = np.linalg.norm(np.linalg.inv(axes.into), axis=0)
    else:
        lengths = np.linalg.norm(axes.unit[:, None] * (axes.vectors * axes.values), axis=1)
    reach = (lengths @ np.abs(axes.into)).max(initial=0.0)
    return 16 * float(np.finfo(float).eps * reach)


def _shift(design: Design, coef: Float64, intercept: Float64) -> float:
    """Root mean square of a linear function over the rows."""
    at_origin = design.frame.origin @ coef + intercept

    def statistic(rows: slice) -> float:
        moved = (design.table.X[rows] - design.frame.origin) @ coef + at_origin
        moved *= design.roots(rows)[:, None]
        return float(scipy.linalg.norm(moved.ravel()))  # by BLAS, which squares nothing too large

    length = map_reduce(statistic, design.table.blocks(), math.hypot)
    return length / math.sqrt(design.weight)
