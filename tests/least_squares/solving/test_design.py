"""The design: what is taken off and divided out of the rows, and what comes back."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.least_squares.tables import table_of

from trivium.least_squares.solving.design import wide_design
from trivium.least_squares.solving.moments import gather
from trivium.least_squares.solving.targets import targets

EPS = np.finfo(float).eps


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    return rng.normal(size=(n, d)), codes, rng.uniform(0.1, 3.0, size=n)


def make_design(X, codes, n_classes, weights, *, fit_intercept, wide=False):
    table = table_of(X, codes, n_classes, weights)
    if wide:
        return wide_design(table, centred=fit_intercept), table
    return gather(table, centred=fit_intercept).design, table


def means(design):
    return design.scaling.origin + np.ldexp(design.center, design.scaling.exponent)


def whole(design, table):
    return np.hstack(design.block(table.rows.take(np.arange(table.shape[0]))))


class TestTargets:
    def test_two_classes_are_minus_one_and_one_in_one_column(self):
        np.testing.assert_array_equal(targets(np.array([1, 0, 1]), 2), [[1.0], [-1.0], [1.0]])

    @pytest.mark.parametrize("n_classes", [3, 4, 11])
    def test_more_classes_are_one_column_each(self, n_classes):
        codes = np.random.default_rng(0).integers(0, n_classes, size=50)
        np.testing.assert_array_equal(targets(codes, n_classes), np.eye(n_classes)[codes])


class TestBlock:
    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(4, 40),
        d=st.integers(1, 5),
        n_classes=st.integers(2, 4),
        weighted=st.booleans(),
        powers=st.lists(st.integers(-450, 450), min_size=5, max_size=5),
    )
    def test_columns_are_centred_scaled_to_one_and_weighted(
        self, seed, n, d, n_classes, weighted, powers
    ):
        X, codes, w = problem(seed, n, d, n_classes)
        X = np.ldexp(X, powers[:d])
        if not weighted:
            w = np.ones(n)
        design, table = make_design(
            X, codes, n_classes, w if weighted else None, fit_intercept=True
        )
        root = np.sqrt(w / w.max())[:, None]
        plain = np.hstack([np.ldexp(X, -design.scaling.exponent), targets(codes, n_classes)])
        plain -= np.average(plain, axis=0, weights=w)
        # Weights are known up to one common factor.
        block = whole(design, table)
        factor = np.linalg.norm(block) / np.linalg.norm(root * plain)
        np.testing.assert_allclose(block, factor * root * plain, rtol=0, atol=50 * EPS)
        exponent = design.scaling.exponent  # of so few rows all are in the sample
        largest = np.abs(np.ldexp(X - means(design), -exponent)).max(axis=0)
        assert np.all((largest >= 0.25) & (largest <= 2.0))

    def test_without_intercept_nothing_is_taken_off(self):
        X, codes, _ = problem(0, 20, 3, 3)
        design, table = make_design(X, codes, 3, None, fit_intercept=False)
        np.testing.assert_array_equal(
            whole(design, table),
            np.hstack([np.ldexp(X, -design.scaling.exponent), targets(codes, 3)]),
        )
        assert not design.center.any()
        assert not design.target_center.any()

    @pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e8 + 0.1, 1e200, -1e-200])
    def test_a_constant_column_becomes_exactly_zero(self, value):
        X, codes, w = problem(1, 37, 3, 2)
        X[:, 1] = value
        for weights in (None, w):
            design, table = make_design(X, codes, 2, weights, fit_intercept=True)
            assert not whole(design, table)[:, 1].any()
            assert means(design)[1] == value

    def test_only_ratios_of_weights_matter(self):
        X, codes, w = problem(2, 30, 3, 3)
        expected = whole(*make_design(X, codes, 3, w, fit_intercept=True))
        for power in (-900, -7, 900):
            got = whole(*make_design(X, codes, 3, np.ldexp(w, power), fit_intercept=True))
            np.testing.assert_array_equal(got, expected)

    @pytest.mark.parametrize("offset", [0, 128, 10**4, 10**8, 10**12])
    def test_centred_columns_sum_to_zero_at_any_offset(self, offset):
        rng = np.random.default_rng(3)
        whole_numbers = rng.integers(-50, 50, size=(37, 4))
        X = (whole_numbers + offset).astype(np.float64)  # exact
        design, table = make_design(X, np.arange(37) % 2, 2, None, fit_intercept=True)
        block = whole(design, table)
        np.testing.assert_allclose(block.sum(axis=0), 0.0, atol=37 * 4 * EPS)
        for j in range(4):
            mean = Fraction(int(whole_numbers[:, j].sum()), 37)
            exact = [float(int(value) - mean) for value in whole_numbers[:, j]]
            np.testing.assert_allclose(
                np.ldexp(block[:, j], design.scaling.exponent[j]), exact, rtol=0, atol=400 * EPS
            )

    def test_blocks_of_rows_are_the_rows_of_the_whole(self):
        X, codes, w = problem(4, 100, 3, 3)
        design, table = make_design(X, codes, 3, w, fit_intercept=True)
        slices = [slice(start, min(start + 7, 100)) for start in range(0, 100, 7)]
        block = table.rows.take(np.arange(100))
        pieces = [np.hstack(design.block(block.part(rows))) for rows in slices]
        np.testing.assert_array_equal(np.vstack(pieces), whole(design, table))

    def test_many_blocks_merge_to_the_same_centre(self):
        X, codes, w = problem(5, 40_000, 4, 3)
        X += [0.0, 10.0, -1e3, 1e4]
        design, table = make_design(X, codes, 3, w, fit_intercept=True)
        np.testing.assert_allclose(means(design), np.average(X, axis=0, weights=w), rtol=1e-12)
        np.testing.assert_allclose(
            design.target_center, np.average(np.eye(3)[codes], axis=0, weights=w), rtol=1e-12
        )
        largest = np.abs(whole(design, table)[:, :4] / np.sqrt(w / w.max())[:, None]).max(axis=0)
        assert np.all(largest > 0.5 * np.sqrt(0.5))
