"""A search through slabs finds the lists of one search through all rows, to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import DATA, MODEST, rows_and_queries
from tests.neighbors.search.asking import assert_same
from tests.rows.split_rows import SplitRows

from trivium.neighbors.search import brute, chosen
from trivium.neighbors.search.index import ALGORITHMS, Index
from trivium.neighbors.search.metrics import metric_of
from trivium.neighbors.search.scan import Scan
from trivium.rows.memory import ArrayRows

METRICS = ("euclidean", "manhattan", "chebyshev", 3.0, "cosine", "haversine")


def index_of(rows, metric="euclidean", algorithm="auto", n_jobs=2):
    found = metric_of("minkowski", metric) if isinstance(metric, float) else metric_of(metric)
    return Index(rows, metric=found, algorithm=algorithm, n_jobs=n_jobs, k=3)


def split_and_whole(X, cuts, *words):
    """An index over rows in pieces, and one over the same rows in one."""
    split = index_of(SplitRows(X, cuts=cuts), *words)
    assert len(split._slabs) == len({0, *(cut for cut in cuts if 0 < cut < len(X))})
    return split, index_of(ArrayRows(X), *words)


def assert_same_answers(split, whole, queries, k, radii):
    points = whole.points(queries)
    assert_same(split.nearest(points, k), whole.nearest(points, k))
    assert_same(split.within(points, radii[0]), whole.within(points, radii[0]))
    assert_same(split.within(None, radii[1]), whole.within(None, radii[1]))
    if k < whole.n_rows:
        found = split.nearest(None, k)
        assert_same(found, whole.nearest(None, k))
        some = np.arange(0, whole.n_rows, 2)
        assert_same(split.own_points(some[::-1]), whole.own_points(some[::-1]))
        near = split.nearest(split.own_points(some), k, some)
        assert_same(near, [each[some] for each in found])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(data=st.data())
@settings(MODEST, max_examples=15)
def test_ties_duplicates_and_slabs_of_few_rows(algorithm, metric, data):
    n = data.draw(st.integers(1, 30))
    values = st.integers(-1, 1).map(float)
    X = data.draw(arrays(float, (n, 2), elements=values))
    queries = data.draw(arrays(float, (4, 2), elements=values))
    cuts = data.draw(st.lists(st.integers(0, n), max_size=5))
    k = data.draw(st.integers(1, n))
    radii = 1.0, data.draw(arrays(float, n, elements=st.sampled_from([0.0, 1.0, 1.5, np.inf])))
    assert_same_answers(*split_and_whole(X, cuts, metric, algorithm), queries, k, radii)


@pytest.mark.parametrize("name", sorted(set(DATA) - {"one row", "less than a leaf", "many rows"}))
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
def test_products_and_trees_of_each_slab(algorithm, metric, name, monkeypatch):
    monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9))
    X, queries = rows_and_queries(name)
    n = len(X)
    cuts = [n // 7, n // 7 + 1, n // 2]
    for k in (2, n // 7 + 5):
        indices = split_and_whole(X, cuts, metric, algorithm)
        assert_same_answers(*indices, queries, k, (0.5, np.linspace(0.0, 0.5, n)))


def test_each_slab_joins_its_own_rows_and_searches_for_those_of_the_others(monkeypatch):
    monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9))
    joins = []
    join = brute.Brute._join

    def called(search, *arguments):
        joins.append(len(search._rows))
        return join(search, *arguments)

    monkeypatch.setattr(brute.Brute, "_join", called)
    X = np.random.default_rng(0).normal(size=(900, 30))
    split, whole = split_and_whole(X, [300, 700], "euclidean", "brute")
    assert_same(split.nearest(None, 4), whole.nearest(None, 4))
    assert joins == [300, 400, 200, 900]


def test_slabs_are_asked_for_no_more_rows_than_they_have(monkeypatch):
    asked = []
    nearest = Scan.nearest

    def called(search, queries, skip, n_jobs, found, **words):
        free = len(search._rows) - (skip >= 0).any()
        asked.append((len(search._rows), found[0].shape[1]))
        assert 0 < found[0].shape[1] <= free
        return nearest(search, queries, skip, n_jobs, found, **words)

    monkeypatch.setattr(Scan, "nearest", called)
    monkeypatch.setattr(chosen, "_LITTLE_WORK", 10**12)
    X = np.random.default_rng(1).normal(size=(40, 3))
    split, whole = split_and_whole(X, [1, 5, 6, 30])
    some = np.arange(2, 39)
    right = whole.nearest(whole.own_points(some), 20, some)
    assert_same(split.nearest(split.own_points(some), 20, some), right)
    assert {(1, 1), (4, 4), (4, 3), (24, 20), (10, 10), (10, 9)} <= set(asked)


def test_rows_too_far_off_are_named_by_all_slabs():
    X = np.array([[1.0], [-1.6e308], [2.0], [1.7e308]])
    for rows in ArrayRows(X), SplitRows(X, cuts=[1, 3]):
        index = index_of(rows)
        with pytest.raises(ValueError, match=r"fewer than 4 rows .* -1.7e\+308 .* 1.7e\+308"):
            index.nearest(np.array([[-1.7e308]]), 4)
        with pytest.raises(ValueError, match=r"fewer than 3 rows .* value is -1.6e\+308 "):
            index.nearest(None, 3)


def test_a_row_that_makes_no_sense_is_named_by_its_number_among_all():
    X = np.zeros((6, 2))
    X[4, 0] = 90.0
    with pytest.raises(ValueError, match="latitude in row 4 is 90"):
        index_of(SplitRows(X, cuts=[2, 3]), "haversine")
