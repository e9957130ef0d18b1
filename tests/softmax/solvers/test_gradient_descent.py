"""Gradient descent: the textbook's path, step by step, and how it stops."""

import itertools

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from trivium.rows.memory import ArrayRows
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.gradient_descent import gradient_descent
from trivium.softmax.solvers.protocol import Status


class Trace:
    def __init__(self):
        self.points, self.losses, self.steps = [], [], []

    def __call__(self, parameters, at, step):
        self.points.append(parameters)
        self.losses.append(at.loss)
        self.steps.append(step)


def problem(seed, n=40, d=3, n_classes=3, alpha=0.1):
    rng = np.random.default_rng(seed)
    X, codes = rng.normal(size=(n, d)), rng.integers(0, n_classes, size=n)
    w = rng.uniform(0.2, 2.0, size=n)
    objective = CrossEntropy(ArrayRows(X, codes, n_classes, w), alpha=alpha)
    return X, codes, w, objective, rng.normal(size=objective.shape)


def textbook(X, codes, w, alpha, start, rate, steps):
    """Gradient descent as a student writes it down."""
    theta, Xb, Y = start.copy(), np.column_stack([X, np.ones(len(X))]), np.eye(len(start))[codes]
    path = [theta]
    for _ in range(steps):
        P = np.exp(log_softmax(Xb @ theta.T, axis=1))
        penalty = alpha * np.column_stack([theta[:, :-1], np.zeros(len(theta))])
        theta = theta - rate * (((P - Y) * w[:, None]).T @ Xb / w.sum() + penalty)
        path.append(theta)
    return path


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_follows_the_textbook_step_by_step(n_classes, alpha):
    X, codes, w, objective, start = problem(0, n_classes=n_classes, alpha=alpha)
    given = start.copy()
    for rate in (0.3, np.linspace(0.1, 0.9, start.shape[1])):
        trace = Trace()
        result = gradient_descent(
            objective, start, learning_rate=rate, max_iter=60, tol=0.0, observe=trace
        )
        path = textbook(X, codes, w, alpha, start, rate, 60)
        np.testing.assert_allclose(trace.points, path, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(result.parameters, trace.points[-1])
        lengths = [np.linalg.norm(b - a) for a, b in itertools.pairwise(path)]
        np.testing.assert_allclose(trace.steps, [0.0, *lengths], rtol=1e-9)
        assert result.status is Status.OUT_OF_STEPS
        assert result.n_iter == 60
    np.testing.assert_array_equal(start, given)


def test_with_one_over_the_curvature_every_step_lowers_the_loss():
    *_, objective, start = problem(1)
    rate = 1.0 / np.linalg.eigvalsh(objective.curvature_bound())[-1]
    trace = Trace()
    gradient_descent(objective, start, learning_rate=rate, max_iter=200, tol=0.0, observe=trace)
    falls = -np.diff(trace.losses)
    assert np.all(falls[:15] > 0)
    assert np.all(falls >= -1e-15)  # at the optimum, up to rounding


def test_stops_at_the_first_point_whose_gradient_is_small_enough():
    *_, objective, start = problem(2)
    trace = Trace()
    result = gradient_descent(
        objective, start, learning_rate=1.0, max_iter=10_000, tol=1e-4, observe=trace
    )
    norms = [np.abs(objective.evaluate(point).gradient).max() for point in trace.points]
    assert result.status is Status.CONVERGED
    assert result.n_iter == len(trace.points) - 1
    assert norms[-1] <= 1e-4 < min(norms[:-1])


def test_the_last_step_allowed_may_be_the_one_that_converges():
    *_, objective, start = problem(2)
    options = {"learning_rate": 1.0, "tol": 1e-4, "observe": Trace()}
    steps = gradient_descent(objective, start, max_iter=10_000, **options).n_iter
    exactly = gradient_descent(objective, start, max_iter=steps, **options)
    assert (exactly.n_iter, exactly.status) == (steps, Status.CONVERGED)
    short = gradient_descent(objective, start, max_iter=steps - 1, **options)
    assert (short.n_iter, short.status) == (steps - 1, Status.OUT_OF_STEPS)


def test_a_start_that_is_good_enough_is_the_answer():
    *_, objective, start = problem(3)
    trace = Trace()
    result = gradient_descent(
        objective, start, learning_rate=1.0, max_iter=5, tol=1e9, observe=trace
    )
    assert result.n_iter == 0
    assert result.status is Status.CONVERGED
    assert trace.steps == [0.0]
    np.testing.assert_array_equal(result.parameters, start)


def test_divergence_is_noticed_at_once():
    class Quartic:
        """x⁴, which overflows within a few steps that are too long."""

        def evaluate(self, x):
            with np.errstate(over="ignore"):
                return type("At", (), {"loss": float((x**4).sum()), "gradient": 4 * x**3})

    trace = Trace()
    result = gradient_descent(
        Quartic(), np.array([2.0]), learning_rate=1.0, max_iter=1000, tol=0.0, observe=trace
    )
    assert result.status is Status.DIVERGED
    assert result.n_iter == len(trace.losses) - 1
    assert np.all(np.isfinite(trace.losses[:-1]))
    assert not np.isfinite(trace.losses[-1])


def test_sheet_three_reaches_the_published_accuracy():
    """Weights start at one; their gradient is summed over rows, the bias's averaged."""
    digits = load_digits()
    X_train, X_test, y_train, y_test = train_test_split(
        digits.data / 16, digits.target, test_size=0.25, shuffle=True, random_state=0
    )
    start = np.column_stack([np.ones((10, 64)), np.zeros(10)])
    rate = np.append(np.full(64, 0.001 * len(X_train)), 0.001)
    result = gradient_descent(
        CrossEntropy(ArrayRows(X_train, y_train, 10)),
        start,
        learning_rate=rate,
        max_iter=1000,
        tol=0.0,
        observe=Trace(),
    )
    at = CrossEntropy(ArrayRows(X_test, y_test, 10)).evaluate(result.parameters)
    assert round(at.accuracy, 4) == 0.9644
    assert round(at.loss, 5) == 0.13210
