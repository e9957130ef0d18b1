"""Hashes of rows, and rows in their order: the same however they are found."""

import numpy as np
import pytest

from trivium.softmax import hashes as module


@pytest.fixture(params=["compiled", "by NumPy"], autouse=True)
def _way(request, monkeypatch):
    limit = -1.0 if request.param == "compiled" else np.inf
    monkeypatch.setattr(module.patience, "limit", limit)
    monkeypatch.setattr(module.patience_to_hash, "limit", limit)
    monkeypatch.setattr(module, "_FEW", 0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_columns", [1, 3, 4])
def test_hashes_mix_the_bits_of_one_column_after_another(monkeypatch, dtype, order, n_columns):
    monkeypatch.setattr(module, "_HASHED_AT_ONCE", 3)
    X = np.asarray(np.random.default_rng(0).normal(size=(7, 4)), dtype=dtype, order=order)
    for row, hashed in zip(X, module.hash_numbers(X, n_columns), strict=True):
        mixed = 0x9E3779B97F4A7C15
        for x in row[:n_columns]:
            mixed = (mixed ^ int(np.float64(x).view(np.uint64))) * 0xD6E8FEB86659FD93 % 2**64
            mixed ^= mixed >> 32
        assert mixed == int(hashed)


@pytest.mark.parametrize("n", [1, 2, 100, 20_000])
@pytest.mark.parametrize("n_values", [1, 3, 2**64 - 1])
def test_rows_are_ordered_by_what_hashes_begin_with_and_by_their_number(n, n_values):
    rng = np.random.default_rng(n)
    hashes = rng.integers(0, n_values, size=n, dtype=np.uint64, endpoint=True)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    begin = hashes >> np.uint64(n.bit_length())
    order, same = module.ordered(hashes)
    np.testing.assert_array_equal(order, np.lexsort((np.arange(n), begin)))
    np.testing.assert_array_equal(same, np.diff(begin[order]) == 0)


@pytest.mark.parametrize("n_known", [1, 9, 17, 20, 40, 53, 63])
def test_keys_are_sorted_by_all_their_bits_but_the_known_ones(n_known):
    rng = np.random.default_rng(n_known)
    known = np.arange(min(500, 1 << n_known), dtype=np.uint64)
    high = rng.integers(0, 2 ** (64 - n_known), size=known.size, dtype=np.uint64)
    keys = known | high << np.uint64(n_known)
    expected = np.sort(keys)
    module._sort(keys, np.empty_like(keys), n_known)
    np.testing.assert_array_equal(keys, expected)
