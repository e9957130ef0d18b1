"""The table of metrics, and unit directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST, unit_rows

from trivium.neighbors.search import metrics
from trivium.neighbors.search.measures import ITSELF, SUM, Measure
from trivium.neighbors.search.metrics import Metric, directions, metric_of


class TestDirections:
    @given(arrays(float, (4, 3), elements=st.floats(-1e300, 1e300)))
    @MODEST
    def test_rows_have_length_one(self, X):
        np.testing.assert_allclose(np.square(directions(X)).sum(axis=1), 1.0, rtol=1e-14)

    def test_an_ordinary_row_is_divided_by_its_length(self):
        X = np.random.default_rng(0).normal(size=(50, 5))
        np.testing.assert_array_equal(directions(X), unit_rows(X))

    @pytest.mark.parametrize("exponent", [-1000, -600, 600, 1000])
    def test_a_power_of_two_does_not_turn_a_row(self, exponent):
        X = np.random.default_rng(1).normal(size=(50, 5))
        np.testing.assert_array_equal(directions(np.ldexp(X, exponent)), directions(X))

    def test_a_denormal_row_has_a_direction(self):
        np.testing.assert_allclose(
            directions(np.array([[3e-320, 4e-320]])), [[0.6, 0.8, 0.0]], 1e-3
        )

    def test_a_row_of_zeros_has_an_axis_of_its_own(self):
        X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -0.0]])
        np.testing.assert_array_equal(directions(X), [[0, 0, 1], [1, 0, 0], [0, 0, 1]])

    def test_float32_rows_are_directed_in_float64(self):
        X = np.random.default_rng(2).normal(size=(20, 3)).astype(np.float32)
        assert directions(X).dtype == np.float64
        np.testing.assert_array_equal(directions(X), directions(X.astype(float)))


def test_a_name_of_the_table_is_not_scipys(monkeypatch):
    ours = Metric("canberra", Measure(SUM, ITSELF))
    assert metric_of("canberra").function is not None
    monkeypatch.setitem(metrics.NAMES, "canberra", ours)
    assert metric_of("canberra") is ours
    with pytest.raises(ValueError, match="'nobody'") as caught:
        metric_of("nobody")
    assert str(caught.value).count("'canberra'") == 1
