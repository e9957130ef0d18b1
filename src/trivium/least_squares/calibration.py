"""Probabilities from scores of rows that the fit has not seen."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV

from trivium.arrays import Float64, Labels

METHODS = ("sigmoid", "isotonic", "temperature")


def calibrator_of(
    scores: Float64, labels: Labels, classes: Labels, weights: Float64 | None, method: str
) -> CalibratedClassifierCV:
    """Fit scikit-learn's calibrator to leave-one-out scores.

    Parameters
    ----------
    scores : ndarray of shape (n, n_targets)
    labels : ndarray of shape (n,)
    classes : ndarray
    weights : ndarray of shape (n,) or None
    method : {"sigmoid", "isotonic", "temperature"}

    Returns
    -------
    CalibratedClassifierCV
        Its ``predict_proba`` takes scores.
    """
    if weights is not None and weights.min() < 1.0:
        weights = weights / weights.mean()  # a sigmoid's prior counts rows
    everything = np.arange(len(scores))
    calibrator = CalibratedClassifierCV(
        _Scores(classes),
        method=method,
        cv=[(everything, everything)],  # the scores are out of sample as they are
        ensemble=False,
    )
    return calibrator.fit(scores, labels, sample_weight=weights)


class _Scores(ClassifierMixin, BaseEstimator):
    """A classifier whose rows are its scores: there is nothing to fit."""

    def __init__(self, classes: Labels) -> None:
        self.classes = classes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        self.classes_ = self.classes
        return self

    def decision_function(self, X: Float64) -> Float64:
        return X[:, 0] if self.classes_.size == 2 else X

    def predict(self, X: Float64) -> Labels:
        two = self.classes_.size == 2
        best = (X[:, 0] > 0).astype(np.intp) if two else X.argmax(axis=1)
        labels: Labels = self.classes_[best]
        return labels
