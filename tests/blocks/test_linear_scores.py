"""Scores that do not depend on the batch."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.blocks import linear_scores as module
from trivium.blocks.linear_scores import ROWS_A_PIECE, bounded_scores, linear_scores

GREATEST = float(np.finfo(float).max)


def one_after_the_other(X, coef, intercept):
    """Add the columns in order, in float64."""
    scores = np.tile(np.asarray(intercept, dtype=float), (X.shape[0], 1))
    for j in range(X.shape[1]):
        scores = scores + X[:, j, None].astype(float) * coef[:, j]
    return scores


@pytest.fixture(params=["compiled", "by NumPy"])
def _ways(request, monkeypatch):
    limit = -1.0 if request.param == "compiled" else np.inf
    monkeypatch.setattr(module.patience, "limit", limit)


@pytest.mark.usefixtures("_ways")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [0, 1, 5, ROWS_A_PIECE, ROWS_A_PIECE + 1, 3 * ROWS_A_PIECE - 7])
def test_columns_are_added_in_order(n, dtype):
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, 13)).astype(dtype)
    coef, intercept = rng.normal(size=(3, 13)), rng.normal(size=3)
    scores = linear_scores(X, coef, intercept)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores, one_after_the_other(X, coef, intercept))
    np.testing.assert_allclose(scores, X.astype(float) @ coef.T + intercept, atol=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 2, 10, 11])
def test_a_row_alone_scores_as_among_many(n_outputs):
    rng = np.random.default_rng(n_outputs)
    X = rng.normal(size=(ROWS_A_PIECE + 500, 33))
    coef, intercept = rng.normal(size=(n_outputs, 33)), rng.normal(size=n_outputs)
    together = linear_scores(X, coef, intercept)
    for row in (0, 1, 77, ROWS_A_PIECE - 1, ROWS_A_PIECE, len(X) - 1):
        np.testing.assert_array_equal(linear_scores(X[[row]], coef, intercept)[0], together[row])
    order = rng.permutation(len(X))
    np.testing.assert_array_equal(linear_scores(X[order], coef, intercept), together[order])


def test_layout_does_not_show():
    rng = np.random.default_rng(0)
    X, coef = rng.normal(size=(40, 8)), rng.normal(size=(3, 8))
    right = linear_scores(X, coef, np.zeros(3))
    np.testing.assert_array_equal(
        linear_scores(np.asfortranarray(X), np.asfortranarray(coef), np.zeros(3)), right
    )
    wide = np.repeat(X, 2, axis=1)
    np.testing.assert_array_equal(linear_scores(wide[:, ::2], coef, np.zeros(3)), right)


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="has 3 columns, and the coefficients are of 2"):
        linear_scores(np.ones((4, 3)), np.ones((1, 2)), np.zeros(1))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 4),
    n_outputs=st.integers(1, 3),
    powers=st.tuples(st.integers(-300, 290), st.integers(-300, 290)),
)
def test_scores_of_any_magnitude_keep_sign_and_proportion(seed, d, n_outputs, powers):
    rng = np.random.default_rng(seed)
    x, coef = rng.normal(size=d) * 10.0 ** powers[0], rng.normal(size=(n_outputs, d))
    coef *= 10.0 ** (powers[1] + rng.integers(-10, 10, size=d))
    intercept = rng.normal(size=n_outputs)
    (found,) = bounded_scores(x[None], coef, intercept)
    terms = [
        [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(x, row, strict=True)]
        for row in coef
    ]
    exact = [sum(own) + Fraction(float(b)) for own, b in zip(terms, intercept, strict=True)]
    most, size = max(map(abs, exact)), max(sum(map(abs, own)) for own in terms) + 10
    shrink = min(Fraction(1), Fraction(GREATEST) / most)
    for c in range(n_outputs):
        allowed = Fraction(1e-15) * (d + 3) * size * shrink + Fraction(1e-300)
        assert abs(Fraction(float(found[c])) - exact[c] * shrink) <= allowed


def test_only_rows_beyond_float64_are_touched():
    rng = np.random.default_rng(0)
    X, coef = rng.normal(size=(ROWS_A_PIECE + 9, 3)), 1e160 * rng.normal(size=(2, 3))
    X[7] *= 1e160
    plain, bounded = linear_scores(X, coef, np.ones(2)), bounded_scores(X, coef, np.ones(2))
    assert np.isfinite(bounded).all()
    assert np.flatnonzero((plain != bounded).any(axis=1)).tolist() == [7]
    np.testing.assert_array_equal(bounded_scores(X[[7]], coef, np.ones(2))[0], bounded[7])


def test_what_leaves_float64_on_the_way_only():
    X, coef = np.array([[1e200, 1e200, 1.0]]), np.array([[1e150, -1e150, 3.0], [1e150, 0.0, 0.0]])
    np.testing.assert_array_equal(bounded_scores(X, coef[:1], np.zeros(1)), [[3.0]])
    (found,) = bounded_scores(X, coef, np.zeros(2))
    assert (found == [0.0, GREATEST]).all()


def test_parameters_that_are_not_finite_are_left_to_themselves():
    scores = bounded_scores(np.ones((1, 1)), np.array([[np.inf]]), np.zeros(1))
    np.testing.assert_array_equal(scores, [[np.inf]])
