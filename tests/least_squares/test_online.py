"""partial_fit and forget: moments merged and taken apart, against fits to the rows."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium import LeastSquaresClassifier
from trivium.least_squares import solve
from trivium.least_squares.gram import gather
from trivium.least_squares.online import class_weights
from trivium.least_squares.table import Table

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

    def test_digits_that_are_gone_are_said_to_be(self):
        X, y, _ = problem(10, 100, 3, 2)
        X[7, 1] *= 1e6
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.warns(RuntimeWarning, match=r"so far in column 1, beside .* lost half"):
            model.forget(X[[7]], y[[7]])

    @pytest.mark.parametrize("seed", range(25))
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
            moments = gather(Table(X, y, n_classes, 1e6 * w), centred=True)
            np.testing.assert_allclose(
                class_weights(moments, n_classes), 1e6 * np.bincount(y, w), rtol=1e-12
            )

    def test_masking_is_not_looked_at(self):
        X, y, _ = problem(13, 50, 2, 3)
        model = LeastSquaresClassifier().fit(X, y)
        assert hasattr(model, "masked_classes_")
        assert not hasattr(model.forget(X[:3], y[:3]), "masked_classes_")
