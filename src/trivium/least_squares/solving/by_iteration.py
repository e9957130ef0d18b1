"""Least squares under a penalty on many sparse columns, by conjugate gradients.

Nothing is formed but products with the rows, of all targets in one read, and each column is brought
to the length that it has under the penalty (Jacobi's preconditioner). The penalty bounds the
error: with A the penalised squares, a the penalty, D the diagonal of A and r what is left of the
normal equations,

    ‖error‖ <= ‖r‖/a    and    ‖D^½·error‖ <= ‖D^-½·r‖/min(a/D).

r is found anew from the rows in the end, and mended once more where it is not what the recursion
says (Golub & Van Loan, Matrix Computations, 4th ed. 2013, sections 11.3 and 11.5).
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solution import Solution, intercept_of, penalty_of
from trivium.least_squares.solving.sparse_sums import (
    FirstMoments,
    Products,
    first_moments,
    is_sparse,
)

_GOAL = 1e-11  # of the coefficients' length, that the error may have
_ROUNDING = 1e-17  # of the right-hand sides: less is not there
_CACHE_LINE = 8  # numbers
_MANY_NUMBERS = 1 << 20
_TOLD = 1e-8  # error from which on to warn
_MOST_MENDED = 4
_MOST_STEPS, _LOOK = 2000, 4  # steps, and those after which the error is bounded
MANY_COLUMNS = 1000
"""More are worth it: the squares of fewer cost little, and serve to add rows later."""


class Iterated(NamedTuple):
    """A solution by conjugate gradients.

    Attributes
    ----------
    solution : Solution
    first : FirstMoments
    """

    solution: Solution
    first: FirstMoments


class _Problem(NamedTuple):
    """The normal equations of scaled columns, and what bounds errors.

    Attributes
    ----------
    penalty, diagonal : ndarray of shape (d, 1)
        Of the squares with the penalty.
    unit : ndarray of shape (d, 1)
    alpha : float
        The penalty in the user's units.
    """

    penalty: Float64
    diagonal: Float64
    unit: Float64
    alpha: float

    def error(self, left: Float64, coef: Float64) -> Float64:
        """Bound the error of each target's coefficients, as a share of their length."""
        squares, least = np.square(self.unit), float((self.penalty / self.diagonal).min())
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = _length(left, 1.0 / squares) / (self.alpha * _length(coef, squares))
            scaled = _length(left, 1.0 / self.diagonal) / (least * _length(coef, self.diagonal))
        bound: Float64 = np.where(_length(left) > 0.0, np.fmin(plain, scaled), 0.0)
        return bound


@one_blas_thread()
def by_iteration(table: Table, alpha: float, *, centred: bool) -> Iterated | None:
    """Minimise as `solve.solve` does, where columns are sparse and many, and there is a penalty.

    Returns
    -------
    Iterated or None
        None where that is not so, the table is better taken as arrays, or numbers leave float64.

    Warns
    -----
    ConvergenceWarning
        If the penalty is so small beside the rows that it does not settle; it says what is proved.
    """
    if not alpha > 0 or table.shape[1] <= MANY_COLUMNS or not is_sparse(table):
        return None
    first = first_moments(table, centred=centred)
    if first is None:
        return None
    design = first.design
    values, unit, _ = penalty_of(design.scaling, alpha * design.weight)
    penalty, unit = values[:, None], unit[:, None]
    diagonal = first.diagonal[:, None] + penalty
    problem = _Problem(penalty, diagonal, unit, alpha * design.weight)

    d, n_targets = table.shape[1], table.n_targets
    coef, error = np.empty((d, n_targets)), 0.0
    # Targets of many columns are solved for a cache line at a time: fewer numbers are on the way.
    width = n_targets if d * n_targets <= _MANY_NUMBERS else _CACHE_LINE
    for part in cut(n_targets, width):
        own = _solved(table, first, problem, part)
        coef[:, part], error = own[0], max(error, own[1])
    if not np.isfinite(coef).all():
        return None
    _warn_of_error(error)
    coef *= unit
    none = np.empty(0, dtype=np.intp)
    return Iterated(Solution(coef, intercept_of(design, coef), d, none), first)


def _solved(
    table: Table, first: FirstMoments, problem: _Problem, part: slice
) -> tuple[Float64, float]:
    """Solve for some of the targets; return coefficients and the greatest error."""
    rows = Products(table, first.design)

    def product(columns: Float64) -> Float64:
        products = rows.multiplied(columns)
        products += problem.penalty * columns
        return products

    left = np.ascontiguousarray(first.cross[part].T)
    coef, error = np.zeros_like(left), np.inf
    for _ in range(_MOST_MENDED):
        mended = _descend(problem, product, left, coef)
        mended += coef
        if not np.isfinite(mended).all():
            return mended, np.inf
        left = rows.descent(mended, part)
        left -= problem.penalty * mended
        before, error = error, float(problem.error(left, mended).max())
        if not error < 0.5 * before:  # what is left is rounding
            error = before
            break
        coef = mended
        if error <= _GOAL:
            break
    return coef, error


def _descend(
    problem: _Problem, product: Callable[[Float64], Float64], right: Float64, so_far: Float64
) -> Float64:
    """Solve for each right-hand side by conjugate gradients, all in one read a step."""
    found = np.zeros_like(right)
    active = np.flatnonzero(_length(right) > 0.0)
    left = right.take(active, axis=1)
    goal = _ROUNDING * _length(left, 1.0 / problem.diagonal)
    toward = left / problem.diagonal
    size = np.einsum("ij,ij->j", left, toward)
    for step in range(1, _MOST_STEPS + 1):
        if not active.size:
            break
        pulled = product(toward)
        share = _ratio(size, np.einsum("ij,ij->j", toward, pulled))
        found[:, active] += share * toward
        pulled *= share
        left -= pulled
        np.divide(left, problem.diagonal, out=pulled)
        before, size = size, np.einsum("ij,ij->j", left, pulled)
        toward *= _ratio(size, before)
        toward += pulled
        if step % _LOOK:
            continue
        error = problem.error(left, so_far[:, active] + found[:, active])
        going = (error > 0.5 * _GOAL) & (np.sqrt(size) > goal)
        if not going.all():
            kept = np.flatnonzero(going)
            left, toward = left.take(kept, axis=1), toward.take(kept, axis=1)
            active, size, goal = active[kept], size[kept], goal[kept]
    return found


def _ratio(one: Float64, other: Float64) -> Float64:
    """Divide; of nothing left, zero."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0.0)


def _length(columns: Float64, weights: Float64 | None = None) -> Float64:
    """Length of each column; weights of its squares are of shape (d, 1)."""
    weighted = columns if weights is None else columns * weights
    length: Float64 = np.sqrt(np.einsum("ij,ij->j", columns, weighted))
    return length


def _warn_of_error(error: float) -> None:
    if error > _TOLD:
        warnings.warn(
            f"The penalty is so small beside the rows that conjugate gradients have proved the "
            f"coefficients to {error:.1g} of their length only. A greater alpha has more digits.",
            ConvergenceWarning,
            stacklevel=2,
        )
