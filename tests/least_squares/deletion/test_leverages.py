"""Leverages and fitted values in one pass over the rows, beside products of matrices."""

import numpy as np
import pytest

from trivium import LeastSquaresClassifier
from trivium.blocks.gram import LANES, worth_it
from trivium.least_squares.deletion import case_deletion
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING
from trivium.least_squares.deletion.leverages import Weighing, leave_out, projection
from trivium.least_squares.deletion.turned_rows import ROWS


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    ("n", "d"), [(1, 1), (LANES + 1, 3 * LANES + 1), (ROWS, LANES), (3 * ROWS - 1, 5 * LANES)]
)
def test_rows_left_out_are_those_of_products_of_matrices(n, d, n_classes, weighted, dtype):
    rng = np.random.default_rng(d)
    r, n_targets = max(1, d - 2), 1 if n_classes == 2 else n_classes
    X = rng.normal(size=(n, d)).astype(dtype)
    matrix, offset = 0.1 * np.triu(rng.normal(size=(d, r))), rng.normal(size=r) / r
    targets, levels = rng.normal(size=(r, n_targets)), rng.normal(size=(n_classes, n_targets))
    codes, root = rng.integers(0, n_classes, n), rng.uniform(0.5, 1.0, n) ** weighted
    weighing = Weighing(float(n + 7), centred=d > 1, weighted=weighted)
    how = projection(matrix, offset, targets, levels)
    found, products, squares, spread = leave_out(X, codes, root, how, weighing)
    Q, Y = X.astype(np.float64) @ matrix - offset, levels[codes]
    part = np.square(Q).sum(axis=1) * root**2
    leverage = part + (d > 1) * root**2 / (n + 7)
    missed = Y - Q @ targets
    assert_close(found.leverage, leverage)
    assert_close(products, Q.T @ (Y * root[:, None] ** 2))
    assert_close(spread, part.sum())
    assert_close(squares, np.square(missed * root[:, None]).sum())
    np.testing.assert_array_equal(found.has_digits, 1.0 - leverage > LEAST_REMAINING)
    there = found.has_digits
    residuals = missed[there] / (1.0 - leverage[there])[:, None]
    size = np.square(residuals * root[there, None]).sum(axis=1)
    assert_close(found.residuals[there], residuals)
    assert_close(found.shift[there], np.sqrt(leverage[there] * size / (n + 7)))


def test_a_row_without_digits_is_marked():
    X, matrix = np.array([[1.0], [2.0], [1e-3]]), np.array([[0.5]])
    how = projection(matrix, np.zeros(1), np.array([[3e-200]]), np.array([[-1.0], [1.0]]))
    huge = how._replace(levels=how.levels * [[1.0], [1e200]])  # whose square is beyond float64
    weighing = Weighing(5.0, centred=False, weighted=False)
    found, *_ = leave_out(X, np.array([0, 0, 1]), np.ones(3), huge, weighing)
    assert found.has_digits.tolist() == [True, False, False]


def assert_close(found, expected):
    atol = 1e-12 * np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=atol)


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
