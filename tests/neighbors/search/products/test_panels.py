"""Panels: what is written in them, and that computed scores bracket the true ones."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST
from tests.neighbors.search.asking import pack_rows

from trivium.blocks.compiled import kernel
from trivium.neighbors.search.products.float_products import scores_of_floats
from trivium.neighbors.search.products.panels import (
    NO_LIMIT,
    NOTHING,
    PANEL_ROWS,
    QUAD,
    Frame,
    frame_of,
    pack_queries,
    robust_center,
    rounding_error,
)
from trivium.neighbors.search.products.quantized import write

_UNIT = 1074  # every float64 is a whole number of 2^-1074

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def whole_numbers(values):
    """Floats in units of 2^-1074, as Python's integers: sums and products are exact."""
    ratios = [float(value).as_integer_ratio() for value in values]
    return np.array([top * (2**_UNIT // bottom) for top, bottom in ratios], dtype=object)


def exact_norm_and_score(query, row, frame):
    """|q|², |x|² and s(q, x) = |x|²/2 - q·x of rows in the frame, without any rounding."""
    center = whole_numbers(frame.center)
    q, x = whole_numbers(query) - center, whole_numbers(row) - center
    unit = Fraction(2) ** (2 * frame.exponent - 2 * _UNIT)
    return q @ q * unit, x @ x * unit, (x @ x - 2 * (q @ x)) * unit / 2


@kernel
def write_scores(quad, panel, halves, tile):
    scores_of_floats(quad, panel, halves, tile)


def computed_scores(panels, quads):
    """Scores of shape (4 * quads, 256 * panels)."""
    scores = np.empty((4 * len(quads.values), PANEL_ROWS * len(panels.values)), panels.values.dtype)
    tile = np.empty(QUAD * PANEL_ROWS, panels.values.dtype)
    for i, quad in enumerate(quads.values):
        for p, values in enumerate(panels.values):
            write_scores(quad, values, panels.halves[p], tile)
            place = slice(QUAD * i, QUAD * (i + 1)), slice(PANEL_ROWS * p, PANEL_ROWS * (p + 1))
            scores[place] = tile.reshape(QUAD, PANEL_ROWS)
    return scores


def assert_bracketed(rows, queries, frame, some=None):
    """Check ŝ - g·|q|²/2 <= s <= ŝ + 2g·|x|² + g·|q|²/2, but for what underflow takes."""
    panels, quads = pack_rows(rows, frame), pack_queries(queries, frame)
    scores, g = computed_scores(panels, quads), Fraction(frame.error)
    for q in np.flatnonzero(np.isfinite(quads.squares)):
        for r in range(len(rows)) if some is None else some:
            norm, square, true = exact_norm_and_score(queries[q], rows[r], frame)
            score, slack = Fraction(float(scores[q, r])), g * norm / 2 + Fraction(frame.vanished)
            assert score - slack <= true <= score + 2 * g * square + slack


def table(kind, rng, n, d):
    """Rows of one kind."""
    rows = rng.normal(size=(n, d))
    if kind == "shifted by 1e8":
        rows += 1e8
    if kind == "an outlier":
        rows[0] *= 1e9
    if kind == "all signs alike":  # so that rounding errors do not cancel
        rows = np.abs(rows) + 3.0
        rows[::2] *= -1.0
    if kind == "of many sizes":
        rows *= 10.0 ** rng.integers(-60, 60, size=(n, d))
    return rows


KINDS = ("normal", "shifted by 1e8", "an outlier", "all signs alike", "of many sizes")


class TestBracket:
    @both_precisions
    @pytest.mark.parametrize("d", [1, 3, 4, 5, 64, 784])
    @pytest.mark.parametrize("kind", KINDS)
    def test_of_rows_of_every_kind(self, kind, d, dtype):
        rng = np.random.default_rng(d)
        rows = table(kind, rng, 300, d)
        queries = np.vstack([rows[:2], -rows[1:2], table(kind, rng, 1, d), 1e3 * rows[3:4]])
        assert_bracketed(rows, queries, frame_of(rows, dtype), some=(0, 1, 2, 299))

    @both_precisions
    @given(
        points=arrays(float, (10, 5), elements=st.floats(-1e3, 1e3)),
        exponents=arrays(int, (10, 5), elements=st.integers(-300, 300)),
    )
    @MODEST
    def test_of_any_numbers(self, dtype, points, exponents):
        points = np.ldexp(points, exponents)
        frame = frame_of(points[:6], dtype)
        if frame is not None:
            assert_bracketed(points[:6], points[6:], frame)

    @both_precisions
    @given(
        points=arrays(float, (8, 3), elements=st.floats(-1.0, 1.0, width=32)),
        shift=st.sampled_from([0.0, 1e4, 1e8]),
        exponent=st.integers(-400, 400),
    )
    @MODEST
    def test_of_numbers_of_one_size(self, dtype, points, shift, exponent):
        points = np.ldexp(points + shift, exponent)
        frame = frame_of(points[:5], dtype)
        if frame is not None:
            assert_bracketed(points[:5], points[5:], frame)

    @pytest.mark.parametrize("d", [5, 64, 784])
    @pytest.mark.parametrize("side", [-1, 1])
    @both_precisions
    def test_where_every_addition_rounds_the_same_way(self, dtype, side, d):
        """Later products are just above or just below half a unit in the sum's last place.

        The error then grows with the number of columns, as the bound does.
        """
        eps = float(np.finfo(dtype).eps)
        row = np.full(d, np.sqrt(eps / 2) * (1.0 + side * 2.0**-10))
        row[0] = 1.0
        frame = Frame(np.zeros(d), 0, np.dtype(dtype), rounding_error(d, np.dtype(dtype)))
        assert_bracketed(row[None], -row[None], frame)

    def test_the_bound_is_not_far_above_what_rounding_can_do(self):
        eps, d = 2.0**-23, 784
        row = np.full(d, np.sqrt(eps / 2) * (1.0 + 2.0**-10))
        row[0] = 1.0
        frame = Frame(np.zeros(d), 0, np.dtype(np.float32), rounding_error(d, np.dtype("f")))
        scores = computed_scores(pack_rows(row[None], frame), pack_queries(-row[None], frame))
        norm, _, true = exact_norm_and_score(-row, row, frame)
        inflated = Fraction(float(scores[0, 0])) + Fraction(frame.error) * norm
        assert inflated - true > Fraction(frame.error) * norm / 3


class TestPackedRows:
    @both_precisions
    @pytest.mark.parametrize("given_dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("n", [1, 255, 256, 257, 1300])
    @pytest.mark.parametrize("d", [1, 4, 5])
    def test_each_value_stands_in_its_place(self, d, n, given_dtype, dtype):
        rows = (5.0 + np.random.default_rng(n).normal(size=(n + 1, d))).astype(given_dtype)
        frame = frame_of(rows, dtype)
        rows = rows[:n]
        panels = pack_rows(rows, frame)
        centred = (rows.astype(np.float64) - frame.center) * np.ldexp(1.0, frame.exponent)
        assert panels.values.dtype == panels.halves.dtype == dtype
        written = panels.values.reshape(len(panels.values), -1, PANEL_ROWS)
        written = written.transpose(0, 2, 1).reshape(-1, written.shape[1])
        np.testing.assert_array_equal(written[:n, :d], centred.astype(dtype))
        assert not written[n:].any()
        assert not written[:, d:].any()
        assert written.shape[1] % 4 == 0
        squares = np.square(centred).sum(axis=1)
        np.testing.assert_allclose(panels.squares[:n], squares, rtol=1e-14)
        assert not panels.squares[n:].any()
        halves = panels.halves.reshape(-1)[:n].astype(float)
        np.testing.assert_allclose(
            halves, (0.5 - frame.error) * squares, rtol=float(np.finfo(dtype).eps)
        )

    @pytest.mark.parametrize("n", [1, 255, 257, 1300])
    def test_rows_that_only_fill_a_panel_are_within_no_limit(self, n):
        rows = np.random.default_rng(n).normal(size=(n + 1, 6))
        frame = frame_of(rows, np.float32)
        panels = pack_rows(rows[:n], frame)
        queries = np.vstack([rows[:5], 1e5 * rows[:3]])
        scores = computed_scores(panels, pack_queries(queries, frame))
        assert (scores[:, n:] > NO_LIMIT).all()
        assert (np.abs(scores[:, :n]) < NO_LIMIT).all()
        assert scores.min() > NOTHING

    @pytest.mark.parametrize("n_jobs", [2, 4, None])
    def test_the_number_of_threads_does_not_show(self, n_jobs):
        rows = np.random.default_rng(1).normal(size=(9000, 7))
        alone, several = (write(rows, "float32", jobs).panels[:3] for jobs in (1, n_jobs))
        for one, other in zip(alone, several, strict=True):
            filled = one.reshape(-1) if one.ndim > 1 else one
            np.testing.assert_array_equal(filled, other.reshape(filled.shape))


class TestPackedQueries:
    @both_precisions
    @pytest.mark.parametrize("m", [1, 3, 4, 5, 9])
    @pytest.mark.parametrize("whole", [1, 64])
    def test_each_value_stands_negated_in_its_place(self, whole, m, dtype):
        rng = np.random.default_rng(m)
        rows, queries = rng.normal(size=(50, 6)), rng.normal(size=(m, 6)).astype(np.float32)
        frame = frame_of(rows, dtype)
        quads = pack_queries(queries, frame, whole)
        assert len(quads.values) == -(-m // (4 * whole)) * whole
        written = quads.values.reshape(len(quads.values), -1, QUAD)
        written = written.transpose(0, 2, 1).reshape(-1, written.shape[1])
        centred = (queries - frame.center) * np.ldexp(1.0, frame.exponent)
        np.testing.assert_array_equal(written[:m, :6], -centred.astype(dtype))
        assert not written[m:].any()
        assert not written[:, 6:].any()
        np.testing.assert_allclose(quads.squares, np.square(centred).sum(axis=1), rtol=1e-14)

    @both_precisions
    def test_queries_too_far_away_are_marked(self, dtype):
        rows = np.random.default_rng(0).normal(size=(50, 4))
        frame = frame_of(rows, dtype)
        sizes = np.array([1.0, 1e5, 1e9, 1e30, 1e160, 1e300])
        quads = pack_queries(sizes[:, None] * np.ones(4), frame)
        np.testing.assert_array_equal(np.isinf(quads.squares), [False] * 2 + [True] * 4)
        assert np.isfinite(quads.values).all()
        written = quads.values.reshape(2, -1, QUAD).transpose(0, 2, 1).reshape(8, -1)
        assert written[:2].all()
        assert not written[2:].any()


class TestFrame:
    @given(
        points=arrays(float, (30, 3), elements=st.floats(-1.0, 1.0)),
        exponent=st.integers(-880, 990),
        d=st.integers(1, 3),
    )
    @MODEST
    def test_rows_have_length_one_at_most_and_not_much_less(self, points, exponent, d):
        rows = np.ldexp(points[:, :d], exponent)
        frame = frame_of(rows, np.float64)
        if frame is None:
            return
        centred = np.ldexp(rows - frame.center, frame.exponent)
        assert np.square(centred).sum(axis=1).max() <= 1.0
        assert np.abs(centred).max() >= 0.5**3 / np.sqrt(d)

    @both_precisions
    @pytest.mark.parametrize("size", [0.0, 1e-310, 1e-280, 1e305])
    def test_there_is_none_for_rows_too_small_or_too_large(self, size, dtype):
        rows = np.random.default_rng(0).uniform(-1.0, 1.0, size=(300, 4)) * size
        assert frame_of(rows, dtype) is None

    @both_precisions
    @pytest.mark.parametrize("value", [0.0, 3.5, -1e8, 5e-324, 1e308, 1.7e308, -1.7e308])
    @pytest.mark.parametrize("n", [1, 2, 600])
    def test_there_is_none_for_rows_all_the_same(self, n, value, dtype):
        assert frame_of(np.full((n, 3), value), dtype) is None

    def test_the_center_is_near_most_rows(self):
        rng = np.random.default_rng(0)
        rows = 1e8 + rng.normal(size=(1000, 3))
        rows[rng.permutation(1000)[:300]] = 1e200
        assert np.abs(robust_center(rows) - 1e8).max() < 2.0

    @pytest.mark.parametrize("n", [1, 2, 3, 255, 256, 5000])
    def test_half_of_the_rows_looked_at_are_on_either_side_of_the_center(self, n):
        rows = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
        center = robust_center(rows)
        assert center.dtype == np.float64
        sample = rows[:: max(1, n // 256)][:256]
        assert ((sample < center).sum(axis=0) <= len(sample) / 2).all()
        assert ((sample > center).sum(axis=0) <= (len(sample) + 1) / 2).all()
