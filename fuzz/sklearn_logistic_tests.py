"""scikit-learn's own tests of its LogisticRegression, with our softmax regression in its place.

``python -m fuzz.sklearn_logistic_tests`` puts classes with scikit-learn's names, parameters and
units of the penalty around `SoftmaxRegression` and `SoftmaxRegressionCV` into
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

TESTS = "sklearn.linear_model.tests.test_logistic"

_FINEST = 1e-6  # tolerance: a looser one ends elsewhere


class _Renamed(ClassifierMixin, BaseEstimator):
    """A model of ours; of two classes scikit-learn has the second's numbers less the first's."""

    _model: Any

    def _keep(self, model: Any) -> None:
        self._model = model
        self.classes_, self.n_features_in_ = model.classes_, model.n_features_in_
        self.coef_, self.intercept_ = model.coef_, model.intercept_
        self.n_iter_ = np.array([model.n_iter_], dtype=np.int32)
        if len(model.classes_) == 2:
            self.coef_, self.intercept_ = np.diff(model.coef_, axis=0), np.diff(model.intercept_)

    def predict(self, X: Any) -> Any:
        """Predict as ours."""
        return self._model.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Give our probabilities."""
        return self._model.predict_proba(X)

    def predict_log_proba(self, X: Any) -> Any:
        """Give their logarithms."""
        return self._model.predict_log_proba(X)

    def decision_function(self, X: Any) -> Any:
        """Give our logits."""
        return self._model.decision_function(X)


def _penalties(C: Any, y: Any, weights: Any) -> Any:
    """Turn scikit-learn's C into our alpha."""
    return (2.0 if len(np.unique(y)) == 2 else 1.0) / (np.asarray(C, dtype=float) * weights.sum())


def _weights(y: Any, sample_weight: Any, class_weight: Any) -> Any:
    given = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    return given * compute_sample_weight(class_weight, y)


class LogisticRegression(_Renamed):
    """`SoftmaxRegression` under scikit-learn's names."""

    def __init__(
        self,
        penalty: str = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "lbfgs",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty, self.C, self.l1_ratio, self.dual, self.tol = penalty, C, l1_ratio, dual, tol
        self.fit_intercept, self.intercept_scaling = fit_intercept, intercept_scaling
        self.class_weight, self.random_state, self.solver = class_weight, random_state, solver
        self.max_iter, self.verbose, self.warm_start = max_iter, verbose, warm_start
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "LogisticRegression":
        """Fit with the penalty over the weight of all rows."""
        if self.l1_ratio:
            raise NotImplementedError("SoftmaxRegression has no L1 penalty")
        weights = _weights(y, sample_weight, self.class_weight)
        model = getattr(self, "_model", None) if self.warm_start else None
        model = trivium.SoftmaxRegression() if model is None else model
        model.set_params(
            alpha=float(_penalties(self.C, y, weights)),
            tol=min(self.tol, _FINEST),
            max_iter=self.max_iter,
            fit_intercept=self.fit_intercept,
            warm_start=self.warm_start,
        )
        self._keep(model.fit(X, y, weights))
        return self


class LogisticRegressionCV(_Renamed):
    """`SoftmaxRegressionCV` under scikit-learn's names."""

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = "warn",
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: str = "deprecated",
        scoring: Any = "warn",
        solver: str = "lbfgs",
        tol: float = 1e-4,
        max_iter: int = 100,
        class_weight: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: Any = None,
        use_legacy_attributes: Any = "warn",
    ) -> None:
        self.Cs, self.l1_ratios, self.fit_intercept, self.cv = Cs, l1_ratios, fit_intercept, cv
        self.dual, self.penalty, self.scoring, self.solver = dual, penalty, scoring, solver
        self.tol, self.max_iter, self.class_weight, self.n_jobs = (
            tol,
            max_iter,
            class_weight,
            n_jobs,
        )
        self.verbose, self.refit, self.intercept_scaling = verbose, refit, intercept_scaling
        self.random_state, self.use_legacy_attributes = random_state, use_legacy_attributes

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Any:
        """Choose among the penalties over the weight of all rows."""
        if self.l1_ratios != "warn" and np.any(self.l1_ratios):
            raise NotImplementedError("SoftmaxRegressionCV has no L1 penalty")
        Cs = np.logspace(-4, 4, self.Cs) if np.ndim(self.Cs) == 0 else np.asarray(self.Cs)
        weights = _weights(y, sample_weight, self.class_weight)
        model = trivium.SoftmaxRegressionCV(
            _penalties(Cs, y, weights),
            cv=5 if self.cv is None else self.cv,
            scoring=None if self.scoring == "warn" else self.scoring,
            rule="best",
            tol=min(self.tol, _FINEST),
            max_iter=self.max_iter,
            fit_intercept=self.fit_intercept,
            class_weight=self.class_weight,
        )
        self._keep(model.fit(X, y, sample_weight, **params))
        self.Cs_, self.C_ = Cs, Cs[np.argmin(np.abs(_penalties(Cs, y, weights) - model.alpha_))]
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> float:
        """Score as ours."""
        return float(self._model.score(X, y, sample_weight, **params))


if __name__ == "__main__":
    ours = (LogisticRegression, LogisticRegressionCV)
    run({each.__name__: each for each in ours}, sklearn.linear_model, TESTS, __doc__)
