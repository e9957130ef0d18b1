"""Softmax regression of rows that live in pieces, and of rows that ask much of statistics."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from tests.rows.split_rows import SplitRows
from tests.rows.strict_rows import StrictRows

from trivium import SoftmaxRegression, SoftmaxRegressionCV
from trivium.blocks.map_reduce import cut
from trivium.rows.memory import ArrayRows
from trivium.softmax.distinct import distinct
from trivium.softmax.fitting import FAST_SOLVERS, fit_parameters
from trivium.softmax.objective.penalties import alpha_grid
from trivium.softmax.small_columns import sure_falls
from trivium.softmax.solvers.protocol import Status

N, K = 150, 3
DOOR = "trivium.rows.table.ArrayRows"

pytestmark = pytest.mark.filterwarnings(
    "ignore::trivium.SeparationWarning", "ignore::sklearn.exceptions.ConvergenceWarning"
)


def table(kind="plain", n=N, n_classes=K, d=4):
    """Rows sorted by labels, so that a class comes first in the last piece; some are repeated."""
    rng = np.random.default_rng(5)
    y = np.sort(np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    X = rng.normal(size=(n, 2 * n if kind == "wide" else d)) + 0.8 * y[:, None] + 3.0
    X[:, 1] = np.round(X[:, 1])
    X[1::7] = X[0]
    if kind == "dependent":  # one to rounding, one nearly
        X = np.column_stack([X, X[:, 0] - X[:, 1], X[:, 0] + 1e-6 * rng.normal(size=n)])
    if kind == "far":
        X[:, 2] += 1e6
    return X, y, rng.uniform(0.5, 2.0, n)


def small_blocks(patch):
    """Cut rows into blocks of which even a small table has several."""
    patch.setattr(ArrayRows, "_cuts", lambda rows, length: cut(rows.shape[0], min(length, 40)))
    patch.setattr("trivium.softmax.base._LENGTH", 40)


def learnt(way, kind):
    """Fit in some way, and say what came of it."""
    X, y, w = table(kind)
    if way == "folds":
        model = SoftmaxRegressionCV([1e-3, 0.1], cv=3).fit(X, y, w)
        scores = [model.cv_results_[name] for name in ("fold_log_loss", "fold_accuracy")]
    elif way == "parts":
        model = SoftmaxRegression(0.01).partial_fit(X[::2], y[::2], [0, 1, 2], w[::2])
        model.partial_fit(X[1::2], y[1::2], sample_weight=w[1::2])
        scores = []
    else:
        alpha = 0.0 if way == "unpenalised" else 0.01
        solver = way if way in (*FAST_SOLVERS, "gradient-descent") else "auto"
        model = SoftmaxRegression(alpha, solver=solver, max_iter=60, tol=1e-9)
        model.fit(X, y, w, X_val=X[::3], y_val=y[::3])
        scores = list(model.history_.values())
    return [
        model.coef_, model.intercept_, *scores, model.predict_proba(X), model.predict_log_proba(X),
        model.decision_function(X), model.predict(X).astype(float),
    ]  # fmt: skip


WAYS = [
    *itertools.product([*FAST_SOLVERS, "unpenalised"], ["plain", "dependent", "far"]),
    ("lbfgs", "wide"), ("gradient-descent", "plain"), ("parts", "plain"), ("folds", "plain"),
]  # fmt: skip


@settings(max_examples=24, deadline=None)
@given(
    way=st.sampled_from(WAYS),
    cuts=st.one_of(
        st.lists(st.integers(0, N), max_size=6), st.just(list(range(N))), st.just([50, 50, 100])
    ),
    large=st.booleans(),
)
def test_rows_in_pieces_are_learnt_from_to_the_bit(way, cuts, large):
    with pytest.MonkeyPatch.context() as patch:
        small_blocks(patch)
        if large:
            patch.setattr("trivium.softmax.distinct._SMALL", 0)
        expected = learnt(*way)
        patch.setattr(DOOR, partial(SplitRows, cuts=cuts))
        for found, plain in zip(learnt(*way), expected, strict=True):
            np.testing.assert_array_equal(found, plain)


@settings(max_examples=12, deadline=None)
@given(
    way=st.sampled_from([*FAST_SOLVERS, "parts"]),
    cuts=st.lists(st.integers(0, N), min_size=1, max_size=4),
)
def test_pieces_as_they_are_are_learnt_from_to_rounding(way, cuts):
    # Rows that are repeated, which stay where they are in a table that is not small.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trivium.softmax.distinct._SMALL", 0)
        expected = learnt(way, "plain")
        patch.setattr(DOOR, partial(SplitRows, cuts=cuts, recut=False))
        coef, intercept, *_ = learnt(way, "plain")
    np.testing.assert_allclose(coef, expected[0], rtol=0, atol=1e-7)
    np.testing.assert_allclose(intercept, expected[1], rtol=0, atol=1e-7)


def test_statistics_travel_light_and_merges_are_pure(monkeypatch):
    seen = set()

    def watched(*given):
        rows = StrictRows(*given)
        rows.seen = seen
        return rows

    small_blocks(monkeypatch)
    monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
    monkeypatch.setattr(DOOR, watched)
    for way in WAYS:
        learnt(*way)
    X, y, w = table()
    rows = watched(X, y, K, w)
    alpha_grid(rows, 3, fit_intercept=True)
    options = {"fit_intercept": True, "learning_rate": 0.1, "max_iter": 9, "tol": 1e-9}
    options["observe"] = lambda *_: None
    with config_context(working_memory=0):  # one block for all classes, and nothing is kept
        start = 0.01 * np.ones((K, 5)) * np.arange(K)[:, None]
        fitted = fit_parameters(rows, alpha=1.0, solver="lbfgs", start=start, **options)
    fit_parameters(watched(*table("wide")[:2], K, w), alpha=1.0, solver="lbfgs", **options)
    sure_falls(fitted.objective, fitted.gradient)
    monkeypatch.setattr("trivium.softmax.curvature.preconditioner_schedule._MOST_PASSES", 0)
    fit_parameters(rows, alpha=1.0, solver="lbfgs", **options)
    assert seen >= {
        "LossAndGradient", "Probabilities", "MeanCurvature", "HessianProduct", "Gram",
        "SquaresOfColumns", "ProductsByContrasts", "_Gram", "_Left", "_Greatest", "_Combined",
        "_Moments", "_Deviations", "SquaredDeviations", "MeanHessian", "_SummaryAndHeads",
        "_OwnClass", "Scores", "Shares", "LogShares", "Likeliest", "Summarise",
    }  # fmt: skip


@pytest.mark.parametrize("solver", FAST_SOLVERS)
@pytest.mark.parametrize("n", [3000, 4097])
def test_probabilities_that_are_not_kept_are_the_same(solver, n):
    X, y, w = table(n=n, n_classes=9, d=3)
    options = {"alpha": 1e-3, "fit_intercept": True, "learning_rate": "auto", "max_iter": 12}
    fits = []
    for start in (None, np.column_stack([X[:9] * 1e-2, np.zeros(9)])):
        for mebibytes in (1024, 0.05):  # of 0.2 or 0.3
            rows = ArrayRows(X, y, 9, w)
            with config_context(working_memory=mebibytes):
                fits.append(
                    fit_parameters(
                        rows, solver=solver, tol=1e-9, start=start, observe=lambda *_: None,
                        **options,
                    )
                )  # fmt: skip
        np.testing.assert_array_equal(fits[-1].coef, fits[-2].coef)
        np.testing.assert_array_equal(fits[-1].intercept, fits[-2].intercept)
        assert fits[-1].n_iter == fits[-2].n_iter


class TestPasses:
    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    @pytest.mark.parametrize("large", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_a_fit_reads_three_times_beside_its_solver(self, solver, large, weighted, monkeypatch):
        if large:
            monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
        rng = np.random.default_rng(3)
        X, y = rng.normal(size=(900, 12)), np.arange(900) % 3
        X[:, :3] += np.eye(3)[y]
        w = rng.uniform(0.5, 2.0, 900) if weighted else None
        model = SoftmaxRegression(1e-2, solver=solver).fit(X, y, w)
        alone = distinct(ArrayRows(X, y, 3, w)).counted_anew()
        alone.summary()
        before = alone.reads
        fitted = fit_parameters(
            alone, alpha=1e-2, fit_intercept=True, solver=solver, learning_rate="auto",
            max_iter=1000, tol=1e-6, observe=lambda *_: None,
        )  # fmt: skip
        assert fitted.status is Status.CONVERGED
        assert model.n_passes_ - (alone.reads - before) <= 3.0 + 0.01

    @settings(max_examples=15, deadline=None)
    @given(way=st.sampled_from(WAYS[:-2]), large=st.booleans())
    def test_all_that_is_read_is_counted(self, way, large):
        doors = []

        def counted(*given, **words):
            doors.append(SplitRows(*given, **words, cuts=[9, 70]))
            return doors[-1]

        X, y, w = table(way[1])
        solver = way[0] if way[0] != "unpenalised" else "auto"
        model = SoftmaxRegression(0.0 if way[0] == "unpenalised" else 0.01, solver=solver)
        with pytest.MonkeyPatch.context() as patch:
            if large:
                patch.setattr("trivium.softmax.distinct._SMALL", 0)
            patch.setattr("trivium.rows.table.ArrayRows", counted)
            model.set_params(max_iter=40).fit(X, y, w)
        assert model.n_passes_ == pytest.approx(doors[0]._X.read, rel=1e-12)


def fitting(way):
    """Return a method that learns from rows, labels and weights."""
    if way == "parts":
        return partial(SoftmaxRegression().partial_fit, classes=[0, 1, 2])
    return (SoftmaxRegressionCV([0.1], cv=2) if way == "folds" else SoftmaxRegression()).fit


class TestBadNumbers:
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("weight", [0.0, 1.0])
    @pytest.mark.parametrize("way", ["fit", "folds", "parts"])
    def test_the_row_is_named_by_its_number_as_given(self, bad, weight, way):
        X, y, w = table()
        w[5], w[40] = 0.0, weight
        X[40, 2], X[90, 1] = bad, np.nan
        kind = "NaN" if np.isnan(bad) else "infinity"
        fit = fitting(way)
        with pytest.raises(ValueError, match=rf"Input X contains {kind}: row 40, column 2\."):
            fit(X, y, sample_weight=w)

    def test_rows_that_weigh_nothing_alone_are_looked_at(self):
        X, y, _ = table()
        X[3, 1] = np.nan
        with pytest.raises(ValueError, match=r"Input X contains NaN: row 3, column 1\."):
            SoftmaxRegression().partial_fit(X, y, [0, 1, 2], np.zeros(N))

    @pytest.mark.parametrize("way", ["fit", "folds", "parts"])
    def test_a_magnitude_counts_where_the_row_does(self, way):
        X, y, w = table()
        X[7, 3] = -1e151
        for weight in (0.0, 1.0):
            w[7] = weight
            fit = fitting(way)
            if not weight:
                fit(X, y, sample_weight=w)
                continue
            with pytest.raises(ValueError, match=r"X reaches from -1e\+151 to .* in column 3:"):
                fit(X, y, sample_weight=w)
