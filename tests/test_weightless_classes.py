"""Classes that only rows of weight zero carry: they stay, are impossible, and change nothing."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)

N = 160
MODELS = [
    KNeighborsClassifier(7),
    KNeighborsClassifier(3, weights="distance"),
    KNeighborsClassifierCV(9),
    LeastSquaresClassifier(),
    LeastSquaresClassifier(0.1, fit_intercept=False),
    LeastSquaresClassifier(robust=True),
    LeastSquaresClassifier(fit_intercept=False, robust=True),
    LeastSquaresClassifier(calibration="sigmoid"),
    LeastSquaresClassifier(calibration="isotonic"),
    LeastSquaresClassifierCV(4),
    LeastSquaresClassifierCV(4, fit_intercept=False),
    SoftmaxRegression(0.01),
    SoftmaxRegression(0.0, solver="newton-cg"),
    SoftmaxRegression(0.1, fit_intercept=False, solver="lbfgs"),
    SoftmaxRegression(0.1, solver="gradient-descent", tol=1e-3),
    SoftmaxRegressionCV([1.0, 0.1], cv=3),
]
GONE = [(2, [0]), (2, [1]), (3, [1]), (3, [0, 2]), (3, [0, 1]), (4, [3]), (4, [0, 2]), (5, [1, 4])]

every_model = pytest.mark.parametrize("model", MODELS, ids=str)
with_or_without_intercept = pytest.mark.parametrize("fit_intercept", [True, False])


def table(n_classes, gone, seed=0):
    """Rows of overlapping classes, of which some have no weight."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, N)
    X = rng.normal(size=(N, 4)) + 1.2 * np.eye(5, 4)[y]
    w = rng.uniform(0.5, 2.0, N)
    w[np.isin(y, gone)] = 0.0
    return X, y, w


def near_and_far():
    """Queries, those far off among them."""
    rng = np.random.default_rng(5)
    return np.concatenate([rng.normal(size=(60, 4)) * size for size in (0.0, 2.0, 1e3, 1e8)])


@every_model
@pytest.mark.parametrize(("n_classes", "gone"), GONE)
def test_they_are_known_and_impossible(model, n_classes, gone):
    X, y, w = table(n_classes, gone)
    labels = np.array(list("abcde"))[:n_classes]
    model, queries = clone(model).fit(X, labels[y], w), near_and_far()
    assert model.classes_.tolist() == labels.tolist()
    told = model.predict(queries)
    assert not np.isin(told, labels[gone]).any()
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(queries)
        np.testing.assert_array_equal(shares[:, gone], 0.0)
        np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    if hasattr(model, "predict_log_proba"):
        logs = model.predict_log_proba(queries)
        np.testing.assert_array_equal(logs[:, gone], -np.inf)
        assert not np.isnan(logs).any()
    if hasattr(model, "coef_"):
        assert np.isfinite(model.coef_).all()
        assert not np.isnan(model.intercept_).any()
    if hasattr(model, "decision_function"):
        scores = model.decision_function(queries)
        assert np.isfinite(scores).all()
        best = (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=1)
        if getattr(model, "calibration", None) is None:
            np.testing.assert_array_equal(labels[best], told)


@every_model
@pytest.mark.parametrize(("n_classes", "gone"), [(3, [1]), (4, [0]), (5, [1, 4])])
def test_the_others_are_as_without_those_rows(model, n_classes, gone):
    X, y, w = table(n_classes, gone)
    queries, there = near_and_far(), np.setdiff1d(np.arange(n_classes), gone)
    expected = clone(model).fit(X[w > 0], y[w > 0], w[w > 0])
    model = clone(model).fit(X, y, w)
    np.testing.assert_array_equal(model.predict(queries), expected.predict(queries))
    if hasattr(model, "coef_") and len(model.coef_[there]) == len(expected.coef_):
        np.testing.assert_array_equal(model.coef_[there], expected.coef_)
        np.testing.assert_array_equal(model.intercept_[there], expected.intercept_)
        np.testing.assert_array_equal(model.coef_[gone], 0.0)
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(queries)[:, there]
        np.testing.assert_allclose(shares, expected.predict_proba(queries), rtol=1e-9, atol=1e-12)
    for name in ("alpha_", "n_neighbors_", "best_score_", "n_iter_", "rank_", "optimality_gap_"):
        if hasattr(model, name):
            assert getattr(model, name) == pytest.approx(getattr(expected, name), rel=1e-12)


@every_model
def test_one_class_with_a_weight_is_always_told_and_without_a_warning(model):
    X, y, w = table(3, [0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = clone(model).fit(X, y, w)
        np.testing.assert_array_equal(model.predict(near_and_far()), 2)


class TestLeastSquares:
    @with_or_without_intercept
    @pytest.mark.parametrize("gone", [[2], [1, 3], [0, 1, 2]])
    def test_rows_of_the_class_may_come_later(self, fit_intercept, gone):
        X, y, w = table(4, gone)
        model = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(X, y, w)
        model.partial_fit(X[w == 0], y[w == 0])
        expected = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(
            X, y, np.where(w == 0, 1.0, w)
        )
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(model.intercept_, expected.intercept_, rtol=1e-10, atol=1e-13)
        np.testing.assert_array_equal(np.unique(model.predict(X)), np.unique(expected.predict(X)))

    @with_or_without_intercept
    def test_before_it_came_and_after_it_is_forgotten_it_is_impossible(self, fit_intercept):
        X, y, _ = table(3, [])
        some, queries = y < 2, near_and_far()
        model = LeastSquaresClassifier(fit_intercept=fit_intercept)
        model.partial_fit(X[some], y[some], classes=[0, 1, 2])
        assert not np.isin(model.predict(queries), 2).any()
        model.partial_fit(X[~some], y[~some])
        assert np.isin(model.predict(queries), 2).any()
        model.forget(X[~some], y[~some])
        assert not np.isin(model.predict(queries), 2).any()

    @with_or_without_intercept
    @pytest.mark.parametrize(("n_classes", "gone"), GONE)
    def test_influence_is_that_of_the_others(self, n_classes, gone, fit_intercept):
        X, y, w = table(n_classes, gone)
        model = LeastSquaresClassifier(0.1, fit_intercept=fit_intercept).fit(X, y, w)
        X, y, w = X[w > 0], y[w > 0], w[w > 0]
        influence = model.influence(X, y, w)
        assert np.isfinite(influence.loo_scores).all()
        assert not np.isin(influence.loo_predictions, gone).any()
        without = LeastSquaresClassifier(0.1, fit_intercept=fit_intercept)
        without.partial_fit(X[1:], y[1:], model.classes_, w[1:])
        told = without.decision_function(X[:1])[0]
        np.testing.assert_allclose(influence.loo_scores[0], told, rtol=1e-9, atol=1e-12)

    def test_of_a_robust_fit_its_scale_is_zero(self):
        for n_classes, gone in GONE:
            X, y, w = table(n_classes, gone)
            model = LeastSquaresClassifier(robust=True).fit(X, y, w)
            assert model.scale_.shape == (n_classes,)
            np.testing.assert_array_equal(model.scale_[gone], 0.0)


class TestSoftmax:
    def test_rows_to_validate_may_be_of_it(self):
        X, y, w = table(3, [1])
        model = SoftmaxRegression(0.1).fit(X, y, w, X_val=X, y_val=y)
        assert np.isposinf(model.history_["validation_loss"]).all()
        right = np.mean(model.predict(X) == y)
        assert model.history_["validation_accuracy"][-1] == pytest.approx(right, rel=1e-12)
        model.fit(X, y, w, X_val=X[y == 1], y_val=y[y == 1])
        np.testing.assert_array_equal(model.history_["validation_accuracy"], 0.0)
        others = SoftmaxRegression(0.1).fit(X, y, w, X_val=X[y != 1], y_val=y[y != 1])
        assert np.isfinite(others.history_["validation_loss"]).all()

    @with_or_without_intercept
    def test_a_warm_start_goes_on_when_it_has_rows(self, fit_intercept):
        X, y, w = table(3, [1])
        options = {"alpha": 0.1, "tol": 1e-9, "fit_intercept": fit_intercept}
        expected = SoftmaxRegression(**options).fit(X, y)
        model = SoftmaxRegression(**options, warm_start=True).fit(X, y, w).fit(X, y)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=0, atol=1e-7)
        np.testing.assert_allclose(model.intercept_, expected.intercept_, rtol=0, atol=1e-7)
        again = model.fit(X, y, w)
        without = SoftmaxRegression(**options).fit(X[w > 0], y[w > 0], w[w > 0])
        np.testing.assert_allclose(again.coef_[[0, 2]], without.coef_, rtol=0, atol=1e-7)

    @with_or_without_intercept
    def test_partial_fit_rules_it_out_until_it_has_rows(self, fit_intercept):
        X, y, w = table(4, [1, 2])
        options = {"alpha": 0.1, "tol": 1e-9, "fit_intercept": fit_intercept}
        model = SoftmaxRegression(**options).partial_fit(X, y, [0, 1, 2, 3], w)
        expected = SoftmaxRegression(**options).fit(X, y, w)
        queries = near_and_far()[:120]
        np.testing.assert_array_equal(model.predict_proba(queries)[:, [1, 2]], 0.0)
        if fit_intercept:  # or they cannot be ruled out by any parameters on the way
            np.testing.assert_allclose(
                model.predict_proba(queries), expected.predict_proba(queries), atol=1e-6
            )
        model.partial_fit(X, y)
        assert np.isfinite(model.intercept_).all()
        assert (model.predict_proba(queries[:60])[:, [1, 2]] > 0).all()

    def test_a_direction_that_separates_the_others_leaves_it_alone(self):
        X, y, w = table(3, [1])
        X[:, 0] = 5.0 * y
        with pytest.warns(match="classes 0, 2 are told apart"):
            model = SoftmaxRegression(0.0).fit(X, y, w)
        assert model.separating_direction_.shape == (3, 4)
        np.testing.assert_array_equal(model.separating_direction_[1], 0.0)
        assert model.predict(X)[w > 0].tolist() == y[w > 0].tolist()

    def test_of_one_class_nothing_is_left_to_lose(self):
        X, y, w = table(3, [0, 2])
        model = SoftmaxRegression(0.0).fit(X, y, w)
        assert model.history_["loss"].tolist() == [0.0]
        assert model.optimality_gap_ == 0.0
        assert model.separating_direction_ is None
        np.testing.assert_array_equal(model.coef_, 0.0)
        assert model.intercept_.tolist() == [-np.inf, 0.0, -np.inf]
