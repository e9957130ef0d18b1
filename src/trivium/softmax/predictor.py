"""What a fitted softmax model predicts."""

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Labels
from trivium.blocks.linear_scores import linear_scores
from trivium.inputs import check_rows
from trivium.softmax.cross_entropy import softmax


class SoftmaxPredictor(ClassifierMixin, BaseEstimator):
    """Predictions from `classes_`, `coef_` and `intercept_`, which subclasses fit."""

    classes_: Labels
    coef_: Float64
    intercept_: Float64

    def decision_function(self, X: ArrayLike) -> Float64:
        """Logits; for two classes, the second's less the first's.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
        """
        logits = self._logits(X)
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
        """Logarithm of each probability, exact where the probability itself underflows.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
        """
        logits = self._logits(X)
        _, log_sum = softmax(logits)
        return logits - log_sum[:, None]

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
        return linear_scores(check_rows(self, X), self.coef_, self.intercept_)
