"""Newton's direction: by the matrix at hand where that is enough."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature import exact_hessian
from trivium.softmax.objective import cross_entropy
from trivium.softmax.objective.cross_entropy import CrossEntropy


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e6])  # rows that stay, and rows that are moved
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_matrix_multiplies_as_the_objective_does(
    kept, weighted, offset, n_classes, monkeypatch
):
    if not kept:
        monkeypatch.setattr(cross_entropy, "_FEW_ROWS", 0)
    rng = np.random.default_rng(n_classes)
    n, d = 1500, 4
    X, y = rng.normal(size=(n, d)) + offset, np.arange(n) % n_classes
    rows = ArrayRows(X, y, n_classes, rng.uniform(0.5, 2.0, n) if weighted else None)
    frame = frame_of(rows.summary(), centred=True)
    problem = Problem(CrossEntropy(rows, alpha=0.1, center=frame.center), frame)
    at = problem.evaluate(rng.normal(size=(n_classes, d + 1)))
    assert (at.plain.kept is not None) == (kept and (n_classes == 2 or not weighted))
    contrasts = exact_hessian.contrasts_of(n_classes)
    matrix = exact_hessian.contrast_hessian(problem, at, contrasts)
    direction = rng.normal(size=(n_classes - 1, d + 1))
    product = contrasts @ at.hessian_product(contrasts.T @ direction)
    np.testing.assert_allclose(matrix @ direction.ravel(), product.ravel(), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("alpha", [1e-3, 0.0])
def test_a_last_step_goes_by_the_matrix_of_the_one_before(n_classes, alpha, monkeypatch):
    made = []

    def counted(*given):
        made.append(given)
        return known(*given)

    known = exact_hessian.contrast_hessian
    monkeypatch.setattr(exact_hessian, "contrast_hessian", counted)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 4)), rng.integers(0, n_classes, 400)
    X += 0.7 * rng.normal(size=(n_classes, 4))[y]
    fewest, ends = np.inf, []
    for tol in 10.0 ** -np.arange(4.0, 11.0, 0.5):
        made.clear()
        model = SoftmaxRegression(alpha, solver="newton", tol=tol).fit(X, y)
        ends.append(model.history_["gradient_norm"][-1] / tol)
        fewest = min(fewest, len(made) - model.n_iter_)
        assert len(made) <= model.n_iter_
    assert fewest == (-1 if alpha else 0)
    assert max(ends) <= 1.0
