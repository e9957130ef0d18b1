"""The order of the queries: by leaf, then by cells that are walked to and fro."""

import numpy as np
import pytest
from tests.neighbors.search.asking import EUCLIDEAN

from trivium.neighbors.search.kd_tree.order import leaf_planes, order_by_bin, query_bins
from trivium.neighbors.search.kd_tree.tree import KDTree

HUGE = np.finfo(float).max


def leaves_by_hand(tree, queries):
    """Walk from the root, one query and one node at a time."""
    found = []
    for query in queries:
        node = 0
        for _ in range(tree.depth):
            node = 2 * node + 1 + int(query[tree.sides[node]] >= tree.cuts[node])
        found.append(node - len(tree.sides))
    return np.array(found, dtype=np.intp)


def bins_of(tree, queries, bits):
    bins = np.full(len(queries), -7, dtype=np.intp)
    query_bins(tree, leaf_planes(tree), np.ascontiguousarray(queries), bits, bins)
    return bins


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("d", [1, 2, 3, 9])
@pytest.mark.parametrize("bits", [0, 1, 2, 5, 10])
@pytest.mark.parametrize("n_queries", [0, 1, 15, 16, 17, 300])
def test_a_bin_is_a_cell_of_the_leaf_that_a_walk_ends_in(d, bits, n_queries, rng):
    tree = KDTree(EUCLIDEAN, rng.normal(size=(1000, d))).tree
    queries = 2.0 * rng.normal(size=(n_queries, d))
    bins = bins_of(tree, queries, bits)
    np.testing.assert_array_equal(bins >> bits, leaves_by_hand(tree, queries))


def test_the_next_cell_touches_the_one_before():
    ticks = (np.arange(32) + 0.5) / 32
    queries = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    rows = np.concatenate([np.tile(corners, (8, 1)), np.tile(corners + 5.0, (8, 1))])
    tree = KDTree(EUCLIDEAN, rows).tree
    bins = bins_of(tree, queries, bits=10)
    assert len(np.unique(bins)) == 1024  # each cell has its own
    steps = np.abs(np.diff(queries[order_by_bin(bins, 2 << 10)], axis=0)).sum(axis=1)
    np.testing.assert_allclose(steps, 1 / 32)


@pytest.mark.parametrize("scale", [0.0, 5e-324, 1e-308, 1.0, 1e300])
def test_cells_stay_within_their_leaf_whatever_the_size(scale, rng):
    rows = scale * rng.choice([-1.0, 0.0, 1.0, 100.0], size=(500, 2))
    queries = np.concatenate([rows, [[HUGE, -HUGE], [-HUGE, HUGE], [0.0, 1.0], [5e-324, -1.0]]])
    tree = KDTree(EUCLIDEAN, rows).tree
    bins = bins_of(tree, queries, bits=6)
    np.testing.assert_array_equal(bins >> 6, leaves_by_hand(tree, queries))


def test_sorting_by_bin_keeps_the_order_within_each(rng):
    bins = rng.integers(0, 50, size=2000)
    np.testing.assert_array_equal(order_by_bin(bins, 50), np.argsort(bins, kind="stable"))
