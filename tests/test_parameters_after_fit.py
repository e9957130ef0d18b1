"""Parameters that are set after `fit`: predictions go by those of `fit`, or check them."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import trivium
from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    NearestNeighbors,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*predicted for no training row", "ignore::sklearn.exceptions.ConvergenceWarning"
)

SEARCH = {
    "algorithm": ["brute", "ball_tree", "ball"],
    "leaf_size": [5, 0],
    "metric": ["manhattan", "minkowski", "precomputed", "far"],
    "p": [1, 0.5],
    "metric_params": [{"p": 3}, 3],
    "n_jobs": [1, 0, "all"],
}
NUMBERS = {"n_neighbors": [3, 0, "five", 10**6]}
FOLDS = {"rule": ["best", "worst"], "scoring": ["accuracy", "beauty"], "alphas": [[0.5, 2.0], -1]}
SOLVER = {"solver": ["newton", "magic"], "max_iter": [2, 0], "tol": [0.1, -1.0]}
LINE = {"fit_intercept": [False, "no"]}
CLASSES = {"class_weight": ["balanced", {0: 2.0}, "level"]}
SQUARES = {
    "alpha": [5.0, -1.0],
    "robust": [True, False, "very"],
    "calibration": [None, "sigmoid", "isotonic", "platt"],
    **LINE,
    **CLASSES,
}
VOLUMES = {"volume": ["shared", "per_class", "huge"], "unbiased": [False, "rather", 7]}
CASES = [
    (NearestNeighbors(), {**SEARCH, **NUMBERS, "radius": [0.5, -1.0, "far"]}),
    (
        KNeighborsClassifier(),
        {
            **SEARCH,
            **NUMBERS,
            "weights": ["distance", "unifrom", 3],
            "class_weight": ["balanced", {0: 3.0}, "even"],
        },
    ),
    (
        KNeighborsClassifierCV(9),
        {
            **SEARCH,
            "k_max": [3, 0],
            "weights": ["distance", "unifrom"],
            "class_weight": ["balanced", {0: 3.0}, "even"],
            "rule": ["best", "worst"],
            "scoring": ["neg_log_loss", "beauty"],
        },
    ),
    (KNeighborsDensity(), {**SEARCH, **NUMBERS, **VOLUMES}),
    (KNeighborsDensity(volume="per_class"), {**SEARCH, **NUMBERS, **VOLUMES}),
    (LeastSquaresClassifier(), SQUARES),
    (LeastSquaresClassifier(robust=True), SQUARES),
    (LeastSquaresClassifier(calibration="temperature"), SQUARES),
    (LeastSquaresClassifierCV(4), {**FOLDS, **LINE, **CLASSES}),
    (
        SoftmaxRegression(),
        {**SOLVER, **LINE, **CLASSES, "alpha": [5.0, -1.0], "warm_start": [True, "yes"]},
    ),
    (SoftmaxRegressionCV(2, cv=2), {**FOLDS, **SOLVER, **LINE, **CLASSES, "cv": [3, "many"]}),
]
METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "predict_log_proba",
    "score_samples",
    "class_score_samples",
    "kneighbors",
    "kneighbors_graph",
    "radius_neighbors",
)
SETTINGS = [
    pytest.param(estimator, name, value, id=f"{estimator}-{name}={value}")
    for estimator, parameters in CASES
    for name, values in parameters.items()
    for value in values
]


def table(seed=0, n=60, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.normal(size=(n, 3)) + np.eye(3)[y], y


def learn(estimator, X, y, *weights):
    if isinstance(estimator, NearestNeighbors):
        return estimator.fit(X)
    return estimator.fit(X, y, *weights)


def answers(model, Q):
    """Return what every method says, or the error that it ends in."""
    said = {}
    for method in METHODS:
        if not hasattr(model, method):
            continue
        try:
            found = getattr(model, method)(Q)
        except (ValueError, TypeError) as error:
            said[method] = str(error)
            continue
        parts = found if isinstance(found, tuple) else (found,)
        said[method] = [p.toarray() if hasattr(p, "toarray") else p for p in parts]
    return said


def alike(one, other):
    return all(
        np.array_equal(a, b) if a.dtype != object else all(map(np.array_equal, a, b))
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize(("estimator", "name", "value"), SETTINGS)
def test_answers_are_those_of_the_fit_or_of_a_new_one_or_name_the_parameter(estimator, name, value):
    X, y = table()
    Q = np.random.default_rng(1).normal(size=(7, 3))
    model = learn(clone(estimator), X, y)
    before = answers(model, Q)
    try:
        anew = answers(learn(clone(estimator).set_params(**{name: value}), X, y), Q)
    except (ValueError, TypeError):
        anew = {}
    for method, said in answers(model.set_params(**{name: value}), Q).items():
        if isinstance(said, str):
            assert f"{name}=" in said or "not fitted yet" in said
        else:
            right = [known[method] for known in (before, anew) if method in known]
            # Numbers of neighbours serve the search alone, too.
            searched = name == "n_neighbors" and method.startswith("kneighbors")
            assert searched or any(alike(said, told) for told in right if isinstance(told, list))


@pytest.mark.parametrize(
    ("estimator", "name", "value", "ask"),
    [
        (KNeighborsClassifier(), "weights", "unifrom", "predict"),
        (KNeighborsClassifier(), "weights", "unifrom", "predict_proba"),
        (KNeighborsDensity(), "unbiased", 7, "score_samples"),
    ],
)
def test_nonsense_is_refused_where_it_would_be_used(estimator, name, value, ask):
    X, y = table()
    model = estimator.fit(X, y).set_params(**{name: value})
    with pytest.raises((ValueError, TypeError), match=f"{name}="):
        getattr(model, ask)(X)


def test_balls_of_an_earlier_fit_are_gone():
    (A, a), (B, b) = table(0), table(5, n_classes=2)
    model = KNeighborsDensity(volume="per_class").fit(A, a)
    model.set_params(volume="shared").fit(B, b).set_params(volume="per_class")
    fresh = KNeighborsDensity(volume="shared").fit(B, b)
    for ask in ("score_samples", "class_score_samples", "predict_proba"):
        np.testing.assert_array_equal(getattr(model, ask)(A), getattr(fresh, ask)(A))


TABLES = {
    "named": (pd.DataFrame(table()[0], columns=["u", "v", "w"]), table()[1]),
    "two classes": table(1, 40, 2),
    "weights": (*table(2), np.arange(60) % 4.0),
    "wide": (np.random.default_rng(3).normal(size=(12, 15)), np.arange(12) % 2),
}
MODES = {
    NearestNeighbors: [{}, {"metric": "cosine"}, {"metric": "minkowski", "p": 3}],
    KNeighborsClassifier: [{}, {"weights": "distance", "algorithm": "kd_tree"}],
    KNeighborsClassifierCV: [{"k_max": 3}, {"k_max": 5, "weights": "distance"}],
    KNeighborsDensity: [{"n_neighbors": 3}, {"n_neighbors": 3, "volume": "per_class"}],
    LeastSquaresClassifier: [
        {"alpha": 0.1},
        {"robust": True, "alpha": 0.1},
        {"calibration": "sigmoid"},
        {"robust": True, "calibration": "isotonic", "alpha": 1.0},
    ],
    LeastSquaresClassifierCV: [{"alphas": 3}, {"alphas": [0.1, 1.0], "fit_intercept": False}],
    SoftmaxRegression: [{}, {"alpha": 1.0, "fit_intercept": False}],
    SoftmaxRegressionCV: [
        {"alphas": 2, "cv": 2},
        {"alphas": [0.1], "cv": 2, "scoring": "f1_macro"},
    ],
}


def same(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (str, float, int, type(None))):
        return one == other
    return type(one) is type(other)


@pytest.mark.parametrize("kind", MODES, ids=lambda kind: kind.__name__)
def test_a_new_fit_leaves_nothing_of_the_one_before(kind):
    fits = list(itertools.product(MODES[kind], TABLES))
    for place, (mode, name) in enumerate(fits):
        fresh = vars(learn(kind(**mode), *TABLES[name]))
        for earlier, its_table in (fits[place - 1], fits[place - 5]):
            model = learn(kind(**earlier), *TABLES[its_table])
            learn(model.set_params(**{**kind().get_params(), **mode}), *TABLES[name])
            assert vars(model).keys() == fresh.keys()
            for attribute, value in vars(model).items():
                assert same(value, fresh[attribute]), (earlier, its_table, mode, name, attribute)


def test_every_estimator_is_here():
    estimators = {
        value
        for value in vars(trivium).values()
        if isinstance(value, type) and hasattr(value, "set_params")
    }
    assert estimators == MODES.keys() == {type(estimator) for estimator, _ in CASES}
