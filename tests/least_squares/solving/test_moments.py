"""Rows scaled and added up by class: the same by NumPy to the bit."""

import numpy as np
import pytest

from trivium.least_squares.solving.packing import pack, pack_by_numpy


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [0, 2, 7])
def test_numpy_computes_the_same_bits(n_classes, weighted):
    rng = np.random.default_rng(n_classes)
    for n, d, dtype in (
        (1, 1, np.float64),
        (300, 5, np.float32),
        (700, 1, np.float64),
        (90, 23, np.float32),
    ):
        X = rng.choice([0.0, -0.0, np.nan, np.inf, 1e30, *rng.normal(size=99)], size=(n, d))
        codes = rng.integers(0, n_classes, n if n_classes else 0) if n_classes else np.empty(0, int)
        weights = rng.uniform(0.1, 3.0, n if weighted else 0)
        found = []
        for scale in (pack, pack_by_numpy):
            groups = max(1, n_classes)
            sums = np.full(d, 0.5), np.full((groups, d), 0.1), np.full(groups, 0.1)
            packed = np.empty((n, d))
            given = X.astype(dtype), weights, codes, np.full(d, 0.3), np.full(d, 0.25)
            scale(*given, packed, *sums)
            found.append((packed, *sums))
        for value, again in zip(*found, strict=True):
            np.testing.assert_array_equal(value, again)
