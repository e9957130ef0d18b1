"""Solving the least-squares problem: fast where that is safe, careful where it is not.

1. Cholesky's factor of the equilibrated Gram matrix, if its condition number says that
   the squares have cost few digits (Björck, Numerical Methods for Least Squares
   Problems, 1996, section 2.2).
2. Otherwise Householder QR of the rows themselves, block by block (section 2.4.3), then
   QR with column pivoting of the small triangle, which reveals the rank.
3. Where columns depend on each other, the answer of least norm in the units of the
   user's columns; the columns that pivoting left over are reported.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.design import Design

_SAFE_RECIPROCAL_CONDITION = 1e-5  # the Gram matrix then costs at most five of sixteen digits
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


def solve(design: Design, alpha: float, *, fit_intercept: bool) -> Solution:
    """Minimise (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖².

    Parameters
    ----------
    design : Design
    alpha : float
        Penalty on the coefficients in the units of the columns, not on the intercept.
    fit_intercept : bool

    Returns
    -------
    Solution
    """
    weight = alpha * design.total_weight
    with np.errstate(over="ignore"):
        penalty = np.minimum(np.ldexp(weight, -2 * design.exponent), _LARGEST_PENALTY)
        unit = np.ldexp(1.0, -design.exponent)
    found = None
    with one_blas_thread():
        if design.X.shape[0] > design.X.shape[1]:
            found = _by_cholesky(design, penalty, unit)
        coef, rank, aliased = found or _by_qr(design, penalty, unit)
    intercept = np.zeros(coef.shape[1])
    if fit_intercept:
        intercept = design.target_center - design.center @ coef
    return Solution(coef, intercept, rank, aliased)


def _by_cholesky(
    design: Design, penalty: Float64, unit: Float64
) -> tuple[Float64, int, Indices] | None:
    """Solve the normal equations, or return None where they would cost too many digits."""
    d = design.X.shape[1]
    blocks = row_blocks(*design.X.shape)
    gram = map_reduce(lambda rows: _gram(design.block(rows)), blocks, np.add)
    normal = gram[:d, :d] + np.diag(penalty)
    diagonal = np.diagonal(normal)
    if not np.all(diagonal > 0):
        return None
    scale = 1.0 / np.sqrt(diagonal)
    normal = normal * scale * scale[:, None]
    factor, failed = dpotrf(normal)
    if failed:
        return None
    reciprocal_condition, _ = dpocon(factor, np.abs(normal).sum(axis=0).max())
    if reciprocal_condition < _SAFE_RECIPROCAL_CONDITION:
        return None
    scaled, _ = dpotrs(factor, scale[:, None] * gram[:d, d:])
    return (unit * scale)[:, None] * scaled, d, np.empty(0, dtype=np.intp)


def _by_qr(design: Design, penalty: Float64, unit: Float64) -> tuple[Float64, int, Indices]:
    """Solve by QR, with column pivoting for the rank; least norm where it is not full."""
    n, d = design.X.shape
    # Blocks of at least as many rows as columns: each triangle is smaller than its block.
    blocks = row_blocks(n, d, least=2 * d)
    triangle = map_reduce(lambda rows: _triangle(design.block(rows)), blocks, _stacked)
    if np.any(penalty > 0):
        rows = np.hstack([np.diag(np.sqrt(penalty)), np.zeros((d, triangle.shape[1] - d))])
        triangle = _stacked(triangle, rows)
    rows, right = triangle[:d, :d], triangle[:d, d:]
    norm = np.linalg.norm(rows, axis=0)
    norm[norm == 0.0] = 1.0
    q, r, pivots = scipy.linalg.qr(rows / norm, mode="economic", pivoting=True)
    size = np.abs(np.diagonal(r))
    rank = int(np.count_nonzero(size > np.finfo(float).eps * max(n, d) * size[0]))
    coef = np.zeros((d, right.shape[1]))
    unit = unit / norm
    coef[pivots[:rank]] = unit[pivots[:rank], None] * scipy.linalg.solve_triangular(
        r[:rank, :rank], (q.T @ right)[:rank]
    )
    if 0 < rank < d:
        negligible = 10 * np.finfo(float).eps * max(n, d)
        _take_least_norm(coef, r[:rank], pivots, unit, negligible)
    return coef, rank, np.sort(pivots[rank:]).astype(np.intp)


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


def _gram(block: Float64) -> Float64:
    gram: Float64 = block.T @ block
    return gram


def _triangle(block: Float64) -> Float64:
    (triangle,) = scipy.linalg.qr(block, mode="r", check_finite=False)
    return np.ascontiguousarray(triangle[: min(block.shape)])


def _stacked(above: Float64, below: Float64) -> Float64:
    """Triangle of two sets of rows from theirs."""
    return _triangle(np.vstack([above, below]))
