"""LeastSquaresClassifier: the normal equations, the contracts, the sheet, and bad input."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV

EPS = np.finfo(float).eps

# Small random tables often have a class that is nowhere the greatest; tests of that say so.
pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n=60, d=3, n_classes=3):
    """Overlapping classes, each present, with weights."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, size=n - n_classes)]
    X = rng.normal(size=(n, d)) + 0.7 * rng.normal(size=(n_classes, d))[y]
    return X, y, rng.uniform(0.1, 3.0, size=n)


def coded(y, n_classes):
    return np.where(y == 1, 1.0, -1.0)[:, None] if n_classes == 2 else np.eye(n_classes)[y]


def objective(X, Y, w, alpha, coef, intercept):
    """The documented objective, plainly."""
    residual = Y - (X @ coef.T + intercept)
    return w @ (residual**2).sum(axis=1) / w.sum() + alpha * (coef**2).sum()


def plain_fit(X, Y, w, alpha):
    """Augmented, centred rows through numpy.linalg.lstsq."""
    mean_x, mean_y = np.average(X, axis=0, weights=w), np.average(Y, axis=0, weights=w)
    root = np.sqrt(w)[:, None]
    penalty = np.sqrt(alpha * w.sum()) * np.eye(X.shape[1])
    rows = np.vstack([root * (X - mean_x), penalty])
    right = np.vstack([root * (Y - mean_y), np.zeros((X.shape[1], Y.shape[1]))])
    coef = np.linalg.lstsq(rows, right, rcond=1e-12)[0].T
    return coef, mean_y - coef @ mean_x


class TestObjective:
    @settings(max_examples=40, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(8, 40),
        d=st.integers(1, 6),
        n_classes=st.integers(2, 4),
        alpha=st.sampled_from([0.0, 1e-6, 0.1, 10.0]),
        fit_intercept=st.booleans(),
    )
    def test_gradient_is_zero_by_central_differences(
        self, seed, n, d, n_classes, alpha, fit_intercept
    ):
        X, y, w = problem(seed, n, d, n_classes)
        model = LeastSquaresClassifier(alpha, fit_intercept=fit_intercept).fit(X, y, w)
        Y = coded(y, n_classes)
        n_targets = 1 if n_classes == 2 else n_classes
        assert model.coef_.shape == (n_targets, d)
        assert model.intercept_.shape == (n_targets,)

        def loss(coef, intercept):
            return objective(X, Y, w, alpha, coef, intercept)

        # The objective is quadratic: central differences are exact for any step.
        at_solution = loss(model.coef_, model.intercept_)
        allowed = 1e3 * EPS * (1.0 + alpha) * max(1.0, np.abs(model.coef_).max())
        for index in np.ndindex(model.coef_.shape):
            step = np.zeros_like(model.coef_)
            step[index] = 0.5
            ahead = loss(model.coef_ + step, model.intercept_)
            behind = loss(model.coef_ - step, model.intercept_)
            assert abs(ahead - behind) <= allowed
            assert min(ahead, behind) >= at_solution - allowed
        if fit_intercept:
            for target in range(n_targets):
                step = np.zeros(n_targets)
                step[target] = 0.5
                difference = loss(model.coef_, model.intercept_ + step) - loss(
                    model.coef_, model.intercept_ - step
                )
                assert abs(difference) <= allowed
        else:
            assert not model.intercept_.any()

    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        d=st.integers(1, 6),
        n_classes=st.integers(2, 4),
        weighted=st.booleans(),
    )
    def test_residuals_are_orthogonal_to_weighted_centred_columns(
        self, seed, d, n_classes, weighted
    ):
        X, y, w = problem(seed, 50, d, n_classes)
        model = LeastSquaresClassifier().fit(X, y, w if weighted else None)
        if not weighted:
            w = np.ones(50)
        residual = coded(y, n_classes) - (X @ model.coef_.T + model.intercept_)
        centred = X - np.average(X, axis=0, weights=w)
        np.testing.assert_allclose((w[:, None] * centred).T @ residual, 0.0, atol=1e-11)
        np.testing.assert_allclose(w @ residual, 0.0, atol=1e-11)

    @pytest.mark.parametrize("alpha", [0.0, 1e-8, 1e-3, 1.0, 1e6])
    @pytest.mark.parametrize("n_classes", [2, 3, 7])
    def test_equals_the_plain_fit(self, alpha, n_classes):
        X, y, w = problem(0, 90, 5, n_classes)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        coef, intercept = plain_fit(X, coded(y, n_classes), w, alpha)
        np.testing.assert_allclose(model.coef_, coef, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(model.intercept_, intercept, rtol=1e-10, atol=1e-13)

    @pytest.mark.parametrize("alpha", [0.0, 0.2])
    def test_scores_sum_to_one_over_classes(self, alpha):
        X, y, w = problem(1, 50, 4, 5)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        queries = np.random.default_rng(0).normal(scale=10.0, size=(30, 4))
        np.testing.assert_allclose(model.decision_function(queries).sum(axis=1), 1.0, rtol=1e-12)

    def test_a_penalty_beyond_all_measure_leaves_the_mean(self):
        X, y, w = problem(2, 40, 3, 3)
        model = LeastSquaresClassifier(1e300).fit(X, y, w)
        np.testing.assert_allclose(model.coef_, 0.0, atol=1e-200)
        np.testing.assert_allclose(
            model.intercept_, np.average(np.eye(3)[y], axis=0, weights=w), rtol=1e-14
        )


class TestPrediction:
    def test_positive_means_the_second_of_two_classes(self):
        X, y, _ = problem(3, 50, 2, 2)
        model = LeastSquaresClassifier().fit(X, np.array(["no", "yes"])[y])
        scores = model.decision_function(X)
        assert scores.shape == (50,)
        np.testing.assert_array_equal(model.predict(X), np.where(scores > 0, "yes", "no"))

    def test_the_greatest_score_names_the_class(self):
        X, y, _ = problem(4, 50, 2, 4)
        labels = np.array([-5, 0, 3, 40])
        model = LeastSquaresClassifier().fit(X, labels[y])
        scores = model.decision_function(X)
        assert scores.shape == (50, 4)
        np.testing.assert_allclose(
            scores, X @ model.coef_.T + model.intercept_, rtol=1e-12, atol=1e-14
        )
        np.testing.assert_array_equal(model.predict(X), labels[scores.argmax(axis=1)])

    @pytest.mark.parametrize("labels", [["a", "b"] * 2, ["a", "b", "c"] * 2])
    def test_a_tie_goes_to_the_smallest_class(self, labels):
        X = np.zeros((len(labels), 1))
        model = LeastSquaresClassifier().fit(X, labels)
        assert set(model.predict(X)) == {"a"}

    def test_before_fit(self):
        with pytest.raises(NotFittedError):
            LeastSquaresClassifier().predict([[0.0]])


class TestDependentColumns:
    def test_predictions_do_not_see_columns_that_add_nothing(self):
        X, y, _ = problem(5, 60, 3, 3)
        queries = np.random.default_rng(1).normal(size=(20, 3))
        expected = LeastSquaresClassifier().fit(X, y).decision_function(queries)
        more = {
            "duplicate": lambda x: x[:, [0]],
            "combination": lambda x: x @ [[1.0], [-2.0], [0.5]],
            "constant": lambda x: np.full((len(x), 1), 1e3),
            "all of them": lambda x: np.column_stack([x, x[:, 0] - x[:, 2], np.ones(len(x))]),
        }
        for column in more.values():
            wide = np.hstack([X, column(X)])
            model = LeastSquaresClassifier().fit(wide, y)
            got = model.decision_function(np.hstack([queries, column(queries)]))
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
            assert model.rank_ == 3
            assert model.aliased_.size == wide.shape[1] - 3

    def test_a_column_and_its_duplicate_share_alike(self):
        X, y, _ = problem(6, 60, 3, 3)
        lone = LeastSquaresClassifier().fit(X, y)
        twice = LeastSquaresClassifier().fit(np.hstack([X, X[:, :1]]), y)
        np.testing.assert_allclose(twice.coef_[:, 0], lone.coef_[:, 0] / 2, rtol=1e-10)
        np.testing.assert_allclose(twice.coef_[:, 3], lone.coef_[:, 0] / 2, rtol=1e-10)

    def test_a_penalised_duplicate_counts_as_the_column_times_root_two(self):
        X, y, _ = problem(7, 60, 2, 2)
        twice = LeastSquaresClassifier(0.1).fit(np.hstack([X, X[:, :1]]), y)
        scaled = LeastSquaresClassifier(0.1).fit(X * [np.sqrt(2), 1.0], y)
        assert twice.rank_ == 3
        assert twice.aliased_.size == 0
        np.testing.assert_allclose(
            twice.decision_function(np.hstack([X, X[:, :1]])),
            scaled.decision_function(X * [np.sqrt(2), 1.0]),
            rtol=1e-11,
            atol=1e-13,
        )

    def test_aliased_columns_are_named_where_the_table_has_names(self):
        X, y, _ = problem(8, 40, 2, 2)
        table = pd.DataFrame({"age": X[:, 0], "size": X[:, 1], "unit": 1.0, "twice": 2 * X[:, 0]})
        model = LeastSquaresClassifier().fit(table, y)
        assert model.rank_ == 2
        assert model.aliased_[-1] in {"twice", "unit"}
        assert "unit" in model.aliased_
        assert {"age", "twice"} & set(model.aliased_)
        numbered = LeastSquaresClassifier().fit(table.to_numpy(), y).aliased_
        np.testing.assert_array_equal(table.columns[numbered], model.aliased_)

    @pytest.mark.parametrize("offset", [0.0, 10.0, 128.0, 1e4, 1e8])
    def test_fewer_rows_than_columns_have_the_rank_of_the_rows_at_any_offset(self, offset):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(5, 8)) + offset
            model = LeastSquaresClassifier().fit(X, [0, 1, 0, 1, 1])
            assert model.rank_ == 4
            np.testing.assert_allclose(
                model.decision_function(X), [-1, 1, -1, 1, 1], atol=1e-11 * (1 + offset)
            )

    @pytest.mark.parametrize("offset", [0.0, 128.0, 1e4, 1e8])
    def test_a_dependence_is_seen_at_any_offset(self, offset):
        whole = np.random.default_rng(0).integers(-50, 50, size=(60, 3))
        whole = np.column_stack([whole, whole.sum(axis=1)])
        y = np.arange(60) % 2
        expected = LeastSquaresClassifier().fit(whole, y)
        model = LeastSquaresClassifier().fit(whole + offset, y)
        assert model.rank_ == expected.rank_ == 3
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-9)

    def test_every_column_constant(self):
        model = LeastSquaresClassifier().fit(np.full((6, 2), 0.1), ["a", "b", "b"] * 2)
        assert model.rank_ == 0
        np.testing.assert_array_equal(model.coef_, [[0.0, 0.0]])
        np.testing.assert_allclose(model.intercept_, [1 / 3], rtol=1e-14)
        np.testing.assert_array_equal(model.aliased_, [0, 1])
        assert set(model.predict([[5.0, -5.0]])) == {"b"}

    def test_one_row_a_class(self):
        X = np.random.default_rng(2).normal(size=(6, 9))
        model = LeastSquaresClassifier().fit(X, list("fedcba"))
        assert model.rank_ == 5
        np.testing.assert_array_equal(model.predict(X), list("fedcba"))
        np.testing.assert_allclose(model.decision_function(X), np.eye(6)[::-1], rtol=0, atol=1e-12)


class TestScalesAndOffsets:
    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        powers=st.lists(st.integers(-480, 480), min_size=3, max_size=3),
        n_classes=st.integers(2, 3),
        near=st.sampled_from([1.0, 1e-6]),
    )
    def test_scaling_a_column_by_a_power_of_two_is_exact(self, seed, powers, n_classes, near):
        X, y, w = problem(seed, 40, 3, n_classes)
        X[:, 2] = X[:, 0] + near * X[:, 2]  # both ways to solve
        expected = LeastSquaresClassifier().fit(X, y, w)
        model = LeastSquaresClassifier().fit(np.ldexp(X, powers), y, w)
        np.testing.assert_array_equal(np.ldexp(model.coef_, powers), expected.coef_)
        np.testing.assert_array_equal(model.intercept_, expected.intercept_)

    @pytest.mark.parametrize("scale", [1e-150, 1e150, 1e-300, 1e300])
    def test_columns_of_extreme_scale(self, scale):
        X, y, w = problem(9, 50, 3, 3)
        X /= 10
        expected = LeastSquaresClassifier().fit(X, y, w)
        mixed = X * [scale, 1.0, 1.0]
        model = LeastSquaresClassifier().fit(mixed, y, w)
        np.testing.assert_allclose(model.coef_ * [scale, 1.0, 1.0], expected.coef_, rtol=1e-11)
        np.testing.assert_allclose(
            model.decision_function(mixed), expected.decision_function(X), rtol=1e-11, atol=1e-13
        )

    @pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-150, 1e150, 1e200, 1e300])
    def test_extreme_scale_under_a_penalty(self, scale):
        X, y, _ = problem(10, 50, 2, 2)
        X /= 10
        small = scale < 1
        model = LeastSquaresClassifier(0.1).fit(X * [1.0, scale], y)
        # A tiny column is penalised away; a huge one is as good as free.
        one = LeastSquaresClassifier(0.1).fit(X[:, :1], y)
        if small:
            np.testing.assert_allclose(model.coef_[:, 0], one.coef_[:, 0], rtol=1e-10)
            np.testing.assert_allclose(model.coef_[:, 1] * scale, 0.0, atol=1e-200)
        else:
            A, Y = X - X.mean(axis=0), coded(y, 2) - coded(y, 2).mean()
            gram = A.T @ A + np.diag([0.1 * 50, 0.0])
            np.testing.assert_allclose(
                model.coef_ * [1.0, scale], np.linalg.solve(gram, A.T @ Y).T, rtol=1e-10
            )

    @pytest.mark.parametrize("offset", [1e4, 1e8])
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_an_offset_changes_the_intercept_alone(self, offset, n_classes):
        rng = np.random.default_rng(11)
        X = rng.integers(-50, 50, size=(80, 3)).astype(np.float64)  # exact at any offset here
        y = rng.integers(0, n_classes, size=80)
        for alpha in (0.0, 0.1):
            expected = LeastSquaresClassifier(alpha).fit(X, y)
            model = LeastSquaresClassifier(alpha).fit(X + offset, y)
            np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-11, atol=1e-15)
            # Scores of rows so far off lose the digits that the offset takes, and no more.
            np.testing.assert_allclose(
                model.decision_function(X + offset),
                expected.decision_function(X),
                rtol=0,
                atol=20 * EPS * offset * np.abs(expected.coef_).sum(axis=1).max(),
            )

    def test_an_offset_that_rounds_the_rows(self):
        X, y, _ = problem(12, 80, 3, 3)
        expected = LeastSquaresClassifier().fit((X + 1e8) - 1e8, y)  # what is left of the rows
        model = LeastSquaresClassifier().fit(X + 1e8, y)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-11, atol=1e-14)

    def test_integers_are_taken_as_they_are(self):
        X = np.random.default_rng(13).integers(-9, 9, size=(40, 3))
        y = np.arange(40) % 3
        expected = LeastSquaresClassifier().fit(X.astype(np.float64), y)
        for kind in (np.int8, np.int64):
            model = LeastSquaresClassifier().fit(X.astype(kind), y)
            np.testing.assert_array_equal(model.coef_, expected.coef_)
            assert model.coef_.dtype == np.float64


class TestWeights:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        alpha=st.sampled_from([0.0, 0.05]),
        n_classes=st.integers(2, 4),
        dependent=st.booleans(),
    )
    def test_an_integer_weight_is_that_many_rows(self, seed, alpha, n_classes, dependent):
        X, y, _ = problem(seed, 40, 3, n_classes)
        if dependent:
            X = np.column_stack([X, X[:, 0] - X[:, 1]])
        counts = np.random.default_rng(seed).integers(1, 5, size=40)
        weighted = LeastSquaresClassifier(alpha).fit(X, y, counts)
        repeated = LeastSquaresClassifier(alpha).fit(X.repeat(counts, axis=0), y.repeat(counts))
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, rtol=1e-10, atol=1e-12)
        assert weighted.rank_ == repeated.rank_

    @pytest.mark.parametrize("removed_class", [False, True])
    @pytest.mark.parametrize("ones", [False, True])
    def test_weight_zero_is_the_row_removed(self, removed_class, ones):
        X, y, w = problem(14, 50, 3, 3)
        if ones:
            w = np.ones(50)
        w[[0, 7, 8]] = 0.0
        if removed_class:
            w[y == 1] = 0.0
        X[w == 0] = 1e200  # must not be looked at
        model = LeastSquaresClassifier(0.1).fit(X, y, w)
        expected = LeastSquaresClassifier(0.1).fit(X[w > 0], y[w > 0], w[w > 0])
        np.testing.assert_array_equal(model.classes_, [0, 1, 2])
        X = X[w > 0]
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))
        if removed_class:  # two are left, each of which has a function
            scores = model.decision_function(X)
            differences = scores[:, 2] - scores[:, 0]
            np.testing.assert_allclose(differences, expected.decision_function(X), atol=1e-13)
            np.testing.assert_array_equal(scores[:, 1], 0.0)
        else:
            np.testing.assert_array_equal(model.coef_, expected.coef_)
            np.testing.assert_array_equal(model.intercept_, expected.intercept_)

    @pytest.mark.parametrize("scale", [1e-300, 0.1, 3.0, 1e300, 5e307])
    @pytest.mark.parametrize("alpha", [0.0, 0.2])
    def test_a_common_factor_of_the_weights_changes_nothing(self, scale, alpha):
        X, y, w = problem(15, 50, 3, 3)
        expected = LeastSquaresClassifier(alpha).fit(X, y, w)
        model = LeastSquaresClassifier(alpha).fit(X, y, w * scale)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(model.intercept_, expected.intercept_, rtol=1e-12, atol=1e-15)

    def test_weights_of_all_magnitudes_at_once(self):
        X, y, w = problem(16, 60, 3, 2)
        light = np.arange(60) >= 40
        spread = np.where(light, 1e-300, 1e300) * w
        model = LeastSquaresClassifier().fit(X, y, spread)
        expected = LeastSquaresClassifier().fit(X[~light], y[~light], w[~light])
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-11)

    def test_one_number_is_every_rows_weight(self):
        X, y, _ = problem(17)
        np.testing.assert_allclose(
            LeastSquaresClassifier(0.1).fit(X, y, 3.0).coef_,
            LeastSquaresClassifier(0.1).fit(X, y).coef_,
            rtol=1e-13,
        )


class TestDeterminism:
    # "broad" and "wide" are large enough for BLAS to share out the small problem, too.
    TABLES = ("tall", "dependent", "broad", "wide")

    def table(self, name):
        rng = np.random.default_rng(18)
        n, d = {
            "tall": (9000, 40),
            "dependent": (9000, 40),
            "broad": (1500, 300),
            "wide": (300, 400),
        }[name]
        X = rng.normal(size=(n, d))
        if name == "dependent":
            X[:, -1] = X[:, 0] + X[:, 1]
        return X, rng.integers(0, 10, size=n)

    @pytest.mark.parametrize("name", TABLES)
    def test_bit_identical_for_any_number_of_workers_and_blas_threads(self, name, monkeypatch):
        X, y = self.table(name)
        fits = []
        for workers in (1, 2, 4):
            monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None, k=workers: k)
            for threads in (1, 2):
                with threadpool_limits(threads):
                    fits.append(LeastSquaresClassifier().fit(X, y))
        for model in fits[1:]:
            np.testing.assert_array_equal(model.coef_, fits[0].coef_)
            np.testing.assert_array_equal(model.intercept_, fits[0].intercept_)
            np.testing.assert_array_equal(model.aliased_, fits[0].aliased_)

    @pytest.mark.parametrize("kind", [np.float64, np.float32])
    def test_a_row_scores_alike_alone_and_in_any_batch(self, kind, monkeypatch):
        X, y, _ = problem(19, 9000, 7, 3)
        X = X.astype(kind)
        model = LeastSquaresClassifier().fit(X, y)
        scores = model.decision_function(X)
        assert scores.dtype == np.float64
        for row in range(0, 9000, 311):
            np.testing.assert_array_equal(model.decision_function(X[[row]]), scores[[row]])
        np.testing.assert_array_equal(model.decision_function(X[::-1][:5000]), scores[::-1][:5000])
        monkeypatch.setattr("trivium.blocks.workers.worker_count", lambda _=None: 4)
        np.testing.assert_array_equal(model.decision_function(X), scores)

    def test_memory_order_does_not_matter(self):
        X, y, _ = problem(20, 50, 4, 3)
        expected = LeastSquaresClassifier().fit(X, y)
        wide = np.zeros((100, 8))
        wide[::2, ::2] = X
        for same in (np.asfortranarray(X), wide[::2, ::2]):
            np.testing.assert_array_equal(
                LeastSquaresClassifier().fit(same, y).coef_, expected.coef_
            )

    @pytest.mark.parametrize("dependent", [False, True])
    def test_float32_rows_give_the_float64_answer(self, dependent):
        X, y, w = problem(21, 80, 4, 3)
        if dependent:
            X[:, 3] = X[:, 0]
        X = X.astype(np.float32)
        model = LeastSquaresClassifier().fit(X, y, w)
        expected = LeastSquaresClassifier().fit(X.astype(np.float64), y, w)
        assert model.coef_.dtype == model.intercept_.dtype == np.float64
        np.testing.assert_array_equal(model.coef_, expected.coef_)
        np.testing.assert_array_equal(model.intercept_, expected.intercept_)
        np.testing.assert_array_equal(
            model.decision_function(X), expected.decision_function(X.astype(np.float64))
        )


@pytest.fixture(scope="module")
def clouds():
    random = np.random.RandomState(0)  # the sheet's own numbers
    X = np.vstack([0.2 * random.randn(500, 2), 1.0 + 0.2 * random.randn(500, 2)])
    y = np.repeat([1, -1], 500)
    return train_test_split(X, y, test_size=0.1, shuffle=True, random_state=0)


class TestSheet:
    """Task 2 of the exercise sheets: two clouds and one outlier that moves away."""

    @pytest.mark.parametrize(
        ("scale", "rss", "by_rint", "by_sign"),
        [
            (1, 5, 0.95, 1.00),
            (2, 5, 0.95, 1.00),
            (4, 5, 0.95, 1.00),
            (8, 15, 0.85, 0.98),
            (16, None, 0.67, 0.93),
        ],
    )
    def test_published_numbers(self, clouds, scale, rss, by_rint, by_sign):
        X_train, X_test, y_train, y_test = clouds
        X_train = np.vstack([X_train, [[scale, 1.75 * scale]]])
        model = LeastSquaresClassifier().fit(X_train, np.append(y_train, -1))
        rounded = np.rint(model.decision_function(X_test))
        assert np.mean(rounded == y_test) == pytest.approx(by_rint, abs=1e-12)
        assert model.score(X_test, y_test) == pytest.approx(by_sign, abs=1e-12)
        if rss is not None:
            assert np.sum((y_test - rounded) ** 2) == rss
            assert set(rounded) <= {-1.0, 0.0, 1.0}
        else:
            assert 2.0 in rounded  # a class that does not exist


class TestTables:
    @pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
    def test_tables_and_their_labels(self, library):
        X, y, _ = problem(22, 40, 3, 3)
        names, labels = ["a", "b", "c"], np.array(["u", "v", "w"])[y]
        columns = dict(zip(names, X.T, strict=True))
        make_table, make_labels = {
            "pandas": (pd.DataFrame, pd.Series),
            "polars": (pl.DataFrame, pl.Series),
            "pyarrow": (pa.table, pa.array),
        }[library]
        table = make_table(columns)
        model = LeastSquaresClassifier().fit(table, make_labels(list(labels)))
        expected = LeastSquaresClassifier().fit(X, labels)
        np.testing.assert_array_equal(model.coef_, expected.coef_)
        np.testing.assert_array_equal(model.feature_names_in_, names)
        np.testing.assert_array_equal(model.classes_, ["u", "v", "w"])
        np.testing.assert_array_equal(model.predict(table), expected.predict(X))

    def test_columns_in_another_order_are_refused(self):
        X, y, _ = problem(23, 20, 2, 2)
        model = LeastSquaresClassifier().fit(pd.DataFrame(X, columns=["a", "b"]), y)
        with pytest.raises(ValueError, match="feature names"):
            model.predict(pd.DataFrame(X, columns=["b", "a"]))

    def test_pipeline_search_and_clone(self):
        X, y, _ = problem(24, 90, 3, 3)
        pipeline = make_pipeline(StandardScaler(), LeastSquaresClassifier())
        search = GridSearchCV(
            pipeline, {"leastsquaresclassifier__alpha": [0.0, 0.1, 1e6]}, cv=3
        ).fit(X, y)
        best = search.best_estimator_[-1]
        assert best.alpha == search.best_params_["leastsquaresclassifier__alpha"]
        again = clone(best).fit(search.best_estimator_[:-1].transform(X), y)
        np.testing.assert_array_equal(again.coef_, best.coef_)

    def test_fit_leaves_parameters_and_arguments_alone(self):
        X, y, w = problem(25)
        given = X.copy(), y.copy(), w.copy()
        model = LeastSquaresClassifier(0.3, fit_intercept=False)
        assert model.fit(X, y, w) is model
        params = {"alpha": 0.3, "calibration": None, "fit_intercept": False, "robust": False}
        assert model.get_params() == {**params, "class_weight": None}
        for before, after in zip(given, (X, y, w), strict=True):
            np.testing.assert_array_equal(before, after)


ROWS, LABELS = [[0.0, 1.0], [1.0, 3.0], [2.0, -1.0], [3.0, 0.5]], [0, 1, 0, 1]


class TestBadInput:
    @pytest.mark.parametrize("alpha", [-1.0, -1e-300, np.nan, np.inf, -np.inf])
    def test_alpha_out_of_range(self, alpha):
        with pytest.raises(ValueError, match=r"alpha=.*expected a (finite )?number at least 0"):
            LeastSquaresClassifier(alpha).fit(ROWS, LABELS)

    @pytest.mark.parametrize("alpha", ["1", None, True, [0.1], 1j, np.array([0.1])])
    def test_alpha_of_the_wrong_type(self, alpha):
        with pytest.raises(TypeError, match=r"alpha=.*expected a number"):
            LeastSquaresClassifier(alpha).fit(ROWS, LABELS)

    @pytest.mark.parametrize("alpha", [0, 1, np.float32(0.1), np.int64(2)])
    def test_any_real_number_is_an_alpha(self, alpha):
        np.testing.assert_array_equal(
            LeastSquaresClassifier(alpha).fit(ROWS, LABELS).coef_,
            LeastSquaresClassifier(float(alpha)).fit(ROWS, LABELS).coef_,
        )

    @pytest.mark.parametrize(("value", "kind"), [(np.nan, "NaN"), (-np.inf, "infinity")])
    def test_a_value_that_is_not_finite_is_named(self, value, kind):
        X = np.array(ROWS)
        X[2, 1] = value
        with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 1"):
            LeastSquaresClassifier().fit(X, LABELS)
        with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 'size'"):
            LeastSquaresClassifier().fit(pd.DataFrame(X, columns=["age", "size"]), LABELS)
        model = LeastSquaresClassifier().fit(ROWS, LABELS)
        for method in (model.predict, model.decision_function):
            with pytest.raises(ValueError, match=f"contains {kind}: row 2, column 1"):
                method(X)

    def test_text_is_named(self):
        table = pd.DataFrame({"age": [1, 2, 3, 4], "town": ["1", "2", "Ulm", "4"]})
        with pytest.raises(ValueError, match="row 2, column 'town' holds 'Ulm'"):
            LeastSquaresClassifier().fit(table, LABELS)

    @pytest.mark.parametrize(
        ("X", "y", "match"),
        [
            (ROWS, [0, 1, 0], "inconsistent numbers of samples"),
            (ROWS, None, "requires y to be passed"),
            (ROWS, ["a"] * 4, r"one class only \('a', in all 4 rows"),
            (ROWS, [0.5, 1.5, 0.1, 2.0], "Unknown label type"),
            (ROWS, [[0, 1]] * 4, "1d array"),
            ([0.0, 1.0], [0, 1], "Expected 2D array"),
            ([[[0.0]], [[1.0]]], [0, 1], "dim 3"),
            (np.empty((0, 2)), [], "0 sample"),
            (np.empty((2, 0)), [0, 1], "0 feature"),
        ],
    )
    def test_shapes_and_labels(self, X, y, match):
        with pytest.raises(ValueError, match=match):
            LeastSquaresClassifier().fit(X, y)

    @pytest.mark.parametrize(
        ("weights", "match"),
        [
            ([1, 1, -1, 1], "row 2 weighs -1"),
            ([1, np.nan, 1, 1], "row 1 weighs nan"),
            ([1, 1, 1, np.inf], "row 3 weighs inf"),
            ([1, 1, 1], r"shape \(3,\); expected \(4,\)"),
            ([[1, 1, 1, 1]], r"shape \(1, 4\)"),
            ([0, 0, 0, 0], "zero in every row"),
        ],
    )
    def test_weights(self, weights, match):
        with pytest.raises(ValueError, match=match):
            LeastSquaresClassifier().fit(ROWS, LABELS, weights)

    def test_another_number_of_columns(self):
        model = LeastSquaresClassifier().fit(ROWS, LABELS)
        with pytest.raises(ValueError, match="3 features"):
            model.predict([[1.0, 2.0, 3.0]])


def test_values_beyond_what_it_computes_with_are_named():
    X = np.array([[0.0, 1e308], [1.0, -1e308], [2.0, 1e308]])
    with pytest.raises(ValueError, match=r"column 1: LeastSquaresClassifier computes .* up to"):
        LeastSquaresClassifier().fit(X, [0, 1, 1])


def test_a_coefficient_beyond_float64_is_named():
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 0.5], "tiny": np.array([0.0, 5.0, 1.0, 2.0]) * 1e-312})
    with pytest.raises(ValueError, match="'tiny' that its coefficient is beyond float64"):
        LeastSquaresClassifier().fit(X, [0, 1, 1, 0])


class TestManyClasses:
    def test_a_thousand_classes(self):
        rng = np.random.default_rng(20)
        y = rng.permutation(np.arange(4000) % 1000)
        X = rng.normal(size=(4000, 30)) + 3 * rng.normal(size=(1000, 30))[y]
        model = LeastSquaresClassifier(1e-3).fit(X, y)
        coef, intercept = plain_fit(X, np.eye(1000)[y], np.ones(4000), 1e-3)
        np.testing.assert_allclose(model.coef_, coef, rtol=0, atol=1e-13)
        np.testing.assert_allclose(model.intercept_, intercept, rtol=0, atol=1e-13)
        influence = model.influence(X, y)
        keep = np.arange(4000) != 17
        without = LeastSquaresClassifier(1e-3).fit(X[keep], y[keep])
        np.testing.assert_allclose(influence.loo_coef([17])[0][0], without.coef_, atol=1e-13)

    @pytest.mark.parametrize("n_classes", [2, 3, 40])
    @pytest.mark.parametrize("d", [1, 5, 60])
    def test_one_row_a_class(self, n_classes, d):
        rng = np.random.default_rng(21)
        X, y = rng.normal(size=(n_classes, d)), np.arange(n_classes)
        model = LeastSquaresClassifier(0.01).fit(X, y)
        coef, _ = plain_fit(X, coded(y, n_classes), np.ones(n_classes), 0.01)
        np.testing.assert_allclose(model.coef_, coef, rtol=0, atol=1e-11)
        assert np.isfinite(model.influence(X, y).loo_residuals).all()
        plain = LeastSquaresClassifier().fit(X, y)
        if d >= n_classes - 1:
            np.testing.assert_array_equal(plain.predict(X), y)


@pytest.mark.parametrize(
    "model",
    [
        LeastSquaresClassifier(),
        LeastSquaresClassifier(robust=True),
        LeastSquaresClassifierCV(3),
        LeastSquaresClassifierCV(3, class_weight={0: 0.0}),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_errors_name_rows_as_they_were_given_whatever_weighs_nothing(model, value):
    X, y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 3
    w = np.r_[0.0, 0.0, 0.0, np.ones(9)]
    kind = "NaN" if np.isnan(value) else "infinity"
    for row in (6, 7):
        bad = X.copy()
        bad[row, 1] = value
        with pytest.raises(ValueError, match=f"contains {kind}: row {row}, column 1"):
            model.fit(bad, y, w)
        with pytest.raises(ValueError, match=f"contains {kind}: row {row}, column 1"):
            LeastSquaresClassifier().partial_fit(bad, y, [0, 1, 2], w)
