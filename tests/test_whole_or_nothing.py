"""A fit that fails, wherever it does, leaves the model that was there before it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import trivium
from trivium.whole_or_nothing import whole_or_nothing

ESTIMATORS = [
    trivium.NearestNeighbors(),
    trivium.KNeighborsClassifier(),
    trivium.KNeighborsClassifierCV(k_max=4),
    trivium.KNeighborsDensity(n_neighbors=3),
    trivium.KNeighborsDensity(n_neighbors=3, volume="per_class"),
    trivium.LeastSquaresClassifier(),
    trivium.LeastSquaresClassifier(robust=True),
    trivium.LeastSquaresClassifier(calibration="sigmoid"),
    trivium.LeastSquaresClassifierCV(alphas=4),
    trivium.SoftmaxRegression(),
    trivium.SoftmaxRegressionCV(alphas=3, cv=3),
]


def tables():
    """Two tables of other columns and classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    one = pd.DataFrame(X[:, :2], columns=["u", "v"]), y
    other = pd.DataFrame(X, columns=["u", "w", "v"]), np.where(y == "a", "z", "y")
    return one, other


def same(before, after):
    return before.keys() == after.keys() and all(before[name] is after[name] for name in before)


def interrupts(model, call):
    """Interrupt a call when it sets its first attribute, its second, ... until it ends."""
    usual = type(model)
    for allowed in range(50):
        left = [allowed]

        def set_or_stop(self, name, value, left=left):
            if not name.startswith(("__", "_callback", "_skl")):
                if left[0] == 0:
                    raise KeyboardInterrupt
                left[0] -= 1
            usual.__setattr__(self, name, value)

        model.__class__ = type(usual.__name__, (usual,), {"__setattr__": set_or_stop})
        try:
            call()
        except KeyboardInterrupt:
            model.__class__ = usual
            yield
        else:
            model.__class__ = usual
            assert allowed > 1
            return
    raise AssertionError("it never ends")


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_fit_that_is_interrupted_anywhere(estimator, fitted):
    one, other = tables()
    model = clone(estimator)
    if fitted:
        model.fit(*one)
    before = dict(vars(model))
    for _ in interrupts(model, lambda: model.fit(*other)):
        assert same(before, vars(model))
    assert model.n_features_in_ == 3
    for name, value in vars(clone(estimator).fit(*other)).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(model, name), value)


@pytest.mark.parametrize("method", ["partial_fit", "forget"])
def test_a_change_of_least_squares_that_is_interrupted_anywhere(method):
    (X, y), _ = tables()
    model = trivium.LeastSquaresClassifier().fit(X, y)
    before, coef = dict(vars(model)), model.coef_.copy()
    for _ in interrupts(model, lambda: getattr(model, method)(X[:9], y[:9])):
        assert same(before, vars(model))
        np.testing.assert_array_equal(model.coef_, coef)


@pytest.mark.parametrize("estimator", ESTIMATORS[1:], ids=str)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_fit_that_is_refused(estimator, fitted):
    one, (X, y) = tables()
    model = clone(estimator)
    if fitted:
        model.fit(*one)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="row 7, column 'w'"):
        model.fit(X.assign(w=X["w"].where(X.index != 7)), y)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, y, -np.ones(60))
    assert same(before, vars(model))


def test_what_was_deleted_comes_back():
    class Model:
        kept_, gone_ = 0, 0

    def change(model, fails):
        with whole_or_nothing(model):
            del model.gone_
            model.kept_, model.new_ = 3, 4
            if fails:
                raise RuntimeError

    model = Model()
    model.kept_, model.gone_ = 1, 2
    with pytest.raises(RuntimeError):
        change(model, fails=True)
    assert vars(model) == {"kept_": 1, "gone_": 2}
    change(model, fails=False)
    assert vars(model) == {"kept_": 3, "new_": 4}


def separated():
    """Classes along one column, of which least squares masks the middle one."""
    X = pd.DataFrame({"u": np.arange(30.0), "v": np.tile([0.0, 1.0], 15)})
    return X, np.repeat(["a", "b", "c"], [12, 6, 12])


@pytest.mark.parametrize(
    ("estimator", "method", "warning"),
    [
        (trivium.LeastSquaresClassifier(), "fit", "MaskedClassWarning"),
        (trivium.LeastSquaresClassifierCV(alphas=[0.0]), "fit", "MaskedClassWarning"),
        (trivium.SoftmaxRegression(alpha=0), "fit", "SeparationWarning"),
        (trivium.SoftmaxRegression(max_iter=1), "fit", "ConvergenceWarning"),
        (trivium.SoftmaxRegression(max_iter=1), "partial_fit", "ConvergenceWarning"),
        (trivium.SoftmaxRegressionCV([1e-6], cv=2, max_iter=1), "fit", "ConvergenceWarning"),
        (trivium.SoftmaxRegressionCV([0.0], cv=2), "fit", "SeparationWarning"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_warning_that_is_an_error_changes_nothing(estimator, method, warning, fitted):
    (X, y), model = tables()[0], clone(estimator)
    if fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(model, method)(
                X, y, **({"classes": ["a", "b", "c"]} if method != "fit" else {})
            )
    before = dict(vars(model))
    arrays = {name: np.copy(value) for name, value in before.items() if hasattr(value, "dtype")}
    more = {"classes": ["a", "b", "c"]} if method != "fit" else {}
    with pytest.raises(Warning) as raised:
        getattr(model, method)(*separated(), **more)
    assert raised.type.__name__ == warning
    assert same(before, vars(model))
    for name, value in arrays.items():
        np.testing.assert_array_equal(before[name], value)
