"""The least-squares problem solved from exact sums over rows, where the rows may be gone."""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import one_blas_thread
from trivium.least_squares.solving.centred_sums import CentredSums, centred_sums
from trivium.least_squares.solving.digits import Double, two_sum
from trivium.least_squares.solving.double_factor import pivoted_factor, residual
from trivium.least_squares.solving.exact_sums import ExactSums
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.qr import pivoted_by_size
from trivium.least_squares.solving.solution import (
    LARGEST_PENALTY,
    Solution,
    by_pivoting,
    combined,
    intercept_of,
    penalty_of,
)
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
    whole = penalty_of(moments.scaling, alpha * moments.weight)
    penalty = whole.values
    # Of a column whose noise swamps it beside the others, nothing is known: it counts as constant.
    swamped = 2.0 * d * moments.noise
    known, seen = (
        np.flatnonzero(squares > swamped)
        for squares in (moments.gram.diagonal(), moments.gram.diagonal() + penalty)
    )
    rank, aliased = 0, np.arange(d)
    if seen.size:
        part = _part(about, seen, penalty)
        with np.errstate(over="ignore"):  # the caller looks for what is not finite
            found = _by_squares(part.gram, part.right, part.noise)
            if found is not None:
                coef[seen], rank, left_over = found * part.unit[:, None], seen.size, np.arange(0)
            elif alpha > 0:
                if known.size:
                    coef[known] = _by_independent(about, known, penalty, n_rows)
                rank, left_over = seen.size, np.arange(0)
            else:
                rows, sides = pivoted_factor(part.gram, part.right, part.tolerance)
                coef[seen], rank, left_over = by_pivoting(
                    rows, sides, part.unit, _EPSILON * max(n_rows, d), np.sqrt(part.tolerance)
                )
            if whole.cut.size:
                coef[whole.cut] = 0.0
                left = moments.cross.T - moments.gram @ (coef / moments.scaling.unit[:, None])
                alone = np.intersect1d(whole.cut, known)
                coef[alone] = whole.alone(left, alone)
        aliased = np.setdiff1d(np.arange(d), np.delete(seen, left_over))
    return Solution(coef, intercept_of(moments, coef), rank, aliased)


class _Part(NamedTuple):
    """Squares of some columns, scaled so that their diagonal is of magnitude one."""

    gram: Double
    right: Double
    noise: Float64
    unit: Float64
    scale: Indices

    @property
    def tolerance(self) -> Float64:
        """What is left of a column's square counts as nothing up to this."""
        tolerance: Float64 = self.noise.size * np.maximum(_LEAST_TOLERANCE, 2.0 * self.noise)
        return tolerance


def _part(about: CentredSums, columns: Indices, penalty: Float64 | float = 0.0) -> _Part:
    """Take some columns, with a penalty on them."""
    moments = about.moments
    penalty = np.broadcast_to(penalty, moments.noise.shape)[columns]
    scale = np.rint(-0.5 * np.log2(moments.gram.diagonal()[columns] + penalty)).astype(np.intp)
    by, place = scale + scale[:, None], np.diag_indices(columns.size)
    high, low = (np.ldexp(part[np.ix_(columns, columns)], by) for part in about.gram)
    high[place], rest = two_sum(high[place], np.ldexp(penalty, 2 * scale))
    low[place] += rest
    right = Double(*(np.ldexp(part[:, columns].T, scale[:, None]) for part in about.cross))
    noise = np.ldexp(moments.noise[columns], 2 * scale)
    unit = np.ldexp(moments.scaling.unit[columns], scale)
    return _Part(Double(high, low), right, noise, unit, scale)


def _by_independent(about: CentredSums, columns: Indices, penalty: Float64, n_rows: int) -> Float64:
    """Solve under a penalty for independent columns, and share their coefficients out.

    Of columns that depend on others, with T how, the squares determine the sum u = M·c of
    coefficients alone, M = [I T]. Of all c with one sum a penalty P takes the least, which costs
    uᵀ(M·P⁻¹·Mᵀ)⁻¹u. That is added to the squares of the independent columns. Added to those of
    all, a penalty far below them would tell with few digits how a sum is shared.

    Returns
    -------
    ndarray of shape (number of columns, n_targets)
    """
    part = _part(about, columns)
    negligible, rounding = _EPSILON * max(n_rows, len(penalty)), np.sqrt(part.tolerance)
    rows, _ = pivoted_factor(part.gram, part.right, part.tolerance)
    span = pivoted_by_size(rows, part.unit, negligible)
    kept, others = span.pivots[: span.rank], span.pivots[span.rank :]
    shares = combined(span, rounding) * (span.norm[others] / span.norm[kept, None])
    added = np.ldexp(penalty[columns], 2 * part.scale)
    light = 1.0 / np.clip(added, 1.0 / LARGEST_PENALTY, LARGEST_PENALTY)
    loose = np.diag(light[kept]) + shares * light[others] @ shares.T
    size = 1.0 / np.sqrt(np.diagonal(loose))
    stiff = np.linalg.inv(loose * size * size[:, None]) * size * size[:, None]
    high, low = (each[np.ix_(kept, kept)] for each in part.gram)
    high, rest = two_sum(high, stiff)
    scale = np.rint(-0.5 * np.log2(np.diagonal(high))).astype(np.intp)
    by = scale + scale[:, None]
    gram = Double(np.ldexp(high, by), np.ldexp(low + rest, by))
    right = Double(*(np.ldexp(each[kept], scale[:, None]) for each in part.right))
    rows, sides = pivoted_factor(gram, right, np.ldexp(part.tolerance[kept], 2 * scale))
    whole = np.ldexp(rows, -scale) @ np.hstack([np.eye(kept.size), shares])
    found, _, _ = by_pivoting(
        whole[:, np.argsort(span.pivots)], sides, part.unit, negligible, rounding
    )
    return found


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
