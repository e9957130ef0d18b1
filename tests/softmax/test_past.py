"""The quadratic that stands for rows that are gone."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.rows.labelled import LabelledRows
from trivium.rows.memory import ArrayRows
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.past import _Chunk, go_on, nothing

OPTIONS = {"alpha": 0.1, "max_iter": 100, "tol": 1e-10}


def rows_of(seed, n=60, d=2, n_classes=3, weighted=True, codes=None):
    rng = np.random.default_rng(seed)
    if codes is None:
        codes = np.arange(n) % n_classes
    X = rng.normal(size=(n, d)) + 0.7 * np.eye(n_classes, d)[codes]
    weights = rng.uniform(0.5, 2.0, size=n) if weighted else None
    return LabelledRows(ArrayRows(X, codes, n_classes, weights), np.arange(n_classes), None, n)


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
    rows = rows.rows
    past = nothing(rows, fit_intercept=fit_intercept)
    zero = np.zeros((3, 2)), np.zeros(3)
    past, coef, intercept, _ = go_on(past, rows, *zero, **OPTIONS)
    center = past.center if fit_intercept else None
    loss = CrossEntropy(rows, fit_intercept=fit_intercept, center=center)
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
    first, second = rows_of(2).rows, rows_of(3, n=30).rows
    past = nothing(first, fit_intercept=True)
    after, coef, intercept, _ = go_on(past, first, np.zeros((3, 2)), np.zeros(3), **OPTIONS)
    both, *_ = go_on(after, second, coef, intercept, **OPTIONS)
    assert np.ldexp(after.weight, after.exponent) == pytest.approx(first.weights.sum())
    assert np.ldexp(both.weight, both.exponent) == pytest.approx(
        first.weights.sum() + second.weights.sum()
    )
    np.testing.assert_array_equal(both.center, after.center)


def test_two_classes_of_which_one_is_missing_are_bounded():
    rows = rows_of(4, n_classes=2, codes=np.zeros(60, dtype=int), weighted=False).rows
    past = nothing(rows, fit_intercept=True)
    past, coef, intercept, _ = go_on(past, rows, np.zeros((2, 2)), np.zeros(2), **OPTIONS)
    assert past.seen.tolist() == [True, False]
    loss = CrossEntropy(rows, center=past.center)
    there = np.column_stack([coef, intercept + coef @ past.center])
    # Above the loss everywhere (but for the quadrature), and equal where it was taken.
    assert value_of(past, there) == pytest.approx(loss.evaluate(there).loss, abs=1e-11)
    for share in np.linspace(-2.0, 2.0, 21):
        assert value_of(past, share * there) >= loss.evaluate(share * there).loss - 1e-3


def overlapping(seed, n=100, n_classes=3, d=4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, size=n)
    return rng.normal(size=(n, d)) + np.eye(n_classes, d)[y], y


def loss_of(model, X, y):
    lost = -model.predict_log_proba(X)[np.arange(y.size), y].mean()
    return lost + 0.5 * model.alpha * np.sum(model.coef_**2)


@pytest.mark.parametrize("alpha", [0.0, 1e-8])
@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize(("size", "seed"), [(1, 1), (2, 5), (5, 1), (20, 5)])
def test_small_parts_lead_to_the_optimum_without_a_penalty(alpha, by_class, size, seed):
    X, y = overlapping(seed)
    if by_class:
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
    best = loss_of(SoftmaxRegression(alpha, tol=1e-10).fit(X, y), X, y)
    model, gaps = SoftmaxRegression(alpha), []
    for _ in range(4):
        for start in range(0, y.size, size):
            rows = slice(start, start + size)
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
        gaps.append(loss_of(model, X, y) - best)
        assert np.abs(model.coef_.sum(axis=0)).max() <= 1e-10
        assert abs(model.intercept_.sum()) <= 1e-10
    assert gaps[0] <= (0.6 if by_class else 0.1)
    assert gaps[1] <= 0.5 * gaps[0]
    assert gaps[3] <= (0.02 if by_class else 3e-3)


@pytest.mark.parametrize("seed", [0, 9, 11])
def test_rows_told_apart_so_far_do_not_make_the_model_sure(seed):
    X, y = overlapping(seed)
    best = loss_of(SoftmaxRegression(0.0, tol=1e-10).fit(X, y), X, y)
    model = SoftmaxRegression(0.0)
    for row in range(y.size):
        model.partial_fit(X[[row]], y[[row]], classes=[0, 1, 2])
    assert loss_of(model, X, y) - best <= 0.08


@pytest.mark.parametrize("alpha", [0.0, 1e-2])
def test_nothing_is_shared_by_all_classes(alpha):
    X, y = overlapping(6, n=400)
    fitted = SoftmaxRegression(alpha, tol=1e-10).fit(X, y)
    model = SoftmaxRegression(alpha, tol=1e-10).partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_allclose(model.coef_, fitted.coef_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(model.intercept_, fitted.intercept_, rtol=0, atol=1e-8)
    # What earlier parameters have in common is taken out.
    moved = SoftmaxRegression(alpha, tol=1e-10).fit(X, y)
    moved.coef_ += 5.0
    moved.intercept_ -= 3.0
    moved.partial_fit(X, y)
    np.testing.assert_allclose(moved.coef_, fitted.coef_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(moved.intercept_, fitted.intercept_, rtol=0, atol=1e-8)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("logit", [-0.5, 1.0, 2.0, 5.0, 12.0])
def test_a_raised_polynomial_of_a_row_just_stays_above_zero(n_classes, logit):
    new = CrossEntropy(
        ArrayRows(np.array([[1.0, 2.0]]), np.array([0]), n_classes), fit_intercept=False
    )
    chunk = _Chunk(new)
    theta = np.zeros((n_classes, 2))
    theta[1, 0] = logit
    at = new.evaluate(theta)
    plain, raised = chunk.hessian(theta), chunk.hessian(theta, above_zero=True)
    flat = at.gradient.ravel()
    inverse = np.linalg.pinv(raised, rcond=1e-14, hermitian=True)
    least = at.loss - 0.5 * flat @ inverse @ flat
    own = np.exp(-at.loss)
    if own > 0.285:
        np.testing.assert_array_equal(raised, plain)
        assert least > 0
    else:
        assert least == pytest.approx(0.0, abs=1e-9 * at.loss)
        assert np.linalg.eigvalsh(raised - plain)[0] >= -1e-12


def test_one_row_that_is_wrong_with_certainty_moves_the_model_no_further_than_it_needs():
    model = SoftmaxRegression(alpha=0.0)
    model.partial_fit([[0.0]], [0], classes=[0, 1]).partial_fit([[1.0]], [1])
    assert 5.0 <= np.abs(model.coef_).max() <= 50.0
    np.testing.assert_array_equal(model.predict([[0.0], [1.0]]), [0, 1])


@pytest.mark.parametrize("weight", [1e307, 1e-320, 5e-324])
def test_weights_of_any_magnitude_count_alike(weight):
    X, y = overlapping(7)
    plain, weighed = SoftmaxRegression(0.01), SoftmaxRegression(0.01)
    for rows in np.array_split(np.arange(100), 4):
        plain.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
        weighed.partial_fit(
            X[rows], y[rows], classes=[0, 1, 2], sample_weight=np.full(rows.size, weight)
        )
    np.testing.assert_allclose(weighed.coef_, plain.coef_, rtol=0, atol=1e-12)
    # Beside rows of the greatest weight, those of a tiny one count for nothing.
    before = weighed.coef_.copy()
    if weight > 1:
        weighed.partial_fit(X[:5], 2 - y[:5], sample_weight=np.full(5, 1e-300))
        np.testing.assert_allclose(weighed.coef_, before, rtol=0, atol=1e-5)


def test_a_start_beyond_float64_is_left():
    rows = rows_of(8)
    rows = ArrayRows(1e90 * rows.in_memory(), rows.codes, rows.classes.size)
    past = nothing(rows, fit_intercept=False)
    far = 1e250 * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    with np.errstate(over="ignore", invalid="ignore"):  # as the caller does
        _, coef, _, _ = go_on(past, rows, far, np.zeros(3), **OPTIONS)
    assert np.abs(coef).max() < 1.0


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_intercepts_cannot_come_or_go(fit_intercept):
    X, y = overlapping(9)
    model = SoftmaxRegression(0.01, fit_intercept=fit_intercept).partial_fit(X, y, [0, 1, 2])
    before = model.coef_.copy(), model.intercept_.copy()
    model.set_params(fit_intercept=not fit_intercept)
    with pytest.raises(ValueError, match=f"fit_intercept={fit_intercept}, which cannot"):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, before[0])
    np.testing.assert_array_equal(model.intercept_, before[1])
    model.set_params(fit_intercept=fit_intercept).partial_fit(X, y)


def test_what_is_refused_leaves_the_model_as_it_was():
    X, y = overlapping(10)
    model = SoftmaxRegression(0.01).fit(X[:, :2], y)
    before = dict(model.__dict__)
    rng = np.random.default_rng(0)
    for wide, labels, classes, message in [
        (rng.normal(size=(100, 6000)), y, [0, 1, 2], "partial_fit keeps the square"),
        (X, y, [0, 1], "y holds 2"),
        (1e200 * X, y, [0, 1, 2], "SoftmaxRegression computes"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.partial_fit(wide, labels, classes=classes)
        assert model.__dict__.keys() == before.keys()
        assert all(model.__dict__[name] is before[name] for name in before)
    assert model.n_features_in_ == 2


def test_solver_rate_and_warm_start_play_no_part():
    X, y = overlapping(11)
    expected = SoftmaxRegression(0.01).partial_fit(X, y, [0, 1, 2])
    options = {"solver": "gradient-descent", "learning_rate": 1e-9, "warm_start": True}
    model = SoftmaxRegression(0.01, **options).partial_fit(X, y, [0, 1, 2])
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert model.solver_ == "newton"
