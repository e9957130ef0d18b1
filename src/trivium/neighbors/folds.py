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
from trivium.rows.labelled import LabelledRows

_MANY = 1 << 11  # folds, each of which takes as many operations if all is added up exactly

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
                    index, None, some, k, self._mass, whole=as_rows, left_out=left_out
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
    starts = np.flatnonzero(np.concatenate([[True], steps]))
    fold_of = np.empty(order.size, dtype=np.intp)
    fold_of[order] = np.repeat(np.arange(starts.size), np.diff([*starts, order.size]))
    first, counts = order[starts], np.diff([*starts, order.size])
    equal = _EqualFolds(codes[first], weights[first], stays[first], counts, rows.classes.size)
    sums = _ClassSums(equal) if counts.size > _MANY else None
    scales, own_factors = [], []
    for fold in range(counts.size):
        if balanced:
            mass = sums.without(fold) if sums else equal.without(fold)
            if mass.any():
                factors = cast(Float64, class_factors("balanced", rows.classes, mass))
            own_factors.append(factors)
        scale = sums.scale(factors, fold) if sums else None
        scales.append(scale or equal.scale(factors, fold))
    greatest, mean, whole, keeps, total = map(np.array, zip(*scales, strict=True))
    table = np.array(own_factors) if balanced else np.tile(factors, (counts.size, 1))
    return Folds(
        voting, codes, weights, fold_of, table, greatest, mean, whole, keeps, float(total.min())
    )


class _EqualFolds(NamedTuple):
    """Rows of one class and one sample weight each, which have equal folds.

    Attributes
    ----------
    codes, weights : ndarray of shape (n_folds,)
    stays : ndarray of shape (n_folds,)
        What stays of the weight of such a row that is left out.
    counts : ndarray of int of shape (n_folds,)
        How many there are.
    n_classes : int
    """

    codes: Indices
    weights: Float64
    stays: Float64
    counts: Indices
    n_classes: int

    def without(self, fold: int) -> Float64:
        """Return the weight of each class in a fold."""
        counts = self.counts.copy()
        counts[fold] -= 1
        mass = np.zeros(self.n_classes)
        mass += np.bincount(self.codes, counts * self.weights, minlength=self.n_classes)
        mass[self.codes[fold]] += self.stays[fold]
        return mass

    def scale(self, factors: Float64, fold: int) -> _Scale:
        """Return how a fold's weights are counted, what a row keeps, and what all count."""
        counts = np.append(self.counts, 1)
        counts[fold] -= 1
        products = factors[self.codes] * self.weights
        own = float(factors[self.codes[fold]] * self.stays[fold])
        products = np.append(products, own)
        there = (counts > 0) & (products > 0.0)
        products, counts = products[there], counts[there]
        if products.size == 0 or is_whole(products):
            return 1.0, 1.0, True, own, float(products @ counts)
        greatest, mean = counting_scale(products, counts)
        keeps = float(scaled(np.array(own), greatest, mean)) if own > 0.0 else 0.0
        return greatest, mean, False, keeps, float(counts.sum())


class _ClassSums:
    """Sums over classes, from which many folds are weighed: right to the last bits or so.

    Parameters
    ----------
    equal : _EqualFolds
    """

    def __init__(self, equal: _EqualFolds) -> None:
        self._equal = equal
        self._first = np.unique(equal.codes, return_index=True)[1]
        self._sums, self._greatest, self._second = np.zeros((3, equal.n_classes))
        for c in range(equal.n_classes):
            own = equal.codes == c
            self._sums[c] = math.fsum((equal.weights[own] * equal.counts[own]).tolist())
            greatest = np.append(equal.weights[own], [0.0, 0.0])
            self._second[c], self._greatest[c] = np.sort(greatest)[-2:]

    def without(self, fold: int) -> Float64:
        """Return the weight of each class in a fold."""
        equal, mass, c = self._equal, self._sums.copy(), self._equal.codes[fold]
        left = equal.weights[fold] - equal.stays[fold]
        if left > 0.5 * mass[c]:  # of which the difference would show
            return equal.without(fold)
        mass[c] -= left
        return mass

    def scale(self, factors: Float64, fold: int) -> _Scale | None:
        """Return what `_EqualFolds.scale` does; None where it has to be asked."""
        equal, c, greatest = self._equal, self._equal.codes[fold], self._greatest.copy()
        if equal.weights[fold] == greatest[c] and equal.counts[fold] == 1:
            greatest[c] = max(self._second[c], equal.stays[fold])
        top = float((factors * greatest).max())
        if top == 0.0 or is_whole(factors[equal.codes[self._first]] * equal.weights[self._first]):
            return None  # nothing is left, or all products may be numbers of rows
        n_rows, own = equal.counts.sum(), float(factors[c] * equal.stays[fold])
        n_rows -= own == 0.0
        mean = float((factors / top) @ self.without(fold)) / n_rows
        keeps = float(scaled(np.array(own), top, mean)) if own > 0.0 else 0.0
        return top, mean, False, keeps, float(n_rows)
