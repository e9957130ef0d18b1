"""Fits without a penalty whose classes are separated: proved soon, and ended near the infimum."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.softmax.assessment import separated_classes
from trivium.softmax.separation.directions import SeparationWarning


def heavy_tails(seed, n=400, d=10):
    """Columns beyond any preconditioner, labels at random: L-BFGS takes thousands of steps."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.exp(6.0 * rng.normal(size=(n, d)))
    return rng, X, rng.integers(0, 2, size=n)


def fit(X, y, **changed):
    options = {"solver": "lbfgs", "max_iter": 3000} | changed
    with pytest.warns(SeparationWarning):
        return SoftmaxRegression(0.0, **options).fit(X, y)


@pytest.mark.parametrize("seed", range(3))
class TestNoEndlessIteration:
    def test_what_single_columns_show_ends_it_soon(self, seed):
        rng, X, y = heavy_tails(seed)
        X = np.column_stack([X, (rng.random(400) < 0.1) & (y == 1)])
        model = fit(X, y)
        assert model.n_iter_ <= 60
        assert model.optimality_gap_ <= 1e-6
        np.testing.assert_array_equal(np.flatnonzero(model.separating_direction_[0]), [10])

    def test_what_a_programme_alone_shows_ends_it_too(self, seed):
        rng, X, y = heavy_tails(seed)
        common = rng.integers(-50, 50, size=400) / 8.0
        apart = (rng.random(400) < 0.1) & (y == 1)
        X = np.column_stack([X, common, common + apart])
        model = fit(X, y)
        assert model.n_iter_ <= 160
        assert model.optimality_gap_ <= 1e-6
        assert model.history_["train_accuracy"].max() < 1.0
        direction = model.separating_direction_[1] - model.separating_direction_[0]
        assert direction[11] == pytest.approx(-direction[10], rel=1e-9)
        assert direction[11] > 0


@pytest.mark.parametrize("solver", ["auto", "lbfgs", "newton-cg"])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_told_right_are_not_the_end(solver, weighted):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    logits = X @ rng.normal(size=5)
    X, y = X[np.abs(logits) > 0.1], (logits > 0)[np.abs(logits) > 0.1]
    w = rng.uniform(0.1, 3.0, size=y.size) if weighted else None
    with pytest.warns(SeparationWarning):
        model = SoftmaxRegression(0.0, solver=solver).fit(X, y, w)
    assert model.history_["train_accuracy"][-1] == 1.0
    assert model.history_["loss"][-1] <= model.optimality_gap_ <= 1e-6


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ([(0, 1), (1, 0)], [0, 1]),
        ([(2, 0), (2, 1)], [2]),
        ([(0, 2), (1, 2)], [2]),
        ([(0, 1), (0, 2), (1, 2)], [0, 1, 2]),
        ([(0, 1)], [0, 1]),
    ],
)
def test_the_classes_that_a_direction_separates(pairs, named):
    apart = np.zeros((3, 3), dtype=bool)
    for one, other in pairs:
        apart[one, other] = True
    assert separated_classes(apart).tolist() == named
    assert separated_classes(~np.eye(2, dtype=bool)).tolist() == [0, 1]
