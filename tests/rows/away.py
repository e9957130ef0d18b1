"""A table whose rows are elsewhere, in name: a test double of what fits are given."""

import numpy as np

from trivium.labels import as_labels, encoded
from trivium.rows.elsewhere import NO_LABELS, Given
from trivium.rows.table import rows_of


class Away:
    """Rows, labels and weights, as `Elsewhere`.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    y, weights : array-like or None
    names : tuple of str or None
    rows_of : callable
        Makes `Rows` of X.
    """

    def __init__(self, X, y=None, weights=None, names=None, rows_of=rows_of):
        self._X, self._y, self._weights, self._rows_of = X, y, weights, rows_of
        self.column_names, self.n_columns = names, X.shape[1]

    def given(self, y=None, sample_weight=None, *, labelled=True):
        classes, codes = NO_LABELS, None
        if labelled:
            classes, codes = encoded(as_labels(self._y))
            codes = codes.astype(np.int8)
        return Given(self._rows_of(self._X), classes, codes, self._weights)
