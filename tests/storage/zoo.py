"""Small models of every class and kind, and what each answers."""

import warnings

import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.pipeline import make_pipeline

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
from trivium.preparation.preparation import Preparation
from trivium.tables.look import look
from trivium.tabular.fitting import fit_table

_ASKED = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score_samples",
    "class_score_samples",
    "kneighbors",
    "transform",
)


def table(n=60, d=4, n_classes=3, seed=0):
    """Return rows around as many centers as there are classes, and the classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.normal(size=(n, d)) + 2.0 * np.eye(max(n_classes, d))[y][:, :d], y


def weights(n=60):
    """Return weights of which some are zero and some are no whole numbers."""
    return np.resize([1.0, 0.0, 2.5, 1.0, 3.0, 0.25], n)


def models():
    """Yield a name and a model that is fitted, and rows to ask it about."""
    X, y = table()
    queries = table(seed=1)[0][:20]
    distances = np.abs(X[:, None] - X).sum(axis=2)
    angles = np.column_stack([np.arctan(X[:, 0]), X[:, 1]])
    sparse = scipy.sparse.csr_array(np.where(np.abs(X) > 1.0, X, 0.0))
    two = y[y < 2]
    names = np.array(["no", "perhaps", "yes"])
    w = weights()
    yield "nearest", NearestNeighbors(3).fit(X), queries
    yield "nearest, float32", NearestNeighbors(3).fit(X.astype(np.float32)), queries
    yield "nearest, tree", NearestNeighbors(3, algorithm="kd_tree", p=3).fit(X), queries
    yield "nearest, cosine", NearestNeighbors(3, metric="cosine").fit(X), queries
    yield "nearest, sphere", NearestNeighbors(3, metric="haversine").fit(angles), angles[:9]
    yield "nearest, given", NearestNeighbors(3, metric="precomputed").fit(distances), distances[:9]
    own = NearestNeighbors(3, metric="mahalanobis").fit(X)
    yield "nearest, of SciPy", own, queries
    weighted = NearestNeighbors(3, p=3, metric_params={"w": np.array([1.0, 2.0, 0.5, 3.0])})
    yield "nearest, weighted columns", weighted.fit(X), queries
    yield "nearest, sparse", NearestNeighbors(3).fit(sparse), queries
    yield "nearest, sparse cosine", NearestNeighbors(3, metric="cosine").fit(sparse), queries
    yield "votes", KNeighborsClassifier(4).fit(X, names[y]), queries
    rule = KNeighborsClassifier(4, weights="distance", class_weight="balanced")
    yield "votes, weights", rule.fit(X, y, w), queries
    some = KNeighborsClassifier(2, class_weight={0: 0.0, 1: 2.5, 2: 1.0}, metric="cosine")
    yield "votes, a class without", some.fit(X, y, w), queries
    light = KNeighborsClassifier(2, metric="precomputed")
    yield "votes, given", light.fit(distances, y, w), distances[:9]
    yield "votes, sparse", KNeighborsClassifier(4).fit(sparse, y, w), queries
    yield "votes, chosen", KNeighborsClassifierCV(9, rule="best").fit(X, names[y], w), queries
    scored = KNeighborsClassifierCV(9, scoring="balanced_accuracy", class_weight="balanced")
    yield "votes, chosen by a scorer", scored.fit(X, y), queries
    yield "densities", KNeighborsDensity(5).fit(X), queries
    yield "densities of classes", KNeighborsDensity(5).fit(X, names[y], w), queries
    each = KNeighborsDensity(5, volume="per_class", metric="haversine")
    yield "densities, own balls", each.fit(angles, y, w), angles[:9]
    yield "least squares", LeastSquaresClassifier().fit(X, names[y], w), queries
    yield "least squares, two", LeastSquaresClassifier(alpha=0.1).fit(X[y < 2], two), queries
    lost = np.where(y == 1, 0.0, 1.0)
    for method in ("sigmoid", "isotonic", "temperature"):
        model = LeastSquaresClassifier(calibration=method)
        yield f"least squares, {method}", model.fit(X, y, lost), queries
        model = LeastSquaresClassifier(calibration=method, class_weight={0: 3.0})
        yield f"least squares, two, {method}", model.fit(X[y < 2], two), queries
    robust = LeastSquaresClassifier(robust=True, fit_intercept=False)
    yield "least squares, robust", robust.fit(X, names[y], w), queries
    aliased = np.column_stack([X[:, 0], np.ones(60), X[:, 1:3]])
    yield "least squares, aliased", LeastSquaresClassifier().fit(aliased, y), queries
    yield "least squares, chosen", LeastSquaresClassifierCV([0.1, 1.0]).fit(X, y), queries
    yield "softmax", SoftmaxRegression().fit(X, names[y], w, X_val=X, y_val=names[y]), queries
    yield "softmax, two", SoftmaxRegression(0.1).fit(X[y < 2], two), queries
    yield "softmax, a class without", SoftmaxRegression(0.1).fit(X, y, lost), queries
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that classes are separated
        apart = SoftmaxRegression(0.0).fit(np.eye(4)[np.arange(60) % 3], y)
    yield "softmax, separated", apart, queries
    parts = SoftmaxRegression(0.1).partial_fit(X[:30], y[:30], classes=[0, 1, 2])
    yield "softmax, in parts", parts, queries
    yield "softmax, chosen", SoftmaxRegressionCV((0.1, 1.0), cv=2).fit(X, names[y]), queries
    yield from tables()


def people(n=60, seed=0):
    """Return a table as people have them."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2023-03-05", periods=n, freq="11D").strftime("%d.%m.%Y")
    frame = pd.DataFrame(
        {
            "size": [f"{value:.2f}".replace(".", ",") for value in rng.normal(3.0, 2.0, n)],
            "day": rng.permutation(days),
            "shop": rng.choice(["Nord", "Süd", "NA", "x"], n, p=[0.5, 0.3, 0.15, 0.05]),
            "open": rng.choice(["yes", "no"], n),
            "weight": rng.choice(["1.5 kg", "2 kg", "?"], n),
        }
    )
    frame.loc[::7, ["size", "shop", "day"]] = ""
    large = pd.to_numeric(frame["size"].str.replace(",", ".")).fillna(0.0) > 3.0
    frame["label"] = np.where(large, "NA", np.where(frame["open"] == "yes", "01", "1"))
    return frame


def tables():
    """Yield the same as `models`, of tables as people have them."""
    frame, queries = people(), people(20, seed=1).drop(columns="label")
    seen = look(frame, "label")
    for model in ("least-squares", "softmax", "neighbors"):
        yield f"table, {model}", fit_table(seen, model=model, folds=2), queries
    X, y = frame.drop(columns="label"), frame["label"]
    yield "preparation", Preparation(min_frequency=4).fit(X), queries
    yield "preparation, sparse", Preparation(seen.columns, sparse=True).fit(X), queries
    pipeline = make_pipeline(Preparation(seen.columns), SoftmaxRegression(0.1)).fit(X, y)
    yield "pipeline", pipeline, queries


def answers(model, queries):
    """Return all that a model answers, of its training rows too."""
    found = {}
    for name in _ASKED:
        if not hasattr(model, name):
            continue
        if name.startswith(("class_score", "predict")) and not hasattr(model, "classes_"):
            continue
        for asked in (queries, None) if hasattr(model, "_index") else (queries,):
            own = getattr(model, name)(asked)
            own = own.toarray() if scipy.sparse.issparse(own) else own
            found[name, asked is None] = list(own) if isinstance(own, tuple) else [own]
    return found


def are_equal(one, other):
    """Whether answers are the same, to the bit and to the type."""
    return one.keys() == other.keys() and all(
        mine.dtype == its.dtype and np.array_equal(mine, its, equal_nan=mine.dtype.kind == "f")
        for name, own in one.items()
        for mine, its in zip(own, other[name], strict=True)
    )
