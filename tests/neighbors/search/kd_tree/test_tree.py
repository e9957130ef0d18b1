"""The kd-tree: its shape, and its answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import (
    BALL_METRICS,
    DATA,
    METRICS,
    MODEST,
    distance_matrix,
    nearest,
    rows_and_queries,
    unit_rows,
)
from tests.neighbors.search.asking import CODES, ask, assert_same, nobody

from trivium.neighbors.search.kd_tree import tree as tree_module
from trivium.neighbors.search.kd_tree.tree import _LEAF_ROWS, KDTree

every_metric = pytest.mark.parametrize("metric", METRICS)
every_ball_metric = pytest.mark.parametrize("metric", BALL_METRICS)


def space(X, metric):
    return unit_rows(X) if metric == "cosine" else np.asarray(X)


def tree_of(rows, metric="euclidean", n_jobs=1):
    return KDTree(CODES[metric], space(rows, metric), n_jobs)


def leaf_of(tree, leaf):
    """The rows of a leaf, and their numbers."""
    n, depth, d = tree.n_rows, tree.depth, tree.blocks.shape[1] - 1
    size = ((leaf + 1) * n >> depth) - (leaf * n >> depth)
    return tree.blocks[leaf, :d, :size].T, tree.numbers[leaf, d, :size]


class TestShape:
    @pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 64, 65, 97, 1000, 3001])
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_leaves_share_the_rows_evenly(self, n, dtype):
        rows = np.random.default_rng(n).integers(0, 9, size=(n, 2)).astype(dtype)
        tree = tree_of(rows).tree
        leaves = [leaf_of(tree, leaf) for leaf in range(len(tree.blocks))]
        sizes = [len(numbers) for _, numbers in leaves]
        assert min(sizes) >= 1
        assert max(sizes) <= _LEAF_ROWS
        assert max(sizes) - min(sizes) <= 1
        numbers = np.concatenate([numbers for _, numbers in leaves])
        np.testing.assert_array_equal(np.sort(numbers), np.arange(n))
        np.testing.assert_array_equal(np.concatenate([near for near, _ in leaves]), rows[numbers])

    @pytest.mark.parametrize("n", [33, 200, 3001])
    @pytest.mark.parametrize("d", [1, 2, 3])
    def test_no_eight_numbers_lie_on_two_lines_of_the_cache(self, n, d):
        tree = tree_of(np.random.default_rng(n).normal(size=(n, d))).tree
        for vectors in (tree.boxes, tree.blocks, tree.numbers):
            assert vectors.ctypes.data % 64 == 0
            assert vectors.shape[-1] % 8 == 0
            assert vectors.flags.c_contiguous

    @pytest.mark.parametrize("n", [33, 65, 200, 300, 513, 3001])
    def test_boxes_are_tight(self, n):
        tree = tree_of(np.random.default_rng(n).normal(size=(n, 3))).tree
        boxes = {0: None}
        for group, box in enumerate(tree.boxes):
            for lane in range(tree.first_lane if group == 0 else 0, 8):
                boxes[8 * group + lane + 1 - tree.first_lane] = box[:, :, lane]
        n_groups = len(tree.boxes)
        assert sorted(boxes) == list(range(n_groups + len(tree.blocks)))
        for leaf in range(len(tree.blocks)):
            near, _ = leaf_of(tree, leaf)
            np.testing.assert_array_equal(
                boxes[n_groups + leaf], np.column_stack([near.min(0), near.max(0)])
            )
        for group in range(1, n_groups):
            lower, upper = tree.boxes[group].transpose(1, 0, 2)
            right = np.column_stack([lower.min(axis=1), upper.max(axis=1)])
            np.testing.assert_array_equal(boxes[group], right)

    def test_children_lie_on_either_side_of_the_widest_side(self):
        tree = tree_of(np.random.default_rng(0).normal(size=(500, 3)) * [1, 5, 1]).tree
        near = [leaf_of(tree, leaf)[0] for leaf in range(len(tree.blocks))]
        half = len(near) // 2
        assert tree.sides[0] == 1
        assert np.concatenate(near[:half])[:, 1].max() <= tree.cuts[0]
        assert np.concatenate(near[half:])[:, 1].min() == tree.cuts[0]

    @pytest.mark.parametrize("name", DATA)
    def test_the_number_of_threads_does_not_show(self, name, monkeypatch):
        monkeypatch.setattr(tree_module, "_SUBTREE_ROWS", 40)
        rows, _ = rows_and_queries(name)
        right = tree_of(rows, n_jobs=1).tree
        for n_jobs in (2, 4):
            assert_same(tree_of(rows, n_jobs=n_jobs).tree, right)

    @pytest.mark.parametrize("layout", [np.asfortranarray, lambda X: np.repeat(X, 2, 0)[::2]])
    def test_the_rows_given_may_lie_anyhow_and_are_left_as_they_are(self, layout):
        rows = layout(np.random.default_rng(0).normal(size=(300, 2)))
        before = rows.copy()
        tree = tree_of(rows)
        np.testing.assert_array_equal(rows, before)
        assert_same(ask(tree, rows, 5), nearest(rows, before, 5))


class TestNearest:
    @every_metric
    @pytest.mark.parametrize("name", DATA)
    def test_lists_are_those_of_sorting_everything(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=60)
        tree = tree_of(rows, metric)
        for k in {1, min(9, len(rows)), min(40, len(rows)), len(rows)}:
            found = ask(tree, space(queries, metric), k)
            assert_same(found, nearest(queries, rows, k, metric))

    @every_metric
    @pytest.mark.parametrize("name", ["random", "many rows", "ties", "duplicates", "one column"])
    def test_crowds_of_queries(self, name, metric):
        rows, some = rows_and_queries(name, n_queries=12)
        rng = np.random.default_rng(1)
        steps = rng.choice([0.0, 1e-9, 1e-3, 0.05], size=(40, 1)) * rng.normal(
            size=(40, len(rows[0]))
        )
        queries = (some[:, None] + steps).reshape(480, -1)
        tree = tree_of(rows, metric)
        for k in (1, 10, 60):
            found = ask(tree, space(queries, metric), k)
            assert_same(found, nearest(queries, rows, k, metric))

    @every_metric
    @pytest.mark.parametrize("name", [name for name in DATA if name != "one row"])
    def test_a_row_is_left_out_of_its_own_list_by_number(self, name, metric):
        rows, _ = rows_and_queries(name)
        tree = tree_of(rows, metric)
        for k in {1, 6, min(50, len(rows) - 1)}:
            found = ask(tree, space(rows, metric), k, np.arange(len(rows)))
            assert_same(found, nearest(None, rows, k, metric))

    def test_some_leave_out_a_row_and_others_none(self):
        rows, queries = rows_and_queries("ties", n_queries=90)
        right = distance_matrix(queries, rows)
        skip = nobody(queries)
        skip[::2] = np.random.default_rng(2).integers(0, len(rows), 45)
        skip[::6] = right.argmin(axis=1)[::6]
        distances, indices = ask(tree_of(rows), queries, 8, skip)
        for q, row in enumerate(skip):
            order = np.argsort(right[q], kind="stable")
            order = order[order != row][:8]
            np.testing.assert_array_equal(indices[q], order)
            np.testing.assert_array_equal(distances[q], right[q, order])

    @every_metric
    @given(
        rows=arrays(float, st.tuples(st.integers(2, 150), st.just(2)), elements=st.integers(-3, 3)),
        data=st.data(),
    )
    @MODEST
    def test_any_table_of_small_integers(self, metric, rows, data):
        k = data.draw(st.integers(1, len(rows)))
        queries = data.draw(arrays(float, (9, 2), elements=st.integers(-8, 8).map(lambda v: v / 2)))
        found = ask(tree_of(rows, metric), space(queries, metric), k)
        assert_same(found, nearest(queries, rows, k, metric))

    @every_ball_metric
    @given(
        mantissas=arrays(float, (80, 2), elements=st.integers(-9, 9)),
        exponents=arrays(int, (80, 2), elements=st.integers(-60, 60)),
    )
    @MODEST
    def test_any_table_of_floats(self, metric, mantissas, exponents):
        points = np.ldexp(mantissas / 7, exponents)
        rows, queries = points[:70], points[70:]
        assert_same(ask(tree_of(rows, metric), queries, 4), nearest(queries, rows, 4, metric))

    @pytest.mark.parametrize("n_columns", [1, 2, 3, 4, 5, 8, 13, 16])
    def test_any_number_of_columns(self, n_columns):
        rng = np.random.default_rng(n_columns)
        rows, queries = rng.random((2000, n_columns)), rng.random((150, n_columns))
        assert_same(ask(tree_of(rows), queries, 10), nearest(queries, rows, 10))

    def test_rows_that_rounding_alone_tells_apart(self):
        rng = np.random.default_rng(9)
        angles = rng.uniform(0, 2 * np.pi, 600)
        rows = np.column_stack([np.cos(angles), np.sin(angles)])  # all as far as the next
        queries = np.vstack([np.zeros((3, 2)), rng.normal(size=(60, 2)) * 1e-16])
        for metric in BALL_METRICS:
            assert_same(ask(tree_of(rows, metric), queries, 50), nearest(queries, rows, 50, metric))


class TestMagnitudes:
    @every_metric
    @pytest.mark.parametrize("exponent", [-1070, -1000, -665, -540, 500, 664, 1020])
    def test_lists_are_those_of_the_scaled_data(self, exponent, metric):
        rng = np.random.default_rng(3)
        small = rng.integers(-4, 5, size=(400, 3)) / 1.0
        rows, queries = np.ldexp(small, exponent - 3), np.ldexp(small[:90] + 1, exponent - 3)
        matrix = distance_matrix(small[:90] + 1, small, metric)
        if metric == "cosine":
            rows, queries = small, small[:90] + 1
        else:
            matrix = np.ldexp(matrix, exponent - 3)  # denormal distances tie where they round
        indices = np.argsort(matrix, axis=1, kind="stable")[:, :20]
        distances = np.take_along_axis(matrix, indices, axis=1)
        found = ask(tree_of(rows, metric), space(queries, metric), 20)
        assert_same(found, (distances, indices))

    @pytest.mark.parametrize("size", [1e150, 1e200, 1e-155, 1e-160, 1e-200, 1e-300])
    def test_random_rows_of_any_size(self, size):
        rng = np.random.default_rng(4)
        rows, queries = rng.normal(size=(500, 3)) * size, rng.normal(size=(80, 3)) * size
        queries = np.vstack([queries, queries + 0.01 * size, queries - 0.01 * size])
        _, exponent = np.frexp(size)
        distances, indices = nearest(np.ldexp(queries, -exponent), np.ldexp(rows, -exponent), 8)
        found = ask(tree_of(rows), queries, 8)
        assert_same(found, (np.ldexp(distances, exponent), indices))

    def test_the_whole_range_of_float64_fits(self):
        rows = np.linspace(-1, 1, 101)[:, None] * 1.7e308
        distances, indices = ask(tree_of(rows), rows[:50], 3)
        half, order = nearest(rows[:50] / 2, rows / 2, 3, "chebyshev")
        assert_same((distances / 2, indices), (half, order))

    @every_ball_metric
    def test_one_huge_row_does_not_blur_the_others(self, metric):
        rng = np.random.default_rng(6)
        rows, queries = rng.normal(size=(100, 2)), rng.normal(size=(20, 2))
        rows[50, 0] = 1e200
        assert_same(ask(tree_of(rows, metric), queries, 5), nearest(queries, rows, 5, metric))

    def test_far_and_near_queries_in_one_batch(self):
        rng = np.random.default_rng(5)
        rows, scales = rng.normal(size=(300, 2)), np.array([1, 1e120, 1, 1e180, 1e-200, 1e250])
        queries = np.repeat(rng.normal(size=(6, 2)) * scales[:, None], 5, axis=0)
        tree = tree_of(rows)
        together = ask(tree, queries, 5)
        for q in range(30):
            assert_same([part[q] for part in together], [p[0] for p in ask(tree, queries[[q]], 5)])
        near = scales.repeat(5) <= 1e120
        assert_same([part[near] for part in together], nearest(queries[near], rows, 5))


class TestDeterminism:
    @every_metric
    @pytest.mark.parametrize("name", ["random", "many rows", "ties", "float32", "shifted by 1e8"])
    def test_threads_and_pieces_do_not_show(self, name, metric, monkeypatch):
        rows, queries = rows_and_queries(name, n_queries=400)
        queries = space(queries, metric)
        tree = tree_of(rows, metric)
        right = ask(tree, queries, 12)
        assert_same(right, ask(tree, queries, 12, n_jobs=4))
        for length in (1, 7, 64):
            monkeypatch.setattr(tree_module, "cut", pieces_of(length))
            for n_jobs in (1, 2, 4):
                assert_same(ask(tree, queries, 12, n_jobs=n_jobs), right)

    @every_metric
    @pytest.mark.parametrize("name", ["many rows", "ties"])
    def test_neither_does_the_order_of_the_queries(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=400)
        queries = space(queries, metric)
        tree = tree_of(rows, metric)
        distances, indices = ask(tree, queries, 12)
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(400)
            assert_same(ask(tree, queries[order], 12), (distances[order], indices[order]))
        for start in range(0, 400, 130):
            part = slice(start, start + 130)
            assert_same(ask(tree, queries[part], 12), (distances[part], indices[part]))


def pieces_of(length):
    def pieces(n_queries, _=None):
        return [slice(start, start + length) for start in range(0, n_queries, length)]

    return pieces


class TestWithin:
    @every_metric
    @pytest.mark.parametrize("name", DATA)
    def test_every_row_inside_and_none_outside(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=40)
        right = distance_matrix(queries, rows, metric)
        tree, points = tree_of(rows, metric), space(queries, metric)
        for radius in (0.0, float(np.median(right)), right[3, -1], right.max()):
            skip = np.random.default_rng(0).integers(-1, len(rows), 40)
            starts, distances, indices = tree.within(points, radius, skip, 1)
            assert starts[0] == 0
            for q in range(40):
                own = slice(starts[q], starts[q + 1])
                inside = np.flatnonzero((right[q] <= radius) & (np.arange(len(rows)) != skip[q]))
                np.testing.assert_array_equal(indices[own], inside)
                np.testing.assert_array_equal(distances[own], right[q, inside])

    def test_threads_and_pieces_do_not_show(self, monkeypatch):
        rows, queries = rows_and_queries("many rows", n_queries=700)
        tree = tree_of(rows)
        right = tree.within(queries, 0.5, nobody(queries), 1)
        assert right[0][-1] > 2048
        for n_jobs in (2, 4):
            assert_same(tree.within(queries, 0.5, nobody(queries), n_jobs), right)
        monkeypatch.setattr(tree_module, "cut", pieces_of(33))
        assert_same(tree.within(queries, 0.5, nobody(queries), 2), right)

    @pytest.mark.parametrize("size", [1e200, 1e-200, 1e-310])
    def test_rows_of_any_size(self, size):
        small = np.random.default_rng(8).integers(-4, 5, size=(80, 2)) / 1.0
        _, exponent = np.frexp(size)
        rows = np.ldexp(small, exponent)
        starts, distances, indices = tree_of(rows).within(
            rows, float(np.ldexp(3.0, exponent)), nobody(rows), 1
        )
        right = distance_matrix(small, small)
        query, inside = np.nonzero(right <= 3)
        np.testing.assert_array_equal(starts, np.searchsorted(query, np.arange(81)))
        np.testing.assert_array_equal(indices, inside)
        np.testing.assert_array_equal(distances, np.ldexp(right[query, inside], exponent))

    def test_no_queries_and_nothing_near(self):
        rows = np.zeros((50, 2))
        starts, distances, indices = tree_of(rows).within(rows[:0], 1.0, nobody(rows[:0]), 1)
        assert (starts.tolist(), distances.size, indices.size) == ([0], 0, 0)
        starts, distances, indices = tree_of(rows).within(rows[:2] + 5, 1.0, nobody(rows[:2]), 1)
        assert (starts.tolist(), distances.size, indices.size) == ([0, 0, 0], 0, 0)
        assert ask(tree_of(rows), rows[:0], 3)[0].shape == (0, 3)


class TestProbe:
    def test_a_tree_skips_most_rows_in_few_columns_and_few_in_many(self):
        rng = np.random.default_rng(0)
        few, many = rng.random((5000, 2)), rng.random((5000, 20))
        assert 32 <= tree_of(few).probe(few, 5) < 500
        assert tree_of(many).probe(many, 5) > 2000

    def test_a_single_leaf_is_all_there_is_to_scan(self):
        rows = np.random.default_rng(0).random((30, 2))
        assert tree_of(rows).probe(rows[:3], 2) == 32
