"""Repeated rows: merged into what plain counting gives, and in an order of their own."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context

from trivium.rows.memory import ArrayRows
from trivium.softmax import distinct as module


class Merged(NamedTuple):
    X: np.ndarray
    codes: np.ndarray
    weights: np.ndarray | None
    rows: ArrayRows
    merged: ArrayRows


def table(seed, n, d, n_values):
    """Rows of few numbers, so that many are the same."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, n_values, size=(n, d)) * 0.1
    return X, rng.integers(0, 2, size=n), rng.integers(1, 5, size=n).astype(float)


def distinct(X, codes, weights, rows=ArrayRows, **given):
    """Merge, and name the parts of the outcome."""
    rows = rows(X, codes, 4, weights, **given)
    merged = module.distinct(rows)
    (block,) = merged.counted_anew().slabs(1 << 40) if rows._X is not merged._X else (merged,)
    return Merged(getattr(block, "X", X), merged.codes, merged.weights, rows, merged)


def contents(X, codes, weights):
    """Weight of each row and class."""
    counted = Counter()
    weights = np.ones(len(X)) if weights is None else weights
    for row, code, weight in zip(X.tolist(), codes.tolist(), weights.tolist(), strict=True):
        counted[*row, code] += weight
    total = sum(counted.values())
    return {key: weight / total for key, weight in counted.items()}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 60),
    d=st.integers(1, 12),
    n_values=st.integers(1, 4),
    weighted=st.booleans(),
    small=st.sampled_from([0, 1 << 23]),
)
def test_nothing_is_lost_and_nothing_there_twice(seed, n, d, n_values, weighted, small):
    X, codes, weights = table(seed, n, d, n_values)
    weights = weights if weighted else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SMALL", small)
        merged = distinct(X, codes, weights)
    found = contents(*merged[:3])
    assert len(found) == len(merged.X) == len(merged.codes)
    assert found == pytest.approx(contents(X, codes, weights), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [3, 20])
def test_weights_and_repeated_rows_are_the_same_to_the_bit(dtype, d):
    X, codes, weights = table(0, 50, d, 3)
    X = X.astype(dtype)
    order = np.random.default_rng(0).permutation(int(weights.sum()))
    rows = np.arange(50).repeat(weights.astype(int))
    expected = distinct(X, codes, weights)
    for many in (rows, rows[order]):
        merged = distinct(X[many], codes[many], None)
        np.testing.assert_array_equal(merged.X, expected.X)
        np.testing.assert_array_equal(merged.codes, expected.codes)
        np.testing.assert_array_equal(  # but for a power of two
            merged.weights / merged.weights.max(), expected.weights / expected.weights.max()
        )


def test_the_order_of_float32_rows_is_that_of_float64():
    X = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    codes = np.arange(40) % 2
    one, other = distinct(X, codes, None), distinct(X.astype(np.float64), codes, None)
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(one.codes, other.codes)
    assert one.X.dtype == np.float32


def test_equal_weights_are_none():
    X, codes = np.arange(6.0)[:, None], np.arange(6) % 2
    assert distinct(X, codes, np.full(6, 0.3)).weights is None
    assert distinct(X.repeat(3, axis=0), codes.repeat(3), None).weights is None


@pytest.mark.parametrize("weight", [1e308, 5e-324])
def test_sums_of_weights_that_float64_cannot_hold(weight):
    X, codes = np.array([[1.0], [2.0]]).repeat([3, 1], axis=0), np.array([0, 0, 0, 1])
    merged = distinct(X, codes, np.full(4, weight))
    assert merged.weights[merged.codes == 0] == 3 * merged.weights[merged.codes == 1]


class TestLargeTables:
    @pytest.fixture(autouse=True)
    def _every_table_is_large(self, monkeypatch):
        monkeypatch.setattr(module, "_SMALL", 0)

    def test_without_repeats_they_are_not_copied_and_read_for_their_summary_alone(self):
        X = np.random.default_rng(2).normal(size=(500, 40))
        codes, weights = np.arange(500) % 3, np.linspace(1, 2, 500)
        merged = distinct(X, codes, weights)
        assert merged.X is X
        assert merged.codes is codes
        assert merged.weights is weights
        assert merged.rows.reads == 1 + 1 / 500
        assert merged.merged.summary().n_rows == 500
        assert merged.rows.reads == 1 + 1 / 500

    def test_the_first_of_repeated_rows_stays_where_it_is(self):
        X, codes, weights = table(3, 50, 30, 2)
        X[:, :8] = 0.0  # the first columns tell no rows apart
        rows = np.arange(50).repeat(weights.astype(int))
        merged = distinct(X[rows], codes[rows], None)
        np.testing.assert_array_equal(merged.X, X)
        np.testing.assert_array_equal(merged.codes, codes)
        np.testing.assert_array_equal(merged.weights / merged.weights[0], weights / weights[0])

    def test_what_would_outgrow_the_memory_is_left(self):
        X = np.zeros((9000, 20))
        X[:, 0] = np.arange(9000) // 1.001
        with config_context(working_memory=1):
            merged = distinct(X, np.zeros(9000, dtype=int), None)
        assert merged.X is X
        assert merged.weights is None
