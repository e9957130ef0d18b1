"""SoftmaxRegression: the optimum, the record of the way there, the contracts, and bad input."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from trivium import SoftmaxRegression
from trivium.softmax.fitting import FAST_SOLVERS, SOLVERS
from trivium.softmax.separation.directions import SeparationWarning
from trivium.softmax.solvers.protocol import Status

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

EPS = np.finfo(float).eps


def problem(seed, n=80, d=3, n_classes=3):
    """Overlapping classes, each present, with weights."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    X = rng.normal(size=(n, d)) + 0.7 * rng.normal(size=(n_classes, d))[y]
    return X, y, rng.uniform(0.1, 3.0, size=n)


def loss_and_gradient(X, codes, w, alpha, coef, intercept):
    """The documented objective and its gradient, plainly."""
    log_p = log_softmax(X @ coef.T + intercept, axis=1)
    loss = -w @ log_p[np.arange(len(X)), codes] / w.sum() + alpha / 2 * (coef**2).sum()
    residual = (np.exp(log_p) - np.eye(len(coef))[codes]) * w[:, None] / w.sum()
    return loss, np.column_stack([residual.T @ X + alpha * coef, residual.sum(axis=0)])


class TestOptimum:
    @settings(max_examples=40, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(10, 60),
        d=st.integers(1, 6),
        n_classes=st.integers(2, 5),
        alpha=st.sampled_from([1e-3, 0.1, 5.0]),
        fit_intercept=st.booleans(),
        weighted=st.booleans(),
    )
    @example(seed=3, n=10, d=3, n_classes=2, alpha=5.0, fit_intercept=True, weighted=False)
    def test_the_gradient_is_as_small_as_tol(
        self, seed, n, d, n_classes, alpha, fit_intercept, weighted
    ):
        X, y, w = problem(seed, n, d, n_classes)
        model = SoftmaxRegression(alpha, tol=1e-8, fit_intercept=fit_intercept)
        model.fit(X, y, w if weighted else None)
        if not weighted:
            w = np.ones(n)
        assert model.coef_.shape == (n_classes, d)
        assert model.intercept_.shape == (n_classes,)
        _, gradient = loss_and_gradient(X, y, w, alpha, model.coef_, model.intercept_)
        assert np.abs(gradient[:, : d + fit_intercept]).max() <= 1e-8 + 1e-14
        if not fit_intercept:
            assert not model.intercept_.any()

    @pytest.mark.parametrize("n_classes", [2, 3, 5])
    def test_no_other_minimiser_finds_less(self, n_classes):
        X, y, w = problem(0, n_classes=n_classes)
        model = SoftmaxRegression(0.05, tol=1e-9).fit(X, y, w)

        def plain(theta):
            theta = theta.reshape(n_classes, 4)
            loss, gradient = loss_and_gradient(X, y, w, 0.05, theta[:, :3], theta[:, 3])
            return loss, gradient.ravel()

        peer = minimize(
            plain, np.zeros(4 * n_classes), jac=True, method="BFGS", options={"gtol": 1e-7}
        )
        loss, _ = loss_and_gradient(X, y, w, 0.05, model.coef_, model.intercept_)
        assert loss <= peer.fun + 1e-14
        # ‖coef difference‖ <= ‖gradient‖ / alpha, for the loss curves by alpha at least.
        np.testing.assert_allclose(
            model.coef_, peer.x.reshape(n_classes, 4)[:, :3], rtol=0, atol=1e-6 / 0.05
        )

    @pytest.mark.parametrize("n_classes", [2, 4])
    def test_the_classes_are_treated_alike(self, n_classes):
        X, y, _ = problem(1, n_classes=n_classes)
        model = SoftmaxRegression(0.1, tol=1e-10).fit(X, y)
        turned = SoftmaxRegression(0.1, tol=1e-10).fit(X, n_classes - 1 - y)
        np.testing.assert_allclose(turned.coef_, model.coef_[::-1], rtol=0, atol=1e-8)
        np.testing.assert_allclose(model.coef_.sum(axis=0), 0.0, atol=1e-8)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_every_solver_reaches_the_same_optimum(self, solver):
        X, y, w = problem(2)
        newton = SoftmaxRegression(0.1, tol=1e-9).fit(X, y, w)
        other = SoftmaxRegression(0.1, solver=solver, tol=1e-9, max_iter=10_000).fit(X, y, w)
        assert other.solver_ == solver or (solver == "auto" and other.solver_ in FAST_SOLVERS)
        assert other.n_passes_ > 1
        np.testing.assert_allclose(other.coef_, newton.coef_, rtol=0, atol=1e-7)
        np.testing.assert_allclose(
            other.predict_proba(X), newton.predict_proba(X), rtol=0, atol=1e-7
        )

    def test_a_great_penalty_leaves_the_class_shares(self):
        X, y, w = problem(3)
        model = SoftmaxRegression(1e8, tol=1e-10).fit(X, y, w)
        shares = np.bincount(y, w) / w.sum()
        np.testing.assert_allclose(model.predict_proba(X), np.tile(shares, (80, 1)), atol=1e-7)


class TestPrediction:
    @pytest.mark.parametrize("n_classes", [2, 3, 6])
    def test_what_is_predicted_hangs_together(self, n_classes):
        X, y, _ = problem(4, n_classes=n_classes)
        labels = np.array(list("fedcba"))[:n_classes]
        model = SoftmaxRegression(0.01).fit(X, labels[y])
        np.testing.assert_array_equal(model.classes_, np.sort(labels))
        probabilities = model.predict_proba(X)
        logits = X @ model.coef_.T + model.intercept_
        np.testing.assert_allclose(probabilities, np.exp(log_softmax(logits, axis=1)), rtol=1e-12)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-14)
        np.testing.assert_allclose(
            model.predict_log_proba(X), np.log(probabilities), rtol=1e-11, atol=1e-13
        )
        np.testing.assert_array_equal(
            model.predict(X), model.classes_[probabilities.argmax(axis=1)]
        )
        scores = model.decision_function(X)
        if n_classes == 2:
            np.testing.assert_allclose(scores, logits[:, 1] - logits[:, 0], rtol=1e-11, atol=1e-13)
            np.testing.assert_array_equal(
                model.predict(X), model.classes_[(scores > 0).astype(int)]
            )
        else:
            np.testing.assert_allclose(scores, logits, rtol=1e-11, atol=1e-13)

    def test_log_probabilities_outlive_the_probabilities(self):
        X, y, _ = problem(5)
        model = SoftmaxRegression(0.01).fit(X, y)
        far = model.predict_log_proba(1e6 * X)
        assert np.all(np.isfinite(far))
        assert far.min() < -1e4
        assert model.predict_proba(1e6 * X).min() == 0.0

    @pytest.mark.parametrize("labels", [["a", "b"] * 2, ["a", "b", "c"] * 2])
    def test_a_tie_goes_to_the_smallest_class(self, labels):
        X = np.zeros((len(labels), 1))
        assert set(SoftmaxRegression().fit(X, labels).predict(X)) == {"a"}

    def test_before_fit(self):
        for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            with pytest.raises(NotFittedError):
                getattr(SoftmaxRegression(), method)([[0.0]])


class TestHistory:
    KEYS = frozenset({"loss", "gradient_norm", "step", "train_accuracy"})
    VALIDATION = frozenset({"validation_loss", "validation_accuracy"})

    @pytest.mark.parametrize("solver", [*FAST_SOLVERS, "gradient-descent"])
    @pytest.mark.parametrize("n_classes", [2, 4])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_the_record_runs_from_the_start_to_the_answer(self, solver, n_classes, fit_intercept):
        X, y, w = problem(6, n_classes=n_classes)
        model = SoftmaxRegression(
            0.1, solver=solver, tol=1e-5, max_iter=5000, fit_intercept=fit_intercept
        ).fit(X, y, w)
        record = model.history_
        assert set(record) == self.KEYS
        assert {values.shape for values in record.values()} == {(model.n_iter_ + 1,)}
        assert record["loss"][0] == pytest.approx(np.log(n_classes), rel=1e-14)
        loss, _ = loss_and_gradient(X, y, w, 0.1, model.coef_, model.intercept_)
        assert record["loss"][-1] == pytest.approx(loss, rel=1e-13)
        assert record["train_accuracy"][-1] == pytest.approx(model.score(X, y, w), rel=1e-13)
        assert record["gradient_norm"][-1] <= 1e-5 < record["gradient_norm"][:-1].min()
        assert record["step"][0] == 0.0
        assert np.all(record["step"][1:] > 0.0)
        assert np.all(np.diff(record["loss"]) <= 8 * EPS * record["loss"][:-1])
        assert record["loss"][-1] < record["loss"][0]

    @pytest.mark.parametrize("solver", ["newton-cg", "gradient-descent"])
    def test_validation_rows_are_watched_and_nothing_else(self, solver):
        X, y, w = problem(7, n=120)
        options = {"alpha": 0.3, "solver": solver, "tol": 1e-4}
        plain = SoftmaxRegression(**options).fit(X[:80], y[:80], w[:80])
        model = SoftmaxRegression(**options).fit(
            X[:80], y[:80], w[:80], X_val=X[80:], y_val=list(y[80:])
        )
        np.testing.assert_array_equal(model.coef_, plain.coef_)
        np.testing.assert_array_equal(model.intercept_, plain.intercept_)
        assert set(model.history_) == self.KEYS | self.VALIDATION
        for name, values in plain.history_.items():
            np.testing.assert_array_equal(model.history_[name], values)
        assert model.history_["validation_loss"].shape == (model.n_iter_ + 1,)
        assert model.history_["validation_loss"][0] == pytest.approx(np.log(3), rel=1e-14)
        assert model.history_["validation_loss"][-1] == pytest.approx(
            log_loss(y[80:], model.predict_proba(X[80:]), labels=[0, 1, 2]), rel=1e-12
        )
        assert model.history_["validation_accuracy"][-1] == model.score(X[80:], y[80:])

    @pytest.mark.parametrize("steps", [1, 2, 7])
    def test_each_entry_is_what_a_shorter_fit_ends_with(self, steps):
        X, y, _ = problem(8, n=120)
        options = {"solver": "gradient-descent", "learning_rate": 0.1, "tol": 0.0}

        def fit(max_iter):
            with pytest.warns(ConvergenceWarning):
                return SoftmaxRegression(0.1, max_iter=max_iter, **options).fit(
                    X[:80], y[:80], X_val=X[80:], y_val=y[80:]
                )

        short, record = fit(steps), fit(10).history_
        assert short.n_iter_ == steps
        assert record["train_accuracy"][steps] == short.score(X[:80], y[:80])
        assert record["validation_accuracy"][steps] == short.score(X[80:], y[80:])
        assert record["validation_loss"][steps] == pytest.approx(
            log_loss(y[80:], short.predict_proba(X[80:]), labels=[0, 1, 2]), rel=1e-12
        )

    def test_validation_rows_that_lack_a_class(self):
        X, y, _ = problem(9)
        labels = np.array(["lo", "mid", "top"])[y]
        model = SoftmaxRegression(0.1).fit(X, labels, X_val=X[y == 1], y_val=labels[y == 1])
        assert model.history_["validation_accuracy"][-1] == model.score(X[y == 1], labels[y == 1])

    def test_gradient_descent_takes_the_path_of_the_rows_as_they_come(self):
        X, y, w = problem(10)
        X += 1.0
        with pytest.warns(ConvergenceWarning):
            model = SoftmaxRegression(
                0.2, solver="gradient-descent", learning_rate=0.15, max_iter=40, tol=0.0
            ).fit(X, y, w)
        theta, losses = np.zeros((3, 4)), []
        for _ in range(40):
            loss, gradient = loss_and_gradient(X, y, w, 0.2, theta[:, :3], theta[:, 3])
            theta = theta - 0.15 * gradient
            losses.append(loss)
        np.testing.assert_allclose(model.coef_, theta[:, :3], rtol=0, atol=1e-12)
        np.testing.assert_allclose(model.intercept_, theta[:, 3], rtol=0, atol=1e-12)
        np.testing.assert_allclose(model.history_["loss"][:-1], losses, rtol=1e-12)

    def test_auto_is_one_over_the_greatest_curvature_possible(self):
        X, y, w = problem(11)
        rows = np.column_stack([X, np.ones(80)])
        bound = rows.T @ (w[:, None] * rows) / (2 * w.sum()) + 0.2 * np.diag([1, 1, 1, 0])
        options = {"solver": "gradient-descent", "max_iter": 30, "tol": 0.0}
        with pytest.warns(ConvergenceWarning):
            auto = SoftmaxRegression(0.2, **options).fit(X, y, w)
        with pytest.warns(ConvergenceWarning):
            said = SoftmaxRegression(
                0.2, learning_rate=1 / np.linalg.eigvalsh(bound)[-1], **options
            ).fit(X, y, w)
        np.testing.assert_allclose(auto.coef_, said.coef_, rtol=1e-11, atol=1e-13)


class TestStopping:
    def test_out_of_steps(self):
        X, y, _ = problem(12)
        for solver in ("newton-cg", "gradient-descent"):
            with pytest.warns(ConvergenceWarning) as caught:
                model = SoftmaxRegression(solver=solver, max_iter=2).fit(X, y)
            (warning,) = caught
            assert str(warning.message).startswith(
                f"{solver} stopped after 2 steps with a gradient"
            )
            assert Status.OUT_OF_STEPS.value in str(warning.message)
            assert f"{model.history_['gradient_norm'][-1]:.2g}" in str(warning.message)
            assert warning.filename == __file__
            assert model.n_iter_ == 2
            assert model.predict(X).shape == y.shape

    @pytest.mark.parametrize(
        ("alpha", "learning_rate"), [(1.0, 1e3), (1e-4, 1e5), (1.0, 1e200), (0.0, 1e308)]
    )
    def test_divergence_is_said_once_and_plainly(self, alpha, learning_rate):
        X, y, _ = problem(13)
        model = SoftmaxRegression(
            alpha, solver="gradient-descent", learning_rate=learning_rate, max_iter=5000
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        assert [warning.category for warning in caught] == [ConvergenceWarning]
        assert Status.DIVERGED.value in str(caught[0].message)
        assert model.n_iter_ < 5000
        assert not np.isfinite(model.history_["loss"][-1])

    @pytest.mark.parametrize("seed", range(2))
    def test_a_tol_of_zero_ends_when_nothing_falls_any_further(self, seed):
        X, y, _ = problem(seed, n=30, d=2)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = SoftmaxRegression(0.01, tol=0.0).fit(X, y)
        assert model.n_iter_ < 100
        assert model.history_["gradient_norm"][-1] < 1e-7
        for warning in caught:  # the gradient may also vanish altogether
            assert Status.NO_PROGRESS.value in str(warning.message)

    @pytest.mark.parametrize(("solver", "tol"), [("newton-cg", 1e-3), ("gradient-descent", 1e-2)])
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_separable_rows_without_penalty_end(self, solver, tol, n_classes):
        rng = np.random.default_rng(14)
        y = np.arange(60) % n_classes
        turn = 2 * np.pi * y / n_classes
        X = rng.uniform(-1, 1, size=(60, 2)) + 10.0 * np.column_stack([np.cos(turn), np.sin(turn)])
        with pytest.warns(SeparationWarning):
            model = SoftmaxRegression(0.0, solver=solver, tol=tol).fit(X, y)
        assert model.n_iter_ < 1000
        np.testing.assert_array_equal(model.predict(X), y)
        assert np.all(np.isfinite(model.coef_))
        if solver == "gradient-descent":  # its path is to be watched, and goes on to tol
            assert model.history_["loss"][-1] < 0.1

    def test_separable_rows_end_near_the_infimum(self):
        X = np.array([[0.0], [1.0], [3.0], [4.0]])
        with pytest.warns(SeparationWarning):
            model = SoftmaxRegression(0.0).fit(X, [0, 0, 1, 1])
        assert model.n_iter_ < 30
        assert model.history_["loss"][-1] <= model.optimality_gap_ <= 1e-6
        assert model.history_["train_accuracy"][-1] == 1.0


class TestCertificate:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("alpha", [0.0, 1e-3, 1.0])
    def test_the_gap_bounds_the_distance_and_falls_with_tol(self, solver, alpha):
        X, y, w = problem(31, n=300)
        best = SoftmaxRegression(alpha, tol=1e-13).fit(X, y, w).history_["loss"][-1]
        gaps = []
        for tol in (1e-2, 1e-4, 1e-6):
            model = SoftmaxRegression(alpha, solver=solver, tol=tol, max_iter=20_000).fit(X, y, w)
            gaps.append(model.optimality_gap_)
            assert gaps[-1] >= model.history_["loss"][-1] - best - 4 * EPS
            assert model.separating_direction_ is None
        assert gaps[2] <= 1e-8
        assert gaps == sorted(gaps, reverse=True)

    def test_digits_end_within_a_millionth(self):
        X, y = load_digits(return_X_y=True)
        assert SoftmaxRegression(1e-3).fit(X / 16, y).optimality_gap_ <= 1e-6
        assert SoftmaxRegression(1e-3, tol=1e-9).fit(X / 16, y).optimality_gap_ <= 1e-13

    def test_an_optimum_to_rounding_needs_no_warning(self):
        X, y, _ = problem(32)
        model = SoftmaxRegression(1.0, tol=0.0).fit(X, y)
        assert model.history_["gradient_norm"][-1] > 0.0
        assert model.optimality_gap_ <= 16 * EPS * model.history_["loss"][-1]

    def test_a_warning_tells_the_gap(self):
        X, y, _ = problem(33)
        with pytest.warns(ConvergenceWarning) as caught:
            model = SoftmaxRegression(1e-3, max_iter=2).fit(X, y)
        assert f"at most {model.optimality_gap_:.2g} above its optimum" in str(caught[0].message)

    def test_a_loss_that_is_not_finite_has_no_gap(self):
        X, y, _ = problem(34)
        with pytest.warns(ConvergenceWarning) as caught:
            model = SoftmaxRegression(
                1.0, solver="gradient-descent", learning_rate=1e3, max_iter=5000
            ).fit(X, y)
        assert model.optimality_gap_ == np.inf
        assert "above its optimum" not in str(caught[0].message)


class TestSeparation:
    def separated(self):
        """Two columns of noise, and one that tells class "c" from the others."""
        rng = np.random.default_rng(35)
        y = np.array(["a", "b", "c"])[np.arange(90) % 3]
        table = pd.DataFrame(rng.normal(size=(90, 2)), columns=["noise", "more"])
        return table.assign(dose=np.where(y == "c", 5.0, -5.0) + rng.uniform(-1, 1, 90)), y

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_classes_and_columns_are_named(self, solver):
        X, y = self.separated()
        with pytest.warns(SeparationWarning) as caught:
            model = SoftmaxRegression(0.0, solver=solver, max_iter=200).fit(X, y)
        (warning,) = caught
        assert warning.filename == __file__
        message = str(warning.message)
        assert "The class 'c' is told apart without error, in a part" in message
        assert "'a'" not in message
        assert "most by column 'dose':" in message
        assert "Set alpha above 0" in message
        direction = model.separating_direction_
        assert direction.shape == (3, 3)
        own = X.to_numpy() @ direction.T
        codes = np.searchsorted(["a", "b", "c"], y)
        for a in range(3):
            for b in range(3):
                gap = own[:, a] - own[:, b]
                assert gap[codes == a].min() >= gap[codes == b].max() - 1e-12

    def test_the_iterate_itself_is_a_proof(self):
        X = np.array([[0.0], [1.0], [3.0], [4.0]])
        with pytest.warns(SeparationWarning, match="classes 0, 1 are told apart without error by"):
            model = SoftmaxRegression(0.0).fit(X, [0, 0, 1, 1])
        assert model.separating_direction_[1, 0] > model.separating_direction_[0, 0]

    def test_many_classes_are_not_all_listed(self):
        X = np.arange(24.0)[:, None] ** [1, 2]
        with pytest.warns(
            SeparationWarning, match=r"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, \.\.\. are told"
        ):
            SoftmaxRegression(0.0, max_iter=500).fit(X, np.arange(12).repeat(2))

    def test_a_tol_of_zero_ends(self):
        X, y = self.separated()
        with pytest.warns(SeparationWarning):
            model = SoftmaxRegression(0.0, tol=0.0).fit(X, y)
        assert np.isfinite(model.coef_).all()

    def test_with_a_penalty_there_is_an_optimum(self):
        X, y = self.separated()
        model = SoftmaxRegression(1e-6).fit(X, y)
        assert model.separating_direction_ is None

    def test_overlapping_classes_are_said_to_overlap(self):
        X, y, _ = problem(36, n=400)
        with pytest.warns(ConvergenceWarning) as caught:
            model = SoftmaxRegression(0.0, max_iter=2, solver="gradient-descent").fit(X, y)
        (warning,) = caught
        assert warning.category is ConvergenceWarning
        assert "The classes overlap" in str(warning.message)
        assert model.separating_direction_ is None

    def test_what_is_too_large_to_decide_is_said_to_be(self, monkeypatch):
        monkeypatch.setattr("trivium.softmax.separation.directions._MOST_VARIABLES", 1)
        X, y, _ = problem(37)
        with pytest.warns(ConvergenceWarning, match="may or may not overlap"):
            SoftmaxRegression(0.0, max_iter=1, solver="gradient-descent").fit(X, y)


class TestWarmStart:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_it_starts_where_the_last_fit_ended(self, solver, fit_intercept):
        X, y, w = problem(38)
        X += 1.0
        tol = 1e-3 if solver == "gradient-descent" else 1e-6
        model = SoftmaxRegression(
            0.1, solver=solver, warm_start=True, tol=tol, fit_intercept=fit_intercept
        ).fit(X, y, w)
        end, steps = model.history_["loss"][-1], model.n_iter_
        assert steps > 0
        assert model.fit(X, y, w).n_iter_ == 0
        assert model.history_["loss"][0] == pytest.approx(end, rel=1e-12)
        model.set_params(warm_start=False).fit(X, y, w)
        assert model.n_iter_ == steps

    def test_other_classes_or_columns_are_refused(self):
        X, y, _ = problem(39)
        model = SoftmaxRegression(warm_start=True).fit(X, y)
        with pytest.raises(ValueError, match=r"goes on from a model of the classes \[0, 1, 2\]"):
            model.fit(X, y % 2)
        with pytest.raises(ValueError, match="goes on from a model of 3 columns, and X has 2"):
            model.fit(X[:, :2], y)

    def test_a_fit_that_diverged_is_not_gone_on_from(self):
        X, y, _ = problem(40)
        model = SoftmaxRegression(
            1.0, solver="gradient-descent", learning_rate=1e3, max_iter=5000, warm_start=True
        )
        with pytest.warns(ConvergenceWarning):
            model.fit(X, y)
        model.set_params(learning_rate="auto").fit(X, y)
        assert model.history_["loss"][0] == pytest.approx(np.log(3), rel=1e-14)


class Recorder:
    """A callback that writes down what it is told."""

    def __init__(self):
        self.began, self.ended, self.open = [], [], 0

    def setup(self, estimator, context):
        self.open += 1

    def teardown(self, estimator, context):
        self.open -= 1

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        self.began.append((context.task_name, fitted_estimator))

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None, metadata=None):
        self.ended.append((context.task_name, fitted_estimator, metadata))


class TestNoEndlessIteration:
    @pytest.mark.parametrize("solver", ["auto", *FAST_SOLVERS])
    def test_rows_told_right_end_it(self, solver):
        X, y = load_digits(return_X_y=True)
        X, y = X[y < 3], y[y < 3]
        with pytest.warns(SeparationWarning, match="told apart without error"):
            model = SoftmaxRegression(0.0, solver=solver).fit(X / 16, y)
        assert model.n_iter_ < 60
        assert model.history_["train_accuracy"][-1] == 1.0
        assert model.history_["loss"][-1] <= model.optimality_gap_ <= 1e-6

    @pytest.mark.parametrize("solver", ["auto", *FAST_SOLVERS])
    def test_part_of_the_rows_told_right_end_it(self, solver):
        # A column that only rows of one class have; the others overlap.
        X, y, _ = problem(51, n=200)
        X = np.column_stack([X, (y == 1) & (np.arange(200) % 3 == 0)]).astype(float)
        with pytest.warns(SeparationWarning, match="in a part of the rows .* column 3"):
            model = SoftmaxRegression(0.0, solver=solver, tol=1e-12).fit(X, y)
        assert model.n_iter_ <= 100


class TestCallbacks:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_every_step_is_told(self, solver, fit_intercept):
        X, y, w = problem(41)
        recorder = Recorder()
        model = SoftmaxRegression(
            0.1, solver=solver, tol=1e-4, max_iter=5000, fit_intercept=fit_intercept
        ).set_callbacks(recorder)
        model.fit(X, y, w)
        assert recorder.open == 0
        assert [name for name, *_ in recorder.began] == ["fit"] + ["step"] * (model.n_iter_ + 1)
        assert [name for name, *_ in recorder.ended] == ["step"] * (model.n_iter_ + 1) + ["fit"]
        assert recorder.ended[0][2]["sample_weight"] is w
        models = [fitted for _, fitted, _ in recorder.ended]
        assert models[-2] is None  # the step that was not taken
        np.testing.assert_allclose(models[-3].coef_, model.coef_, rtol=1e-12, atol=1e-14)
        for step, fitted in enumerate(models[:-2], start=1):
            accuracy = fitted.score(X, y, w)
            assert accuracy == pytest.approx(model.history_["train_accuracy"][step], rel=1e-12)

    def test_scoring_monitor(self):
        X, y, _ = problem(42)
        monitor = ScoringMonitor(scoring="neg_log_loss")
        table = pd.DataFrame(X, columns=["a", "b", "c"])
        model = SoftmaxRegression(1e-8, tol=1e-8).set_callbacks(monitor).fit(table, y)
        scores = [
            -row["neg_log_loss"] for row in monitor.get_logs().data if len(row["task_id_path"]) > 1
        ]
        np.testing.assert_allclose(scores, model.history_["loss"][1:], atol=1e-6)

    def test_progress_bar(self, capsys):
        pytest.importorskip("rich")
        X, y, _ = problem(43)
        SoftmaxRegression(0.1).set_callbacks(ProgressBar()).fit(X, y)
        assert "SoftmaxRegression - fit" in capsys.readouterr().out

    def test_a_fit_that_fails_tears_down(self):
        recorder = Recorder()
        with pytest.raises(ValueError, match="one class only"):
            SoftmaxRegression().set_callbacks(recorder).fit([[1.0], [2.0]], [0, 0])
        assert recorder.open == 0

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("steps", [1, 3])
    def test_a_callback_can_stop_the_fit(self, solver, steps):
        class Stop(Recorder):
            def on_fit_task_end(
                self, estimator, context, *, X=None, fitted_estimator=None, metadata=None
            ):
                told = {"fitted_estimator": fitted_estimator, "metadata": metadata}
                super().on_fit_task_end(estimator, context, **told)
                return context.task_name == "step" and len(self.ended) == steps

        X, y, _ = problem(50)
        stop = Stop()
        model = SoftmaxRegression(0.01, solver=solver, tol=0.0).set_callbacks(stop).fit(X, y)
        assert model.n_iter_ == steps
        assert stop.open == 0
        np.testing.assert_allclose(stop.ended[steps - 1][1].coef_, model.coef_, rtol=1e-12)
        assert np.isfinite(model.optimality_gap_)

    def test_in_a_search(self):
        X, y, _ = problem(44)
        recorder = Recorder()
        model = SoftmaxRegression(tol=1e-2).set_callbacks(recorder)
        GridSearchCV(model, {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
        assert recorder.open == 0


class TestPartialFit:
    def chunks(self, seed, n=600, parts=6, n_classes=3):
        X, y, w = problem(seed, n=n, n_classes=n_classes)
        return X, y, w, np.array_split(np.arange(n), parts)

    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("offset", [0.0, 1e4])
    def test_the_first_call_is_a_fit(self, fit_intercept, weighted, offset):
        X, y, w, _ = self.chunks(45)
        X = np.round(8 * X) / 8 + offset * fit_intercept
        w = w if weighted else None
        options = {"alpha": 0.01, "tol": 1e-10, "fit_intercept": fit_intercept}
        fitted = SoftmaxRegression(**options).fit(X, y, w)
        model = SoftmaxRegression(**options).partial_fit(X, y, [0, 1, 2], w)
        np.testing.assert_allclose(model.coef_, fitted.coef_, rtol=0, atol=1e-7)
        np.testing.assert_allclose(model.predict_proba(X), fitted.predict_proba(X), atol=1e-6)
        np.testing.assert_array_equal(model.classes_, [0, 1, 2])

    @pytest.mark.parametrize("n_classes", [2, 4])
    @pytest.mark.parametrize("alpha", [0.0, 1e-3])
    def test_one_round_comes_near_and_more_rounds_lead_there(self, n_classes, alpha):
        X, y, w, chunks = self.chunks(46, n_classes=n_classes)
        best = SoftmaxRegression(alpha, tol=1e-11).fit(X, y, w).history_["loss"][-1]
        model, gaps = SoftmaxRegression(alpha, tol=1e-9), []
        for _ in range(16):
            for rows in chunks:
                model.partial_fit(X[rows], y[rows], range(n_classes), w[rows])
            loss, _ = loss_and_gradient(X, y, w, alpha, model.coef_, model.intercept_)
            gaps.append(loss - best)
        assert gaps[0] <= 1e-3
        assert gaps[3] <= 0.2 * gaps[0]
        assert gaps[15] <= 0.2 * gaps[3]

    def test_the_order_changes_little(self):
        X, y, w, chunks = self.chunks(47)
        models = []
        for order in (chunks, chunks[::-1]):
            models.append(SoftmaxRegression(1e-2))
            for rows in order:
                models[-1].partial_fit(X[rows], y[rows], range(3), w[rows])
        np.testing.assert_allclose(
            models[0].predict_proba(X), models[1].predict_proba(X), rtol=0, atol=0.03
        )

    def test_rows_sorted_by_class_overturn_nothing(self):
        X, y, _, _ = self.chunks(48)
        model = SoftmaxRegression(1e-3)
        for c in range(3):
            for rows in np.array_split(np.flatnonzero(y == c), 3):
                model.partial_fit(X[rows], y[rows], range(3))
        expected = SoftmaxRegression(1e-3).fit(X, y).score(X, y)
        assert model.score(X, y) >= expected - 0.1

    def test_a_weight_is_that_many_rows_in_every_call(self):
        X, y, _, chunks = self.chunks(49, n=120, parts=3)
        counts = np.random.default_rng(0).integers(1, 4, size=120)
        weighted, repeated = SoftmaxRegression(0.1, tol=1e-12), SoftmaxRegression(0.1, tol=1e-12)
        for rows in chunks:
            weighted.partial_fit(X[rows], y[rows], range(3), counts[rows])
            rows = rows.repeat(counts[rows])
            repeated.partial_fit(X[rows], y[rows], range(3))
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-9)
        scaled = SoftmaxRegression(0.1, tol=1e-12)
        for rows in chunks:
            scaled.partial_fit(X[rows], y[rows], range(3), 1e250 * counts[rows])
        np.testing.assert_allclose(weighted.coef_, scaled.coef_, rtol=0, atol=1e-9)

    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_a_weight_is_that_many_rows_at_the_defaults(self, fit_intercept):
        X, y, _, chunks = self.chunks(49, n=120, parts=3)
        counts = np.random.default_rng(0).integers(0, 4, size=120)
        X = X * [1.0, 100.0, 0.01, 1.0][: X.shape[1]] + 50.0
        fits = [SoftmaxRegression(fit_intercept=fit_intercept) for _ in range(2)]
        for rows in chunks:
            fits[0].partial_fit(X[rows], y[rows], range(3), counts[rows])
            rows = rows.repeat(counts[rows])
            fits[1].partial_fit(X[rows], y[rows], range(3))
        np.testing.assert_allclose(fits[0].coef_, fits[1].coef_, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("names", [[0, 1, 2], ["a", "b", "c"], [0.0, 1.0, 7.0]])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_parts_that_weigh_nothing_add_nothing(self, names, fit_intercept):
        X, y, w, chunks = self.chunks(57)
        y, nothing = np.array(names)[y], np.zeros(10)
        model = SoftmaxRegression(0.1, fit_intercept=fit_intercept)
        model.partial_fit(1e9 + X[:10], y[:10], names, nothing)
        np.testing.assert_allclose(model.predict_proba(X[:5]), 1 / 3)
        np.testing.assert_array_equal(model.classes_, names)
        assert model.n_iter_ == 0
        with pytest.raises(ValueError, match="not those of the first call"):
            model.partial_fit(X, y, [names[0], names[1]])
        with pytest.raises(ValueError, match="features"):
            model.partial_fit(X[:, :1], y)
        plain = SoftmaxRegression(0.1, fit_intercept=fit_intercept)
        for rows in chunks:
            model.partial_fit(X[rows], y[rows], sample_weight=w[rows])
            model.partial_fit(-7.0 * X[:10], y[:10], sample_weight=nothing)
            plain.partial_fit(X[rows], y[rows], names, sample_weight=w[rows])
            np.testing.assert_array_equal(model.coef_, plain.coef_)
            np.testing.assert_array_equal(model.intercept_, plain.intercept_)
        assert model.n_iter_ == plain.n_iter_

    def test_a_part_that_weighs_nothing_after_a_fit(self):
        X, y, _, _ = self.chunks(58)
        fitted = SoftmaxRegression(0.1).fit(X, y)
        coef = fitted.coef_.copy()
        fitted.partial_fit(X[:9], y[:9], sample_weight=np.zeros(9))
        np.testing.assert_array_equal(fitted.coef_, coef)
        fitted.partial_fit(X[:60], y[:60])
        np.testing.assert_array_equal(
            fitted.coef_, SoftmaxRegression(0.1).fit(X, y).partial_fit(X[:60], y[:60]).coef_
        )

    def test_a_warning_that_is_an_error_undoes_its_part(self):
        X, y, _, chunks = self.chunks(59)
        model = SoftmaxRegression(1e-3, tol=1e-9).partial_fit(X[chunks[0]], y[chunks[0]], range(3))
        part, before = chunks[1], dict(vars(model))
        with pytest.raises(ConvergenceWarning):  # as an error
            model.set_params(max_iter=1).partial_fit(X[part], y[part])
        assert vars(model) == before | {"max_iter": 1}
        model.set_params(max_iter=1000).partial_fit(X[part], y[part])
        once = SoftmaxRegression(1e-3, tol=1e-9)
        for rows in chunks[:2]:
            once.partial_fit(X[rows], y[rows], range(3))
        np.testing.assert_array_equal(model.coef_, once.coef_)

    def test_after_a_fit_it_starts_anew(self):
        X, y, _, chunks = self.chunks(50)
        names = ["a", "b", "c"]
        fitted = SoftmaxRegression(0.1, tol=1e-10).fit(pd.DataFrame(X, columns=names), y)
        rows = chunks[0]
        fitted.partial_fit(pd.DataFrame(X[rows], columns=names), y[rows])
        anew = SoftmaxRegression(0.1, tol=1e-10).partial_fit(X[rows], y[rows], range(3))
        np.testing.assert_allclose(fitted.coef_, anew.coef_, rtol=0, atol=1e-8)
        assert not hasattr(fitted, "history_")
        assert not hasattr(fitted, "optimality_gap_")
        again = (
            SoftmaxRegression(0.1, tol=1e-10)
            .fit(X, y)
            .partial_fit(X[rows, :2], y[rows], classes=[0, 1, 2, 3])
        )
        assert again.coef_.shape == (4, 2)
        refit = fitted.fit(X, y)
        np.testing.assert_array_equal(
            refit.coef_, SoftmaxRegression(0.1, tol=1e-10).fit(X, y).coef_
        )

    def test_a_fit_that_diverged_is_not_gone_on_from(self):
        X, y, _, _ = self.chunks(53)
        model = SoftmaxRegression(1.0, solver="gradient-descent", learning_rate=1e200)
        with pytest.warns(ConvergenceWarning):
            model.fit(X, y)
        assert np.abs(model.coef_).max() > 1e100
        anew = SoftmaxRegression(1.0).partial_fit(X, y, range(3))
        np.testing.assert_allclose(model.partial_fit(X, y).coef_, anew.coef_, rtol=0, atol=1e-6)

    def test_out_of_steps(self):
        X, y, _, _ = self.chunks(51)
        with pytest.warns(ConvergenceWarning, match="partial_fit stopped after 1 steps") as caught:
            SoftmaxRegression(tol=1e-12, max_iter=1).partial_fit(X, y, range(3))
        assert caught[0].filename == __file__

    def test_labels_classes_and_columns_are_checked(self, monkeypatch):
        X, y, _, _ = self.chunks(52)
        with pytest.raises(ValueError, match="classes are needed in the first call"):
            SoftmaxRegression().partial_fit(X, y)
        with pytest.raises(ValueError, match="y holds 2 in row 2"):
            SoftmaxRegression().partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match=r"classes=\[1\]: expected at least two"):
            SoftmaxRegression().partial_fit(X, y, classes=[1])
        model = SoftmaxRegression().partial_fit(X, y, classes=[2, 0, 1])
        before = model.coef_.copy()
        with pytest.raises(ValueError, match=r"classes=\[0, 1\] are not those of the first call"):
            model.partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match="y holds 7 in row 0"):
            model.partial_fit(X[:1], [7])
        with pytest.raises(ValueError, match="2 features"):
            model.partial_fit(X[:, :2], y)
        with pytest.raises(ValueError, match="column 0: SoftmaxRegression computes"):
            model.partial_fit(1e200 * X[:1], y[:1])
        np.testing.assert_array_equal(model.coef_, before)
        monkeypatch.setattr("trivium.softmax.partial_fit._MOST_PARAMETERS", 11)
        with pytest.raises(ValueError, match="partial_fit keeps the square of 12 parameters"):
            SoftmaxRegression().partial_fit(X, y, classes=range(3))


class TestFitsThatFail:
    """They leave the model that was there."""

    X = np.random.default_rng(54).normal(size=(60, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    two = np.where(y == "a", "y", "z")

    class Failing(Recorder):
        """A callback that fails when a task ends."""

        def __init__(self, task, error):
            super().__init__()
            self.task, self.error = task, error

        def on_fit_task_end(
            self, estimator, context, *, X=None, fitted_estimator=None, metadata=None
        ):
            if context.task_name == self.task:
                raise self.error

    def check(self, model, error, *given, **named):
        probabilities, before = model.predict_proba(self.X), dict(vars(model))
        with pytest.raises(error):
            model.fit(*given, **named)
        after = vars(model)
        assert after.keys() == before.keys()
        assert all(after[name] is before[name] for name in before)
        np.testing.assert_array_equal(model.predict_proba(self.X), probabilities)
        assert set(model.predict(self.X)) == {"a", "b", "c"}

    @pytest.mark.parametrize("warm_start", [False, True])
    def test_by_what_was_given(self, warm_start):
        model = SoftmaxRegression(0.1, warm_start=warm_start).fit(self.X, self.y)
        self.check(model, ValueError, 1e160 * self.X, self.two)
        self.check(
            model, ValueError, pd.DataFrame(1e160 * self.X[:, :2], columns=["u", "v"]), self.y
        )
        self.check(model, ValueError, self.X, self.two, X_val=self.X, y_val=self.y)
        self.check(model, ValueError, self.X[:, :2], self.two, X_val=self.X[:, :2])
        self.check(model, ValueError, self.X, self.two, -np.ones(60))

    @pytest.mark.parametrize("task", ["step", "fit"])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_by_a_callback(self, task, error):
        model = SoftmaxRegression(0.1).fit(self.X, self.y)
        failing = self.Failing(task, error)
        self.check(model.set_callbacks(failing), error, self.X[:, :2], self.two)
        assert failing.open == 0

    def test_by_a_warning_that_is_an_error(self):
        model = SoftmaxRegression(0.1, max_iter=50).fit(self.X, self.y)
        self.check(model.set_params(max_iter=1), ConvergenceWarning, self.X, self.two)

    def test_the_first_leaves_it_unfitted(self):
        model = SoftmaxRegression()
        with pytest.raises(ValueError, match="computes with magnitudes"):
            model.fit(1e160 * self.X, self.y)
        assert vars(model) == vars(SoftmaxRegression())
        with pytest.raises(NotFittedError):
            model.predict(self.X)


class TestOddTables:
    @pytest.mark.parametrize("solver", ["auto", "newton-cg"])
    @pytest.mark.parametrize("offset", [1e4, 1e8])
    @pytest.mark.parametrize("alpha", [1e-2, 0.0])
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_an_offset_changes_the_intercept_alone(self, solver, offset, alpha, n_classes):
        rng = np.random.default_rng(15)
        X = rng.integers(-8, 9, size=(120, 3)) / 8.0  # exact at any offset here
        y = rng.integers(0, n_classes, size=120)
        expected = SoftmaxRegression(alpha, solver=solver, tol=1e-10).fit(X, y)
        model = SoftmaxRegression(alpha, solver=solver, tol=1e-10).fit(X + offset, y)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=0, atol=1e-7)
        np.testing.assert_allclose(
            model.predict_proba(X + offset), expected.predict_proba(X), rtol=0, atol=1e-6
        )
        assert model.n_iter_ <= expected.n_iter_ + 2

    @pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1 / 3, 1e8 + 0.1])
    @pytest.mark.parametrize("alpha", [0.0, 1e-2])
    def test_a_constant_column_says_nothing(self, value, alpha):
        X, y, w = problem(16, n=101)
        for weights in (None, w):
            expected = SoftmaxRegression(alpha, tol=1e-9).fit(X, y, weights)
            wide = np.column_stack([X, np.full(101, value)])
            model = SoftmaxRegression(alpha, tol=1e-9).fit(wide, y, weights)
            np.testing.assert_allclose(
                model.predict_proba(wide), expected.predict_proba(X), rtol=0, atol=1e-6
            )
            np.testing.assert_allclose(model.coef_[:, :3], expected.coef_, rtol=0, atol=1e-6)
            assert np.abs(model.coef_[:, 3]).max() <= 1e-6

    def test_every_column_constant(self):
        X, y = np.tile([0.1, 3.0], (30, 1)), np.repeat([0, 1, 2], [5, 10, 15])
        model = SoftmaxRegression(tol=1e-10).fit(X, y)
        np.testing.assert_allclose(
            model.predict_proba(X[:1]), [[1 / 6, 1 / 3, 1 / 2]], rtol=0, atol=1e-8
        )

    @pytest.mark.parametrize("solver", ["newton-cg", "gradient-descent"])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_every_value_zero(self, solver, fit_intercept, alpha):
        model = SoftmaxRegression(alpha, solver=solver, fit_intercept=fit_intercept)
        model.fit(np.zeros((4, 2)), [0, 1, 0, 1])
        np.testing.assert_array_equal(model.predict_proba(np.ones((1, 2))), [[0.5, 0.5]])

    @pytest.mark.parametrize("alpha", [0.0, 1e-3])
    def test_duplicated_columns(self, alpha):
        X, y, _ = problem(17)
        wide = np.hstack([X, X])
        root = np.sqrt(2) * X  # the same penalty for the same logits
        expected = SoftmaxRegression(alpha, tol=1e-9).fit(root, y)
        model = SoftmaxRegression(alpha, tol=1e-9).fit(wide, y)
        np.testing.assert_allclose(
            model.predict_proba(wide), expected.predict_proba(root), rtol=0, atol=1e-6
        )

    def test_one_row_a_class(self):
        X = np.random.default_rng(18).normal(size=(7, 10))
        model = SoftmaxRegression().fit(X, list("gfedcba"))
        np.testing.assert_array_equal(model.predict(X), list("gfedcba"))

    def test_two_hundred_classes(self):
        rng = np.random.default_rng(19)
        y = np.arange(600) % 200
        X = rng.normal(size=(200, 6))[y] + 0.05 * rng.normal(size=(600, 6))
        model = SoftmaxRegression(1e-3).fit(X, y)
        assert model.coef_.shape == (200, 6)
        assert model.history_["loss"][0] == pytest.approx(np.log(200), rel=1e-14)
        _, gradient = loss_and_gradient(X, y, np.ones(600), 1e-3, model.coef_, model.intercept_)
        assert np.abs(gradient).max() <= 1e-5
        assert model.score(X, y) > 0.9

    def test_digits(self):
        X, y = load_digits(return_X_y=True)  # three pixels are constant
        model = SoftmaxRegression(1e-3).fit(X / 16, y)
        assert model.n_iter_ <= 20
        assert not model.coef_[:, np.ptp(X, axis=0) == 0].any()


class TestWeights:
    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 10**6), n_classes=st.integers(2, 4))
    def test_an_integer_weight_is_that_many_rows(self, seed, n_classes):
        X, y, _ = problem(seed, 40, 3, n_classes)
        counts = np.random.default_rng(seed).integers(1, 5, size=40)
        options = {"alpha": 0.1, "tol": 1e-12}
        weighted = SoftmaxRegression(**options).fit(X, y, counts)
        repeated = SoftmaxRegression(**options).fit(X.repeat(counts, axis=0), y.repeat(counts))
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-10)
        np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-10)

    @pytest.mark.parametrize("solver", ["auto", *FAST_SOLVERS])
    @pytest.mark.parametrize("data", ["iris", "wine", "wide", "no intercept", "many rows"])
    @pytest.mark.parametrize("small", [0, 1 << 23])
    def test_at_the_defaults_too(self, solver, data, small, monkeypatch):
        monkeypatch.setattr("trivium.softmax.distinct._SMALL", small)
        rng = np.random.default_rng(0)
        if data in ("iris", "wine"):
            X, y = {"iris": load_iris, "wine": load_wine}[data](return_X_y=True)
        else:
            X, y, _ = problem(0, *((600, 8) if data == "many rows" else (60, 90)))
        options = {"solver": solver, "fit_intercept": data != "no intercept"}
        counts = rng.integers(0, 4, size=len(X))
        rows = np.arange(len(X)).repeat(counts)
        weighted = SoftmaxRegression(**options).fit(X, y, counts)
        # Of small tables the order of the rows plays no part either.
        for shown in (rows, rng.permutation(rows) if small else rows):
            repeated = SoftmaxRegression(**options).fit(X[shown], y[shown])
            np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-12)
            np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, rtol=0, atol=1e-10)
            assert weighted.n_iter_ == repeated.n_iter_

    def test_rows_without_repeats_are_read_no_more_often(self, monkeypatch):
        monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
        X, y, w = problem(0, n=400, d=32)
        model = SoftmaxRegression(1e-2, solver="lbfgs").fit(X, y, w)
        monkeypatch.setattr("trivium.softmax.classifier.distinct", lambda rows: rows)
        plain = SoftmaxRegression(1e-2, solver="lbfgs").fit(X, y, w)
        assert model.n_passes_ == pytest.approx(plain.n_passes_)
        np.testing.assert_array_equal(model.coef_, plain.coef_)

    def test_along_the_path_of_gradient_descent_too(self):
        X, y, _ = problem(20, 40)
        counts = np.random.default_rng(20).integers(1, 5, size=40)
        fits = []
        for arguments in ((X, y, counts), (X.repeat(counts, axis=0), y.repeat(counts))):
            with pytest.warns(ConvergenceWarning):
                fits.append(
                    SoftmaxRegression(
                        0.1, solver="gradient-descent", learning_rate=0.2, max_iter=50, tol=0.0
                    ).fit(*arguments)
                )
        for name in fits[0].history_:
            np.testing.assert_allclose(
                fits[0].history_[name], fits[1].history_[name], rtol=1e-10, atol=1e-14
            )

    @pytest.mark.parametrize("solver", ["newton-cg", "gradient-descent"])
    @pytest.mark.parametrize("removed_class", [False, True])
    def test_weight_zero_is_the_row_removed(self, solver, removed_class):
        X, y, w = problem(21)
        w[[0, 7, 8]] = 0.0
        if removed_class:
            w[y == 1] = 0.0
        X[w == 0] = 1e200  # must not be looked at
        options = {"alpha": 0.1, "solver": solver, "tol": 1e-4, "max_iter": 5000}
        model = SoftmaxRegression(**options).fit(X, y, w)
        expected = SoftmaxRegression(**options).fit(X[w > 0], y[w > 0], w[w > 0])
        there = [0, 2] if removed_class else [0, 1, 2]
        np.testing.assert_array_equal(model.coef_[there], expected.coef_)
        np.testing.assert_array_equal(model.intercept_[there], expected.intercept_)
        np.testing.assert_array_equal(model.history_["loss"], expected.history_["loss"])
        np.testing.assert_array_equal(model.classes_, [0, 1, 2])
        X = X[w > 0]
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))
        np.testing.assert_array_equal(model.predict_proba(X)[:, there], expected.predict_proba(X))

    @pytest.mark.parametrize("scale", [1e-300, 0.1, 3.0, 1e300, 5e307])
    @pytest.mark.parametrize("solver", ["newton-cg", "gradient-descent"])
    def test_a_common_factor_of_the_weights_changes_nothing(self, scale, solver):
        X, y, w = problem(22)
        options = {"alpha": 0.3, "solver": solver, "tol": 1e-6}
        expected = SoftmaxRegression(**options).fit(X, y, w)
        model = SoftmaxRegression(**options).fit(X, y, w * scale)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=0, atol=1e-11)
        np.testing.assert_allclose(model.intercept_, expected.intercept_, rtol=0, atol=1e-11)


class TestDeterminism:
    @pytest.mark.parametrize("solver", ["newton-cg", "gradient-descent"])
    @pytest.mark.parametrize("shape", [(9000, 30, 3), (600, 200, 4)])
    def test_bit_identical_for_any_number_of_workers_and_blas_threads(
        self, solver, shape, monkeypatch
    ):
        n, d, n_classes = shape
        rng = np.random.default_rng(23)
        X, y = rng.normal(size=(n, d)), rng.integers(0, n_classes, size=n)
        fits = []
        for workers in (1, 2, 4):
            monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None, k=workers: k)
            for threads in (1, 2):
                with threadpool_limits(threads), pytest.warns(ConvergenceWarning):
                    fits.append(
                        SoftmaxRegression(0.1, solver=solver, max_iter=2, tol=0.0).fit(X, y)
                    )
        for model in fits[1:]:
            np.testing.assert_array_equal(model.coef_, fits[0].coef_)
            np.testing.assert_array_equal(model.intercept_, fits[0].intercept_)
            assert model.optimality_gap_ == fits[0].optimality_gap_
            for name, values in model.history_.items():
                np.testing.assert_array_equal(values, fits[0].history_[name])

    @pytest.mark.parametrize("kind", [np.float64, np.float32])
    def test_a_row_scores_alike_alone_and_in_any_batch(self, kind, monkeypatch):
        X, y, _ = problem(24, 9000, 5, 3)
        X = X.astype(kind)
        model = SoftmaxRegression(0.01).fit(X, y)
        methods = (model.predict_proba, model.predict_log_proba, model.decision_function)
        whole = [method(X) for method in methods]
        for method, expected in zip(methods, whole, strict=True):
            assert expected.dtype == np.float64
            for row in range(0, 9000, 499):
                np.testing.assert_array_equal(method(X[[row]]), expected[[row]])
            np.testing.assert_array_equal(method(X[::-1][:5000]), expected[::-1][:5000])
        monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None: 4)
        for method, expected in zip(methods, whole, strict=True):
            np.testing.assert_array_equal(method(X), expected)

    def test_float32_rows_give_the_float64_answer(self):
        X, y, w = problem(25)
        X = X.astype(np.float32)
        model = SoftmaxRegression(0.1).fit(X, y, w)
        expected = SoftmaxRegression(0.1).fit(X.astype(np.float64), y, w)
        assert model.coef_.dtype == model.intercept_.dtype == np.float64
        np.testing.assert_array_equal(model.coef_, expected.coef_)
        np.testing.assert_array_equal(
            model.predict_proba(X), expected.predict_proba(X.astype(float))
        )

    def test_integers_are_taken_as_they_are(self):
        X = np.random.default_rng(26).integers(-9, 9, size=(60, 3))
        y = np.arange(60) % 3
        np.testing.assert_array_equal(
            SoftmaxRegression(0.1).fit(X, y).coef_,
            SoftmaxRegression(0.1).fit(X.astype(np.float64), y).coef_,
        )


class TestTables:
    @pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
    def test_tables_and_their_labels(self, library):
        X, y, _ = problem(27, 60)
        names, labels = ["a", "b", "c"], np.array(["u", "v", "w"])[y]
        make_table, make_labels = {
            "pandas": (pd.DataFrame, pd.Series),
            "polars": (pl.DataFrame, pl.Series),
            "pyarrow": (pa.table, pa.array),
        }[library]
        table, column = make_table(dict(zip(names, X.T, strict=True))), make_labels(list(labels))
        model = SoftmaxRegression(0.1).fit(table, column, X_val=table, y_val=column)
        expected = SoftmaxRegression(0.1).fit(X, labels)
        np.testing.assert_array_equal(model.coef_, expected.coef_)
        np.testing.assert_array_equal(model.feature_names_in_, names)
        np.testing.assert_array_equal(model.classes_, ["u", "v", "w"])
        np.testing.assert_array_equal(model.predict_proba(table), expected.predict_proba(X))
        np.testing.assert_array_equal(
            model.history_["validation_accuracy"], model.history_["train_accuracy"]
        )

    def test_columns_in_another_order_are_refused(self):
        X, y, _ = problem(28, 20, 2, 2)
        table = pd.DataFrame(X, columns=["a", "b"])
        model = SoftmaxRegression().fit(table, y)
        with pytest.raises(ValueError, match="feature names"):
            model.predict(table[["b", "a"]])
        with pytest.raises(ValueError, match="feature names"):
            SoftmaxRegression().fit(table, y, X_val=table[["b", "a"]], y_val=y)

    def test_pipeline_search_and_clone(self):
        X, y, _ = problem(29, 90)
        pipeline = make_pipeline(StandardScaler(), SoftmaxRegression())
        search = GridSearchCV(
            pipeline,
            {"softmaxregression__alpha": [1e-3, 0.1, 1e3]},
            cv=3,
            scoring="neg_log_loss",
        ).fit(X, y)
        best = search.best_estimator_[-1]
        assert best.alpha == search.best_params_["softmaxregression__alpha"]
        again = clone(best).fit(search.best_estimator_[:-1].transform(X), y)
        np.testing.assert_array_equal(again.coef_, best.coef_)

    def test_fit_leaves_parameters_and_arguments_alone(self):
        X, y, w = problem(30)
        before = X.copy(), y.copy(), w.copy()
        model = SoftmaxRegression(0.3, learning_rate=0.5)
        parameters = model.get_params()
        assert model.fit(X, y, w, X_val=X, y_val=y) is model
        assert model.get_params() == parameters
        for array, copy in zip((X, y, w), before, strict=True):
            np.testing.assert_array_equal(array, copy)


EXPECTED = "expected one of 'auto', 'newton-cg', 'lbfgs', 'newton', 'gradient-descent'"
ROWS, LABELS = [[0.0, 1.0], [1.0, 3.0], [2.0, -1.0], [3.0, 0.5]], [0, 1, 0, 1]


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "value", "match"),
        [
            ("alpha", -1.0, "expected a number at least 0"),
            ("alpha", np.nan, "expected a finite number at least 0"),
            ("alpha", np.inf, "expected a finite number at least 0"),
            ("tol", -1e-9, "expected a number at least 0"),
            ("tol", np.nan, "expected a finite number at least 0"),
            ("max_iter", 0, "expected an integer at least 1"),
            ("max_iter", -3, "expected an integer at least 1"),
            ("solver", "newton-raphson", EXPECTED),
            ("solver", None, EXPECTED),
            ("solver", ["newton-cg"], EXPECTED),
            ("learning_rate", 0.0, "expected a number greater than 0"),
            ("learning_rate", -0.1, "expected a number greater than 0"),
            ("learning_rate", np.nan, "expected a finite number greater than 0"),
            ("learning_rate", np.inf, "expected a finite number greater than 0"),
        ],
    )
    def test_parameters_out_of_range(self, name, value, match):
        with pytest.raises(ValueError, match=rf"{name}=.*{match}"):
            SoftmaxRegression(**{name: value}).fit(ROWS, LABELS)

    @pytest.mark.parametrize(
        ("name", "value", "match"),
        [
            *(
                (name, value, "expected a number")
                for name in ("alpha", "tol", "learning_rate")
                for value in ("1", None, True, [0.1], 1j, np.array([0.1, 0.2]))
            ),
            *(
                ("max_iter", value, "expected an integer")
                for value in (10.0, "10", None, True, np.inf)
            ),
        ],
    )
    def test_parameters_of_the_wrong_type(self, name, value, match):
        with pytest.raises(TypeError, match=rf"{name}=.*{match}"):
            SoftmaxRegression(**{name: value}).fit(ROWS, LABELS)

    def test_numbers_of_any_kind_will_do(self):
        model = SoftmaxRegression(
            np.float32(0.5), max_iter=np.int64(500), tol=np.float64(1e-6), learning_rate=1
        )
        np.testing.assert_array_equal(
            model.fit(ROWS, LABELS).coef_, SoftmaxRegression(0.5).fit(ROWS, LABELS).coef_
        )

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"X_val": ROWS}, "X_val and y_val go together"),
            ({"y_val": LABELS}, "X_val and y_val go together"),
            ({"X_val": ROWS, "y_val": [0, 1]}, "X_val has 4 rows, but y_val has 2"),
            ({"X_val": ROWS[:2], "y_val": [0, 7]}, "y_val holds 7 in row 1"),
            ({"X_val": ROWS[:2], "y_val": [-1, 0]}, "y_val holds -1 in row 0"),
            ({"X_val": ROWS[:2], "y_val": ["0", "1"]}, "y_val holds '0' in row 0"),
            ({"X_val": ROWS[:2], "y_val": [[0, 1], [1, 0]]}, "1d array"),
            ({"X_val": [[1.0, 2.0, 3.0]], "y_val": [0]}, "3 features"),
            ({"X_val": [[1.0, np.nan]], "y_val": [0]}, "NaN: row 0, column 1"),
            ({"X_val": [1.0, 2.0], "y_val": [0, 1]}, "Expected 2D array"),
        ],
    )
    def test_validation_rows(self, arguments, match):
        with pytest.raises(ValueError, match=match):
            SoftmaxRegression().fit(ROWS, LABELS, **arguments)

    @pytest.mark.parametrize(
        ("unknown", "match"),
        [
            ("Z", "y_val holds 'Z' in row 2"),
            ("aa", "y_val holds 'aa' in row 2"),
            (None, "y_val holds no label in row 2"),
            (3, "y_val mixes strings and others: 'a' in row 0, 3 in row 2"),
        ],
    )
    def test_an_unknown_validation_label_is_named_with_its_row(self, unknown, match):
        y_val = np.array(["a", "b", unknown], dtype=object)
        for labels in (list("abab"), np.array(list("abab"), dtype=object)):
            with pytest.raises(ValueError, match=match):
                SoftmaxRegression().fit(ROWS, labels, X_val=ROWS[:3], y_val=y_val)

    @pytest.mark.parametrize(("value", "kind"), [(np.nan, "NaN"), (np.inf, "infinity")])
    def test_a_value_that_is_not_finite_is_named(self, value, kind):
        X = np.array(ROWS)
        X[2, 1] = value
        with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 1"):
            SoftmaxRegression().fit(X, LABELS)
        with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 'size'"):
            SoftmaxRegression().fit(pd.DataFrame(X, columns=["age", "size"]), LABELS)
        model = SoftmaxRegression().fit(ROWS, LABELS)
        for method in (model.predict, model.predict_proba, model.decision_function):
            with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 1"):
                method(X)

    def test_text_is_named(self):
        table = pd.DataFrame({"age": [1, 2, 3, 4], "town": ["1", "2", "Ulm", "4"]})
        with pytest.raises(ValueError, match="row 2, column 'town' holds 'Ulm'"):
            SoftmaxRegression().fit(table, LABELS)

    @pytest.mark.parametrize(
        ("X", "y", "weights", "match"),
        [
            (ROWS, [0, 1, 0], None, "inconsistent numbers of samples"),
            (ROWS, None, None, "requires y to be passed"),
            (ROWS, ["a"] * 4, None, r"one class only \('a', in all 4 rows"),
            (ROWS, [0.5, 1.5, 0.1, 2.0], None, "Unknown label type"),
            ([0.0, 1.0], [0, 1], None, "Expected 2D array"),
            (np.empty((0, 2)), [], None, "0 sample"),
            (np.empty((2, 0)), [0, 1], None, "0 feature"),
            (ROWS, LABELS, [1, 1, -1, 1], "row 2 weighs -1"),
            (ROWS, LABELS, [1, np.nan, 1, 1], "row 1 weighs nan"),
            (ROWS, LABELS, [1, 1, 1], r"shape \(3,\)"),
            (ROWS, LABELS, [0, 0, 0, 0], "zero in every row"),
        ],
    )
    def test_shapes_labels_and_weights(self, X, y, weights, match):
        with pytest.raises(ValueError, match=match):
            SoftmaxRegression().fit(X, y, weights)


def test_values_beyond_what_it_computes_with_are_named():
    X = np.array([[0.0, 1e307], [1.0, -1e307], [2.0, 0.0]])
    with pytest.raises(ValueError, match=r"column 1: SoftmaxRegression computes .* up to"):
        SoftmaxRegression().fit(X, [0, 1, 1])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("alpha", [0.0, 1e-4])
def test_in_the_space_of_the_rows_the_last_loss_is_that_of_the_rows(alpha):
    for seed in (12, 13, 14):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(30, 33)) * 10.0 ** rng.integers(-6, 6, size=33)
        y, w = rng.integers(0, 3, 30), 10.0 ** rng.integers(-8, 8, size=30)
        model = SoftmaxRegression(alpha, tol=1e-4).fit(X, y, w)
        log_p = model.predict_log_proba(X)[np.arange(30), y]
        loss = -(w @ log_p) / w.sum() + alpha / 2 * np.square(model.coef_).sum()
        assert model.history_["loss"][-1] == pytest.approx(loss, rel=1e-6, abs=1e-12)
        right = model.predict(X) == y
        accuracy = model.history_["train_accuracy"][-1]
        assert accuracy == pytest.approx(w[right].sum() / w.sum(), abs=1e-9)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_next_to_no_penalty_and_no_tol_at_all_end():
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    X[:, 0] += 100.0 * y
    model = SoftmaxRegression(1e-200, solver="lbfgs", tol=0, max_iter=3000).fit(X, y)
    assert np.isfinite(model.coef_).all()
