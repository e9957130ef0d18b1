"""Ranges and sums of columns: what they are defined as, and the same by NumPy to the bit."""

import numpy as np
import pytest

from trivium.rows import summary
from trivium.rows.block import Block
from trivium.rows.summary import Summarise

SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e308, -1e308, 0.1, 3.0]


def summarised(monkeypatch, X, *, compiled):
    monkeypatch.setattr(summary.patience, "limit", -1.0 if compiled else np.inf)
    return Summarise(X[0].astype(np.float64))(Block(0, X, np.empty(0, dtype=np.intp), None))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1, 3), (700, 1), (90, 200)])
def test_numpy_computes_the_same_bits(monkeypatch, shape, dtype):
    rng = np.random.default_rng(0)
    for values in (SPECIAL, SPECIAL[:2], rng.normal(size=9)):
        with np.errstate(over="ignore"):
            X = rng.choice(values, size=shape).astype(dtype)
        one, other = (summarised(monkeypatch, X, compiled=way) for way in (True, False))
        for value, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(value, again)
            numbers = ~np.isnan(value)
            np.testing.assert_array_equal(np.signbit(value)[numbers], np.signbit(again)[numbers])


@pytest.mark.parametrize("compiled", [True, False])
def test_what_is_no_number_counts_in_sums_alone(monkeypatch, compiled):
    X = np.array([[1.0, np.nan], [np.nan, 2.0], [-4.0, 3.0]])
    found = summarised(monkeypatch, X, compiled=compiled)
    np.testing.assert_array_equal(found.least, [-4.0, np.nan])
    np.testing.assert_array_equal(found.most, [1.0, np.nan])
    assert np.isnan(found.sums).all()
    found = summarised(monkeypatch, X[[0, 2]][:, :1], compiled=compiled)
    assert (found.n_rows, found.sums[0], found.means[0]) == (2, -5.0, -1.5)
