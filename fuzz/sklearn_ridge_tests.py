"""scikit-learn's own tests of its RidgeClassifier, with Trivium's least squares in its place.

``python -m fuzz.sklearn_ridge_tests`` puts classes with scikit-learn's names, parameters and units
of the penalty around `LeastSquaresClassifier` and `LeastSquaresClassifierCV` into
`sklearn.linear_model` before scikit-learn's module of tests is imported, runs it, and counts those
tests that make an object of one of the two. What fails is listed by test, with its first error.
"""

import argparse
from typing import Any

import numpy as np
import sklearn.linear_model
from sklearn.utils.class_weight import compute_sample_weight

import trivium
from fuzz.sklearn_neighbors_tests import Counter, report

TESTS = "sklearn.linear_model.tests.test_ridge"


class _Renamed:
    """Coefficients of targets -1 and +1 for every class, as scikit-learn has them."""

    def _weigh(self, y: Any, sample_weight: Any) -> Any:
        model: Any = self
        given = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        return given * compute_sample_weight(model._by_class, y)

    def _rename(self) -> None:
        model: Any = self
        if len(model.classes_) > 2:
            model.coef_, model.intercept_ = 2 * model.coef_, 2 * model.intercept_ - 1


class RidgeClassifier(_Renamed, trivium.LeastSquaresClassifier):
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
        super().__init__(alpha, fit_intercept=fit_intercept)
        self.copy_X, self.max_iter, self.tol = copy_X, max_iter, tol
        self.solver, self.positive, self.random_state = solver, positive, random_state
        self.class_weight = self._by_class = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RidgeClassifier":
        """Fit with the penalty over the weight of all rows."""
        weights, given = self._weigh(y, sample_weight), (self.alpha, self.class_weight)
        self.alpha, self.class_weight = self.alpha / weights.sum(), None
        try:
            super().fit(X, y, weights)
        finally:
            self.alpha, self.class_weight = given
        self._rename()
        return self


class RidgeClassifierCV(_Renamed, trivium.LeastSquaresClassifierCV):
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
        super().__init__(alphas, fit_intercept=fit_intercept, scoring=scoring, rule="best")
        self.cv, self.store_cv_results = cv, store_cv_results
        self.class_weight = self._by_class = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> "RidgeClassifierCV":
        """Choose among the penalties over the weight of all rows."""
        if self.cv is not None:
            raise NotImplementedError("LeastSquaresClassifierCV leaves one row out, in closed form")
        weights, given = self._weigh(y, sample_weight), (self.alphas, self.class_weight)
        self.alphas, self.class_weight = np.atleast_1d(self.alphas) / weights.sum(), None
        try:
            super().fit(X, y, weights, **params)
        finally:
            self.alphas, self.class_weight = given
        self.alpha_ *= weights.sum()
        self._rename()
        return self


class RidgeCounter(Counter):
    """Notices objects of the two."""

    def swap(self) -> None:
        """Put our classes in."""
        for ours in (RidgeClassifier, RidgeClassifierCV):
            self._notice(ours)
            setattr(sklearn.linear_model, ours.__name__, ours)


def main() -> None:
    """Run the tests and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="tests whose names match, as pytest's -k")
    parser.add_argument("--all", action="store_true", help="list every failing test, not groups")
    asked = parser.parse_args()
    report(RidgeCounter(), TESTS, only=asked.only, every=asked.all)


if __name__ == "__main__":
    main()
