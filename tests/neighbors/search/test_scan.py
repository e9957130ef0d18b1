"""The plain search: both loops and the balls, against sorting everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import (
    DATA,
    METRICS,
    MODEST,
    distance_matrix,
    nearest,
    rows_and_queries,
)
from tests.neighbors.search.asking import CODES, ask, assert_same, nobody

from trivium.neighbors.search.heaps import begin
from trivium.neighbors.search.kernels import scan_few, scan_nearest
from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.scan import Scan

every_metric = pytest.mark.parametrize("metric", METRICS)
every_kind = pytest.mark.parametrize("name", DATA)


def points_of(rows, metric):
    return directions(rows) if metric == "cosine" else np.ascontiguousarray(rows)


class TestNearest:
    @every_metric
    @every_kind
    def test_many_and_few_queries_get_the_lists_of_sorting_everything(self, name, metric):
        rows, queries = rows_and_queries(name)
        scan, asked = Scan(CODES[metric], points_of(rows, metric)), points_of(queries, metric)
        for k in {1, min(6, len(rows)), min(90, len(rows))}:
            right = nearest(queries, rows, k, metric)
            assert_same(ask(scan, asked, k), right)
            parts = [ask(scan, asked[start : start + 7], k) for start in range(0, 60, 7)]
            assert_same([np.concatenate(part) for part in zip(*parts, strict=True)], right)

    @every_metric
    @given(
        rows=arrays(float, st.tuples(st.integers(2, 30), st.just(3)), elements=st.integers(-2, 2)),
        exponent=st.sampled_from([0, -1070, -500, 480, 1000]),
        data=st.data(),
    )
    @MODEST
    def test_both_loops_agree_whatever_the_size_and_whom_they_skip(
        self, metric, rows, exponent, data
    ):
        n = len(rows)
        points = points_of(np.ldexp(rows, exponent), metric)
        skip = np.array(data.draw(st.lists(st.integers(-1, n - 1), min_size=n, max_size=n)))
        k = data.draw(st.integers(1, n - 1))
        lists = []
        for loop in (scan_few, scan_nearest):
            lists.append((np.empty((n, k)), np.empty((n, k), dtype=np.intp)))
            begin(*lists[-1], n)
            loop(CODES[metric], points, points, skip, *lists[-1])
        assert_same(*lists)
        distances, indices = lists[0]
        assert not (indices == skip[:, None]).any()
        assert (np.diff(distances) >= 0).all()
        assert all(len(set(row)) == k for row in indices.tolist())

    @pytest.mark.parametrize("n_jobs", [2, 4, None])
    def test_neither_threads_nor_pieces_show(self, n_jobs):
        rows, queries = rows_and_queries("many rows", n_queries=700)
        scan = Scan(CODES["euclidean"], rows)
        right = ask(scan, queries, 9)
        assert_same(ask(scan, queries, 9, n_jobs=n_jobs), right)
        parts = [ask(scan, part, 9, n_jobs=n_jobs) for part in np.split(queries, [1, 8, 129, 400])]
        assert_same([np.concatenate(part) for part in zip(*parts, strict=True)], right)

    def test_queries_in_float32_are_those_of_their_float64_copy(self):
        rows, queries = rows_and_queries("float32")
        scan = Scan(CODES["euclidean"], rows)
        assert_same(ask(scan, queries, 4), ask(scan, queries.astype(float), 4))


class TestWithin:
    @every_metric
    @every_kind
    def test_every_row_inside_and_on_the_rim_and_none_outside(self, name, metric):
        rows, queries = rows_and_queries(name, n_queries=30)
        right = distance_matrix(queries, rows, metric)
        scan = Scan(CODES[metric], points_of(rows, metric))
        for radius in (0.0, np.median(right), right.max(), right.ravel()[len(right) // 2]):
            starts, distances, indices = scan.within(
                points_of(queries, metric), float(radius), nobody(queries), 1
            )
            counts = (right <= radius).sum(axis=1)
            np.testing.assert_array_equal(np.diff(starts), counts)
            assert (starts[0], starts[-1]) == (0, len(distances))
            np.testing.assert_array_equal(indices, np.nonzero(right <= radius)[1])
            np.testing.assert_array_equal(distances, right[right <= radius])

    @every_metric
    @given(
        points=arrays(float, (40, 2), elements=st.integers(-4, 4)),
        radius=st.integers(0, 8).map(float),
        data=st.data(),
    )
    @MODEST
    def test_the_row_to_skip_is_left_out_and_no_other(self, metric, points, radius, data):
        skip = np.array(data.draw(st.lists(st.integers(-1, 29), min_size=10, max_size=10)))
        queries, rows = points[:10], points[10:]
        scan = Scan(CODES[metric], points_of(rows, metric))
        starts, distances, indices = scan.within(points_of(queries, metric), radius, skip, 1)
        right = distance_matrix(queries, rows, metric)
        for q in range(10):
            own = slice(starts[q], starts[q + 1])
            inside = [r for r in np.flatnonzero(right[q] <= radius) if r != skip[q]]
            assert indices[own].tolist() == inside
            np.testing.assert_array_equal(distances[own], right[q, inside])

    @pytest.mark.parametrize("n_jobs", [2, 4, None])
    def test_neither_threads_nor_pieces_show(self, n_jobs):
        rows, queries = rows_and_queries("many rows", n_queries=500)
        scan = Scan(CODES["manhattan"], rows)
        right = scan.within(queries, 0.3, nobody(queries), 1)
        assert_same(scan.within(queries, 0.3, nobody(queries), n_jobs), right)
        for q in (0, 127, 128, 499):
            one = scan.within(queries[q : q + 1], 0.3, np.array([-1]), n_jobs)
            own = slice(right[0][q], right[0][q + 1])
            assert_same(one[1:], (right[1][own], right[2][own]))

    @pytest.mark.parametrize("size", [1e200, 1e-200, 1e-310])
    def test_squares_may_overflow_or_vanish(self, size):
        small = np.random.default_rng(8).integers(-4, 5, size=(300, 2)) / 1.0
        _, exponent = np.frexp(size)
        rows = np.ldexp(small, exponent)
        _, distances, indices = Scan(CODES["euclidean"], rows).within(
            rows[:40], float(np.ldexp(3.0, exponent)), nobody(rows[:40]), 1
        )
        right = distance_matrix(small[:40], small)
        np.testing.assert_array_equal(indices, np.nonzero(right <= 3.0)[1])
        np.testing.assert_array_equal(distances, np.ldexp(right[right <= 3.0], exponent))

    def test_nothing_may_be_inside(self):
        rows = np.random.default_rng(0).normal(size=(300, 3))
        starts, distances, indices = Scan(CODES["euclidean"], rows).within(
            rows[:5] + 99.0, 1.0, np.full(5, -1), 1
        )
        assert starts.tolist() == [0] * 6
        assert distances.size == indices.size == 0
