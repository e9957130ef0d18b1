"""Numbers as whole multiples of powers of 2^22, so that their sums and products are exact.

A number is the sum of its digits times 2^(22·place), with digits of at most 2^21 in magnitude.
Products of two are at most 2^42: a matrix product adds up 2^10 of them in float64 without
rounding (Ozaki, Ogita, Oishi & Rump, "Error-free transformations of matrix multiplication",
Numer. Algorithms 59, 2012). Planes of int64 hold the digits of a whole matrix, least ones first.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices

Planes = NDArray[np.int64]

BITS = 22
ROWS = 1 << 10
"""So many products of two digits have an exact sum in float64, with a bit to spare."""

NOWHERE = 1 << 40
"""Place of a column of zeros, which has no digits."""

_HALF = 1 << (BITS - 1)
_BASE = float(1 << BITS)
_MOST_DIGITS = 40  # of a fraction: 2^880, so that no power of two leaves float64
_SPLIT = 134217729.0  # 2^27 + 1: Dekker's constant


def highest_place(size: Float64) -> Indices:
    """Place of the first digit of numbers up to a size; `NOWHERE` of zeros."""
    exponent = np.frexp(size)[1].astype(np.intp)
    return np.where(size > 0, (exponent + BITS) // BITS - 1, NOWHERE)


def scaled(values: Float64, place: Indices) -> Float64:
    """Bring columns whose first digits have these places to magnitudes of at most a half."""
    shift = np.where(place == NOWHERE, 0, -BITS * (place + 1))
    # In two steps, since one power of two could be beyond float64.
    half = shift // 2
    result: Float64 = values * np.ldexp(1.0, half)
    result *= np.ldexp(1.0, shift - half)
    return result


def rounded(fractions: Float64, most: Indices) -> Float64:
    """Round fractions of at most a half to so many digits, column by column."""
    shift = BITS * np.minimum(most, _MOST_DIGITS)
    result: Float64 = np.ldexp(np.rint(np.ldexp(fractions, shift)), -shift)
    return result


def to_digits(high: Float64, low: Float64 | None = None) -> list[Float64]:
    """Digits of fractions of at most a half, first ones first.

    Parameters
    ----------
    high : ndarray
    low : ndarray or None
        What the numbers are more than `high`.
    """
    digits = []
    while high.any() or (low is not None and low.any()):
        moved = high * _BASE
        digit = np.rint(moved)
        high = moved - digit
        if low is not None:
            high, low = two_sum(high, low * _BASE)
        digits.append(digit)
    return digits


def whole_to_digits(values: Float64) -> Planes:
    """Digits of whole numbers, least ones first, of shape (k, ...)."""
    digits = []
    while values.any():
        above = np.rint(values / _BASE)
        digits.append((values - above * _BASE).astype(np.int64))
        values = above
    return np.stack(digits) if digits else np.zeros((1, *values.shape), dtype=np.int64)


def carried(planes: Planes) -> Planes:
    """Bring digits back to at most 2^21 in magnitude, with as many planes as that takes."""
    done = []
    carry = np.zeros_like(planes[0])
    for plane in planes:
        total = plane + carry
        carry = (total + _HALF) >> BITS
        done.append(total - (carry << BITS))
    while carry.any():
        above = (carry + _HALF) >> BITS
        done.append(carry - (above << BITS))
        carry = above
    while len(done) > 1 and not done[-1].any():
        done.pop()
    return np.stack(done)


def raised(planes: Planes, up: Indices | int) -> Planes:
    """Write numbers by places that begin so much lower; each has its own `up`, of their shape."""
    up = np.broadcast_to(up, planes.shape[1:])
    most = int(up.max(initial=0))
    if most == 0:
        return planes
    k = len(planes)
    result = np.zeros((k + most, *planes.shape[1:]), dtype=np.int64)
    for step in np.unique(up).tolist():
        where = up == step
        result[step : step + k][:, where] = planes[:, where]
    return result


def sum_of(one: Planes, other: Planes, sign: int = 1) -> Planes:
    """Add two, or take the second from the first."""
    total = np.zeros((max(len(one), len(other)), *one.shape[1:]), dtype=np.int64)
    total[: len(one)] = one
    total[: len(other)] += sign * other
    return carried(total)


def outer(column: Planes, row: Planes) -> Planes:
    """Products of all numbers of one vector with all of another."""
    total = np.zeros((len(column) + len(row) - 1, column.shape[1], row.shape[1]), dtype=np.int64)
    for i, left in enumerate(column):
        for j, right in enumerate(row):
            total[i + j] += left[:, None] * right
    return total


class Double(NamedTuple):
    """Numbers as sums of two float64, which hold about 106 bits (Dekker, 1971)."""

    high: Float64
    low: Float64

    def minus(self, other: "Double") -> "Double":
        """Return the difference."""
        high, low = two_sum(self.high, -other.high)
        return Double(*_quick_two_sum(high, low + (self.low - other.low)))

    def times(self, other: "Double") -> "Double":
        """Return the product."""
        high, low = two_product(self.high, other.high)
        low += self.high * other.low + self.low * other.high
        return Double(*_quick_two_sum(high, low))

    def over(self, other: "Double") -> "Double":
        """Return the quotient."""
        first = self.high / other.high
        rest = self.minus(Double(first, np.zeros_like(first)).times(other))
        return Double(*_quick_two_sum(first, rest.high / other.high))


def to_double(planes: Planes, exponent: Indices | int) -> Double:
    """Sum up digits, times 2^exponent."""
    high = np.zeros(planes.shape[1:])
    low = np.zeros(planes.shape[1:])
    for place in range(len(planes) - 1, -1, -1):
        term = np.ldexp(planes[place].astype(np.float64), exponent + BITS * place)
        high, rest = two_sum(high, term)
        low += rest
    return Double(*_quick_two_sum(high, low))


def logarithm(planes: Planes) -> Float64:
    """Logarithms of magnitudes to base two, to half a bit; -inf of zeros."""
    size = np.full(planes.shape[1:], -np.inf)
    for place, plane in enumerate(planes):
        with np.errstate(divide="ignore"):
            here = np.log2(np.abs(plane).astype(np.float64)) + BITS * place
        size = np.where(plane != 0, here, size)
    return size


def two_sum(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Sum, and what rounding took from it (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Product, and what rounding took from it (Dekker)."""
    product = a * b
    a_high, b_high = a * _SPLIT, b * _SPLIT
    a_high, b_high = a_high - (a_high - a), b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, rest


def _quick_two_sum(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    total = a + b
    return total, b - (total - a)
