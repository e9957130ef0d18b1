"""Rows to learn from."""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Indices
from trivium.tabular.folds import Split
from trivium.tabular.weights import balance


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
    """

    X: Any
    codes: Indices
    copies: Indices
    balanced: bool
    seed: int
    splits: list[Split] | None = None

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
