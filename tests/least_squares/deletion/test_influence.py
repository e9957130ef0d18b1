"""Influence: every closed form against the fit without the row, and the sheet's outlier."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from trivium import LeastSquaresClassifier
from trivium.least_squares.deletion import high_leverage
from trivium.least_squares.solving import svd
from trivium.least_squares.solving.targets import targets
from trivium.sheet.outlier import Outlier

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    return rng.normal(size=(n, d)) + y[:, None] * 0.3, y, rng.uniform(0.2, 3.0, size=n)


def refit(model, X, y, w, row):
    """The same model without a row, its classes kept."""
    keep = np.arange(len(X)) != row
    n_classes = model.classes_.size
    # A row of each class, of no weight to speak of, would change the fit: code by hand.
    Y = targets(np.searchsorted(model.classes_, y), n_classes)[keep]
    A, w = X[keep].astype(float), w[keep]
    if model.fit_intercept:
        x_mean, y_mean = np.average(A, axis=0, weights=w), np.average(Y, axis=0, weights=w)
    else:
        x_mean, y_mean = np.zeros(A.shape[1]), np.zeros(Y.shape[1])
    root = np.sqrt(w)[:, None]
    rows = np.vstack([root * (A - x_mean), np.sqrt(model.alpha * w.sum()) * np.eye(A.shape[1])])
    right = np.vstack([root * (Y - y_mean), np.zeros((A.shape[1], Y.shape[1]))])
    coef = np.linalg.lstsq(rows, right, rcond=1e-12)[0]
    return coef.T, y_mean - x_mean @ coef


def assert_equals_refits(model, X, y, w, influence, rtol=1e-10):
    n = len(X)
    Y = targets(np.searchsorted(model.classes_, y), model.classes_.size)
    coefs, intercepts = influence.loo_coef(np.arange(n))
    fitted = X @ model.coef_.T + model.intercept_
    for row in range(n):
        coef, intercept = refit(model, X, y, w, row)
        size = max(1.0, np.abs(coef).max(), np.abs(intercept).max())
        np.testing.assert_allclose(coefs[row], coef, rtol=0, atol=rtol * size)
        np.testing.assert_allclose(intercepts[row], intercept, rtol=0, atol=rtol * size)
        told = X[row] @ coef.T + intercept
        np.testing.assert_allclose(influence.loo_residuals[row], Y[row] - told, atol=rtol * size)
        moved = X @ coef.T + intercept - fitted
        shift = np.sqrt(w @ np.square(moved).sum(axis=1) / w.sum())
        np.testing.assert_allclose(influence.shift[row], shift, rtol=1e-6, atol=1e-7 * size)
    used, squares = influence.leverage.sum(), w @ np.square(Y - fitted).sum(axis=1)
    worth = w.sum() if w.min() >= 1 else w.sum() ** 2 / np.square(w).sum()
    if worth - used > 0.1 and squares > 1e-6:  # else a difference of what is nearly equal
        mean_square = squares / w.sum() * worth / (worth - used)
        expected = influence.shift**2 * worth / (used * mean_square)
        np.testing.assert_allclose(influence.cooks_distance, expected, rtol=1e-9)


class TestAgainstRefits:
    @settings(max_examples=40, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(9, 30),
        d=st.integers(1, 5),
        n_classes=st.integers(2, 4),
        alpha=st.sampled_from([0.0, 1e-3, 0.5, 20.0]),
        fit_intercept=st.booleans(),
        weighted=st.booleans(),
    )
    def test_every_row(self, seed, n, d, n_classes, alpha, fit_intercept, weighted):
        X, y, w = problem(seed, n, d, n_classes)
        if not weighted:
            w = np.ones(n)
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, w)
        assert_equals_refits(model, X, y, w, model.influence(X, y, w))

    @pytest.mark.parametrize("shape", [(6, 6), (5, 9), (7, 40)])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("alpha", [0.0, 1e-9, 0.1])
    def test_more_columns_than_rows(self, shape, fit_intercept, alpha):
        X, y, w = problem(1, *shape, 3)
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, w)
        assert_equals_refits(model, X, y, w, model.influence(X, y, w), rtol=1e-8)

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_so_many_columns_that_no_squares_are_taken(self, alpha):
        X, y, w = problem(15, 12, 1100, 3)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        coef, intercept = model.influence(X, y, w).loo_coef([11])
        without = LeastSquaresClassifier(alpha).fit(X[:-1], y[:-1], w[:-1])
        np.testing.assert_allclose(coef[0], without.coef_, rtol=0, atol=1e-12)
        np.testing.assert_allclose(intercept[0], without.intercept_, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_dependent_columns(self, alpha):
        X, y, w = problem(2, 30, 3, 3)
        X = np.column_stack([X, X[:, 0] - 2 * X[:, 1], np.full(30, 4.0)])
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        assert_equals_refits(model, X, y, w, model.influence(X, y, w))

    @pytest.mark.parametrize("alpha", [0.0, 1e-6])
    def test_a_row_that_alone_holds_a_column(self, alpha):
        X, y, w = problem(3, 30, 3, 2)
        X = np.column_stack([X, np.arange(30) == 7, np.arange(30) == 11]).astype(float)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        influence = model.influence(X, y, w)
        assert_equals_refits(model, X, y, w, influence, rtol=1e-9)
        if alpha == 0:
            np.testing.assert_allclose(influence.leverage[[7, 11]], 1.0, rtol=1e-12)

    @pytest.mark.parametrize("scale", [1e3, 1e6, 1e8, 1e12])
    def test_an_outlier_however_far(self, scale):
        X, y, _w = problem(4, 40, 3, 3)
        X[5] *= scale
        model = LeastSquaresClassifier().fit(X, y)
        influence = model.influence(X, y)
        coef, intercept = influence.loo_coef([5])
        keep = np.arange(40) != 5
        without = LeastSquaresClassifier().fit(X[keep], y[keep])
        np.testing.assert_allclose(coef[0], without.coef_, rtol=1e-10)
        np.testing.assert_allclose(intercept[0], without.intercept_, rtol=1e-10)
        assert influence.table(1)["row"][0] == 5

    def test_an_outlier_far_off_beside_thousands(self):
        X, y, _w = problem(20, 3000, 4, 2)
        X[5] *= 1e12
        influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        keep = np.arange(3000) != 5
        without = LeastSquaresClassifier().fit(X[keep], y[keep])
        coef, intercept = influence.loo_coef([5])
        np.testing.assert_allclose(coef[0], without.coef_, rtol=1e-10)
        np.testing.assert_allclose(intercept[0], without.intercept_, rtol=1e-10)
        assert influence.table(1)["row"][0] == 5

    @pytest.mark.parametrize("alpha", [0.0, 1e-9])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_hardly_more_rows_than_columns(self, alpha, weighted, monkeypatch):
        monkeypatch.setattr(high_leverage, "fit_without", None)
        X, y, w = problem(39, 62, 60, 3)
        w = w if weighted else np.ones(62)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        influence = model.influence(X, y, w)
        assert np.count_nonzero(1.0 - influence.leverage < 1e-4) > 4
        assert_equals_refits(model, X, y, w, influence, rtol=1e-7)

    def test_rows_far_from_zero(self):
        X, y, w = problem(17, 30, 3, 3)
        X = np.round(X * 1024) / 1024  # exact at this offset
        influence = LeastSquaresClassifier().fit(X + 2.0**30, y, w).influence(X + 2.0**30, y, w)
        plain = LeastSquaresClassifier().fit(X, y, w).influence(X, y, w)
        np.testing.assert_allclose(influence.shift, plain.shift, rtol=1e-9)
        np.testing.assert_allclose(influence.loo_residuals, plain.loo_residuals, atol=1e-10)

    @pytest.mark.parametrize("powers", [(0, 8, -8), (150, 0, -150), (-300, 0, 200)])
    @pytest.mark.parametrize("alpha", [0.0, 1e-3])
    def test_columns_of_any_unit(self, powers, alpha):
        X, y, w = problem(5, 30, 3, 3)
        scale = 10.0 ** np.array(powers)
        model = LeastSquaresClassifier(alpha).fit(X * scale, y, w)
        influence = model.influence(X * scale, y, w)
        keep = np.arange(30) != 4
        without = LeastSquaresClassifier(alpha).fit((X * scale)[keep], y[keep], w[keep])
        coef, intercept = influence.loo_coef([4])
        np.testing.assert_allclose(
            (X * scale) @ coef[0].T + intercept[0], without.decision_function(X * scale), atol=1e-10
        )

    def test_repeated_rows_and_blocks(self):
        X, y, w = problem(6, 5000, 4, 3)
        model = LeastSquaresClassifier().fit(X, y, w)
        influence = model.influence(X, y, w)
        for row in (0, 1234, 4999):
            coef, intercept = refit(model, X, y, w, row)
            loo_coef, loo_intercept = influence.loo_coef([row])
            np.testing.assert_allclose(loo_coef[0], coef, rtol=1e-10, atol=1e-13)
            np.testing.assert_allclose(loo_intercept[0], intercept, rtol=1e-10)


class TestLeverage:
    def test_leverages_sum_to_what_the_fit_used(self):
        X, y, w = problem(8, 60, 4, 3)
        assert LeastSquaresClassifier().fit(X, y, w).influence(X, y, w).leverage.sum() == (
            pytest.approx(5.0, rel=1e-12)
        )


class TestSheet:
    @pytest.mark.parametrize("scale", [1, 2, 4, 8, 16, 256, 10**6])
    def test_the_outlier_is_named_first_and_left_out_exactly(self, scale):
        sheet = Outlier()
        X, y = sheet.rows(scale)
        influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        table = influence.table(3)
        assert table["row"][0] == len(X) - 1
        plain = sheet.fits[0].model
        coef, intercept = influence.loo_coef([len(X) - 1])
        np.testing.assert_allclose(coef[0], plain.coef_, rtol=1e-10)
        np.testing.assert_allclose(intercept[0], plain.intercept_, rtol=1e-10)


class TestResult:
    def model(self):
        X, y, _ = problem(9, 20, 2, 3)
        labels = np.array(["a", "b", "c"])[y]
        return LeastSquaresClassifier().fit(X, labels), X, labels

    def test_table_is_ordered_and_cut(self):
        model, X, labels = self.model()
        influence = model.influence(X, labels)
        table = influence.table(top=7)
        assert {len(column) for column in table.values()} == {7}
        np.testing.assert_array_equal(table["row"], np.argsort(-influence.shift)[:7])
        np.testing.assert_array_equal(table["label"], labels[table["row"]])
        np.testing.assert_array_equal(
            table["loo_prediction"],
            model.classes_[influence.loo_scores.argmax(axis=1)][table["row"]],
        )
        assert len(influence.table(None)["row"]) == 20

    def test_it_shows_the_first_rows(self):
        model, X, labels = self.model()
        influence = model.influence(X, labels)
        lines = repr(influence).splitlines()
        assert lines[0] == "Influence of 20 rows, the greatest first:"
        assert [int(line.split()[0]) for line in lines[2:]] == list(influence.table(5)["row"])

    def test_no_rows_are_no_fits(self):
        model, X, labels = self.model()
        coef, intercept = model.influence(X, labels).loo_coef([])
        assert coef.shape == (0, 3, 2)
        assert intercept.shape == (0, 3)

    def test_weights_of_any_size(self):
        X, y, _ = problem(22, 30, 2, 3)
        w = np.where(np.arange(30) % 3 == 0, 1e-200, 1e200)
        influence = LeastSquaresClassifier().fit(X, y, w).influence(X, y, w)
        heavy = w > 1.0
        alone = LeastSquaresClassifier().fit(X[heavy], y[heavy]).influence(X[heavy], y[heavy])
        np.testing.assert_allclose(influence.loo_residuals[heavy], alone.loo_residuals)
        Y = targets(y[~heavy], 3)
        scores = LeastSquaresClassifier().fit(X[heavy], y[heavy]).decision_function(X[~heavy])
        np.testing.assert_allclose(influence.loo_residuals[~heavy], Y - scores)

    def test_only_ratios_of_weights_that_are_no_counts_matter(self):
        X, y, w = problem(16, 50, 3, 3)
        tables = []
        for scale in (1e-3, 1e-9, 1e-200):
            weights = scale * w
            influence = LeastSquaresClassifier().fit(X, y, weights).influence(X, y, weights)
            tables.append(influence.cooks_distance)
        assert np.isfinite(tables[0]).all()
        for other in tables[1:]:
            np.testing.assert_allclose(other, tables[0], rtol=1e-9)

    def test_scores_of_two_classes_are_one_column(self):
        X, y, _ = problem(10, 20, 2, 2)
        influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        assert influence.loo_scores.shape == (20,)
        np.testing.assert_array_equal(influence.loo_predictions, influence.loo_scores > 0)

    def test_nothing_is_left_to_chance_where_rows_are_met_exactly(self):
        X, y, _ = problem(11, 4, 8, 2)
        influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        assert np.isnan(influence.cooks_distance).all()
        assert np.isfinite(influence.shift).all()

    def test_no_less_than_one_row(self):
        model, X, labels = self.model()
        for top in (0, -1):
            with pytest.raises(ValueError, match=f"top={top}: expected an integer at least 1"):
                model.influence(X, labels).table(top)

    def test_rows_that_are_none(self):
        model, X, labels = self.model()
        influence = model.influence(X, labels)
        with pytest.raises(IndexError, match="no row 20: the table has 20"):
            influence.loo_coef([3, 20])
        with pytest.raises(IndexError, match="no row -1"):
            influence.loo_coef(-1)
        with pytest.raises(TypeError, match="expected a list of row numbers"):
            influence.loo_coef([1.5])

    def test_it_does_not_depend_on_the_number_of_workers(self, monkeypatch):
        X, y, w = problem(12, 9000, 6, 3)
        model = LeastSquaresClassifier().fit(X, y, w)
        answers = []
        for workers in (1, 2, 4):
            monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda *_, n=workers: n)
            with threadpool_limits(workers):
                influence = model.influence(X, y, w)
                coef, _ = influence.loo_coef(np.arange(3000))
            answers.append((influence.leverage, influence.loo_residuals, influence.shift, coef))
        for other in answers[1:]:
            for one, two in zip(answers[0], other, strict=True):
                np.testing.assert_array_equal(one, two)


def test_columns_of_zeros_without_intercept():
    """Nothing is fitted, so that no row moves anything."""
    X, y = np.zeros((6, 2)), [0, 1, 0, 1, 1, 0]
    influence = LeastSquaresClassifier(fit_intercept=False).fit(X, y).influence(X, y)
    assert (influence.leverage == 0).all()
    assert (influence.shift == 0).all()
    assert np.isnan(influence.cooks_distance).all()
    assert (influence.loo_residuals[:, 0] == [-1, 1, -1, 1, 1, -1]).all()
    assert len(influence.table()["row"]) == 6


class TestRefusals:
    def fitted(self, **options):
        X, y, w = problem(13, 50, 3, 3)
        return LeastSquaresClassifier(**options).fit(X, y, w), X, y, w

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_other_rows(self, alpha):
        model, X, y, w = self.fitted(alpha=alpha)
        other = X.copy()
        other[3, 1] += 1.0
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(other, y, w)
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, np.roll(y, 1), w)
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, y, w * np.linspace(0.9, 1.1, 50))
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, y, 2.0 * w)
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X[:-1], y[:-1], w[:-1])

    def test_rows_too_far_apart_for_float64(self):
        X, y, _w = problem(24, 200, 10, 2)
        X[5] *= 1e15
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.raises(ValueError, match="rounding hides what the others do"):
            model.influence(X, y)

    def test_other_rows_of_the_same_sums(self):
        X, y, _w = problem(23, 3000, 2, 2)
        model = LeastSquaresClassifier().fit(X, y)
        one, other = 1500 + np.flatnonzero(y[1500:] == 1)[:2]
        X[one, 0] += 5.0
        X[other, 0] -= 5.0  # means and products with the targets stay, squares do not
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, y)

    def test_other_rows_of_a_wide_table(self):
        X, y, _ = problem(14, 12, 1500, 2)
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, np.roll(y, 1))

    def test_weightless_rows_unknown_labels_and_bad_values(self):
        model, X, y, w = self.fitted()
        with pytest.raises(ValueError, match="Row 4 weighs nothing"):
            model.influence(X, y, np.where(np.arange(50) == 4, 0.0, w))
        with pytest.raises(ValueError, match="y holds 9 in row 2, which is none of the 3 known"):
            model.influence(X, np.where(np.arange(50) == 2, 9, y), w)
        bad = X.copy()
        bad[6, 2] = np.nan
        with pytest.raises(ValueError, match=r"NaN: row 6, column 2"):
            model.influence(bad, y, w)

    def test_robust_fits(self):
        model, X, y, w = self.fitted(robust=True)
        with pytest.raises(ValueError, match="that of plain least squares"):
            model.influence(X, y, w)
        plain = LeastSquaresClassifier().fit(X, y, w * model.robust_weights_)
        np.testing.assert_allclose(plain.coef_, model.coef_, rtol=1e-8, atol=1e-10)
        plain.influence(X, y, w * model.robust_weights_)

    def test_what_is_left_without_a_row_is_looked_at(self, monkeypatch):
        X, y, _ = problem(18, 30, 2, 2)
        X[4] *= 1e6
        model = LeastSquaresClassifier().fit(X, y)
        monkeypatch.setattr(high_leverage, "solve", lambda *_, **__: None)
        with pytest.raises(ValueError, match="X without row 4 has a range beyond float64"):
            model.influence(X, y)

    def test_a_decomposition_that_fails_is_not_used(self, monkeypatch):
        X, y, _ = problem(19, 30, 2, 2)
        failed = (np.ones(2), np.eye(2), np.eye(2), np.ones(2), np.zeros(3), 1)
        monkeypatch.setattr(svd, "dgejsv", lambda *_, **__: failed)
        model = LeastSquaresClassifier(0.1).fit(X * [1.0, 1e9], y)
        with pytest.raises(np.linalg.LinAlgError, match="dgejsv returned 1"):
            model.influence(X * [1.0, 1e9], y)
