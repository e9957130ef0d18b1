"""Probabilities from exact leave-one-out scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, roc_auc_score

from trivium import LeastSquaresClassifier
from trivium.least_squares.calibration import METHODS, believed, calibrator_of
from trivium.least_squares.calibrator import Sigmoid

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % n_classes)
    return rng.normal(size=(n, d)) + 2.0 * np.eye(n_classes, d)[y], y


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 3])
class TestMethods:
    def test_the_calibrator_has_seen_scores_of_refits(self, method, n_classes):
        X, y = problem(0, 60, 3, n_classes)
        model = LeastSquaresClassifier(0.1, calibration=method).fit(X, y)
        scores = np.empty((60, 1 if n_classes == 2 else n_classes))
        for row in range(60):
            keep = np.arange(60) != row
            refit = LeastSquaresClassifier(0.1).fit(X[keep], y[keep])
            scores[row] = refit.decision_function(X[[row]])
        peer = calibrator_of(scores, y, n_classes, None, method)
        given = LeastSquaresClassifier(0.1).fit(X, y).decision_function(X).reshape(60, -1)
        np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(given), atol=1e-6)

    def test_probabilities_are_probabilities(self, method, n_classes):
        X, y = problem(1, 80, 2, n_classes)
        labels = np.array(["a", "b", "c"])[y]
        model = LeastSquaresClassifier(calibration=method).fit(X, labels)
        probabilities = model.predict_proba(X)
        assert probabilities.shape == (80, n_classes)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
        assert log_loss(labels, probabilities) < np.log(n_classes)
        np.testing.assert_array_equal(
            model.predict(X), np.array(["a", "b", "c"])[probabilities.argmax(axis=1)]
        )
        odds = model.decision_function(X)
        if n_classes == 2:
            np.testing.assert_allclose(expit(odds), probabilities[:, 1], atol=1e-12)
            np.testing.assert_array_equal(odds > 0, model.predict(X) == "b")
        else:
            np.testing.assert_array_equal(odds.argmax(axis=1), probabilities.argmax(axis=1))
            shares = softmax(odds, axis=1) if method == "temperature" else expit(odds)
            shares /= shares.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(shares, probabilities, atol=1e-12)

    def test_weights_count(self, method, n_classes):
        X, y = problem(2, 60, 2, n_classes)
        w = np.where(y == 0, 5.0, 1.0)
        heavy = LeastSquaresClassifier(calibration=method).fit(X, y, w).predict_proba(X)
        even = LeastSquaresClassifier(calibration=method).fit(X, y).predict_proba(X)
        assert heavy[:, 0].mean() > even[:, 0].mean()


@pytest.mark.parametrize("method", METHODS)
def test_whole_weights_are_repeated_rows(method):
    X, y = problem(5, 40, 2, 3)
    w = np.random.default_rng(6).integers(1, 4, size=40)
    model = LeastSquaresClassifier(0.1, calibration=method).fit(X, y, w)
    repeated = LeastSquaresClassifier(0.1, calibration=method)
    repeated.fit(np.repeat(X, w, axis=0), np.repeat(y, w))
    np.testing.assert_allclose(model.predict_proba(X), repeated.predict_proba(X), atol=1e-5)


class TestRefusals:
    def test_without_calibration_there_are_no_probabilities(self):
        X, y = problem(3, 30, 2, 2)
        model = LeastSquaresClassifier().fit(X, y)
        assert not hasattr(model, "predict_proba")
        with pytest.raises(AttributeError, match="has no attribute 'predict_proba'") as caught:
            model.predict_proba(X)
        assert "set calibration='sigmoid'" in str(caught.value.__cause__)

    def test_an_old_calibrator_is_not_used(self):
        X, y = problem(7, 30, 2, 2)
        model = LeastSquaresClassifier(calibration="sigmoid").fit(X, y)
        model.set_params(calibration=None).fit(X, y).set_params(calibration="sigmoid")
        with pytest.raises(NotFittedError):
            model.predict_proba(X)

    def test_only_ratios_of_weights_that_are_no_counts_matter(self):
        X, y = problem(8, 40, 2, 2)
        w = np.random.default_rng(9).uniform(0.1, 0.9, size=40)
        told = [
            LeastSquaresClassifier(calibration="sigmoid").fit(X, y, scale * w).predict_proba(X)
            for scale in (1.0, 1e-6)
        ]
        np.testing.assert_allclose(told[0], told[1], atol=1e-6)

    def test_parameters(self):
        X, y = problem(4, 30, 2, 2)
        with pytest.raises(ValueError, match="calibration='platt': expected one of 'sigmoid'"):
            LeastSquaresClassifier(calibration="platt").fit(X, y)

    def test_what_is_set_after_the_fit_changes_nothing(self):
        X, y = problem(10, 40, 2, 2)
        model = LeastSquaresClassifier(calibration="sigmoid").fit(X, y)
        told, classes = model.predict_proba(X), model.predict(X)
        for later in ("isotonic", None, "platt"):
            model.set_params(calibration=later)
            np.testing.assert_array_equal(model.predict_proba(X), told)
            np.testing.assert_array_equal(model.predict(X), classes)
        model = LeastSquaresClassifier().fit(X, y)
        classes = model.predict(X)
        np.testing.assert_array_equal(model.set_params(calibration="sigmoid").predict(X), classes)


class Scores(ClassifierMixin, BaseEstimator):
    """A classifier of scikit-learn's kind whose rows are its scores."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return X[:, 0] if self.classes_.size == 2 else X

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0).astype(int) if X.shape[1] == 1 else X.argmax(axis=1)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_ordinary_scores_are_calibrated_as_by_scikit_learn(method, n_classes):
    for seed in range(3):
        X, y = problem(seed, 150, 5, n_classes)
        influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        scores = influence.loo_scores.reshape(150, -1)
        every = np.arange(150)
        peer = CalibratedClassifierCV(Scores(), method=method, cv=[(every, every)], ensemble=False)
        ours = calibrator_of(scores, y, n_classes, None, method).predict_proba(scores)
        theirs = peer.fit(scores, y).predict_proba(scores)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5)


def noisy(seed, n=500, d=2):
    """Return rows of which the last column decides, with as much noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X[:, -1] + rng.normal(size=n) > 0).astype(int)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("method", METHODS)
class TestWildRows:
    @pytest.mark.parametrize("size", [1e5, -1e12, 1e100])
    def test_one_row_decides_nothing(self, method, robust, size):
        T, t = noisy(99, 2000)
        for seed in range(2 if robust else 6):
            X, y = noisy(seed)
            clean = LeastSquaresClassifier(calibration=method, robust=robust).fit(X, y)
            X[0, 0] = size
            model = LeastSquaresClassifier(calibration=method, robust=robust).fit(X, y)
            told = model.predict_proba(T)[:, 1]
            plain = LeastSquaresClassifier(robust=robust).fit(X, y).decision_function(T)
            np.testing.assert_array_equal(
                np.argsort(model.decision_function(T)), np.argsort(plain, kind="stable")
            )
            auc = roc_auc_score(t, told)
            assert abs(auc - roc_auc_score(t, plain)) < 0.001
            assert abs(auc - roc_auc_score(t, clean.predict_proba(T)[:, 1])) < 0.01
            missed = np.square(told - t).mean()
            assert missed < np.square(clean.predict_proba(T)[:, 1] - t).mean() + 0.01
            assert (model.predict(T) == t).mean() > 0.7

    def test_of_three_classes(self, method, robust):
        T, t = problem(99, 900, 3, 3)
        for seed in range(2):
            X, y = problem(seed, 300, 3, 3)
            clean = LeastSquaresClassifier(calibration=method, robust=robust).fit(X, y)
            X = np.column_stack([np.random.default_rng(seed).normal(size=300), X])
            X[0, 0] = 1e8
            model = LeastSquaresClassifier(calibration=method, robust=robust).fit(X, y)
            told = model.predict_proba(np.column_stack([np.zeros(900), T]))
            for c in range(3):
                before = roc_auc_score(t == c, clean.predict_proba(T)[:, c])
                assert roc_auc_score(t == c, told[:, c]) > before - 0.01
            missed = np.square(told - np.eye(3)[t]).mean()
            assert missed < np.square(clean.predict_proba(T) - np.eye(3)[t]).mean() + 0.02

    def test_a_class_of_few_rows_has_a_range_of_its_own(self, method, robust):
        rng = np.random.default_rng(0)
        flag = np.repeat([0.0, 1.0], [500, 5])
        X, y = np.column_stack([rng.normal(size=505), flag]), flag.astype(int)
        X[0, 0] = 1e6
        model = LeastSquaresClassifier(calibration=method, robust=robust).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), y)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(4, 60),
    method=st.sampled_from(METHODS),
    wild=st.sampled_from([None, 1e3, -1e9, 1e30]),
    noise=st.floats(0.0, 10.0),
)
def test_no_order_is_turned_round(seed, n, method, wild, noise):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, 2)), rng.permutation(np.arange(n) % 2)
    X[:, 1] += y / (noise + 1e-3)
    if wild is not None:
        X[rng.integers(n), rng.integers(2)] = wild
    model = LeastSquaresClassifier(1e-6, calibration=method).fit(X, y)
    T = np.concatenate([X, rng.normal(size=(50, 2)), 1e200 * rng.normal(size=(5, 2))])
    told = model.predict_proba(T)[:, 1]
    assert np.all(np.diff(told[np.argsort(model.decision_function(T), kind="stable")]) >= 0)


@pytest.mark.parametrize("method", METHODS)
def test_scores_on_one_step_keep_their_order(method):
    X, y = noisy(3, 100)
    model = LeastSquaresClassifier(calibration=method).fit(X, y)
    order = np.argsort(model.decision_function(X))
    assert np.all(np.diff(model.predict_proba(X)[order, 1]) > 0)


def test_a_slope_that_would_fall_is_next_to_none():
    rng = np.random.default_rng(0)
    scores, codes = rng.normal(size=(80, 1)), rng.permutation(np.arange(80) % 2)
    scores[:, 0] -= codes  # the wrong way round
    told = calibrator_of(scores, codes, 2, None, "sigmoid").predict_proba(scores)[:, 1]
    np.testing.assert_allclose(told, 0.5, atol=5e-4)
    assert np.all(np.diff(told[np.argsort(scores[:, 0])]) > 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_robust_fit_without_each_row_holds_what_counts_of_the_others(method):
    X, y = problem(11, 50, 3, 3)
    X[0, 0] = 40.0
    w = np.random.default_rng(1).integers(1, 3, size=50).astype(float)
    model = LeastSquaresClassifier(robust=True, calibration=method).fit(X, y, w)
    scores = np.empty((50, 3))
    for row in range(50):
        counts = w.copy()
        counts[row] -= 1.0  # one of the rows that it stands for
        refit = LeastSquaresClassifier().fit(X, y, counts * model.robust_weights_)
        scores[row] = refit.decision_function(X[[row]])[0]
    given = X @ model.coef_.T + model.intercept_
    expected = calibrator_of(scores, y, 3, w, method).predict_proba(given)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_is_told_alike_in_any_batch(method):
    X, y = problem(12, 60, 3, 3)
    model = LeastSquaresClassifier(3.0, calibration=method).fit(X, y)
    scores = X @ model.coef_.T + model.intercept_
    assert scores.min() > 0  # and they sum to one, but are no probabilities
    far = np.concatenate([X, [[1e3, 0.0, 0.0]]])
    np.testing.assert_array_equal(model.predict_proba(far)[:-1], model.predict_proba(X))
    np.testing.assert_array_equal(model.predict_proba(X[:1]), model.predict_proba(X)[:1])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_no_temperature_is_certain_of_classes_that_are_told_without_error(n_classes):
    y = np.arange(30) % n_classes
    X = np.eye(3)[y] + 0.01 * np.random.default_rng(0).normal(size=(30, 3))
    told = LeastSquaresClassifier(calibration="temperature").fit(X, y).predict_proba(X)
    own = told[np.arange(30), y]
    assert 0.95 < own.mean() < 1 - 1 / 40


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [1e-310, 1e-200, 1e306])
def test_weights_of_any_magnitude(method, unit):
    X, y = problem(13, 60, 2, 3)
    w = np.random.default_rng(2).uniform(1, 4, size=60)
    model = LeastSquaresClassifier(calibration=method).fit(X, y, unit * w)
    many = LeastSquaresClassifier(calibration=method).fit(X, y, 1e20 * w if unit > 1 else 1e-9 * w)
    np.testing.assert_allclose(model.predict_proba(X), many.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_class_without_rows_is_impossible(method, n_classes):
    scores = np.random.default_rng(0).normal(size=(40, 1 if n_classes == 2 else 3))
    codes = np.arange(40) % (n_classes - 1)
    told = calibrator_of(scores, codes, n_classes, None, method).predict_proba(scores)
    np.testing.assert_array_equal(told[:, -1], 0.0)
    np.testing.assert_allclose(told.sum(axis=1), 1.0)
    named = calibrator_of(scores, codes, n_classes, None, method).predict(scores)
    np.testing.assert_array_equal(named, told.argmax(axis=1))
    second = calibrator_of(scores, np.ones(40, dtype=int), n_classes, None, method)
    assert (second.predict(scores) == 1).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_far_queries_are_told_as_without_calibration(method, n_classes):
    X, y = problem(14, 90, 3, n_classes)
    plain = LeastSquaresClassifier().fit(1e-160 * X, y)
    model = LeastSquaresClassifier(calibration=method).fit(1e-160 * X, y)
    Q = 1e160 * np.random.default_rng(3).normal(size=(200, 3))
    assert np.isfinite(model.predict_proba(Q)).all()
    assert np.isfinite(model.decision_function(Q)).all()
    if n_classes == 2 or method == "temperature":  # others go by each class against the rest
        np.testing.assert_array_equal(model.predict(Q), plain.predict(Q))
    np.testing.assert_array_equal(model.predict(Q), model.predict(1e3 * Q))


def test_a_range_without_outermost_rows():
    scores, codes = np.array([-3.0, 5.0]), np.array([0, 1])
    assert believed(scores, codes, None) == believed(scores, codes, np.array([2.0, 2.0]))
    assert believed(np.full(9, 2.0), np.zeros(9, dtype=int), None) == (2.0, 1.0)


def test_a_sigmoid_beyond_float64():
    np.testing.assert_array_equal(Sigmoid(1e10, 0.0)(np.array([-1e300, 1e300])), [0.0, 1.0])
    assert Sigmoid(2.0, 1.0)(np.array([0.5]))[0] == expit(2.0)


def test_a_calibration_that_some_of_the_rows_have_told():
    random = np.random.default_rng(3)
    y = random.integers(0, 3, 200)
    X = random.normal(size=(200, 2)) + y[:, None]
    told = LeastSquaresClassifier(calibration="temperature").fit(X[::2], y[::2])
    model = LeastSquaresClassifier().fit(X, y)
    scores = model.decision_function(X)
    assert model.calibrate_as(told) is model
    assert model.calibration == "temperature"
    expected = softmax(told._calibrator.temperature * scores, axis=1)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="it has none to give"):
        model.calibrate_as(LeastSquaresClassifier().fit(X, y))
    with pytest.raises(ValueError, match="rows of other classes"):
        model.calibrate_as(LeastSquaresClassifier(calibration="sigmoid").fit(X, y + 1))
