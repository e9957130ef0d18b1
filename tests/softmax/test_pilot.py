"""Pilot fits: a start near the optimum, which changes how far there is to go and not where to."""

import numpy as np
import pytest

from trivium import SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax import curvature, fitting, pilot
from trivium.softmax.pilot import pilot_rows


def table(n_classes, n=30_000, d=4):
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(n, d)) * np.geomspace(1e-2, 1e2, d) + np.arange(d)
    slope = rng.normal(size=(d, n_classes)) / np.geomspace(1e-2, 1e2, d)[:, None]
    logits = (X - np.arange(d)) @ slope
    return X, (logits + rng.gumbel(size=(n, n_classes))).argmax(axis=1)


def without_pilot(monkeypatch):
    monkeypatch.setattr(fitting, "pilot_rows", lambda rows: None)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "newton-cg"])
def test_the_optimum_is_the_same_and_fewer_steps_lead_there(monkeypatch, solver, n_classes):
    X, y = table(n_classes)
    model = SoftmaxRegression(1e-4, solver=solver, tol=1e-9).fit(X, y)
    with monkeypatch.context() as patch:
        without_pilot(patch)
        plain = SoftmaxRegression(1e-4, solver=solver, tol=1e-9).fit(X, y)
    assert model.n_iter_ < plain.n_iter_
    assert model.history_["loss"][0] < plain.history_["loss"][0] == pytest.approx(np.log(n_classes))
    np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-6, atol=1e-9)
    assert model.optimality_gap_ < 1e-10


def test_its_reads_are_counted_as_a_share():
    X, y = table(2)
    model = SoftmaxRegression(1e-4).fit(X, y)
    assert model.n_passes_ != round(model.n_passes_)


@pytest.mark.parametrize("lost", [0, 1])
def test_few_rows_and_rows_without_a_class_have_none(lost):
    X, y = table(2, n=20_000)
    assert pilot_rows(ArrayRows(X, y, 2)) is not None
    assert pilot_rows(ArrayRows(X[:10_000], y[:10_000], 2)) is None
    rare = np.full(20_000, 1 - lost)
    rare[1::1000] = lost  # in none of every second row, or third, and so on
    step = 20_000 // pilot._LEAST_ROWS
    rare[::step] = 1 - lost
    assert pilot_rows(ArrayRows(X, rare, 2)) is None


def test_a_start_that_is_no_better_than_zero_is_dropped(monkeypatch):
    X, y = table(2)
    monkeypatch.setattr(fitting, "pilot_start", lambda *_: np.full((2, 5), 1.0) * [[-9.0], [9.0]])
    model = SoftmaxRegression(1e-4).fit(X, y)
    assert model.history_["loss"][0] == pytest.approx(np.log(2))


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "newton-cg"])
def test_the_first_step_goes_by_its_curvature(monkeypatch, solver):
    X, y = table(2)
    made = []
    for name in ("preconditioner_schedule.class_blocks", "exact_hessian.contrast_hessian"):
        module = getattr(curvature, name.partition(".")[0])
        known = getattr(module, name.partition(".")[2])

        def counted(problem, *given, known=known):
            made.append(problem.objective.rows.shape[0])
            return known(problem, *given)

        monkeypatch.setattr(module, name.partition(".")[2], counted)
    model = SoftmaxRegression(1e-4, solver=solver).fit(X, y)
    assert made.count(30_000) <= (model.n_iter_ - 1 if solver == "newton" else 0)
    assert made
    assert max(np.diff(np.log(model.history_["gradient_norm"]))) < np.log(0.3)


@pytest.mark.parametrize("seed", range(3))
def test_its_curvature_is_that_of_its_end_which_guides_two_classes_to_theirs(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30_000, 4))
    y = (2.0 * X[:, 0] + rng.logistic(size=30_000) > 0).astype(int)
    model = SoftmaxRegression(1e-4, tol=1e-9).fit(X, y)
    assert model.solver_ == "lbfgs"
    norms = model.history_["gradient_norm"]
    assert norms[1] < 0.2 * norms[0]
    assert model.n_iter_ <= 8
