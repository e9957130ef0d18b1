"""Fits without a penalty end near the least loss there is, whether it is reached or not."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from tests.rows.split_rows import SplitRows
from tests.rows.strict_rows import StrictRows

from trivium import SeparationWarning, SoftmaxRegression, SoftmaxRegressionCV
from trivium.softmax.fitting import FAST_SOLVERS

SOLVERS = ("auto", *FAST_SOLVERS)


def with_a_dummy(seed=0):
    """Three normal columns, of which one tells the classes in part, and a dummy of class 1 only."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(500, 3))
    y = (X[:, 0] + rng.normal(size=500) > 0).astype(int)
    return np.column_stack([X, (y == 1) & (rng.random(500) < 0.25)]).astype(float), y


def table(name):
    """A table of a package: numbers, dummies of all levels of its words, and labels."""
    if name == "dummy":
        return with_a_dummy()
    if name in ("iris", "wine", "breast_cancer"):
        load = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}
        return load[name](return_X_y=True)
    from statsmodels import datasets

    module, label = name.split("/")
    data = getattr(datasets, module).load_pandas().data.dropna()
    X = pd.get_dummies(data.drop(columns=label), dtype=float).to_numpy(dtype=float)
    return X, pd.factorize(data[label], sort=True)[0]


def peer(X, y):
    """Least loss and probabilities of scikit-learn's newton-cholesky, columns standardised."""
    spread = X.std(axis=0)
    A = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=300)
        p = model.fit(A, y).predict_proba(A)
    return -np.log(p[np.arange(y.size), y]).mean(), p


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "name",
    [
        "dummy",
        "iris",
        "wine",
        "breast_cancer",
        "anes96/vote",
        "ccard/OWNRENT",
        "fair/religious",
        "modechoice/choice",
        "spector/GRADE",
    ],
)
def test_loss_and_labels_beside_newton_cholesky(name, solver):
    X, y = table(name)
    least, p = peer(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparationWarning)
        model = SoftmaxRegression(0.0, solver=solver).fit(X, y)
    loss = model.history_["loss"][-1]
    assert loss <= least + 1e-6
    assert loss - least <= model.optimality_gap_ + 1e-12
    assert model.optimality_gap_ <= 1e-6
    ordered = np.sort(p, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-4
    np.testing.assert_array_equal(model.predict(X)[clear], p.argmax(axis=1)[clear])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_gap_bounds_what_is_above_the_infimum(solver, fit_intercept, weighted):
    X, y = with_a_dummy(1)
    w = np.random.default_rng(1).integers(1, 4, size=y.size) if weighted else None
    others = X[:, 3] == 0 if fit_intercept else np.ones(y.size, dtype=bool)
    if fit_intercept:
        # What the loss tends to is that of the other rows, and nothing for those of the dummy.
        left = None if w is None else w[others]
        rest = SoftmaxRegression(0.0).fit(X[others, :3], y[others], left)
        share = others.mean() if w is None else left.sum() / w.sum()
        infimum = share * rest.history_["loss"][-1]
    gaps = []
    for tol in (1e-3, 1e-6, 1e-9):
        with pytest.warns(SeparationWarning, match="most by column 3"):
            model = SoftmaxRegression(0.0, solver=solver, tol=tol, fit_intercept=fit_intercept).fit(
                X, y, w
            )
        gaps.append(model.optimality_gap_)
        assert model.optimality_gap_ <= tol
        if fit_intercept:
            above = model.history_["loss"][-1] - infimum
            assert above <= model.optimality_gap_ + 1e-15
            assert model.optimality_gap_ <= 1.01 * above + 1e-13
    assert gaps == sorted(gaps, reverse=True)


def test_too_few_steps_are_told_with_the_bound():
    X, y = with_a_dummy(2)
    with pytest.warns(SeparationWarning, match="most by column 3") as caught:
        model = SoftmaxRegression(0.0, max_iter=6).fit(X, y)
    assert model.n_iter_ == 6
    message = str(caught[0].message)
    assert "stopped after 6 steps: max_iter steps did not suffice" in message
    assert f"at most {model.optimality_gap_:.2g} above its infimum" in message
    assert 1e-6 < model.optimality_gap_ < 1e-2


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_warm_start_has_nothing_left_to_do(solver):
    X, y = with_a_dummy(3)
    with pytest.warns(SeparationWarning):
        model = SoftmaxRegression(0.0, solver=solver, warm_start=True).fit(X, y)
    end = model.history_["loss"][-1]
    with pytest.warns(SeparationWarning):
        model.fit(X, y)
    assert model.n_iter_ <= 1
    assert model.history_["loss"][-1] == pytest.approx(end, abs=1e-7)
    assert model.optimality_gap_ <= 1e-6


def test_the_choice_of_a_penalty_goes_as_far():
    X, y = with_a_dummy(4)
    with pytest.warns(SeparationWarning):
        alone = SoftmaxRegression(0.0).fit(X, y)
    with pytest.warns(SeparationWarning):
        search = SoftmaxRegressionCV([0.0], cv=3).fit(X, y)
    np.testing.assert_allclose(search.predict_proba(X), alone.predict_proba(X), atol=1e-6)
    assert search.optimality_gap_ <= 1e-6
    assert search.cv_results_["accuracy"][0] > 0.7


@pytest.mark.parametrize("last", [1, 4, 7])
def test_a_callback_that_stops_is_obeyed(last):
    class Stopper:
        def setup(self, estimator, context):
            self.steps = 0

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            if context.task_name == "step":
                self.steps += 1
            return self.steps == last

    X, y = with_a_dummy(5)
    model = SoftmaxRegression(0.0).set_callbacks(Stopper())
    with pytest.warns(SeparationWarning):
        model.fit(X, y)
    assert model.n_iter_ == last


def test_where_newtons_matrix_is_too_large_the_solver_goes_on(monkeypatch):
    monkeypatch.setattr("trivium.softmax.unpenalised._MOST_PARAMETERS", 1)
    X, y = with_a_dummy(6)
    with pytest.warns(SeparationWarning):
        model = SoftmaxRegression(0.0, solver="lbfgs").fit(X, y)
    assert model.optimality_gap_ <= 1e-6


def test_a_rare_dummy_that_a_sample_misses_does_not_slow_it_down():
    rng = np.random.default_rng(7)
    X = np.column_stack([rng.normal(size=(4000, 12)), np.eye(20)[rng.integers(0, 20, 4000)]])
    X = np.column_stack([X, np.arange(4000) % 800 == 3, np.arange(4000) % 571 == 5])
    y = (X[:, 0] + rng.logistic(size=4000) > 0).astype(int)
    for alpha in (0.0, 1e-4):
        model = SoftmaxRegression(alpha, solver="lbfgs").fit(X, y)
        assert model.n_iter_ < 40
        assert model.optimality_gap_ < 1e-7


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("unit", [1e-3, 1e-7, 1e-12])
def test_small_columns_are_fitted_as_far(solver, unit):
    """By their coefficients the gradient is as small as tol from the start."""
    X, y = load_iris(return_X_y=True)
    X, y = X[50:, :2], y[50:]
    right, _ = peer(X, y - 1)
    model = SoftmaxRegression(alpha=0, solver=solver).fit(unit * X, y)
    assert model.history_["loss"][-1] <= right + 1e-6
    assert model.optimality_gap_ <= 1e-6
    assert model.n_iter_ == model.history_["loss"].size - 1
    assert (np.diff(model.history_["loss"]) <= 1e-12).all()


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("solver", ["auto", "lbfgs"])
def test_separated_rows_in_pieces_are_learnt_from_to_the_bit(solver, fit_intercept, monkeypatch):
    X, y = with_a_dummy(8)
    order = np.argsort(y, kind="stable")
    X, y, w = X[order], y[order], np.random.default_rng(8).uniform(0.5, 2.0, y.size)
    model = SoftmaxRegression(0.0, solver=solver, fit_intercept=fit_intercept)
    doors, found = [], []
    cuts = [0, 1, 1, 300, np.count_nonzero(y == 0)]
    for door in (SplitRows, partial(SplitRows, cuts=cuts), StrictRows):

        def opened(*given, door=door, **words):
            doors.append(door(*given, **words))
            return doors[-1]

        monkeypatch.setattr("trivium.rows.table.ArrayRows", opened)
        with pytest.warns(SeparationWarning, match="most by column 3"):
            model.fit(X, y, w)
        found.append([model.coef_, model.intercept_, model.separating_direction_])
        found[-1] += [model.optimality_gap_, model.n_iter_, model.n_passes_]
    for one in found[1:]:
        for value, expected in zip(one, found[0], strict=True):
            np.testing.assert_array_equal(value, expected)
    assert model.n_passes_ == pytest.approx(doors[0]._X.read, rel=1e-12)
    assert doors[-1].seen >= {"MarginsUnder", "MarginsUnder.wins", "KeptClasses.moved"}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "newton-cg"])
@pytest.mark.parametrize("unit", [1e-154, 1e-160])
def test_squares_of_coefficients_may_leave_float64(n_classes, solver, unit):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = np.digitize(X[:, 0] + rng.normal(size=100), [0.0, 0.7][: n_classes - 1])
    plain = SoftmaxRegression(alpha=0, solver=solver).fit(X, y)
    model = SoftmaxRegression(alpha=0, solver=solver).fit(X * [unit, 1, 1], y)
    np.testing.assert_allclose(model.coef_ * [unit, 1, 1], plain.coef_, rtol=1e-3, atol=1e-4)
    assert model.optimality_gap_ < 1e-8


@pytest.mark.parametrize("unit", [1e-9, 1e-18, 1e-40, 1e-100])
@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_separated_rows_in_tiny_units_are_told_apart(unit, solver):
    X, y = np.array([[0.0], [1.0], [3.0], [4.0]]) * unit, [0, 0, 1, 1]
    with pytest.warns(SeparationWarning):
        model = SoftmaxRegression(alpha=0, solver=solver).fit(X, y)
    assert model.predict(X).tolist() == y
    assert model.optimality_gap_ <= model.tol
