"""What a fitted softmax model predicts."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.blocks.linear_scores import linear_scores, scaled_scores
from trivium.inputs import check_rows
from trivium.scoring import AccuracyClassifier
from trivium.softmax.objective.cross_entropy import softmax

_BELOW_GREATEST = 1000.0  # exp(-746) is zero


def finite_logits(X: Floats, coef: Float64, intercept: Float64) -> Float64:
    """Compute X·coefᵀ + intercept; where that leaves float64, less the row's greatest.

    A row whose logits, sums or differences leave float64 is computed with exponents of its own.
    Its greatest logit becomes zero, and the others what they are below it, -inf at the end.
    Parameters that are not finite are left to themselves.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (n, n_classes)

    Examples
    --------
    >>> import numpy as np
    >>> coef, intercept = np.array([[1e200, 1.0], [1e200, 3.0], [0.0, 0.0]]), np.zeros(3)
    >>> finite_logits(np.array([[0.0, 1.0], [1e200, 1.0]]), coef, intercept)
    array([[  1.,   3.,   0.],
           [  0.,   0., -inf]])
    """
    logits = linear_scores(X, coef, intercept)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(logits.max() - logits.min()):
            return logits
        beyond = np.flatnonzero(~np.isfinite(np.ptp(logits, axis=1)))
    if beyond.size and np.isfinite(coef).all() and np.isfinite(intercept).all():
        logits[beyond] = _below_greatest(X[beyond], coef, intercept)
    return logits


def class_logits(X: Floats, coef: Float64, intercept: Float64) -> Float64:
    """Compute `finite_logits`, and -inf for the classes whose intercept is that.

    Examples
    --------
    >>> import numpy as np
    >>> class_logits(np.ones((1, 1)), np.array([[2.0], [0.0]]), np.array([1.0, -np.inf]))
    array([[  3., -inf]])
    """
    present = np.flatnonzero(~np.isneginf(intercept))
    if present.size == intercept.size:
        return finite_logits(X, coef, intercept)
    logits = np.full((X.shape[0], intercept.size), -np.inf)
    logits[:, present] = finite_logits(X, coef[present], intercept[present])
    return logits


def _below_greatest(X: Floats, coef: Float64, intercept: Float64) -> Float64:
    """Logits less the greatest of each row, where logits leave float64."""
    logits, exponents = scaled_scores(X, coef, intercept)
    logits -= logits.max(axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        below: Float64 = np.ldexp(logits, exponents[:, None])
    return below


class SoftmaxPredictor(AccuracyClassifier, BaseEstimator):
    """Predictions from `classes_`, `coef_` and `intercept_`, which subclasses fit."""

    classes_: Labels
    coef_: Float64
    intercept_: Float64

    def decision_function(self, X: ArrayLike) -> Float64:
        """Logits; for two classes, the second's less the first's.

        Of rows so far off that their logits leave float64, less the greatest logit. A class
        without weight lies 1000 below the greatest, where the probability is zero in float64:
        what goes on from scores (calibration, stacking, ranks) takes no infinities.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
        """
        logits = self._logits(X)
        absent = self._absent()
        if absent.size:
            logits[:, absent] = logits.max(axis=1, keepdims=True) - _BELOW_GREATEST
        return logits[:, 1] - logits[:, 0] if self.classes_.size == 2 else logits

    def predict_proba(self, X: ArrayLike) -> Float64:
        """Probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        probabilities, _ = softmax(self._logits(X))
        return probabilities

    def predict_log_proba(self, X: ArrayLike) -> Float64:
        """Logarithm of each probability, to its digits where that is next to zero or one.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            -inf of a class without weight.
        """
        logits = self._logits(X)
        with np.errstate(invalid="ignore"):  # of parameters that are not finite
            logits -= logits.max(axis=1, keepdims=True)
        others = np.exp(logits)
        others[np.arange(len(logits)), logits.argmax(axis=1)] = 0.0
        logits -= np.log1p(others.sum(axis=1))[:, None]
        return logits

    def predict(self, X: ArrayLike) -> Labels:
        """Most probable class, the smallest of those that tie.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        best = self._logits(X).argmax(axis=1)
        labels: Labels = self.classes_[best]
        return labels

    def _logits(self, X: ArrayLike) -> Float64:
        check_is_fitted(self, "coef_")
        return class_logits(check_rows(self, X), self.coef_, self.intercept_)

    def _absent(self) -> Indices:
        """Positions of the classes without weight."""
        return np.flatnonzero(np.isneginf(self.intercept_))
