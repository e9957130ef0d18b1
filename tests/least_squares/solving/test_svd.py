"""Axes of columns in units far apart, some of which depend on others."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV

N = 40
rng = np.random.default_rng(0)
t, u, z, w = rng.normal(size=(4, N))
y = np.where(t + z + rng.normal(size=N) > 0, "yes", "no")

TABLES = {
    "equal": lambda s: (np.c_[t * s, t * s, z], np.c_[np.sqrt(2) * t * s, z]),
    "shifted": lambda s: (np.c_[z / s, t * s, 2 * t * s + 1], np.c_[np.sqrt(5) * t * s, z / s]),
    "two sizes": lambda s: (
        np.c_[w, t * s, 0 * z, z, t * s, u * s, z * 1e-9, z],
        np.c_[np.sqrt(2) * t * s, u * s, w, np.sqrt(2 + 1e-18) * z],
    ),
}
"""Columns that depend on others, and fewer that say the same under every penalty."""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("exponent", [3, 7, 12, 14, 17, 20, 100])
@pytest.mark.parametrize("alpha", [1e-3, 1.0])
def test_small_columns_are_seen_beside_large_ones_that_depend_on_each_other(table, exponent, alpha):
    X, fewer = TABLES[table](10.0**exponent)
    told = LeastSquaresClassifier(alpha).fit(X, y).influence(X, y)
    wanted = LeastSquaresClassifier(alpha).fit(fewer, y).influence(fewer, y)
    np.testing.assert_allclose(told.leverage, wanted.leverage, rtol=1e-10)
    np.testing.assert_allclose(told.loo_scores, wanted.loo_scores, rtol=1e-9, atol=1e-11)
    by_cv = LeastSquaresClassifierCV([alpha], rule="best").fit(X, y).cv_results_
    by_fewer = LeastSquaresClassifierCV([alpha], rule="best").fit(fewer, y).cv_results_
    np.testing.assert_allclose(
        by_cv["mean_squared_error"], by_fewer["mean_squared_error"], rtol=1e-10
    )


def test_many_columns_that_hardly_depend_on_each_other_leave_the_fit_the_least_there_is():
    """Rows are many and told apart by little: directions of small values keep what they are."""
    n, d, alpha = 600, 2400, 1e-3
    rng = np.random.default_rng(0)
    share = np.arange(1.0, d + 1) ** -0.8
    X = np.zeros((n, d))
    columns = rng.choice(d, size=n * 25, p=share / share.sum())
    np.add.at(X, (np.repeat(np.arange(n), 25), columns), rng.random(n * 25) + 0.1)
    X *= 10.0 ** rng.choice([0, 0, 0, 2, -2, 4, -4], d)
    X, y = X[:, X.any(axis=0)], rng.integers(0, 2, n)
    peer = RidgeClassifier(alpha * n, solver="cholesky").fit(X, y)
    fit = LeastSquaresClassifier(alpha).fit(X, y)
    least, found = (
        ((2 * y - 1 - model.decision_function(X)) ** 2).mean() + alpha * (model.coef_**2).sum()
        for model in (peer, fit)
    )
    assert found <= least * (1 + 1e-12)
