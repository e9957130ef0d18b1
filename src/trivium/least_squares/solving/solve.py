"""Solving the least-squares problem: fast where that is safe, careful where it is not.

1. Cholesky's factor of the equilibrated Gram matrix, if its condition number says that
   the squares have left enough digits; then the residuals of the rows themselves mend
   what the squares have cost (the method of corrected seminormal equations: Björck,
   Numerical Methods for Least Squares Problems, 1996, section 2.4.6).
2. Otherwise, of a table whose exact sums are cheap beside that, these, factored in twice the digits
   (`by_sums.py`): that is the answer that partial fits give.
3. Otherwise Householder QR of the rows themselves, block by block (section 2.4.3), then
   QR with column pivoting of the small triangle, which reveals the rank.
4. Where columns depend on each other, the answer of least norm in the units of the
   user's columns; the columns that pivoting left over are reported.
5. Under a penalty on more columns than rows, and many: the rows' singular values.
6. Under a penalty on many columns of sparse rows: conjugate gradients (`by_iteration.py`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from trivium.arrays import Float64, Indices
from trivium.blocks.costs import EXACT_SUMS
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.by_iteration import by_iteration
from trivium.least_squares.solving.by_sums import MENDABLE, solve_sums
from trivium.least_squares.solving.design import Design, Table, ranges, wide_design
from trivium.least_squares.solving.exact_sums import ExactSums, sum_exactly
from trivium.least_squares.solving.moments import Moments, gather
from trivium.least_squares.solving.qr import stacked, triangle_of_rows
from trivium.least_squares.solving.solution import Solution, by_pivoting, intercept_of, penalty_of
from trivium.least_squares.solving.sparse_sums import Products
from trivium.least_squares.solving.svd import principal_axes, reached
from trivium.rows.block import Block

# Reciprocal condition of the Gram matrix from which on squares have cost nothing to speak of,
# one correction from the rows mends what they have cost, or two do.
_EXACT, _NEARLY_EXACT = 1e-2, 1e-5
_NO_SHARE = 1e-10  # of a column in others: rounding
_FEW_VALUES = 1 << 16  # a correction from so small a table costs nothing to speak of
_CHEAP_BESIDE_ROWS = float(1 << 27)  # products that exact sums may take: granted, not measured
_MANY_COLUMNS = 1000  # squares of fewer cost nothing to speak of, and serve to add rows later
_MOST_NUMBERS = 1 << 28  # of a matrix made from sparse rows: two gigabytes


class Solved(NamedTuple):
    """A table's solution, and what it was found from.

    Attributes
    ----------
    solution : Solution
    table : Table
    design : Design
        How its rows were taken.
    moments : Moments or None
        None where columns are many and outnumber the rows, or are sparse.
    sums : ExactSums or None
        Where they were taken.
    conditioned : bool
        Whether no column, but for those that depend on others, does so nearly: rounded moments
        would hide what is left of it.
    """

    solution: Solution
    table: Table
    design: Design
    moments: Moments | None
    sums: ExactSums | None
    conditioned: bool


Taken = tuple[Design, Moments | None]
"""What `take` returns."""


def solve(
    table: Table, alpha: float, *, centred: bool, taken: Taken | None = None
) -> Solved | None:
    """Minimise (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖².

    Parameters
    ----------
    table : Table
    alpha : float
        Penalty on the coefficients in the units of the columns, not on the intercept.
    centred : bool
        Whether there is an intercept.
    taken : tuple or None
        What `take` returned for this table, if it is known.

    Returns
    -------
    Solved or None
        None where a value, or the range of a column, is not finite.
    """
    if taken is None:
        found = by_iteration(table, alpha, centred=centred)
        if found is not None:
            return Solved(found.solution, table, found.first.design, None, None, False)
        taken = take(table, centred=centred)
    if taken is None:
        return None
    design, moments = taken
    if moments is None:
        solution = (by_axes if alpha > 0 else by_rows)(table, design, alpha)
        return Solved(solution, table, design, None, None, False)
    quick = by_squares(table, moments, alpha, least=_NEARLY_EXACT)
    if quick is not None:
        return Solved(quick, table, design, moments, None, True)
    sums = None
    if table.values is None:
        n, d = table.shape
        of_doubles = EXACT_SUMS.double / EXACT_SUMS.product  # products of float64 for each
        budget = _CHEAP_BESIDE_ROWS - of_doubles * min(n, d) * d**2
        sums = sum_exactly(table, budget=budget)
    if sums is None:
        solution = by_squares(table, moments, alpha) or by_rows(table, design, alpha)
    else:
        solution, _ = solve_sums(sums, alpha, centred=centred)
    conditioned = sums is None and _is_conditioned(moments, solution.aliased)
    return Solved(solution, table, design, moments, sums, conditioned)


@one_blas_thread()
def _is_conditioned(moments: Moments, aliased: Indices) -> bool:
    """Whether squares keep the columns that do not depend on others apart, and tell how others do.

    A share of a column in another that is small but not nothing is lost in rounded squares.
    """
    diagonal = moments.gram.diagonal()
    aliased = aliased[diagonal[aliased] > moments.noise[aliased]]  # of constant ones, all is known
    kept = np.setdiff1d(np.flatnonzero(diagonal > moments.noise), aliased)
    if not kept.size:
        return True
    varies = diagonal > moments.noise
    scale = np.where(varies, 1.0 / np.sqrt(np.where(varies, diagonal, 1.0)), 0.0)
    squares = moments.gram * scale * scale[:, None]
    factor, reciprocal = _factored(squares[np.ix_(kept, kept)])
    if reciprocal < _NEARLY_EXACT:
        return False
    if not aliased.size:
        return True
    shares = np.abs(dpotrs(factor, squares[np.ix_(kept, aliased)])[0])
    return not np.any((shares > _NO_SHARE) & (shares < _NEARLY_EXACT))


def _factored(squares: Float64) -> tuple[Float64, float]:
    """Cholesky's factor, and the reciprocal condition; zero where there is none."""
    norm = float(np.abs(squares).sum(axis=0).max())
    factor, failed = dpotrf(squares)
    return factor, 0.0 if failed else float(dpocon(factor, norm)[0])


def take(table: Table, *, centred: bool) -> Taken | None:
    """Find the design of a table, and its moments; None as in `solve`.

    There are no moments where columns are many and outnumber the rows.

    Raises
    ------
    ValueError
        If rows are sparse, and so many of so many columns that there is no room for a matrix.
    """
    n, d = table.shape
    if table.rows.n_stored is not None and ranges(table.rows) is None:
        return None
    require_room(table)
    if n <= d > _MANY_COLUMNS:
        wide = wide_design(table, centred=centred)
        return None if wide is None else (wide, None)
    moments = gather(table, centred=centred)
    return None if moments is None else (moments.design, moments)


def require_room(table: Table, *, squares: bool = False) -> None:
    """Raise a ValueError where sparse rows, which take little room, would take far more here.

    Parameters
    ----------
    table : Table
    squares : bool
        Whether a matrix of all columns is needed even if these outnumber the rows.
    """
    n, d = table.shape
    n_numbers = n * d if n <= d > _MANY_COLUMNS and not squares else d * d
    if table.rows.n_stored is not None and n_numbers > _MOST_NUMBERS:
        raise ValueError(
            f"{n} sparse rows of {d} columns are too many for least squares without a penalty, to "
            "add or forget rows, and to leave rows out (influence, calibration, robust, a penalty "
            f"chosen by leave-one-out): that takes matrices of {n_numbers * 8e-9:.0f} GB. Fit "
            "with alpha above zero and go without these, or keep fewer columns."
        )


def by_squares(
    table: Table, moments: Moments, alpha: float, *, least: float = MENDABLE
) -> Solution | None:
    """Minimise (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖² through Cholesky's factor.

    Parameters
    ----------
    table : Table
        The rows, to mend what squares have cost.
    moments : Moments
        Theirs.
    alpha : float
        Penalty on the coefficients in the units of the columns, not on the intercept.
    least : float
        Reciprocal condition of the Gram matrix from which on to do it.

    Returns
    -------
    Solution or None
        None where columns depend on each other so closely that too few digits are left.
    """
    penalty, unit, _ = penalty_of(moments.scaling, alpha * moments.weight)
    normal = moments.gram + np.diag(penalty)
    diagonal = np.diagonal(normal)
    if not np.all(diagonal > 0):
        return None
    scale = 1.0 / np.sqrt(diagonal)[:, None]
    normal *= scale * scale.T
    with one_blas_thread():
        factor, reciprocal = _factored(normal)
        if reciprocal < least:
            return None
        coef = scale * dpotrs(factor, scale * moments.cross.T)[0]
        worth_it = reciprocal < _EXACT or table.shape[0] * table.shape[1] <= _FEW_VALUES
        for _ in range(worth_it + (reciprocal < _NEARLY_EXACT)):
            missing = _descent(table, moments.design, coef) - penalty[:, None] * coef
            coef += scale * dpotrs(factor, scale * missing)[0]
    with np.errstate(over="ignore"):  # the caller looks for what is not finite
        coef *= unit[:, None]
    return _solution_of(moments, coef, coef.shape[0], np.empty(0, dtype=np.intp))


def by_rows(table: Table, design: Design, alpha: float) -> Solution:
    """Do the same by orthogonal transformations of the rows, whatever their rank."""
    n, d = table.shape
    penalty = penalty_of(design.scaling, alpha * design.weight)
    triangle = triangle_of_rows(table, design)
    of_rows, own = triangle, triangle
    with one_blas_thread():
        if np.any(penalty.values > 0):
            rows = np.hstack([np.diag(np.sqrt(penalty.values)), np.zeros((d, own.shape[1] - d))])
            own = stacked(of_rows, rows)
        negligible = np.finfo(float).eps * max(n, d)
        unit = design.scaling.unit
        coef, rank, aliased = by_pivoting(own[:d, :d], own[:d, d:], unit, negligible)
        if penalty.cut.size:
            coef[penalty.cut] = 0.0
            left = of_rows[:, d:] - of_rows[:, :d] @ (coef / unit[:, None])
            coef[penalty.cut] = penalty.alone(of_rows[:, :d].T @ left, penalty.cut)
        return _solution_of(design, coef, rank, aliased)


@one_blas_thread()
def by_axes(table: Table, design: Design, alpha: float) -> Solution:
    """Do the same under a penalty at the cost of the rows, where columns are many."""
    axes, penalty = principal_axes(table, design), alpha * design.weight
    scores = reached(axes.values, penalty)[:, None] * axes.targets
    coef = axes.back(penalty) @ scores
    return _solution_of(design, coef, coef.shape[0], np.empty(0, dtype=np.intp))


def _solution_of(taken: Moments | Design, coef: Float64, rank: int, aliased: Indices) -> Solution:
    """Add the intercepts."""
    return Solution(coef, intercept_of(taken, coef), rank, aliased)


def _descent(table: Table, design: Design, coef: Float64) -> Float64:
    """Products of the columns and the residuals."""
    if design.scaling.by_stored:
        return Products(table, design).descent(coef)
    return table.reduce(_Descent(design, coef), np.add)


@dataclass(frozen=True)
class _Descent:
    """Products of the columns and the residuals, over a block of rows."""

    design: Design
    coef: Float64

    def __call__(self, block: Block, values: Float64 | None = None) -> Float64:
        Z, Y = self.design.block(block, values)
        products: Float64 = Z.T @ (Y - Z @ self.coef)
        return products
