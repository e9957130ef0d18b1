"""Sums without rounding: digits against fractions, and any partition against the whole."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.least_squares.tables import table_of

from trivium.least_squares.solving.centred_sums import centred_sums, is_sum_of, sums_of_moments
from trivium.least_squares.solving.digits import (
    BITS,
    Double,
    carried,
    outer,
    raised,
    to_double,
    two_product,
    whole_to_digits,
)
from trivium.least_squares.solving.double_factor import pivoted_factor, residual
from trivium.least_squares.solving.exact_sums import NOWHERE, empty_sums, sum_exactly
from trivium.least_squares.solving.moments import gather


def values_of(planes, place):
    """Numbers that digits stand for."""
    total = np.zeros(planes.shape[1:], dtype=object)
    for number, plane in enumerate(planes):
        total += plane.astype(object) * Fraction(2) ** (BITS * number)
    return total * np.vectorize(lambda p: Fraction(2) ** (BITS * int(p)), otypes=[object])(place)


def fractions(values):
    return np.vectorize(Fraction, otypes=[object])(values)


def rows(seed, n, d):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-12, 13, size=d)
    X[:, 0] = rng.poisson(0.4, size=n)
    X[rng.random((n, d)) < 0.1] = 0.0
    codes = rng.integers(0, 3, size=n)
    return X, codes, rng.uniform(1e-3, 5.0, size=n)


class TestSums:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(1, 12),
        d=st.integers(1, 4),
        weighted=st.booleans(),
        power=st.sampled_from([-300, 0, 300]),
        apart=st.sampled_from([0, 300, 1000]),
    )
    def test_they_are_exact(self, seed, n, d, weighted, power, apart):
        X, codes, w = rows(seed, n, d)
        w = np.ldexp(w, np.random.default_rng(seed).integers(-apart, apart + 1, size=n))
        X, w = np.ldexp(X, power), w if weighted else None
        sums = sum_exactly(table_of(X, codes, 3, w))
        A = fractions(np.column_stack([np.ones(n), X]))
        weights = fractions(np.ones(n) if w is None else w)
        place = sums.places
        products = values_of(sums.products, place[:, None] + place + sums.weight_lowest)
        assert (products == (A * weights[:, None]).T @ A).all()
        groups = values_of(sums.groups, place + sums.weight_lowest)
        for code in range(3):
            own = codes == code
            assert (groups[code] == weights[own] @ A[own]).all()
        assert not sums.noise.any()

    @pytest.mark.parametrize("weighted", [False, True])
    def test_blocks_and_parts_change_nothing(self, weighted):
        X, codes, w = rows(1, 3000, 4)
        w = w if weighted else None
        whole = sum_exactly(table_of(X, codes, 3, w))
        order = np.random.default_rng(2).permutation(3000)
        parts = empty_sums(4, 3)
        for some in np.array_split(order, 7):
            part = sum_exactly(
                table_of(X[some], codes[some], 3, None if w is None else w[some]), parts
            )
            parts = parts.merge(part)
        for one, other in zip(whole, parts, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_rows_of_weight_zero_add_nothing(self):
        X, codes, w = rows(4, 3000, 3)
        w[:1100] = 0.0  # a whole block, and a part of one
        w[1100:1200] *= 1e-200
        sums = sum_exactly(table_of(X, codes, 3, w))
        others = sum_exactly(table_of(X[1100:], codes[1100:], 3, w[1100:]))
        for one, other in zip(
            centred_sums(sums, centred=True).moments[1:],
            (centred_sums(others, centred=True).moments[1:]),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)

    def test_what_goes_leaves_no_trace(self):
        X, codes, w = rows(3, 60, 3)
        X[:40] *= 1e30
        X[40:, 1] = 0.1
        sums = sum_exactly(table_of(X, codes, 3, w))
        sums = sums.remove(sum_exactly(table_of(X[:40], codes[:40], 3, w[:40]), sums))
        left = centred_sums(sums, centred=True)
        rest = centred_sums(sum_exactly(table_of(X[40:], codes[40:], 3, w[40:])), centred=True)
        assert left.spread[1] == 0.0
        for one, other in zip(left.moments[1:], rest.moments[1:], strict=True):
            np.testing.assert_array_equal(one, other)

    def test_values_too_far_apart_are_rounded_and_known_to_be(self):
        X = np.array([[1e200], [1.0], [2.0], [3.0]])
        sums = sum_exactly(table_of(X, np.array([0, 1, 0, 1]), 2))
        assert sums.noise[0] > 1e80
        left = sums.remove(sum_exactly(table_of(X[:1], np.array([0]), 2), sums))
        assert centred_sums(left, centred=True).moments.gram[0, 0] == 0.0

    def test_much_smaller_rows_that_come_later_keep_their_digits(self):
        X, codes, _ = rows(4, 40, 2)
        big = sum_exactly(table_of(1e200 * X, codes, 3))
        small = sum_exactly(table_of(X, codes, 3), big)
        assert not small.noise.any()
        left = big.merge(small).remove(sum_exactly(table_of(1e200 * X, codes, 3), big))
        rest = centred_sums(sum_exactly(table_of(X, codes, 3)), centred=True)
        np.testing.assert_array_equal(
            centred_sums(left, centred=True).moments.gram, rest.moments.gram
        )

    def test_a_budget_and_what_is_not_finite(self):
        X, codes, _ = rows(5, 100, 3)
        assert sum_exactly(table_of(X, codes, 3), budget=1000.0) is None
        assert sum_exactly(table_of(X, codes, 3), budget=2000.0) is None  # found by the digits
        X[4, 1] = np.nan
        assert sum_exactly(table_of(X, codes, 3)) is None
        X[4:6, 1] = 1e308, -1e308
        assert sum_exactly(table_of(X, codes, 3)) is None

    def test_empty_sums(self):
        sums = empty_sums(2, 3)
        assert sums.empty
        assert (sums.lowest == NOWHERE).all()
        X, codes, w = rows(6, 10, 2)
        some = sum_exactly(table_of(X, codes, 3, w))
        for one, other in zip(sums.merge(some), some, strict=True):
            np.testing.assert_array_equal(one, other)


class TestMoments:
    @pytest.mark.parametrize("centred", [False, True])
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_those_of_exact_sums_are_those_of_the_rows(self, centred, n_classes, weighted):
        X, codes, w = rows(7, 50, 4)
        table = table_of(X + 100.0, codes % n_classes, n_classes, w if weighted else None)
        plain = gather(table, centred=centred)
        sums = sum_exactly(table)
        taken = sums_of_moments(plain, 50, n_classes)
        for some, rounding in ((sums, 0.0), (taken, 1e-16)):
            about = centred_sums(some, centred=centred).moments
            np.testing.assert_allclose(about.means, plain.means, rtol=1e-14)
            weights = [np.ldexp(m.weight, m.scaling.weight_exponent) for m in (about, plain)]
            np.testing.assert_allclose(*weights, rtol=1e-14)
            np.testing.assert_allclose(about.target_center, plain.target_center, rtol=1e-14)
            step = about.scaling.exponent - plain.scaling.exponent
            by_weight = about.scaling.weight_exponent - plain.scaling.weight_exponent
            gram = np.ldexp(about.gram, step + step[:, None] + by_weight)
            size = np.sqrt(plain.gram.diagonal())
            np.testing.assert_allclose(
                gram / size / size[:, None], plain.gram / size / size[:, None], atol=1e-13
            )
            cross = np.ldexp(about.cross, step + by_weight)
            np.testing.assert_allclose(cross / size[1], plain.cross / size[1], atol=1e-12)
            assert (about.noise > 0).all() == (rounding > 0)

    def test_rows_are_known_in_any_order_and_others_are_not(self):
        X, codes, w = rows(8, 50, 3)
        sums = sum_exactly(table_of(X, codes, 3, w))
        assert is_sum_of(sums, table_of(X[::-1].copy(), codes[::-1], 3, w[::-1]), centred=True)
        assert not is_sum_of(empty_sums(3, 3), table_of(X, codes, 3, w), centred=True)
        other = X.copy()
        other[3, 1] += 1e-3 * np.ptp(X[:, 1])
        assert not is_sum_of(sums, table_of(other, codes, 3, w), centred=True)
        assert not is_sum_of(sums, table_of(X, np.roll(codes, 1), 3, w), centred=True)
        assert not is_sum_of(sums, table_of(X, codes, 3, 2 * w), centred=True)
        other[3, 1] = np.inf
        assert not is_sum_of(sums, table_of(other, codes, 3, w), centred=True)


class TestDigits:
    @given(st.lists(st.integers(-(2**200), 2**200), min_size=1, max_size=5))
    def test_whole_numbers_there_and_back(self, numbers):
        planes = whole_to_digits(np.array([float(number) for number in numbers]))
        assert np.abs(planes).max() <= 2 ** (BITS - 1)
        assert (
            values_of(planes, np.zeros(len(numbers), int)) == fractions(np.array(numbers, float))
        ).all()
        double = to_double(planes, 0)
        np.testing.assert_array_equal(double.high, np.array(numbers, float))
        assert not double.low.any()

    def test_carrying_raising_and_products(self):
        rng = np.random.default_rng(9)
        planes = rng.integers(-(2**50), 2**50, size=(3, 4))
        place = np.zeros(4, dtype=int)
        done = carried(planes)
        assert np.abs(done).max() <= 2 ** (BITS - 1)
        assert (values_of(done, place) == values_of(planes, place)).all()
        up = np.array([0, 2, 1, 0])
        assert (values_of(raised(done, up), place - up) == values_of(done, place)).all()
        table = values_of(outer(done, done), np.zeros((4, 4), int))
        assert (table == np.multiply.outer(values_of(done, place), values_of(done, place))).all()

    def test_two_float64(self):
        rng = np.random.default_rng(10)
        a, b = rng.normal(size=(2, 100))
        high, low = two_product(a, b)
        assert (fractions(high) + fractions(low) == fractions(a) * fractions(b)).all()
        one, other = Double(a, 1e-17 * a), Double(b, -2e-17 * b)
        exact = [fractions(some.high) + fractions(some.low) for some in (one, other)]
        for got, right, size in (
            (one.minus(other), exact[0] - exact[1], abs(exact[0]) + abs(exact[1])),
            (one.times(other), exact[0] * exact[1], abs(exact[0] * exact[1])),
            (one.over(other), exact[0] / exact[1], abs(exact[0] / exact[1])),
        ):
            error = fractions(got.high) + fractions(got.low) - right
            assert max(abs(error) / size) < 2**-98


class TestFactorInDoubleTheDigits:
    def test_what_depends_is_known_to_float64(self):
        rng = np.random.default_rng(11)
        X = rng.integers(-9, 10, size=(40, 5)).astype(float)
        X[:, 4] = X[:, 3] + 2.0**-45 * X[:, 4]
        X = np.column_stack([X, X[:, 0] + X[:, 1]])
        exact = fractions(X)
        gram = exact.T @ exact / 1024
        high = gram.astype(float)
        low = (gram - fractions(high)).astype(float)
        right = Double(high[:, :1].copy(), low[:, :1].copy())
        factor, sides = pivoted_factor(Double(high, low), right, np.full(6, 6 * 2.0**-98))
        assert factor.shape == (5, 6)
        np.testing.assert_allclose(factor.T @ factor, high, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(factor.T @ sides, high[:, :1], rtol=1e-13, atol=1e-13)

    def test_residuals_are_rounded_once(self):
        rng = np.random.default_rng(12)
        gram, coef = rng.normal(size=(5, 5)), rng.normal(size=(5, 2))
        right = gram @ coef
        exact = (fractions(right) - fractions(gram) @ fractions(coef)).astype(float)
        zero = np.zeros
        got = residual(Double(gram, zero((5, 5))), Double(right, zero((5, 2))), coef)
        np.testing.assert_allclose(got, exact, rtol=1e-12)
