"""Columns that others determine: found, left out, and their coefficients spread over all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium import SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.dependence import dependence_of
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.fitting import FAST_SOLVERS

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

SOLVERS = ("auto", *FAST_SOLVERS)


def table(seed, n=300, d=4, levels=4):
    """Columns of very different units, dummies of all levels, sums, and labels that overlap."""
    rng = np.random.default_rng(seed)
    plain = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-1, 6, size=d)
    dummies = np.eye(levels)[rng.integers(0, levels, size=n)]
    sums = np.column_stack([plain[:, 0] + plain[:, 1], plain[:, 2] / 4 - 3.0])
    score = plain[:, 0] / np.abs(plain[:, 0]).max() + dummies[:, 0] + rng.normal(size=n)
    return np.column_stack([plain, dummies, sums]), (score > np.median(score)).astype(int)


def found_and_reads(X):
    """What is found with an intercept, and how often that reads the rows."""
    rows = ArrayRows(X)
    frame = frame_of(rows.summary(), centred=True)
    before = rows.reads
    return dependence_of(rows, frame, centred=True), rows.reads - before


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(4))
def test_every_solver_ends_at_the_one_optimum(solver, seed):
    X, y = table(seed)
    model = SoftmaxRegression(0.0, solver=solver).fit(X, y)
    fewer = SoftmaxRegression(0.0, solver="newton").fit(X[:, [0, 1, 2, 3, 4, 5, 6]], y)
    assert model.history_["loss"][-1] == pytest.approx(fewer.history_["loss"][-1], abs=1e-10)
    assert model.optimality_gap_ < 1e-9
    assert np.abs(model.coef_ * X.std(axis=0)).max() < 100.0
    assert model.n_iter_ < 60


def test_coefficients_are_least_in_norm_in_the_frame():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = (x + rng.normal(size=200) > 0).astype(int)
    one = SoftmaxRegression(0.0, tol=1e-10).fit(x[:, None], y)
    three = SoftmaxRegression(0.0, tol=1e-10).fit(np.column_stack([x, x, x]), y)
    np.testing.assert_allclose(three.coef_, np.tile(one.coef_ / 3, 3), rtol=1e-6)
    again = three.set_params(warm_start=True).fit(np.column_stack([x, x, x]), y)
    assert again.n_iter_ == 0


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    intercept=st.booleans(),
    power=st.integers(-6, 6),
    hair=st.sampled_from([0.0, 1e-9, 1e-7]),
)
def test_the_transformations_leave_every_logit_as_it_is(seed, intercept, power, hair):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 4))
    nearly = X[:, 2] + hair * (X[:, 3] + rng.normal(size=60))
    X = 10.0**power * np.column_stack([X, X[:, 0] - 2 * X[:, 1], nearly])
    given = ArrayRows(X)
    frame = frame_of(given.summary(), centred=intercept)
    found = dependence_of(given, frame, centred=intercept)
    assert found is not None
    assert found.left.size == 1 + (hair == 0)
    assert found.near.size == (hair > 0)
    Z = (X - frame.origin) * frame.unit
    Z = np.column_stack([Z, np.ones(60)]) if intercept else Z
    V = rng.normal(size=(3, Z.shape[1]))
    V[:, found.left] = 0.0
    logits = Z @ found.framed(V, intercept=intercept).T
    size = 1e-13 * (1 + np.abs(found.framed(V, intercept=intercept)).max())
    rows = found.pulled_back(Z, intercept=intercept)
    np.testing.assert_allclose(rows @ V.T, logits, rtol=0, atol=10 * size)
    if hair:
        assert 0.2 < np.abs(rows[:, found.near]).max() <= 1.0
    spread = found.spread(found.framed(V, intercept=intercept), intercept=intercept)
    np.testing.assert_allclose(Z @ spread.T, logits, rtol=0, atol=10 * size)
    back = found.gathered(spread, intercept=intercept)
    back = found.of_framed(back, intercept=intercept)
    np.testing.assert_allclose(back, V, rtol=0, atol=10 * size)


def test_independent_columns_cost_a_few_rows():
    X = np.random.default_rng(1).normal(size=(5000, 6))
    found, reads = found_and_reads(X)
    assert found is None
    assert reads < 0.01
    assert found_and_reads(X[:6]) == (None, 0.0)


def test_a_dummy_of_few_rows_is_no_dependence():
    rng = np.random.default_rng(2)
    X = np.column_stack([rng.normal(size=(4000, 3)), np.arange(4000) == 1234])
    found, reads = found_and_reads(X)
    assert found is None
    assert 1.0 < reads < 1.1


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_others_nearly_determine_counts_all_the_same(solver):
    # Ounces beside pounds that were rounded: what differs tells the classes.
    rng = np.random.default_rng(3)
    ounces = rng.uniform(50, 200, size=400)
    left = rng.normal(size=400)
    X = np.column_stack([ounces, ounces / 16 + 1e-5 * left, rng.normal(size=400)])
    y = (left + rng.normal(size=400) > 0).astype(int)
    plain = SoftmaxRegression(0.0).fit(np.column_stack([ounces, left, X[:, 2]]), y)
    model = SoftmaxRegression(0.0, solver=solver).fit(X, y)
    assert model.history_["loss"][-1] == pytest.approx(plain.history_["loss"][-1], abs=1e-6)


def test_rows_at_the_mean_are_equal_too():
    # Of these a row less its column's mean is zero, and a combination is so to rounding only.
    rng = np.random.default_rng(4)
    x = np.tile([2.0, 3.0, 4.0, 3.0], 20)
    X = np.column_stack([rng.normal(size=(80, 5)) * 1e3, x, 0.1 * x + 0.7, x])
    found, _ = found_and_reads(X)
    assert found.left.size == 2
    assert found.near.size == 0


@pytest.mark.parametrize("solver", FAST_SOLVERS)
def test_shares_that_are_rounding_do_not_make_an_equal_column_a_near_one(solver):
    """In the second row all that its share leaves would be rounding: no step would be taken."""
    X = np.array([[-1.0, 1.0, -1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])
    y = [0, 1, 0, 0]
    model = SoftmaxRegression(0.0, fit_intercept=False, solver=solver).fit(X, y)
    without = SoftmaxRegression(0.0, fit_intercept=False, solver=solver).fit(X[:, :2], y)
    np.testing.assert_allclose(model.predict_proba(X), without.predict_proba(X[:, :2]), atol=1e-6)
    np.testing.assert_array_equal(model.coef_[:, 0], model.coef_[:, 2])
