"""Reservoirs: selection, limits, and that no row of a true list is ever lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST

from trivium.blocks.compiled import kernel
from trivium.neighbors.search.products.bitmask import CHUNK, chunks_within, lowest, marks
from trivium.neighbors.search.products.layout import QUAD
from trivium.neighbors.search.products.panels import (
    NO_LIMIT,
    NOTHING,
    PANEL_ROWS,
    Panels,
    frame_of,
    pack_queries,
)
from trivium.neighbors.search.products.reservoir import (
    Reservoirs,
    kth_bound,
    make_room,
    offer,
    open_reservoirs,
    reservoir_bytes,
    reservoir_size,
    tighten,
)
from trivium.neighbors.search.products.tiles import TILE


@kernel
def marked(scores, start, limit):
    """Places of a chunk's scores that are within a limit, one after the other."""
    bits = marks(scores, start, limit)
    places = []
    while bits != 0:
        places.append(lowest(bits))
        bits &= bits - 1
    return places


@kernel
def chunks_of(tile, limits, first):
    """Places of the chunks of a tile that have a score within its query's limit."""
    bits = chunks_within(tile, limits, first)
    places = []
    while bits != 0:
        places.append(lowest(bits))
        bits &= bits - 1
    return places


@kernel
def offer_chunk(state, found, start, first_row, skip):
    offer(state, 0, marks(found, start, state.limits[0]), found, start, first_row, skip)


both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def reservoir(scores, k, margin=0.0, limit=NO_LIMIT):
    """One query's candidates: row numbers are those of the scores, counted from the end."""
    count, size = len(scores), reservoir_size(k)
    state = Reservoirs(
        np.full(4, limit, scores.dtype),
        np.array([margin]),
        np.full((1, size), 7.0, scores.dtype),
        np.full((1, size), -5, dtype=np.intp),
        np.array([count]),
    )
    state.scores[0, :count] = scores
    state.rows[0, :count] = np.arange(count)[::-1]
    return state


def panels_of(squares, error, dtype):
    """Panels of which only squared norms and the error matter here."""
    padded = np.zeros(-(-len(squares) // PANEL_ROWS) * PANEL_ROWS)
    padded[: len(squares)] = squares
    return Panels(np.zeros((1, 1), dtype), np.zeros((1, 1), dtype), padded, error)


def kept(state):
    """Candidates as (score, row number), in their order."""
    count = state.counts[0]
    return list(zip(state.scores[0, :count].tolist(), state.rows[0, :count].tolist(), strict=True))


class TestKthBound:
    @given(
        values=st.lists(st.integers(-4, 4).map(float) | st.floats(-1e300, 1e300), min_size=1),
        data=st.data(),
    )
    @MODEST
    def test_at_least_k_values_are_within_it_and_it_is_no_greater_than_all(self, values, data):
        size = data.draw(st.integers(1, len(values)))
        for k in range(1, size + 1):
            some = np.array(values)
            bound = kth_bound(some, size, k)
            assert sorted(values[:size])[k - 1] <= bound <= max(values[:size])
            assert some.tolist() == values

    @pytest.mark.parametrize("size", [1, 2, 3, 17, 465, 5000])
    def test_few_more_than_k_are_within_it(self, size):
        rng = np.random.default_rng(size)
        rising = np.arange(float(size))
        for values in (
            rising,
            rising[::-1],
            rng.random(size),
            rng.normal(size=size),
            rng.normal(size=size) ** 3,
            rng.chisquare(16, size) / 2 - 4,
            np.r_[rising[1:], 1e12],
        ):
            for k in {1, 2, (size + 1) // 2, size}:
                if k <= size:
                    within = np.count_nonzero(values <= kth_bound(values, size, k))
                    assert k <= within <= k + k // 16 + 1

    def test_of_ties_it_is_the_value_and_of_infinities_the_greatest(self):
        assert kth_bound(np.zeros(40), 40, 7) == 0.0
        assert kth_bound(np.full(40, np.inf), 40, 7) == np.inf
        halves = np.repeat([1.0, 2.0], 20)
        assert kth_bound(halves, 40, 20) < 2.0
        assert kth_bound(halves, 40, 21) == 2.0


class TestMarks:
    @both_precisions
    @given(
        scores=arrays(float, 3 * CHUNK, elements=st.integers(-5, 5).map(float)),
        limit=st.integers(-6, 6),
        start=st.sampled_from([0, 1, 17, 2 * CHUNK]),
    )
    @MODEST
    def test_a_bit_for_each_score_that_is_within_the_limit(self, dtype, scores, limit, start):
        found = marked(scores.astype(dtype), start, dtype(limit))
        assert found == np.flatnonzero(scores[start : start + CHUNK] <= limit).tolist()

    @both_precisions
    @pytest.mark.parametrize("place", [0, 1, 31, 62, 63])
    def test_a_single_score_on_the_limit_is_seen(self, place, dtype):
        scores = np.full(3 * CHUNK, 2.0, dtype)
        scores[CHUNK + place] = 1.0
        assert marked(scores, CHUNK, dtype(1.0)) == [place]
        assert marked(scores, CHUNK, np.nextafter(dtype(1.0), dtype(0.0))) == []
        assert marked(scores, 0, dtype(1.0)) == []
        assert marked(scores, 2 * CHUNK, dtype(1.0)) == []

    @both_precisions
    def test_chunks_with_a_score_within_their_own_query_s_limit_are_named(self, dtype):
        rng = np.random.default_rng(0)
        for _ in range(20):
            tile = rng.integers(0, 200, TILE).astype(dtype)
            limits = rng.integers(-1, 6, 3 * QUAD).astype(dtype)
            within = tile.reshape(QUAD, -1, CHUNK) <= limits[QUAD : 2 * QUAD, None, None]
            expected = np.flatnonzero(within.any(axis=2)).tolist()
            assert 0 < len(expected) < TILE // CHUNK
            assert chunks_of(tile, limits, QUAD) == expected

    @both_precisions
    def test_a_single_score_is_enough_wherever_it_stands(self, dtype):
        limits = np.ones(QUAD, dtype)
        for place in range(TILE):
            tile = np.full(TILE, 2.0, dtype)
            tile[place] = 1.0
            assert chunks_of(tile, limits, 0) == [place // CHUNK]


class TestTighten:
    @both_precisions
    @given(
        scores=arrays(float, st.integers(1, 80), elements=st.integers(-6, 6).map(float)),
        error=st.sampled_from([0.0, 1e-5, 0.01, 0.2]),
        margin=st.sampled_from([0.0, 0.5, 3.0]),
        data=st.data(),
    )
    @MODEST
    def test_it_keeps_every_row_that_may_be_among_the_first_k(
        self, dtype, scores, error, margin, data
    ):
        """True scores lie anywhere between ŝ - margin/2 and ŝ + 2g·|x|² + margin/2."""
        count = len(scores)
        k = data.draw(st.integers(max(1, count // 4), count))
        squares = data.draw(arrays(float, count, elements=st.floats(0.0, 4.0)))
        state = reservoir(scores.astype(dtype), k, margin)
        before = kept(state)
        lower = scores - margin / 2
        upper = (scores + 2 * error * squares[::-1] + margin / 2)[None, :]
        possible = (upper < lower[:, None]).sum(axis=1) < k
        tighten(panels_of(squares, error, dtype), state, 0, k, np.empty(200))
        after = kept(state)
        assert {before[i] for i in np.flatnonzero(possible)} <= set(after)
        assert after == [pair for pair in before if pair in set(after)]  # in the same order
        assert all(score <= state.limits[0] for score, _ in after)
        assert all(score > state.limits[0] for score, _ in set(before) - set(after))

    @both_precisions
    @given(
        scores=arrays(float, st.integers(1, 60), elements=st.integers(-9, 9).map(float)),
        data=st.data(),
    )
    @MODEST
    def test_without_any_error_little_more_than_the_first_k_and_their_ties_stay(
        self, dtype, scores, data
    ):
        k = data.draw(st.integers(max(1, len(scores) // 3), len(scores)))
        state = reservoir(scores.astype(dtype), k)
        tighten(panels_of(np.ones(len(scores)), 0.0, dtype), state, 0, k, np.empty(200))
        limit = state.limits[0]
        assert [score for score, _ in kept(state)] == [each for each in scores if each <= limit]
        ties = np.count_nonzero(scores <= np.sort(scores)[k - 1])
        assert ties <= state.counts[0] <= max(ties, k + k // 16)

    @given(score=st.floats(-10.0, 10.0), margin=st.floats(0.0, 1e-3))
    @MODEST
    def test_narrowing_the_limit_does_not_lower_it(self, score, margin):
        state = reservoir(np.array([score], np.float32), 1, margin)
        tighten(panels_of(np.ones(1), 1e-6, np.float32), state, 0, 1, np.empty(9))
        assert float(state.limits[0]) >= float(np.float32(score)) + 2e-6 + margin


class TestMakeRoom:
    @both_precisions
    @pytest.mark.parametrize("k", [1, 5, 40])
    def test_candidates_above_the_limit_make_room_for_a_chunk(self, k, dtype):
        scores = np.arange(k + max(k, 16) + 1).astype(dtype)[::-1]
        state = reservoir(scores, k)
        make_room(panels_of(np.ones(200), 1e-6, dtype), state, 0, k, np.empty(300))
        count = state.counts[0]
        assert k <= count <= k + k // 16
        assert [score for score, _ in kept(state)] == list(range(count - 1, -1, -1))
        assert count - 1 <= state.limits[0] < count
        assert state.counts[0] + CHUNK < state.scores.shape[1]

    @both_precisions
    @pytest.mark.parametrize("k", [1, 5, 40])
    def test_it_closes_where_too_many_cannot_be_told_apart(self, k, dtype):
        state = reservoir(np.zeros(k + max(k, 16) + 1, dtype), k)
        panels = panels_of(np.ones(200), 1e-6, dtype)
        make_room(panels, state, 0, k, np.empty(300))
        assert state.counts[0] == -1
        assert state.limits[0] == dtype(NOTHING)
        offer_chunk(state, np.full(CHUNK, -1e6, dtype), 0, 0, -1)
        assert state.counts[0] == -1


class TestOffer:
    @both_precisions
    @given(
        scores=arrays(float, 4 * CHUNK, elements=st.integers(-5, 5).map(float)),
        limit=st.integers(-6, 6),
        start=st.sampled_from([0, CHUNK, 3 * CHUNK]),
        skip=st.integers(95, 170),
    )
    @MODEST
    def test_rows_up_to_the_limit_are_appended_but_for_the_one_to_skip(
        self, dtype, scores, limit, start, skip
    ):
        state = reservoir(np.array([-8.0, -9.0], dtype), 20, limit=limit)
        tile = scores.astype(dtype)
        offer_chunk(state, tile, start, 100, skip)
        chunk = scores[start : start + CHUNK]
        wanted = [(score, 100 + r) for r, score in enumerate(chunk.tolist()) if score <= limit]
        assert kept(state) == [(-8.0, 1), (-9.0, 0), *(p for p in wanted if p[1] != skip)]


class TestOpening:
    @both_precisions
    @pytest.mark.parametrize("k", [1, 16, 300])
    def test_far_queries_and_missing_ones_let_nothing_in(self, k, dtype):
        rows = np.random.default_rng(0).normal(size=(50, 3))
        frame = frame_of(rows, dtype)
        queries = np.vstack([rows[:2], np.full((1, 3), 1e30), rows[2:4]])
        quads = pack_queries(queries, frame)
        state = open_reservoirs(quads, frame.margins(quads.squares), k, frame.dtype)
        open_ = [True, True, False, True, True, False, False, False]
        expected = np.where(open_, NO_LIMIT, NOTHING).astype(dtype)
        np.testing.assert_array_equal(state.limits, expected)
        np.testing.assert_array_equal(state.counts, [0, 0, -1, 0, 0])
        near = np.array([0, 1, 3, 4])
        assert (state.margins[near] >= frame.error * quads.squares[near]).all()
        assert state.scores.shape == state.rows.shape == (5, reservoir_size(k))
        per_query = state.scores[0].nbytes + state.rows[0].nbytes
        assert reservoir_bytes(k, frame.dtype) == per_query

    @pytest.mark.parametrize("k", [1, 20, 300])
    def test_there_may_be_room_for_more_spare_ones(self, k):
        assert reservoir_size(k, 128) == k + max(k, 128) + CHUNK + 1
        assert reservoir_bytes(k, np.dtype("f"), 128) == 12 * reservoir_size(k, 128)

    def test_a_part_is_a_view(self):
        rows = np.random.default_rng(0).normal(size=(50, 3))
        frame = frame_of(rows, np.float32)
        state = open_reservoirs(pack_queries(rows, frame), np.ones(50), 4, frame.dtype)
        part = state.part(slice(8, 12))
        for one, other in zip(part, state, strict=True):
            assert len(one) == 4
            assert np.shares_memory(one, other)
        part.counts[:] = 3
        assert state.counts.tolist() == [0] * 8 + [3] * 4 + [0] * 38
