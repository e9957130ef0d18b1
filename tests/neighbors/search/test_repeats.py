"""Contract 1 where rows repeat: lists are those of a search that knows nothing of it."""

import copy
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import config_context
from tests.neighbors.reference import DATA, METRICS, MODEST, nearest, rows_and_queries
from tests.neighbors.search.asking import ask, assert_same, nobody
from tests.rows.split_rows import SplitRows

from trivium import KNeighborsClassifierCV, NearestNeighbors
from trivium.neighbors.search import copies, slab_maker
from trivium.neighbors.search.copies import Copies
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import metric_of
from trivium.neighbors.search.repeats import Repeats
from trivium.neighbors.search.scan import Scan
from trivium.rows.memory import ArrayRows

ALGORITHMS = ("auto", "brute", "kd_tree")


@pytest.fixture
def grouped(monkeypatch):
    """Group the rows of any table, and any queries."""
    monkeypatch.setattr(copies, "_SAMPLE", 1)
    monkeypatch.setattr(copies, "_WORTH_GROUPING", 1.0)


def index_of(rows, metric="euclidean", algorithm="auto", n_jobs=2):
    found = metric_of("minkowski", metric) if isinstance(metric, float) else metric_of(metric)
    table = rows if isinstance(rows, SplitRows) else ArrayRows(np.ascontiguousarray(rows))
    return Index(table, metric=found, algorithm=algorithm, n_jobs=n_jobs, k=3)


def ungrouped(monkeypatch, rows, *words):
    """The same index, whose rows are searched one by one."""
    with monkeypatch.context() as patch:
        patch.setattr(slab_maker.Copies, "of", lambda rows: None)
        return index_of(rows, *words)


@pytest.mark.usefixtures("grouped")
class TestLists:
    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    @pytest.mark.parametrize("name", DATA)
    def test_lists_are_those_of_sorting_everything(self, name, algorithm, metric):
        rows, queries = rows_and_queries(name)
        index = index_of(rows, metric, algorithm)
        assert isinstance(index._slabs[0].searcher, Repeats)
        for k in {1, min(5, len(rows)), min(70, len(rows)), len(rows)}:
            found = index.nearest(index.points(queries), k)
            assert_same(found, nearest(queries, rows, k, metric))
        for k in {1, 6, 99} if len(rows) > 99 else ():
            assert_same(index.nearest(None, k), nearest(None, rows, k, metric))

    @given(
        rows=arrays(float, st.tuples(st.integers(2, 60), st.just(2)), elements=st.integers(-1, 1)),
        data=st.data(),
    )
    @settings(MODEST, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_rows_to_skip(self, rows, data):
        n = len(rows)
        queries = data.draw(arrays(float, (6, 2), elements=st.integers(-2, 2)))
        skip = data.draw(arrays(np.intp, 6, elements=st.integers(-1, n - 1)))
        k = data.draw(st.integers(1, n - 1))
        scan = Scan(metric_of("euclidean").measure, rows)
        found = Copies.of(rows)
        assert_same(
            ask(
                Repeats(found, Scan(metric_of("euclidean").measure, rows[found.first])),
                queries,
                k,
                skip,
            ),
            ask(scan, queries, k, skip),
        )

    def test_more_distinct_rows_are_asked_for_where_few_hold_too_few_rows(self):
        rows = np.concatenate([np.zeros(900), np.arange(1.0, 101.0)])[:, None]
        queries = np.array([[100.0], [60.0], [0.0]])
        index = index_of(rows)
        found = index.nearest(index.points(queries), 60)
        assert_same(found, nearest(queries, rows, 60))

    @pytest.mark.parametrize("metric", ["haversine", 3.0, "cosine"])
    def test_metrics_with_a_space_or_a_power(self, metric, monkeypatch):
        rng = np.random.default_rng(0)
        rows = rng.integers(-2, 3, (300, 2)) / 2.0
        queries = np.concatenate([rows[:20], rng.random((20, 2))])
        one, other = index_of(rows, metric), ungrouped(monkeypatch, rows, metric)
        for k in (1, 7, 150):
            assert_same(
                one.nearest(one.points(queries), k), other.nearest(other.points(queries), k)
            )
            assert_same(one.nearest(None, k), other.nearest(None, k))
        for radius in (0.0, 0.4, np.linspace(0.0, 2.0, 40)):
            assert_same(
                one.within(one.points(queries), radius), other.within(other.points(queries), radius)
            )

    @pytest.mark.parametrize("name", ["ties", "duplicates", "one column", "random"])
    def test_rows_within_a_radius(self, name, monkeypatch):
        rows, queries = rows_and_queries(name)
        one, other = index_of(rows), ungrouped(monkeypatch, rows)
        for radius in (0.0, 1.0, 2.5):
            assert_same(
                one.within(one.points(queries), radius), other.within(other.points(queries), radius)
            )
            assert_same(one.within(None, radius), other.within(None, radius))

    @pytest.mark.parametrize("n_jobs", [1, 2, 5])
    def test_pieces_and_threads_change_nothing(self, n_jobs, monkeypatch):
        rows, _ = rows_and_queries("ties")
        right = index_of(rows).nearest(None, 30)
        monkeypatch.setattr("trivium.neighbors.search.repeats._ENTRIES_AT_ONCE", 100)
        assert_same(index_of(rows, n_jobs=n_jobs).nearest(None, 30), right)

    @pytest.mark.parametrize("name", ["ties", "duplicates", "one column"])
    def test_little_memory_changes_nothing(self, name, monkeypatch):
        rows, queries = rows_and_queries(name)
        whole, index = index_of(rows), index_of(rows)
        points = index.points(queries)
        right = whole.nearest(None, 30), whole.nearest(points, 30)
        right += whole.within(None, 2.5), whole.within(points, np.arange(len(queries)) / 9)
        monkeypatch.setattr("trivium.neighbors.search.repeats._FIRST_WITHIN", 3)
        with config_context(working_memory=0.001):
            found = index.nearest(None, 30), index.nearest(points, 30)
            found += index.within(None, 2.5), index.within(points, np.arange(len(queries)) / 9)
        for one, other in zip(found, right, strict=True):
            assert_same(one, other)

    def test_slabs_of_rows_that_repeat(self):
        rows, _ = rows_and_queries("ties")
        whole, split = index_of(rows), index_of(SplitRows(rows, cuts=(100, 350)))
        assert_same(split.nearest(None, 40), whole.nearest(None, 40))
        assert_same(split.within(None, 1.0), whole.within(None, 1.0))


@pytest.fixture(scope="module")
def indicators():
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (2000, 2)).astype(float), rng.integers(0, 2, 2000)


def test_distinct_rows_alone_are_measured(indicators, monkeypatch):
    measured = []
    scan = Scan.nearest
    monkeypatch.setattr(
        Scan,
        "nearest",
        lambda self, queries, *a, **w: (
            measured.append(queries.shape) or scan(self, queries, *a, **w)
        ),
    )
    NearestNeighbors(n_neighbors=5).fit(indicators[0]).kneighbors(None)
    assert measured == [(4, 2)]


@pytest.mark.parametrize("asked", ["queries", "rows", "radius"])
def test_memory_is_that_of_the_result_and_what_the_setting_allows(asked):
    rng = np.random.default_rng(0)
    rows, queries = rng.random((8000, 3)), rng.random((4000, 3))
    rows[rng.permutation(8000)[:5000]] = 0.5
    index = index_of(rows)
    assert isinstance(index._slabs[0].searcher, Repeats)
    points = index.points(queries)

    def search():
        if asked == "radius":
            return index.within(points, 0.25)
        return index.nearest(points if asked == "queries" else None, 300)

    with config_context(working_memory=4):
        search()  # compiles what it needs
        tracemalloc.start()
        found = search()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # What radii find is joined, distances first.
    most = (1.5 if asked == "radius" else 1) * sum(each.nbytes for each in found)
    assert most > 10 * 2**20
    assert peak < most + 6 * 2**20


def test_the_reason_tells_of_it(indicators):
    search = NearestNeighbors().fit(indicators[0])
    assert search.algorithm_ == "brute"
    assert search.algorithm_reason_.startswith(
        "4 of 2000 rows are distinct, and these are searched: "
    )


def test_a_model_is_copied_with_its_groups(indicators):
    search = NearestNeighbors(n_neighbors=9).fit(indicators[0])
    assert_same(copy.deepcopy(search).kneighbors(None), search.kneighbors(None))


def test_scores_of_every_k_are_those_of_rows_one_by_one(indicators, monkeypatch):
    one = KNeighborsClassifierCV(k_max=50).fit(*indicators).cv_results_
    monkeypatch.setattr(slab_maker.Copies, "of", lambda rows: None)
    other = KNeighborsClassifierCV(k_max=50).fit(*indicators).cv_results_
    for name, scores in one.items():
        np.testing.assert_array_equal(scores, other[name])


def test_what_the_caller_leaves_out_is_left_out_of_equal_rows(indicators):
    X, _ = indicators
    found = Copies.of(X)
    searcher = Repeats(found, Scan(metric_of("euclidean").measure, X[found.first]))
    distances, rows = ask(searcher, X[:5], 3, skip=found.numbers[found.starts[found.group_of[:5]]])
    right = nearest(X[:5], X, 4)[1][:, 1:]
    assert np.array_equal(rows, right)
    assert not distances.any()
    assert_same(ask(searcher, X[:5], 3, nobody(X[:5])), nearest(X[:5], X, 3))
