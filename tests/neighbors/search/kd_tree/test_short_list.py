"""A short list of one query: what a leaf's rows do to it, and where it gives way to a sure one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import MODEST
from tests.neighbors.search.asking import CODES, EUCLIDEAN, ask, assert_same, nobody

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses
from trivium.neighbors.search.kd_tree.nearest import nearest_piece
from trivium.neighbors.search.kd_tree.short_list import (
    LANES,
    LONGEST,
    _offer_one_by_one,
    offer_rows_to_one,
)
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.measures import POWERS
from trivium.neighbors.search.scan import Scan

ROOM = 32
"""Rows of a leaf, and of its block."""


@kernel
def offer(form, arrays, n_columns, size, limit, last):
    point, rows, keys, places, measured = addresses(arrays)
    return offer_rows_to_one(
        form, point, n_columns, rows, 0, ROOM, size, limit, keys, places, last, measured
    )


def empty_list():
    return np.full(LONGEST, np.inf), np.full(LONGEST, -1, dtype=np.intp)


def offered(rows, point, last, form=0, limit=np.inf):
    """Offer columns of rows, those behind the last being its copies, as the tree lays them."""
    d, size = rows.shape
    block = np.repeat(rows[:, -1:], ROOM, axis=1)
    block[:, :size] = rows
    keys, places = empty_list()
    arrays = point, block, keys, places, np.empty(ROOM)
    left = offer(form, arrays, d, size, limit, last)
    return left, keys, places


def asked(rows, queries, k, metric):
    """Lists of a few queries of a tree."""
    tree, m = KDTree(CODES[metric], rows, 1), len(queries)
    homes, which = tree._order(queries, 1)
    found = np.full((m, k), np.nan), np.full((m, k), -7, dtype=np.intp)
    nearest_piece(CODES[metric], tree.tree, queries, which, homes, nobody(queries), (k, k), *found)
    return found


class TestOneLeaf:
    @given(
        size=st.integers(1, ROOM),
        d=st.integers(1, 9),
        last=st.integers(0, LONGEST - 1),
        form=st.sampled_from([0, 1, 2]),
        values=st.sampled_from([2, 1000]),
        limit=st.sampled_from([0.0, 0.5, 3.0, np.inf]),
        seed=st.integers(0, 999),
    )
    @MODEST
    def test_it_is_what_one_row_after_the_other_would_do(
        self, size, d, last, form, values, limit, seed
    ):
        rng = np.random.default_rng(seed)
        rows, point = rng.integers(0, values, (d, size)) / 7.0, rng.random(d)
        left, keys, places = offered(rows, point, last, form, limit)
        one_by_one = empty_list()
        block = np.zeros((d, ROOM))
        block[:, :size] = rows
        right = _offer_one_by_one(
            form, point, d, block.ravel(), 0, ROOM, size, limit, *one_by_one, last
        )
        assert left == right
        assert_same((keys, places), one_by_one)

    @pytest.mark.parametrize("last", [0, LANES - 1, LANES, LONGEST - 1])
    def test_the_nearest_come_first_and_the_limit_is_the_last_of_use(self, last):
        rows = np.random.default_rng(1).permutation(ROOM)[None] / 1.0
        left, keys, places = offered(rows, np.zeros(1), last)
        n_entries = LANES * (last // LANES + 1)
        np.testing.assert_array_equal(keys[:n_entries], np.arange(n_entries) ** 2.0)
        np.testing.assert_array_equal(rows[0, places[:n_entries]], np.arange(n_entries))
        assert np.isinf(keys[n_entries:]).all()
        assert left == last**2.0

    def test_copies_of_the_last_row_behind_it_do_not_enter(self):
        _, keys, _ = offered(np.arange(3.0)[None], np.zeros(1), LONGEST - 1)
        assert np.isinf(keys[3:]).all()

    def test_what_ties_with_the_limit_enters(self):
        left, keys, _ = offered(np.array([[1.0, 2.0, 3.0]]), np.zeros(1), 1, limit=4.0)
        assert (left, list(keys[:3])) == (4.0, [1.0, 4.0, np.inf])

    @pytest.mark.parametrize("form", [-1, POWERS, 7])
    def test_by_no_other_form_does_a_row_enter(self, form):
        _, keys, _ = offered(np.ones((2, 5)), np.ones(2), 3, form)
        assert np.isinf(keys).all()


class TestQueriesApart:
    """Seven queries are fewer than are ever answered at once."""

    @pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
    @pytest.mark.parametrize("k", [1, LANES - 1, LANES, LONGEST - 1, LONGEST])
    @pytest.mark.parametrize("values", [3, 1 << 40])
    @pytest.mark.parametrize("size", [1e-170, 1.0, 1e160])
    def test_lists_are_those_of_the_scan(self, metric, k, values, size):
        rng = np.random.default_rng(k)
        for d in (1, 2, 3, 5):
            rows = size * rng.integers(0, values, (500, d)) / values
            queries = size * rng.integers(0, values, (7, d)) / values
            queries[3:] = rows[3:7]
            assert_same(asked(rows, queries, k, metric), ask(Scan(CODES[metric], rows), queries, k))

    @pytest.mark.parametrize("k", [1, LONGEST - 1])
    def test_one_row_whose_square_vanishes_and_ties_with_none(self, k):
        rows = np.column_stack([np.arange(500.0) ** 1.5, np.zeros(500)])
        queries = rows[:7] + np.array([0.0, 1e-170])
        found = asked(rows, queries, k, "euclidean")
        assert_same(found, ask(Scan(EUCLIDEAN, rows), queries, k))
        assert (found[0][:, 0] == 1e-170).all()
