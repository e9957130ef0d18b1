"""The quadratic that stands for rows that are gone."""

import numpy as np
import pytest

from trivium.inputs import LabelledRows
from trivium.softmax.cross_entropy import CrossEntropy
from trivium.softmax.online import go_on, nothing

OPTIONS = {"alpha": 0.1, "max_iter": 100, "tol": 1e-10}


def rows_of(seed, n=60, d=2, n_classes=3, weighted=True, codes=None):
    rng = np.random.default_rng(seed)
    if codes is None:
        codes = np.arange(n) % n_classes
    X = rng.normal(size=(n, d)) + 0.7 * np.eye(n_classes, d)[codes]
    weights = rng.uniform(0.5, 2.0, size=n) if weighted else None
    return LabelledRows(X, codes, np.arange(n_classes), weights, None, n)


def value_of(past, theta):
    flat = theta.ravel()
    return past.value + np.vdot(past.slope, theta) + 0.5 * flat @ past.curvature @ flat


def central(function, theta, step):
    gradient = np.empty_like(theta)
    for place in np.ndindex(theta.shape):
        change = np.zeros_like(theta)
        change[place] = step
        gradient[place] = (function(theta + change) - function(theta - change)) / (2 * step)
    return gradient


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_agrees_with_the_loss_to_second_order(fit_intercept, weighted):
    rows = rows_of(0, weighted=weighted)
    past = nothing(rows, 3, fit_intercept=fit_intercept)
    zero = np.zeros((3, 2)), np.zeros(3)
    past, coef, intercept, _ = go_on(past, rows, *zero, fit_intercept=fit_intercept, **OPTIONS)
    loss = CrossEntropy(
        rows.X,
        rows.codes,
        3,
        weights=rows.weights,
        fit_intercept=fit_intercept,
        center=past.center if fit_intercept else None,
    )
    theta = coef
    if fit_intercept:
        theta = np.column_stack([coef, intercept + coef @ past.center])
    assert value_of(past, theta) == pytest.approx(loss.evaluate(theta).loss, rel=1e-12)
    slope = past.slope + (past.curvature @ theta.ravel()).reshape(theta.shape)
    np.testing.assert_allclose(slope, loss.evaluate(theta).gradient, atol=1e-12)
    np.testing.assert_allclose(
        slope, central(lambda at: value_of(past, at), theta, 1e-4), atol=1e-10
    )
    direction = np.random.default_rng(1).normal(size=theta.shape)
    np.testing.assert_allclose(
        (past.curvature @ direction.ravel()).reshape(theta.shape),
        loss.evaluate(theta).hessian_product(direction),
        atol=1e-12,
    )


def test_parts_weigh_what_their_rows_weigh():
    first, second = rows_of(2), rows_of(3, n=30)
    past = nothing(first, 3, fit_intercept=True)
    after, coef, intercept, _ = go_on(
        past, first, np.zeros((3, 2)), np.zeros(3), fit_intercept=True, **OPTIONS
    )
    both, *_ = go_on(after, second, coef, intercept, fit_intercept=True, **OPTIONS)
    assert after.weight == pytest.approx(first.weights.sum())
    assert both.weight == pytest.approx(first.weights.sum() + second.weights.sum())
    np.testing.assert_array_equal(both.center, after.center)


def test_two_classes_of_which_one_is_missing_are_bounded():
    rows = rows_of(4, n_classes=2, codes=np.zeros(60, dtype=int), weighted=False)
    past = nothing(rows, 2, fit_intercept=True)
    past, coef, intercept, _ = go_on(
        past, rows, np.zeros((2, 2)), np.zeros(2), fit_intercept=True, **OPTIONS
    )
    assert past.seen.tolist() == [True, False]
    loss = CrossEntropy(rows.X, rows.codes, 2, center=past.center)
    there = np.column_stack([coef, intercept + coef @ past.center])
    # Above the loss everywhere (but for the quadrature), and equal where it was taken.
    assert value_of(past, there) == pytest.approx(loss.evaluate(there).loss, abs=1e-11)
    for share in np.linspace(-2.0, 2.0, 21):
        assert value_of(past, share * there) >= loss.evaluate(share * there).loss - 1e-3
