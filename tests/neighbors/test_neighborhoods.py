"""As many neighbours as weigh k, in batches."""

import numpy as np
import pytest
from sklearn import config_context
from tests.neighbors.reference import nearest

from trivium.neighbors import neighborhoods as module
from trivium.neighbors.neighborhoods import available_mass, counting_weights, neighborhoods
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import METRICS
from trivium.rows.memory import ArrayRows


def index_of(rows):
    return Index(ArrayRows(rows), metric=METRICS["euclidean"], algorithm="brute", n_jobs=1)


def together(batches, n_queries, k):
    """First k neighbours of every query, and each one met exactly once."""
    distances, indices = np.full((n_queries, k), np.nan), np.full((n_queries, k), -1)
    met = np.zeros(n_queries, dtype=int)
    for near in batches:
        met[near.members] += 1
        distances[near.members], indices[near.members] = near.distances[:, :k], near.indices[:, :k]
    assert (met == 1).all()
    return distances, indices


@pytest.fixture
def rows():
    return np.random.default_rng(0).integers(0, 5, size=(90, 2)).astype(float)


@pytest.mark.parametrize("entries", [1, 40, 1 << 20])
@pytest.mark.parametrize("own", [False, True])
def test_batches_of_any_size_give_every_query_its_list(rows, entries, own, monkeypatch):
    monkeypatch.setattr(module, "_ENTRIES_A_BATCH", entries)
    queries = None if own else rows[:33] + 0.25
    found = together(neighborhoods(index_of(rows), queries, 4), 90 if own else 33, 4)
    for one, right in zip(found, nearest(queries, rows, 4), strict=True):
        np.testing.assert_array_equal(one, right)


def test_batches_are_as_small_as_working_memory_asks_for(rows):
    queries = np.random.default_rng(2).random((20_000, 2))
    with config_context(working_memory=1):
        sizes = [near.members.size for near in neighborhoods(index_of(rows), queries, 40)]
    assert sum(sizes) == 20_000
    assert max(sizes) * 40 * 32 <= 2**20
    assert len(sizes) < 30


@pytest.mark.parametrize("entries", [1, 40, 1 << 20])
@pytest.mark.parametrize("own", [False, True])
def test_weights_reach_k_and_no_list_is_cut_short(rows, entries, own, monkeypatch):
    monkeypatch.setattr(module, "_ENTRIES_A_BATCH", entries)
    weights = np.random.default_rng(1).choice([0.25, 0.5, 1.0, 3.0], size=90)
    index, k = index_of(rows), 9
    met = np.zeros(90, dtype=int)
    for near in neighborhoods(index, None if own else rows, k, weights):
        met[near.members] += 1
        assert (near.weights.sum(axis=1) >= k).all()
        for q, indices, mass in zip(near.members, near.indices, near.weights, strict=True):
            itself = indices == q
            assert itself.sum() <= 1
            expected = weights[indices] - own * itself
            np.testing.assert_array_equal(mass, expected)
            if own and weights[q] <= 1:
                assert not itself.any()
    assert (met == 1).all()


def test_rows_too_light_for_k_are_all_given(rows):
    weights = np.full(90, 0.1)
    (near,) = neighborhoods(index_of(rows), rows[:5], 9, weights)
    assert near.indices.shape == (5, 90)


class TestAvailableMass:
    def test_rows_that_count_once(self, rows):
        assert available_mass(index_of(rows), None, own=False) == 90
        assert available_mass(index_of(rows), None, own=True) == 89

    @pytest.mark.parametrize(
        ("weights", "others"), [([2, 3], 4), ([0.5, 3], 2.5), ([0.5, 0.25], 0.25), ([1, 1], 1)]
    )
    def test_weights_add_up_and_a_row_takes_itself_out_once(self, weights, others):
        index, weights = index_of(np.zeros((2, 1))), np.array(weights, dtype=float)
        assert available_mass(index, weights, own=False) == weights.sum()
        assert available_mass(index, weights, own=True) == others


class TestCountingWeights:
    def test_whole_numbers_count_rows(self):
        weights = np.array([1.0, 3.0, 2.0])
        assert counting_weights(weights) is weights
        assert counting_weights(None) is None

    @pytest.mark.parametrize("unit", [1e-300, 0.1, 1e300])
    def test_other_weights_are_relative(self, unit):
        found = counting_weights(unit * np.array([0.5, 1.25, 1.25]))
        np.testing.assert_allclose(found, [0.5, 1.25, 1.25])
