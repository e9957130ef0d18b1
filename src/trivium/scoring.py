"""The share of rows that a classifier predicts right: the `score` of all three wings."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from trivium.arrays import Float64, Labels
from trivium.blocks.map_reduce import cut
from trivium.inputs import require_same_length, require_weights
from trivium.labels import as_labels, codes_among, require_alike
from trivium.rows.elsewhere import Given, elsewhere_of

_AT_ONCE = 1 << 20  # predictions that are compared with labels


class AccuracyClassifier(ClassifierMixin):
    """A classifier whose `score` reads labels and weights as `fit` does."""

    classes_: Labels

    def score(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Share of the rows that are predicted right.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features), or a table elsewhere
            What `predict` takes.
        y : array-like of shape (n_rows,) or None
            True labels; None where the table has a column of them. One that the model does not
            know counts as predicted wrong.
        sample_weight : array-like of shape (n_rows,) or None

        Returns
        -------
        float
            Weighted, if there are weights.

        Raises
        ------
        ValueError
            If the data are malformed, labels are strings and classes are not or the other way
            round, or no row weighs anything.
        """
        model: Any = self
        table = elsewhere_of(X)
        if table is not None:
            return self._score_elsewhere(X, table.given(y, sample_weight))
        truth = as_labels(y)
        predicted: Labels = np.asarray(model.predict(X))  # lazy, if X is a collection of Dask's
        require_same_length(predicted.shape[0], truth)
        require_alike(truth, predicted)
        right = codes_among(truth, self.classes_) == codes_among(predicted, self.classes_)
        return accuracy(right, sample_weight)

    def _score_elsewhere(self, X: Any, given: Given) -> float:
        """Score predictions of rows whose labels are read, some at a time."""
        model: Any = self
        predicted: Labels = np.asarray(model.predict(X))  # of unknown length, if it is lazy
        require_alike(given.classes, predicted)
        known = codes_among(given.classes, self.classes_)
        right = np.empty(predicted.shape[0], dtype=np.bool_)
        for part in cut(right.size, _AT_ONCE):
            found = codes_among(predicted[part], self.classes_)
            right[part] = known[np.asarray(given.codes)[part]] == found
        return accuracy(right, given.weights)


def labels_and_weights(X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Return labels and weights as they are given, or those that a table elsewhere has.

    Raises
    ------
    ValueError
        If such a table has no labels.
    """
    table = elsewhere_of(X)
    if table is None:
        return y, sample_weight
    given = table.given(y, sample_weight)
    return given.classes[given.codes], given.weights


def accuracy(right: Labels, sample_weight: ArrayLike | None) -> float:
    """Weighted share of what is right.

    Parameters
    ----------
    right : ndarray of bool of shape (n,)
    sample_weight : array-like of shape (n,) or None

    Raises
    ------
    ValueError
        If a weight is malformed, or all are zero.
    """
    if sample_weight is None:
        return float(np.mean(right))
    weights: Float64 = require_weights(sample_weight, right.shape[0])
    greatest = weights.max(initial=0.0)
    if greatest == 0.0:
        raise ValueError("sample_weight is zero in every row: nothing is left to score.")
    weights = np.ldexp(weights, -np.frexp(greatest)[1])  # sums of great weights stay finite
    return float(np.average(right, weights=weights))
