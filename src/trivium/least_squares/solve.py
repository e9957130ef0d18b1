"""Solving the least-squares problem: fast where that is safe, careful where it is not.

1. Cholesky's factor of the equilibrated Gram matrix, if its condition number says that
   the squares have left enough digits; then the residuals of the rows themselves mend
   what the squares have cost (the method of corrected seminormal equations: Björck,
   Numerical Methods for Least Squares Problems, 1996, section 2.4.6).
2. Otherwise Householder QR of the rows themselves, block by block (section 2.4.3), then
   QR with column pivoting of the small triangle, which reveals the rank.
3. Where columns depend on each other, the answer of least norm in the units of the
   user's columns; the columns that pivoting left over are reported.
4. Under a penalty on more columns than rows, and many: the rows' singular values.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.axes import principal_axes
from trivium.least_squares.gram import Moments, gather
from trivium.least_squares.leave_one_out import shrunk
from trivium.least_squares.table import Design, Frame, Table, wide_design
from trivium.least_squares.triangle import pivoted, stacked, triangle_of_rows

# Reciprocal condition of the Gram matrix from which on squares have cost nothing to speak of,
# one correction from the rows mends what they have cost, or two do.
_EXACT, _NEARLY_EXACT, _MENDABLE = 1e-2, 1e-5, 1e-9
_FEW_VALUES = 1 << 16  # a correction from so small a table costs nothing to speak of
_MANY_COLUMNS = 1000  # squares of fewer cost nothing to speak of, and serve to add rows later
_LARGEST_PENALTY = 1e250  # of a column so small that its coefficient is zero in any case


class Solution(NamedTuple):
    """Answer of a least-squares problem.

    Attributes
    ----------
    coef : ndarray of shape (d, n_targets)
    intercept : ndarray of shape (n_targets,)
    rank : int
        Number of coefficients that data and penalty determine.
    aliased : ndarray of int
        Columns that are constant or depend on the others.
    """

    coef: Float64
    intercept: Float64
    rank: int
    aliased: Indices


class Solved(NamedTuple):
    """A table's solution, and what it was found from.

    Attributes
    ----------
    solution : Solution
    design : Design
        The table in the frame and about the means that were taken.
    moments : Moments or None
        None where columns are many and outnumber the rows.
    """

    solution: Solution
    design: Design
    moments: Moments | None


def solve(table: Table, alpha: float, *, centred: bool) -> Solved | None:
    """Minimise (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖².

    Parameters
    ----------
    table : Table
    alpha : float
        Penalty on the coefficients in the units of the columns, not on the intercept.
    centred : bool
        Whether there is an intercept.

    Returns
    -------
    Solved or None
        None where a value, or the range of a column, is not finite.
    """
    taken = take(table, centred=centred)
    if taken is None:
        return None
    design, moments = taken
    if moments is None:
        solution = by_axes(design, alpha) if alpha > 0 else by_rows(design, alpha)
    else:
        solution = by_squares(moments, alpha, design) or by_rows(design, alpha)
    return Solved(solution, design, moments)


def take(table: Table, *, centred: bool) -> tuple[Design, Moments | None] | None:
    """Take rows about their means, and their moments, as `Solved` has them; None as in `solve`."""
    n, d = table.X.shape
    if n <= d > _MANY_COLUMNS:
        wide = wide_design(table, centred=centred)
        return None if wide is None else (wide, None)
    moments = gather(table, centred=centred)
    return None if moments is None else (moments.design(table), moments)


def by_squares(moments: Moments, alpha: float, design: Design | None = None) -> Solution | None:
    """Minimise (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖² through Cholesky's factor.

    Parameters
    ----------
    moments : Moments
    alpha : float
        Penalty on the coefficients in the units of the columns, not on the intercept.
    design : Design or None
        The rows, to mend what squares have cost.

    Returns
    -------
    Solution or None
        None where columns depend on each other so closely that too few digits are left.
    """
    penalty = _penalty(moments.frame, alpha * moments.weight)
    normal = moments.gram + np.diag(penalty)
    diagonal = np.diagonal(normal)
    if not np.all(diagonal > 0):
        return None
    scale = 1.0 / np.sqrt(diagonal)[:, None]
    normal *= scale * scale.T
    norm = float(np.abs(normal).sum(axis=0).max())
    with one_blas_thread():
        factor, failed = dpotrf(normal)
        reciprocal = 0.0 if failed else float(dpocon(factor, norm)[0])
        if reciprocal < (_EXACT if design is None else _MENDABLE):
            return None
        coef = scale * dpotrs(factor, scale * moments.cross.T)[0]
        if design is not None:
            worth_it = reciprocal < _EXACT or design.table.X.size <= _FEW_VALUES
            for _ in range(worth_it + (reciprocal < _NEARLY_EXACT)):
                missing = _descent(design, coef) - penalty[:, None] * coef
                coef += scale * dpotrs(factor, scale * missing)[0]
    with np.errstate(over="ignore"):  # the caller looks for what is not finite
        coef *= moments.frame.unit[:, None]
    return _solution(moments, coef, coef.shape[0], np.empty(0, dtype=np.intp))


def by_rows(design: Design, alpha: float) -> Solution:
    """Do the same by orthogonal transformations of the rows, whatever their rank."""
    n, d = design.table.X.shape
    penalty = _penalty(design.frame, alpha * design.weight)
    triangle = triangle_of_rows(design)
    with one_blas_thread():
        if np.any(penalty > 0):
            rows = np.hstack([np.diag(np.sqrt(penalty)), np.zeros((d, triangle.shape[1] - d))])
            triangle = stacked(triangle, rows)
        negligible = np.finfo(float).eps * max(n, d)
        return _solution(
            design, *_by_pivoting(triangle[:d, :d], triangle[:d, d:], design.frame.unit, negligible)
        )


@one_blas_thread()
def by_axes(design: Design, alpha: float) -> Solution:
    """Do the same under a penalty at the cost of the rows, where columns are many."""
    axes, penalty = principal_axes(design), alpha * design.weight
    fitted = shrunk(axes.values, penalty, rest=True)[:, None] * axes.targets
    coef = axes.back(penalty) @ fitted
    return _solution(design, coef, coef.shape[0], np.empty(0, dtype=np.intp))


def by_moments(moments: Moments, alpha: float) -> Solution:
    """Do the same where the rows are gone, whatever their rank.

    Squares cannot tell apart columns that depend on each other to half of the digits.
    """
    normal = moments.gram + np.diag(_penalty(moments.frame, alpha * moments.weight))
    size = np.sqrt(np.maximum(np.diagonal(normal), 0.0))
    scale = 1.0 / np.where(size > 0, size, 1.0)
    with one_blas_thread():
        values, vectors = np.linalg.eigh(normal * scale * scale[:, None])
        root = np.sqrt(np.maximum(values, 0.0))[:, None]
        seen = np.where(root > 0, root, np.inf)
        rows, right = root * vectors.T, vectors.T @ (scale[:, None] * moments.cross.T) / seen
        # What rounding has left over of a combination of columns is the root of its square.
        relative = float((moments.noise * scale * scale).max(initial=0.0))
        negligible = np.sqrt(scale.size * max(relative, np.finfo(float).eps))
        unit = moments.frame.unit * scale
        return _solution(moments, *_by_pivoting(rows, right, unit, negligible))


def _solution(taken: Moments | Design, coef: Float64, rank: int, aliased: Indices) -> Solution:
    """Add the intercepts, which are zero where nothing was taken off."""
    target_means = taken.frame.target_origin + taken.target_center
    with np.errstate(over="ignore", invalid="ignore"):  # the caller looks for what is not finite
        intercept = target_means - taken.frame.means(taken.center) @ coef
    return Solution(coef, intercept, rank, aliased)


def _penalty(frame: Frame, weight: float) -> Float64:
    """Penalty on squared coefficients in the units of a frame."""
    with np.errstate(over="ignore"):
        penalty: Float64 = np.minimum(np.ldexp(weight, -2 * frame.exponent), _LARGEST_PENALTY)
    return penalty


def _descent(design: Design, coef: Float64) -> Float64:
    """Products of the columns and the residuals."""

    def statistic(rows: slice) -> Float64:
        Z, Y = design.block(rows)
        products: Float64 = Z.T @ (Y - Z @ coef)
        return products

    return map_reduce(statistic, design.table.blocks(), np.add)


def _by_pivoting(
    rows: Float64, right: Float64, unit: Float64, negligible: float
) -> tuple[Float64, int, Indices]:
    """Solve by QR with column pivoting, for least norm where the rank is not full.

    Returns coefficients in the user's units, which are `unit` times those of the rows, the
    rank, and the columns left over.
    """
    d = rows.shape[1]
    span = pivoted(rows, negligible)
    rank, pivots = span.rank, span.pivots
    coef = np.zeros((d, right.shape[1]))
    unit = unit / span.norm
    coef[pivots[:rank]] = unit[pivots[:rank], None] * scipy.linalg.solve_triangular(
        span.rows[:, :rank], (span.q.T @ right)[:rank]
    )
    if 0 < rank < d:
        _take_least_norm(coef, span.rows, pivots, unit, 10 * negligible)
    return coef, rank, np.sort(pivots[rank:])


def _take_least_norm(
    coef: Float64, rows: Float64, pivots: Indices, unit: Float64, negligible: float
) -> None:
    """Move a solution, in place, to the one of least norm with the same fit.

    The data determine u + T·v alone, where v belongs to the columns left over, u to the
    columns before them and T = R⁻¹S of the rows [R S]. Projecting on the span of these
    combinations, in the user's units, gives the least norm. Columns without a part in
    any dependence (rows of T that are zero to rounding) are left as they are, lest their
    units swamp the others'.
    """
    rank = rows.shape[0]
    combination = scipy.linalg.solve_triangular(rows[:, :rank], rows[:, rank:])
    involved = np.flatnonzero(np.abs(combination).max(axis=1) > negligible)
    columns = np.concatenate([pivots[:rank][involved], pivots[rank:]])
    determined = np.hstack([np.eye(involved.size), combination[involved]])
    basis, _ = np.linalg.qr((determined * (unit[columns].min() / unit[columns])).T)
    coef[columns] = basis @ (basis.T @ coef[columns])
