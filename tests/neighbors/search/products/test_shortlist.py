"""The certified search step by step: limits, candidates, decision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import DATA, MODEST, distance_matrix, nearest, rows_and_queries
from tests.neighbors.search.asking import COSINE, EUCLIDEAN, nobody, pack_rows

from trivium.neighbors.search.metrics import directions
from trivium.neighbors.search.products.panels import NO_LIMIT, frame_of, pack_queries
from trivium.neighbors.search.products.reservoir import open_reservoirs
from trivium.neighbors.search.products.shortlist import (
    MOST_FOR_FIRST_LIMITS,
    Asked,
    decide,
    direct_distances,
    first_limits,
    score_limit,
    shortlist,
)

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
WITH_A_FRAME = [name for name in DATA if name not in ("all the same", "one row")]


def opened(rows, queries, k, dtype=np.float32):
    """Panels, quads and empty reservoirs."""
    frame = frame_of(rows, dtype)
    quads = pack_queries(queries, frame)
    state = open_reservoirs(quads, frame.margins(quads.squares), k, frame.dtype)
    return pack_rows(rows, frame), quads, state


def candidates(state, q):
    return state.rows[q, : state.counts[q]].tolist()


class TestFirstLimits:
    @both_precisions
    @pytest.mark.parametrize("n", [2, 40, 256, 257, 600, 1500])
    @pytest.mark.parametrize("name", ["random", "ties", "shifted by 1e8"])
    def test_no_neighbour_is_above_the_limit(self, name, n, dtype):
        rng = np.random.default_rng(n)
        rows = DATA[name](rng)[rng.integers(0, 300, n)] + 0.5 * rng.integers(0, 2, (n, 1))
        rows[0] += 1.0
        queries = np.vstack([rows[:6], rows[:6] * 1.01, rows[:1] + 1e4])
        for k in {1, min(n, 5), min(n, 31), min(n, 32), min(n, MOST_FOR_FIRST_LIMITS)}:
            panels, quads, state = opened(rows, queries, k, dtype)
            _, right = nearest(queries, rows, k)
            shortlist(panels, quads, state, nobody(queries), n, 0)  # n: nothing is ruled out
            everything = state.part(slice(None))
            _, _, limited = opened(rows, queries, k, dtype)
            first_limits(panels, quads, limited, k)
            for q in np.flatnonzero(everything.counts == n):
                scores = np.empty(n, dtype)
                scores[everything.rows[q, :n]] = everything.scores[q, :n]
                assert (scores[right[q]] <= limited.limits[q]).all()

    def test_they_are_worth_having(self):
        rng = np.random.default_rng(0)
        rows, queries = rng.normal(size=(3000, 8)), rng.normal(size=(16, 8))
        panels, quads, state = opened(rows, queries, 10)
        first_limits(panels, quads, state, 10)
        assert (state.limits < NO_LIMIT / 2).all()
        shortlist(panels, quads, state, nobody(queries), 10, 0)
        assert (state.limits < 1.0).all()

    def test_they_never_rise_and_do_not_open_what_is_closed(self):
        rng = np.random.default_rng(0)
        rows, queries = rng.normal(size=(300, 3)), rng.normal(size=(7, 3))
        queries[2] = 1e30
        panels, quads, state = opened(rows, queries, 3)
        state.limits[4] = -5.0
        before = state.limits.copy()
        first_limits(panels, quads, state, 3)
        assert (state.limits <= before).all()
        assert state.limits[4] == -5.0
        assert state.limits[2] == before[2]
        assert state.limits[7] == before[7]


class TestShortlist:
    @both_precisions
    @pytest.mark.parametrize("name", WITH_A_FRAME)
    def test_no_neighbour_is_missing_and_no_row_comes_twice(self, name, dtype):
        rows, queries = rows_and_queries(name)
        for k in {1, min(7, len(rows)), len(rows)}:
            _, right = nearest(queries, rows, k)
            panels, quads, state = opened(rows, queries, k, dtype)
            first_limits(panels, quads, state, min(k, MOST_FOR_FIRST_LIMITS))
            if k > MOST_FOR_FIRST_LIMITS:
                _, _, state = opened(rows, queries, k, dtype)
            shortlist(panels, quads, state, nobody(queries), k, 0)
            for q in np.flatnonzero(state.counts >= 0):
                found = candidates(state, q)
                assert set(right[q]) <= set(found)
                assert len(found) == len(set(found))

    @both_precisions
    @pytest.mark.parametrize("n", [100, 257, 6000])
    def test_limits_of_its_own_leave_what_those_set_before_leave(self, n, dtype):
        rng = np.random.default_rng(n)
        rows, queries = rng.normal(size=(n, 30)), rng.normal(size=(22, 30))
        queries[3] = 1e30
        panels, quads, state = opened(rows, queries, 10, dtype)
        _, _, limited = opened(rows, queries, 10, dtype)
        first_limits(panels, quads, limited, 11)
        for each, wanted in ((limited, 0), (state, 11)):
            shortlist(panels, quads, each, nobody(queries), 10, wanted)
        assert np.array_equal(state.limits, limited.limits)
        assert np.array_equal(state.counts, limited.counts)
        assert state.counts[3] == -1
        for q in np.flatnonzero(state.counts >= 0):
            some = slice(state.counts[q])
            assert np.array_equal(state.rows[q, some], limited.rows[q, some])
            assert np.array_equal(state.scores[q, some], limited.scores[q, some])

    @both_precisions
    def test_the_row_to_skip_is_no_candidate(self, dtype):
        rows, _ = rows_and_queries("ties")
        queries, skip = rows[:40], np.arange(40) - 1
        panels, quads, state = opened(rows, queries, 30, dtype)
        first_limits(panels, quads, state, 31)
        shortlist(panels, quads, state, skip, 30, 0)
        for q in np.flatnonzero(state.counts >= 0):
            assert q - 1 not in candidates(state, q)
            assert state.counts[q] >= 30

    @both_precisions
    def test_a_query_whose_candidates_do_not_fit_is_marked_and_no_other(self, dtype):
        rng = np.random.default_rng(0)
        rows = rng.normal(size=(800, 3))
        rows[100:400] = rows[100] + 1e-20
        queries = np.vstack([rows[100:101], rows[:1] * 50, rng.normal(size=(3, 3)) + 9])
        panels, quads, state = opened(rows, queries, 4, dtype)
        shortlist(panels, quads, state, nobody(queries), 4, 0)
        assert state.counts[0] == -1
        assert (state.counts[1:] >= 4).all()


class TestDecide:
    @both_precisions
    @pytest.mark.parametrize("metric", ["euclidean", "cosine"])
    @pytest.mark.parametrize("k", [1, 5, 48, 49])
    @pytest.mark.parametrize("name", ["random", "ties", "many columns", "float32"])
    def test_lists_are_those_of_sorting_everything(self, name, k, metric, dtype):
        rows, queries = rows_and_queries(name)
        points, asked = (
            (rows, queries) if metric == "euclidean" else (directions(rows), directions(queries))
        )
        panels, quads, state = opened(points, asked, k, dtype)
        shortlist(panels, quads, state, nobody(queries), k, 0)
        near = np.full((len(queries), k), -7.0), np.full((len(queries), k), -7)
        code = EUCLIDEAN if metric == "euclidean" else COSINE
        scale = frame_of(points, dtype).scale
        decide(Asked(code, asked, points, scale, quads.squares), panels, state, *near)
        proved = state.counts >= 0
        assert proved.any()
        for found, right in zip(near, nearest(queries, rows, k, metric), strict=True):
            np.testing.assert_array_equal(found[proved], right[proved])
            assert (found[~proved] == -7).all()  # left to others

    @given(
        rows=arrays(float, (30, 2), elements=st.integers(-2, 2).map(float)),
        order=st.permutations(range(30)),
        count=st.integers(1, 30),
    )
    @MODEST
    def test_the_order_of_the_candidates_does_not_show(self, rows, order, count):
        rows[0] += 9.0
        query = rows[1:2] + 0.5
        panels, quads, state = opened(rows, query, count)
        scale = frame_of(rows, np.float32).scale
        some = np.array(order[:count])
        state.rows[0, :count], state.scores[0, :count], state.counts[0] = some, 0.0, count
        near = np.empty((1, count)), np.empty((1, count), dtype=np.intp)
        decide(Asked(EUCLIDEAN, query, rows, scale, quads.squares), panels, state, *near)
        pairs = sorted(zip(distance_matrix(query, rows)[0, some], some, strict=True))
        assert list(zip(near[0][0], near[1][0], strict=True)) == pairs


class TestScoreLimit:
    @given(
        distance=st.floats(0.0, 2.0),
        norm=st.floats(0.0, 1.0),
        metric=st.sampled_from([EUCLIDEAN, COSINE]),
        exponent=st.integers(-40, 40),
    )
    @MODEST
    def test_a_limit_is_not_below_the_score_at_that_distance(
        self, distance, norm, metric, exponent
    ):
        row = np.zeros((1, 2))
        asked = Asked(metric, row, row, 2.0**exponent, np.array([norm**2]))
        limit = score_limit(asked, 0, distance * 2.0**-exponent, 1e-6, 1e-6)
        square = distance**2 if metric == EUCLIDEAN else 2 * distance * 2.0**exponent
        score = 0.5 * (square - norm**2)
        assert limit >= score + 1e-6 + 0.4e-6 * square + 0.9e-6 * abs(score) - 1e-11
        assert limit <= score + 2e-6 + 1e-5 * (square + norm**2)

    def test_infinity_is_no_limit(self):
        row = np.zeros((1, 2))
        assert (
            score_limit(Asked(EUCLIDEAN, row, row, 1.0, np.ones(1)), 0, np.inf, 0, 1e-6) == np.inf
        )


class TestDirectDistances:
    @pytest.mark.parametrize("name", ["random", "float32", "shifted by 1e8", "many columns"])
    @pytest.mark.parametrize("metric", ["euclidean", "cosine"])
    def test_they_are_summed_over_the_columns_in_order(self, metric, name):
        rows, queries = rows_and_queries(name)
        points, asked = rows, queries.astype(float)
        if metric == "cosine":
            points, asked = directions(rows), directions(queries)
        right = distance_matrix(queries, rows, metric)
        code = EUCLIDEAN if metric == "euclidean" else COSINE
        rng = np.random.default_rng(0)
        for count in (0, 1, 2, 3, 4, 5, 6, 7, 8, 50):
            for first in (0, 2):
                stop = first + count
                some = rng.integers(0, len(rows), stop + 3)
                found = np.full(stop + 3, -1.0)
                direct_distances(code, asked[0], points, some, first, stop, found)
                np.testing.assert_array_equal(found[first:stop], right[0, some[first:stop]])
                assert (found[:first] == -1.0).all()
                assert (found[stop:] == -1.0).all()

    def test_squares_that_overflow_or_vanish_do_not_tie(self):
        rows = np.array([[2e200], [1e200], [2e-200], [1e-200], [0.0]])
        found = np.empty(5)
        direct_distances(EUCLIDEAN, np.zeros(1), rows, np.arange(5), 0, 5, found)
        np.testing.assert_array_equal(found, rows[:, 0])
