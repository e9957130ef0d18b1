"""Weights of classes: a fit is that of the products as weights of the rows, to the bit."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from trivium import LeastSquaresClassifier, MaskedClassWarning

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")
NAMES = np.array(["a", "b", "c"])


def problem(seed, n=60, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.append(np.arange(n_classes), (n_classes * rng.random(n - n_classes) ** 2).astype(int))
    X = rng.normal(size=(n, 3)) + 0.7 * np.eye(3)[y]
    return X, NAMES[y], rng.uniform(0.2, 3.0, n)


def product(class_weight, y, w):
    classes = np.unique(y)
    factors = compute_class_weight(class_weight, classes=classes, y=y, sample_weight=w)
    return (1.0 if w is None else w) * factors[np.searchsorted(classes, y)]


def state(model):
    return {
        name: value
        for name, value in vars(model).items()
        if name.endswith("_") and isinstance(value, (np.ndarray, float, int))
    }


def assert_same(one, other):
    mine, theirs = state(one), state(other)
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        np.testing.assert_array_equal(value, theirs[name])


@pytest.mark.parametrize("class_weight", ["balanced", {"a": 0.3, "b": 2.0}, {"a": 0.0}])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "options",
    [{}, {"robust": True}, {"alpha": 0.1, "fit_intercept": False}]
    + [{"calibration": method} for method in ("sigmoid", "isotonic", "temperature")],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_fit_is_that_of_the_products(class_weight, weighted, options, n_classes):
    X, y, w = problem(3, n_classes=n_classes)
    w = w if weighted else None
    model = LeastSquaresClassifier(class_weight=class_weight, **options).fit(X, y, w)
    s = product(class_weight, y, w)
    plain = LeastSquaresClassifier(**options).fit(X, y, s)
    assert_same(model, plain)
    np.testing.assert_array_equal(model.decision_function(X), plain.decision_function(X))
    if "calibration" in options:
        np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    if not options.get("robust") and s.all():
        ours, theirs = model.influence(X, y, w), plain.influence(X, y, s)
        for name, value in vars(theirs).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(getattr(ours, name), value)


def test_influence_goes_by_the_weights_of_the_fit():
    X, y, w = problem(5)
    model = LeastSquaresClassifier(class_weight={"b": 3.0}).fit(X, y, w)
    expected = model.influence(X, y, w).shift
    model.set_params(class_weight="balanced")
    np.testing.assert_array_equal(model.influence(X, y, w).shift, expected)
    given = {"b": 3.0}
    model = LeastSquaresClassifier(class_weight=given).fit(X, y, w)
    given["b"] = 9.0
    np.testing.assert_array_equal(model.influence(X, y, w).shift, expected)
    with pytest.raises(ValueError, match="not the rows, labels and weights"):
        LeastSquaresClassifier(class_weight={"b": 3.0}).fit(X, y).influence(X, y, w)
    with pytest.raises(ValueError, match="Row 0 weighs nothing"):
        LeastSquaresClassifier(class_weight={"a": 0}).fit(X, y).influence(X, y)


class TestParts:
    @pytest.mark.parametrize("fit_first", [False, True])
    def test_rows_come_and_go_with_their_classes_weights(self, fit_first):
        X, y, w = problem(7)
        given = {"a": 0.3, "c": 2.5}
        model = LeastSquaresClassifier(0.01, class_weight=given)
        if fit_first:
            model.fit(X[:30], y[:30], w[:30])
        else:
            model.partial_fit(X[:30], y[:30], NAMES, w[:30])
        model.partial_fit(X[30:], y[30:], sample_weight=w[30:])
        model.forget(X[20:40], y[20:40], w[20:40])
        kept = np.r_[0:20, 40:60]
        s = product(given, y, w)[kept]
        plain = LeastSquaresClassifier(0.01).fit(X[kept], y[kept], s)
        np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-11)
        influence = model.influence(X[kept], y[kept], w[kept])
        np.testing.assert_allclose(
            influence.shift, plain.influence(X[kept], y[kept], s).shift, rtol=1e-9
        )

    def test_each_part_has_the_weights_of_its_call(self):
        X, y, w = problem(8)
        model = LeastSquaresClassifier(class_weight={"a": 2.0})
        model.partial_fit(X[:30], y[:30], NAMES, w[:30])
        model.set_params(class_weight=None).partial_fit(X[30:], y[30:], sample_weight=w[30:])
        s = w * np.where((y == "a") & (np.arange(60) < 30), 2.0, 1.0)
        np.testing.assert_allclose(
            model.coef_, LeastSquaresClassifier().fit(X, y, s).coef_, rtol=1e-11
        )

    def test_a_part_of_a_class_that_weighs_nothing_adds_nothing(self):
        X, y, w = problem(9)
        model = LeastSquaresClassifier(class_weight={"a": 0.0}).fit(X, y, w)
        before, only = model.coef_, y == "a"
        assert only.any()
        model.partial_fit(X[only], y[only])
        np.testing.assert_allclose(model.coef_, before, rtol=1e-11)
        model.forget(X[only], y[only])
        np.testing.assert_allclose(model.coef_, before, rtol=1e-11)
        X[np.flatnonzero(only)[0], 1] = np.nan
        with pytest.raises(ValueError, match="NaN: row 0, column 1"):
            model.partial_fit(X[only], y[only])

    def test_a_balance_takes_all_rows(self):
        X, y, _ = problem(10)
        model = LeastSquaresClassifier(class_weight="balanced")
        with pytest.raises(ValueError, match="partial_fit sees a part: give a dict"):
            model.partial_fit(X, y, NAMES)
        assert not hasattr(model, "classes_")
        model.fit(X, y)
        with pytest.raises(ValueError, match="forget sees a part: give a dict"):
            model.forget(X[:1], y[:1])


def test_a_rare_class_is_heard_and_the_warning_says_how():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [190, 10])
    X = rng.normal(size=(200, 1)) + y[:, None]
    with pytest.warns(MaskedClassWarning, match="heard with class_weight='balanced'"):
        assert not LeastSquaresClassifier().fit(X, y).predict(X).any()
    assert LeastSquaresClassifier(class_weight="balanced").fit(X, y).predict(X)[y == 1].mean() > 0.5


def test_a_balance_is_no_remedy_where_there_is_one():
    X = np.arange(120.0)[:, None]
    y = np.repeat([0, 1, 2], 40)  # the middle one is nowhere the greatest
    with pytest.warns(MaskedClassWarning) as caught:
        LeastSquaresClassifier(class_weight="balanced").fit(X, y)
    assert "balanced'," not in str(caught[0].message)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("class_weight", [None, {"a": 0.0}])
def test_logarithms_of_probabilities(method, n_classes, class_weight):
    X, y, w = problem(11, 200, n_classes)
    model = LeastSquaresClassifier(calibration=method, class_weight=class_weight).fit(X, y, w)
    Q = np.vstack([X, 30 * X])
    logarithms, shares = model.predict_log_proba(Q), model.predict_proba(Q)
    np.testing.assert_allclose(np.exp(logarithms), shares, rtol=1e-12, atol=1e-15)
    if class_weight:
        assert np.isneginf(logarithms[:, 0]).all()
    elif method == "sigmoid" and n_classes == 2:
        odds = model.decision_function(Q)
        np.testing.assert_allclose(logarithms[:, 1] - logarithms[:, 0], odds, rtol=1e-12)
        assert logarithms.min() < -1.0
    plain = LeastSquaresClassifier().fit(X, y)
    assert not hasattr(plain, "predict_log_proba")
