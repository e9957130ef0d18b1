"""Weights of classes: a fit is that of the products as weights; folds have their own balance."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.class_weight import compute_class_weight

from trivium import SoftmaxRegression, SoftmaxRegressionCV

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")
NAMES = np.array(["a", "b", "c"])
GIVEN = ["balanced", {"a": 0.3, "b": 2.0}, {"a": 0.0}]


def problem(seed, n=60, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.append(np.arange(n_classes), (n_classes * rng.random(n - n_classes) ** 2).astype(int))
    X = rng.normal(size=(n, 3)) + 0.7 * np.eye(3)[y]
    return X, NAMES[y], rng.uniform(0.2, 3.0, n)


def product(class_weight, y, w):
    classes = np.unique(y)
    factors = compute_class_weight(class_weight, classes=classes, y=y, sample_weight=w)
    return (1.0 if w is None else w) * factors[np.searchsorted(classes, y)]


def assert_same(one, other):
    for name, value in vars(other).items():
        if name == "history_":
            for key, values in value.items():
                np.testing.assert_array_equal(one.history_[key], values)
        elif name.endswith("_"):
            np.testing.assert_array_equal(getattr(one, name), value)


@pytest.mark.parametrize("class_weight", GIVEN)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", ["auto", "newton-cg", "gradient-descent"])
def test_a_fit_is_that_of_the_products(class_weight, weighted, n_classes, solver):
    X, y, w = problem(3, n_classes=n_classes)
    w = w if weighted else None
    options = {"alpha": 0.1, "solver": solver}
    model = SoftmaxRegression(class_weight=class_weight, **options)
    model.fit(X, y, w, X_val=X, y_val=np.where(y == "a", "b", y))
    s = product(class_weight, y, w)
    plain = SoftmaxRegression(**options).fit(X, y, s, X_val=X, y_val=np.where(y == "a", "b", y))
    assert_same(model, plain)


def test_a_warm_start_has_the_same_weights():
    X, y, w = problem(4)
    model = SoftmaxRegression(0.1, warm_start=True, class_weight="balanced").fit(X, y, w)
    assert model.set_params(alpha=0.11).fit(X, y, w).n_iter_ <= 3
    plain = SoftmaxRegression(0.11).fit(X, y, product("balanced", y, w))
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-5)


@pytest.mark.parametrize("class_weight", ["balanced", {"a": 0.3, "c": 2.0}])
def test_it_is_that_of_logistic_regression(class_weight):
    X, y, _ = problem(5, 200)
    s = product(class_weight, y, None)
    model = SoftmaxRegression(0.02, tol=1e-10, class_weight=class_weight).fit(X, y)
    theirs = LogisticRegression(
        C=1 / (0.02 * s.sum()), class_weight=class_weight, tol=1e-10, max_iter=10_000
    ).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


class TestParts:
    def test_parts_have_the_weights_of_their_classes(self):
        X, y, w = problem(6, 90)
        given = {"a": 0.5, "c": 2.0}
        parts = [slice(0, 45), slice(45, 90)]
        model = SoftmaxRegression(0.1, class_weight=given)
        plain = SoftmaxRegression(0.1)
        s = product(given, y, w)
        for part in parts:
            model.partial_fit(X[part], y[part], NAMES, w[part])
            plain.partial_fit(X[part], y[part], NAMES, s[part])
        np.testing.assert_array_equal(model.coef_, plain.coef_)
        np.testing.assert_array_equal(model.intercept_, plain.intercept_)

    def test_a_part_of_a_class_that_weighs_nothing_adds_nothing(self):
        X, y, w = problem(7)
        model = SoftmaxRegression(0.1, class_weight={"a": 0}).partial_fit(X, y, NAMES, w)
        before = model.coef_
        model.partial_fit(X[y == "a"], y[y == "a"])
        np.testing.assert_array_equal(model.coef_, before)

    def test_a_balance_takes_all_rows(self):
        X, y, _ = problem(8)
        with pytest.raises(ValueError, match="partial_fit sees a part: give a dict"):
            SoftmaxRegression(class_weight="balanced").partial_fit(X, y, NAMES)


def folds_by_hand(X, y, w, alphas, class_weight, scorer):
    """Fold scores of fits with the products, rows scored by their sample weights."""
    scores = np.empty((len(alphas), 4))
    for fold, (train, test) in enumerate(StratifiedKFold(4).split(X, y)):
        s = product(class_weight, y[train], w[train])
        for j, alpha in enumerate(alphas):
            model = SoftmaxRegression(alpha, tol=1e-9).fit(X[train], y[train], s)
            scores[j, fold] = scorer(model, X[test], y[test], sample_weight=w[test])
    return scores


class TestFolds:
    @pytest.mark.parametrize("class_weight", GIVEN)
    @pytest.mark.parametrize("scoring", ["neg_log_loss", "balanced_accuracy"])
    def test_each_has_its_own_balance_and_scores_by_sample_weight(self, class_weight, scoring):
        X, y, w = problem(9, 80)
        alphas = [0.01, 0.3]
        model = SoftmaxRegressionCV(
            alphas, cv=4, tol=1e-9, scoring=scoring, class_weight=class_weight, rule="best"
        ).fit(X, y, w)
        expected = folds_by_hand(X, y, w, alphas, class_weight, get_scorer(scoring))
        results = model.cv_results_
        name = "fold_score" if scoring == "balanced_accuracy" else "fold_log_loss"
        sign = 1 if scoring == "balanced_accuracy" else -1
        np.testing.assert_allclose(sign * results[name], expected, atol=1e-7)
        accuracy = folds_by_hand(X, y, w, alphas, class_weight, get_scorer("accuracy"))
        np.testing.assert_allclose(results["fold_accuracy"], accuracy, atol=1e-12)
        plain = SoftmaxRegression(model.alpha_, tol=1e-9)
        assert_same(model, plain.fit(X, y, product(class_weight, y, w)))

    @pytest.mark.parametrize("class_weight", GIVEN)
    def test_the_grid_is_that_of_the_products(self, class_weight):
        X, y, w = problem(10, 80)
        ours = SoftmaxRegressionCV(3, cv=2, class_weight=class_weight).fit(X, y, w)
        theirs = SoftmaxRegressionCV(3, cv=2).fit(X, y, product(class_weight, y, w))
        np.testing.assert_array_equal(ours.cv_results_["alpha"], theirs.cv_results_["alpha"])

    def test_classes_without_weight_may_be_named(self):
        X, y, w = problem(11, 60)
        w[y == "a"] = 0.0
        given = {"a": 2.0, "b": 0.5}
        model = SoftmaxRegressionCV([0.1], cv=3, class_weight=given).fit(X, y, w)
        without = SoftmaxRegressionCV([0.1], cv=3, class_weight={"b": 0.5})
        without.fit(X[w > 0], y[w > 0], w[w > 0])
        np.testing.assert_array_equal(
            model.cv_results_["log_loss"], without.cv_results_["log_loss"]
        )
        with pytest.raises(ValueError, match="names 'z'"):
            SoftmaxRegressionCV([0.1], class_weight={"z": 2.0}).fit(X, y)

    def test_a_fold_that_is_left_one_class_is_named(self):
        X, y, _ = problem(12, 60)
        y[:6] = list("aabbcc")
        cv = [(np.arange(12, 60), np.arange(12)), (np.flatnonzero(y != "b"), np.arange(5))]
        with pytest.raises(ValueError, match="that fold 1 learns from are all of class 'c'"):
            SoftmaxRegressionCV([0.1], cv=cv, class_weight={"a": 0}).fit(X, y)
        alone = y != "c"
        X, y = X[alone], y[alone]
        cv = [(np.arange(len(y)), np.arange(5)), (np.flatnonzero(y == "a"), np.arange(5))]
        with pytest.raises(ValueError, match="fold 1 learns from are all of class 'a'"):
            SoftmaxRegressionCV([0.1], cv=cv, class_weight={"a": 0}).fit(X, y)
        with pytest.raises(ValueError, match="sample_weight times class_weight leaves float64"):
            SoftmaxRegression(class_weight={"a": 1e300}).fit(X, y, np.full(len(y), 1e300))


def test_logarithms_of_probabilities_have_their_digits():
    X, y, w = problem(13)
    model = SoftmaxRegression(0.01, class_weight={"a": 0.0}).fit(X, y, w)
    Q = np.vstack([X, 300 * X])
    logarithms = model.predict_log_proba(Q)
    assert np.isneginf(logarithms[:, 0]).all()
    below = np.diff(model.decision_function(Q)[:, 1:], axis=1)[:, 0]
    np.testing.assert_allclose(logarithms[:, 1], -np.logaddexp(0.0, below), rtol=1e-9)
    sure = below < -30
    assert sure.any()  # where 1 - p is next to nothing
    np.testing.assert_allclose(logarithms[sure, 1], -np.exp(below[sure]), rtol=1e-9)
