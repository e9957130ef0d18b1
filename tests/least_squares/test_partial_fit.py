"""partial_fit and forget: moments merged and taken apart, against fits to the rows."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from tests.least_squares.tables import table_of

from trivium import LeastSquaresClassifier
from trivium.least_squares import classifier
from trivium.least_squares.solving import solve
from trivium.least_squares.solving.centred_sums import centred_sums
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.exact_sums import sum_exactly
from trivium.least_squares.solving.moments import few_hold_spread, gather
from trivium.rows.memory import ArrayRows

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    scale, offset = np.exp(rng.normal(scale=3, size=d)), rng.normal(scale=10, size=d)
    return (rng.normal(size=(n, d)) + y[:, None] * 0.4 + offset) * scale, y, rng.uniform(0.2, 3, n)


def assert_same(one, other, X, rtol=1e-9):
    size = max(1.0, np.abs(other.coef_ * np.ptp(X, axis=0)).max())
    np.testing.assert_allclose(
        one.coef_ * np.ptp(X, axis=0), other.coef_ * np.ptp(X, axis=0), rtol=0, atol=rtol * size
    )
    np.testing.assert_allclose(
        X @ one.coef_.T + one.intercept_, X @ other.coef_.T + other.intercept_, atol=rtol * size
    )
    assert one.rank_ == other.rank_


class TestPartialFit:
    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        cuts=st.lists(st.integers(0, 60), min_size=0, max_size=4),
        n_classes=st.integers(2, 4),
        alpha=st.sampled_from([0.0, 0.1]),
        fit_intercept=st.booleans(),
        sort=st.booleans(),
    )
    def test_any_chunks_make_one_fit(self, seed, cuts, n_classes, alpha, fit_intercept, sort):
        X, y, w = problem(seed, 60, 3, n_classes)
        if sort:  # chunks of one class
            order = np.argsort(y, kind="stable")
            X, y, w = X[order], y[order], w[order]
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept)
        edges = sorted({0, *cuts, 60})
        for start, stop in itertools.pairwise(edges):
            some = slice(start, stop)
            model.partial_fit(X[some], y[some], np.arange(n_classes), w[some])
        whole = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, w)
        assert_same(model, whole, X)

    def test_it_goes_on_from_a_fit_and_then_tells_influence(self):
        X, y, w = problem(1, 80, 4, 3)
        model = LeastSquaresClassifier().fit(X[:50], y[:50], w[:50])
        model.partial_fit(X[50:], y[50:], sample_weight=w[50:])
        whole = LeastSquaresClassifier().fit(X, y, w)
        assert_same(model, whole, X)
        np.testing.assert_allclose(
            model.influence(X, y, w).shift, whole.influence(X, y, w).shift, rtol=1e-8
        )

    @pytest.mark.parametrize("first", [1, 40])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize(("alpha", "n_classes"), [(0.0, 3), (0.0, 2), (0.1, 3)])
    def test_influence_after_parts_is_that_after_one_fit(self, first, weighted, alpha, n_classes):
        """The sums' weights are scaled, whether rows have any or not."""
        X, y, w = problem(3, 80, 4, n_classes)
        w = w if weighted else None
        model = LeastSquaresClassifier(alpha)
        for part in (slice(0, first), slice(first, 80)):
            model.partial_fit(
                X[part], y[part], np.arange(n_classes), None if w is None else w[part]
            )
        found = model.influence(X, y, w)
        whole = LeastSquaresClassifier(alpha).fit(X, y, w).influence(X, y, w)
        for name in ("leverage", "cooks_distance", "loo_residuals", "loo_scores", "shift"):
            np.testing.assert_allclose(
                getattr(found, name), getattr(whole, name), rtol=1e-7, atol=1e-12, err_msg=name
            )
        for one, other in zip(found.loo_coef([5]), whole.loo_coef([5]), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)

    def test_chunks_of_other_units(self):
        X, y, _ = problem(2, 60, 3, 2)
        X[30:] *= [1e6, 1e-6, 1.0]
        model = LeastSquaresClassifier()
        model.partial_fit(X[:30], y[:30], [0, 1]).partial_fit(X[30:], y[30:])
        assert_same(model, LeastSquaresClassifier().fit(X, y), X, rtol=1e-7)

    def test_fewer_rows_than_columns_at_first(self):
        X, y, _ = problem(3, 40, 6, 2)
        model = LeastSquaresClassifier().partial_fit(X[:3], y[:3], [0, 1])
        assert model.rank_ == 2
        for start in range(3, 40, 3):
            model.partial_fit(X[start : start + 3], y[start : start + 3])
        assert_same(model, LeastSquaresClassifier().fit(X, y), X)

    def test_dependent_columns_stay_known(self):
        X, y, _ = problem(4, 60, 2, 2)
        X = np.column_stack([X, X[:, 0] / X[0, 0] + X[:, 1] / X[0, 1]])
        model = LeastSquaresClassifier().partial_fit(X[:20], y[:20], [0, 1])
        model.partial_fit(X[20:], y[20:])
        whole = LeastSquaresClassifier().fit(X, y)
        assert model.rank_ == whole.rank_ == 2
        np.testing.assert_allclose(
            model.decision_function(X), whole.decision_function(X), rtol=0, atol=1e-6
        )

    @pytest.mark.parametrize("n_chunks", [2, 20, 100, 400])
    def test_dependent_columns_in_many_chunks(self, n_chunks):
        rng = np.random.default_rng(15)
        X = rng.normal(size=(20_000, 2)) + 1.0
        X = np.column_stack([X, X @ [0.3, 0.7]])
        y = rng.integers(0, 2, size=20_000)
        model = LeastSquaresClassifier()
        for chunk in np.array_split(np.arange(20_000), n_chunks):
            model.partial_fit(X[chunk], y[chunk], [0, 1])
        whole = LeastSquaresClassifier().fit(X, y)
        assert model.rank_ == whole.rank_ == 2
        np.testing.assert_allclose(model.coef_, whole.coef_, rtol=0, atol=1e-6)

    def test_refusals(self):
        X, y, _ = problem(5, 30, 2, 3)
        new = LeastSquaresClassifier()
        with pytest.raises(ValueError, match="classes are needed in the first call"):
            new.partial_fit(X, y)
        with pytest.raises(ValueError, match="expected at least two classes, each given once"):
            new.partial_fit(X, y, [1])
        with pytest.raises(ValueError, match="each given once"):
            new.partial_fit(X, y, [0, 1, 1])
        with pytest.raises(ValueError, match="y holds 2 in row 2, which is none of the 2 known"):
            new.partial_fit(X, y, [0, 1])
        assert not hasattr(new, "coef_")
        new.partial_fit(X, y, [0, 1, 2])
        with pytest.raises(ValueError, match="are not those of the first call"):
            new.partial_fit(X, y, [0, 1, 3])
        with pytest.raises(ValueError, match="features"):
            new.partial_fit(X[:, :1], y)
        before = new.coef_.copy()
        X[4, 1] = np.nan
        with pytest.raises(ValueError, match="NaN: row 4, column 1"):
            new.partial_fit(X, y)
        np.testing.assert_array_equal(new.coef_, before)

    @pytest.mark.parametrize("options", [{"robust": True}, {"calibration": "sigmoid"}])
    def test_what_has_to_see_all_rows(self, options):
        X, y, _ = problem(6, 30, 2, 2)
        model = LeastSquaresClassifier(**options).fit(X, y)
        for method in ("partial_fit", "forget"):
            assert not hasattr(model, method)
            with pytest.raises(AttributeError, match="has no attribute") as caught:
                getattr(model, method)
            assert f"do not see all rows, as {next(iter(options))} needs" in str(
                caught.value.__cause__
            )

    def test_what_cannot_change_on_the_way(self):
        X, y, _ = problem(14, 30, 2, 2)
        model = LeastSquaresClassifier().fit(X, y).set_params(fit_intercept=False)
        with pytest.raises(ValueError, match="from a fit with fit_intercept=True"):
            model.partial_fit(X, y)
        with pytest.raises(ValueError, match="from a fit with fit_intercept=True"):
            model.forget(X[:3], y[:3])
        robust = LeastSquaresClassifier(robust=True).fit(X, y).set_params(robust=False)
        with pytest.raises(ValueError, match="cannot go on from a robust fit"):
            robust.partial_fit(X, y)

    def test_a_wide_fit_has_kept_no_moments(self, monkeypatch):
        monkeypatch.setattr(solve, "_MANY_COLUMNS", 4)
        X, y, _ = problem(7, 5, 6, 2)
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.raises(ValueError, match="forget needs the moments of the columns"):
            model.forget(X[:1], y[:1])
        with pytest.raises(ValueError, match="partial_fit needs the moments"):
            model.partial_fit(X, y)


def assert_one_fit(model, X, y, n_classes, w=None, **options):
    """Compare with what `fit` solves, all classes known, whichever of them remain."""
    table = table_of(np.ascontiguousarray(X), y, n_classes, w)
    alpha, centred = options.get("alpha", 0.0), options.get("fit_intercept", True)
    right = solve.solve(table, alpha, centred=centred).solution
    assert model.rank_ == right.rank
    np.testing.assert_array_equal(model.aliased_, right.aliased)
    size = np.abs(right.coef).max(initial=0.0)
    np.testing.assert_allclose(model.coef_.T, right.coef, rtol=0, atol=1e-8 * size)
    np.testing.assert_allclose(model.intercept_, right.intercept, rtol=1e-8, atol=1e-8)


class TestColumnsThatDoNotVary:
    def test_a_constant_one(self):
        X = [[1, 5, 1], [-2, 5, 3], [1, 5, -1], [2, 5, 3], [3, 5, -3], [-3, 5, 0], [-3, 5, 2]]
        X, y = np.array(X, float), np.arange(7) % 2
        model = LeastSquaresClassifier().partial_fit(X, y, [0, 1])
        A = X - X.mean(axis=0)
        b = np.where(y == 1, 1.0, -1.0)
        coef = np.linalg.lstsq(A, b - b.mean(), rcond=None)[0]
        np.testing.assert_allclose(model.coef_[0], coef, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(model.aliased_, [1])
        assert model.coef_[0, 1] == 0.0
        assert model.rank_ == 2

    def test_digits_in_ten_parts(self):
        X, y = load_digits(return_X_y=True)
        model = LeastSquaresClassifier()
        for part in np.array_split(np.arange(len(X)), 10):
            model.partial_fit(X[part], y[part], np.arange(10))
        assert_one_fit(model, X, y, 10)
        whole = LeastSquaresClassifier().fit(X, y)
        np.testing.assert_array_equal(model.predict(X), whole.predict(X))
        np.testing.assert_array_equal(model.aliased_, [0, 32, 39])
        model.forget(X[500:], y[500:])
        assert_one_fit(model, X[:500], y[:500], 10)

    @settings(max_examples=60, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        kind=st.sampled_from(["one-hot", "counts", "constant", "normal", "twice"]),
        ending=st.sampled_from(["", "constant", "dependent", "outlier"]),
        scale=st.sampled_from([0, 6]),
        n_classes=st.integers(2, 4),
        weighted=st.booleans(),
        alpha=st.sampled_from([0.0, 0.0, 0.1]),
        fit_intercept=st.booleans(),
        fit_first=st.booleans(),
    )
    def test_whatever_came_and_went(
        self, seed, kind, ending, scale, n_classes, weighted, alpha, fit_intercept, fit_first
    ):
        rng = np.random.default_rng(seed)
        n = 40
        normal = rng.normal(size=(n, 3))
        X = {
            "one-hot": np.hstack([np.eye(4)[rng.integers(0, 4, n)], normal[:, :1]]),
            "counts": rng.poisson(0.3, size=(n, 4)).astype(float),
            "constant": np.column_stack([normal, np.full(n, 0.1), np.full(n, -7.3e4)]),
            "normal": normal,
            "twice": np.hstack([normal, -2.0 * normal[:, :2]]),
        }[kind]
        X = (X + scale * rng.normal(size=X.shape[1])) * 10.0 ** rng.integers(
            -scale, scale + 1, size=X.shape[1]
        )
        y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
        w = rng.uniform(0.2, 3.0, size=n) if weighted else np.ones(n)
        gone = rng.permutation(np.arange(n_classes, n))[: rng.integers(1, 25)]
        rest = np.setdiff1d(np.arange(n), gone)
        if ending == "constant":
            X[rest, 1] = 0.1
        elif ending == "dependent":
            X[rest, 1] = -0.5 * X[rest, 2]
        elif ending == "outlier":
            X[gone[0], 1] = 1e12
        options = {"alpha": alpha, "fit_intercept": fit_intercept}
        model = LeastSquaresClassifier(**options)
        parts = np.array_split(
            np.r_[np.arange(n_classes), rng.permutation(n - n_classes) + n_classes], 4
        )
        if fit_first:
            some = parts.pop(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(X[some], y[some], w[some])
        for some in parts:
            model.partial_fit(X[some], y[some], np.arange(n_classes), w[some])
        for some in np.array_split(gone, 3):
            if some.size:
                model.forget(X[some], y[some], w[some])
        assert_one_fit(model, X[rest], y[rest], n_classes, w[rest], **options)

    def test_after_a_fit_to_many_rows_whose_sums_were_rounded(self, monkeypatch):
        monkeypatch.setattr(classifier, "_CHEAP", 0.0)
        monkeypatch.setattr(classifier, "_WORTH_IT", 0.0)
        monkeypatch.setattr(solve, "_CHEAP_BESIDE_ROWS", 0.0)
        rng = np.random.default_rng(17)
        for fit_intercept in (True, False):
            X = np.column_stack([rng.normal(size=(60, 2)), np.arange(60) < 10, np.full(60, 0.3)])
            y = rng.integers(0, 3, size=60)
            options = {"fit_intercept": fit_intercept}
            model = LeastSquaresClassifier(**options).fit(X[:40], y[:40])
            assert model._sums is None
            model.partial_fit(X[40:], y[40:])
            assert_one_fit(model, X, y, 3, **options)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                model.forget(X[:10], y[:10])  # the third column is constant then
            assert_one_fit(model, X[10:], y[10:], 3, **options)

    def test_nearly_dependent_columns_keep_their_digits(self):
        rng = np.random.default_rng(18)
        X = rng.normal(size=(60, 3))
        X[:, 2] = X[:, 0] + 1e-7 * X[:, 2]
        y = rng.integers(0, 2, size=60)
        model = LeastSquaresClassifier()
        for some in np.array_split(np.arange(60), 5):
            model.partial_fit(X[some], y[some], [0, 1])
        assert model.rank_ == 3
        table = Table(ArrayRows(X), np.where(y == 1, 1.0, -1.0)[:, None])
        by_rows = solve.by_rows(table, solve.take(table, centred=True)[0], 0.0)
        np.testing.assert_allclose(model.coef_.T, by_rows.coef, rtol=1e-6)
        assert_one_fit(model, X, y, 2)


class TestMoreRowsThanSumsAreExactOfByRule:
    @staticmethod
    def table(d=60):
        X = np.random.default_rng(19).normal(size=(5000, d))
        return X, (X[:, 0] + X[:, 1] > 0).astype(int)

    @staticmethod
    def wild(X, power):
        X[:5, 8] *= 10.0**power
        return slice(5)

    @staticmethod
    def wild_and_sparse(X, power):
        X[:, 8] = np.random.default_rng(20).random(len(X)) < 1e-3
        X[:5, 8] = 10.0**power
        return slice(5)

    @staticmethod
    def nearly_dependent(X, power):
        X[:, 5] += 10.0**power
        X[:, 6] = X[:, 5] + X[:, 7]
        return slice(50)

    @classmethod
    def nearly_dependent_beside_dependent(cls, X, power):
        X[:, 9:12] = np.eye(3)[np.arange(len(X)) % 3]
        return cls.nearly_dependent(X, power)

    @pytest.mark.parametrize("fit_intercept", [True, False])
    @pytest.mark.parametrize("power", [4, 7, 9])
    @pytest.mark.parametrize(
        "change",
        ["wild", "wild_and_sparse", "nearly_dependent", "nearly_dependent_beside_dependent"],
    )
    def test_what_is_left_is_one_fit(self, change, power, fit_intercept):
        X, y = self.table()
        gone = getattr(self, change)(X, power)
        options = {"fit_intercept": fit_intercept}
        model = LeastSquaresClassifier(**options).fit(X, y).forget(X[gone], y[gone])
        rest = LeastSquaresClassifier(**options)
        rest.partial_fit(X[gone.stop :], y[gone.stop :], [0, 1])
        assert model.rank_ == rest.rank_
        np.testing.assert_array_equal(model.aliased_, rest.aliased_)
        size = 1e-8 * np.abs(rest.coef_).max()
        np.testing.assert_allclose(model.coef_, rest.coef_, rtol=1e-8, atol=size)
        if not change.startswith("nearly"):  # of which a fit to the rows knows fewer digits
            fit = LeastSquaresClassifier(**options).fit(X[gone.stop :], y[gone.stop :])
            np.testing.assert_allclose(model.coef_, fit.coef_, rtol=1e-8, atol=size)
            assert model.rank_ == fit.rank_ == 60

    def test_wild_weights(self):
        X, y = self.table()
        w = np.where(np.arange(5000) < 3, 1e7, 1.0)
        model = LeastSquaresClassifier().fit(X, y, w).forget(X[:3], y[:3], w[:3])
        rest = LeastSquaresClassifier().fit(X[3:], y[3:])
        np.testing.assert_allclose(model.coef_, rest.coef_, rtol=1e-10, atol=1e-12)

    def test_tables_of_ordinary_columns_need_no_exact_sums(self):
        X, y = self.table(8)
        X[:, 4] = np.random.default_rng(21).random(5000) < 1e-3
        X[:, 5] = np.random.default_rng(22).poisson(0.3, size=5000)
        X[:, 6] = np.exp(X[:, 6])
        X[:, 7] = 1e9
        for centred in (True, False):
            for w in (None, np.random.default_rng(23).uniform(0.1, 5.0, size=5000)):
                table = table_of(X, y, 2, w)
                moments = gather(table, centred=centred)
                assert not few_hold_spread(moments, table, centred=centred)

    def test_columns_that_depend_need_no_exact_sums(self):
        X, y = self.table()
        X[:, 3] = X[:, 4]
        X[:, 9:12] = np.eye(3)[np.arange(len(X)) % 3]
        model = LeastSquaresClassifier().fit(X, y)
        assert model._sums is None
        model.forget(X[:3000], y[:3000])
        rest = LeastSquaresClassifier().fit(X[3000:], y[3000:])
        np.testing.assert_array_equal(model.aliased_, rest.aliased_)
        assert_same(model, rest, X)

    def test_of_still_more_rows_a_column_that_noise_swamps_is_the_one_left_out(self, monkeypatch):
        monkeypatch.setattr(classifier, "_WORTH_IT", 0.0)
        X, y = self.table()
        X[:5, 8:20] *= 1e9
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.warns(RuntimeWarning, match=r"column 8, column 9, .*column 15 and 4 more, "):
            model.forget(X[:5], y[:5])
        np.testing.assert_array_equal(model.aliased_, np.arange(8, 20))
        assert not model.coef_[0, 8:20].any()
        others = np.setdiff1d(np.arange(60), np.arange(8, 20))
        rest = LeastSquaresClassifier().fit(X[5:, others], y[5:])
        np.testing.assert_allclose(model.coef_[:, others], rest.coef_, atol=1e-3)

    def test_of_still_more_rows_what_counts_as_dependent_is_said(self, monkeypatch):
        monkeypatch.setattr(classifier, "_CHEAP", 0.0)
        X, y = self.table(5)
        X[:4000, 3] += X[:4000, 2]
        X[4000:, 3] = X[4000:, 2] + 1e-9 * X[4000:, 3]
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.warns(RuntimeWarning, match="What is left of column 3 beside other columns"):
            model.forget(X[:4000], y[:4000])
        assert model.rank_ == 4
        np.testing.assert_array_equal(model.aliased_, [3])


class TestWeightsFarApart:
    @pytest.mark.parametrize("most", [1e90, 1e200, 1e308])
    def test_parts_make_one_fit(self, most):
        rng = np.random.default_rng(24)
        X = rng.normal(size=(40, 2))
        y = (X[:, 0] + rng.normal(size=40) * 0.5 > 0).astype(int)
        w = rng.uniform(0.2, 3.0, size=40)
        w[3] = most
        fit = LeastSquaresClassifier().fit(X, y, w)
        model = LeastSquaresClassifier().partial_fit(X[:20], y[:20], [0, 1], w[:20])
        model.partial_fit(X[20:], y[20:], sample_weight=w[20:])
        assert model.rank_ == 2
        np.testing.assert_allclose(model.coef_, fit.coef_, rtol=1e-10)
        # The row of that weight is met: the others are fitted by a function through it.
        target = np.where(y == 1, 1.0, -1.0)
        root = np.sqrt(np.delete(w, 3))
        away = np.delete(X - X[3], 3, axis=0) * root[:, None]
        through = np.linalg.lstsq(away, np.delete(target - target[3], 3) * root)[0]
        np.testing.assert_allclose(model.coef_[0], through, rtol=1e-10)


class TestPartsThatWeighNothing:
    def test_they_add_nothing(self):
        X, y, w = problem(16, 40, 3, 3)
        model = LeastSquaresClassifier().partial_fit(X, y, [0, 1, 2], w)
        before = model.coef_.copy()
        model.partial_fit(X[:5] + 9.0, y[:5], sample_weight=np.zeros(5))
        model.partial_fit(X[:5] + 9.0, y[:5], sample_weight=0)
        model.forget(X[:5] - 3.0, y[:5], np.zeros(5))
        np.testing.assert_array_equal(model.coef_, before)

    def test_the_first_one_leaves_the_answer_to_no_rows(self):
        X, y, w = problem(16, 40, 3, 3)
        model = LeastSquaresClassifier().partial_fit(X, y, [0, 1, 2], np.zeros(40))
        assert not model.coef_.any()
        assert not model.intercept_.any()
        assert model.rank_ == 0
        np.testing.assert_array_equal(model.aliased_, [0, 1, 2])
        with pytest.raises(ValueError, match="weigh 40, and those .* to 0: nothing would be left"):
            model.forget(X, y)
        with pytest.raises(ValueError, match="not the rows, labels and weights"):
            model.influence(X, y)
        model.partial_fit(X, y, sample_weight=w)
        assert_one_fit(model, X, y, 3, w)

    def test_what_is_wrong_with_them_is_still_said(self):
        X, y, _ = problem(16, 40, 3, 3)
        new = LeastSquaresClassifier()
        with pytest.raises(ValueError, match="classes are needed"):
            new.partial_fit(X, y, sample_weight=np.zeros(40))
        with pytest.raises(ValueError, match=r"shape \(39,\)"):
            new.partial_fit(X, y, [0, 1, 2], np.zeros(39))
        with pytest.raises(ValueError, match="none of the 2 known classes"):
            new.partial_fit(X, y, [0, 1], np.zeros(40))
        X[3, 1] = np.nan
        with pytest.raises(ValueError, match="NaN: row 3, column 1"):
            new.partial_fit(X, y, [0, 1, 2], np.zeros(40))
        assert not hasattr(new, "coef_")


class TestForget:
    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n_gone=st.integers(1, 40),
        n_classes=st.integers(2, 4),
        alpha=st.sampled_from([0.0, 0.1]),
        fit_intercept=st.booleans(),
    )
    def test_equals_a_fit_to_the_rest(self, seed, n_gone, n_classes, alpha, fit_intercept):
        X, y, w = problem(seed, 60, 3, n_classes)
        gone = np.random.default_rng(seed + 1).permutation(np.arange(n_classes, 60))[:n_gone]
        rest = np.setdiff1d(np.arange(60), gone)
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, w)
        model.forget(X[gone], y[gone], w[gone])
        whole = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept)
        assert_same(model, whole.fit(X[rest], y[rest], w[rest]), X)

    def test_part_of_a_weight(self):
        X, y, w = problem(8, 40, 3, 3)
        model = LeastSquaresClassifier().fit(X, y, w)
        model.forget(X[5:9], y[5:9], 0.5 * w[5:9])
        w[5:9] *= 0.5
        assert_same(model, LeastSquaresClassifier().fit(X, y, w), X)

    @pytest.mark.parametrize("scale", [1.0, 1e3])
    def test_an_outlier(self, scale):
        X, y, _ = problem(9, 100, 3, 2)
        X[7] *= scale
        model = LeastSquaresClassifier().fit(X, y).forget(X[[7]], y[[7]])
        keep = np.arange(100) != 7
        assert_same(
            model, LeastSquaresClassifier().fit(X[keep], y[keep]), X[keep], 1e-14 * scale**2 + 1e-9
        )

    def test_digits_that_are_gone_are_said_to_be(self, monkeypatch):
        monkeypatch.setattr(classifier, "_CHEAP", 0.0)
        monkeypatch.setattr(classifier, "_WORTH_IT", 0.0)
        X, y, _ = problem(10, 100, 3, 2)
        X[7, 1] *= 1e6
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.warns(RuntimeWarning, match=r"so far in column 1, beside .* lost half"):
            model.forget(X[[7]], y[[7]])

    @pytest.mark.parametrize("seed", range(4))
    def test_a_window_in_which_a_rare_dummy_comes_and_goes(self, seed):
        rng = np.random.default_rng(seed)
        X = np.column_stack([rng.normal(size=400), rng.random(400) < 0.02]).astype(float)
        y = np.arange(400) % 2
        model = LeastSquaresClassifier().fit(X[:100], y[:100])
        for stop in range(110, 401, 10):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                model.partial_fit(X[stop - 10 : stop], y[stop - 10 : stop])
                model.forget(X[stop - 110 : stop - 100], y[stop - 110 : stop - 100])
            window = slice(stop - 100, stop)
            fresh = LeastSquaresClassifier().fit(X[window], y[window])
            assert model.rank_ == fresh.rank_
            np.testing.assert_allclose(model.coef_, fresh.coef_, rtol=0, atol=1e-9)

    def test_rows_that_cannot_be_among_those_fitted(self):
        X, y, _ = problem(11, 40, 3, 3)
        model = LeastSquaresClassifier().fit(X, y)
        before = model.coef_.copy()
        with pytest.raises(ValueError, match="weigh 40, and those .* 40: nothing would be left"):
            model.forget(X, y)
        ones = np.count_nonzero(y == 1)
        with pytest.raises(ValueError, match=f"weigh {ones + 1} in class 1, of which .* {ones}"):
            model.forget(X[: ones + 1], np.ones(ones + 1, dtype=int))
        far = X[:3].copy()
        far[0, 2] += 1e3 * np.ptp(X[:, 2])
        with pytest.raises(ValueError, match="spread farther in column 2"):
            model.forget(far, y[:3])
        np.testing.assert_array_equal(model.coef_, before)

    def test_weights_of_classes(self):
        for n_classes in (2, 4):
            X, y, w = problem(12, 50, 2, n_classes)
            sums = sum_exactly(table_of(X, y, n_classes, 1e6 * w))
            about = centred_sums(sums, centred=True)
            given = np.ldexp(about.class_weights, about.moments.scaling.weight_exponent)
            np.testing.assert_allclose(given, 1e6 * np.bincount(y, w), rtol=1e-15)

    def test_masking_is_not_looked_at(self):
        X, y, _ = problem(13, 50, 2, 3)
        model = LeastSquaresClassifier().fit(X, y)
        assert hasattr(model, "masked_classes_")
        assert not hasattr(model.forget(X[:3], y[:3]), "masked_classes_")
