"""What a fitted softmax model predicts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.blocks.linear_scores import linear_scores, scaled_scores
from trivium.blocks.map_reduce import block_length, cut
from trivium.inputs import check_queries, check_rows
from trivium.lazy_predictions import lazily
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import Csr, dense, takes_sparse
from trivium.rows.elsewhere import elsewhere_of
from trivium.rows.table import rows_of
from trivium.scoring import AccuracyClassifier
from trivium.softmax.objective.cross_entropy import softmax

_LENGTH = 4096  # rows predicted at a time
_BELOW_GREATEST = 1000.0  # exp(-746) is zero


def finite_logits(X: Floats | Csr, coef: Float64, intercept: Float64) -> Float64:
    """Compute X·coefᵀ + intercept; where that leaves float64, less the row's greatest.

    A row whose logits, sums or differences leave float64 is computed with exponents of its own.
    Its greatest logit becomes zero, and the others what they are below it, -inf at the end.
    Parameters that are not finite are left to themselves.

    Parameters
    ----------
    X : ndarray or Csr of shape (n, d)
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
        for part in cut(beyond.size, block_length(coef.shape[1])):
            some = beyond[part]
            logits[some] = _below_greatest(dense(X.take(some, axis=0)), coef, intercept)
    return logits


def class_logits(X: Floats | Csr, coef: Float64, intercept: Float64) -> Float64:
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


@takes_sparse
@dataclass(frozen=True)
class Logits:
    """Logits of each row, as `class_logits`.

    Attributes
    ----------
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    """

    coef: Float64
    intercept: Float64

    def __call__(self, block: Block) -> Any:
        """Compute them for a block, shape (m, n_classes)."""
        return self.of(block)

    def of(self, block: Block) -> Float64:
        """Compute logits of a block, shape (m, n_classes)."""
        return class_logits(block.X, self.coef, self.intercept)


@dataclass(frozen=True)
class Scores(Logits):
    """Logits of each row, in which those of classes without weight are finite."""

    def __call__(self, block: Block) -> Float64:
        """Compute them for a block, shape (m, n_classes); of two classes the difference, (m,)."""
        logits = self.of(block)
        absent = np.flatnonzero(np.isneginf(self.intercept))
        if absent.size:
            logits[:, absent] = logits.max(axis=1, keepdims=True) - _BELOW_GREATEST
        return logits[:, 1] - logits[:, 0] if self.intercept.size == 2 else logits


@dataclass(frozen=True)
class Shares(Logits):
    """Probability of each class, for each row."""

    def __call__(self, block: Block) -> Float64:
        """Compute them for a block, shape (m, n_classes)."""
        probabilities, _ = softmax(self.of(block))
        return probabilities


@dataclass(frozen=True)
class LogShares(Logits):
    """Logarithm of the probability of each class, for each row."""

    def __call__(self, block: Block) -> Float64:
        """Compute them for a block, shape (m, n_classes)."""
        logits = self.of(block)
        with np.errstate(invalid="ignore"):  # of parameters that are not finite
            logits -= logits.max(axis=1, keepdims=True)
        others = np.exp(logits)
        others[np.arange(len(logits)), logits.argmax(axis=1)] = 0.0
        logits -= np.log1p(others.sum(axis=1))[:, None]
        return logits


@dataclass(frozen=True)
class Likeliest(Logits):
    """Position of the most probable class, for each row."""

    def __call__(self, block: Block) -> Indices:
        """Find it for a block, shape (m,)."""
        best: Indices = self.of(block).argmax(axis=1)
        return best


class SoftmaxPredictor(AccuracyClassifier, BaseEstimator):
    """Predictions from `classes_`, `coef_` and `intercept_`, which subclasses fit."""

    classes_: Labels
    coef_: Float64
    intercept_: Float64

    @lazily
    def decision_function(self, X: ArrayLike) -> Float64:
        """Logits; for two classes, the second's less the first's.

        Of rows so far off that their logits leave float64, less the greatest logit. A class
        without weight lies 1000 below the greatest, where the probability is zero in float64:
        what goes on from scores (calibration, stacking, ranks) takes no infinities.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
        """
        scores: Float64 = self._each(X, Scores)
        return scores

    @lazily
    def predict_proba(self, X: ArrayLike) -> Float64:
        """Probability of each class.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        probabilities: Float64 = self._each(X, Shares)
        return probabilities

    @lazily
    def predict_log_proba(self, X: ArrayLike) -> Float64:
        """Logarithm of each probability, to its digits where that is next to zero or one.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            -inf of a class without weight.
        """
        logarithms: Float64 = self._each(X, LogShares)
        return logarithms

    @lazily
    def predict(self, X: ArrayLike) -> Labels:
        """Most probable class, the smallest of those that tie.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        best: Indices = self._each(X, Likeliest)
        labels: Labels = self.classes_[best]
        return labels

    def to_sklearn(self) -> Any:
        """Return scikit-learn's counterpart, fitted: the same probabilities but for rounding.

        Returns
        -------
        sklearn.linear_model.LogisticRegression

        Raises
        ------
        ValueError
            If scikit-learn has nothing like it; the message says what.
        """
        check_is_fitted(self, "coef_")
        from trivium.softmax.peer import logistic_regression  # which imports much that few need

        return logistic_regression(self)

    def __sklearn_tags__(self) -> Tags:
        """Say that rows may be sparse."""
        super_tags: Any = super()
        tags: Tags = super_tags.__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _each(self, X: ArrayLike, output: type[Logits]) -> Any:
        """Predict something for each row."""
        check_is_fitted(self, "coef_")
        output_of = output(self.coef_, self.intercept_)
        if elsewhere_of(X) is not None:
            return check_queries(self, X).each(output_of, length=_LENGTH, blas=False)
        rows = check_rows(self, X, sparse=True)
        if rows.shape[0] <= _LENGTH:  # one block: a single row is not to wait for more
            whole: Any = rows
            return output_of(Block(0, whole, NO_CODES, None))
        return rows_of(rows).each(output_of, length=_LENGTH, blas=False)
