"""Estimators say of sparse rows what they say of the same rows with all their zeros, to the bit."""

import io
import warnings
from functools import partial

import joblib
import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.metrics import make_scorer, matthews_corrcoef
from sklearn.neighbors import NearestNeighbors as TheirNeighbors
from tests.neighbors.search.sparse.tables import thinned
from tests.neighbors.test_rows import choose, classify, estimate, search
from tests.rows.split_rows import SplitCsrRows

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.neighbors.search.sparse import searcher

N = 48  # as the ways of `test_rows` ask for
METRICS = {
    "euclidean": {},
    "cosine": {"metric": "cosine"},
    "manhattan": {"metric": "manhattan"},
    "chebyshev": {"metric": "chebyshev"},
    "powers": {"p": 2.5},
    "p = 2": {"metric": "minkowski", "p": 2.0},
    "brute": {"algorithm": "brute"},
    "one thread": {"n_jobs": 1},
}


def unsorted_with_duplicates(X):
    """Store each number as two halves, columns falling."""
    rows, columns = np.nonzero(X)
    halves = X[rows, columns] / 2
    order = np.lexsort((-np.tile(columns, 2), np.tile(rows, 2)))
    indptr = np.concatenate([[0], 2 * np.cumsum((X != 0).sum(axis=1))])
    data, indices = np.tile(halves, 2)[order], np.tile(columns, 2)[order]
    return scipy.sparse.csr_array((data, indices, indptr), shape=X.shape)


def with_zeros(X):
    """Store everything, zeros too."""
    places = np.indices(X.shape).reshape(2, -1)
    return scipy.sparse.csr_array((X.reshape(-1), places), shape=X.shape)


def long(X):
    made = scipy.sparse.csr_array(X)
    made.indices, made.indptr = made.indices.astype(np.int64), made.indptr.astype(np.int64)
    return made


KINDS = {
    "csr_array": scipy.sparse.csr_array,
    "csr_matrix": scipy.sparse.csr_matrix,
    "csc_array": scipy.sparse.csc_array,
    "coo_matrix": scipy.sparse.coo_matrix,
    "lil_array": scipy.sparse.lil_array,
    "long": long,
    "unsorted": unsorted_with_duplicates,
    "with zeros": with_zeros,
}


def problem(seed, d=6):
    """Rows, queries, labels and weights: duplicates, a row of zeros, weights of zero."""
    rng = np.random.default_rng(seed)
    X = thinned(rng, N, d, 0.4, rng.integers(-2, 3, (N, d)).astype(float))
    X[N // 3 : N // 3 + 6] = X[N // 3]
    X[2] = 0.0
    queries = np.vstack([X[:4], thinned(rng, 5, d, 0.4)])
    y = np.sort(rng.integers(0, 3, N))
    y[:3] = 0, 1, 2
    return X, queries, y, rng.integers(0, 4, N).astype(float)


@pytest.fixture(params=["little", "much"], autouse=True)
def amount(request, monkeypatch):
    """Let NumPy do it by blocks, or compiled loops down the columns."""
    much = request.param == "much"
    monkeypatch.setattr(searcher.patience, "limit", -1.0 if much else np.inf)
    monkeypatch.setattr(searcher, "_FEW_QUERIES", 0)
    return request.param


WAYS = [
    *((way, metric) for way in (search, classify, choose) for metric in METRICS),
    *((estimate, metric) for metric in METRICS if metric != "cosine"),
]


def quietly(way, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(way(*arguments))


def assert_same(found, right):
    for one, other in zip(found, right, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("way", "metric"), WAYS)
def test_sparse_rows_and_queries(way, metric):
    X, queries, y, w = problem(0)
    right = quietly(way, METRICS[metric], X, queries, y, w)
    sparse_X, sparse_queries = scipy.sparse.csr_array(X), scipy.sparse.csr_array(queries)
    for rows, asked in ((X, sparse_queries), (sparse_X, queries), (sparse_X, sparse_queries)):
        assert_same(quietly(way, METRICS[metric], rows, asked, y, w), right)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_every_kind_of_sparse_matrix(kind, metric):
    X, queries, y, w = problem(1)
    make = KINDS[kind]
    for way in (search, classify):
        right = quietly(way, METRICS[metric], X, queries, y, w)
        assert_same(quietly(way, METRICS[metric], make(X), make(queries), y, w), right)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_float32(metric):
    X, queries, y, w = problem(2)
    X, queries = (np.float32(0.1) * each.astype(np.float32) for each in (X, queries))
    right = quietly(search, METRICS[metric], X, queries, y, w)
    given = scipy.sparse.csr_array(X), scipy.sparse.csr_array(queries)
    assert_same(quietly(search, METRICS[metric], *given, y, w), right)


@pytest.mark.parametrize(("way", "metric"), WAYS)
def test_slabs(way, metric, monkeypatch):
    X, queries, y, w = problem(3)
    given = scipy.sparse.csr_array(X), scipy.sparse.csr_array(queries), y, w
    right = quietly(way, METRICS[metric], *given)
    split = partial(SplitCsrRows, cuts=[0, 1, 20, 21])
    monkeypatch.setattr("trivium.rows.table.CsrRows", split)
    assert_same(quietly(way, METRICS[metric], *given), right)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"metric": "haversine"}, "'haversine'"),
        ({"metric": "canberra"}, "'canberra'"),
        ({"metric": "minkowski", "metric_params": {"w": [1.0, 2.0]}}, "'minkowski'"),
        ({"metric": lambda a, b: 0.0}, "<lambda>"),
    ],
)
def test_other_metrics_are_refused(words, named):
    X = np.abs(thinned(np.random.default_rng(0), 2, 2, 0.6))
    given = scipy.sparse.csr_array(X)
    match = f"Metric {named} not valid for sparse input: use X.toarray\\(\\), or one of 'euclid"
    for model in (NearestNeighbors(1, **words), KNeighborsClassifier(1, **words)):
        with pytest.raises(ValueError, match=match):
            model.fit(given, [0, 1])
        model.fit(X, [0, 1])
        with pytest.raises(ValueError, match=match):
            model.kneighbors(given)


@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_a_tree_is_not_made_of_sparse_rows(algorithm):
    X, queries, y, _ = problem(0)
    given = scipy.sparse.csr_array(X)
    model = KNeighborsClassifier(3, algorithm=algorithm)
    with pytest.warns(UserWarning, match=f"algorithm='{algorithm}' makes a tree of dense rows"):
        model.fit(given, y)
    assert model.algorithm_ == "brute"
    assert "sparse" in model.algorithm_reason_
    right = KNeighborsClassifier(3).fit(X, y).predict_proba(queries)
    np.testing.assert_array_equal(model.predict_proba(queries), right)
    tree = clone(model).fit(X, y)
    np.testing.assert_array_equal(tree.predict_proba(scipy.sparse.csr_array(queries)), right)


def test_parameters_set_later_and_pickles():
    X, queries, y, _ = problem(4)
    given = scipy.sparse.csr_array(X)
    model = KNeighborsClassifier(3, metric="cosine").fit(given, y)
    dense = KNeighborsClassifier(3, metric="cosine").fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    for each in (model, joblib.load(file)):
        for words in ({}, {"n_neighbors": 7, "weights": "distance"}):
            right = dense.set_params(**words).predict_proba(queries)
            np.testing.assert_array_equal(
                each.set_params(**words).predict_proba(given[:0].__class__(queries)), right
            )
            np.testing.assert_array_equal(each.predict(None), dense.predict(None))
        dense.set_params(n_neighbors=3, weights="uniform")


def test_scorers_are_handed_sparse_rows():
    X, _, y, _ = problem(5)
    seen = []

    def scoring(model, X, y):
        seen.append(X)
        return float(np.mean(model.predict(X) == y))

    given = scipy.sparse.csr_array(X)
    model = KNeighborsClassifierCV(5, scoring=scoring, rule="best").fit(given, y)
    right = KNeighborsClassifierCV(5, scoring=scoring, rule="best").fit(X, y)
    np.testing.assert_array_equal(model.cv_results_["score"], right.cv_results_["score"])
    assert scipy.sparse.issparse(seen[0])
    np.testing.assert_array_equal(seen[0].toarray(), X)
    metric = make_scorer(matthews_corrcoef)
    scores = [KNeighborsClassifierCV(5, scoring=metric).fit(each, y) for each in (given, X)]
    np.testing.assert_array_equal(*(each.cv_results_["score"] for each in scores))


def test_a_class_without_weight():
    X, queries, y, _ = problem(6)
    w = np.where(y == 1, 0.0, 1.0)
    models = [KNeighborsClassifier(3).fit(each, y, w) for each in (X, scipy.sparse.csr_array(X))]
    for asked in (queries, None):
        np.testing.assert_array_equal(*(model.predict_proba(asked) for model in models))


def test_distances_beyond_float64_are_named():
    X = scipy.sparse.csr_array([[0.0, 1e308], [0.0, 0.0]])
    model = NearestNeighbors(2).fit(X)
    with pytest.raises(ValueError, match="fewer than 2 rows.* -1.7e\\+308 in column 1.* 0 to 1e"):
        model.kneighbors(scipy.sparse.csr_array([[0.0, -1.7e308]]))


def test_bad_queries_are_named():
    model = NearestNeighbors(1).fit(scipy.sparse.eye_array(4, format="csr"))
    bad = scipy.sparse.csr_array([[0.0, 0.0, np.nan, 0.0]])
    with pytest.raises(ValueError, match="NaN: row 0, column 2"):
        model.kneighbors(bad)
    with pytest.raises(ValueError, match="5 features"):
        model.kneighbors(scipy.sparse.eye_array(5))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_a_peer_agrees(metric):
    rng = np.random.default_rng(7)
    X, queries = (scipy.sparse.csr_array(thinned(rng, n, 80, 0.1)) for n in (300, 30))
    found = NearestNeighbors(6, metric=metric).fit(X).kneighbors(queries)
    right = TheirNeighbors(n_neighbors=6, metric=metric).fit(X).kneighbors(queries)
    np.testing.assert_allclose(found[0], right[0], rtol=1e-7, atol=1e-7)
    assert np.mean(found[1] == right[1]) > 0.9  # of ties it says nothing


def test_nothing_is_dense_beyond_a_block(monkeypatch, amount):
    """Of a table that would take 80 TB."""
    rng = np.random.default_rng(8)
    n, d = 2000, 5_000_000_000
    places = rng.integers(0, 50, (n, 8)) ** 5 + np.arange(8)
    matrix = scipy.sparse.csr_array(
        (rng.random(8 * n), places.reshape(-1), 8 * np.arange(n + 1)), shape=(n, d)
    )
    monkeypatch.setattr(searcher.patience, "limit", 1 << 29)
    for metric in ("euclidean", "cosine"):
        model = NearestNeighbors(3, metric=metric).fit(matrix)
        distances, indices = model.kneighbors(matrix[:20])
        np.testing.assert_allclose(distances[:, 0], 0.0, atol=1e-15)
        assert (indices[:, 0] == np.arange(20)).all()


def test_densities_are_of_all_columns():
    X, queries, y, _ = problem(9, d=3)
    given = scipy.sparse.csr_array(X)
    for words in ({}, {"volume": "per_class"}):
        models = [KNeighborsDensity(8, **words).fit(each, y) for each in (X, given)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_array_equal(*(model.score_samples(queries) for model in models))
