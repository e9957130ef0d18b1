"""Sums over rows without rounding, so that rows can be added and taken away for ever.

Moments about means, in float64, round each time rows come or go. What rounding leaves of a
column that has become constant, or of two that have come to depend on each other, then
looks like data. Here the sums of w, w·x and w·x·xᵀ about zero are kept as whole numbers
(`digits.py`): whatever the parts in which rows came and whatever was taken away, they are those of
the rows that remain, to the last bit. Means are taken off when they are asked for, without
rounding too, and only the result is brought to two float64.
"""

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple, Self

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.least_squares.solving.design import Table, ranges
from trivium.least_squares.solving.digits import (
    BITS,
    NOWHERE,
    ROWS,
    Planes,
    carried,
    highest_place,
    raised,
    rounded,
    scaled,
    sum_of,
    to_digits,
    two_product,
)
from trivium.rows.block import Block
from trivium.rows.csr import dense

_DIGITS = 16  # kept of a column: 352 bits from its greatest value down
_AT_LEAST = 4  # of later rows that are much smaller
_SAMPLE = 32  # rows that tell how many digits there are
_BAND = 8  # digits: products of values and weights so far apart are within float64
_ROUNDED = 2.0**13  # so many roundings of values are one of what they are about the mean


class ExactSums(NamedTuple):
    """Sums over rows, and where their digits stand.

    Attributes
    ----------
    lowest : ndarray of int of shape (1 + d,)
        Places of the last digits of a column of ones and of the columns of X.
    kept : ndarray of int of shape (1 + d,)
        Values are rounded to multiples of 2^(22·kept).
    weight_lowest : int
        Place of the last digit of weights, which are never rounded.
    products : ndarray of int64 of shape (k, 1 + d, 1 + d)
        Σ w·x·xᵀ, x beginning with a one: planes of digits, the first at the place
        lowest[i] + lowest[j] + weight_lowest.
    groups : ndarray of int64 of shape (k, n_classes, 1 + d)
        Σ w·x over the rows of each class, the first plane at lowest[j] + weight_lowest.
    n_rows : int
        Rows that came, less those that went.
    noise : ndarray of shape (d,)
        Root of what rounding may have made of each column's sum of squares about the mean: zero,
        unless moments that had been rounded were taken over, or values lie so far apart that
        the least lost digits.
    """

    lowest: Indices
    kept: Indices
    weight_lowest: int
    products: Planes
    groups: Planes
    n_rows: int
    noise: Float64

    @property
    def places(self) -> Indices:
        """Places of last digits, zero for columns of zeros, which have none."""
        return np.where(self.lowest == NOWHERE, 0, self.lowest)

    @property
    def empty(self) -> bool:
        """Whether they weigh nothing."""
        return not self.products[:, 0, 0].any()

    def merge(self, other: Self) -> "ExactSums":
        """Add sums over other rows."""
        return self._with(other, 1)

    def remove(self, gone: Self) -> "ExactSums":
        """Take sums over some of these rows away."""
        return self._with(gone, -1)

    def _with(self, other: "ExactSums", sign: int) -> "ExactSums":
        lowest = np.minimum(self.lowest, other.lowest)
        weight_lowest = min(self.weight_lowest, other.weight_lowest)
        one, more = self._down_to(lowest, weight_lowest), other._down_to(lowest, weight_lowest)
        return ExactSums(
            lowest,
            np.minimum(self.kept, other.kept),
            weight_lowest,
            sum_of(one.products, more.products, sign),
            sum_of(one.groups, more.groups, sign),
            self.n_rows + sign * other.n_rows,
            np.hypot(self.noise, other.noise),
        )

    def _down_to(self, lowest: Indices, weight_lowest: int) -> "ExactSums":
        """Write the same sums by places that begin lower."""
        up = np.where(self.lowest == NOWHERE, 0, self.lowest - lowest)
        by_weight = 0 if self.weight_lowest == NOWHERE else self.weight_lowest - weight_lowest
        return self._replace(
            products=raised(self.products, up[:, None] + up + by_weight),
            groups=raised(self.groups, up + by_weight),
        )


def empty_sums(n_columns: int, n_classes: int) -> ExactSums:
    """Return the sums over no rows."""
    nowhere = np.full(1 + n_columns, NOWHERE)
    return ExactSums(
        nowhere,
        nowhere,
        NOWHERE,
        np.zeros((1, 1 + n_columns, 1 + n_columns), dtype=np.int64),
        np.zeros((1, n_classes, 1 + n_columns), dtype=np.int64),
        0,
        np.zeros(n_columns),
    )


def sum_exactly(
    table: Table, so_far: ExactSums | None = None, *, budget: float = np.inf
) -> ExactSums | None:
    """Sum over the rows of a table.

    Parameters
    ----------
    table : Table
        With classes.
    so_far : ExactSums or None
        Sums to which these are to be added, or from which they are to go: values are then
        rounded as theirs were.
    budget : float
        Products of two numbers that it may take, other work counted as so many.

    Returns
    -------
    ExactSums or None
        None where a value, or the range of a column, is not finite; or it would take more.
    """
    n, d = table.shape
    if n * (1.0 + d) ** 2 > budget:
        return None
    n_classes = table.rows.n_classes
    if n * (_DIGITS * (1.0 + d)) ** 2 > budget:  # some rows tell how many digits there are
        few = table.rows.take(np.arange(min(_SAMPLE, n)))
        few = few._replace(X=dense(few.X), weights=None)
        digits = _digits_of(few.X.min(axis=0), few.X.max(axis=0), empty_sums(d, n_classes))
        if digits is not None and n * digits.columns(few) ** 2 > budget:
            return None
    least_and_most = ranges(table.rows)
    if least_and_most is None:
        return None
    so_far = empty_sums(d, n_classes) if so_far is None else so_far
    digits = _digits_of(*least_and_most, so_far)
    return None if digits is None else table.reduce(digits, ExactSums.merge, length=ROWS)


def _digits_of(least: Floats, most: Floats, so_far: ExactSums) -> "_Digits | None":
    """Find where digits of columns begin and end; None where a range is not finite."""
    least, most = least.astype(np.float64), most.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(most - least).all():
            return None
    place = highest_place(np.r_[1.0, np.maximum(most, -least)])
    return _Digits(place, _kept(place, so_far.kept), so_far.groups.shape[1])


def _kept(place: Indices, so_far: Indices) -> Indices:
    """Last places to keep of numbers that begin at a place."""
    own = np.where(so_far == NOWHERE, place + 1 - _DIGITS, so_far)
    return np.where(place == NOWHERE, so_far, np.minimum(own, place + 1 - _AT_LEAST))


@dataclass(frozen=True)
class _Digits:
    """Sums over a block of rows, whose columns have their first digits and the last ones kept here.

    Attributes
    ----------
    place, kept : ndarray of int of shape (1 + d,)
    n_classes : int
    """

    place: Indices
    kept: Indices
    n_classes: int

    def columns(self, block: Block) -> int:
        """Count the columns that digits make of the rows."""
        left, lowest, _ = self._digits(block)
        return sum(len(columns) for columns, _ in _by_height(left, self.place, lowest))

    def __call__(self, block: Block) -> ExactSums:
        """Sum over the rows, of which no more than `ROWS` at a time can be summed."""
        return reduce(ExactSums.merge, map(self._part, block.parts(ROWS)))

    def _part(self, block: Block) -> ExactSums:
        """Sum over so few rows, those apart whose weights lie so far apart."""
        weights = block.weights
        if weights is None:
            return self._sums(block, 0)
        if not weights.any():
            nothing = empty_sums(block.X.shape[1], self.n_classes)
            return nothing._replace(n_rows=len(weights))
        place = highest_place(weights)
        place[weights == 0] = first = int(place[weights > 0].max())
        band = (first - place) // _BAND
        if not band.any():
            return self._sums(block, first)
        parts = [
            self._sums(
                Block(0, block.X[some], block.codes[some], weights[some]), int(place[some].max())
            )
            for some in (np.flatnonzero(band == number) for number in np.unique(band))
        ]
        return reduce(ExactSums.merge, parts)

    def _sums(self, block: Block, weight_place: int) -> ExactSums:
        """Sum over all rows, with weights that begin at a place."""
        d = block.X.shape[1]
        left, lowest, noise = self._digits(block)
        right, right_place, by_weight = left, self.place, 0
        if block.weights is not None:
            right = _weighted(left, block.weights, weight_place)
            right_place = np.where(self.place == NOWHERE, NOWHERE, self.place + weight_place + 1)
            last = np.where(lowest == NOWHERE, NOWHERE, _lowest(right, right_place) - lowest)
            by_weight = int(last.min())
        lefts = _by_height(left, self.place, lowest)
        rights = lefts if right is left else _by_height(right, right_place, lowest + by_weight)
        products = np.zeros((len(lefts) + len(rights) - 1, 1 + d, 1 + d), dtype=np.int64)
        _add_products(products, lefts, rights)
        member = (block.codes == np.arange(self.n_classes)[:, None]).astype(np.float64)
        groups = np.zeros((len(rights), self.n_classes, 1 + d), dtype=np.int64)
        for height, (columns, digits) in enumerate(rights):
            groups[height][:, columns] = member @ digits
        return ExactSums(
            lowest,
            self.kept,
            by_weight,
            carried(products),
            carried(groups),
            len(block.X),
            noise,
        )

    def _digits(self, block: Block) -> tuple[list[Float64], Indices, Float64]:
        """Digits of the rows, where those of each column end, and the noise of rounding them."""
        some, weights = block.X, block.weights
        X = np.empty((len(some), 1 + some.shape[1]))
        X[:, 0], X[:, 1:] = 1.0, some
        fractions, noise = scaled(X, self.place), np.zeros(len(self.place))
        digits, most = to_digits(fractions), self._most(self.place, self.kept)
        if len(digits) > most.min(where=self.place != NOWHERE, initial=NOWHERE):
            given = rounded(fractions, most)
            digits = to_digits(given)
            cut = np.flatnonzero((given != fractions).any(axis=0))
            root = np.sqrt(len(some))
            if weights is not None:  # their sum could leave float64
                root = np.sqrt(weights.max()) * np.sqrt((weights / weights.max()).sum())
            noise[cut] = root * np.ldexp(_ROUNDED, BITS * self.kept[cut])
        return digits, _lowest(digits, self.place), noise[1:]

    @staticmethod
    def _most(place: Indices, kept: Indices) -> Indices:
        return np.where(place == NOWHERE, 0, place + 1 - kept)


def _weighted(left: list[Float64], weights: Float64, place: int) -> list[Float64]:
    """Digits of rows times their weights."""
    total = np.zeros_like(left[0])
    for digit in left[::-1]:
        total = (total + digit) / (1 << BITS)
    return to_digits(*two_product(total, scaled(weights, np.array(place))[:, None]))


def _lowest(digits: list[Float64], place: Indices) -> Indices:
    """Places of the last digits that are not zero, of columns whose first ones are known."""
    lowest = np.full(place.shape, NOWHERE)
    for number, digit in enumerate(digits):
        there = digit.any(axis=0)
        lowest[there] = place[there] - number
    return lowest


def _by_height(
    digits: list[Float64], place: Indices, lowest: Indices
) -> list[tuple[Indices, Float64]]:
    """Digits by their height above the last ones: the columns that have some, and these."""
    heights: list[list[tuple[Indices, Float64]]] = []
    for number, digit in enumerate(digits):
        there = np.flatnonzero(digit.any(axis=0))
        height = place[there] - number - lowest[there]
        for step in np.unique(height).tolist():
            heights.extend([] for _ in range(step + 1 - len(heights)))
            columns = there[height == step]
            heights[step].append((columns, digit[:, columns]))
    none = np.empty(0, dtype=np.intp), np.empty((len(digits[0]), 0))
    joined = []
    for parts in heights:
        columns, some = zip(*parts, strict=True) if parts else ((none[0],), (none[1],))
        joined.append((np.concatenate(columns), np.concatenate(some, axis=1)))
    return joined


def _add_products(
    products: Planes,
    lefts: list[tuple[Indices, Float64]],
    rights: list[tuple[Indices, Float64]],
) -> None:
    """Add up products of all digits on the left and the right, by one product of matrices."""
    left = np.hstack([digits for _, digits in lefts])
    right = left if rights is lefts else np.hstack([digits for _, digits in rights])
    all_products = left.T @ right
    first = 0
    for i, (rows, _) in enumerate(lefts):
        second = 0
        for j, (columns, _) in enumerate(rights):
            part = all_products[first : first + len(rows), second : second + len(columns)]
            products[i + j][np.ix_(rows, columns)] += part.astype(np.int64)
            second += len(columns)
        first += len(rows)
