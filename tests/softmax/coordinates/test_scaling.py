"""Frames: origins inside the columns, units that bring them to magnitude one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates import scaling as module
from trivium.softmax.coordinates.scaling import frame_of


def frame(X, *, centred):
    return frame_of(ArrayRows(X).summary(), centred=centred)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 50),
    scale=st.sampled_from([1e-150, 1e-3, 1.0, 1e150, 1e300]),
    kind=st.sampled_from([np.float64, np.float32]),
)
def test_columns_come_to_magnitude_one(seed, n, scale, kind):
    X = np.random.default_rng(seed).normal(size=(n, 3))
    X = X.astype(kind) if kind is np.float32 else X * scale
    for centred in (False, True):
        found = frame(X, centred=centred)
        framed = (X - found.origin) * found.unit
        size = np.ptp(framed, axis=0) if centred else np.abs(framed).max(axis=0)
        clipped = found.unit == 2.0**505  # beyond it a unit's square would leave float64
        assert np.all(((size >= 0.5 - 1e-9) | clipped) & (size < 1.0 + 1e-9))
        assert np.all(np.frexp(found.unit)[0] == 0.5)  # powers of two
        if centred:
            np.testing.assert_allclose(framed.mean(axis=0), 0.0, atol=1e-6)
        else:
            assert not found.origin.any()
            assert not found.far


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8, 1e300])
def test_a_constant_column_has_no_unit(value):
    found = frame(np.column_stack([np.full(7, value), np.arange(7.0)]), centred=True)
    assert found.unit[0] == 0.0
    assert found.origin[0] == value
    assert found.unit[1] > 0.0


def test_columns_far_from_zero_are_noticed():
    X = np.random.default_rng(0).normal(size=(100, 2))
    assert not frame(X + 5.0, centred=True).far
    assert frame(X + np.array([0.0, 1e4]), centred=True).far


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_loops_bring_rows_into_a_frame_as_numpy_does(monkeypatch, dtype):
    rng = np.random.default_rng(0)
    X = (1e3 * rng.normal(size=(50, 7))).astype(dtype)
    roots, origin = rng.uniform(size=50), rng.normal(size=7)
    unit = 2.0 ** rng.integers(-9, 9, 7)
    found = np.empty((2, 50, 8))
    for limit, packed in zip((np.inf, -1.0), found, strict=True):
        monkeypatch.setattr(module.patience, "limit", limit)
        module.bring_into_frame(X, roots, origin, unit, packed)
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0][:, 7], roots)
