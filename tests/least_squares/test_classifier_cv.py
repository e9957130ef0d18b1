"""LeastSquaresClassifierCV: every penalty's scores against the fits without each row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV
from trivium.least_squares.deletion import high_leverage
from trivium.least_squares.solving import solve
from trivium.least_squares.solving.targets import targets
from trivium.selection import choose

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % n_classes)  # each class twice at least
    return rng.normal(size=(n, d)) + y[:, None] * 0.4, y, rng.uniform(0.2, 3.0, size=n)


def refitted(X, y, w, alpha, fit_intercept):
    """Accuracy and squared error of each row, told by a fit to the others."""
    n_classes = int(y.max()) + 1
    Y = targets(y, n_classes)
    right, error = np.empty(len(X)), np.empty(len(X))
    for row in range(len(X)):
        rest = w.copy()
        rest[row] = max(0.0, w[row] - 1.0)
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, rest)
        right[row] = model.predict(X[[row]])[0] == y[row]
        told = X[row] @ model.coef_.T + model.intercept_
        error[row] = np.square(Y[row] - told).sum()
    return right, error


def assert_scores(model, X, y, w, *, atol=1e-9):
    results = model.cv_results_
    worth = w.sum() if w.min() >= 1 else w.sum() ** 2 / np.square(w).sum()
    for j, alpha in enumerate(results["alpha"]):
        each = refitted(X, y, w, alpha, model.fit_intercept)
        for values, name in zip(each, ("accuracy", "mean_squared_error"), strict=True):
            mean = np.average(values, weights=w)
            variance = np.average((values - mean) ** 2, weights=w)
            np.testing.assert_allclose(results[name][j], mean, rtol=1e-9, atol=atol)
            np.testing.assert_allclose(
                results[name + "_se"][j], np.sqrt(variance / (worth - 1)), rtol=1e-6, atol=1e-7
            )


class TestScores:
    @settings(max_examples=15, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(10, 25),
        d=st.integers(1, 5),
        n_classes=st.integers(2, 4),
        fit_intercept=st.booleans(),
        weighted=st.booleans(),
    )
    def test_equal_those_of_refits(self, seed, n, d, n_classes, fit_intercept, weighted):
        X, y, w = problem(seed, n, d, n_classes)
        if not weighted:
            w = np.ones(n)
        alphas = [0.0, 1e-6, 0.01, 3.0]
        model = LeastSquaresClassifierCV(alphas, fit_intercept=fit_intercept).fit(X, y, w)
        assert_scores(model, X, y, w)

    @pytest.mark.parametrize("shape", [(10, 10), (9, 30)])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("many", [5, 1000])
    def test_more_columns_than_rows(self, shape, fit_intercept, many, monkeypatch):
        monkeypatch.setattr(solve, "_MANY_COLUMNS", many)
        X, y, w = problem(0, *shape, 3)
        model = LeastSquaresClassifierCV([0.0, 1e-8, 0.5], fit_intercept=fit_intercept)
        assert_scores(model.fit(X, y, w), X, y, w)

    def test_dependent_columns_and_rows_that_alone_hold_one(self):
        X, y, w = problem(1, 24, 3, 2)
        X = np.column_stack([X, X[:, 0] + X[:, 1], np.arange(24) == 3, np.arange(24) == 8])
        assert_scores(LeastSquaresClassifierCV([0.0, 1e-9, 0.2]).fit(X, y, w), X, y, w)

    @pytest.mark.parametrize("most", [0, 64])
    def test_many_rows_that_alone_hold_a_column(self, most, monkeypatch):
        monkeypatch.setattr(high_leverage, "_MOST_FITS", most)
        monkeypatch.setattr(high_leverage, "_MOST_ROWS", 0)
        X, y, w = problem(2, 40, 3, 3)
        X = np.hstack([X, np.eye(40)[:, :30]])
        model = LeastSquaresClassifierCV([0.0, 0.2]).fit(X, y, w)
        assert_scores(model, X, y, w)
        if most == 0:

            def no_fit(*_):
                raise AssertionError("left out by a fit")

            monkeypatch.setattr(high_leverage, "fit_without", no_fit)
        influence = LeastSquaresClassifier().fit(X, y, w).influence(X, y, w)
        keep = np.arange(40) != 5
        without = LeastSquaresClassifier().fit(X[keep], y[keep], w[keep])
        coef, intercept = influence.loo_coef([5])
        np.testing.assert_allclose(coef[0], without.coef_, rtol=0, atol=1e-10)
        np.testing.assert_allclose(intercept[0], without.intercept_, rtol=0, atol=1e-10)
        moved = without.decision_function(X) - X @ influence_coef(X, y, w)
        shift = np.sqrt(w @ np.square(moved - moved_mean(X, y, w)).sum(axis=1) / w.sum())
        np.testing.assert_allclose(influence.shift[5], shift, rtol=1e-8)

    @pytest.mark.parametrize("shape", [(20, 3), (12, 20)])
    def test_whole_weights_are_repeated_rows(self, shape):
        X, y, _ = problem(10, *shape, 3)
        w = np.random.default_rng(11).integers(1, 4, size=len(X))
        model = LeastSquaresClassifierCV([0.0, 0.1, 2.0]).fit(X, y, w)
        repeated = LeastSquaresClassifierCV([0.0, 0.1, 2.0])
        repeated.fit(np.repeat(X, w, axis=0), np.repeat(y, w))
        for name, values in model.cv_results_.items():
            np.testing.assert_allclose(values, repeated.cv_results_[name], rtol=1e-9, atol=1e-9)

    def test_units_of_columns(self):
        X, y, w = problem(3, 25, 3, 3)
        scale = 10.0 ** np.array([0, 150, -150])
        model = LeastSquaresClassifierCV([0.0, 0.5]).fit(X * scale, y, w)
        assert_scores(model, X * scale, y, w)

    def test_they_do_not_depend_on_the_number_of_workers(self, monkeypatch):
        X, y, w = problem(4, 9000, 5, 3)
        answers = []
        for workers in (1, 2, 4):
            monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda *_, n=workers: n)
            answers.append(LeastSquaresClassifierCV(5).fit(X, y, w).cv_results_)
        for other in answers[1:]:
            for name, values in answers[0].items():
                np.testing.assert_array_equal(values, other[name])


def influence_coef(X, y, w):
    return LeastSquaresClassifier().fit(X, y, w).coef_.T


def moved_mean(X, y, w):
    return LeastSquaresClassifier().fit(X, y, w).intercept_


class TestChoice:
    def test_the_grid_spans_the_rows_spread(self):
        X, y, _ = problem(5, 50, 3, 2)
        X = X * [1.0, 10.0, 1e-3]
        alphas = LeastSquaresClassifierCV(7).fit(X, y).cv_results_["alpha"]
        variances = np.linalg.eigvalsh(np.cov(X.T, bias=True))
        assert alphas.shape == (7,)
        np.testing.assert_allclose(alphas[-1], 10 * variances[-1])
        np.testing.assert_allclose(alphas[0], variances[0] / 1e3, rtol=1e-6)
        np.testing.assert_allclose(np.diff(np.log(alphas)), np.log(alphas[1] / alphas[0]))

    @pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
    def test_ties_are_not_left_to_rounding(self):
        """Whose best score less its standard error is, but for rounding, another's."""
        rng = np.random.default_rng(467)
        n, d, n_classes = int(rng.integers(5, 80)), int(rng.integers(1, 30)), 3
        rng.choice([2, 3]), rng.random()
        X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d)
        if rng.random() < 0.3:
            X[:, 0] = np.round(X[:, 0])
        y = rng.integers(0, n_classes, n)
        y[:n_classes] = np.arange(n_classes)
        w = rng.integers(0, 4, n)
        w[:n_classes] = 1 + rng.integers(0, 3, n_classes)
        model = LeastSquaresClassifierCV(5).fit(X, y, w)
        repeated = LeastSquaresClassifierCV(5).fit(np.repeat(X, w, 0), np.repeat(y, w))
        assert model.alpha_ == pytest.approx(repeated.alpha_, rel=1e-12)

    @pytest.mark.parametrize("scoring", ["accuracy", "neg_mean_squared_error"])
    @pytest.mark.parametrize("rule", ["best", "one-standard-error"])
    def test_the_model_is_that_of_the_penalty_chosen(self, scoring, rule):
        X, y, w = problem(6, 60, 4, 3)
        model = LeastSquaresClassifierCV(12, scoring=scoring, rule=rule).fit(X, y, w)
        results = model.cv_results_
        name = "accuracy" if scoring == "accuracy" else "mean_squared_error"
        sign = 1 if scoring == "accuracy" else -1
        chosen = choose(sign * results[name], results[name + "_se"], rule)
        assert model.alpha_ == results["alpha"][chosen]
        assert model.best_score_ == sign * results[name][chosen]
        plain = LeastSquaresClassifier(model.alpha_).fit(X, y, w)
        np.testing.assert_array_equal(model.coef_, plain.coef_)
        np.testing.assert_array_equal(model.predict(X), plain.predict(X))
        ours, theirs = model.influence(X, y, w), plain.influence(X, y, w)
        np.testing.assert_array_equal(ours.shift, theirs.shift)

    @pytest.mark.parametrize("scale", [1e7, 1e12])
    def test_columns_of_very_different_units(self, scale):
        rng = np.random.default_rng(12)
        X = rng.normal(size=(400, 3))
        y = (X[:, 1] > 0).astype(int)
        X[:, 0] *= scale
        assert LeastSquaresClassifierCV().fit(X, y).score(X, y) > 0.97

    @pytest.mark.parametrize("scale", [1e-200, 1e200])
    def test_weights_of_any_size(self, scale):
        X, y, w = problem(13, 40, 3, 3)
        results = LeastSquaresClassifierCV([0.0, 0.1]).fit(X, y, scale * w).cv_results_
        for values in results.values():
            assert np.isfinite(values).all()

    def test_given_penalties_are_put_in_order(self):
        X, y, _ = problem(7, 30, 2, 2)
        model = LeastSquaresClassifierCV([1.0, 0.0, 0.1, 1.0]).fit(X, y)
        np.testing.assert_array_equal(model.cv_results_["alpha"], [0.0, 0.1, 1.0])

    def test_columns_without_spread(self):
        y = np.arange(20) % 3
        model = LeastSquaresClassifierCV(4).fit(np.full((20, 2), 3.0), y)
        assert not model.coef_.any()
        assert np.isfinite(model.cv_results_["mean_squared_error"]).all()


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            ({"alphas": 0}, ValueError, "alphas=0"),
            ({"alphas": 2.5}, TypeError, "alphas=2.5: expected an integer"),
            ({"alphas": []}, ValueError, "alphas is empty"),
            ({"alphas": [[0.1, 1.0]]}, ValueError, "alphas is a table"),
            ({"alphas": [0.1, -1.0]}, ValueError, r"alphas\[1\]=-1.0"),
            ({"alphas": [0.1, np.nan]}, ValueError, r"alphas\[1\]=nan"),
            ({"alphas": "many"}, TypeError, "alphas='many'"),
            ({"scoring": "auc"}, ValueError, "'auc' is not a valid scoring value"),
            ({"scoring": 3}, TypeError, "scoring=3: expected the name of a scorer"),
            ({"class_weight": "level"}, ValueError, "class_weight='level'"),
            ({"rule": "worst"}, ValueError, "rule='worst'"),
            ({"fit_intercept": 1}, TypeError, "fit_intercept=1"),
        ],
    )
    def test_parameters(self, options, error, words):
        X, y, _ = problem(8, 20, 2, 2)
        with pytest.raises(error, match=words):
            LeastSquaresClassifierCV(**options).fit(X, y)

    def test_values(self):
        X, y, _ = problem(9, 20, 2, 2)
        X[7, 1] = np.inf
        with pytest.raises(ValueError, match="infinity: row 7, column 1"):
            LeastSquaresClassifierCV().fit(X, y)

    def test_clones(self):
        model = LeastSquaresClassifierCV([0.1, 1.0], rule="best")
        assert clone(model).get_params() == model.get_params()


class TestScoreIsScoring:
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_squared_error(self, n_classes):
        X, y, w = problem(40, 60, 3, n_classes)
        w[::7] = 0.0
        names = np.array(["a", "b", "c"])[:n_classes]
        model = LeastSquaresClassifierCV(scoring="neg_mean_squared_error").fit(X, names[y], w)
        errors = np.square(targets(y, n_classes) - X @ model.coef_.T - model.intercept_)
        errors = errors.sum(axis=1)
        assert model.score(X, names[y]) == pytest.approx(-errors.mean())
        for scale in (1.0, 1e300, 1e-300):
            expected = -np.average(errors, weights=w)
            assert model.score(X, names[y], scale * w) == pytest.approx(expected)
        counts = np.arange(60) % 4
        rows = np.arange(60).repeat(counts)
        assert model.score(X, names[y], counts) == pytest.approx(
            model.score(X[rows], names[y[rows]])
        )
        with pytest.raises(ValueError, match="y holds 'z' in row 3"):
            model.score(X, np.where(np.arange(60) == 3, "z", names[y]))
        with pytest.raises(NotFittedError):
            LeastSquaresClassifierCV(scoring="neg_mean_squared_error").score(X, y)

    def test_accuracy(self):
        X, y, w = problem(41, 60, 3, 3)
        model = LeastSquaresClassifierCV().fit(X, y)
        assert model.score(X, y, w) == pytest.approx(np.average(model.predict(X) == y, weights=w))
