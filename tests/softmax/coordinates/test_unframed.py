"""Sparse rows of many columns are fitted in the user's coordinates, to the same optimum."""

import numpy as np
import pytest
import scipy.sparse
from tests.softmax.test_sparse import as_large, assert_alike, table

from trivium import SoftmaxRegression
from trivium.rows.csr import Csr
from trivium.rows.table import rows_of
from trivium.softmax import fitting
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.coordinates.unframed import Unframed, may_be_unframed
from trivium.softmax.curvature.preconditioner import common_diagonal
from trivium.softmax.objective.cross_entropy import CrossEntropy


@pytest.fixture(autouse=True)
def diagonals_of_small_tables(monkeypatch):
    as_large(monkeypatch)
    monkeypatch.setattr("trivium.softmax.curvature.preconditioner_schedule._MOST_PASSES", 0)
    monkeypatch.setattr("trivium.softmax.curvature.preconditioner._AT_ONCE", 16)


def problems(n_classes=3, *, fit_intercept=True):
    X, y = table(n_classes=n_classes)
    X[:, 1] *= 1e3
    X[:, 2] = 0.0
    rows = rows_of(Csr.of_array(X), y, n_classes, np.random.default_rng(2).uniform(0.5, 2, len(y)))
    frame = frame_of(rows.summary(), centred=fit_intercept, sparse=True)
    objective = CrossEntropy(rows, alpha=0.01, fit_intercept=fit_intercept)
    return frame, Problem(objective, frame), Unframed(objective, frame)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_preconditioner_is_that_of_the_frame(n_classes, fit_intercept):
    frame, framed, plain = problems(n_classes, fit_intercept=fit_intercept)
    assert may_be_unframed(frame)
    start = np.random.default_rng(0).normal(size=framed.objective.shape)
    start[:, 2] = 0.0
    there, at = framed.evaluate(framed.from_users(start)), plain.evaluate(plain.from_users(start))
    assert at.loss == pytest.approx(there.loss, rel=1e-12)
    np.testing.assert_allclose(at.seen.gradient, there.seen.gradient, rtol=1e-10, atol=1e-12)
    expected = framed.users(common_diagonal(framed)(there.gradient))
    for order in "CF":
        step = common_diagonal(plain)(np.asarray(at.gradient, order=order))
        np.testing.assert_allclose(step, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())
        diagonal, gradient = common_diagonal(plain), at.gradient.copy(order)
        assert diagonal.inner(gradient) == pytest.approx(np.vdot(gradient, step), rel=1e-12)
        np.testing.assert_array_equal(gradient, at.gradient)
        diagonal.overwrite(gradient)
        np.testing.assert_array_equal(gradient, step)
    product = at.hessian_product(step)
    inward = framed.from_users(step)
    assert np.vdot(product, step) == pytest.approx(np.vdot(there.hessian_product(inward), inward))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_optimum_is_the_same(n_classes, solver, fit_intercept, monkeypatch):
    X, y = table(n=300, n_classes=n_classes)
    X[:, 2] = 0.0
    X = scipy.sparse.csr_array(X)
    options = {"solver": solver, "tol": 1e-11, "fit_intercept": fit_intercept, "warm_start": True}
    made = []
    known = fitting.Unframed
    monkeypatch.setattr(fitting, "Unframed", lambda *given: made.append(1) or known(*given))
    found = SoftmaxRegression(0.02, **options).fit(X, y)
    assert made
    monkeypatch.setattr(fitting, "may_be_unframed", lambda frame: False)
    expected = SoftmaxRegression(0.02, **options).fit(X, y)
    assert_alike(found, expected, tol=1e-8)
    assert abs(found.n_iter_ - expected.n_iter_) <= 2
    assert len(made) == 1
    monkeypatch.undo()
    expected.coef_[:, 2] += 3.0  # of a column of zeros, which a start may hold
    again = expected.set_params(alpha=0.01).fit(X, y)
    assert_alike(again, SoftmaxRegression(0.01, **options).fit(X, y), tol=1e-8)


@pytest.mark.parametrize("unit", [2.0**-300, 2.0**300])
def test_units_beyond_measure_need_a_frame(unit):
    frame, _, _ = problems()
    assert not may_be_unframed(frame._replace(unit=np.where(frame.unit > 0, unit, 0.0)))
    assert not may_be_unframed(frame._replace(center=frame.origin))
    assert not may_be_unframed(frame._replace(unit=np.zeros(frame.unit.size)))
