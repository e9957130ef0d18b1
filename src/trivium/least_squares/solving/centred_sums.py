"""Exact sums over rows brought about their means, and moments made into such sums."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.least_squares.solving.design import DesignScaling, Table, exponents_within
from trivium.least_squares.solving.digits import (
    BITS,
    Double,
    Planes,
    carried,
    highest_place,
    logarithm,
    outer,
    scaled,
    sum_of,
    to_digits,
    to_double,
    whole_to_digits,
)
from trivium.least_squares.solving.exact_sums import ExactSums, sum_exactly
from trivium.least_squares.solving.moments import Moments

_SPARE = 4  # digits below the units of moments that were rounded
_MOST_STEPS = 8
_ALIKE = 1e-9


class CentredSums(NamedTuple):
    """Moments of scaled rows, to about 106 bits.

    Attributes
    ----------
    moments : Moments
        The same in float64; `noise` is what rounding may have made of the diagonal.
    gram : Double of shape (d, d)
    cross : Double of shape (n_targets, d)
    class_weights : ndarray of shape (n_classes,)
        In the units of the moments' weight.
    spread : ndarray of shape (d,)
        Diagonal of the Gram matrix. Where it is no more than noise, the column is taken for
        constant, and its products are zero.
    """

    moments: Moments
    gram: Double
    cross: Double
    class_weights: Float64
    spread: Float64


def centred_sums(sums: ExactSums, *, centred: bool) -> CentredSums:
    """Take sums about the means, or about zero, scaled in their own way.

    Parameters
    ----------
    sums : ExactSums
        Of a weight that is not zero.
    centred : bool
    """
    by_column, by_weight = BITS * sums.places[1:], BITS * sums.weight_lowest
    weight, totals = sums.products[:, 0, :1], sums.products[:, 0, 1:]
    middle, rest = np.zeros((1, len(by_column)), dtype=np.int64), totals
    gram, groups = sums.products[:, 1:, 1:], sums.groups[:, :, 1:]
    if centred:
        middle, rest = _middle(totals, weight)
        gram = sum_of(gram, sum_of(outer(middle, totals), outer(rest, middle)), -1)
        groups = sum_of(groups, outer(sums.groups[:, :, 0], middle), -1)
    size = logarithm(np.diagonal(gram, axis1=1, axis2=2)) + 2 * by_column
    weight_size = float(logarithm(weight)[0])
    exponent = exponents_within(np.where(np.isfinite(size), np.rint((size - weight_size) / 2), 0))
    weight_exponent = int(weight_size) + 1 + by_weight
    weight_shift = by_weight - weight_exponent
    shift = by_column - exponent + weight_shift

    total, left_over = to_double(weight, weight_shift), to_double(rest, shift)
    squares = to_double(gram, shift[:, None] + by_column - exponent)
    cross = to_double(groups, shift)
    class_weights = to_double(sums.groups[:, :, 0], weight_shift)
    shares = class_weights.over(total)
    if len(shares.high) == 2:
        cross, shares = _difference(cross), _difference(shares)
    origin, center, targets = np.zeros(len(exponent)), np.zeros(len(exponent)), shares.high
    target_means = targets
    if centred:
        squares = squares.minus(_outer(left_over, left_over).over(total))
        cross = cross.minus(_outer(shares, left_over))
        origin, below = to_double(middle, by_column)
        center = np.ldexp(below, -exponent) + left_over.high / total.high
    else:
        targets = np.zeros_like(targets)
    noise = np.ldexp(np.square(np.ldexp(sums.noise, -exponent)), -weight_exponent)
    spread = squares.high.diagonal().copy()
    _clear(squares, cross, spread <= noise)
    scaling = DesignScaling(origin, np.zeros(len(targets)), exponent, weight_exponent)
    moments = Moments(
        scaling,
        float(total.high[0]),
        center,
        targets,
        squares.high,
        cross.high,
        noise,
        target_means,
    )
    return CentredSums(moments, squares, cross, class_weights.high, spread)


def is_sum_of(sums: ExactSums, table: Table, *, centred: bool) -> bool:
    """Whether these are the sums over a table, to rounding of its weights."""
    others = sum_exactly(table, sums)
    if others is None or sums.empty:
        return False
    one, other = (centred_sums(some, centred=centred) for some in (sums, others))
    scaling, size = one.moments.scaling, np.sqrt(one.moments.gram.diagonal())
    weight = one.moments.weight
    step = other.moments.scaling.exponent - scaling.exponent
    by_weight = other.moments.scaling.weight_exponent - scaling.weight_exponent
    apart = np.ldexp(other.moments.means - one.moments.means, -scaling.exponent)
    gram = np.ldexp(other.moments.gram, step + step[:, None] + by_weight)
    cross = np.ldexp(other.moments.cross, step + by_weight)
    class_weights = np.ldexp(other.class_weights, by_weight)
    return bool(
        np.abs(class_weights - one.class_weights).max() <= _ALIKE * weight
        and np.all(np.abs(apart) * np.sqrt(weight) <= _ALIKE * size)
        and np.all(np.abs(gram - one.moments.gram) <= _ALIKE * size * size[:, None])
        and np.all(np.abs(cross - one.moments.cross) <= _ALIKE * size * np.sqrt(weight))
    )


def sums_of_moments(moments: Moments, n_rows: int, n_classes: int) -> ExactSums:
    """Make sums of moments that have been rounded, as if they were exact, and tell their noise."""
    scaling, d = moments.scaling, len(moments.center)
    spread = moments.gram.diagonal() > moments.noise
    size = np.where(spread, scaling.exponent, np.frexp(scaling.origin)[1])
    lowest = size // BITS - _SPARE
    weight_lowest = scaling.weight_exponent // BITS - _SPARE
    by_column, by_weight = BITS * lowest, BITS * weight_lowest - scaling.weight_exponent

    def whole(values: Float64, exponent: Indices | int) -> Planes:
        return whole_to_digits(np.rint(np.ldexp(values, exponent)))

    mean = whole(scaling.origin, -by_column)
    mean = sum_of(mean, whole(moments.center, scaling.exponent - by_column))
    weight = whole(np.array([moments.weight]), -by_weight)
    total = carried(outer(weight, mean))[:, 0]
    step = scaling.exponent - by_column - by_weight
    gram = whole(moments.gram, step[:, None] + scaling.exponent - by_column)
    gram = sum_of(gram, outer(mean, total))
    share = _class_shares(moments, n_classes)
    cross = moments.cross
    if n_classes == 2:
        cross = np.vstack([-0.5 * cross, 0.5 * cross])
    class_weights = whole(moments.weight * share, -by_weight)
    groups = sum_of(whole(cross, step), outer(class_weights, mean))
    products = np.zeros((max(len(gram), len(total)), 1 + d, 1 + d), dtype=np.int64)
    products[: len(gram), 1:, 1:] = gram
    products[: len(total), 0, 1:] = products[: len(total), 1:, 0] = total
    products[: len(weight), 0, :1] = weight
    together = np.zeros((max(len(groups), len(class_weights)), n_classes, 1 + d), dtype=np.int64)
    together[: len(groups), :, 1:] = groups
    together[: len(class_weights), :, 0] = class_weights
    return ExactSums(
        np.r_[0, lowest],
        np.r_[0, lowest],
        weight_lowest,
        products,
        together,
        n_rows,
        scaling.roots(moments.noise),
    )


def _class_shares(moments: Moments, n_classes: int) -> Float64:
    """Share of each class in the weight, from the means of the indicators."""
    means = moments.target_means
    share: Float64 = means
    if n_classes == 2:
        share = 0.5 * np.array([1.0 - means[0], 1.0 + means[0]])
    return share


def _middle(totals: Planes, weight: Planes) -> tuple[Planes, Planes]:
    """Find the whole numbers nearest to means, and what sums about these are."""
    middle, rest = np.zeros((1, totals.shape[1]), dtype=np.int64), totals
    for _ in range(_MOST_STEPS):
        # Brought to one place first: sums may have more digits than float64 has exponents.
        places = len(rest) - len(weight)
        mean = to_double(rest, -BITS * len(rest)).high / to_double(weight, -BITS * len(weight)).high
        first = highest_place(np.abs(mean))
        step = np.zeros((max(1, int((first[mean != 0] + places).max(initial=0)) + 1), len(mean)))
        for number, digit in enumerate(to_digits(scaled(mean, first))):
            place = first + places - number
            there = np.flatnonzero((digit != 0) & (place >= 0))
            step[place[there], there] += digit[there]
        if not step.any():
            break
        middle = sum_of(middle, step.astype(np.int64))
        rest = sum_of(totals, carried(outer(weight, middle)[:, 0]), -1)
    return middle, rest


def _difference(two: Double) -> Double:
    """Second of two rows less the first, as one row."""
    return Double(two.high[1:], two.low[1:]).minus(Double(two.high[:1], two.low[:1]))


def _outer(column: Double, row: Double) -> Double:
    return Double(column.high[:, None], column.low[:, None]).times(row)


def _clear(squares: Double, cross: Double, columns: NDArray[np.bool_]) -> None:
    """Take out, in place, columns of which there is nothing but rounding."""
    for part in squares:
        part[columns] = 0.0
        part[:, columns] = 0.0
    for part in cross:
        part[:, columns] = 0.0
