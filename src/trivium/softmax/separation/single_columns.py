"""Separation that single columns show: one read of the rows, and no rounding at all.

A class whose values of a column all lie on one side of all the others', ties allowed, is
separated by that column. A dummy with no row of a class, or with rows of one class only, is the
common case. As separating directions add up, the sum over all such columns and classes is one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.map_reduce import block_length
from trivium.rows.block import Block
from trivium.rows.source import Rows

_MOST_VALUES = 1 << 20  # of ranges of classes: two such arrays a worker


class _Ranges(NamedTuple):
    """Least and greatest value of each column in each class, of shape (n_classes, d)."""

    least: Float64
    most: Float64

    def merge(self, other: "_Ranges") -> "_Ranges":
        return _Ranges(np.minimum(self.least, other.least), np.maximum(self.most, other.most))


@dataclass(frozen=True)
class RangesOfClasses:
    """The ranges of a block's classes, as a statistic."""

    n_classes: int

    def __call__(self, block: Block) -> _Ranges:
        """Find the ranges of the classes in a block."""
        shape = self.n_classes, block.X.shape[1]
        least, most = np.full(shape, np.inf), np.full(shape, -np.inf)
        order = np.argsort(block.codes, kind="stable")
        present, starts = np.unique(block.codes[order], return_index=True)
        some = block.X[order]
        least[present] = np.minimum.reduceat(some, starts, axis=0)
        most[present] = np.maximum.reduceat(some, starts, axis=0)
        return _Ranges(least, most)


def separating_columns(rows: Rows, *, fit_intercept: bool) -> tuple[Float64, Float64] | None:
    """Find the columns that separate a class from the others.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    fit_intercept : bool
        Whether the two sides may meet elsewhere than at zero.

    Returns
    -------
    signs : ndarray of shape (n_classes, d)
        1 where the class's values are those above, -1 where they are those below, else 0.
    between : ndarray of shape (n_classes, d)
        A value between the class and the others.
    None if there is no such column, or where columns and classes are too many to compare.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.array([[0.0, 3.0], [1.0, 5.0], [0.0, 4.0]]), np.array([0, 1, 0]), 2)
    >>> signs, between = separating_columns(rows, fit_intercept=True)
    >>> signs
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> between[1]
    array([0.5, 4.5])
    """
    d = rows.shape[1]
    if rows.n_classes * d > _MOST_VALUES:
        return None
    ranges = RangesOfClasses(rows.n_classes)
    least, most = rows.reduce(ranges, _Ranges.merge, length=block_length(d))
    others_most, others_least = _of_others(most), -_of_others(-least)
    varies = most.max(axis=0) > least.min(axis=0)
    if fit_intercept:
        above, below = least >= others_most, most <= others_least
    else:
        above, below = (least >= 0) & (others_most <= 0), (most <= 0) & (others_least >= 0)
    signs = np.where(above & varies, 1.0, np.where(below & varies, -1.0, 0.0))
    if not signs.any():
        return None
    if not fit_intercept:
        return signs, np.zeros_like(signs)
    return signs, np.where(above, 0.5 * least + 0.5 * others_most, 0.5 * most + 0.5 * others_least)


def _of_others(most: Float64) -> Float64:
    """Greatest value of all classes but one, for each."""
    second, first = np.partition(most, -2, axis=0)[-2:]
    each = np.arange(most.shape[0])[:, None]
    others: Float64 = np.where(each == most.argmax(axis=0), second, first)
    return others
