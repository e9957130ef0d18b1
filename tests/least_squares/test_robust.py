"""The robust fit: its fixed point, the sheet's outlier at any scale, and its limits."""

import numpy as np
import pytest
import scipy.optimize
from scipy.stats import chi2
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import recall_score
from tests.least_squares.tables import table_of

from trivium import LeastSquaresClassifier
from trivium.least_squares import huber as module
from trivium.least_squares import robust
from trivium.least_squares.robust import weighted_median
from trivium.least_squares.solving import solve
from trivium.least_squares.solving.targets import targets
from trivium.sheet.outlier import Outlier

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    X = rng.normal(size=(n, d)) + 1.5 * rng.normal(size=(n_classes, d))[y]
    X[:3] += 30 * rng.normal(size=(3, d))
    return X, y, rng.uniform(0.2, 3.0, size=n)


def angle(one, other):
    one, other = one.coef_[0], other.coef_[0]
    return np.degrees(
        np.arccos(min(1.0, one @ other / np.linalg.norm(one) / np.linalg.norm(other)))
    )


class TestSheet:
    @pytest.mark.parametrize("scale", [1, 4, 16, 10**3, 10**6, 10**9, 10**12, 10**15])
    def test_the_boundary_stays(self, scale):
        sheet = Outlier()
        X, y = sheet.rows(scale)
        model = LeastSquaresClassifier(robust=True).fit(X, y)
        assert angle(model, sheet.fits[0].model) < 3.0
        assert (model.predict(sheet.X_test) == sheet.y_test).all()
        if scale >= 4:
            assert model.robust_weights_.argmin() == len(X) - 1

    def test_the_plain_one_does_not(self):
        sheet = Outlier()
        assert angle(sheet.fits[16].model, sheet.fits[0].model) > 60.0


class TestFixedPoint:
    @pytest.mark.parametrize("n_classes", [2, 3, 5])
    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_weights_are_those_of_the_residuals(self, n_classes, alpha, weighted):
        X, y, w = problem(0, 120, 3, n_classes)
        w = w if weighted else np.ones(120)
        model = LeastSquaresClassifier(alpha, robust=True).fit(X, y, w if weighted else None)
        residuals = targets(y, n_classes) - (X @ model.coef_.T + model.intercept_)
        lengths = np.linalg.norm(residuals, axis=1)
        free = n_classes - 1
        scale = [weighted_median(lengths[y == k], w[y == k]) for k in range(n_classes)]
        scale = np.array(scale) / np.sqrt(chi2.ppf(0.5, free))
        # After fifty steps the scale is held as it is.
        np.testing.assert_allclose(model.scale_, scale, rtol=1e-6 if model.n_iter_ <= 50 else 1e-3)
        A = np.column_stack([X, np.ones(120)])
        penalty = np.diag([alpha * w.sum()] * 3 + [0.0])
        hat = np.einsum("ij,ji->i", A, np.linalg.solve(A.T @ (w[:, None] * A) + penalty, A.T))
        bound = np.sqrt(chi2.ppf(chi2.cdf(1.345**2, 1), free))
        one = min(1.0, w.min())
        counted = np.minimum(1.0, bound * model.scale_[y] * (1 - one * hat) / lengths)
        np.testing.assert_allclose(model.robust_weights_, counted, rtol=1e-5)
        pull = (w * model.robust_weights_)[:, None] * residuals
        np.testing.assert_allclose(pull.T @ X, alpha * w.sum() * model.coef_, atol=1e-6)
        np.testing.assert_allclose(pull.sum(axis=0), 0.0, atol=1e-6)
        assert 0 < np.count_nonzero(counted < 1) < 120

    def test_whole_weights_are_repeated_rows(self):
        X, y, _ = problem(1, 40, 2, 3)
        w = np.random.default_rng(2).integers(0, 4, size=40)
        w[:3] = [1, 2, 3]
        model = LeastSquaresClassifier(0.01, robust=True).fit(X, y, w)
        repeated = LeastSquaresClassifier(0.01, robust=True).fit(
            np.repeat(X, w, axis=0), np.repeat(y, w)
        )
        np.testing.assert_allclose(model.coef_, repeated.coef_, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(
            np.repeat(model.robust_weights_, w), repeated.robust_weights_, rtol=1e-7
        )
        assert not model.robust_weights_[w == 0].any()

    def test_clean_rows_hardly_change(self):
        rng = np.random.default_rng(3)
        y = np.arange(400) % 2
        X = rng.normal(size=(400, 2)) + y[:, None]
        plain, model = (
            LeastSquaresClassifier().fit(X, y),
            LeastSquaresClassifier(robust=True).fit(X, y),
        )
        assert angle(plain, model) < 3.0

    def test_more_columns_than_rows(self):
        X, y, _ = problem(4, 8, 20, 2)
        model = LeastSquaresClassifier(robust=True).fit(X, y)
        np.testing.assert_allclose(model.decision_function(X), np.where(y == 1, 1.0, -1.0))

    def test_rows_that_are_mostly_met_exactly(self):
        X = np.repeat([[0.0], [1.0], [5.0]], [10, 10, 1], axis=0)
        y = np.repeat([0, 1, 0], [10, 10, 1])
        model = LeastSquaresClassifier(robust=True).fit(X, y)
        np.testing.assert_array_equal(model.predict([[0.0], [1.0]]), [0, 1])


class TestClassesOfFewRows:
    def test_digits_of_one_kind_are_still_found(self):
        X, y = load_digits(return_X_y=True)
        y = (y == 8).astype(int)
        recall = [
            recall_score(y, LeastSquaresClassifier(robust=robust).fit(X, y).predict(X))
            for robust in (False, True)
        ]
        assert recall[1] > 0.9 * recall[0]

    def test_three_classes_of_different_frequency(self):
        rng = np.random.default_rng(10)
        y = np.repeat([0, 1, 2], [850, 100, 50])
        X = rng.normal(size=(1000, 2)) + np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 5.0]])[y]
        plain, model = (LeastSquaresClassifier(robust=robust).fit(X, y) for robust in (False, True))
        assert model.score(X, y) > plain.score(X, y) - 0.02
        assert set(model.predict(X)) == set(plain.predict(X))

    @pytest.mark.parametrize("seed", range(20))
    def test_a_row_that_alone_holds_a_column(self, seed):
        rng = np.random.default_rng(seed)
        X = np.column_stack([rng.normal(size=(40, 2)), np.arange(40) == 5])
        y = rng.permutation(np.arange(40) % 2)
        assert np.isfinite(LeastSquaresClassifier(robust=True).fit(X, y).coef_).all()

    def test_four_rows(self):
        model = LeastSquaresClassifier(robust=True).fit([[0.0], [0.0], [0.0], [1.0]], [0, 1, 0, 1])
        assert np.isfinite(model.coef_).all()

    @pytest.mark.parametrize("power", [2, 4, 6, 7])
    def test_an_outlier_far_off_in_many_tables(self, power):
        for seed in range(10):
            rng = np.random.default_rng(seed)
            y = np.arange(100) % 2
            X = rng.normal(size=(100, 2)) + 2.0 * y[:, None]
            clean = LeastSquaresClassifier().fit(np.delete(X, 5, axis=0), np.delete(y, 5))
            X[5] = -np.abs(X[5]) * 10.0**power
            model = LeastSquaresClassifier(robust=True).fit(X, y)
            assert angle(model, clean) < 20.0

    @pytest.mark.parametrize(("n", "threshold"), [(50, 2.0), (200, 3.0)])
    @pytest.mark.parametrize("far", [-30.0, -100.0, -1e3, -1e6])
    def test_an_outlier_in_the_rarer_class(self, n, threshold, far):
        for seed in range(20):
            rng = np.random.default_rng(seed)
            x = rng.normal(size=(n, 1))
            y = (2 * x[:, 0] + rng.logistic(size=n) > threshold).astype(int)
            wild = np.flatnonzero(y == 1)[0]
            clean = LeastSquaresClassifier(robust=True)
            clean.fit(np.delete(x, wild, axis=0), np.delete(y, wild))
            x[wild] = far
            model = LeastSquaresClassifier(robust=True).fit(x, y)
            assert model.coef_[0, 0] > 0.0
            assert model.robust_weights_.argmin() == wild
            if far <= -1e3:  # its pull has nearly gone
                np.testing.assert_allclose(model.coef_, clean.coef_, rtol=0, atol=0.05)

    def test_an_outlier_in_the_rarest_of_three(self):
        for seed in range(40):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(90, 2))
            y = np.digitize(2 * X[:, 0] + rng.logistic(size=90), [1.5, 3.0])
            wild = np.flatnonzero(y == 2)[0]
            clean = LeastSquaresClassifier(robust=True)
            clean.fit(np.delete(X, wild, axis=0), np.delete(y, wild))
            X[wild] = [-1e4, 0.0]
            model = LeastSquaresClassifier(robust=True).fit(X, y)
            np.testing.assert_allclose(model.coef_, clean.coef_, atol=0.05)


class TestOrder:
    """Of rows, and repeats of them: also where scales are held before they settle."""

    # Tables of noise whose weights chase their scales.
    @pytest.mark.parametrize("seed", [4, 25, 94, 117, 122, 123, 147, 148])
    def test_neither_changes_the_fit(self, seed):
        rng = np.random.default_rng(seed)
        n, d = int(rng.integers(12, 120)), int(rng.integers(1, 70))
        X, y = rng.normal(size=(n, d)), np.r_[0, 1, rng.integers(0, 2, size=n - 2)]
        w, order = rng.integers(1, 4, size=n), rng.permutation(n)
        for alpha in (0.01, 0.1):
            model = LeastSquaresClassifier(alpha, robust=True).fit(X, y, w)
            for other in (
                LeastSquaresClassifier(alpha, robust=True).fit(X[order], y[order], w[order]),
                LeastSquaresClassifier(alpha, robust=True).fit(
                    np.repeat(X, w, axis=0), np.repeat(y, w)
                ),
            ):
                size = np.abs(model.coef_).max()
                np.testing.assert_allclose(other.coef_, model.coef_, rtol=0, atol=1e-8 * size)


class TestItSettles:
    @pytest.mark.parametrize("seed", range(8))
    def test_labels_without_a_rule(self, seed):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(100, 64)), rng.integers(0, 2, size=100)
        assert LeastSquaresClassifier(robust=True).fit(X, y).n_iter_ < 300

    @pytest.mark.parametrize("far", [1e5, 1e8, 1e12])
    def test_few_rows_and_one_far_off(self, far):
        for seed in range(30):
            rng = np.random.default_rng(seed)
            X, y = rng.normal(size=(12, 1)), np.r_[0, 1, rng.integers(0, 2, size=10)]
            X[3] *= far
            LeastSquaresClassifier(robust=True).fit(X, y)

    @pytest.mark.parametrize("n_classes", [2, 4])
    @pytest.mark.parametrize("alpha", [0.0, 0.05])
    @pytest.mark.parametrize("allowance", [1e-3, 0.3])
    def test_the_least_is_found_and_each_step_descends(self, n_classes, alpha, allowance):
        X, y, w = problem(11, 80, 3, n_classes)
        X, means, table = X - X.mean(axis=0), X.mean(axis=0), table_of(X, y, n_classes, w)
        huber = module.Huber(table, w, np.full(80, allowance), alpha * w.sum(), True)
        start = solve.solve(table, alpha, centred=True)
        values = []
        for most in (1, 2, 4, 8, 16, 400):
            found = module.descend(huber, start, most)
            solution = found.solved.solution
            values.append(huber.value(module.residuals_of(found.solved), solution.coef))
        assert np.all(np.diff(values) <= 1e-12 * values[0])
        assert found.falling == 0.0
        shape = (4, solution.coef.shape[1])

        def value(parameters):
            coef = parameters.reshape(shape)
            missed = targets(y, n_classes) - X @ coef[:3] - coef[3]
            return huber.value(missed, coef[:3])

        got = np.vstack([solution.coef, solution.intercept + 0.0]).ravel()
        got = got.reshape(shape)
        got[3] += means @ got[:3]
        best = scipy.optimize.minimize(value, got.ravel(), method="Powell", options={"xtol": 1e-12})
        assert value(got.ravel()) <= best.fun * (1 + 1e-9)

    def test_what_was_reached_where_it_does_not(self):
        X, y, w = problem(12, 60, 3, 3)
        table = table_of(X, y, 3, w)
        huber = module.Huber(table, w, np.full(60, 0.1), 0.0, True)
        found = module.descend(huber, solve.solve(table, 0.0, centred=True), 3)
        assert found.n_iter == 3
        assert 0.0 < found.falling < 0.1


class TestLimits:
    def test_weights_that_do_not_settle(self, monkeypatch):
        monkeypatch.setattr(robust, "_SCALE_STEPS", 1)
        monkeypatch.setattr(robust, "_MOST_STEPS", 3)
        X, y, _ = problem(5, 60, 3, 3)
        with pytest.warns(ConvergenceWarning, match="in 3 fits: another would lower"):
            LeastSquaresClassifier(robust=True).fit(X, y)

    def test_the_scale_is_held_at_last(self, monkeypatch):
        monkeypatch.setattr(robust, "_SCALE_STEPS", 1)
        X, y = Outlier().rows(4)
        plain = LeastSquaresClassifier().fit(X, y)
        lengths = np.abs(y - plain.decision_function(X))
        model = LeastSquaresClassifier(robust=True).fit(X, y)
        medians = np.array([np.median(lengths[y == label]) for label in (-1, 1)])
        np.testing.assert_allclose(model.scale_, medians / np.sqrt(chi2.ppf(0.5, 1)))
        assert model.n_iter_ > 2

    def test_a_later_plain_fit_forgets_the_weights(self):
        X, y, _ = problem(6, 60, 3, 3)
        model = LeastSquaresClassifier(robust=True).fit(X, y)
        model.set_params(robust=False).fit(X, y)
        assert not hasattr(model, "robust_weights_")
        model.influence(X, y)

    def test_bad_values_and_parameters(self):
        X, y, _ = problem(7, 60, 3, 3)
        with pytest.raises(TypeError, match="robust=1: expected True or False"):
            LeastSquaresClassifier(robust=1).fit(X, y)
        X[9, 1] = np.nan
        with pytest.raises(ValueError, match="NaN: row 9, column 1"):
            LeastSquaresClassifier(robust=True).fit(X, y)

    def test_medians(self):
        rng = np.random.default_rng(8)
        for size in range(1, 9):
            values, weights = rng.normal(size=size), rng.integers(1, 4, size=size)
            assert weighted_median(values, weights.astype(float)) == pytest.approx(
                np.median(np.repeat(values, weights))
            )

    def test_what_other_weights_make_of_finite_rows_is_looked_at(self, monkeypatch):
        answers = iter([robust.solve, lambda *_, **__: None])
        for each in (robust, module):
            monkeypatch.setattr(each, "solve", lambda *args, **kw: next(answers)(*args, **kw))
        X, y = Outlier().rows(8)
        with pytest.raises(ValueError, match="a range beyond float64"):
            LeastSquaresClassifier(robust=True).fit(X, y)
