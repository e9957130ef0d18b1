"""Newton's direction: by the matrix at hand where that is enough."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.softmax.curvature import exact_hessian


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
