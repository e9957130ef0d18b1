"""Huber's function of residuals minimised, each row's allowance given.

    F = Σ w·ρ(‖y - f(x)‖) + penalty·‖coef‖²,    ρ(t) = t² up to the allowance a, 2·a·t - a² beyond

is convex. A reweighted fit minimises a parabola that lies above it and touches it (Huber &
Ronchetti, Robust Statistics, 2nd ed. 2009, section 7.8), so that the step to it descends. Such
steps take the place of gradients in a conjugate gradient method, each with the exact minimum on
its line, which is no higher (Jamshidian & Jennrich, "Conjugate gradient acceleration of
the EM algorithm", J. Am. Stat. Assoc. 88, 1993): alone they are slow where many rows are met.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from trivium.arrays import Float64
from trivium.least_squares.solving.design import Design, Table
from trivium.least_squares.solving.solve import Solved, solve
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse

_SETTLED = 1e-20  # share of F by which the parabola of a step says that it falls
_MOST_DOUBLINGS = 60
_TINY = np.finfo(np.float64).tiny


class Huber(NamedTuple):
    """The problem.

    Attributes
    ----------
    table : Table
    weights : ndarray of shape (n,)
    allowed : ndarray of shape (n,)
    penalty : float
        On the sum of squared coefficients.
    centred : bool
        Whether there is an intercept.
    """

    table: Table
    weights: Float64
    allowed: Float64
    penalty: float
    centred: bool

    def counted(self, residuals: Float64) -> Float64:
        """Share of each row's weight that counts."""
        return counted(np.linalg.norm(residuals, axis=1), self.allowed)

    def fit(self, counted: Float64) -> Solved:
        """Fit under the weights that count, and the penalty of all."""
        return reweighted(self.table, self.weights * counted, self.penalty, centred=self.centred)

    def value(self, residuals: Float64, coef: Float64) -> float:
        """Return F."""
        lengths = np.linalg.norm(residuals, axis=1)
        inside = np.minimum(lengths, self.allowed)
        total = self.weights @ (inside * (2.0 * lengths - inside))
        return float(total + self.penalty * np.vdot(coef, coef))


class Descent(NamedTuple):
    """What minimising has reached.

    Attributes
    ----------
    solved : Solved
    counted : ndarray of shape (n,)
        Share of each row's weight that counted in it.
    n_iter : int
        Fits made.
    falling : float
        Share of F by which it still falls in a step; zero if it has settled.
    """

    solved: Solved
    counted: Float64
    n_iter: int
    falling: float


class _Line(NamedTuple):
    """A direction: what it adds to the coefficients, and takes from the residuals."""

    coef: Float64
    moved: Float64

    def plus(self, other: "_Line", times: float) -> "_Line":
        return _Line(self.coef + times * other.coef, self.moved + times * other.moved)


def descend(huber: Huber, solved: Solved, most: int) -> Descent:
    """Minimise F from a fit, by so many further fits at most."""
    coef, residuals = solved.solution.coef, residuals_of(solved)
    direction: _Line | None = None
    step: _Line | None = None
    decrease = np.inf
    for n_iter in range(1, most + 1):
        shares = huber.counted(residuals)
        solved = huber.fit(shares)
        pull = (huber.weights * shares)[:, None]
        last, step = step, _step(solved, coef, residuals, pull, centred=huber.centred)
        before = decrease
        decrease = float((pull * step.moved**2).sum() + huber.penalty * (step.coef**2).sum())
        value = huber.value(residuals, coef)
        if decrease <= _SETTLED * value:
            return Descent(solved, shares, n_iter, 0.0)
        if last is None or direction is None:
            direction = step
        else:
            turn = _slope(huber, residuals, coef, last) - _slope(huber, residuals, coef, step)
            direction = step.plus(direction, max(0.0, turn / (2.0 * before)))
            if _slope(huber, residuals, coef, direction) >= 0.0:
                direction = step
        along = _least_on(huber, residuals, coef, direction)
        if along == 0.0:  # rounding hides that it falls
            return Descent(solved, shares, n_iter, 0.0)
        coef, residuals = coef + along * direction.coef, residuals - along * direction.moved
    return Descent(solved, shares, most, decrease / value)


def _step(
    solved: Solved, coef: Float64, residuals: Float64, pull: Float64, *, centred: bool
) -> _Line:
    """Line from a fit to another that was made under weights `pull`.

    What it takes from the residuals comes of its coefficients, and not of both fits' residuals:
    steps many times as long would let the difference of their rounding grow by that each time.
    """
    added = solved.solution.coef - coef
    moved = solved.table.each(Projected(solved.design, added))
    if centred:  # the intercept
        raised = residuals - residuals_of(solved) - moved
        moved += (pull * raised).sum(axis=0) / pull.sum()
    return _Line(added, moved)


def _slope(
    huber: Huber, residuals: Float64, coef: Float64, line: _Line, along: float = 0.0
) -> float:
    """Slope of F on a line."""
    here = residuals - along * line.moved
    pull = (huber.weights * huber.counted(here))[:, None]
    total = huber.penalty * np.vdot(coef + along * line.coef, line.coef)
    return float(2.0 * (total - np.vdot(pull * here, line.moved)))


def _least_on(huber: Huber, residuals: Float64, coef: Float64, line: _Line) -> float:
    """Where on a line F is least; zero where it does not fall."""

    def slope(along: float) -> float:
        return _slope(huber, residuals, coef, line, along)

    if slope(0.0) >= 0.0:
        return 0.0
    lower, upper = 0.0, 1.0
    for _ in range(_MOST_DOUBLINGS):
        if slope(upper) >= 0.0:
            break
        lower, upper = upper, 2.0 * upper
    else:
        return lower
    return float(brentq(slope, lower, upper, xtol=1e-12 * upper, rtol=1e-12))


def counted(lengths: Float64, allowed: Float64) -> Float64:
    """Share that counts of rows with residuals of these lengths."""
    return np.where(lengths <= allowed, 1.0, allowed / np.maximum(lengths, _TINY))


def reweighted(table: Table, weights: Float64, penalty: float, *, centred: bool) -> Solved:
    """Solve under other weights, and the penalty of all rows whatever of them counts.

    Raises
    ------
    ValueError
        If under these weights the range of a column is beyond float64.
    """
    alpha = penalty / weights.sum()
    solved = solve(table.reweighted(weights), alpha, centred=centred)
    if solved is None:
        raise ValueError("X has a range beyond float64.")
    return solved


@takes_sparse
@dataclass(frozen=True)
class Projected:
    """Values of linear functions in a block of rows, less their means.

    Attributes
    ----------
    design : Design
    coef : ndarray of shape (d, n_targets)
    """

    design: Design
    coef: Float64

    def __call__(self, block: Block) -> Float64:
        """Compute them, of shape (m, n_targets)."""
        return self.design.projected(block, self.coef / self.design.scaling.unit[:, None])


class Residuals(Projected):
    """Targets of a block of rows less what functions say, of shape (m, n_targets)."""

    def __call__(self, block: Block) -> Float64:
        """Compute them."""
        residuals: Float64 = self.design.centred_targets(block) - super().__call__(block)
        return residuals


def residuals_of(solved: Solved) -> Float64:
    """Targets less what the fit says, of shape (n, n_targets)."""
    residuals: Float64 = solved.table.each(Residuals(solved.design, solved.solution.coef))
    return residuals
