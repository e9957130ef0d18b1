"""What rows count in the fold of each row that is left out, where classes have weights.

In a fold the balance of the classes is another than in the whole table, and so is the mean that
weights are brought to. A row that is left out takes all its class's weight along; of a row that
stands for several, one leaves. Rows of one class and one sample weight have equal folds.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.class_weights import ClassWeight, class_factors
from trivium.inputs import LabelledRows
from trivium.neighbors.neighborhoods import (
    Neighborhood,
    batches,
    counting_scale,
    counting_weights,
    is_whole,
    scaled,
)
from trivium.neighbors.path_kernels import Flags
from trivium.neighbors.search.index import Index

_MOST_WORK = 1 << 24  # rows times folds, for each of which all rows are added up exactly

_Scale = tuple[float, float, bool, float, float]


class Folds(NamedTuple):
    """The folds of the training rows that have a vote.

    Attributes
    ----------
    voting : ndarray of shape (n_rows,)
        Which of the rows that have a sample weight have one after their class's, too: those of
        the index, n in all.
    codes, weights, fold_of : ndarray of shape (n,)
        Class and sample weight of each, and which fold it is left out in.
    factors : ndarray of shape (n_folds, n_classes)
        Weights of classes.
    greatest, mean : ndarray of shape (n_folds,)
        What products are divided by, as in `counting_scale`; ones where they are whole.
    whole : ndarray of bool of shape (n_folds,)
    keeps : ndarray of shape (n_folds,)
        What a row that is left out counts on, for others that it stands for.
    least : float
        Least weight of a fold.
    """

    voting: Indices
    codes: Indices
    weights: Float64
    fold_of: Indices
    factors: Float64
    greatest: Float64
    mean: Float64
    whole: Flags
    keeps: Float64
    least: float

    def neighborhoods(self, index: Index, k: int) -> Iterator[Neighborhood]:
        """Search for the rows of the index themselves, each left out, as `neighborhoods`."""
        members = np.arange(self.codes.size, dtype=np.intp)
        whole, alone = self.whole[self.fold_of], self.keeps[self.fold_of] == 0.0
        for as_rows in (True, False):
            for left_out in (True, False):
                some = members[(whole == as_rows) & (alone == left_out)]
                yield from batches(
                    index, index.rows, some, k, self._mass, whole=as_rows, left_out=left_out
                )

    def _mass(self, members: Indices, indices: Indices) -> Float64:
        """Return what neighbours of rows that are left out count."""
        fold = self.fold_of[members][:, None]
        products = self.factors[fold, self.codes[indices]] * self.weights[indices]
        mass = scaled(products, self.greatest[fold], self.mean[fold])
        return np.where(indices == members[:, None], self.keeps[fold], mass)


def folds_of(rows: LabelledRows, class_weight: ClassWeight) -> Folds | None:
    """Return the folds of rows with a sample weight; None where no class has a weight of its own.

    Raises
    ------
    ValueError, TypeError
        As `class_factors`.
    """
    factors = class_factors(class_weight, rows.classes, rows.class_weights())
    balanced = isinstance(class_weight, str)
    if factors is None or (not balanced and np.all(factors == 1.0)):
        return None
    voting = np.flatnonzero(factors[rows.codes] > 0.0)
    codes, weights, stays = rows.codes[voting], np.ones(voting.size), np.zeros(voting.size)
    counting = counting_weights(rows.weights)
    if rows.weights is not None and counting is not None:
        weights, count = rows.weights[voting], counting[voting]
        several = count > 1.0
        stays[several] = (weights - weights / count)[several]
    order = np.lexsort((weights, codes))
    steps = (np.diff(codes[order]) != 0) | (np.diff(weights[order]) != 0.0)
    starts = np.concatenate([[True], steps])
    fold_of = np.empty(order.size, dtype=np.intp)
    fold_of[order] = np.cumsum(starts) - 1
    firsts = order[starts]
    many = firsts.size * codes.size > _MOST_WORK
    sums = _ClassSums(codes, weights, rows.classes.size) if many else None
    scales, own_factors, lowered = [], [], weights.copy()
    for row in firsts.tolist():
        lowered[row] = stays[row]
        if balanced:
            mass = np.asarray(
                sums.without(row, stays[row])
                if sums
                else np.bincount(codes, lowered, minlength=rows.classes.size),
                dtype=np.float64,
            )
            if mass.any():
                factors = cast(Float64, class_factors("balanced", rows.classes, mass))
            own_factors.append(factors)
        scale = sums.scale(factors, row, stays[row]) if sums else None
        scales.append(scale or _scale(factors[codes] * lowered, row))
        lowered[row] = weights[row]
    greatest, mean, whole, keeps, total = map(np.array, zip(*scales, strict=True))
    table = np.array(own_factors) if balanced else np.tile(factors, (len(scales), 1))
    return Folds(
        voting, codes, weights, fold_of, table, greatest, mean, whole, keeps, float(total.min())
    )


class _ClassSums:
    """Sums over classes, from which many folds are weighed: right to the last bits or so.

    Parameters
    ----------
    codes : ndarray of shape (n,)
    weights : ndarray of shape (n,)
    n_classes : int
    """

    def __init__(self, codes: Indices, weights: Float64, n_classes: int) -> None:
        self._codes, self._weights = codes, weights
        self._sums, self._greatest, self._second = np.zeros((3, n_classes))
        self._firsts = np.unique(codes, return_index=True)[1]
        for c in range(n_classes):
            own = weights[codes == c]
            self._sums[c] = math.fsum(own.tolist())
            self._second[c], self._greatest[c] = np.sort(np.append(own, [0.0, 0.0]))[-2:]

    def without(self, row: int, stays: float) -> Float64:
        """Return the weight of each class where of a row only a part stays."""
        mass, c, left = self._sums.copy(), self._codes[row], self._weights[row] - stays
        if left > 0.5 * mass[c]:  # of which the difference would show
            others = self._weights[self._codes == c]
            mass[c] = math.fsum([*others.tolist(), -left])
        else:
            mass[c] -= left
        return mass

    def scale(self, factors: Float64, row: int, stays: float) -> _Scale | None:
        """Return what `_scale` does; None where products may be numbers of rows."""
        some = factors[self._codes[self._firsts]] * self._weights[self._firsts]
        if is_whole(some):
            return None
        c, greatest = self._codes[row], self._greatest.copy()
        if self._weights[row] == greatest[c]:
            greatest[c] = max(self._second[c], stays)
        top = float((factors * greatest).max())
        if top == 0.0:
            return None
        n_rows = self._codes.size - (stays == 0.0)
        mean = float((factors / top) @ self.without(row, stays)) / n_rows
        keeps = float(scaled(factors[c] * stays, top, mean)) if stays > 0.0 else 0.0
        return top, mean, False, keeps, float(n_rows)


def _scale(products: Float64, row: int) -> _Scale:
    """Say how weights of a fold are counted, what a row keeps, and what all count together."""
    there = products[products > 0.0]
    if there.size == 0 or is_whole(there):
        return 1.0, 1.0, True, float(products[row]), float(there.sum())
    greatest, mean = counting_scale(there)
    counts = scaled(there, greatest, mean)
    keeps = scaled(products[row], greatest, mean) if products[row] > 0.0 else 0.0
    return greatest, mean, False, float(keeps), float(counts.sum())
