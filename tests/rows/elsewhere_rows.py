"""Rows that are not in memory, for all that anybody can tell: test doubles."""

import sys

import numpy as np
from tests.rows.split_rows import SplitRows

from trivium.inputs import require_weights
from trivium.labels import as_labels, encoded
from trivium.rows.elsewhere import NO_LABELS, Given


class ElsewhereRows(SplitRows):
    """Rows in pieces, which nobody may ask for all at once."""

    in_memory = False
    place = "elsewhere"

    def slabs(self, n_bytes):
        """Yield the pieces."""
        assert n_bytes < sys.maxsize, "all rows were asked for at once"
        return super().slabs(n_bytes)


class ElsewhereTable:
    """A table of such rows, as `Elsewhere`; it may have names, labels and weights."""

    def __init__(self, X, *, cuts=(), names=None, y=None, weights=None):
        self.rows = ElsewhereRows(X, cuts=cuts)
        self.column_names, self.n_columns = names, X.shape[1]
        self.has_labels = y is not None
        self._y, self._weights = y, weights

    def given(self, y=None, sample_weight=None, *, labelled=True):
        """Hand out what there is."""
        weights = self._weights if sample_weight is None else sample_weight
        if weights is not None:
            weights = require_weights(weights, self.rows.shape[0])
        if not labelled:
            return Given(self.rows, NO_LABELS, None, weights)
        classes, codes = encoded(as_labels(self._y if y is None else y))
        return Given(self.rows, classes, codes.astype(np.uint8), weights)
