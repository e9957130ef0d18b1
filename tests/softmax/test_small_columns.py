"""Fits that end by tol because the columns are small."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning

from trivium import SeparationWarning, SoftmaxRegression, SoftmaxRegressionCV
from trivium.rows.memory import ArrayRows
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.small_columns import sure_falls

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

SAYS_LITTLE = "as small as tol=.* asks, but that says little of column"


def overlapping(seed=0, n=300, d=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.normal(size=(n, d)) + (y[:, None] == np.arange(d)), y


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.integers(2, 5),
    alpha=st.sampled_from([0.0, 1e-3, 1.0]),
    fit_intercept=st.booleans(),
    weighted=st.booleans(),
    power=st.integers(-8, 8),
    offset=st.sampled_from([0.0, 3.0]),
)
def test_the_loss_does_fall_so_far(seed, n_classes, alpha, fit_intercept, weighted, power, offset):
    rng = np.random.default_rng(seed)
    X = 10.0**power * (rng.normal(size=(40, 3)) * [1.0, 0.1, 0.0] + offset)
    codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, 40 - n_classes)]
    rows = ArrayRows(X, codes, n_classes, rng.uniform(0.1, 3.0, size=40) if weighted else None)
    objective = CrossEntropy(rows, alpha=alpha, fit_intercept=fit_intercept)
    start = rng.normal(size=objective.shape) / 10.0**power
    here = objective.evaluate(start)
    falls, spreads = sure_falls(objective, here.gradient)
    origin = X.mean(axis=0) * fit_intercept
    np.testing.assert_allclose(falls >= 0, True)
    for j in np.flatnonzero(spreads > 1e-9 * 10.0**power):
        w = np.ones(40) if rows.weights is None else rows.weights
        square = w @ (X[:, j] - origin[j]) ** 2 / w.sum()
        assert spreads[j] == pytest.approx(np.sqrt(square), rel=1e-12)
        gradient = here.gradient[:, j] - fit_intercept * here.gradient[:, -1] * origin[j]
        step = -gradient / (square / 2 + alpha)
        there = start.copy()
        there[:, j] += step
        if fit_intercept:
            there[:, -1] -= step * origin[j]
        fallen = here.loss - objective.evaluate(there).loss
        assert fallen >= falls[j] - 1e-12 * here.loss
        assert falls[j] == pytest.approx(gradient @ gradient / (square + 2 * alpha), rel=1e-9)


class TestWarning:
    @pytest.mark.parametrize(
        ("solver", "alpha"),
        [("auto", 1e-18), ("newton-cg", 1e-18), ("lbfgs", 1e-18), ("gradient-descent", 0.0)],
    )
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_columns_that_stop_it_at_the_start_are_named(self, solver, alpha, fit_intercept):
        X, y = overlapping()
        X[:, 1] *= 1.5
        table = pd.DataFrame(1e-7 * X, columns=["u", "v", "w"])
        model = SoftmaxRegression(alpha, solver=solver, fit_intercept=fit_intercept)
        with pytest.warns(ConvergenceWarning, match=SAYS_LITTLE + " '[uvw]'") as caught:
            model.fit(table, y)
        (warning,) = caught
        assert warning.filename == __file__
        assert model.n_iter_ == 0
        told = float(str(warning.message).split("lower the loss by ")[1].split(". ")[0])
        best = SoftmaxRegression(0.0, fit_intercept=fit_intercept).fit(X, y)
        assert 0.01 < told <= np.log(3) - best.history_["loss"][-1]

    def test_what_it_says_to_do_helps(self):
        X, y = overlapping()
        expected = SoftmaxRegression(0.0).fit(X, y)
        for model, unit in (
            (SoftmaxRegression(0.0, tol=1e-13), 1e-7),
            (SoftmaxRegression(0.0), 1.0),
        ):
            model.fit(unit * X, y)
            np.testing.assert_allclose(
                model.predict_proba(unit * X), expected.predict_proba(X), rtol=0, atol=1e-4
            )

    def test_the_choice_of_a_penalty_warns_too(self):
        X, y = overlapping()
        with pytest.warns(ConvergenceWarning, match=SAYS_LITTLE) as caught:
            SoftmaxRegressionCV([1e-18]).fit(1e-7 * X, y)
        assert {warning.filename for warning in caught} == {__file__}

    def test_separated_classes_are_what_is_said(self):
        X, y = load_iris(return_X_y=True)
        with pytest.warns(SeparationWarning) as caught:
            SoftmaxRegression(0.0).fit(1e-6 * X, y)
        assert len(caught) == 1

    @pytest.mark.parametrize("alpha", [0.0, 1e-8, 1e-4])
    def test_no_false_alarm(self, alpha):
        rng = np.random.default_rng(1)
        rare = np.eye(200)[rng.zipf(1.5, 5000) % 200]
        digits, of_digits = load_digits(return_X_y=True)
        tables = {
            "digits": (digits[::3], of_digits[::3]),
            "iris": load_iris(return_X_y=True),
            "drawn": make_classification(500, 20, n_informative=5, n_classes=3, random_state=0),
            "dummies": (rare, rng.integers(0, 2, 5000)),
            "wide": (rng.normal(size=(30, 90)), np.arange(30) % 3),
            "overlapping": overlapping(),
            "far out": (np.vstack([overlapping()[0], [[1e6, 1e6, 1e6]]]), np.arange(301) % 3),
            "by a hair": (np.r_[-1:1e-6:100j, -1e-6:1:100j][:, None], np.repeat([0, 1], 100)),
        }
        for X, y in tables.values():
            for tol in (1e-6, 1e-3, 1e-1):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    SoftmaxRegression(alpha, tol=tol, max_iter=100).fit(X, y)
                assert not [w for w in caught if "says little" in str(w.message)]

    @pytest.mark.parametrize("unit", [1e-3, 1e-6, 1e-12])
    def test_small_columns_that_a_penalty_holds_down_are_at_their_optimum(self, unit):
        X, y = overlapping()
        model = SoftmaxRegression(1e-4 if unit < 1e-3 else 0.1).fit(unit * X, y)
        assert model.optimality_gap_ < 1e-6
