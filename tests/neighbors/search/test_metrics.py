"""Distances: the cheap form, the root, and unit directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST, distance_matrix, unit_rows

from trivium.neighbors.search.metrics import (
    COSINE,
    METRICS,
    add_difference,
    block_distances,
    directions,
    distance_of,
    reduced_limit,
)

CODES = sorted(METRICS.values())
ordinary = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("metric", METRICS)
@given(points=arrays(float, (5, 3), elements=ordinary))
@MODEST
def test_distance_is_the_direct_difference(metric, points):
    code, query, rows = METRICS[metric], points[0], points[1:]
    reduced = np.empty(len(rows))
    block_distances(code, query, np.ascontiguousarray(rows.T), reduced)
    one_by_one = np.zeros(len(rows))
    for r, row in enumerate(rows):
        for j in range(3):
            one_by_one[r] = add_difference(code, one_by_one[r], query[j] - row[j])
    np.testing.assert_array_equal(reduced, one_by_one)
    if code != COSINE:  # which is asked of directions, below
        found = [distance_of(code, each) for each in reduced]
        np.testing.assert_array_equal(found, distance_matrix([query], rows, metric)[0])


@pytest.mark.parametrize("metric", CODES)
@given(reduced=st.floats(0, 1.7e308))
@MODEST
def test_no_row_within_a_distance_exceeds_its_reduced_limit(metric, reduced):
    distance = distance_of(metric, reduced)
    assert reduced <= reduced_limit(metric, distance)


@pytest.mark.parametrize("metric", CODES)
def test_the_limit_of_an_infinite_distance_lets_every_row_in(metric):
    assert reduced_limit(metric, np.inf) == np.inf


@given(st.floats(1e-130, 1e140))
@MODEST
def test_the_euclidean_limit_is_hardly_wider_than_the_distance(distance):
    assert distance_of(0, reduced_limit(0, distance)) <= distance * (1 + 1e-15)


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
