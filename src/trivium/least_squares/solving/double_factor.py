"""Cholesky's factor with pivoting, and residuals, in about 106 bits.

A square of a column's length has twice the digits of the length: of squares in 106 bits, a
column that depends on others is known as well as from the rows in float64.
"""

import math

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.compiled import inner_kernel, kernel
from trivium.least_squares.solving.digits import Double

_SPLIT = 134217729.0  # 2^27 + 1: Dekker's constant


def pivoted_factor(gram: Double, right: Double, tolerance: Float64) -> tuple[Float64, Float64]:
    """Rows R with gram = RᵀR, and R⁻ᵀ times the right side.

    Parameters
    ----------
    gram : Double of shape (d, d)
        Symmetric, with a diagonal of magnitude one.
    right : Double of shape (d, t)
    tolerance : ndarray of shape (d,)
        What is left of a column's square counts as nothing up to this.

    Returns
    -------
    rows : ndarray of shape (rank, d)
    sides : ndarray of shape (rank, t)
    """
    d = len(right.high)
    high, low = (np.ascontiguousarray(np.hstack(parts)) for parts in zip(gram, right, strict=True))
    rank = _factor(high, low, tolerance)
    rows: Float64 = high[:rank]
    return rows[:, :d], rows[:, d:]


def residual(gram: Double, right: Double, coef: Float64) -> Float64:
    """Right side less the product with coefficients, rounded once."""
    missing = np.empty(coef.shape)
    high, low, right_high, right_low = map(np.ascontiguousarray, (*gram, *right))
    _residual(high, low, right_high, right_low, np.ascontiguousarray(coef), missing)
    return missing


@kernel
def _factor(high: Float64, low: Float64, tolerance: Float64) -> int:
    """Factor in place; the first `rank` rows of `high` are the result."""
    d, width = high.shape
    found_high = np.zeros((d, width))
    row_low = np.zeros(width)
    left = np.ones(d, dtype=np.bool_)
    rank = 0
    for _ in range(d):
        pivot, most = -1, 0.0
        for i in range(d):
            if left[i] and high[i, i] > tolerance[i] and high[i, i] > most:
                pivot, most = i, high[i, i]
        if pivot < 0:
            break
        row_high = found_high[rank]
        root = math.sqrt(high[pivot, pivot])
        square, square_low = _product(root, root)
        root_low = ((high[pivot, pivot] - square) - square_low + low[pivot, pivot]) / (2.0 * root)
        left[pivot] = False
        rank += 1
        for j in range(width):
            row_low[j] = 0.0
            if j == pivot:
                row_high[j] = root
            elif j >= d or left[j]:
                # Of the symmetric part what lies below the diagonal is not kept up to date.
                above, below = (j, pivot) if j < pivot else (pivot, j)
                first = high[above, below] / root
                back, back_low = _product(first, root)
                missing = (high[above, below] - back) - back_low
                missing += low[above, below] - first * root_low
                second = missing / root
                row_high[j] = first + second
                row_low[j] = second - (row_high[j] - first)
        for i in range(d):
            if left[i]:
                a, a_low = row_high[i], row_low[i]
                for j in range(i, width):
                    part, rest = _product(a, row_high[j])
                    rest += a * row_low[j] + a_low * row_high[j]
                    total = high[i, j] - part
                    gone = total - high[i, j]
                    error = (high[i, j] - (total - gone)) - (part + gone)
                    error += low[i, j] - rest
                    high[i, j] = total + error
                    low[i, j] = error - (high[i, j] - total)
    for i in range(rank):
        for j in range(width):
            high[i, j] = found_high[i, j]
    return rank


@kernel
def _residual(
    high: Float64,
    low: Float64,
    right_high: Float64,
    right_low: Float64,
    coef: Float64,
    missing: Float64,
) -> None:
    d, n_targets = coef.shape
    for i in range(d):
        for t in range(n_targets):
            total, rest = right_high[i, t], right_low[i, t]
            for j in range(d):
                part, error = _product(high[i, j], coef[j, t])
                before = total
                total = before - part
                gone = total - before
                rest += (before - (total - gone)) - (part + gone)
                rest -= error + low[i, j] * coef[j, t]
            missing[i, t] = total + rest


@inner_kernel
def _product(a: float, b: float) -> tuple[float, float]:
    """Product, and what rounding took from it (Dekker)."""
    product = a * b
    a_high, b_high = a * _SPLIT, b * _SPLIT
    a_high, b_high = a_high - (a_high - a), b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, rest
