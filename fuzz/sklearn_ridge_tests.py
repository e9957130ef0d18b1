"""scikit-learn's own tests of its RidgeClassifier, with Trivium's least squares in its place.

``python -m fuzz.sklearn_ridge_tests`` puts classes with scikit-learn's names, parameters and units
of the penalty around `LeastSquaresClassifier` and `LeastSquaresClassifierCV` into
`sklearn.linear_model` before scikit-learn's module of tests is imported, runs it, and counts those
tests that make an object of one of the two. What fails is listed by test, with its first error.
"""

from typing import Any

import numpy as np
import sklearn.linear_model
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

import trivium
from fuzz.sklearn_tests import run

TESTS = "sklearn.linear_model.tests.test_ridge"


class _Renamed(ClassifierMixin, BaseEstimator):
    """A model of ours, whose targets are -1 and +1 for every class, as scikit-learn has them."""

    _model: Any

    def _fit(self, model: Any, X: Any, y: Any, weights: Any, **params: Any) -> None:
        self._model = model.fit(X, y, weights, **params)
        self.classes_, self.n_features_in_ = model.classes_, model.n_features_in_
        self.coef_, self.intercept_ = model.coef_[0], model.intercept_
        if len(model.classes_) > 2:
            self.coef_, self.intercept_ = 2 * model.coef_, 2 * model.intercept_ - 1

    def predict(self, X: Any) -> Any:
        """Predict as ours."""
        return self._model.predict(X)

    def decision_function(self, X: Any) -> Any:
        """Return the values of its functions."""
        values = self._model.decision_function(X)
        return values if values.ndim == 1 else 2 * values - 1


def _weights(y: Any, sample_weight: Any, class_weight: Any) -> Any:
    given = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    return given * compute_sample_weight(class_weight, y)


class RidgeClassifier(_Renamed):
    """`LeastSquaresClassifier` under scikit-learn's names."""

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int | None = None,
        tol: float = 1e-4,
        class_weight: Any = None,
        solver: str = "auto",
        positive: bool = False,
        random_state: Any = None,
    ) -> None:
        self.alpha, self.fit_intercept, self.class_weight = alpha, fit_intercept, class_weight
        self.copy_X, self.max_iter, self.tol = copy_X, max_iter, tol
        self.solver, self.positive, self.random_state = solver, positive, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RidgeClassifier":
        """Fit with the penalty over the weight of all rows."""
        weights = _weights(y, sample_weight, self.class_weight)
        model = trivium.LeastSquaresClassifier(
            self.alpha / weights.sum(), fit_intercept=self.fit_intercept
        )
        self._fit(model, X, y, weights)
        return self


class RidgeClassifierCV(_Renamed):
    """`LeastSquaresClassifierCV` under scikit-learn's names; of its ways to leave rows out, one."""

    def __init__(
        self,
        alphas: Any = (0.1, 1.0, 10.0),
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        class_weight: Any = None,
        store_cv_results: bool = False,
    ) -> None:
        self.alphas, self.fit_intercept, self.scoring = alphas, fit_intercept, scoring
        self.cv, self.class_weight, self.store_cv_results = cv, class_weight, store_cv_results

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> "RidgeClassifierCV":
        """Choose among the penalties over the weight of all rows."""
        if self.cv is not None:
            raise NotImplementedError("LeastSquaresClassifierCV leaves one row out, in closed form")
        weights = _weights(y, sample_weight, self.class_weight)
        model = trivium.LeastSquaresClassifierCV(
            np.atleast_1d(self.alphas) / weights.sum(),
            fit_intercept=self.fit_intercept,
            scoring=self.scoring,
            rule="best",
        )
        self._fit(model, X, y, weights, **params)
        self.alpha_, self.best_score_ = model.alpha_ * weights.sum(), model.best_score_
        return self


if __name__ == "__main__":
    ours = (RidgeClassifier, RidgeClassifierCV)
    run({each.__name__: each for each in ours}, sklearn.linear_model, TESTS, __doc__)
