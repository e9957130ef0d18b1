"""Neighbours, votes and densities beside scikit-learn's and SciPy's."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn import neighbors as sk
from sklearn.datasets import load_iris, make_moons
from sklearn.metrics import log_loss

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)

METRICS = ("euclidean", "manhattan", "chebyshev", "cosine")
MINKOWSKI = {"euclidean": 2, "manhattan": 1, "chebyshev": np.inf}
CDIST = {"manhattan": "cityblock"}
every_metric = pytest.mark.parametrize("metric", METRICS)
every_algorithm = pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])


def spread(seed=0, n=1500, m=300, d=3):
    """Random rows and queries: no two distances alike."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


@every_algorithm
@pytest.mark.parametrize("metric", MINKOWSKI)
@pytest.mark.parametrize("shift", [0.0, 1e8])
def test_scipys_tree(metric, algorithm, shift):
    X, Q = spread()
    X, Q = X + shift, Q + shift
    distances, indices = (
        NearestNeighbors(8, metric=metric, algorithm=algorithm).fit(X).kneighbors(Q)
    )
    theirs, order = cKDTree(X).query(Q, 8, p=MINKOWSKI[metric])
    np.testing.assert_allclose(distances, theirs, rtol=1e-14)
    apart = np.diff(theirs, axis=1).min(axis=1) > 1e-12 * theirs[:, -1]
    assert apart.mean() > 0.7  # at 1e8 the coordinates themselves are rounded into ties
    np.testing.assert_array_equal(indices[apart, :-1], order[apart, :-1])


@every_algorithm
@every_metric
def test_scikit_learns_neighbours(metric, algorithm):
    X, Q = spread(1)
    ours = NearestNeighbors(8, metric=metric, algorithm=algorithm).fit(X)
    theirs = sk.NearestNeighbors(n_neighbors=8, metric=metric).fit(X)
    for queries in (Q, None):
        distances, indices = ours.kneighbors(queries)
        right, order = theirs.kneighbors(queries)
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_allclose(distances, right, atol=1e-14, rtol=1e-12)
        np.testing.assert_array_equal(
            ours.kneighbors_graph(queries).toarray(), theirs.kneighbors_graph(queries).toarray()
        )


@every_metric
def test_scikit_learns_radius(metric):
    X, Q = spread(2)
    radius = float(np.quantile(cdist(Q[:50], X, CDIST.get(metric, metric)), 0.02))
    ours = NearestNeighbors(radius=radius, metric=metric).fit(X)
    theirs = sk.NearestNeighbors(radius=radius, metric=metric).fit(X)
    for queries in (Q, None):
        found = ours.radius_neighbors(queries, sort_results=True)
        right = theirs.radius_neighbors(queries, sort_results=True)
        for q in range(len(found[0])):
            np.testing.assert_array_equal(found[1][q], right[1][q])
            np.testing.assert_allclose(found[0][q], right[0][q], atol=1e-14, rtol=1e-12)
        np.testing.assert_array_equal(
            ours.radius_neighbors_graph(queries).toarray(),
            theirs.radius_neighbors_graph(queries).toarray(),
        )


@every_metric
def test_distances_on_integers_full_of_ties(metric):
    rng = np.random.default_rng(3)
    X, Q = (rng.integers(-3, 4, size=(n, 3)).astype(float) for n in (500, 100))
    X[(X == 0).all(axis=1)], Q[(Q == 0).all(axis=1)] = 1.0, 1.0  # SciPy's cosine of zeros is NaN
    distances, indices = NearestNeighbors(20, metric=metric).fit(X).kneighbors(Q)
    matrix = cdist(Q, X, CDIST.get(metric, metric))
    np.testing.assert_allclose(distances, np.sort(matrix, axis=1)[:, :20], atol=1e-15)
    np.testing.assert_allclose(np.take_along_axis(matrix, indices, axis=1), distances, atol=1e-15)


@every_metric
@pytest.mark.parametrize(
    "weights",
    ["uniform", "distance", lambda d: np.exp(-d)],
    ids=["uniform", "distance", "callable"],
)
@pytest.mark.parametrize("k", [1, 5, 30])
def test_scikit_learns_classifier(metric, weights, k):
    X, Q = spread(4)
    y = np.random.default_rng(5).integers(0, 4, size=len(X))
    ours = KNeighborsClassifier(k, weights=weights, metric=metric).fit(X, y)
    theirs = sk.KNeighborsClassifier(k, weights=weights, metric=metric).fit(X, y)
    shares = theirs.predict_proba(Q)
    np.testing.assert_allclose(ours.predict_proba(Q), shares, atol=1e-11)
    best = np.sort(shares, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-9
    np.testing.assert_array_equal(ours.predict(Q)[clear], theirs.predict(Q)[clear])
    if weights == "uniform":
        np.testing.assert_array_equal(ours.predict(Q), theirs.predict(Q))  # ties and all
        assert ours.score(Q, y[: len(Q)]) == theirs.score(Q, y[: len(Q)])


def test_leave_one_out_of_scikit_learn():
    X, y = make_moons(400, noise=0.3, random_state=0)
    ours = KNeighborsClassifier(7).fit(X, y)
    theirs = sk.KNeighborsClassifier(7).fit(X, y)
    np.testing.assert_array_equal(ours.predict_proba(None), theirs.predict_proba(None))
    np.testing.assert_array_equal(ours.predict(None), theirs.predict(None))


@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_every_k_of_a_sweep_is_scikit_learns_leave_one_out(weights):
    X, y = make_moons(300, noise=0.3, random_state=2)
    y[::7] = 2
    model = KNeighborsClassifierCV(60, weights=weights).fit(X, y)
    path = model.predict_path(None, range(1, 61))
    for k in range(1, 61):
        theirs = sk.KNeighborsClassifier(k, weights=weights).fit(X, y)
        labels, shares = theirs.predict(None), theirs.predict_proba(None)
        np.testing.assert_array_equal(path[k - 1], labels)
        assert model.cv_results_["accuracy"][k - 1] == pytest.approx((labels == y).mean(), 1e-15)
        assert model.cv_results_["log_loss"][k - 1] == pytest.approx(log_loss(y, shares), 1e-12)


def test_iris_with_named_classes():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    ours = KNeighborsClassifier(5, algorithm="brute").fit(X[::2], names[::2])
    theirs = sk.KNeighborsClassifier(5, algorithm="kd_tree").fit(X[::2], names[::2])
    assert ours.score(X[1::2], names[1::2]) == pytest.approx(
        theirs.score(X[1::2], names[1::2]), abs=0.03
    )
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


@pytest.mark.parametrize("metric", MINKOWSKI)
def test_densities_from_scipys_distances(metric):
    X, Q = spread(6)
    theirs, _ = cKDTree(X).query(Q, 12, p=MINKOWSKI[metric])
    unit = {"euclidean": 4 / 3 * np.pi, "manhattan": 4 / 3, "chebyshev": 8}[metric]
    textbook = 12 / (len(X) * unit * theirs[:, -1] ** 3)
    model = KNeighborsDensity(12, metric=metric, unbiased=False).fit(X)
    np.testing.assert_allclose(np.exp(model.score_samples(Q)), textbook, rtol=1e-12)
    model.set_params(unbiased=True)
    np.testing.assert_allclose(np.exp(model.score_samples(Q)), textbook * 11 / 12, rtol=1e-12)


def test_votes_of_a_density_are_the_classifiers():
    X, y = make_moons(300, noise=0.3, random_state=1)
    theirs = sk.KNeighborsClassifier(9).fit(X, y)
    ours = KNeighborsDensity(9).fit(X, y)
    for queries in (X + 0.1, None):
        np.testing.assert_allclose(ours.predict_proba(queries), theirs.predict_proba(queries))
