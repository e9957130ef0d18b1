"""Rows left out without differences: by the basis off the span as by fits without them."""

import numpy as np
import pytest
from tests.least_squares.tables import table_of

from trivium.least_squares.deletion import high_leverage
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.deletion.high_leverage import LostRows
from trivium.least_squares.solving.solve import solve


def fitted(alpha, most=np.inf):
    rng = np.random.default_rng(14)
    X, w = rng.normal(size=(14, 10)), rng.uniform(0.2, 3.0, size=14)
    return fitted_to(X, np.arange(14) % 3, w, alpha, most)


def fitted_to(X, codes, w, alpha, most=np.inf):
    table = table_of(X, codes, codes.max() + 1, w)
    solved = solve(table, alpha, centred=True)
    return FittedTable(table, solved.design, solved.moments, alpha, True, most)


@pytest.mark.parametrize("alpha", [0.0, 1e-3])
@pytest.mark.parametrize("other", [0.0, 0.1])
@pytest.mark.parametrize("most", [1.0, np.inf])
def test_residuals(alpha, other, most, monkeypatch):
    model = fitted(alpha, most=most)
    rows = np.arange(14)
    residuals, fits = LostRows(model, model.axes()).residuals(rows, other)
    assert not fits
    monkeypatch.setattr(high_leverage, "_FEW_FITS", 14)
    by_fits, fits = LostRows(model, model.axes()).residuals(rows, other)
    assert set(fits) == set(range(14))
    np.testing.assert_allclose(residuals, by_fits, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 1e-3])
@pytest.mark.parametrize("most", [1.0, np.inf])
def test_what_remains_of_one_less_the_leverage(alpha, most, monkeypatch):
    model = fitted(alpha, most)
    rows = np.arange(14)
    remaining = LostRows(model, model.axes()).remaining(rows)
    block = model.table.rows.take(rows)
    Z, _ = model.design.block(block)
    Z /= model.design.scaling.unit
    hat = Z @ np.linalg.solve(Z.T @ Z + model.penalty() * np.eye(10), Z.T)
    roots = model.design.roots(block)
    goes = np.square(model.deletion(model.axes()).roots(block, model.roots) / roots)
    whole = np.diag(hat) + np.square(roots) / model.design.weight
    np.testing.assert_allclose(remaining, 1.0 - goes * whole, rtol=1e-9)
    monkeypatch.setattr(high_leverage, "_FEW_FITS", 14)
    by_fits = LostRows(model, model.axes()).remaining(rows)
    np.testing.assert_allclose(by_fits, 1.0 - goes * whole, rtol=1e-9)


def test_a_row_far_off_is_left_out_by_a_fit(monkeypatch):
    X = np.random.default_rng(14).normal(size=(14, 10))
    X[4] *= 1e9
    far = fitted_to(X, np.arange(14) % 3, None, 0.0)
    residuals, fits = LostRows(far, far.axes()).residuals(np.arange(14), 0.0)
    assert 4 in fits
    monkeypatch.setattr(high_leverage, "_FEW_FITS", 14)
    by_fits, _ = LostRows(far, far.axes()).residuals(np.arange(14), 0.0)
    np.testing.assert_allclose(residuals, by_fits, rtol=0, atol=1e-6)


@pytest.mark.parametrize("few", [0, 14])
def test_rows_that_alone_hold_a_direction(few, monkeypatch):
    monkeypatch.setattr(high_leverage, "_FEW_FITS", few)
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(14, 4)), np.eye(14)[:, :3]])
    model = fitted_to(X, np.arange(14) % 2, None, 0.0, most=1.0)
    remaining = LostRows(model, model.axes()).remaining(np.arange(14))
    np.testing.assert_array_equal(remaining[:3], 1.0)
    assert (remaining[3:] < 1.0).all()
