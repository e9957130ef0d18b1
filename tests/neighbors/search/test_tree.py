"""The kd-tree: its shape, and its answers."""

import numpy as np
import pytest
from tests.neighbors.reference import DATA, METRICS, nearest, rows_and_queries, unit_rows

from trivium.neighbors.search.metrics import METRICS as CODES
from trivium.neighbors.search.tree import _LEAF_ROWS, KDTree


def ask(tree, metric, queries, k, skip=None):
    m = len(queries)
    skip = np.full(m, -1, dtype=np.intp) if skip is None else skip
    distances, indices = np.empty((m, k)), np.empty((m, k), dtype=np.intp)
    tree.nearest(CODES[metric], queries.astype(float), skip, distances, indices)
    return distances, indices


class TestShape:
    @pytest.mark.parametrize("n", [1, 2, 23, 24, 25, 48, 49, 97, 1000, 3001])
    def test_leaves_share_the_rows_evenly(self, n):
        tree = KDTree(np.random.default_rng(n).integers(0, 9, size=(n, 2)).astype(float))
        n_inner = len(tree.ranges) // 2
        for node in range(n_inner):
            start, stop = tree.ranges[node]
            left, right = tree.ranges[2 * node + 1], tree.ranges[2 * node + 2]
            assert (left[0], left[1], right[1]) == (start, right[0], stop)
        sizes = np.diff(tree.ranges[n_inner:])
        assert sizes.min() >= 1
        assert sizes.max() <= _LEAF_ROWS
        assert sizes.max() - sizes.min() <= 1
        assert sizes.sum() == n

    @pytest.mark.parametrize("name", DATA)
    def test_boxes_are_tight_and_points_are_the_rows(self, name):
        rows, _ = rows_and_queries(name)
        tree = KDTree(rows)
        np.testing.assert_array_equal(np.sort(tree.order), np.arange(len(rows)))
        np.testing.assert_array_equal(tree.points, rows[tree.order])
        assert tree.points.dtype == rows.dtype
        for (start, stop), box in zip(tree.ranges, tree.boxes, strict=True):
            np.testing.assert_array_equal(box[0], tree.points[start:stop].min(axis=0))
            np.testing.assert_array_equal(box[1], tree.points[start:stop].max(axis=0))

    def test_children_lie_on_either_side_of_the_widest_side(self):
        rows = np.random.default_rng(0).normal(size=(500, 3)) * [1, 5, 1]
        tree = KDTree(rows)
        left, right = (tree.points[slice(*tree.ranges[child])] for child in (1, 2))
        assert left[:, 1].max() <= right[:, 1].min()

    def test_the_rows_given_are_left_as_they_are(self):
        rows = np.random.default_rng(0).normal(size=(300, 2))
        before = rows.copy()
        KDTree(rows)
        np.testing.assert_array_equal(rows, before)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", DATA)
def test_lists_are_those_of_sorting_everything(name, metric):
    rows, queries = rows_and_queries(name, n_queries=60)
    turned = unit_rows if metric == "cosine" else np.asarray
    tree = KDTree(turned(rows))
    for k in {1, min(9, len(rows)), min(len(rows), 100)}:
        found = ask(tree, metric, turned(queries), k)
        for one, right in zip(found, nearest(queries, rows, k, metric), strict=True):
            np.testing.assert_array_equal(one, right)


def test_the_row_to_skip_is_left_out_and_its_duplicates_stay():
    rows, _ = rows_and_queries("duplicates")
    own = np.arange(len(rows))
    distances, indices = ask(KDTree(rows), "euclidean", rows, 6, own)
    right, order = nearest(None, rows, 6)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(distances, right)
