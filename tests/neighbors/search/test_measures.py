"""Distances as compiled loops know them: the cheap form, the root, and limits."""

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.neighbors.reference import MODEST, distance_matrix
from tests.neighbors.search.asking import CODES, EUCLIDEAN

from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.kd_tree.simd_lists import FORMS, _Writer
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.measures import (
    POWER_ROOT,
    POWERS,
    Measure,
    add_difference,
    block_distances,
    distance_of,
    is_lost,
    limit_after_step,
    measured_again,
    pair_distance,
    reduced_limit,
)
from trivium.neighbors.search.scan import Scan

MINKOWSKI = {f"minkowski {p:g}": Measure(POWERS, POWER_ROOT, p) for p in (1.5, 2.5, 3.0, 7.0, 40.0)}
MEASURES = {**CODES, **MINKOWSKI}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
ordinary = st.floats(-1e6, 1e6)


@every_measure
@given(points=arrays(float, (5, 3), elements=ordinary))
@MODEST
def test_distance_is_the_direct_difference(measure, points):
    query, rows = points[0], points[1:]
    reduced = np.empty(len(rows))
    block_distances(measure, query, np.ascontiguousarray(rows.T), reduced)
    one_by_one = np.zeros(len(rows))
    for r, row in enumerate(rows):
        for j in range(3):
            one_by_one[r] = add_difference(measure, one_by_one[r], query[j] - row[j])
    np.testing.assert_array_equal(reduced, one_by_one)
    for name in ("euclidean", "manhattan", "chebyshev"):
        if measure == CODES[name]:
            found = [distance_of(measure, each) for each in reduced]
            np.testing.assert_array_equal(found, distance_matrix([query], rows, name)[0])


@every_measure
@given(reduced=st.floats(0, 1.7e308))
@MODEST
def test_no_row_within_a_distance_exceeds_its_reduced_limit(measure, reduced):
    distance = distance_of(measure, reduced)
    assert reduced <= reduced_limit(measure, distance)


@every_measure
def test_the_limit_of_an_infinite_distance_lets_every_row_in(measure):
    assert reduced_limit(measure, np.inf) == np.inf


@given(st.floats(1e-130, 1e140))
@MODEST
def test_the_euclidean_limit_is_hardly_wider_than_the_distance(distance):
    limit = reduced_limit(EUCLIDEAN, distance)
    assert distance_of(EUCLIDEAN, limit) <= distance * (1 + 1e-15)


@every_measure
@given(points=arrays(float, (3, 2), elements=st.floats(-1e300, 1e300)))
@MODEST
def test_a_limit_after_a_step_lets_in_what_was_near(measure, points):
    here, there, row = points

    def reduced(one, other):
        total = 0.0
        for j in range(2):
            total = add_difference(measure, total, one[j] - other[j])
        return total

    distance = pair_distance(measure, reduced(here, row), here, row)
    limit = limit_after_step(measure, distance, reduced(here, there), 1.0 + 2.0**-38)
    assert reduced(there, row) <= limit or np.isinf(distance)


class TestPowers:
    @given(base=st.floats(0, 1e300), p=st.floats(1, 300))
    @MODEST
    def test_they_are_those_of_python(self, base, p):
        try:
            right = math.pow(base, p)
        except OverflowError:
            right = math.inf
        assert add_difference(Measure(POWERS, POWER_ROOT, p), 0.0, base) == right

    @pytest.mark.parametrize("p", [1.5, 2.5, 3.0, 40.0, 1000.0])
    @pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e9, 1e300])
    def test_a_distance_is_right_whatever_its_size(self, p, size):
        rng = np.random.default_rng(0)
        measure = Measure(POWERS, POWER_ROOT, p)
        for query, row in rng.normal(size=(50, 2, 4)):
            apart = np.abs((query - row).astype(np.longdouble))
            right = float(
                apart.max() * np.sum((apart / apart.max()) ** p) ** (1 / np.longdouble(p))
            )
            reduced = 0.0
            for j in range(4):
                reduced = add_difference(measure, reduced, (query[j] - row[j]) * size)
            found = pair_distance(measure, reduced, query * size, row * size)
            np.testing.assert_allclose(found, right * size, rtol=1e-12)


class TestRefusal:
    """A form or a root that there is not makes NaN of everything, never another metric."""

    NOT_THERE = (-1, 4, 5, 17, 255)

    @pytest.mark.parametrize("number", NOT_THERE)
    def test_of_a_form(self, number):
        measure = Measure(number, 0)
        found = np.zeros(5)
        block_distances(measure, np.zeros(3), np.ones((3, 5)), found)
        assert np.isnan(found).all()
        assert np.isnan(add_difference(measure, 0.0, 1.0))

    @pytest.mark.parametrize("number", NOT_THERE)
    def test_of_a_root(self, number):
        measure = Measure(0, number)
        said = [
            distance_of(measure, 1.0),
            reduced_limit(measure, 1.0),
            limit_after_step(measure, 1.0, 1.0, 1.0),
            pair_distance(measure, 1.0, np.zeros(2), np.ones(2)),
            measured_again(measure, np.zeros(2), np.ones(2)),
        ]
        assert np.isnan(said).all()
        assert not is_lost(measure, 0.0)

    @pytest.mark.parametrize("number", [*NOT_THERE, POWERS])
    def test_of_a_form_for_eight_queries(self, number):
        writer = _Writer.__new__(_Writer)
        writer.builder = mock.Mock()
        with pytest.raises(ValueError, match=f"form of number {number}"):
            writer.add(number, None, None)

    @pytest.mark.parametrize("search", [Scan, Brute, KDTree])
    @pytest.mark.parametrize("measure", [Measure(4, 0), Measure(0, 4), Measure(-1, -1)])
    def test_of_a_search(self, search, measure):
        with pytest.raises(ValueError, match="there is no such form, or no such root"):
            search(measure, np.zeros((5, 2)))

    def test_every_form_and_root_there_is_makes_numbers(self):
        for form in range(4):
            assert add_difference(Measure(form, 0, 3.0), 0.0, 2.0) > 0
        for root in range(4):
            assert distance_of(Measure(0, root, 3.0), 8.0) > 0
        assert set(FORMS) < set(range(4))
