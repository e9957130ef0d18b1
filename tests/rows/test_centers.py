"""Means of columns keep all digits, wherever the rows are."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rows.split_rows import SplitRows

from trivium.rows.centers import column_centers
from trivium.rows.memory import ArrayRows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_are_exact_to_rounding(dtype):
    normal = np.random.default_rng(0).normal(size=(2, 3000))
    X = np.column_stack([normal[0] + 1e6, normal[1], np.full(3000, 0.1)]).astype(dtype)
    rows = ArrayRows(X)
    centers = column_centers(rows)
    for column, center in zip(X.T, centers, strict=True):
        mean = sum(map(Fraction, column.tolist())) / 3000
        assert abs(Fraction(float(center)) - mean) <= 4 * Fraction(math.ulp(float(abs(mean)) + 1))
    assert centers[2] == X[0, 2]
    assert rows.reads == pytest.approx(1 + 1 / 3000)


@given(st.lists(st.integers(0, 40_000), max_size=5))
def test_pieces_have_the_same_means(cuts):
    X = np.arange(80_000.0).reshape(40_000, 2) ** 1.5
    whole = column_centers(ArrayRows(X))
    np.testing.assert_array_equal(column_centers(SplitRows(X, cuts=cuts)), whole)
    pieces = column_centers(SplitRows(X, cuts=cuts, recut=False))
    np.testing.assert_allclose(pieces, whole, rtol=1e-12)
