"""Every row of a fit left out, block by block of rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64
from trivium.blocks.gram import worth_it
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.deletion.fitted import Deletion, FittedTable
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING, LostRows, fit_without
from trivium.least_squares.deletion.leverages import Projection, Weighing, leave_out, projection
from trivium.least_squares.solving.design import Design
from trivium.least_squares.solving.solution import Solution
from trivium.least_squares.solving.svd import Axes, shrunk
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.rows.gathered import Gathered

_FIRST = 1024  # rows that are compared with the fit's own functions
_ALIKE = 1e-6
_HIDES_ALL = 1e-3
_PASSED = 4  # times the length of a block: what is kept of rows is less than they are


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
    """Squares of residuals; what shows whether rows are those of the axes; results of each row."""

    squares: float
    weight: float
    spread: float
    targets: Float64
    rows: Gathered

    def merge(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.squares + other.squares,
            self.weight + other.weight,
            self.spread + other.spread,
            self.targets + other.targets,
            self.rows.merge(other.rows),
        )


@takes_sparse
@dataclass(frozen=True)
class _LeftOutOfAll:
    """Sums over a block, and of each row leverage, residuals, shift, and whether these have digits.

    Beside are the roots of the weight removed of each row at most.
    """

    deletion: Deletion
    alpha: float
    projection: Projection | None

    def __call__(self, block: Block, most: Float64) -> _Sums:
        if self.projection is not None:
            return self._projected(block, most, self.projection)
        deletion, axes = self.deletion, self.deletion.axes
        Q, Y, root = deletion.coordinates(block, most)
        rank_increasing = deletion.rank_increasing(block, most)
        left = deletion.leave_out(block, Q, Y, root, self.alpha, rank_increasing)
        share = deletion.share(root)
        if self.alpha:
            fits = Q * shrunk(axes.values, self.alpha * deletion.design.weight, rest=True)
            leverage = share + np.einsum("ij,ij->i", Q, fits)
            missed = Y - fits @ axes.targets
        else:
            leverage = share + left.squares
            missed = Y - Q @ axes.targets
        shift = self.shifts(Q, left.residuals, root, leverage, weighted=block.weights is not None)
        squares, weight = float(np.vdot(missed, missed)), float(root @ root)
        has_digits = rank_increasing | (left.remaining > LEAST_REMAINING)
        each = Gathered.of(leverage, left.residuals / root[:, None], shift, has_digits)
        return _Sums(squares, weight, float(left.squares.sum()), Q.T @ Y, each)

    def _projected(self, block: Block, most: Float64, how: Projection) -> _Sums:
        """Do so in one pass over the rows, without a penalty, where columns determine the rank."""
        deletion, weighted = self.deletion, block.weights is not None
        root = np.ascontiguousarray(deletion.roots(block, most))
        weighing = Weighing(deletion.design.weight, deletion.centred, weighted)
        X = np.ascontiguousarray(block.X)
        found, products, squares, spread = leave_out(X, block.codes, root, how, weighing)
        return _Sums(squares, float(root @ root), spread, products, Gathered.of(*found))

    def shifts(
        self, Q: Float64, E: Float64, root: Float64, leverage: Float64, *, weighted: bool
    ) -> Float64:
        """Root mean square move of all fitted values without each of some rows.

        Parameters
        ----------
        Q : ndarray of shape (m, r)
            Looked at under a penalty.
        E : ndarray of shape (m, n_targets)
            Residuals without the row, times the root of its weight.
        root, leverage : ndarray of shape (m,)
        weighted : bool
            Whether rows have weights.
        """
        deletion, axes = self.deletion, self.deletion.axes
        # Squares of far rows' residuals could leave float64. Lost rows are not known yet.
        unit = np.maximum(np.abs(E).max(axis=1, initial=0.0), 1.0)
        unit[~np.isfinite(unit)] = 1.0
        E = E / unit[:, None]
        size = np.einsum("ij,ij->i", E, E)
        if self.alpha:
            # Fitted coordinates without the row less those with it: (kept - now)·c - kept·q·E.
            penalty = deletion.penalty_without(root, self.alpha, weighted=weighted)
            kept = shrunk(axes.values, penalty, rest=True)
            change = kept - shrunk(axes.values, self.alpha * deletion.design.weight, rest=True)
            pulled = Q * kept
            moved = (deletion.share(root) + np.einsum("ij,ij->i", pulled, pulled)) * size
            moved += np.square(change) @ np.square(axes.targets).sum(axis=1) / unit / unit
            moved -= 2.0 * np.einsum("it,it->i", (pulled * change) @ axes.targets, E) / unit
        else:
            moved = leverage * size
        shifts: Float64 = unit * np.sqrt(np.maximum(moved, 0.0) / deletion.design.weight)
        return shifts


@one_blas_thread()
def without_each(
    fitted: FittedTable, coef: Float64, intercept: Float64, is_of: Callable[[], bool]
) -> EachLeftOut | None:
    """Leave every row out.

    Parameters
    ----------
    fitted : FittedTable
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
    axes, table, design = fitted.axes(), fitted.table, fitted.design
    deletion = fitted.deletion(axes)
    how = _projection_of(fitted, deletion)
    each = _LeftOutOfAll(deletion, fitted.alpha, how)
    length = table.length if how is None else _PASSED * table.length
    sums = table.rows.reduce(each, _Sums.merge, length=length, beside=(fitted.roots,))
    rounding = _rounding_of(axes)
    if rounding > _HIDES_ALL and not _tells_all(fitted, axes):
        raise ValueError(
            "Some rows lie so far beyond the others that rounding hides what the others do: "
            "leave them out."
        )
    if not (_is_of(fitted, axes, sums, coef, rounding) or is_of()):
        return None
    leverage, residuals, shift, has_digits = sums.rows.arrays()
    lost = np.flatnonzero(~has_digits)
    residuals[lost], anew = LostRows(fitted, axes).residuals(lost, fitted.alpha)
    if lost.size:
        block, most = fitted.take(lost)
        Q, _, root = each.deletion.coordinates(block, most)
        E, weighted = residuals[lost] * root[:, None], block.weights is not None
        shift[lost] = each.shifts(Q, E, root, leverage[lost], weighted=weighted)
    for row, solution in anew.items():
        shift[row] = _shift(fitted, solution.coef - coef, solution.intercept - intercept)
    return EachLeftOut(axes, leverage, residuals, shift, anew, sums.squares / design.weight)


def _projection_of(fitted: FittedTable, deletion: Deletion) -> Projection | None:
    """Prepare for one pass over the rows of a large table; None where they are read otherwise."""
    table, axes = fitted.table, deletion.axes
    is_plain = fitted.alpha == 0 and not deletion.full and table.rows.n_stored is None
    if not (is_plain and axes.values.size and worth_it(*table.shape)):
        return None
    directly = fitted.design.directly(axes.into)
    if directly is None:
        return None
    return projection(*directly, axes.targets, fitted.design.levels())


@takes_sparse
@dataclass(frozen=True)
class _LeftOut:
    """Residuals without each row of a block, and whether they have digits."""

    deletion: Deletion
    alpha: float

    def __call__(self, block: Block, most: Float64) -> Gathered:
        Q, Y, root = self.deletion.coordinates(block, most)
        rank_increasing = self.deletion.rank_increasing(block, most)
        left = self.deletion.leave_out(block, Q, Y, root, self.alpha, rank_increasing)
        has_digits = rank_increasing | (left.remaining > LEAST_REMAINING)
        return Gathered.of(left.residuals / root[:, None], has_digits)


@one_blas_thread()
def loo_residuals(fitted: FittedTable) -> Float64:
    """Target less what the fit without the row, or without part of it, predicts.

    Returns
    -------
    ndarray of shape (n, n_targets)
    """
    axes, table = fitted.axes(), fitted.table
    left_out = _LeftOut(fitted.deletion(axes), fitted.alpha)
    residuals: Float64
    residuals, has_digits = table.rows.reduce(
        left_out, Gathered.merge, length=table.length, beside=(fitted.roots,)
    ).arrays()
    lost = np.flatnonzero(~has_digits)
    residuals[lost], _ = LostRows(fitted, axes).residuals(lost, fitted.alpha)
    return residuals


def _is_of(fitted: FittedTable, axes: Axes, sums: _Sums, coef: Float64, rounding: float) -> bool:
    """Whether rows have the axes' sums, and the axes the fit's slopes."""
    design = fitted.design
    some = fitted.table.rows.take(np.arange(min(_FIRST, fitted.table.shape[0])))
    now = shrunk(axes.values, fitted.penalty(), rest=True)[:, None]
    ours = design.projected(some, axes.into @ (now * axes.targets))
    theirs = design.projected(some, coef / design.scaling.unit[:, None])
    size = np.sqrt(design.weight)
    alike = max(_ALIKE, rounding)
    return bool(
        abs(sums.weight - design.weight) <= alike * design.weight
        and abs(sums.spread - axes.values.size) <= alike * max(1.0, sums.spread)
        and np.abs(sums.targets - axes.targets).max(initial=0.0) <= alike * size
        and np.abs(ours - theirs).max() <= alike * max(1.0, np.abs(ours).max())
    )


@dataclass(frozen=True)
class _Squares:
    """Sums of squares of the columns of a block, as the design takes them."""

    design: Design

    def __call__(self, block: Block) -> Float64:
        squares: Float64 = np.square(self.design.block(block)[0]).sum(axis=0)
        return squares


class _Longest(NamedTuple):
    """The row with the greatest share in the length of a column, the first of several."""

    share: float
    row: int

    def merge(self, other: "_Longest") -> "_Longest":
        return other if other.share > self.share else self


@dataclass(frozen=True)
class _LongestOf:
    """The longest row of a block, beside columns of these lengths."""

    design: Design
    size: Float64

    def __call__(self, block: Block) -> _Longest:
        rows, _ = self.design.block(block)
        shares = np.abs(rows / np.where(self.size > 0, self.size, 1.0)).max(axis=1)
        row = int(shares.argmax())
        return _Longest(float(shares[row]), block.first + row)


def _tells_all(fitted: FittedTable, axes: Axes) -> bool:
    """Whether the axes have all directions that rows have without the longest of them."""
    table, design = fitted.table, fitted.design
    size = np.sqrt(table.reduce(_Squares(design), np.add))
    longest = table.reduce(_LongestOf(design, size), _Longest.merge)
    return fit_without(fitted, longest.row, 0.0).solution.rank <= len(axes.values)


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


@dataclass(frozen=True)
class _Length:
    """Length of a linear function over a block, each value times the root of the row's weight."""

    design: Design
    coef: Float64
    intercept: Float64

    def __call__(self, block: Block) -> float:
        origin = self.design.scaling.origin
        moved = (block.X - origin) @ self.coef + (origin @ self.coef + self.intercept)
        moved *= self.design.roots(block)[:, None]
        return float(scipy.linalg.norm(moved.ravel()))  # by BLAS, which squares nothing too large


def _shift(fitted: FittedTable, coef: Float64, intercept: Float64) -> float:
    """Root mean square of a linear function over the rows."""
    length = fitted.table.reduce(_Length(fitted.design, coef, intercept), math.hypot)
    return length / math.sqrt(fitted.design.weight)
