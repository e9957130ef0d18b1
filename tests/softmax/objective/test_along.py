"""The loss along a line, from logits alone."""

import numpy as np
import pytest

from trivium.rows.memory import ArrayRows
from trivium.softmax.objective.along import LossAlong
from trivium.softmax.objective.cross_entropy import CrossEntropy


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("n", [50, 700])  # one block, and several
def test_derivatives_are_those_of_the_objective(weighted, intercept, n, monkeypatch):
    monkeypatch.setattr("trivium.softmax.objective.cross_entropy._BLOCK_VALUES", 1)
    rng = np.random.default_rng(n)
    X, y = rng.normal(size=(n, 3)) + 20.0, rng.integers(0, 2, n)
    rows = ArrayRows(X, y, 2, rng.uniform(0.5, 2.0, n) if weighted else None)
    objective = CrossEntropy(
        rows, alpha=0.2, fit_intercept=intercept, center=np.array([20.0, 20.0, 19.0])
    )
    start, direction = rng.normal(size=(2, *objective.shape))
    at = objective.evaluate(start)
    along = LossAlong(at, direction)
    for length in (0.0, 0.3, 2.0):
        there = objective.evaluate(start + length * direction)
        slope, curvature = along.derivatives(length)
        assert slope == pytest.approx(np.vdot(there.gradient, direction), rel=1e-10)
        product = there.hessian_product(direction)
        assert curvature == pytest.approx(np.vdot(product, direction), rel=1e-10)
