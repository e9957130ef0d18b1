"""L-BFGS: conjugate steps on quadratics, a preconditioner that may be renewed, and its ends."""

import itertools

import numpy as np
import pytest
from tests.softmax.solvers.test_newton_cg import Point, ignore, quadratic

from trivium.blocks.workers import one_blas_thread
from trivium.softmax.solvers.lbfgs import (
    _back,
    _back_by_numpy,
    _there,
    _there_by_numpy,
    lbfgs,
    patience,
)
from trivium.softmax.solvers.protocol import Status, small_gradient


def minimise(objective, start, *, renew=None, max_iter=500, tol=1e-8, observe=ignore, **words):
    return lbfgs(
        objective,
        start,
        renew=renew or (lambda step, at: np.copy if step == 0 else None),
        max_iter=max_iter,
        stop=small_gradient(tol),
        observe=observe,
        **words,
    )


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e6])
def test_reaches_the_minimum(condition):
    objective, start = quadratic(2, condition=condition)
    result = minimise(objective, start)
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.parameters.ravel(), objective.solution, rtol=0, atol=1e-7)
    assert not start.any()


def test_many_more_steps_than_pairs():
    objective, start = quadratic(3, size=120, condition=1e3)
    result = minimise(objective, start, max_iter=3000)
    assert result.status is Status.CONVERGED
    assert result.n_iter > 40
    np.testing.assert_allclose(result.parameters.ravel(), objective.solution, rtol=0, atol=1e-7)


def test_a_scaled_inverse_as_preconditioner_takes_two_steps():
    objective, start = quadratic(4, condition=1e6)
    inverse = np.linalg.inv(objective.matrix)

    def renew(step, at):
        return None if step else lambda g: 3.0 * (inverse @ g.ravel()).reshape(g.shape)

    assert minimise(objective, start, renew=renew).n_iter <= 2


def test_a_preconditioner_renewed_on_the_way_is_used_at_once():
    objective, start = quadratic(5, size=60, condition=1e6)
    inverse = np.linalg.inv(objective.matrix)
    told = []

    def renew(step, at):
        told.append((step, at.loss))
        if step in (0, 4):
            return np.copy if step == 0 else lambda g: (inverse @ g.ravel()).reshape(g.shape)
        return None

    assert minimise(objective, start, renew=renew).n_iter <= 10
    assert [step for step, _ in told] == list(range(len(told)))
    assert minimise(objective, start).n_iter > 30


def test_every_step_is_observed():
    objective, start = quadratic(6)
    seen = []
    result = minimise(objective, start, observe=lambda *told: seen.append(told))
    assert len(seen) == result.n_iter + 1
    assert seen[0][2] == 0.0
    for before, after in itertools.pairwise(seen):
        assert after[2] == pytest.approx(np.linalg.norm(after[0] - before[0]), rel=1e-6)
        assert after[1].loss <= before[1].loss


def test_how_it_ends():
    objective, start = quadratic(7)
    assert minimise(objective, start, tol=1e9)[1:] == (0, Status.CONVERGED)
    steps = minimise(objective, start).n_iter
    assert minimise(objective, start, max_iter=steps)[1:] == (steps, Status.CONVERGED)
    assert minimise(objective, start, max_iter=steps - 1)[1:] == (steps - 1, Status.OUT_OF_STEPS)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_pairs_that_are_rounding_are_forgotten_so_that_the_last_digit_is_reached(
    seed, large, monkeypatch
):
    objective, start = quadratic(seed, condition=1e6)
    if large:
        monkeypatch.setattr("trivium.softmax.solvers.lbfgs._LARGE", 0)
        monkeypatch.setattr("trivium.softmax.solvers.lbfgs._SPARED", 0)

    class Coarse:
        """Of loss and gradient only ten binary places are told."""

        def evaluate(self, x):
            at = objective.evaluate(x)
            loss, gradient = np.round(1024 * at.loss) / 1024, np.round(1024 * at.gradient) / 1024
            return Point(loss, gradient, objective.matrix)

    assert minimise(Coarse(), start, tol=0.0).status is Status.CONVERGED


def test_a_gradient_that_lies_is_no_progress():
    objective, start = quadratic(8)

    class Liar:
        def evaluate(self, x):
            at = objective.evaluate(x)
            return Point(at.loss, -at.gradient, objective.matrix)

    result = minimise(Liar(), start)
    assert (result.n_iter, result.status) == (0, Status.NO_PROGRESS)


@pytest.mark.parametrize("size", [1, 3, 64, 640, 20_001])
def test_numpy_applies_pairs_as_compiled_loops_do(size):
    rng = np.random.default_rng(size)
    steps, changes = rng.normal(size=(2, 20, size))
    products = rng.uniform(0.1, 10, 20)
    for oldest, count in ((0, 1), (0, 7), (13, 20)):
        found = []
        for there, back in ((_there, _back), (_there_by_numpy, _back_by_numpy)):
            vector, shares = np.sin(np.arange(size)), np.empty(20)
            with one_blas_thread():
                there(vector, steps, changes, products, oldest, count, shares)
                half = vector.copy()
                back(vector, steps, changes, products, oldest, count, shares)
            found.append((half, vector, shares[:count]))
        for compiled, plain in zip(*found, strict=True):
            np.testing.assert_array_equal(plain, compiled)


def test_little_is_done_by_numpy(monkeypatch):
    objective, start = quadratic(2, condition=1e3)
    compiled = minimise(objective, start)
    monkeypatch.setattr(patience, "limit", 1e9)
    monkeypatch.setattr("trivium.softmax.solvers.lbfgs._there", None)
    plain = minimise(objective, start)
    np.testing.assert_array_equal(plain.parameters, compiled.parameters)


@pytest.mark.parametrize("pairs", [1, 3, 20])
def test_pairs_are_kept_as_they_come_where_they_are_large(pairs, monkeypatch):
    objective, start = quadratic(2, condition=1e3)
    copied = minimise(objective, start, pairs=pairs)
    monkeypatch.setattr("trivium.softmax.solvers.lbfgs._LARGE", 0)
    kept = minimise(objective, start, pairs=pairs)
    np.testing.assert_array_equal(kept.parameters, copied.parameters)
    assert kept.n_iter == copied.n_iter


@pytest.mark.parametrize("pairs", [1, 20])
def test_many_parameters_take_the_same_steps_where_the_direction_was(pairs, monkeypatch):
    objective, start = quadratic(2, condition=1e3)
    kept, spared, lengths = [], [], []

    def minimised(points):
        def observe(x, at, length):
            points.append(x)
            lengths.append(length)

        return minimise(objective, start, pairs=pairs, observe=observe)

    few = minimised(kept)
    monkeypatch.setattr("trivium.softmax.solvers.lbfgs._LARGE", 0)
    monkeypatch.setattr("trivium.softmax.solvers.lbfgs._SPARED", 0)
    many = minimised(spared)
    assert few.status is many.status is Status.CONVERGED
    assert not start.any()
    for one, other in zip(kept[:8], spared[:8], strict=True):  # rounding grows with every step
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-9)
    assert lengths[len(kept) + 1] == pytest.approx(lengths[1])
    np.testing.assert_allclose(many.parameters, few.parameters, rtol=0, atol=1e-7)


def test_parameters_may_lie_column_by_column():
    objective, start = quadratic(2, condition=1e3)

    class Turned:
        def evaluate(self, x):
            point = objective.evaluate(np.ascontiguousarray(x))
            return Point(point.loss, np.asfortranarray(point.gradient), None)

    start = np.asfortranarray(start.reshape(2, -1))
    found = minimise(Turned(), start)
    assert found.status is Status.CONVERGED
    np.testing.assert_allclose(found.parameters.ravel(), objective.solution, rtol=0, atol=1e-7)
