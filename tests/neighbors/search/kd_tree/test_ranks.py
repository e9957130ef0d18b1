"""The key of a rank among few, and trees of rows that a selection by ranks finds hard."""

import numpy as np
import pytest
from tests.neighbors.reference import nearest
from tests.neighbors.search.asking import CODES, ask, assert_same

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address
from trivium.neighbors.search.kd_tree.ranks import LAST_KEY, MOST_KEYS, of_rank
from trivium.neighbors.search.kd_tree.tree import KDTree


@kernel
def key_of_rank(keys, size, rank):
    return of_rank(address(keys, 0), size, rank)


@pytest.mark.parametrize("size", range(1, MOST_KEYS + 1))
def test_a_key_is_that_of_its_place_when_all_are_sorted(size):
    rng = np.random.default_rng(size)
    keys = np.full(MOST_KEYS, LAST_KEY)
    keys[:size] = rng.choice([0, 2**62, *rng.integers(0, 2**63 - 1, 40)], size, replace=False)
    found = [key_of_rank(keys, size, rank) for rank in range(size)]
    assert found == sorted(keys[:size].tolist())


LINE = np.arange(3_000.0)

HARD = {
    "sorted": LINE,
    "reversed": LINE[::-1],
    "two heaps": LINE % 2 * 1e9,
    "all but one the same": (LINE == 17) * 1.0,
    "samples see nothing but the greatest": np.where(LINE.astype(int) % 93 == 0, 1.0, -LINE),
    "apart in the last bits alone": 1.0 + LINE % 50 * 2.0**-52,
    "tiny": LINE * 5e-324,
    "both ends of float64": np.where(LINE % 2 == 0, 1.0, -1.0) * (1.7e308 - LINE * 1e304),
    "zeros of both signs": np.where(LINE % 2 == 0, 0.0, -0.0),
}

BEYOND = {"tiny", "both ends of float64"}
"""Squares that the plain truth does not have."""


@pytest.mark.parametrize("name", HARD)
def test_leaves_share_rows_evenly_whatever_their_values(name):
    rows = np.column_stack([HARD[name], np.zeros(LINE.size)])
    tree = KDTree(CODES["euclidean"], rows, 1).tree
    n_leaves = len(tree.blocks)
    places = [(leaf * len(rows)) // n_leaves for leaf in range(n_leaves + 1)]
    numbers = np.concatenate(
        [tree.numbers[leaf, 2, : places[leaf + 1] - places[leaf]] for leaf in range(n_leaves)]
    )
    np.testing.assert_array_equal(np.sort(numbers), np.arange(len(rows)))


@pytest.mark.parametrize("name", sorted(HARD.keys() - BEYOND))
def test_lists_of_such_rows_are_those_of_sorting_everything(name):
    rows = np.column_stack([HARD[name], np.zeros(LINE.size)])
    queries = rows[::97]
    found = ask(KDTree(CODES["euclidean"], rows, 1), queries, 7)
    assert_same(found, nearest(queries, rows, 7))
