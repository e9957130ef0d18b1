"""Guessing and pruning by lower bounds: limits that hold, and lists that are exact."""

import numpy as np
import pytest
from tests.neighbors.reference import nearest
from tests.neighbors.search.asking import EUCLIDEAN, assert_same, pack_rows

from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address
from trivium.neighbors.search.products.byte_panels import relative_error
from trivium.neighbors.search.products.byte_rows import empty_byte_rows, write_byte_rows
from trivium.neighbors.search.products.panels import frame_of, pack_queries
from trivium.neighbors.search.products.reservoir import open_limits, open_reservoirs
from trivium.neighbors.search.products.shortlist import Asked
from trivium.neighbors.search.projections.pruning import (
    Bounds,
    Fine,
    _fine_score,
    guess_limits,
    prune,
)
from trivium.neighbors.search.projections.pruning import Whole as InBytes


def bytes_of(points, frame):
    written = empty_byte_rows(*points.shape)
    write_byte_rows(
        written, 0, points, frame, relative_error(points, frame), np.empty(points.shape)
    )
    return written


class Whole:
    """Rows pruned by all their columns: z = b, so that limits and lists are easily told."""

    def __init__(self, rows, queries, k):
        self.frame = frame_of(rows, np.float32)
        self.rows, self.queries, self.k = rows, queries, k
        self.panels = pack_rows(rows, self.frame)
        self.quads = pack_queries(queries, self.frame)
        centred = [(part - self.frame.center) * self.frame.scale for part in (rows, queries)]
        self.true = 0.5 * np.square(centred[0]).sum(axis=1) - centred[1] @ centred[0].T
        wide = -(-rows.shape[1] // 16) * 16 - rows.shape[1]
        self.fine_rows, self.fine_queries = (
            np.pad(part, ((0, 0), (0, wide))).astype(np.float32) for part in centred
        )
        far = np.zeros(len(queries), dtype=bool)
        margins, error = self.frame.margins(self.quads.squares), self.frame.error
        self.bounds, fine, in_bytes = (
            Bounds(open_limits(len(self.quads.values), far, self.frame.dtype), margins, error)
            for _ in range(3)
        )
        self.limits = self.bounds.limits
        halves = self.panels.halves.reshape(-1)
        self.fine = Fine(halves, self.fine_rows, self.fine_queries, fine)
        own = [bytes_of(part, self.frame) for part in (rows, queries)]
        self.in_bytes = InBytes(*own, in_bytes._replace(margins=own[1].errors))
        self.near = (
            np.full((len(queries), k), np.inf),
            np.full((len(queries), k), len(rows)),
        )
        self.asked = Asked(EUCLIDEAN, queries, rows, self.frame.scale, self.quads.squares)

    def guess(self, promising):
        """Take these rows of each query for promising."""
        margins = self.bounds.margins
        state = open_reservoirs(self.quads, margins, self.k, self.frame.dtype)
        state.rows[:, : promising.shape[1]] = promising
        state.counts[:] = promising.shape[1]
        guess_limits(self.asked, state, self.bounds, self.fine.bounds, self.in_bytes, *self.near)

    def prune(self, skip=None):
        m = len(self.queries)
        skip = np.full(m, -1) if skip is None else skip
        prune(
            self.asked,
            self.panels,
            self.quads,
            self.bounds,
            self.fine,
            self.in_bytes,
            skip,
            *self.near,
        )
        return self.near


class TestLimits:
    @pytest.mark.parametrize("k", [1, 4, 12])
    def test_guesses_leave_all_neighbours_within(self, k):
        rng = np.random.default_rng(k)
        rows, queries = rng.normal(size=(300, 16)), rng.normal(size=(10, 16))
        whole = Whole(rows, queries, k)
        whole.guess(np.array([rng.permutation(300)[:14] for _ in queries]))
        kth = np.sort(whole.true, axis=1)[:, k - 1]
        assert (whole.limits[:10] >= kth).all()
        assert (whole.limits[:10] < 10.0).all()

    def test_a_limit_never_rises(self):
        rng = np.random.default_rng(0)
        whole = Whole(rng.normal(size=(300, 16)), rng.normal(size=(10, 16)), 5)
        whole.limits[3] = -9.0
        whole.guess(np.arange(50).reshape(10, 5))
        assert whole.limits[3] == -9.0
        before = whole.limits.copy()
        whole.guess(np.arange(50).reshape(10, 5)[::-1])
        assert (whole.limits <= before).all()

    def test_fewer_promising_rows_than_neighbours_give_no_limit(self):
        rng = np.random.default_rng(0)
        whole = Whole(rng.normal(size=(300, 16)), rng.normal(size=(10, 16)), 5)
        whole.guess(np.arange(40).reshape(10, 4))
        assert (whole.limits[:10] == 2.0**90).all()


class TestPrune:
    @pytest.mark.parametrize("n", [20, 256, 700])
    @pytest.mark.parametrize("k", [1, 5, 20])
    @pytest.mark.parametrize("n_guessed", [0, 4, 20])
    def test_lists_are_those_of_sorting_everything(self, n_guessed, k, n):
        rng = np.random.default_rng(n)
        for rows in (rng.normal(size=(n, 16)), rng.integers(-1, 2, size=(n, 20)).astype(float)):
            rows[0] += 2.0
            queries = np.vstack([rows[:5], rng.normal(size=(6, rows.shape[1]))])
            whole = Whole(rows, queries, k)
            whole.guess(np.array([rng.permutation(n)[:n_guessed] for _ in queries]))
            assert_same(whole.prune(), nearest(queries, rows, k))

    def test_a_right_guess_is_not_listed_twice(self):
        rng = np.random.default_rng(0)
        rows, queries = rng.normal(size=(2, 300, 16))
        right = nearest(queries, rows, 30)
        whole = Whole(rows, queries, 12)
        whole.guess(right[1])
        assert_same(whole.prune(), [part[:, :12] for part in right])

    def test_the_row_to_skip_is_left_out(self):
        rows = np.random.default_rng(0).integers(-2, 3, size=(300, 16)).astype(float)
        rows[150:] = rows[:150]
        assert_same(Whole(rows, rows, 7).prune(np.arange(300)), nearest(None, rows, 7))

    def test_a_closed_query_finds_nothing_and_costs_nothing(self):
        rng = np.random.default_rng(0)
        whole = Whole(rng.normal(size=(300, 16)), rng.normal(size=(5, 16)), 3)
        whole.limits[2] = -(2.0**120)
        distances, indices = whole.prune()
        assert np.isinf(distances[2]).all()
        assert (indices[2] == 300).all()
        assert np.isfinite(np.delete(distances, 2, axis=0)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [16, 32, 48, 128])
def test_fine_scores_take_in_every_column(width, dtype):
    rng = np.random.default_rng(width)
    query, row = rng.normal(size=(2, width)).astype(dtype)
    whole = rng.integers(-9, 10, size=(2, width)).astype(dtype)
    right = 0.5 - float(query.astype(float) @ row.astype(float))
    assert abs(_score(query, row) - right) < 1e4 * np.finfo(dtype).eps
    assert _score(*whole) == 0.5 - whole[0] @ whole[1]


@kernel
def _score(query, row):
    width = len(query)
    return _fine_score(query.dtype.type(0.5), address(query, 0), address(row, 0), width)
