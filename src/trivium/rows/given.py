"""What a table whose rows are no array gives to learn from."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.rows.source import Rows


class Given(NamedTuple):
    """What such a table gives to learn from, labels read and nothing else.

    Attributes
    ----------
    rows : Rows
        All of them, without classes and weights.
    classes : ndarray of shape (n_classes,)
        The labels there are, sorted as `labels.encoded` sorts them; empty without labels.
    codes : ndarray of shape (n,) or None
        Position of each row's label among them, in the smallest type of integers that has room.
    weights : ndarray of shape (n,) or None
        As they are given, zeros too; checked to be finite and not negative.
    all_there : bool
        Whether each class is known to have rows.
    """

    rows: Rows
    classes: Labels
    codes: Indices | None
    weights: Float64 | None
    all_there: bool = True


NO_LABELS: Labels = np.empty(0, dtype=np.intp)
"""Classes of rows without labels."""
