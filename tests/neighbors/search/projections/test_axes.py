"""Lower bounds from a few coordinates: that they are bounds, and what they are worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST

from trivium.neighbors.search.products.panels import frame_of, robust_center
from trivium.neighbors.search.projections.axes import (
    Basis,
    coordinates,
    effective_dimension,
    principal_axes,
    sample_of,
    with_tail,
)


def low_rank(rng, n, d, rank, noise=0.0):
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)) + noise * rng.normal(size=(n, d))


def rows_of(kind, rng, n=200, d=24):
    if kind == "low rank":
        return low_rank(rng, n, d, 3)
    if kind == "low rank and noise":
        return low_rank(rng, n, d, 3, 1e-3)
    if kind == "shifted by 1e8":
        return 1e8 + low_rank(rng, n, d, 3, 0.1)
    if kind == "duplicates":
        return low_rank(rng, 20, d, 3, 0.1)[rng.integers(0, 20, n)]
    if kind == "an outlier":
        rows = low_rank(rng, n, d, 3, 0.1)
        rows[0] *= 1e6
        return rows
    if kind == "of many sizes":
        return rng.normal(size=(n, d)) * 10.0 ** rng.integers(-12, 12, size=(n, 1))
    return rng.uniform(size=(n, d))


KINDS = (
    "uniform",
    "low rank",
    "low rank and noise",
    "shifted by 1e8",
    "duplicates",
    "an outlier",
    "of many sizes",
)


def true_distances(rows, frame):
    """Distances in the frame, in the widest precision there is."""
    centred = rows.astype(np.longdouble) - frame.center
    centred *= np.longdouble(2.0) ** frame.exponent
    differences = centred[:, None] - centred[None]
    return np.sqrt(np.square(differences).sum(axis=2)), np.sqrt(np.square(centred).sum(axis=1))


def assert_lower_bounds(rows, frame, basis, n_axes):
    """Check |z - z'| <= |b - b'| + e·(|b| + |b'|), and that z is as long as b.

    Squares below 2^-1000 may vanish, which is far below the bound for scores in float32.
    """
    z = with_tail(*coordinates(rows, frame, basis), n_axes).astype(np.longdouble)
    assert z.shape == (len(rows), n_axes + 1)
    between = np.sqrt(np.square(z[:, None] - z[None]).sum(axis=2))
    true, norms = true_distances(rows, frame)
    error, vanished = basis.error(n_axes), 2.0**-500
    assert (between <= true + error * (norms[:, None] + norms[None]) + vanished).all()
    lengths = np.sqrt(np.square(z).sum(axis=1))
    assert (np.abs(lengths - norms) <= error * norms + vanished).all()


class TestLowerBounds:
    @pytest.mark.parametrize("n_axes", [1, 7, 11])
    @pytest.mark.parametrize("kind", KINDS)
    def test_of_principal_axes(self, kind, n_axes):
        rows = rows_of(kind, np.random.default_rng(1))
        frame = frame_of(rows, np.float32)
        basis = principal_axes(rows, frame.center, 11)
        assert_lower_bounds(rows, frame, basis, n_axes)
        assert_lower_bounds(rows, frame, basis.first(n_axes), n_axes)

    @pytest.mark.parametrize("tilt", [0.0, 1e-12, 1e-6, 1e-3])
    @pytest.mark.parametrize("kind", KINDS)
    def test_of_axes_that_are_orthonormal_up_to_a_known_defect(self, kind, tilt):
        rng = np.random.default_rng(2)
        rows = rows_of(kind, rng)
        frame = frame_of(rows, np.float32)
        axes, _ = np.linalg.qr(rng.normal(size=(24, 8)))
        axes = np.ascontiguousarray(axes * (1.0 + tilt))
        defect = np.linalg.norm(axes.T @ axes - np.eye(8)) + 1e-13
        assert_lower_bounds(rows, frame, Basis(axes, float(defect)), 8)

    @given(
        points=arrays(float, (8, 4), elements=st.floats(-1e3, 1e3)),
        exponents=arrays(int, (8, 1), elements=st.integers(-200, 200)),
        seed=st.integers(0, 99),
        n_axes=st.integers(1, 3),
    )
    @MODEST
    def test_of_any_rows_and_any_axes(self, points, exponents, seed, n_axes):
        rows = np.ldexp(points, exponents)
        frame = frame_of(rows, np.float32)
        if frame is not None:
            axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 3)))
            assert_lower_bounds(rows, frame, Basis(np.ascontiguousarray(axes), 1e-14), n_axes)

    def test_rows_in_the_span_lose_nothing(self):
        rows = low_rank(np.random.default_rng(3), 100, 30, 4)
        frame = frame_of(rows, np.float32)
        z = with_tail(*coordinates(rows, frame, principal_axes(rows, frame.center, 6)), 6)
        between = np.sqrt(np.square(z[:, None] - z[None]).sum(axis=2))
        np.testing.assert_allclose(between, true_distances(rows, frame)[0].astype(float), atol=1e-6)

    def test_more_axes_never_loosen_the_bounds(self):
        rows = rows_of("low rank and noise", np.random.default_rng(4))
        frame = frame_of(rows, np.float32)
        parts = coordinates(rows, frame, principal_axes(rows, frame.center, 12))
        before = -np.inf
        for n_axes in range(1, 13):
            z = with_tail(*parts, n_axes)
            between = np.sqrt(np.square(z[:, None] - z[None]).sum(axis=2))
            assert (between >= before - 1e-6).all()
            before = between

    def test_float32_rows_are_those_of_their_float64_copy(self):
        rows = rows_of("shifted by 1e8", np.random.default_rng(5)).astype(np.float32)
        frame = frame_of(rows, np.float32)
        basis = principal_axes(rows, frame.center, 8)
        for one, other in zip(
            coordinates(rows, frame, basis),
            coordinates(rows.astype(float), frame, basis),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)


class TestPrincipalAxes:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_defect_covers_what_they_lack_of_being_orthonormal(self, kind):
        rows = rows_of(kind, np.random.default_rng(6), n=400, d=40)
        basis = principal_axes(rows, robust_center(rows), 20)
        assert basis.axes.shape == (40, 20)
        axes = basis.axes.astype(np.longdouble)
        lack = (axes.T @ axes - np.eye(20)).astype(float)
        assert np.linalg.norm(lack, 2) <= basis.defect < 1e-11

    def test_tails_of_rows_of_low_rank_are_short(self):
        rows = low_rank(np.random.default_rng(7), 3000, 60, 5, 1e-4)
        frame = frame_of(rows, np.float32)
        parts = coordinates(rows, frame, principal_axes(rows, frame.center, 20))
        for n_axes in (6, 20):  # one for the center, which lies outside their span
            assert with_tail(*parts, n_axes)[:, -1].max() < 1e-3
        assert with_tail(*parts, 2)[:, -1].max() > 1e-2

    def test_the_first_ones_hold_nearly_as_much_as_any_could(self):
        rng = np.random.default_rng(8)
        rows = rng.normal(size=(2000, 30)) * 0.7 ** np.arange(30)
        basis = principal_axes(rows, np.zeros(30), 10)
        held = np.square(rows @ basis.axes[:, :5]).sum()
        most = np.square(np.linalg.svd(rows, compute_uv=False)[:5]).sum()
        assert 0.99 * most < held <= most * (1 + 1e-12)

    @pytest.mark.parametrize("size", [1e-150, 1e150])
    def test_the_size_of_the_rows_does_not_matter(self, size):
        rows = low_rank(np.random.default_rng(9), 300, 20, 3, 1e-3)
        scaled = principal_axes(rows * size, np.zeros(20), 5)
        held = np.square(rows @ scaled.axes[:, :3]).sum()
        assert held > 0.999 * np.square(rows).sum()

    def test_rows_all_at_the_center_have_some_axes_too(self):
        """The sample may miss the few rows that are elsewhere."""
        basis = principal_axes(np.full((5000, 64), 2.5), np.full(64, 2.5), 31)
        assert basis.axes.shape == (64, 31)
        assert basis.defect < 1e-10


class TestEffectiveDimension:
    @pytest.mark.parametrize("n", [600, 5000])
    @pytest.mark.parametrize("d", [2, 10, 64])
    def test_uniform_rows_have_all_their_columns(self, d, n):
        rows = np.random.default_rng(d).uniform(size=(n, d))
        assert 0.75 * d < effective_dimension(rows) < 1.3 * d

    @pytest.mark.parametrize("rank", [1, 2, 5, 20])
    def test_rows_of_low_rank_have_about_their_rank(self, rank):
        rng = np.random.default_rng(rank)
        axes, _ = np.linalg.qr(rng.normal(size=(200, rank)))
        rows = 7.0 + rng.normal(size=(3000, rank)) @ axes.T
        assert 0.7 * rank < effective_dimension(rows) < 1.4 * rank

    @pytest.mark.parametrize("change", ["size", "shift", "tiny"])
    def test_neither_size_nor_place_matters(self, change):
        rows = np.random.default_rng(0).normal(size=(1000, 8)) * 2.0 ** -np.arange(8)
        moved = {"size": rows * 2.0**500, "shift": rows + 2.0**20, "tiny": rows * 2.0**-900}
        np.testing.assert_allclose(
            effective_dimension(moved[change]), effective_dimension(rows), rtol=1e-6
        )

    @pytest.mark.parametrize("value", [0.0, 3.5, 1e308, -1.7e308, 5e-324])
    @pytest.mark.parametrize("n", [1, 2, 700])
    def test_rows_all_the_same_do_no_harm(self, n, value):
        assert effective_dimension(np.full((n, 4), value)) >= 0.0


@pytest.mark.parametrize("n", [1, 9, 10, 11, 19, 20, 1000])
def test_a_sample_is_spread_over_the_rows(n):
    rows = np.arange(float(n))[:, None].astype(np.float32)
    sample = sample_of(rows, 10)
    assert sample.dtype == np.float64
    assert len(sample) == min(n, 10)
    steps = np.diff(sample[:, 0])
    assert (steps == max(1, n // 10)).all()
    sample[:] = -1.0  # a copy
    assert rows.min() == 0.0
