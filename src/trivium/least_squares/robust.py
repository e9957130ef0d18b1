"""Least squares in which no single row can turn the answer.

Huber's estimator in Schweppe's form: a row counts fully while its residual is at most c·s·(1 - h),
and beyond that as much less as it is longer; h is the row's leverage. What one row does to the fit
is then bounded however far off it lies, on either axis (Hampel, Ronchetti, Rousseeuw & Stahel,
Robust Statistics, 1986, section 6.3; Huber & Ronchetti, Robust Statistics, 2nd ed. 2009, section
7.9).

r/(1 - h) is what the fit without the row misses it by, in least squares. A row at distance d then
pulls the less the farther off it is, as 1/d. Under c·s·√(1 - h), which is common, it pulls as much
as some √n ordinary ones at any distance: that turns a small table, the more so as the turn
lengthens the residuals of a rare class, and with them s, the row's own scale.

The scale s of a residual is that of its class: rows are measured by their like, and a class of
few rows is not taken for the outliers of a class of many.

Found by iteratively reweighted least squares, from a fit in which no row holds a direction nearly
alone, since nothing but rounding would be left of its residual. Weights and scales follow from
each other and can chase each other for ever, and rounding then grows from step to step: scales go
half the way after 25 steps, and are held after fifty. What is left to minimise is convex, and each
step lowers it (`huber.py`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from trivium.arrays import Float64
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING, LostRows
from trivium.least_squares.huber import Huber, descend, residuals_of, reweighted
from trivium.least_squares.huber import counted as counted_of
from trivium.least_squares.solving.design import Design, Table
from trivium.least_squares.solving.solve import Solved, solve
from trivium.least_squares.solving.svd import Axes, shrunk
from trivium.rows.block import Block
from trivium.rows.csr import dense, takes_sparse

_EFFICIENT = 1.345  # Huber's c for 95 % efficiency under normal errors, in one dimension
_FREE_STEPS, _SCALE_STEPS, _MOST_STEPS = 25, 50, 500
_STILL = 1e-9
_EXACT = 1e-12  # residuals of targets that are met
_LEAST_SHARE = 1e-3  # of the greatest scale: a class met exactly leaves its other rows some room
_FEW = 64  # rows that are looked at before all are
_ROUNDINGS = 8 * float(np.finfo(np.float64).eps)


class Robust(NamedTuple):
    """A robust fit.

    Attributes
    ----------
    solved : Solved
        The fit under the weights found.
    counted : ndarray of shape (n,)
        Share of each row's weight that counts.
    scale : ndarray of shape (n_classes,)
        Of each class's residuals: the median of their lengths, scaled to the standard
        deviation of normal ones.
    n_iter : int
    falling : float
        Share of the objective by which another step would lower it, if it has not settled; else
        zero.
    """

    solved: Solved
    counted: Float64
    scale: Float64
    n_iter: int
    falling: float


@one_blas_thread()
def solve_robustly(table: Table, alpha: float, *, centred: bool) -> Robust | None:
    """Minimise as `solve` does, with Huber's function of residuals in place of their squares.

    The length of a row's residual over all targets is what counts.

    Parameters
    ----------
    table : Table
    alpha : float
    centred : bool

    Returns
    -------
    Robust or None
        None where a value, or the range of a column, is not finite.
    """
    solved = solve(table, alpha, centred=centred)
    if solved is None:
        return None
    codes, weights = table.rows.codes, table.rows.weights
    weights = np.ones(codes.size) if weights is None else weights
    there = np.count_nonzero(np.bincount(codes))  # classes
    dimension = max(1, int(there) - 1)  # targets of a row sum to one
    bound = float(np.sqrt(chi2.ppf(chi2.cdf(_EFFICIENT**2, 1), dimension)))
    rest = _rest_of_leverage(FittedTable(table, solved.design, solved.moments, alpha, centred))
    penalty = alpha * float(weights.sum())
    counted, scale = np.where(rest < LEAST_REMAINING, rest, 1.0), np.zeros(table.rows.n_classes)
    if counted.min() < 1.0:
        solved = reweighted(table, weights * counted, penalty, centred=centred)
    floor = _EXACT
    for step in range(_SCALE_STEPS):
        lengths = np.linalg.norm(residuals_of(solved), axis=1)
        before, scale = scale, np.maximum(_scales(lengths, table, weights, dimension), floor)
        if step >= _FREE_STEPS:
            scale = np.sqrt(before * scale)
        floor = max(floor, _LEAST_SHARE * float(scale.max()))
        if scale.max() <= _EXACT:  # more than half of every class is met exactly
            return Robust(solved, counted, scale, step + 1, 0.0)
        allowed = bound * scale[codes] * rest
        last, counted = counted, counted_of(lengths, allowed)
        moving = np.abs(counted - last) > _STILL * counted
        if _are_rounding(solved, lengths, moving):
            return Robust(solved, counted, scale, step + 1, 0.0)
        solved = reweighted(table, weights * counted, penalty, centred=centred)
    huber = Huber(table, weights, allowed, penalty, centred)
    found = descend(huber, solved, _MOST_STEPS - _SCALE_STEPS)
    n_iter = _SCALE_STEPS + found.n_iter
    return Robust(found.solved, found.counted, scale, n_iter, found.falling)


def _scales(lengths: Float64, table: Table, weights: Float64, dimension: int) -> Float64:
    """Scale of each class's residuals."""
    middle = float(np.sqrt(chi2.ppf(0.5, dimension)))
    codes = table.rows.codes
    scales = np.zeros(table.rows.n_classes)
    for code in np.flatnonzero(np.bincount(codes)):
        own = codes == code
        scales[code] = weighted_median(lengths[own], weights[own]) / middle
    return scales


def weighted_median(values: Float64, weights: Float64) -> float:
    """Median of values that each stand for as many as their weight says.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_median(np.array([1.0, 5.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    2.0
    >>> weighted_median(np.array([1.0, 5.0]), np.array([2.0, 2.0]))
    3.0
    """
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    half = 0.5 * below[-1]
    lower = values[order[np.searchsorted(below, half, side="left")]]
    upper = values[order[min(np.searchsorted(below, half, side="right"), values.size - 1)]]
    return float(0.5 * (lower + upper))


@takes_sparse
@dataclass(frozen=True)
class _Rest:
    """One less the leverage of each row of a block, for so large a share of the weight."""

    design: Design
    axes: Axes
    kept: Float64
    centred: bool
    share: float

    def __call__(self, block: Block) -> Float64:
        Q = self.design.projected(block, self.axes.into)
        alone = np.einsum("ij,ij->i", Q, Q * self.kept) + self.centred / self.design.weight
        rest: Float64 = 1.0 - self.share * alone
        return rest


def _rest_of_leverage(fitted: FittedTable) -> Float64:
    """One less the leverage of each row, a row of weight m as one of m rows.

    A row that alone holds a direction turns nothing but its own: of it that is one.
    """
    axes, design, weights = fitted.axes(), fitted.design, fitted.table.rows.weights
    kept = shrunk(axes.values, fitted.penalty(), rest=True)
    # A row is worth one, or the least weight where weights are fractions.
    one = 1.0 if weights is None else min(1.0, float(weights.min()))
    share = float(np.ldexp(one, -design.scaling.weight_exponent))
    rest: Float64 = fitted.table.each(_Rest(design, axes, kept, fitted.centred, share))
    lost = np.flatnonzero(rest < LEAST_REMAINING)
    rest[lost] = LostRows(fitted._replace(most=one), axes).remaining(lost)
    return rest


@dataclass(frozen=True)
class _AreRounding:
    """Whether residuals of a block of rows, of these lengths, are rounding where they move."""

    coef: Float64

    def __call__(self, block: Block, lengths: Float64, moving: NDArray[np.bool_]) -> bool:
        terms = np.abs(dense(block.X)[moving]) @ np.abs(self.coef)
        return bool(np.all(lengths[moving] <= _ROUNDINGS * np.linalg.norm(terms, axis=1)))


def _are_rounding(solved: Solved, lengths: Float64, moving: NDArray[np.bool_]) -> bool:
    """Whether all of some rows' residuals are rounding: far off, that is more than is allowed."""
    rows, are_rounding = solved.table.rows, _AreRounding(solved.solution.coef)
    some = np.flatnonzero(moving)[:_FEW]
    if not are_rounding(rows.take(some), lengths[some], moving[some]):
        return False
    if np.count_nonzero(moving) == some.size:
        return True
    beside, length = (lengths, moving), solved.table.length
    return rows.reduce(are_rounding, _both, length=length, beside=beside)


def _both(one: bool, other: bool) -> bool:
    return one and other
