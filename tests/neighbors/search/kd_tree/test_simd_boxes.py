"""Eight boxes at once: what is measured, and what is put on the stack, in which order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import MODEST
from tests.neighbors.search.asking import CODES, ask, assert_same, nobody

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses
from trivium.neighbors.search.kd_tree.build import LANES
from trivium.neighbors.search.kd_tree.simd_boxes import (
    _measure_one_by_one,
    _push_one_by_one,
    measure_boxes,
    push_near,
)
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.measures import POWERS
from trivium.neighbors.search.scan import Scan

ROOM, NOTHING = 12, -7


@kernel
def measure(form, box, n_columns, boxes, at, bounds):
    low, high = addresses(box)
    boxes, bounds = addresses((boxes, bounds))
    measure_boxes(form, low, high, n_columns, boxes, at, bounds)


@kernel
def push(arrays, limit, first_lane, child, home, top):
    measured, bounds, nodes = addresses(arrays)
    return push_near(measured, limit, first_lane, child, home, bounds, nodes, top)


def stack():
    return np.full(ROOM, np.nan), np.full(ROOM, NOTHING, dtype=np.intp)


def pushed(measured, limit=np.inf, first_lane=0, child=100, home=-1, top=0):
    """Return the nodes and bounds on the stack."""
    bounds, nodes = stack()
    end = push((measured, bounds, nodes), limit, first_lane, child, home, top)
    assert (nodes[:top] == NOTHING).all()
    return list(nodes[top:end]), list(bounds[top:end])


class TestMeasure:
    @given(
        d=st.integers(1, 9),
        form=st.sampled_from([0, 1, 2]),
        values=st.sampled_from([3, 1000]),
        size=st.sampled_from([1e-170, 1.0, 1e160, 1e308]),
        group=st.integers(0, 2),
        seed=st.integers(0, 999),
    )
    @MODEST
    def test_it_is_what_one_box_after_the_other_would_do(self, d, form, values, size, group, seed):
        rng = np.random.default_rng(seed)
        boxes = size * (rng.integers(0, values, (3, d, 2, LANES)) / values - 0.5)
        boxes.sort(axis=2)
        boxes[1, :, 0, :4], boxes[1, :, 1, :4] = np.inf, -np.inf  # lanes without a child
        box = size * (rng.integers(0, values, (2, d)) / values - 0.5)
        box.sort(axis=0)
        at, bounds, one_by_one = group * d * 2 * LANES, np.full(LANES, -1.0), np.full(LANES, -1.0)
        measure(form, tuple(box), d, boxes, at, bounds)
        _measure_one_by_one(form, *box, d, boxes.ravel(), at, one_by_one)
        np.testing.assert_array_equal(bounds, one_by_one)

    def test_boxes_that_touch_or_overlap_are_at_zero(self):
        boxes = np.zeros((1, 1, 2, LANES))
        boxes[0, 0] = [0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8]
        bounds = np.full(LANES, -1.0)
        measure(0, (np.array([3.0]), np.array([4.5])), 1, boxes, 0, bounds)
        np.testing.assert_array_equal(bounds, [4.0, 1.0, 0.0, 0.0, 0.0, 0.25, 2.25, 6.25])

    @pytest.mark.parametrize("form", [-1, POWERS, 7])
    def test_by_no_other_form_is_anything_written(self, form):
        bounds, box = np.full(LANES, -1.0), (np.zeros(1), np.zeros(1))
        measure(form, box, 1, np.ones((1, 1, 2, LANES)), 0, bounds)
        assert (bounds == -1.0).all()


class TestPush:
    @given(
        first_lane=st.integers(0, LANES - 1),
        limit=st.sampled_from([0.0, 2.0, 5.0, np.inf]),
        home=st.integers(90, 115),
        top=st.integers(0, 4),
        values=st.sampled_from([2, 6, 1000]),
        seed=st.integers(0, 999),
    )
    @MODEST
    def test_it_is_what_one_child_after_the_other_would_do(
        self, first_lane, limit, home, top, values, seed
    ):
        measured = np.random.default_rng(seed).integers(0, values, LANES) / 1.0
        bounds, nodes = stack()
        end = _push_one_by_one(measured, limit, first_lane, 100, home, bounds, nodes, top)
        found = pushed(measured, limit, first_lane, 100, home, top)
        assert found == (list(nodes[top:end]), list(bounds[top:end]))

    def test_the_nearest_is_the_last(self):
        nodes, bounds = pushed(np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0]))
        assert nodes == [104, 106, 107, 102, 100, 105, 103, 101]
        assert bounds == [9.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0]

    def test_all_alike_have_places_of_their_own(self):
        assert pushed(np.ones(LANES))[0] == list(range(100, 108))

    def test_what_ties_with_the_limit_is_pushed_and_what_is_farther_is_not(self):
        assert pushed(np.arange(8.0), limit=2.0)[0] == [102, 101, 100]

    @pytest.mark.parametrize(("home", "left"), [(99, 8), (100, 7), (107, 7), (108, 8), (-1, 8)])
    def test_home_is_left_out(self, home, left):
        nodes, _ = pushed(np.arange(8.0), home=home)
        assert len(nodes) == left
        assert home not in nodes

    def test_lanes_without_a_child_are_not_pushed(self):
        measured = np.array([np.inf] * 6 + [1.0, 2.0])
        assert pushed(measured, first_lane=6)[0] == [107, 106]


@pytest.mark.parametrize("n_rows", [33, 70, 140, 300, 5000])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
def test_trees_of_all_depths_find_what_the_scan_finds(n_rows, metric):
    """Roots of two, four and eight children, where lists are longer than a leaf too."""
    rng = np.random.default_rng(n_rows)
    rows, queries = rng.integers(0, 50, (n_rows, 3)) / 7.0, rng.random((40, 3)) * 8.0
    for k in (1, 5, 33):
        found = np.empty((40, k)), np.empty((40, k), dtype=np.intp)
        KDTree(CODES[metric], rows, 1).nearest(queries, nobody(queries), 1, found)
        assert_same(found, ask(Scan(CODES[metric], rows), queries, k))
