"""The length of a first step: fewer steps lead to the same place."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.softmax.curvature.reach import Reach


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("balance", [0.5, 0.02])
def test_steps_are_fewer_and_the_optimum_the_same(monkeypatch, scale, balance):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 6))
    logits = 2.0 * X[:, 0] - X[:, 1] + np.log(balance / (1.0 - balance))
    y = (logits + rng.logistic(size=1500) > 0).astype(int)
    alpha = 1e-3 * scale**2
    model = SoftmaxRegression(alpha, tol=1e-9 * min(scale, 1.0)).fit(scale * X, y)
    monkeypatch.setattr(Reach, "__call__", lambda *_: 1.0)
    plain = SoftmaxRegression(alpha, tol=1e-9 * min(scale, 1.0)).fit(scale * X, y)
    assert model.solver_ == "newton"
    assert model.n_iter_ < plain.n_iter_
    np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-6, atol=1e-7 / scale)


def test_only_a_first_step_of_two_classes_from_zero_is_measured(monkeypatch):
    tried = []
    monkeypatch.setattr(
        "trivium.softmax.curvature.reach.least_along", lambda *_: tried.append(1) or 2
    )
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    model = SoftmaxRegression(0.1, solver="newton", tol=1e-9, warm_start=True).fit(X, y)
    assert model.n_iter_ > 1
    assert len(tried) == 1
    model.set_params(alpha=0.01).fit(X, y)
    SoftmaxRegression(0.0, solver="newton").fit(X, y)
    SoftmaxRegression(0.1, solver="newton").fit(X, np.arange(200) % 3)
    assert len(tried) == 1
