"""The fit: one optimum for all solvers, in the user's coordinates, at any scale."""

import inspect
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.datasets import load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from tests.rows.split_rows import SplitRows
from threadpoolctl import threadpool_limits

from trivium import SoftmaxRegression, SoftmaxRegressionCV
from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature.exact_hessian import ExactDirection, contrast_hessian
from trivium.softmax.fitting import FAST_SOLVERS, SOLVERS, cheapest_solver, fit_parameters
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.protocol import Status

EPS = np.finfo(float).eps


def rows(seed, n=80, d=3, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    X = rng.normal(size=(n, d)) + 0.7 * rng.normal(size=(n_classes, d))[y]
    return X, y, rng.uniform(0.1, 3.0, size=n)


def fit(X, y, w=None, **changed):
    return fit_rows(ArrayRows(X, y, int(y.max()) + 1, w), **changed)


def fit_rows(rows, *, observe=lambda *_: None, **changed):
    options = {
        "alpha": 1e-2,
        "fit_intercept": True,
        "solver": "lbfgs",
        "learning_rate": "auto",
        "max_iter": 500,
        "tol": 1e-9,
    }
    return fit_parameters(rows, observe=observe, **options | changed)


def loss_and_gradient(X, y, w, alpha, coef, intercept):
    """The documented objective and its gradient, plainly."""
    w = np.ones(len(X)) if w is None else w
    log_p = log_softmax(X @ coef.T + intercept, axis=1)
    loss = -w @ log_p[np.arange(len(X)), y] / w.sum() + alpha / 2 * (coef**2).sum()
    residual = (np.exp(log_p) - np.eye(len(coef))[y]) * w[:, None] / w.sum()
    return loss, np.column_stack([residual.T @ X + alpha * coef, residual.sum(axis=0)])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(10, 80),
    d=st.integers(1, 6),
    n_classes=st.integers(2, 5),
    alpha=st.sampled_from([1e-3, 0.1, 5.0]),
    offset=st.sampled_from([0.0, 3.0, 1e3]),
    weighted=st.booleans(),
    fit_intercept=st.booleans(),
    solver=st.sampled_from(FAST_SOLVERS),
)
def test_the_gradient_is_small_in_the_users_coordinates(
    seed, n, d, n_classes, alpha, offset, weighted, fit_intercept, solver
):
    X, y, w = rows(seed, n, d, n_classes)
    X, w = X + offset, w if weighted else None
    fitted = fit(X, y, w, alpha=alpha, fit_intercept=fit_intercept, solver=solver, max_iter=2000)
    loss, gradient = loss_and_gradient(X, y, w, alpha, fitted.coef, fitted.intercept)
    gradient = gradient[:, : d + fit_intercept]
    assert fitted.solver == solver
    assert fitted.loss == pytest.approx(loss, rel=1e-10)
    rounding = 1e-13 * (1 + offset) ** 2
    np.testing.assert_allclose(fitted.gradient, gradient, rtol=0, atol=rounding)
    assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
    assert np.abs(gradient).max() <= 1e-9 + rounding
    assert fitted.intercept.any() == fit_intercept or np.abs(fitted.intercept).max() < 1e-9


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_all_solvers_reach_one_optimum(weighted, n_classes):
    X, y, w = rows(1, n_classes=n_classes)
    w = w if weighted else None
    fits = [fit(X, y, w, solver=solver) for solver in (*FAST_SOLVERS, "auto")]
    fits.append(fit(X, y, w, solver="gradient-descent", max_iter=20_000))
    for fitted in fits:
        np.testing.assert_allclose(fitted.coef, fits[0].coef, rtol=0, atol=1e-6)
        np.testing.assert_allclose(fitted.intercept, fits[0].intercept, rtol=0, atol=1e-5)


@pytest.mark.parametrize("solver", FAST_SOLVERS)
@pytest.mark.parametrize("scaled", [False, True])
def test_digits_beside_scikit_learn(solver, scaled):
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16 if scaled else X)[:600], y[:600]
    peer = LogisticRegression(C=1.0, solver="newton-cg", tol=1e-9, max_iter=1000).fit(X, y)
    fitted = fit(X, y, alpha=1 / 600, solver=solver, tol=1e-8)
    there = loss_and_gradient(X, y, None, 1 / 600, peer.coef_, peer.intercept_)[0]
    assert fitted.loss <= there + 1e-13
    np.testing.assert_allclose(fitted.coef, peer.coef_, rtol=0, atol=1e-4)
    assert not fitted.coef[:, np.ptp(X, axis=0) == 0].any()


def test_few_reads_of_a_large_table():
    X, y = make_classification(
        20_000, 60, n_classes=6, n_informative=20, n_redundant=20, random_state=0
    )
    for solver, most in (("lbfgs", 30), ("newton-cg", 45)):
        given = ArrayRows(X, y, 6)
        fitted = fit_rows(given, alpha=1 / 20_000, solver=solver, tol=1e-7)
        assert fitted.status is Status.CONVERGED
        assert given.reads <= most


@pytest.mark.parametrize("solver", ["gradient-descent", *FAST_SOLVERS])
@pytest.mark.parametrize("alpha", [0.0, 1e-2])
@pytest.mark.parametrize("shape", [(2000, 3), (40, 90)])
def test_reads_are_counted_truly(solver, alpha, shape):
    X, y, w = rows(2, *shape)
    given = SplitRows(X, y, 3, w, cuts=[0, 7, shape[0] // 2])
    fit_rows(given, solver=solver, alpha=alpha, tol=1e-5, max_iter=60)
    assert given.reads == pytest.approx(given._X.read, rel=1e-12)


class TestScales:
    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("scale", [1e-150, 1e-9, 1e9, 1e150])
    def test_without_penalty_units_do_not_matter(self, solver, scale):
        X, y, w = rows(3)
        unit = np.array([1.0, scale, 1.0])
        expected = fit(X, y, w, alpha=0.0, solver=solver)
        fitted = fit(X * unit, y, w, alpha=0.0, solver=solver)
        assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
        np.testing.assert_allclose(fitted.coef * unit, expected.coef, rtol=0, atol=1e-6)
        assert fitted.loss == pytest.approx(expected.loss, rel=1e-13)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
    def test_with_a_penalty_columns_are_free_or_nothing(self, solver, scale):
        X, y, w = rows(4)
        unit = np.array([1.0, scale, 1.0])
        fitted = fit(X * unit, y, w, alpha=0.1, solver=solver)
        assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
        assert np.isfinite(fitted.coef).all()
        if scale < 1:  # too small to be worth a coefficient
            expected = fit(X[:, [0, 2]], y, w, alpha=0.1, solver=solver)
            assert np.abs(fitted.coef[:, 1] * scale).max() < 1e-100
            np.testing.assert_allclose(fitted.coef[:, [0, 2]], expected.coef, rtol=0, atol=1e-7)
        else:  # so large that its coefficient costs nothing
            wide = fit(X * [1.0, 1e8, 1.0], y, w, alpha=0.1, solver=solver)
            np.testing.assert_allclose(
                fitted.coef[:, 1] * scale, wide.coef[:, 1] * 1e8, rtol=0, atol=1e-6
            )

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("alpha", [0.0, 1e-2])
    def test_an_offset_moves_the_intercepts_alone(self, solver, alpha):
        rng = np.random.default_rng(5)
        X = rng.integers(-8, 9, size=(120, 3)) / 8.0  # exact at this offset
        y = rng.integers(0, 3, size=120)
        expected = fit(X, y, alpha=alpha, solver=solver)
        fitted = fit(X + 1e8, y, alpha=alpha, solver=solver)
        # 1e8 times an intercept's own rounding may be more than tol, or nothing.
        assert fitted.status in {Status.ROUNDING, Status.CONVERGED}
        np.testing.assert_allclose(fitted.coef, expected.coef, rtol=0, atol=1e-7)
        assert fitted.loss == pytest.approx(expected.loss, rel=1e-13)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("offset", [2.0**30, 2.0**40])
    def test_intercepts_that_are_right_do_not_hide_coefficients_that_are_not(self, solver, offset):
        # Each row has its opposite, of the other class: intercepts stay at their optimum, zero,
        # and with them nearly all of what an offset may do to a gradient.
        rng = np.random.default_rng(6)
        half, y = rng.integers(-8, 9, size=(64, 3)) / 8.0, rng.integers(0, 2, size=64)
        X, y = np.vstack([half, -half]), np.r_[y, 1 - y]
        expected = fit(X, y, solver=solver)
        fitted = fit(X + offset, y, solver=solver)
        np.testing.assert_allclose(fitted.coef, expected.coef, rtol=0, atol=1e-9)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_logits_of_ten_thousand(self, solver):
        X, y, w = rows(6)
        start = 1e4 * np.random.default_rng(0).normal(size=(3, 4))
        with np.errstate(all="raise", under="ignore"):
            fitted = fit(X, y, w, start=start, solver=solver)
        expected = fit(X, y, w, solver=solver)
        np.testing.assert_allclose(fitted.coef, expected.coef, rtol=0, atol=1e-6)
        # A start that is bad, but better than none.
        start = 40.0 * np.column_stack([expected.coef, expected.intercept])
        start[0, 3] -= 3.0
        again = fit(X, y, w, start=start, solver=solver, alpha=1e-9, tol=1e-7)
        straight = fit(X, y, w, solver=solver, alpha=1e-9, tol=1e-7)
        assert again.loss == pytest.approx(straight.loss, rel=1e-9)


class TestOddTables:
    @pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
    def test_a_thousand_classes(self, solver):
        rng = np.random.default_rng(7)
        y = np.arange(2000) % 1000
        X = rng.normal(size=(1000, 6))[y] + 0.3 * rng.normal(size=(2000, 6))
        fitted = fit(X, y, alpha=1e-4, tol=1e-7, solver=solver)
        assert fitted.status is Status.CONVERGED
        _, gradient = loss_and_gradient(X, y, None, 1e-4, fitted.coef, fitted.intercept)
        assert np.abs(gradient).max() <= 1.001e-7

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_one_row_a_class_and_more_columns_than_rows(self, solver):
        X = np.random.default_rng(8).normal(size=(7, 20))
        fitted = fit(X, np.arange(7), solver=solver)
        assert fitted.status is Status.CONVERGED
        np.testing.assert_array_equal((X @ fitted.coef.T + fitted.intercept).argmax(1), range(7))

    @pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
    def test_so_many_columns_that_their_squares_are_too_much(self, solver):
        rng = np.random.default_rng(9)
        y = np.arange(20) % 2
        X = rng.normal(size=(20, 1500)) * np.geomspace(1, 10, 1500)
        fitted = fit(X, y, alpha=1.0, solver=solver, tol=1e-8)
        _, gradient = loss_and_gradient(X, y, None, 1.0, fitted.coef, fitted.intercept)
        assert np.abs(gradient).max() <= 1e-8 + 1e-12
        assert fitted.status is Status.CONVERGED

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("alpha", [0.0, 1e-2])
    def test_constant_and_equal_columns(self, solver, alpha):
        X, y, w = rows(10)
        wide = np.column_stack([X, X[:, 0], np.full(80, 0.1)])
        fitted = fit(wide, y, w, alpha=alpha, solver=solver)
        root = X * np.sqrt([2.0, 1.0, 1.0])  # the same penalty for the same logits
        expected = fit(root, y, w, alpha=alpha, solver=solver)
        assert not fitted.coef[:, 4].any()
        if alpha:
            np.testing.assert_allclose(fitted.coef[:, 0], fitted.coef[:, 3], rtol=0, atol=1e-6)
        np.testing.assert_allclose(
            wide @ fitted.coef.T + fitted.intercept,
            root @ expected.coef.T + expected.intercept,
            rtol=0,
            atol=1e-5,
        )

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_no_tol_at_all_ends_in_rounding(self, solver):
        X, y, w = rows(11)
        fitted = fit(X, y, w, tol=0.0, solver=solver)
        assert fitted.status in {Status.ROUNDING, Status.CONVERGED, Status.NO_PROGRESS}
        assert fitted.n_iter < 100
        assert np.abs(fitted.gradient).max() < 1e-14

    def test_float32_rows_are_computed_with_in_float64(self):
        X, y, w = rows(12)
        X = X.astype(np.float32)
        for offset in (0.0, 1024.0):
            narrow, wide = X + np.float32(offset), (X + np.float32(offset)).astype(float)
            for solver in FAST_SOLVERS:
                one, other = (fit(rows_, y, w, solver=solver) for rows_ in (narrow, wide))
                np.testing.assert_array_equal(one.coef, other.coef)
                np.testing.assert_array_equal(one.intercept, other.intercept)


class TestWeights:
    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_an_integer_weight_is_that_many_rows(self, solver):
        X, y, _ = rows(13)
        counts = np.random.default_rng(0).integers(1, 5, size=80)
        weighted = fit(X, y, counts.astype(float), tol=1e-13, solver=solver)
        repeated = fit(X.repeat(counts, axis=0), y.repeat(counts), tol=1e-13, solver=solver)
        np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=0, atol=1e-11)

    @pytest.mark.parametrize("scale", [2.0**-900, 2.0**900])
    def test_their_scale_changes_no_bit(self, scale):
        X, y, w = rows(14)
        for solver in FAST_SOLVERS:
            one, other = fit(X, y, w, solver=solver), fit(X, y, w * scale, solver=solver)
            np.testing.assert_array_equal(one.coef, other.coef)


class TestWay:
    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    def test_what_is_observed_is_the_users(self, solver):
        X, y, w = rows(15)
        X = X * [1.0, 100.0, 1.0] + [0.0, 0.0, 1e3]
        told = []
        fitted = fit(
            X, y, w, solver=solver, tol=1e-4, max_iter=40, observe=lambda *t: told.append(t)
        )
        assert len(told) == fitted.n_iter + 1
        last = np.zeros((3, 4))
        for parameters, at, step in told:
            coef, intercept = parameters[:, :3], parameters[:, 3]
            loss, gradient = loss_and_gradient(X, y, w, 1e-2, coef, intercept)
            assert at.loss == pytest.approx(loss, rel=1e-9)
            np.testing.assert_allclose(at.gradient, gradient, rtol=1e-6, atol=1e-7)
            right = (X @ coef.T + intercept).argmax(axis=1) == y
            assert at.accuracy == pytest.approx(w @ right / w.sum(), rel=1e-12)
            assert step == pytest.approx(np.linalg.norm(parameters - last), rel=1e-9)
            last = parameters
        np.testing.assert_array_equal(last[:, :3], fitted.coef)
        np.testing.assert_array_equal(told[-1][1].gradient, fitted.gradient)

    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    def test_from_the_answer_there_is_nothing_to_do(self, solver):
        X, y, w = rows(16)
        fitted = fit(X, y, w, tol=1e-11, solver="newton")
        start = np.column_stack([fitted.coef, fitted.intercept])
        given = start.copy()
        again = fit(X, y, w, tol=1e-8, start=start, solver=solver)
        assert again.n_iter == 0
        np.testing.assert_allclose(again.coef, fitted.coef, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(start, given)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_from_near_it_there_is_less_to_do(self, solver):
        X, y, w = rows(17, n=500)
        near = fit(X, y, w, alpha=1.2e-2, solver="newton")
        start = np.column_stack([near.coef, near.intercept])
        assert fit(X, y, w, start=start, solver=solver).n_iter < fit(X, y, w, solver=solver).n_iter

    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    @pytest.mark.parametrize("size", [3.0, 1e3, 1e308])
    def test_a_start_worse_than_zero_is_used_by_gradient_descent_alone(self, solver, size):
        X, y, w = rows(22)
        start = size * np.random.default_rng(0).normal(size=(3, 4)).clip(-1, 1)
        told = []
        given = {"solver": solver, "max_iter": 50}
        fitted = fit(X, y, w, start=start, observe=lambda *t: told.append(t), **given)
        if solver == "gradient-descent":
            np.testing.assert_array_equal(told[0][0], start)
        else:
            assert not told[0][0].any()
            assert told[0][1].loss == pytest.approx(np.log(3), rel=1e-14)
            np.testing.assert_array_equal(fitted.coef, fit(X, y, w, **given).coef)

    @pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
    def test_from_near_it_the_curvature_there_saves_reads(self, solver):
        X, y = load_digits(return_X_y=True)
        options = {"alpha": 1e-4, "solver": solver, "tol": 1e-6}
        near = fit(X / 16, y, **options | {"alpha": 1.5e-4})
        start = np.column_stack([near.coef, near.intercept])
        cold, warm = ArrayRows(X / 16, y, 10), ArrayRows(X / 16, y, 10)
        fit_rows(cold, **options)
        fit_rows(warm, start=start, **options)
        assert warm.reads <= 0.62 * cold.reads

    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    def test_an_observer_may_stop_it(self, solver):
        X, y, w = rows(21)
        told = []
        fitted = fit(X, y, w, solver=solver, observe=lambda *t: told.append(t) or len(told) == 3)
        assert fitted.n_iter == 2
        assert fitted.status is Status.STOPPED

    def test_the_cheapest_solver_is_taken(self):
        X, y, _ = rows(18)
        assert fit(X, y, solver="auto").solver == cheapest_solver(80, 3, 3) == "newton"
        assert cheapest_solver(50_000, 100, 10) == "lbfgs"

    @pytest.mark.parametrize("shape", [(80, 3), (20, 60)])
    def test_no_solver_stands_in_for_one_that_there_is_not(self, shape):
        X, y, w = rows(18, *shape)
        with pytest.raises(KeyError, match="newton-gc"):
            fit(X, y, w, solver="newton-gc")

    @pytest.mark.parametrize(
        ("estimator", "names"),
        [(SoftmaxRegression, SOLVERS), (SoftmaxRegressionCV, ("auto", *FAST_SOLVERS))],
    )
    def test_signatures_and_docstrings_name_every_solver(self, estimator, names):
        annotation = inspect.signature(estimator).parameters["solver"].annotation
        assert get_args(annotation) == names
        choices = ", ".join(f'"{name}"' for name in names)
        assert f"solver : {{{choices}}}, default" in estimator.__doc__


@pytest.mark.parametrize("solver", FAST_SOLVERS)
@pytest.mark.parametrize("shape", [(9000, 30, 3), (700, 300, 3)])
def test_bit_identical_for_any_number_of_workers_and_blas_threads(solver, shape, monkeypatch):
    n, d, n_classes = shape
    if solver == "newton" and d > 100:
        d = 60
    X, y, w = rows(19, n, d, n_classes)
    X[:, 0] += 100.0
    fits = []
    for workers in (1, 2, 4):
        monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None, k=workers: k)
        for threads in (1, 2):
            with threadpool_limits(threads):
                given = ArrayRows(X, y, n_classes, w)
                fitted = fit_rows(given, alpha=1e-4, solver=solver, max_iter=12, tol=1e-6)
                fits.append((fitted.coef, fitted.intercept, given.reads))
    for coef, intercept, reads in fits[1:]:
        np.testing.assert_array_equal(coef, fits[0][0])
        np.testing.assert_array_equal(intercept, fits[0][1])
        assert reads == fits[0][2]


class TestExactHessian:
    @pytest.mark.parametrize("alpha", [0.0, 1e-6])
    def test_rows_far_beyond_the_others_that_leave_its_squares_few_digits(self, alpha):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(300, 2)), rng.integers(0, 2, size=300)
        X[0], X[1] = 1e6, -1e9
        fitted = fit(X, y, alpha=alpha, solver="newton", tol=1e-6)
        assert fitted.n_iter < 30
        expected = fit(X, y, alpha=alpha, solver="lbfgs", tol=1e-6)
        assert fitted.loss == pytest.approx(expected.loss, abs=1e-9)

    @pytest.mark.parametrize("n_classes", [2, 5])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("intercept", [False, True])
    def test_equals_its_products(self, n_classes, weighted, intercept):
        X, y, w = rows(20, n=1500, n_classes=n_classes)
        given = ArrayRows(X, y, n_classes, w if weighted else None)
        objective = CrossEntropy(given, alpha=0.03, fit_intercept=intercept)
        problem = Problem(objective, frame_of(given.summary(), centred=intercept))
        rng = np.random.default_rng(0)
        at = problem.evaluate(rng.normal(size=objective.shape))
        contrasts = np.linalg.qr(np.eye(n_classes)[:, 1:] - 1 / n_classes)[0].T
        hessian = contrast_hessian(problem, at, contrasts)
        along = rng.normal(size=(n_classes - 1, objective.shape[1]))
        product = contrasts @ at.hessian_product(contrasts.T @ along)
        np.testing.assert_allclose((hessian @ along.ravel()), product.ravel(), atol=1e-12)
        np.testing.assert_array_equal(hessian, hessian.T)
        direction = ExactDirection(problem, 1e-10)(at)
        np.testing.assert_allclose(direction.sum(axis=0), 0.0, atol=1e-9)
        expected = at.gradient - at.gradient.mean(axis=0)
        np.testing.assert_allclose(-at.hessian_product(direction), expected, rtol=0, atol=1e-8)

    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 10**6), far=st.booleans())
    def test_the_problems_derivatives_agree_with_central_differences(self, seed, far):
        X, y, w = rows(seed)
        X = X * [1.0, 1e5, 1e-5] + ([30.0, 0.0, 1.0] if far else 0.0)
        given = ArrayRows(X, y, 3, w)
        frame = frame_of(given.summary(), centred=True)
        center = frame.origin if frame.far else None
        objective = CrossEntropy(given, alpha=0.1, center=center)
        problem = Problem(objective, frame)
        assert frame.far == far
        rng = np.random.default_rng(seed)
        V, along = rng.normal(size=(2, 3, 4))
        V[:, :3] *= np.minimum(1.0, frame.unit) ** 0  # any point will do
        at, h = problem.evaluate(V), 1e-5
        ahead, behind = problem.evaluate(V + h * along), problem.evaluate(V - h * along)
        scale = 1 + abs(at.loss)
        assert np.vdot(at.gradient, along) == pytest.approx(
            (ahead.loss - behind.loss) / (2 * h), abs=1e-6 * scale
        )
        difference = (ahead.gradient - behind.gradient) / (2 * h)
        size = 1 + np.abs(at.gradient).max()
        np.testing.assert_allclose(at.hessian_product(along), difference, rtol=0, atol=1e-6 * size)


def test_a_bound_tells_that_most_gradients_are_no_rounding_and_changes_nothing(monkeypatch):
    X, y, w = rows(3)
    X = X * [1.0, 1e6, 1e-3]
    by_bound = fit(X, y, w, alpha=1e-3, solver="newton-cg", tol=0.0)
    monkeypatch.setattr("trivium.softmax.coordinates.problem._SAFELY", np.inf)
    by_entries = fit(X, y, w, alpha=1e-3, solver="newton-cg", tol=0.0)
    assert by_bound.status is by_entries.status is Status.ROUNDING
    assert by_bound.n_iter == by_entries.n_iter
    np.testing.assert_array_equal(by_bound.coef, by_entries.coef)
