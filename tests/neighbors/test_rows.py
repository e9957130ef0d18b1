"""Neighbours are found among rows wherever they live, to the bit, and each row is read once."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rows.split_rows import SplitRows

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.rows.memory import ArrayRows

N = 48
METRICS = {
    "euclidean": {},
    "manhattan": {"metric": "manhattan"},
    "chebyshev": {"metric": "chebyshev"},
    "powers": {"p": 2.5},
    "cosine": {"metric": "cosine"},
    "haversine": {"metric": "haversine"},
    "precomputed": {"metric": "precomputed"},
    "canberra": {"metric": "canberra"},
    "seuclidean": {"metric": "seuclidean"},
    "mahalanobis": {"metric": "mahalanobis"},
    "weighted": {"metric_params": {"w": [1.0, 0.5]}},
    "a function": {"metric": lambda a, b: float(np.abs(a - b).sum())},
}
WITH_VOLUMES = ("euclidean", "manhattan", "chebyshev", "powers", "haversine")


def problem(seed, metric, ties):
    """Rows, queries, labels and weights: duplicates, ties, sorted labels, weights of zero."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.5, 1.5, size=(N, 2))
    if ties:
        X = rng.integers(-1, 2, size=(N, 2)).astype(float)
    X[N // 3 : N // 3 + 6] = X[N // 3]
    queries = np.vstack([X[:4], rng.uniform(-1.5, 1.5, size=(5, 2))])
    if metric == "precomputed":
        X, queries = (np.abs(each[:, None] - X).sum(axis=2) for each in (X, queries))
    y = np.sort(rng.integers(0, 3, N))
    y[:3] = 0, 1, 2
    return X, queries, y, rng.integers(0, 4, N).astype(float)


def search(words, X, queries, y, w):
    model = NearestNeighbors(7, **words).fit(X)
    for asked in (queries, None):
        yield from model.kneighbors(asked, 11)
        yield from (model.radius_neighbors_graph(asked, 0.8, mode="distance").toarray(),)
    yield from map(np.concatenate, model.radius_neighbors(None, np.linspace(0.0, 1.0, N)))


def classify(words, X, queries, y, w):
    for more, weights in (
        ({}, None),
        ({"weights": "distance"}, w),
        ({"class_weight": "balanced"}, 0.5 * w),
        ({"class_weight": {0: 0.0, 1: 2.0}}, None),
    ):
        model = KNeighborsClassifier(6, **more, **words).fit(X, y, weights)
        yield from (model.predict_proba_path(asked, [1, 6]) for asked in (queries, None))
        yield from model.kneighbors(None)


def choose(words, X, queries, y, w):
    for more, weights in (
        ({}, None),
        ({"class_weight": "balanced", "scoring": "f1_macro"}, w),
        ({"class_weight": {0: 0.0, 1: 2.0}, "scoring": "neg_brier_score"}, None),
    ):
        model = KNeighborsClassifierCV(9, **more, **words).fit(X, y, weights)
        yield from model.cv_results_.values()
        yield model.predict_proba(queries)


def estimate(words, X, queries, y, w):
    for volume, labels, weights in (
        ("shared", None, None),
        ("shared", y, w),
        ("per_class", y, None),
        ("per_class", y, w),
    ):
        model = KNeighborsDensity(3, volume=volume, **words).fit(X, labels, weights)
        for asked in (queries, None):
            yield model.score_samples_path(asked, [2, 3])
            if labels is not None:
                yield model.class_score_samples(asked)
                yield model.predict_proba(asked)


def cuts_of(y):
    n = st.lists(st.integers(0, N), max_size=5)
    one_row_each, one_class_each = list(range(1, N)), np.flatnonzero(np.diff(y)).tolist()
    return n | st.just(one_row_each) | st.just([int(cut) + 1 for cut in one_class_each])


@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
@pytest.mark.filterwarnings("ignore:.*the density is infinite:UserWarning")
@pytest.mark.parametrize(
    ("way", "metric"),
    [
        *((way, metric) for way in (search, classify, choose) for metric in METRICS),
        *((estimate, metric) for metric in WITH_VOLUMES),
    ],
)
@given(data=st.data())
@settings(max_examples=2, deadline=None, derandomize=True)
def test_rows_in_pieces_have_the_neighbours_of_rows_in_memory(way, metric, data):
    table = problem(data.draw(st.integers(0, 9)), metric, data.draw(st.booleans()))
    cuts = data.draw(cuts_of(table[2]))
    whole = list(way(METRICS[metric], *table))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "trivium.rows.table.ArrayRows", lambda *some, **words: split(cuts, some, words)
        )
        found = list(way(METRICS[metric], *table))
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def split(cuts, some, words):
    return SplitRows(*some, **words, cuts=cuts)


@pytest.mark.parametrize(
    ("model", "most"),
    [
        (NearestNeighbors(3), 1.0),
        (KNeighborsClassifier(3, class_weight="balanced"), 1.0),
        (KNeighborsClassifierCV(5), 1.0),
        (KNeighborsClassifierCV(5, scoring="neg_brier_score"), 2.0),  # a scorer is handed an array
        (KNeighborsDensity(3), 1.0),
        (KNeighborsDensity(3, volume="per_class"), 3.0),  # a class's rows are taken, then indexed
    ],
)
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "seuclidean"])
def test_each_number_is_read_once_for_an_index(model, most, metric, monkeypatch):
    if isinstance(model, KNeighborsDensity) and metric != "euclidean":
        metric = "chebyshev"
    made = []

    def spied(*some, **words):
        made.append(SplitRows(*some, **words, cuts=[5, 20]))
        return made[-1]

    monkeypatch.setattr("trivium.rows.table.ArrayRows", spied)
    X, queries, y, _ = problem(1, metric, ties=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(metric=metric).fit(X, y)
        model.kneighbors(queries)
        model.kneighbors(None)
    (rows,) = made
    assert rows._X.read == rows.reads == most


def test_rows_in_memory_are_neither_copied_nor_cut():
    X = np.random.default_rng(0).normal(size=(N, 2))
    index = NearestNeighbors().fit(X)._index
    assert np.shares_memory(index.own_points(), X)
    (slab,) = ArrayRows(X).slabs(1)
    assert slab.X.base is X
