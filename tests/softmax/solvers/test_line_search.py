"""How far to go: enough of a fall, by any factor away, and where the loss is level."""

import numpy as np
import pytest

from trivium.softmax.solvers.line_search import Line as Kept
from trivium.softmax.solvers.line_search import OverwrittenLine, least_along, line_search


class Line:
    """A function of one variable with its derivative."""

    def __init__(self, value, slope):
        self.value, self.slope, self.trials = value, slope, 0

    def evaluate(self, x):
        self.trials += 1
        at = {"loss": float(self.value(x[0])), "gradient": np.array([self.slope(x[0])])}
        return type("At", (), at)


def search(line, start, direction):
    x = np.array([start])
    found = line_search(line, x, line.evaluate(x), np.array([direction]))
    if found is None:
        return None
    np.testing.assert_array_equal(found.parameters, x + found.length * np.array([direction]))
    return found[:2]


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 0.4, 1.0, 1.5, 30.0, 1e6])
def test_finds_the_length_whatever_the_first_guess(factor):
    line = Line(lambda x: np.logaddexp(x, -x), np.tanh)
    length, there = search(line, 3.0, -3.0 / factor)
    assert there.loss < np.logaddexp(3.0, -3.0)
    assert abs(there.gradient[0]) <= 0.9 * np.tanh(3.0)
    assert 0 < length / factor < 2
    assert line.trials <= 40


def test_a_step_to_where_nothing_is_finite_is_shortened():
    line = Line(lambda x: -np.log(x) + x if x > 0 else np.nan, lambda x: 1 - 1 / x)
    _, there = search(line, 0.5, 1e3)
    assert np.isfinite(there.loss)
    with np.errstate(invalid="ignore"):
        assert search(line, 3.0, -100.0) is not None


def test_where_the_loss_is_level_the_slope_decides():
    line = Line(lambda x: 1.0 + 1e-30 * x * x, lambda x: 2e-30 * x)
    length, there = search(line, 1.0, -1.0)
    assert length == 1.0
    assert there.gradient[0] == 0.0


def test_uphill_there_is_no_length():
    line = Line(lambda x: x * x, lambda x: 2 * x)
    assert search(line, 1.0, 1.0) is None
    assert search(line, 0.0, 1.0) is None
    liar = Line(lambda x: x * x, lambda x: -2 * x)
    assert search(liar, 1.0, 1.0) is None


@pytest.mark.parametrize("factor", [1e-9, 0.1, 0.5, 1.0, 3.0, 100.0])
def test_the_least_length_of_a_convex_function_whatever_its_scale(factor):
    def derivatives(length):
        t = length / factor - 1.0
        return t / np.hypot(1.0, t), np.hypot(1.0, t) ** -3 / factor

    slope, _ = derivatives(0.0)
    length = least_along(derivatives, slope)
    assert length > 0
    if factor >= 0.1:  # few trials get no further down
        assert abs(derivatives(length)[0]) <= 0.05 * abs(slope)


@pytest.mark.parametrize("slope", [np.nan, np.inf, -np.inf])
def test_derivatives_that_are_no_numbers_lead_to_some_length(slope):
    assert 0.0 < least_along(lambda length: (slope, np.nan), -1.0) < np.inf


@pytest.mark.parametrize("order", ["C", "F"])
def test_points_that_lie_where_the_direction_lay_are_those_of_the_line(order):
    rng = np.random.default_rng(0)
    start, direction, gradient = (np.asarray(rng.normal(size=(3, 40)), order=order) for _ in "123")
    kept, line = Kept(start, direction.copy(order)), OverwrittenLine(start, direction)
    before = None
    for length in (1.0, 0.3, 4.0, 1e-3, 50.0):
        point = line.point(length)
        assert point is not before  # who remembers a point by its array is not misled
        assert np.shares_memory(point, direction)
        np.testing.assert_allclose(point, kept.point(length), rtol=1e-9, atol=1e-9)
        assert line.slope(gradient) == pytest.approx(kept.slope(gradient), rel=1e-9)
        before = point


def test_a_step_of_which_rounding_leaves_nothing_is_none():
    start, direction = np.full(5, 1e20), np.ones(5)
    line = OverwrittenLine(start, direction)
    assert (line.point(1.0) == start).all()
    assert np.isnan(line.slope(np.ones(5)))
    line = OverwrittenLine(np.zeros(2), np.array([1.0, 1.0]))
    line.point(1.0)
    assert line.slope(np.array([1.0, -1.0])) == 0.0  # a real one along which it is level
