"""The bound of the loss above its infimum, where classes are separated: true, and close."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from trivium import SeparationWarning, SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.certificate.infimum import above_infimum
from trivium.softmax.fitting import FAST_SOLVERS
from trivium.softmax.separation.directions import (
    Verdict,
    find_separation,
    losing_classes,
    winning_margins,
)
from trivium.softmax.separation.margins import MarginRows

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")


def loss(X, codes, coef, intercept, w=None):
    log_p = log_softmax(X @ coef.T + intercept, axis=1)
    return -np.average(log_p[np.arange(codes.size), codes], weights=w)


def newton(X, codes, n_classes, w, steps):
    """Points of damped Newton's method from zero, plainly."""
    A = np.column_stack([X, np.ones(len(X))])
    share = (np.ones(len(X)) if w is None else w) / (len(X) if w is None else w.sum())
    theta = np.zeros((n_classes, A.shape[1]))
    for _ in range(steps):
        p = np.exp(log_softmax(A @ theta.T, axis=1))
        gradient = ((p - np.eye(n_classes)[codes]) * share[:, None]).T @ A
        curvature = np.einsum("ik,kl->ikl", p, np.eye(n_classes)) - p[:, :, None] * p[:, None, :]
        hessian = np.einsum("i,ikl,ia,ib->kalb", share, curvature, A, A, optimize=True)
        hessian = hessian.reshape(theta.size, theta.size)
        unit = 1 / np.sqrt(np.maximum(np.diagonal(hessian), 1e-300))
        scaled = np.linalg.pinv(hessian * unit * unit[:, None], rcond=1e-11, hermitian=True)
        step = -(unit * (scaled @ (unit * gradient.ravel()))).reshape(theta.shape)
        length = 1.0
        here = loss(A, codes, theta, 0.0, w)
        while loss(A, codes, theta + length * step, 0.0, w) > here and length > 1e-4:
            length /= 2
        theta = theta + length * step
        yield theta[:, :-1], theta[:, -1]


def separated(seed, n=120, n_classes=2):
    """Classes that overlap, beside a dummy of one class and a column that tells a part."""
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    X = rng.normal(size=(n, 2)) + 0.3 * codes[:, None]
    dummy = (codes == 1) & (rng.random(n) < 0.3)
    part = np.where(rng.random(n) < 0.4, rng.uniform(0.5, 1.5, n) * (codes == 0), 0.0)
    return np.column_stack([X, dummy, part]), codes


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.integers(2, 4),
    weighted=st.booleans(),
    proved=st.booleans(),
)
def test_never_below_the_truth(seed, n_classes, weighted, proved):
    X, codes = separated(seed, n_classes=n_classes)
    w = np.random.default_rng(seed).uniform(0.1, 3.0, size=codes.size) if weighted else None
    path = list(newton(X, codes, n_classes, w, 30))
    least = min(loss(X, codes, *theta, w) for theta in path)
    rows, lost = ArrayRows(X, codes, n_classes, w), None
    if proved:
        found = find_separation(rows, *path[-1], fit_intercept=True)
        lost = losing_classes(rows, found, fit_intercept=True)
    for theta in path[2::6]:
        gap = above_infimum(rows, *theta, fit_intercept=True, lost=lost)
        assert gap >= loss(X, codes, *theta, w) - least - 1e-15


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_close_to_the_truth(n_classes):
    X, codes = separated(1, n_classes=n_classes)
    path = list(newton(X, codes, n_classes, None, 32))
    least = loss(X, codes, *path[-1])
    rows = ArrayRows(X, codes, n_classes)
    found = find_separation(rows, *path[-1], fit_intercept=True)
    assert found.verdict is Verdict.PARTIAL
    lost = losing_classes(rows, found, fit_intercept=True)
    for theta in path[12:24:4]:
        gap = above_infimum(rows, *theta, fit_intercept=True, lost=lost)
        assert gap <= 1.1 * (loss(X, codes, *theta) - least) + 1e-12
    assert above_infimum(rows, *path[-1], fit_intercept=True) < 1e-6


def test_a_bound_on_the_optimum_where_there_is_one():
    rng = np.random.default_rng(2)
    X, codes = rng.normal(size=(200, 2)), rng.integers(0, 3, size=200)
    path = list(newton(X, codes, 3, None, 8))
    least = loss(X, codes, *path[-1])
    rows = ArrayRows(X, codes, 3)
    for theta in path[:3]:
        gap = above_infimum(rows, *theta, fit_intercept=True)
        truth = loss(X, codes, *theta) - least
        assert truth - 1e-15 <= gap <= 2 * truth + 1e-15


def test_classes_told_apart_have_the_infimum_zero():
    X, codes = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    coef = np.array([[-9.0], [9.0]])
    gap = above_infimum(ArrayRows(X, codes, 2), coef, np.zeros(2), fit_intercept=True)
    truth = loss(X, codes, coef, np.zeros(2))
    assert truth <= gap <= 1.0001 * truth


@pytest.mark.parametrize("value", [np.inf, 1e300])
def test_what_is_not_finite_has_no_bound(value):
    rows = ArrayRows(np.array([[-1.0], [1.0]]), np.array([0, 1]), 2)
    coef = np.array([[value], [-value]])
    assert above_infimum(rows, coef, np.zeros(2), fit_intercept=True) == np.inf


def test_too_much_work_is_left(monkeypatch):
    X, codes = separated(3)
    theta = np.zeros((2, 4)), np.zeros(2)
    monkeypatch.setattr("trivium.softmax.certificate.infimum._MOST_WORK", 1.0)
    rows = ArrayRows(X, codes, 2)
    assert above_infimum(rows, *theta, fit_intercept=True) == np.inf
    assert rows.reads <= 1.0 + 1 / 120  # the summary


def test_one_separation_may_lie_behind_another():
    # At x > 0 class 1 alone; of the others, which x says nothing of, z tells some.
    rng = np.random.default_rng(4)
    x = np.r_[rng.uniform(1, 2, 40), np.zeros(80)]
    codes = np.r_[np.ones(40, dtype=int), np.arange(80) % 2]
    z = np.r_[-rng.uniform(1, 2, 40), np.where(np.arange(80) < 40, 0.0, codes[40:] * 1.0)]
    noise = np.r_[rng.normal(size=40), np.repeat(rng.normal(size=20), 2), np.zeros(40)]
    X = np.column_stack([x, z, noise])
    first = np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    rows = ArrayRows(X, codes, 2)
    scaled = MarginRows(rows, fit_intercept=True).scaled(first, np.zeros(2))
    found = find_separation(rows, np.zeros((2, 3)), np.zeros(2), fit_intercept=True)
    found = found._replace(scaled=scaled, direction=first)
    won = winning_margins(rows, found, fit_intercept=True)
    assert won.sum() == 40
    lost = losing_classes(rows, found, fit_intercept=True)
    assert lost.sum() == 40 + 20  # of class 0 none: at z = 0 both classes have rows
    assert not lost[np.arange(120), codes].any()


@pytest.mark.parametrize("solver", ["auto", *FAST_SOLVERS])
@pytest.mark.parametrize(
    ("x", "y", "infimum"),
    [
        ([0.0, 1.0, 2.0, -1.0], [0, 1, 1, 0], np.log(2) / 4),
        ([0.0, 0.0, 1.0], [0, 1, 2], 2 * np.log(3) / 3),
    ],
)
def test_rows_of_zeros_may_be_all_that_is_left(solver, x, y, infimum):
    model = SoftmaxRegression(0.0, fit_intercept=False, solver=solver)
    with pytest.warns(SeparationWarning):
        model.fit(np.array(x)[:, None], y)
    truth = model.history_["loss"][-1] - infimum
    assert -1e-15 <= truth <= model.optimality_gap_ + 1e-15
    assert model.optimality_gap_ <= 1e-6


@settings(max_examples=60, deadline=None)
@example(seed=424, solver="lbfgs", intercept=False, weighted=False)  # two columns are the same
@given(
    seed=st.integers(0, 10**6),
    solver=st.sampled_from(FAST_SOLVERS),
    intercept=st.booleans(),
    weighted=st.booleans(),
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
def test_small_tables_end_near_the_infimum(seed, solver, intercept, weighted):
    rng = np.random.default_rng(seed)
    n, d, n_classes = rng.integers(3, 9), rng.integers(1, 4), rng.integers(2, 4)
    X = rng.integers(-2, 3, size=(n, d)) * 1.0
    X[rng.random(n) < 0.3] = 0.0
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n)][:n]
    n_classes = y.max() + 1
    w = rng.integers(1, 4, size=n) * 1.0 if weighted else None
    model = SoftmaxRegression(0.0, fit_intercept=intercept, solver=solver).fit(X, y, w)
    plain = np.zeros((n_classes, d + intercept))
    A = np.column_stack([X, np.ones(n)]) if intercept else X
    found = scipy.optimize.minimize(
        lambda V: loss(A, y, V.reshape(plain.shape), 0.0, w), plain.ravel(), tol=1e-12
    )
    assert model.history_["loss"][-1] <= found.fun + 1e-6


@pytest.mark.parametrize("hair", [1e-5, 1e-6, 1e-8, 1e-9, 1e-10])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_columns_that_nearly_depend_on_others(hair, n_classes):
    X, codes = separated(5, n=300, n_classes=n_classes)
    noise = np.random.default_rng(5).normal(size=300)
    plain = SoftmaxRegression(0.0)
    near = SoftmaxRegression(0.0)
    with pytest.warns(SeparationWarning):
        plain.fit(np.column_stack([X, noise]), codes)
    with pytest.warns(SeparationWarning):
        near.fit(np.column_stack([X, X[:, 0] + hair * noise]), codes)
    assert near.optimality_gap_ <= 1e-6 + 1e-16 / hair
    infimum = plain.history_["loss"][-1] - plain.optimality_gap_
    assert near.optimality_gap_ >= near.history_["loss"][-1] - plain.history_["loss"][-1]
    assert near.history_["loss"][-1] >= infimum - 1e-16 / hair
