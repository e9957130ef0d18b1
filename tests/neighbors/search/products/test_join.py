"""The self-join: each pair once, and every neighbour among the candidates of both."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from tests.neighbors.reference import nearest
from tests.neighbors.search.asking import pack_rows

from trivium.neighbors.search.products.join import QUADS_A_PANEL, join_blocks, rounds
from trivium.neighbors.search.products.layout import PANEL_ROWS
from trivium.neighbors.search.products.panels import frame_of, pack_queries
from trivium.neighbors.search.products.reservoir import open_reservoirs


class TestRounds:
    @pytest.mark.parametrize("n_blocks", range(1, 18))
    def test_every_pair_comes_once_and_no_block_twice_in_a_round(self, n_blocks):
        first, *others = rounds(n_blocks)
        assert first == [(block, block) for block in range(n_blocks)]
        met = [pair for pairs in others for pair in pairs]
        assert sorted(met) == list(combinations(range(n_blocks), 2))
        for pairs in others:
            blocks = [block for pair in pairs for block in pair]
            assert len(blocks) == len(set(blocks))

    @pytest.mark.parametrize("n_blocks", [2, 4, 16])
    def test_no_block_of_an_even_number_rests(self, n_blocks):
        assert {len(pairs) for pairs in list(rounds(n_blocks))[1:]} == {n_blocks // 2}


def joined(rows, k, ends, dtype):
    """Reservoirs after all rounds between blocks of panels."""
    frame = frame_of(rows, dtype)
    panels, quads = pack_rows(rows, frame), pack_queries(rows, frame, whole=QUADS_A_PANEL)
    state = open_reservoirs(quads, frame.margins(quads.squares), k, frame.dtype)
    blocks = list(pairwise(ends))
    for pairs in rounds(len(blocks)):
        for one, other in pairs:
            join_blocks(panels, quads, state, k, blocks[one], blocks[other])
    return state


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "ends"),
    [(90, [0, 1]), (257, [0, 1, 2]), (700, [0, 1, 2, 3]), (1100, [0, 3, 5]), (1024, [0, 1, 2, 4])],
)
class TestJoinBlocks:
    def test_no_neighbour_is_missing_and_no_row_comes_twice(self, n, ends, dtype):
        rng = np.random.default_rng(n)
        tables = rng.normal(size=(n, 9)), 1e8 + rng.normal(size=(n, 3))
        for rows, k in product(tables, (1, 10)):
            state = joined(rows, k, ends, dtype)
            _, right = nearest(None, rows, k)
            assert dtype == np.float32 or (state.counts >= 0).all()
            for q in np.flatnonzero(state.counts >= 0):
                found = state.rows[q, : state.counts[q]].tolist()
                assert set(right[q]) <= set(found) <= set(range(n)) - {q}
                assert len(found) == len(set(found))

    def test_scores_given_back_are_those_of_the_other_way(self, n, ends, dtype):
        """s(x, q) = s(q, x) - |x|²/2 + |q|²/2, up to rounding and the deflated halves."""
        rows = np.random.default_rng(n).normal(size=(n, 5))
        frame = frame_of(rows, dtype)
        state = joined(rows, 10, ends, dtype)
        centred = np.ldexp(rows - frame.center, frame.exponent)
        true = 0.5 * np.square(centred).sum(axis=1) - centred @ centred.T
        for q in range(n):
            some = state.rows[q, : state.counts[q]]
            computed = state.scores[q, : state.counts[q]]
            np.testing.assert_allclose(computed, true[q, some], rtol=0, atol=2.5 * frame.error)

    def test_too_many_rows_in_one_place_are_marked(self, n, ends, dtype):
        rows = np.random.default_rng(n).normal(size=(n, 5))
        rows[20:] = 9.0
        state = joined(rows, 2, ends, dtype)
        assert (state.counts[20:] == -1).all()
        assert (state.counts[:20] >= 2).all()


def test_rows_that_only_fill_a_panel_ask_for_nothing_and_are_offered_to_nobody():
    rows = np.random.default_rng(0).normal(size=(PANEL_ROWS + 1, 3))
    state = joined(rows, PANEL_ROWS, [0, 1, 2], np.float32)
    assert len(state.counts) == PANEL_ROWS + 1
    assert (state.counts == PANEL_ROWS).all()
    assert state.rows[:, :PANEL_ROWS].max() == PANEL_ROWS
