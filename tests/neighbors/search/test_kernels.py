"""The compiled loops against sorting everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import BALL_METRICS, MODEST, distance_matrix, nearest

from trivium.neighbors.search.heaps import begin
from trivium.neighbors.search.kernels import ROWS_A_BLOCK, scan_few, scan_nearest
from trivium.neighbors.search.metrics import METRICS


def scan(metric, queries, rows, k, skip=None):
    """Both scans, which have to agree."""
    m = len(queries)
    skip = np.full(m, -1, dtype=np.intp) if skip is None else skip
    lists = []
    for kernel in (scan_nearest, scan_few):
        found = np.empty((m, k)), np.empty((m, k), dtype=np.intp)
        begin(*found, len(rows))
        kernel(METRICS[metric].measure, queries, rows, skip, *found)
        lists.append(found)
    for one, other in zip(*lists, strict=True):
        np.testing.assert_array_equal(one, other)
    return lists[0]


class TestScanNearest:
    @pytest.mark.parametrize("metric", BALL_METRICS)
    @pytest.mark.parametrize("n", [1, 2, ROWS_A_BLOCK - 1, ROWS_A_BLOCK, ROWS_A_BLOCK + 1, 600])
    def test_any_number_of_rows_and_all_of_them(self, metric, n):
        rng = np.random.default_rng(n)
        rows = rng.integers(-3, 4, size=(n, 2)).astype(float)
        queries = rng.integers(-3, 4, size=(20, 2)).astype(float)
        for k in {1, min(n, 7), n}:
            expected = nearest(queries, rows, k, metric)
            for found, right in zip(scan(metric, queries, rows, k), expected, strict=True):
                np.testing.assert_array_equal(found, right)

    @given(
        rows=arrays(float, st.tuples(st.integers(2, 30), st.just(2)), elements=st.integers(-2, 2)),
        data=st.data(),
    )
    @MODEST
    def test_the_row_to_skip_is_left_out_and_no_other(self, rows, data):
        n = len(rows)
        skip = np.array(data.draw(st.lists(st.integers(-1, n - 1), min_size=n, max_size=n)))
        distances, indices = scan("euclidean", rows, rows, n - 1, skip.astype(np.intp))
        _, order = nearest(rows, rows, n)
        for q in range(n):
            assert indices[q].tolist() == [row for row in order[q] if row != skip[q]][: n - 1]
        right = np.take_along_axis(distance_matrix(rows, rows), indices, axis=1)
        np.testing.assert_array_equal(distances, right)

    def test_a_row_at_infinite_distance_still_enters(self):
        rows = np.array([[-1.7e308], [1.7e308], [-1.6e308]])
        distances, indices = scan("euclidean", np.array([[1.7e308]]), rows, 3)
        np.testing.assert_array_equal(indices, [[1, 0, 2]])
        np.testing.assert_array_equal(distances, [[0, np.inf, np.inf]])

    def test_squares_that_overflow_or_vanish_do_not_tie(self):
        rows = np.array([[2e200], [1e200], [2e-200], [1e-200], [0.0]])
        distances, indices = scan("euclidean", np.array([[0.0]]), rows, 5)
        np.testing.assert_array_equal(indices, [[4, 3, 2, 1, 0]])
        np.testing.assert_array_equal(distances, rows[::-1].T)
