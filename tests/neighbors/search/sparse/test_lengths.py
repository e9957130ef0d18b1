"""Directions of sparse rows have the bits of those of all columns."""

import numpy as np
import pytest
from tests.neighbors.search.sparse.tables import TABLES, sparse, table, thinned

from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.sparse import lengths
from trivium.rows.csr import Csr


@pytest.fixture(params=["by blocks", "by a loop"])
def way(request, monkeypatch):
    monkeypatch.setattr(lengths.patience, "limit", -1.0 if request.param == "by a loop" else np.inf)
    return request.param


def assert_same_directions(X, **words):
    found, right = directions(sparse(X, **words)), directions(X)
    np.testing.assert_array_equal(found.toarray().view(np.int64), (right + 0.0).view(np.int64))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_directions_are_those_of_all_columns(name, way):
    X, queries = table(name)
    for each in (X, queries):
        assert_same_directions(each)
        assert_same_directions(each, zeros=5, long=True)


@pytest.mark.parametrize(
    "d", [2, 7, 8, 9, 15, 16, 127, 128, 129, 136, 255, 256, 257, 1000, 1023, 4097, 20_011]
)
@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
def test_sums_of_any_number_of_columns(d, share, way):
    rng = np.random.default_rng(d)
    values = rng.normal(size=(12, d)) * 10.0 ** rng.integers(-3, 4, size=(12, d))
    assert_same_directions(thinned(rng, 12, d, share, values))


def test_a_part_of_a_table(way):
    X, _ = table("words")
    found = directions(sparse(X)[30:90])
    np.testing.assert_array_equal(found.toarray(), directions(X[30:90]))


def test_columns_are_shared_where_no_row_is_zero():
    X = sparse(np.array([[3.0, 4.0], [0.0, 2.0]]))
    found = directions(X)
    assert np.shares_memory(found.indices, X.indices)
    assert found.data.tolist() == [0.6, 0.8, 1.0]
    with_zero = directions(sparse(np.array([[3.0, 4.0], [0.0, 0.0]])))
    assert with_zero.toarray().tolist() == [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]
    assert isinstance(with_zero, Csr)
