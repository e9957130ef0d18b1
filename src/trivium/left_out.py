"""Rows predicted by models that were fitted without them, as one model: what scorers see.

All rows together are one test set: each has its prediction from the model without it.
"""

from typing import Any, cast

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator, ClassifierMixin

from trivium.arrays import Float64, Indices, Labels
from trivium.available import available_if


class LeftOut(ClassifierMixin, BaseEstimator):
    """Training rows, each predicted by the model without it: a classifier, as scorers see it.

    Parameters
    ----------
    X : ndarray or SciPy's sparse array of shape (n, d)
        The rows, which alone can be asked about, all together.
    classes : ndarray of shape (n_classes,)
    predicted : ndarray of int of shape (n,)
        Positions among the classes.
    probabilities : ndarray of shape (n, n_classes) or None
    decisions : ndarray of shape (n,) for two classes, else (n, n_classes), or None
    """

    def __init__(
        self,
        X: Any,
        classes: Labels,
        predicted: Indices,
        probabilities: Float64 | None = None,
        decisions: Float64 | None = None,
    ) -> None:
        self.X = X
        self.classes = self.classes_ = classes
        self.predicted = predicted
        self.probabilities = probabilities
        self.decisions = decisions

    def take(self, rows: Indices) -> "LeftOut":
        """Return some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        decisions = None if self.decisions is None else self.decisions[rows]
        return LeftOut(self.X[rows], self.classes, self.predicted[rows], probabilities, decisions)

    def predict(self, X: Any) -> Labels:
        """Return the predictions of the models without each row.

        Parameters
        ----------
        X : ndarray of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        ValueError
            If these are not the training rows.
        """
        self._require_own(X)
        labels: Labels = self.classes_[self.predicted]
        return labels

    @available_if(lambda model: model.probabilities is not None)
    def predict_proba(self, X: Any) -> Float64:
        """Return the probabilities of the models without each row; as `predict`."""
        self._require_own(X)
        return cast(Float64, self.probabilities)

    @available_if(lambda model: model.decisions is not None)
    def decision_function(self, X: Any) -> Float64:
        """Return the decision values of the models without each row; as `predict`."""
        self._require_own(X)
        return cast(Float64, self.decisions)

    def __getattr__(self, name: str) -> Any:
        """Name what a scorer can ask for, where it asks for something else."""
        raise AttributeError(
            f"the models of leave-one-out, each without a row, have together no {name!r}: a scorer "
            "can ask them for classes_, predict and, where the estimator has these, predict_proba "
            "and decision_function."
        )

    def _require_own(self, X: Any) -> None:
        if X is not self.X and not _are_equal(X, self.X):
            raise ValueError(
                "The models of leave-one-out predict the training rows, each without it: a scorer "
                "can ask them about X as it is given, all of it, and about no other rows."
            )


def _are_equal(X: Any, own: Any) -> bool:
    """Whether rows are the same, number by number."""
    sparse = [scipy.sparse.issparse(rows) for rows in (X, own)]
    if all(sparse):
        return bool(X.shape == own.shape and (own != X).nnz == 0)
    return not any(sparse) and np.array_equal(X, own)
