"""The least-squares problem solved from exact sums over rows, where the rows may be gone."""

from typing import Any

import numpy as np
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from trivium.arrays import Float64
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.centred_sums import CentredSums, centred_sums
from trivium.least_squares.solving.digits import Double, two_sum
from trivium.least_squares.solving.double_factor import pivoted_factor, residual
from trivium.least_squares.solving.exact_sums import ExactSums
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.solution import Solution, by_pivoting, intercept_of, penalty_of
from trivium.least_squares.solving.targets import n_targets_of

MENDABLE = 1e-9
"""Reciprocal condition of a Gram matrix in float64 whose answers corrections still mend."""

_LEAST_TOLERANCE = 2.0**-98  # of squares in 106 bits, for each column
_MOST_CORRECTIONS = 5
_EPSILON = float(np.finfo(np.float64).eps)


def solve_sums(sums: ExactSums, alpha: float, *, centred: bool) -> tuple[Solution, Moments | None]:
    """Minimise as `solve.solve` does, from sums over the rows.

    Returns
    -------
    solution : Solution
    moments : Moments or None
        In float64. None where there are no rows.
    """
    d, n_classes = sums.products.shape[1] - 1, sums.groups.shape[1]
    if sums.empty:
        n_targets = n_targets_of(n_classes)
        return Solution(np.zeros((d, n_targets)), np.zeros(n_targets), 0, np.arange(d)), None
    about = centred_sums(sums, centred=centred)
    return _solve(about, alpha, sums.n_rows), about.moments


@one_blas_thread()
def _solve(about: CentredSums, alpha: float, n_rows: int) -> Solution:
    """Minimise by Cholesky's factor in float64, mended; where that is not safe, in 106 bits."""
    moments = about.moments
    d, n_targets = len(moments.center), len(moments.target_center)
    coef = np.zeros((d, n_targets))
    penalty = penalty_of(moments.scaling, alpha * moments.weight)
    diagonal = moments.gram.diagonal() + penalty
    # Of a column whose noise swamps it beside the others, nothing is known: it counts as constant.
    seen = np.flatnonzero(diagonal > 2.0 * d * moments.noise)
    rank, aliased = 0, np.arange(d)
    if seen.size:
        scale = np.rint(-0.5 * np.log2(diagonal[seen])).astype(np.intp)
        gram = _part(about.gram, penalty, seen, scale)
        right = Double(*(np.ldexp(part[:, seen].T, scale[:, None]) for part in about.cross))
        noise = np.ldexp(moments.noise[seen], 2 * scale)
        unit = np.ldexp(moments.scaling.unit[seen], scale)
        with np.errstate(over="ignore"):  # the caller looks for what is not finite
            found = _by_squares(gram, right, noise)
            if found is not None:
                coef[seen], rank, left_over = found * unit[:, None], seen.size, np.arange(0)
            else:
                tolerance = seen.size * np.maximum(_LEAST_TOLERANCE, 2.0 * noise)
                rows, sides = pivoted_factor(gram, right, tolerance)
                negligible = _EPSILON * max(n_rows, d)
                coef[seen], rank, left_over = by_pivoting(
                    rows, sides, unit, negligible, np.sqrt(tolerance)
                )
        aliased = np.setdiff1d(np.arange(d), np.delete(seen, left_over))
    return Solution(coef, intercept_of(moments, coef), rank, aliased)


def _part(gram: Double, penalty: Float64, columns: Any, scale: Any) -> Double:
    """Squares of some columns under a penalty, scaled."""
    by = scale + scale[:, None]
    high, low = (np.ldexp(part[np.ix_(columns, columns)], by) for part in gram)
    place = np.diag_indices(len(columns))
    high[place], rest = two_sum(high[place], np.ldexp(penalty[columns], 2 * scale))
    low[place] += rest
    return Double(high, low)


def _by_squares(gram: Double, right: Double, noise: Float64) -> Float64 | None:
    """Solve by Cholesky's factor in float64, and mend the answer by its residuals.

    None where columns depend on each other as closely as rounding may have made them.
    """
    norm = float(np.abs(gram.high).sum(axis=0).max())
    factor, failed = dpotrf(gram.high)
    reciprocal = 0.0 if failed else float(dpocon(factor, norm)[0])
    if reciprocal < max(MENDABLE, 10.0 * len(noise) * float(noise.max())):
        return None
    coef: Float64 = dpotrs(factor, right.high)[0]
    for _ in range(_MOST_CORRECTIONS):
        step = dpotrs(factor, residual(gram, right, coef))[0]
        coef += step
        if np.abs(step).max() <= _EPSILON * np.abs(coef).max():
            break
    return coef
