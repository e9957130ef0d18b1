"""Newton-CG: on quadratics it is exact, on the cross-entropy fast, and it always stops."""

import itertools
from functools import partial

import numpy as np
import pytest

from trivium.rows.memory import ArrayRows
from trivium.softmax.curvature.preconditioner import inverted
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.newton import newton
from trivium.softmax.solvers.newton_cg import newton_direction
from trivium.softmax.solvers.protocol import Status, small_gradient

EPS = np.finfo(float).eps


class Point:
    def __init__(self, loss, gradient, hessian):
        self.loss, self.gradient, self._hessian = loss, gradient, hessian
        self.products = 0

    def hessian_product(self, direction):
        self.products += 1
        return (self._hessian @ direction.ravel()).reshape(direction.shape)


class Quadratic:
    """(x - a)ᵀA(x - a)/2 with Aa = b, which has its digits near the minimum too."""

    def __init__(self, matrix, right):
        self.matrix, self.right, self.evaluations = matrix, right, 0
        self.solution = np.linalg.solve(matrix, right)

    def evaluate(self, x):
        self.evaluations += 1
        away = x.ravel() - self.solution
        slope = self.matrix @ away
        return Point(float(away @ slope) / 2, slope.reshape(x.shape), self.matrix)


def quadratic(seed, size=12, condition=1e4):
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(size, size)))
    matrix = (basis * np.geomspace(1.0, condition, size)) @ basis.T
    return Quadratic(matrix, rng.normal(size=size)), np.zeros((3, size // 3))


def bounded(objective):
    inverse = inverted(objective.curvature_bound())
    return lambda rows: rows @ inverse


def ignore(*_):
    """Observe nothing."""


def minimise(objective, start, *, precondition=np.copy, max_iter=100, tol=1e-8, observe=ignore):
    return newton(
        objective,
        start,
        direction=partial(newton_direction, precondition=precondition, tol=tol),
        max_iter=max_iter,
        stop=small_gradient(tol),
        observe=observe,
    )


class TestDirection:
    def test_solves_as_well_as_is_useful(self):
        objective, start = quadratic(0)
        at = objective.evaluate(start)
        direction = newton_direction(at, np.copy, 1e-12)
        residual = objective.matrix @ direction.ravel() - objective.right
        norm = np.linalg.norm(at.gradient)
        assert np.linalg.norm(residual) <= min(0.5, np.sqrt(norm)) * norm
        assert np.vdot(direction, at.gradient) < 0

    def test_the_inverse_itself_as_preconditioner_takes_one_product(self):
        objective, start = quadratic(1)
        at = objective.evaluate(start)
        inverse = np.linalg.inv(objective.matrix)
        direction = newton_direction(at, lambda r: (inverse @ r.ravel()).reshape(r.shape), 1e-12)
        assert at.products == 1
        np.testing.assert_allclose(direction.ravel(), objective.solution, rtol=1e-9)

    def test_without_curvature_it_goes_down_the_conditioned_gradient(self):
        at = Point(0.0, np.array([[1.0, -2.0]]), np.zeros((2, 2)))
        np.testing.assert_array_equal(newton_direction(at, lambda r: 3 * r, 1e-9), [[-3.0, 6.0]])

    def test_where_curvature_ends_it_keeps_what_it_has(self):
        # The first product finds curvature, the second, across it, none.
        matrix = np.diag([1.0, 0.0])
        at = Point(0.0, np.array([[1.0, 1e-3]]), matrix)
        direction = newton_direction(at, np.copy, 0.0)
        assert np.vdot(direction, at.gradient) < 0
        assert np.all(np.isfinite(direction))


class TestQuadratic:
    @pytest.mark.parametrize("condition", [1.0, 1e3, 1e6])
    def test_reaches_the_minimum(self, condition):
        objective, start = quadratic(2, condition=condition)
        result = minimise(objective, start)
        assert result.status is Status.CONVERGED
        assert np.abs(objective.evaluate(result.parameters).gradient).max() <= 1e-8
        # The smallest eigenvalue is one, so the gradient's norm bounds the distance.
        np.testing.assert_allclose(result.parameters.ravel(), objective.solution, rtol=0, atol=1e-7)
        assert not start.any()

    def test_a_start_that_is_good_enough_is_the_answer(self):
        objective, start = quadratic(3)
        result = minimise(objective, start, tol=1e9)
        assert (result.n_iter, result.status) == (0, Status.CONVERGED)
        assert objective.evaluations == 1

    def test_the_last_step_allowed_may_be_the_one_that_converges(self):
        objective, start = quadratic(4)
        steps = minimise(objective, start).n_iter
        exactly = minimise(objective, start, max_iter=steps)
        assert (exactly.n_iter, exactly.status) == (steps, Status.CONVERGED)
        short = minimise(objective, start, max_iter=steps - 1)
        assert (short.n_iter, short.status) == (steps - 1, Status.OUT_OF_STEPS)

    def test_every_step_is_observed(self):
        objective, start = quadratic(5)
        seen = []
        result = minimise(objective, start, observe=lambda *told: seen.append(told))
        assert len(seen) == result.n_iter + 1
        assert seen[0][2] == 0.0
        for before, after in itertools.pairwise(seen):
            assert after[2] == pytest.approx(np.linalg.norm(after[0] - before[0]), rel=1e-6)
            assert after[1].loss <= before[1].loss


class TestStopping:
    def test_a_gradient_that_lies_is_no_progress(self):
        class Liar(Quadratic):
            def evaluate(self, x):
                at = super().evaluate(x)
                return Point(at.loss, -at.gradient, self.matrix)

        objective, start = quadratic(6)
        result = minimise(Liar(objective.matrix, objective.right), start)
        assert result.status is Status.NO_PROGRESS
        assert result.n_iter == 0
        np.testing.assert_array_equal(result.parameters, start)

    def test_a_step_too_long_is_halved(self):
        class Root:
            """√(1 + x²): Newton's full step from afar overshoots by x³."""

            def evaluate(self, x):
                r = np.sqrt(1.0 + x * x)
                return Point(float(r.sum()), x / r, np.diag((r**-3.0).ravel()))

        seen = []
        result = minimise(
            Root(), np.array([[3.0]]), observe=lambda x, at, step: seen.append(at.loss)
        )
        assert result.status is Status.CONVERGED
        np.testing.assert_allclose(result.parameters, 0.0, atol=1e-7)
        assert np.all(np.diff(seen) <= 8 * EPS * np.array(seen[:-1]))

    def test_asking_for_a_gradient_of_zero_ends_when_the_loss_stands_still(self):
        steps = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            rows = ArrayRows(rng.normal(size=(30, 2)), np.arange(30) % 3, 3)
            objective = CrossEntropy(rows, alpha=0.01)
            result = minimise(
                objective,
                np.zeros(objective.shape),
                precondition=bounded(objective),
                max_iter=1000,
                tol=0.0,
            )
            assert result.status in {Status.NO_PROGRESS, Status.CONVERGED}
            assert np.abs(objective.evaluate(result.parameters).gradient).max() < 1e-7
            steps.append(result.n_iter)
        # When it stands still is up to rounding: single fits may take twice as many.
        assert np.median(steps) < 80


def test_few_steps_on_the_cross_entropy():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(300, 8)) * np.geomspace(1e-3, 1e3, 8)
    objective = CrossEntropy(ArrayRows(X, rng.integers(0, 4, size=300), 4), alpha=1e-6)
    result = minimise(
        objective,
        np.zeros(objective.shape),
        precondition=bounded(objective),
        tol=1e-7,
    )
    assert result.status is Status.CONVERGED
    assert result.n_iter <= 15
