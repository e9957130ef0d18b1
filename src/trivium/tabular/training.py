"""Rows to learn from."""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Indices
from trivium.tabular.folds import Split
from trivium.tabular.weights import balance

_ROWS_OF_A_CLASS = 10  # that evenly spaced rows do not have
_MOST_ROWS, _LEAST_ROWS, _MOST_NUMBERS = 200_000, 20_000, 1 << 24


def stride_of(n_rows: int, width: int) -> int:
    """Return how far apart the rows are that parameters are chosen by, and models are scored by.

    Of 200,000 rows an accuracy has a standard error of a tenth of one per cent at most.

    Parameters
    ----------
    n_rows : int
    width : int
        Numbers of a row.

    Examples
    --------
    >>> stride_of(200_000, 20), stride_of(200_001, 20), stride_of(20_000_000, 2000)
    (1, 2, 1000)
    """
    most = min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_NUMBERS // max(width, 1)))
    return -(-n_rows // most)


def spaced(codes: Indices, stride: int) -> Indices:
    """Return the numbers of evenly spaced rows, and of the first ones of classes that these lack.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Classes, from 0.
    stride : int

    Examples
    --------
    >>> spaced(np.array([0, 0, 0, 1, 0, 2]), 2)
    array([0, 2, 3, 4, 5])
    """
    some = np.arange(0, codes.size, stride)
    there = np.bincount(codes[some], minlength=int(codes.max()) + 1) > 0
    more = [np.flatnonzero(codes == code)[:_ROWS_OF_A_CLASS] for code in np.flatnonzero(~there)]
    return np.sort(np.concatenate([some, *more]))


class Training(NamedTuple):
    """Rows to learn from.

    Attributes
    ----------
    X : ndarray or sparse of shape (n, d)
    codes : ndarray of int of shape (n,)
        Classes, two at least.
    copies : ndarray of int of shape (n,)
        Numbers of groups whose rows are the same; all different where copies come by chance.
    balanced : bool
        Whether classes weigh alike.
    seed : int
    splits : list of (ndarray of int, ndarray of int) or None
        Rows to learn from and rows to score that parameters are chosen by, where rows must not be
        left out one by one: they come in groups, or in time. Every class is learnt from in each.
    sample : Training or None
        Rows that parameters are chosen by, where X is not in memory.
    """

    X: Any
    codes: Indices
    copies: Indices
    balanced: bool
    seed: int
    splits: list[Split] | None = None
    sample: "Training | None" = None

    def few(self) -> "Training":
        """Return the rows that parameters are chosen by: evenly spaced ones, where there are many.

        Rows in groups and times are all taken, for they are not dealt one by one.
        """
        if self.sample is not None or self.splits is not None:
            return self if self.sample is None else self.sample
        stride = stride_of(self.codes.size, self.X.shape[1])
        if stride == 1:
            return self
        some = spaced(self.codes, stride)
        _, first, members = np.unique(self.copies[some], return_index=True, return_inverse=True)
        return self._replace(X=self.X[some], codes=self.codes[some], copies=first[members])

    @property
    def class_weight(self) -> dict[int, float] | None:
        """What estimators are given."""
        if not self.balanced:
            return None
        codes, counts = np.unique(self.codes, return_counts=True)
        return dict(zip(codes.tolist(), balance(counts).tolist(), strict=True))

    @property
    def scoring(self) -> str:
        """What numbers of neighbours and penalties of least squares are chosen by."""
        return "balanced_accuracy" if self.balanced else "accuracy"
