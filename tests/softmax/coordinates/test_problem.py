"""The fit as a solver sees it."""

import numpy as np
import pytest

from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.objective.cross_entropy import CrossEntropy


@pytest.mark.parametrize("far", [0.0, 5.0, 1e9])
@pytest.mark.parametrize("intercept", [False, True])
def test_parameters_of_the_last_point_are_those_of_any_to_the_bit(far, intercept):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)) * [1.0, 30.0, 0.0] + far, rng.integers(0, 2, 60)
    rows = ArrayRows(X, y, 2)
    frame = frame_of(rows.summary(), centred=intercept)
    objective = CrossEntropy(rows, alpha=0.1, fit_intercept=intercept, center=frame.center)
    problem = Problem(objective, frame)
    point = rng.normal(size=objective.shape)
    computed = problem.users(point)
    at = problem.evaluate(point)
    assert problem.users(point).tobytes() == computed.tobytes()
    assert (problem.users(point) is at.parameters) == (frame.center is None)
    problem.evaluate(2.0 * point)
    assert problem.users(point).tobytes() == computed.tobytes()


def test_a_norm_is_that_of_the_users_gradient():
    rng = np.random.default_rng(1)
    rows = ArrayRows(rng.normal(size=(50, 2)) + 1e6, rng.integers(0, 3, 50), 3)
    frame = frame_of(rows.summary(), centred=True)
    at = Problem(CrossEntropy(rows, center=frame.center), frame).evaluate(np.ones((3, 3)))
    assert at.seen.norm == np.abs(at.seen.gradient).max()
    assert at.plain.norm == np.abs(at.plain.gradient).max() < at.seen.norm
