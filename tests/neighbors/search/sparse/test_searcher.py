"""A search among sparse rows finds what one among all columns does, to the bit."""

import copy
import pickle

import numpy as np
import pytest
from tests.neighbors.search.asking import ask, assert_same, nobody
from tests.neighbors.search.sparse.tables import TABLES, sparse, table

from trivium.neighbors.search.measures import HALF, ITSELF, SQUARE_ROOT, Measure
from trivium.neighbors.search.metrics import metric_of
from trivium.neighbors.search.scan import Scan
from trivium.neighbors.search.sparse import postings, searcher
from trivium.neighbors.search.sparse.columns import _limit
from trivium.neighbors.search.sparse.searcher import SparseSearch

METRICS = {
    "euclidean": metric_of("euclidean"),
    "cosine": metric_of("cosine"),
    "manhattan": metric_of("manhattan"),
    "chebyshev": metric_of("chebyshev"),
    "powers": metric_of("minkowski", 2.5),
}
WAYS = "by blocks", "merging", "down the columns"
PAIRS = [
    (way, metric)
    for way in WAYS
    for metric in METRICS
    if way != WAYS[2] or metric in ("euclidean", "cosine")
]

each_way = pytest.mark.parametrize(("way", "metric"), PAIRS, indirect=["way"])


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Search in one of the ways, in small pieces and blocks."""
    monkeypatch.setattr(searcher.patience, "limit", np.inf if request.param == WAYS[0] else -1.0)
    few = 0 if request.param == WAYS[2] else np.inf
    monkeypatch.setattr(searcher, "_FEW_QUERIES", few)
    monkeypatch.setattr(searcher, "_QUERIES_A_PIECE", 16)
    monkeypatch.setattr(searcher, "_NUMBERS_A_BLOCK", 6000)
    monkeypatch.setattr(searcher, "_MATCHES_WORTH_THREADS", 0)
    monkeypatch.setattr(searcher, "_MOST_FOUND", 300)
    monkeypatch.setattr(postings, "_LEAST_ROWS", 32)
    monkeypatch.setattr(postings, "_STORED_A_BLOCK", 300)
    return request.param


def problem(metric, name, **words):
    """Searches among all columns and among what is stored, with queries for each."""
    rows, queries = table(name)
    kind = METRICS[metric]
    spaces = [kind.space or (lambda X: X)] * 2
    full = [space(each) for space, each in zip(spaces, (rows, queries), strict=True)]
    stored = [
        space(sparse(each, **words)) for space, each in zip(spaces, (rows, queries), strict=True)
    ]
    searches = Scan(kind.measure, full[0]), SparseSearch(kind.measure, stored[0])
    return searches, (full[1], stored[1])


@pytest.mark.parametrize("name", TABLES)
@each_way
def test_nearest(metric, name, way):
    (dense, search), (queries, stored) = problem(metric, name)
    n = search._rows.shape[0]
    for k, n_jobs in ((1, 1), (min(10, n), 2), (n, 1), (n, 2)):
        assert_same(ask(search, stored, k, n_jobs=n_jobs), ask(dense, queries, k))


@each_way
@pytest.mark.parametrize("words", [{"zeros": 40}, {"long": True}], ids=["zeros", "long"])
def test_nearest_of_other_layouts(metric, words, way):
    (dense, search), (queries, stored) = problem(metric, "words", **words)
    assert_same(ask(search, stored, 7), ask(dense, queries, 7))


@pytest.mark.parametrize("name", ["words", "duplicates", "ties"])
@each_way
def test_rows_are_left_out(metric, name, way):
    (dense, search), (queries, stored) = problem(metric, name)
    skip = np.arange(len(queries)) * 7 - 1
    assert_same(ask(search, stored, 5, skip), ask(dense, queries, 5, skip))
    own = np.arange(search._rows.shape[0])
    right = ask(dense, dense._rows, own.size - 1, own)
    assert_same(ask(search, search._rows, own.size - 1, own, own=True), right)


@pytest.mark.parametrize("name", TABLES)
@each_way
def test_within(metric, name, way):
    (dense, search), (queries, stored) = problem(metric, name)
    n = search._rows.shape[0]
    reach = ask(dense, queries, -(-n // 3))[0][:, -1]
    skip = np.minimum(np.arange(len(queries)) - 1, n - 1)
    asked = (reach, nobody(queries), 1), (float(reach[0]), skip, 2), (np.inf, skip, 1)
    for radius, left_out, n_jobs in asked:
        right = dense.within(queries, radius, left_out, 1)
        assert_same(search.within(stored, radius, left_out, n_jobs), right)


def test_a_copy_and_a_pickle_answer_alike(way):
    (_, search), (_, stored) = problem("euclidean", "words")
    right = ask(search, stored, 5)
    again = pickle.loads(pickle.dumps(search))  # noqa: S301 - its own
    for other in (copy.deepcopy(search), again):
        assert other._postings is None
        assert_same(ask(other, stored, 5), right)


def test_columns_are_written_once_they_pay(monkeypatch):
    monkeypatch.setattr(searcher.patience, "limit", -1.0)
    (_, search), (_, stored) = problem("euclidean", "long columns")
    ask(search, stored[:2], 5)
    assert search._postings is None
    ask(search, stored[:1], 5)
    written = search._postings
    assert written is not None
    assert written.long.max() == 3
    ask(search, stored, 5)
    assert search._postings is written


def test_little_is_asked_without_a_compiler(monkeypatch):
    monkeypatch.setattr(searcher.patience, "limit", np.inf)
    for loop in ("merge_nearest", "merge_within", "find_nearest", "find_within"):
        monkeypatch.setattr(searcher, loop, None)
    (dense, search), (queries, stored) = problem("cosine", "words")
    assert_same(ask(search, stored, 5), ask(dense, queries, 5))


def test_unknown_measures_are_refused():
    with pytest.raises(ValueError, match="no such form"):
        SparseSearch(Measure(7, 0), sparse(np.eye(2)))


def test_memory_of_what_is_written():
    rng = np.random.default_rng(0)
    X = sparse(np.where(rng.random((3000, 200)) < 0.1, 1.0, 0.0))
    written = postings.write_postings(X, 1)
    n_bytes = sum(part.nbytes for block in written.blocks for part in block[3:])
    assert n_bytes <= 15 * X.n_stored
    assert written.long.max() >= 0


def test_few_of_very_many_columns_take_little_room():
    X = sparse(np.eye(5))
    X = type(X)(X.data, X.indices.astype(np.int64) * 10**12, X.indptr, (5, 10**13))
    search = SparseSearch(METRICS["euclidean"].measure, X)
    search._asked = 100
    distances, indices = ask(search, X[1:3], 2)
    assert distances.tolist() == [[0.0, np.sqrt(2.0)]] * 2
    assert indices.tolist() == [[1, 0], [2, 0]]


def test_a_root_that_limits_do_not_know_leaves_no_row_out():
    unknown = metric_of("euclidean").measure._replace(root=ITSELF)
    assert _limit(unknown, 2.0, 0) == np.inf
    assert 4.0 < _limit(unknown._replace(root=SQUARE_ROOT), 2.0, 0) < 4.0001
    assert 4.0 < _limit(unknown._replace(root=HALF), 2.0, 0) < 4.0001
