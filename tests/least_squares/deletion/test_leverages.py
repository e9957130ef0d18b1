"""Leverages and fitted values in one pass over the rows, beside products of matrices."""

import numpy as np
import pytest

from trivium import LeastSquaresClassifier
from trivium.blocks.gram import LANES, worth_it
from trivium.least_squares.deletion import case_deletion
from trivium.least_squares.deletion.leverages import project, projection


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (LANES + 1, 3 * LANES + 1), (70, 5 * LANES)])
def test_sums_are_those_of_products_of_matrices(n, d, weighted, dtype):
    rng = np.random.default_rng(d)
    r, n_targets = max(1, d - 2), 3
    X, matrix = rng.normal(size=(n, d)).astype(dtype), np.triu(rng.normal(size=(d, r)))
    offset, targets = rng.normal(size=r), rng.normal(size=(r, n_targets))
    Y, weights = rng.normal(size=(n, n_targets)), rng.uniform(0.5, 2.0, n if weighted else 0)
    how = projection(matrix, offset, targets)
    squares, fits, products = np.empty(n), np.empty(Y.shape), np.zeros(how.targets.shape)
    project(X, weights, Y, how, squares, fits, products)
    Q = X.astype(np.float64) @ matrix - offset
    weighed = Y * weights[:, None] if weighted else Y
    np.testing.assert_allclose(squares, np.square(Q).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(fits, Q @ targets, rtol=1e-12, atol=1e-12 * d)
    np.testing.assert_allclose(products[:, :r].T, Q.T @ weighed, rtol=1e-12, atol=1e-11 * d)
    assert not products[:, r:].any()


def _measures(found):
    return found.leverage, found.loo_residuals, found.cooks_distance, found.shift


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_influence_of_many_rows_is_what_matrices_give(
    n_classes, weighted, fit_intercept, monkeypatch
):
    n, d = 40_000, 30
    assert worth_it(n, d)
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d) + rng.normal(size=d)
    X[:3, 0] = 1e9, -3e8, 1e7  # rows that hold a direction nearly alone
    y, weights = rng.integers(0, n_classes, n), rng.uniform(0.5, 2.0, n) if weighted else None
    model = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(X, y, weights)
    quick = _measures(model.influence(X, y, weights))
    asked = []
    monkeypatch.setattr(case_deletion, "_projection_of", lambda *given: asked.append(given))
    for ours, theirs in zip(quick, _measures(model.influence(X, y, weights)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11 * np.abs(theirs).max())
    assert asked
