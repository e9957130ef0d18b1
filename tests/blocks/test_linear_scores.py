"""Scores that do not depend on the batch."""

import numpy as np
import pytest

from trivium.blocks.linear_scores import _ROWS_A_PIECE, linear_scores


def one_after_the_other(X, coef, intercept):
    """Add the columns in order, in float64."""
    scores = np.tile(np.asarray(intercept, dtype=float), (X.shape[0], 1))
    for j in range(X.shape[1]):
        scores = scores + X[:, j, None].astype(float) * coef[:, j]
    return scores


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [0, 1, 5, _ROWS_A_PIECE, _ROWS_A_PIECE + 1, 3 * _ROWS_A_PIECE - 7])
def test_columns_are_added_in_order(n, dtype):
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, 13)).astype(dtype)
    coef, intercept = rng.normal(size=(3, 13)), rng.normal(size=3)
    scores = linear_scores(X, coef, intercept)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores, one_after_the_other(X, coef, intercept))
    np.testing.assert_allclose(scores, X.astype(float) @ coef.T + intercept, atol=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 2, 10])
def test_a_row_alone_scores_as_among_many(n_outputs):
    rng = np.random.default_rng(n_outputs)
    X = rng.normal(size=(_ROWS_A_PIECE + 500, 33))
    coef, intercept = rng.normal(size=(n_outputs, 33)), rng.normal(size=n_outputs)
    together = linear_scores(X, coef, intercept)
    for row in (0, 1, 77, _ROWS_A_PIECE - 1, _ROWS_A_PIECE, len(X) - 1):
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
