"""The optimality gap: never below the truth, close to it near the optimum, zero in the end."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning

from trivium import SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.certificate.duality_gap import certify
from trivium.softmax.fitting import FAST_SOLVERS

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

TRUTH = 2e-18  # rounding of the truth itself, which is computed in extended precision


class Case:
    """Overlapping classes, and the optimum by dense Newton steps until nothing moves."""

    def __init__(
        self,
        seed,
        *,
        n,
        d,
        n_classes,
        alpha,
        intercept,
        weighted=True,
        scales=None,
        dependent=False,
    ):
        rng = np.random.default_rng(seed)
        self.codes = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
        self.X = rng.normal(size=(n, d)) + 0.5 * rng.normal(size=(n_classes, d))[self.codes]
        if scales is not None:
            self.X *= rng.choice(scales, size=d)
        if dependent:  # dummies of both levels, and twice a column
            dummy = rng.integers(0, 2, size=n)
            self.X = np.column_stack([self.X, dummy, 1.0 - dummy, 2.0 * self.X[:, 0]])
            d += 3
        self.w = rng.uniform(0.1, 3.0, size=n) if weighted else None
        self.alpha, self.intercept = alpha, intercept
        self.rng, self.n_classes, self.d = rng, n_classes, d

    def loss(self, theta, kind=np.longdouble):
        """The documented objective, in extended precision."""
        w = np.ones(len(self.X)) if self.w is None else self.w
        X, theta, w = self.X.astype(kind), theta.astype(kind), w.astype(kind)
        logits = X @ theta[:, : self.d].T
        if self.intercept:
            logits = logits + theta[:, self.d]
        top = logits.max(axis=1)
        log_sum = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        lost = log_sum - logits[np.arange(len(X)), self.codes]
        return w @ lost / w.sum() + kind(self.alpha) / 2 * (theta[:, : self.d] ** 2).sum()

    def path(self, steps=40):
        """Points of damped Newton's method from zero, the last one at the optimum."""
        X = np.column_stack([self.X, np.ones(len(self.X))]) if self.intercept else self.X
        width, K = X.shape[1], self.n_classes
        w = np.ones(len(X)) if self.w is None else self.w
        w = w / w.sum()
        penalty = np.full(width, self.alpha)
        penalty[self.d :] = 0.0
        theta = np.zeros((K, width))
        yield theta
        for _ in range(steps):
            p = np.exp(log_softmax(X @ theta.T, axis=1))
            gradient = ((p - np.eye(K)[self.codes]) * w[:, None]).T @ X + penalty * theta
            curvature = np.einsum("ik,kl->ikl", p, np.eye(K)) - p[:, :, None] * p[:, None, :]
            hessian = np.einsum("i,ikl,ia,ib->kalb", w, curvature, X, X, optimize=True)
            hessian = hessian.reshape(K * width, -1) + np.diag(np.tile(penalty, K))
            # A separated class leaves no curvature in the end.
            unit = 1 / np.sqrt(np.maximum(np.diagonal(hessian), 1e-300))
            scaled = np.linalg.pinv(hessian * unit * unit[:, None], rcond=1e-12, hermitian=True)
            step = -(unit * (scaled @ (unit * gradient.ravel()))).reshape(K, width)
            length = 1.0
            while self.loss(theta + length * step) > self.loss(theta) + TRUTH and length > 1e-3:
                length /= 2
            theta = theta + length * step
            yield theta

    def certify(self, theta):
        intercept = theta[:, self.d] if self.intercept else np.zeros(self.n_classes)
        return certify(
            ArrayRows(self.X, self.codes, self.n_classes, self.w),
            theta[:, : self.d],
            intercept,
            alpha=self.alpha,
            fit_intercept=self.intercept,
        )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(20, 90),
    d=st.integers(1, 4),
    n_classes=st.integers(2, 5),
    alpha=st.sampled_from([0.0, 1e-9, 1e-6, 1e-3, 1.0]),
    intercept=st.booleans(),
    weighted=st.booleans(),
    scales=st.sampled_from([None, [1e-4, 1.0, 1e4]]),
    dependent=st.booleans(),
)
def test_never_below_the_truth(
    seed, n, d, n_classes, alpha, intercept, weighted, scales, dependent
):
    case = Case(
        seed,
        n=n,
        d=d,
        n_classes=n_classes,
        alpha=alpha,
        intercept=intercept,
        weighted=weighted,
        scales=scales,
        dependent=dependent,
    )
    path = list(case.path())
    best = min(case.loss(theta) for theta in path[-3:])
    unit = 1 / np.append(np.abs(case.X).max(axis=0), 1.0)[: path[0].shape[1]]
    near = [path[-1] + 10.0**-k * unit * case.rng.normal(size=unit.shape) for k in range(1, 9)]
    apart = [path[-1] + 10.0**-k * unit * case.rng.normal(size=path[0].shape) for k in range(9)]
    for theta in [*path[:10], *near, *apart, path[-1]]:
        # Long doubles round great logits, too.
        reach = float(np.abs(case.X).max(axis=0) @ np.abs(theta[:, : case.X.shape[1]]).max(axis=0))
        truth = TRUTH * max(1.0, reach / 10)
        assert case.certify(theta).gap >= float(case.loss(theta) - best) - truth


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 1e-6, 1e-3, 0.1])
def test_close_to_the_truth_near_the_optimum(alpha, intercept, n_classes):
    case = Case(1, n=400, d=3, n_classes=n_classes, alpha=alpha, intercept=intercept)
    *_, best = case.path()
    least = case.loss(best)
    assert case.certify(best).gap <= 1e-20 / max(alpha, 1e-6)
    assert case.certify(best).exists
    for size in (1e-3, 1e-5, 1e-7):
        theta = best + size * case.rng.normal(size=best.shape)
        truth = float(case.loss(theta) - least)
        # ‖gradient‖²/(2α), where it is the bound, is as good as α is great.
        assert case.certify(theta).gap <= 300 * truth + 1e-8 * (alpha > 0)
        if alpha in (0.0, 0.1):
            assert case.certify(theta).gap <= 60 * truth


def test_the_gap_falls_with_the_square_of_the_distance():
    case = Case(2, n=200, d=2, n_classes=3, alpha=0.0, intercept=True)
    *_, best = case.path()
    away = case.rng.normal(size=best.shape)
    gaps = [case.certify(best + size * away).gap for size in (1e-3, 1e-4, 1e-5, 1e-6)]
    np.testing.assert_allclose(np.divide(gaps[:-1], gaps[1:]), 100.0, rtol=0.1)


def test_relative_accuracy_where_next_to_nothing_is_lost():
    X, codes = np.array([[-1.0], [1.0]]), np.array([0, 1])
    coef = np.array([[-30.0], [30.0]])
    rows = ArrayRows(X, codes, 2)
    found = certify(rows, coef, np.zeros(2), alpha=0.0, fit_intercept=True)
    assert 0.99 * np.exp(-60) <= found.gap <= 1.01 * np.exp(-60)
    assert not found.exists


@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_an_offset_costs_what_it_costs_the_intercept(offset):
    case = Case(3, n=150, d=2, n_classes=3, alpha=0.01, intercept=True)
    case.X = np.round(case.X * 8) / 8  # exact at any offset here
    *_, best = case.path()
    case.X += offset
    moved = best.copy()
    moved[:, 2] -= best[:, :2].sum(axis=1) * offset
    rounding = np.spacing(np.abs(moved[:, 2]).max())
    assert case.certify(moved).gap <= (20 * rounding) ** 2 + 1e-20


def test_a_column_of_zeros_and_a_constant_one_do_no_harm():
    case = Case(4, n=100, d=2, n_classes=3, alpha=0.0, intercept=True)
    *_, best = case.path()
    plain = case.certify(best)
    case.X = np.column_stack([case.X, np.zeros(100), np.full(100, 0.1)])
    case.d = 4
    wide = np.column_stack([best[:, :2], np.zeros((3, 2)), best[:, 2]])
    assert case.certify(wide).exists
    assert case.certify(wide).gap <= 2 * plain.gap + 1e-24


def test_only_a_penalty_acts_on_a_column_of_zeros():
    case = Case(5, n=60, d=1, n_classes=2, alpha=1e-10, intercept=True)
    *_, best = case.path()
    case.X, case.d = np.column_stack([case.X, np.zeros(60)]), 2
    theta = np.column_stack([best[:, :1], [1.0, -2.0], best[:, 1]])
    truth = 5e-10 / 2
    assert truth <= case.certify(theta).gap <= 1.01 * truth


@pytest.mark.parametrize("alpha", [0.0, 1e-12])
@pytest.mark.parametrize("intercept", [False, True])
def test_dependent_columns_are_left_to_the_others(alpha, intercept):
    case = Case(6, n=80, d=2, n_classes=3, alpha=alpha, intercept=intercept, dependent=True)
    *_, best = case.path()
    found = case.certify(best)
    assert found.exists
    assert found.gap <= (1e-24 if alpha == 0 else 1e-10)


def test_columns_that_depend_but_for_little_may_separate():
    case = Case(6, n=60, d=2, n_classes=2, alpha=0.0, intercept=True)
    *_, best = case.path()
    nearly = case.X[:, 0] + 1e-9 * np.where(case.codes == 1, 1.0, -1.0)
    case.X, case.d = np.column_stack([case.X, nearly]), 3
    found = case.certify(np.column_stack([best[:, :2], [0.0, 0.0], best[:, 2]]))
    assert not found.exists
    assert found.gap >= 0.4


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
def test_what_is_not_finite_has_no_bound(alpha, value):
    coef = np.array([[value], [-value]])
    rows = ArrayRows(np.array([[-1.0], [4.0]]), np.arange(2), 2)
    found = certify(rows, coef, np.zeros(2), alpha=alpha, fit_intercept=True)
    assert found.gap >= 1e300
    assert found.exists == (alpha > 0)


def test_one_class_alone_in_its_block_and_many_classes():
    case = Case(7, n=3000, d=3, n_classes=40, alpha=0.01, intercept=True)
    order = np.argsort(case.codes, kind="stable")
    case.X, case.codes, case.w = case.X[order], case.codes[order], case.w[order]
    *_, best = case.path(8)
    assert case.certify(best).gap <= 1e-16
    theta = best + 1e-4 * case.rng.normal(size=best.shape)
    truth = float(case.loss(theta) - case.loss(best))
    assert truth <= case.certify(theta).gap <= 100 * truth


@pytest.mark.parametrize("solver", FAST_SOLVERS)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("hair", [1e-4, 1e-6, 1e-8, 1e-9])
def test_columns_that_nearly_depend_on_others(solver, n_classes, fit_intercept, hair):
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(300, 3))
    y = np.digitize(X[:, 0] + rng.normal(size=300), np.arange(n_classes - 1.0))
    left = rng.normal(size=(300, 2))
    near = np.column_stack([X, X[:, 0] + hair * left[:, 0], X[:, 1] - X[:, 0] + hair * left[:, 1]])
    options = {"fit_intercept": fit_intercept, "solver": solver}
    with warnings.catch_warnings():
        if hair < 1e-8:  # whether tol is above the rounding of coefficients of 1e9 is chance
            warnings.filterwarnings("ignore", "(?s).*as small as float64 can tell")
        model = SoftmaxRegression(0.0, **options).fit(near, y)
    plain = SoftmaxRegression(0.0, **options, tol=1e-9).fit(np.column_stack([X, left]), y)
    least = plain.history_["loss"][-1]
    rounding = 1e-16 / hair  # of what is left of the columns: theirs is another problem by that
    assert model.optimality_gap_ <= 1e-8
    assert model.optimality_gap_ >= model.history_["loss"][-1] - least - rounding


@pytest.mark.parametrize("solver", FAST_SOLVERS)
def test_what_leaves_one_another_little_in_its_turn(solver):
    rng = np.random.default_rng(8)
    X, left = rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    one = X[:, 0] + 1e-5 * left[:, 0]
    X = np.column_stack([X, one, X[:, 0] + 1e-5 * (left[:, 0] + 1e-5 * left[:, 1])])
    model = SoftmaxRegression(0.0, solver=solver, tol=1e-4).fit(X, y)
    rows = ArrayRows(X, y, 2)
    found = certify(rows, model.coef_, model.intercept_, alpha=0.0, fit_intercept=True)
    assert found.exists
    assert found.gap <= 1e-4


@pytest.mark.parametrize("solver", ["auto", *FAST_SOLVERS])
class TestUnproved:
    def test_it_is_said(self, solver):
        # As many rows as columns, and each comes with either class.
        x = np.random.default_rng(9).normal(size=(6, 12))
        with pytest.warns(ConvergenceWarning, match=r"could not be proved\. The classes overlap"):
            model = SoftmaxRegression(0.0, solver=solver).fit(
                np.vstack([x, x]), np.repeat([0, 1], 6)
            )
        assert model.optimality_gap_ == pytest.approx(np.log(2))

    def test_columns_that_may_be_why_are_named(self, solver, monkeypatch):
        monkeypatch.setattr("trivium.softmax.certificate.duality_gap.by_shift", lambda *_: np.inf)
        rng = np.random.default_rng(10)
        X = rng.normal(size=(200, 2))
        y = X[:, 0] + rng.normal(size=200) > 0
        table = pd.DataFrame(
            {"a": X[:, 0], "b": X[:, 1], "sum": X.sum(axis=1) + 1e-6 * rng.normal(size=200)}
        )
        match = "could not be proved: column 'sum' nearly depends on other columns"
        with pytest.warns(ConvergenceWarning, match=match) as caught:
            SoftmaxRegression(0.0, solver=solver).fit(table, y)
        assert len(caught) == 1
