"""More columns than rows: the same optimum, found in the space of the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from tests.rows.split_rows import SplitRows
from threadpoolctl import threadpool_limits

from trivium import SoftmaxRegression
from trivium.blocks.costs import SOFTMAX
from trivium.rows.memory import ArrayRows
from trivium.softmax import fitting
from trivium.softmax.coordinates import row_space as module
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.row_space import Spanned, row_space
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.fitting import FAST_SOLVERS, fit_parameters
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.separation.directions import SeparationWarning
from trivium.softmax.solvers.protocol import Status

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

TOL = 1e-8


def table(seed, n=24, d=60, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    X = rng.normal(size=(n, d)) + 0.5 * rng.normal(size=(n_classes, d))[y]
    return X, y, rng.uniform(0.1, 3.0, size=n)


def fit(X, y, w=None, *, observe=lambda *_: None, **changed):
    options = {
        "alpha": 1e-2,
        "fit_intercept": True,
        "solver": "auto",
        "learning_rate": "auto",
        "max_iter": 500,
        "tol": TOL,
    }
    rows = ArrayRows(X, y, int(y.max()) + 1, w)
    return fit_parameters(rows, observe=observe, **options | changed)


def loss_and_gradient(X, y, w, alpha, coef, intercept):
    """The documented objective and its gradient, plainly."""
    w = np.ones(len(X)) if w is None else w
    log_p = log_softmax(X @ coef.T + intercept, axis=1)
    loss = -w @ log_p[np.arange(len(X)), y] / w.sum() + alpha / 2 * (coef**2).sum()
    residual = (np.exp(log_p) - np.eye(len(coef))[y]) * w[:, None] / w.sum()
    return loss, np.column_stack([residual.T @ X + alpha * coef, residual.sum(axis=0)])


def plain_fit(X, y, w, alpha, *, fit_intercept):
    """The optimum by a general optimiser, in the user's coordinates."""
    n_classes, d = int(y.max()) + 1, X.shape[1]

    def function(flat):
        parameters = flat.reshape(n_classes, d + 1)
        loss, gradient = loss_and_gradient(X, y, w, alpha, parameters[:, :d], parameters[:, d])
        gradient[:, d] *= fit_intercept
        return loss, gradient.ravel()

    options = {"maxiter": 20_000, "maxfun": 10**6, "ftol": 0.0, "gtol": 1e-11, "maxcor": 50}
    found = minimize(
        function, np.zeros(n_classes * (d + 1)), jac=True, method="L-BFGS-B", options=options
    )
    return found.x.reshape(n_classes, d + 1)


def columns_alone(monkeypatch):
    """Let fits go the long way."""
    monkeypatch.setattr("trivium.softmax.fitting.row_space", lambda *_: None)


@pytest.fixture
def ways(monkeypatch):
    """Which problems were solved with fewer rows than columns, in order."""
    seen = []
    first, then = Spanned.__init__, fitting._Watch.go_on

    def begin(self, *given):
        seen.append("rows")
        first(self, *given)

    def go_on(self, problem):
        seen.append("columns")
        then(self, problem)

    monkeypatch.setattr(Spanned, "__init__", begin)
    monkeypatch.setattr(fitting._Watch, "go_on", go_on)
    return seen


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(6, 40),
    more=st.integers(1, 60),
    n_classes=st.integers(2, 4),
    alpha=st.sampled_from([1e-3, 0.1, 5.0]),
    offset=st.sampled_from([0.0, 3.0, 1e3]),
    weighted=st.booleans(),
    fit_intercept=st.booleans(),
    solver=st.sampled_from(FAST_SOLVERS),
)
def test_the_gradient_is_small_in_the_users_coordinates(
    seed, n, more, n_classes, alpha, offset, weighted, fit_intercept, solver
):
    X, y, w = table(seed, n, n + more, n_classes)
    X, w = X + offset, w if weighted else None
    fitted = fit(X, y, w, alpha=alpha, fit_intercept=fit_intercept, solver=solver)
    loss, gradient = loss_and_gradient(X, y, w, alpha, fitted.coef, fitted.intercept)
    gradient = gradient[:, : X.shape[1] + fit_intercept]
    rounding = 1e-13 * (1 + offset) ** 2
    assert fitted.loss == pytest.approx(loss, rel=1e-9)
    np.testing.assert_allclose(fitted.gradient, gradient, rtol=0, atol=1e-9 + rounding)
    assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
    assert np.abs(gradient).max() <= TOL + rounding


@pytest.mark.parametrize("solver", FAST_SOLVERS)
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_optimum_is_that_of_a_plain_optimiser(solver, fit_intercept, weighted, n_classes, ways):
    X, y, w = table(1, n_classes=n_classes)
    w = w if weighted else None
    plain = plain_fit(X, y, w, 1e-2, fit_intercept=fit_intercept)
    fitted = fit(X, y, w, solver=solver, fit_intercept=fit_intercept, tol=1e-10)
    assert ways == ["rows"]
    np.testing.assert_allclose(fitted.coef, plain[:, :-1], rtol=0, atol=1e-7)
    centred = plain[:, -1] - plain[:, -1].mean()
    np.testing.assert_allclose(fitted.intercept, centred, rtol=0, atol=1e-7)


def test_beside_scikit_learn():
    X, y, _ = table(2, 40, 300)
    peer = LogisticRegression(C=1.0, solver="newton-cg", tol=1e-10, max_iter=1000).fit(X, y)
    fitted = fit(X, y, alpha=1 / 40, tol=1e-9)
    np.testing.assert_allclose(fitted.coef, peer.coef_, rtol=0, atol=1e-6)


class TestOddTables:
    @pytest.mark.parametrize("alpha", [1e-2, 1e-5])
    @pytest.mark.parametrize("kind", ["collinear", "duplicates", "constant", "far", "spread"])
    def test_the_way_does_not_matter(self, kind, alpha, monkeypatch, ways):
        X, y, w = table(3)
        if kind == "collinear":
            X[5], X[9] = 0.5 * (X[3] + X[4]), -X[2]
        elif kind == "duplicates":
            X[10:20] = X[:10]
        elif kind == "constant":
            X[:, 7], X[:, 8] = 0.1, 0.0
        elif kind == "far":
            X = np.round(X * 8) / 8 + 1e8
        else:
            X = X * 10.0 ** np.random.default_rng(0).uniform(-1.5, 1.5, size=60)
        fitted = fit(X, y, w, alpha=alpha)
        assert ways[0] == "rows"
        columns_alone(monkeypatch)
        other = fit(X, y, w, alpha=alpha, max_iter=20_000)
        assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
        assert fitted.loss == pytest.approx(other.loss, abs=1e-11 / alpha)
        atol = 60 * TOL / alpha
        np.testing.assert_allclose(fitted.coef, other.coef, rtol=0, atol=atol)
        if kind == "constant":
            assert not fitted.coef[:, 7:9].any()

    @pytest.mark.parametrize("scale", [1e-100, 1e-9, 1e9, 1e100])
    def test_all_columns_in_other_units(self, scale, ways):
        X, y, w = table(4)
        expected = fit(X, y, w)
        tol = TOL * max(scale, 1.0)
        fitted = fit(X * scale, y, w, alpha=1e-2 * scale**2, tol=tol)
        assert ways[0] == "rows"
        assert fitted.status is Status.CONVERGED
        np.testing.assert_allclose(fitted.coef * scale, expected.coef, rtol=0, atol=1e-5)

    @pytest.mark.parametrize("scale", [1e-150, 1e150])
    def test_a_penalty_out_of_float64s_range_goes_the_long_way(self, scale, ways):
        X, y, w = table(5)
        fitted = fit(X * scale, y, w)
        assert "rows" not in ways
        assert np.isfinite(fitted.coef).all()

    def test_a_column_that_drowns_the_others(self, ways):
        X, y, w = table(6)
        X[:, 0] *= 1e9
        fitted = fit(X, y, w)
        assert ways == ["rows", "columns"]
        _, gradient = loss_and_gradient(X, y, w, 1e-2, fitted.coef, fitted.intercept)
        assert fitted.status in {Status.CONVERGED, Status.ROUNDING}
        assert np.abs(gradient[:, 1:]).max() <= 1e-7

    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_rows_that_are_all_equal(self, fit_intercept):
        X, y, w = np.full((6, 20), 0.1), np.arange(6) % 2, np.array([3.0, 1, 1, 1, 1, 1])
        fitted = fit(X, y, w, fit_intercept=fit_intercept)
        assert fitted.status is Status.CONVERGED
        if fit_intercept:
            assert not fitted.coef.any()
            shares = np.bincount(y, w) / w.sum()
            np.testing.assert_allclose(np.diff(fitted.intercept), np.log(shares[1] / shares[0]))

    def test_float32_rows_are_computed_with_in_float64(self, ways):
        X, y, w = table(7)
        X = X.astype(np.float32)
        for offset in (0.0, 1024.0):
            narrow = X + np.float32(offset)
            one, other = fit(narrow, y, w), fit(narrow.astype(float), y, w)
            np.testing.assert_array_equal(one.coef, other.coef)
            np.testing.assert_array_equal(one.intercept, other.intercept)
        assert set(ways) == {"rows"}

    def test_no_tol_at_all_ends(self):
        X, y, w = table(8)
        fitted = fit(X, y, w, tol=0.0)
        assert fitted.status in {Status.ROUNDING, Status.CONVERGED, Status.NO_PROGRESS}
        assert np.abs(fitted.gradient).max() < 1e-13


class TestWay:
    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    @pytest.mark.parametrize("drowned", [False, True])
    def test_what_is_observed_is_the_users(self, solver, drowned):
        X, y, w = table(9)
        X[:, :3] = X[:, :3] * [1.0, 100.0, 1.0] + [0.0, 0.0, 1e3]
        X[:, 4] *= 1e9 if drowned else 1.0
        told = []
        options = {"tol": 1e-5, "max_iter": 40, "observe": lambda *t: told.append(t)}
        fitted = fit(X, y, w, solver=solver, **options)
        assert len(told) == fitted.n_iter + 1 <= 41
        last, d = np.zeros((3, 61)), 60
        for parameters, at, step in told:
            coef, intercept = parameters[:, :d], parameters[:, d]
            if not drowned:
                loss, gradient = loss_and_gradient(X, y, w, 1e-2, coef, intercept)
                assert at.loss == pytest.approx(loss, rel=1e-8)
                np.testing.assert_allclose(at.gradient, gradient, rtol=1e-6, atol=1e-7)
                right = (X @ coef.T + intercept).argmax(axis=1) == y
                assert at.accuracy == pytest.approx(w @ right / w.sum(), rel=1e-12)
            assert step == pytest.approx(np.linalg.norm(parameters - last), rel=1e-9)
            last = parameters
        np.testing.assert_array_equal(last[:, :d], fitted.coef)
        # What the fit tells in the end is the rows' own word.
        np.testing.assert_allclose(told[-1][1].gradient, fitted.gradient, rtol=1e-6, atol=1e-7)
        if not drowned:
            _, gradient = loss_and_gradient(X, y, w, 1e-2, fitted.coef, fitted.intercept)
            np.testing.assert_allclose(fitted.gradient, gradient, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_an_observer_may_stop_it(self, solver):
        X, y, w = table(10)
        told = []
        fitted = fit(X, y, w, solver=solver, observe=lambda *t: told.append(t) or len(told) == 3)
        assert fitted.n_iter == 2
        assert fitted.status is Status.STOPPED

    def test_few_steps_are_few(self):
        X, y, w = table(11)
        fitted = fit(X, y, w, max_iter=2)
        assert (fitted.n_iter, fitted.status) == (2, Status.OUT_OF_STEPS)

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_the_steps_of_both_ways_together_are_limited(self, solver, ways):
        X, y, w = table(6)
        X[:, 0] *= 1e9
        most = fit(X, y, w, solver=solver).n_iter - 1
        assert ways == ["rows", "columns"]
        told = []
        fitted = fit(
            X, y, w, solver=solver, max_iter=most, observe=lambda *t: told.append(ways[-1])
        )
        assert (fitted.n_iter, fitted.status) == (most, Status.OUT_OF_STEPS)
        assert told[-1] == "columns"
        assert len(told) == most + 1

    @pytest.mark.parametrize("seed", range(3))
    def test_a_gradient_just_below_tol_is_not_left_to_the_long_way(self, seed, ways):
        X, y, w = table(seed + 20)
        norms = []
        fit(
            X, y, w, solver="newton", tol=1e-7,
            observe=lambda _, at, step: norms.append(np.abs(at.gradient).max()),
        )  # fmt: skip
        # Coordinates find each of these to be tol to the digit; the rows may not.
        for tol in norms[1:]:
            assert fit(X, y, w, solver="newton", tol=tol).status is Status.CONVERGED
        assert set(ways) == {"rows"}

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_a_start_worse_than_zero_is_not_used(self, solver):
        X, y, w = table(17)
        told = []
        start = 1e3 * np.random.default_rng(0).normal(size=(3, 61))
        fitted = fit(X, y, w, solver=solver, start=start, observe=lambda *t: told.append(t))
        assert not told[0][0].any()
        np.testing.assert_array_equal(fitted.coef, fit(X, y, w, solver=solver).coef)

    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_from_the_answer_there_is_nothing_to_do(self, fit_intercept):
        X, y, w = table(12)
        first = fit(X, y, w, tol=1e-11, fit_intercept=fit_intercept)
        start = first.coef
        if fit_intercept:
            start = np.column_stack([start, first.intercept])
        again = fit(X, y, w, start=start, fit_intercept=fit_intercept)
        assert again.n_iter == 0
        np.testing.assert_allclose(again.coef, first.coef, rtol=0, atol=1e-9)
        np.testing.assert_allclose(again.intercept, first.intercept, rtol=0, atol=1e-9)

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_separable_rows_without_penalty(self, n_classes):
        X, y, _ = table(13, 60, 2000, n_classes)
        with pytest.warns(SeparationWarning):
            model = SoftmaxRegression(0.0).fit(X, y)
        assert model.n_iter_ < 50
        np.testing.assert_array_equal(model.predict(X), y)

    def test_it_is_taken_where_it_pays(self, monkeypatch):
        X, y, _ = table(14)
        rows, few = ArrayRows(X, y, 3), ArrayRows(np.ascontiguousarray(X[:, :24]), y, 3)
        frame = frame_of(rows.summary(), centred=True)
        assert row_space(rows, frame, 0.1) is not None
        assert row_space(few, frame_of(few.summary(), centred=True), 0.1) is None
        close = ArrayRows(np.ascontiguousarray(X[:, :30]), y, 3)  # columns as many as rows
        about = frame_of(close.summary(), centred=True)
        assert row_space(close, about, 0.1) is not None
        monkeypatch.setattr(module, "_FEW_PASSES", 0.1)
        assert row_space(close, about, 0.1) is None
        assert row_space(close, about, 0.0) is not None
        assert row_space(rows, frame, 0.1) is not None
        monkeypatch.setattr(module, "_MATRICES", 240)
        with config_context(working_memory=1):
            assert row_space(rows, frame, 0.1) is None
        monkeypatch.undo()
        monkeypatch.setattr(module, "_MOST_PASSES", 0.1)
        assert row_space(rows, frame, 0.1) is None
        monkeypatch.undo()
        for cost in ("space_product", "space_factor"):
            with monkeypatch.context() as patch:
                patch.setattr(module, "SOFTMAX", SOFTMAX._replace(**{cost: 1e3}))
                assert row_space(rows, frame, 0.1) is None


class TestSpace:
    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6), far=st.booleans(), centred=st.booleans(), recut=st.booleans()
    )
    def test_coordinates_are_those_of_an_orthonormal_basis(self, seed, far, centred, recut):
        X, y, _ = table(seed, 20, 50)
        X[3], X[15] = X[2], X[4]
        if far and centred:
            X += 1e5
        rows = SplitRows(X, y, 3, cuts=[5, 6], recut=recut)
        frame = frame_of(rows.summary(), centred=centred)
        space = row_space(rows, frame, 0.1)
        r = space.pivots.size
        assert r == 18 - centred
        Q = space.outwards(np.eye(r))
        np.testing.assert_allclose(Q @ Q.T, np.eye(r), rtol=0, atol=1e-9)
        moved = (X - frame.origin) * space.scale
        np.testing.assert_allclose(space.coordinates @ Q, moved, rtol=0, atol=1e-7)
        W = np.random.default_rng(seed).normal(size=(3, 50))
        np.testing.assert_allclose(space.inwards(W), W @ Q.T, rtol=0, atol=1e-9)

    @pytest.mark.parametrize("intercept", [False, True])
    def test_derivatives_agree_with_central_differences(self, intercept):
        X, y, w = table(15)
        X *= np.geomspace(1e-2, 1e2, 60)
        rows = ArrayRows(X, y, 3, w)
        frame = frame_of(rows.summary(), centred=intercept)
        objective = CrossEntropy(rows, alpha=0.1, fit_intercept=intercept)
        problem = Spanned(Problem(objective, frame), row_space(rows, frame, 0.1))
        rng = np.random.default_rng(0)
        V, along = rng.normal(size=(2, *problem.objective.shape))
        at, h = problem.evaluate(V), 1e-6
        there = objective.evaluate(problem.users(V))
        assert at.loss == pytest.approx(there.loss, rel=1e-12)
        size = np.abs(there.gradient).max()
        np.testing.assert_allclose(at.seen.gradient, there.gradient, rtol=0, atol=1e-11 * size)
        ahead, behind = problem.evaluate(V + h * along), problem.evaluate(V - h * along)
        slope = (ahead.loss - behind.loss) / (2 * h)
        assert np.vdot(at.gradient, along) == pytest.approx(slope, rel=1e-6)
        difference = (ahead.gradient - behind.gradient) / (2 * h)
        np.testing.assert_allclose(
            at.hessian_product(along), difference, rtol=0, atol=1e-6 * np.abs(difference).max()
        )


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_bit_identical_for_any_number_of_workers_and_blas_threads(offset, monkeypatch):
    X, y, w = table(16, 600, 4000, 6)
    X[:, 1] += offset
    fits = []
    for workers in (1, 2, 4):
        monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None, k=workers: k)
        for threads in (1, 2):
            with threadpool_limits(threads):
                fits.append(fit(X, y, w, alpha=1e-3, tol=1e-6))
    for fitted in fits[1:]:
        np.testing.assert_array_equal(fitted.coef, fits[0].coef)
        np.testing.assert_array_equal(fitted.intercept, fits[0].intercept)
