"""Values and weights near the ends of float64: a right answer, or one clear error."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

import trivium
from trivium.masking import MaskedClassWarning

ESTIMATORS = {
    "search": lambda: trivium.NearestNeighbors(),
    "search in a tree": lambda: trivium.NearestNeighbors(algorithm="kd_tree", metric="manhattan"),
    "neighbours": lambda: trivium.KNeighborsClassifier(),
    "by distance": lambda: trivium.KNeighborsClassifier(weights="distance"),
    "neighbours by CV": lambda: trivium.KNeighborsClassifierCV(6),
    "density": lambda: trivium.KNeighborsDensity(4),
    "density a class": lambda: trivium.KNeighborsDensity(4, volume="per_class", metric="chebyshev"),
    "squares": lambda: trivium.LeastSquaresClassifier(),
    "ridge": lambda: trivium.LeastSquaresClassifier(0.1),
    "no intercept": lambda: trivium.LeastSquaresClassifier(fit_intercept=False),
    "robust": lambda: trivium.LeastSquaresClassifier(robust=True),
    "sigmoid": lambda: trivium.LeastSquaresClassifier(calibration="sigmoid"),
    "isotonic": lambda: trivium.LeastSquaresClassifier(calibration="isotonic", robust=True),
    "squares by CV": lambda: trivium.LeastSquaresClassifierCV(4),
    "error by CV": lambda: trivium.LeastSquaresClassifierCV(
        [0.0, 1.0], scoring="neg_mean_squared_error"
    ),
    "softmax": lambda: trivium.SoftmaxRegression(),
    "softmax by CV": lambda: trivium.SoftmaxRegressionCV(2, cv=2),
}
SIZES = (8e307, 1e305, 1e299, 1e154, 1e-154, 1e-305, 1e-310, 5e-324)
N = 40
PLACES = np.arange(N)
WEIGHTS = {
    "1e308": np.full(N, 1e308),
    "1e-310": np.full(N, 1e-310),
    "one of 1e308": np.where(PLACES == 3, 1e308, 1.0),
    "one of 1e-310": np.where(PLACES == 3, 1e-310, 1.0),
    "1e-200 to 1e200": 10.0 ** np.linspace(-200, 200, N)[np.random.default_rng(0).permutation(N)],
    "a class of 1e-300": np.where(PLACES % 2, 1e300, 1e-300),
}


def rows(n_classes=2):
    y = PLACES % n_classes
    X = np.random.default_rng(1).normal(size=(N, 3)) + np.eye(3)[y]
    return pd.DataFrame(X, columns=["a", "b", "c"]), y


def tables():
    X, y = rows()
    for size in SIZES:
        yield f"column of {size}", X.assign(b=X["b"] / X["b"].abs().max() * size), y, None
        yield f"all of {size}", X / X.abs().to_numpy().max() * size, y, None
        yield f"one of {size}", X.assign(b=X["b"].where(X.index != 7, size)), y, None
    far, wide = X.copy(), X.copy()
    far.loc[7], wide.loc[7, "b"], wide.loc[8, "b"] = 1.7e308, 1.7e308, -1.7e308
    yield "a row of 1.7e308", far, y, None
    yield "a range beyond float64", wide, y, None
    for name, w in WEIGHTS.items():
        yield f"weights: {name}", *rows(3), w


def asked(model, X, y, w):
    """Ask everything there is."""
    far = pd.DataFrame([[1.7e308] * 3, [-1.7e308] * 3, [1e-310] * 3], columns=X.columns)
    for method in ("predict", "predict_proba", "decision_function", "score_samples", "kneighbors"):
        for Q in (X, far):
            if hasattr(model, method):
                yield lambda method=method, Q=Q: getattr(model, method)(Q)
    if hasattr(model, "influence") and not hasattr(model, "robust_weights_"):
        yield lambda: model.influence(X, y, w).shift
        yield lambda: model.influence(X, y, w).loo_coef([0, 7])
    if str(model) in ("LeastSquaresClassifier()", "LeastSquaresClassifier(alpha=0.1)"):
        half = slice(0, N // 2)
        part = X[half], y[half], None, None if w is None else w[half]
        yield lambda: model.partial_fit(*part).coef_


def is_answered(call):
    """Whether there is an answer; a refusal names column, row or class."""
    try:
        found = call()
    except ValueError as error:
        refusal = str(error)
    else:
        parts = found if isinstance(found, tuple) else (found,)
        assert not any(np.isnan(part).any() for part in parts)
        return True
    assert any(word in refusal for word in ("in column '", "Row ", "rows of class "))
    return False


@pytest.mark.parametrize("name", ESTIMATORS)
def test_nothing_ends_without_a_word(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for category in (ConvergenceWarning, MaskedClassWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", message=".*the ball has no volume")
        for _, X, y, w in tables():
            model, given = ESTIMATORS[name](), (X, y, w)[: 1 if name.startswith("search") else 3]

            def learn(model=model, given=given):
                model.fit(*given)
                return np.zeros(1)

            if is_answered(learn):
                for call in asked(model, X, y, w):
                    is_answered(call)


@pytest.mark.parametrize("power", [-1000, -600, 600, 990])
@pytest.mark.parametrize("name", ["squares", "no intercept", "robust", "sigmoid", "isotonic"])
def test_a_power_of_two_changes_nothing_but_the_coefficient(name, power):
    X, y = rows(3)
    powers = np.array([0, power, 0])
    far = np.ldexp(X.to_numpy(), powers)
    model, plain = ESTIMATORS[name]().fit(far, y), ESTIMATORS[name]().fit(X.to_numpy(), y)
    np.testing.assert_allclose(
        model.decision_function(far), plain.decision_function(X.to_numpy()), atol=1e-9
    )
    np.testing.assert_array_equal(model.predict(far), plain.predict(X.to_numpy()))


@pytest.mark.parametrize("unit", [1e-310, 1e-320, 2.0**1020])
@pytest.mark.parametrize(
    "name", ["squares", "ridge", "robust", "density", "by distance", "softmax"]
)
def test_a_common_unit_of_the_weights_changes_nothing(name, unit):
    if name == "robust" and unit > 1.0:
        unit = 1e-200  # greater weights count rows, of which one has next to no leverage
    X, y = rows(3)
    w = np.where(PLACES % 4 == 0, 2.0, 4.0) / 4.0
    told = [
        ESTIMATORS[name]().fit(X, y, scale * w).predict_proba(X)
        if name in ("density", "by distance", "softmax")
        else ESTIMATORS[name]().fit(X, y, scale * w).decision_function(X)
        for scale in (1e-3, unit)
    ]
    rtol = 1e-3 if unit == 1e-320 or unit > 1 else 1e-9  # digits of the weights; counts of rows
    np.testing.assert_allclose(told[1], told[0], rtol=rtol, atol=rtol)


def test_light_rows_have_the_votes_where_they_alone_lie():
    X, y = np.arange(6.0)[:, None], np.array([0, 1, 0, 1, 0, 1])
    w = np.where(y == 1, 1e200, 1e-200)
    model = trivium.KNeighborsClassifier(1, weights="distance").fit(X, y, w)
    np.testing.assert_array_equal(model.predict(X), y)


def test_far_queries_of_least_squares_have_a_side():
    X = np.array([[0.0, 1.0], [1e-159, 0.0], [3e-159, 2.0], [4e-159, 1.0]])
    model = trivium.LeastSquaresClassifier().fit(X, [0, 0, 1, 1])
    Q = [[1e160, 0.0], [-1e160, 0.0], [1e160, 1e160], [-1e160, -1e300]]
    np.testing.assert_array_equal(model.predict(Q), [1, 0, 1, 0])
    np.testing.assert_array_equal(np.sign(model.decision_function(Q)), [1, -1, 1, -1])
    assert np.isfinite(model.decision_function(Q)).all()


def test_distances_beyond_float64_are_refused():
    X, y = rows()
    X = X.assign(b=X["b"].where(X.index != 7, 1.7e308), c=X["c"].where(X.index != 7, 1.7e308))
    model = trivium.KNeighborsClassifier(5).fit(X, y)
    with pytest.raises(ValueError, match=r"fewer than 5 rows within .* in column 'b', where rows"):
        model.predict(X)
    np.testing.assert_array_equal(model.predict(X[:7]), model.predict(X[:7]))
    with pytest.raises(ValueError, match="fewer than 5 rows"):
        model.predict(None)
    with pytest.raises(ValueError, match="in column 1, where"):
        trivium.NearestNeighbors(metric="manhattan").fit(X.to_numpy()).kneighbors()


@pytest.mark.parametrize("weight", [1e20, 1e100, 1e308])
def test_influence_where_one_row_outweighs_all_others(weight):
    """The fit goes through that row; the others decide how."""
    X, y = rows()
    X, targets = X.to_numpy(), np.where(y == 1, 1.0, -1.0)
    w = np.where(PLACES == 3, weight, 1.0)
    influence = trivium.LeastSquaresClassifier().fit(X, y, w).influence(X, y, w)
    for row in PLACES:
        others = PLACES[row != PLACES]
        origin, level = X[3], targets[3]
        if row == 3:
            origin, level = X[others].mean(axis=0), targets[others].mean()
        slope = np.linalg.lstsq(X[others] - origin, targets[others] - level, rcond=None)[0]
        missed = targets[row] - level - (X[row] - origin) @ slope
        np.testing.assert_allclose(influence.loo_residuals[row, 0], missed, atol=1e-12)
