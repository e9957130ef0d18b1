"""`to_sklearn()`: scikit-learn's estimators answer as ours do."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    NearestNeighbors,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)
from trivium.tables.look import look
from trivium.tabular.fitting import fit_table


def table(n_classes, n=120, d=5, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.normal(size=(n, d)) + np.eye(max(n_classes, d))[y][:, :d], y


NAMES = np.array(["a", "b", "c"])
QUERIES = table(3, seed=1)[0]
LINEAR = [
    LeastSquaresClassifier(0.1),
    LeastSquaresClassifier(fit_intercept=False, robust=True),
    LeastSquaresClassifierCV(3),
    LeastSquaresClassifier(calibration="temperature"),
    LeastSquaresClassifier(0.1, calibration="sigmoid"),
    SoftmaxRegression(0.01),
    SoftmaxRegression(0.01, fit_intercept=False, class_weight="balanced"),
    SoftmaxRegressionCV(2, cv=2),
]
NEIGHBORS = [
    KNeighborsClassifier(4),
    KNeighborsClassifier(3, weights="distance", metric="cosine"),
    KNeighborsClassifier(5, metric="minkowski", p=3),
    KNeighborsClassifier(5, metric_params={"w": np.array([1.0, 0.5, 2.0, 1.0, 3.0])}),
    KNeighborsClassifier(5, metric="canberra"),
    KNeighborsClassifierCV(9),
]


def assert_alike(ours, theirs, queries=QUERIES):
    assert theirs.predict(queries).tolist() == ours.predict(queries).tolist()
    assert theirs.classes_.dtype == ours.classes_.dtype
    if hasattr(ours, "predict_proba"):
        told = theirs.predict_proba(queries)
        np.testing.assert_allclose(told, ours.predict_proba(queries), rtol=0, atol=1e-9)
    if hasattr(theirs, "decision_function") and type(theirs).__name__ == "RidgeClassifier":
        values = theirs.decision_function(queries)
        np.testing.assert_allclose(values, ours.decision_function(queries), atol=1e-9)


@pytest.mark.parametrize("model", [*LINEAR, *NEIGHBORS], ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_and_probabilities(model, n_classes):
    X, y = table(n_classes)
    model.fit(X, NAMES[y])
    assert_alike(model, model.to_sklearn())


def test_names_of_columns():
    X, y = table(3)
    frame, queries = (pd.DataFrame(rows, columns=list("abcde")) for rows in (X, QUERIES))
    for model in (SoftmaxRegression(0.1), LeastSquaresClassifier(), KNeighborsClassifier()):
        assert_alike(model.fit(frame, y), model.to_sklearn(), queries)


def test_weights_and_classes_without():
    X, y = table(3)
    w = np.resize([1.0, 2.0, 0.0, 3.0], y.size)
    model = KNeighborsClassifier(3).fit(X, y, w)
    assert_alike(model, model.to_sklearn())
    lost = np.where(y == 1, 0.0, 1.0)
    for linear in (SoftmaxRegression(0.1), LeastSquaresClassifier()):
        told = linear.fit(X, y, lost).to_sklearn().predict(QUERIES)
        assert told.tolist() == linear.predict(QUERIES).tolist()


def test_sparse_rows():
    X, y = table(3)
    sparse = scipy.sparse.csr_array(np.where(np.abs(X) > 0.3, X, 0.0))
    for metric in ("euclidean", "cosine"):
        model = KNeighborsClassifier(3, weights="distance", metric=metric).fit(sparse, y)
        assert_alike(model, model.to_sklearn(), scipy.sparse.csr_array(QUERIES))


def test_rows_of_float32_are_searched_in_float64():
    X, y = table(3)
    model = KNeighborsClassifier(3, weights="distance").fit(X.astype(np.float32), y)
    assert model.to_sklearn()._fit_X.dtype == np.float64
    assert_alike(model, model.to_sklearn())


@pytest.mark.parametrize("metric", ["euclidean", "haversine", "precomputed"])
def test_neighbours(metric):
    X = np.arctan(table(3)[0][:, :2])
    if metric == "precomputed":
        X = np.abs(X[:, None] - X).sum(axis=2)
    ours = NearestNeighbors(4, metric=metric).fit(X)
    theirs = ours.to_sklearn()
    for mine, its in zip(ours.kneighbors(X[:9]), theirs.kneighbors(X[:9]), strict=True):
        np.testing.assert_allclose(its, mine, atol=1e-9)


def test_what_scikit_learn_has_not_is_refused():
    X, y = table(3)
    lost = np.where(y == 1, 0.0, 1.0)
    squares = np.abs(X[:, None] - X).sum(axis=2)
    for model, what in (
        (LeastSquaresClassifier(calibration="isotonic").fit(X, y), "calibration by steps"),
        (LeastSquaresClassifier(calibration="sigmoid").fit(X, y, lost), "a class has no weight"),
        (KNeighborsClassifier().fit(X, y, lost), "a class has no weight"),
        (KNeighborsClassifier().fit(X, y, lost + 0.5 * y), "weights that are no whole numbers"),
        (
            KNeighborsClassifier(metric="precomputed").fit(squares, y, np.resize([1, 0], y.size)),
            "given distances to rows of which some weigh nothing",
        ),
    ):
        with pytest.raises(ValueError, match=what):
            model.to_sklearn()


@pytest.mark.parametrize(
    "model", [LINEAR[0], SoftmaxRegression(), KNeighborsClassifier(), NearestNeighbors()]
)
def test_a_model_that_was_not_fitted_is_refused(model):
    with pytest.raises(NotFittedError):
        type(model)().to_sklearn()


@pytest.mark.parametrize("model", ["least-squares", "softmax", "neighbors"])
def test_classifiers_of_tables(model):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=90), "shop": rng.choice(["a", "b"], 90)})
    frame["label"] = np.where(frame["size"] + (frame["shop"] == "a") > 0.3, "NA", "01")
    ours = fit_table(look(frame, "label"), model=model, folds=2)
    queries = pd.DataFrame({"size": rng.normal(size=50), "shop": rng.choice(["a", "b", "c"], 50)})
    theirs = ours.to_sklearn()
    assert theirs.predict(queries).tolist() == ours.predict(queries).tolist()
    told = theirs.predict_proba(queries)
    np.testing.assert_allclose(told, ours.predict_proba(queries), rtol=0, atol=1e-9)
