"""SoftmaxRegressionCV: the same as a search by brute force, its rules, and bad input."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.exceptions import (
    ConvergenceWarning,
    NotFittedError,
    UnsetMetadataPassedError,
)
from sklearn.metrics import accuracy_score, get_scorer, get_scorer_names, log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trivium import SeparationWarning, SoftmaxRegression, SoftmaxRegressionCV
from trivium.rows.memory import ArrayRows
from trivium.softmax.fitting import FAST_SOLVERS, fit_parameters
from trivium.softmax.fold_paths import FoldScores
from trivium.softmax.objective.penalties import alpha_grid
from trivium.softmax.solvers.protocol import Status

ALPHAS = np.array([0.3, 1e-3, 10.0, 0.03])


def grid_of(X, w, count, **words):
    return alpha_grid(ArrayRows(X, weights=w), count, **words)


def problem(seed, n=120, d=3, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.normal(size=(n, d)) + 0.8 * rng.normal(size=(n_classes, d))[y]
    return X, np.array(["a", "b", "c", "d"])[y], rng.uniform(0.1, 3.0, size=n)


def takes_weights(name):
    return "sample_weight" in inspect.signature(get_scorer(name)._score_func).parameters


class TestAgainstBruteForce:
    @pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1_macro"])
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("cv", [4, KFold(3, shuffle=True, random_state=0)])
    def test_the_same_as_a_grid_search(self, scoring, n_classes, fit_intercept, cv):
        X, y, _ = problem(0, n_classes=n_classes)
        options = {"tol": 1e-10, "fit_intercept": fit_intercept}
        search = GridSearchCV(
            SoftmaxRegression(**options), {"alpha": ALPHAS}, cv=cv, scoring=scoring
        ).fit(X, y)
        model = SoftmaxRegressionCV(ALPHAS, cv=cv, scoring=scoring, rule="best", **options)
        model.fit(X, y)
        name, sign = {"neg_log_loss": ("log_loss", -1), "accuracy": ("accuracy", 1)}.get(
            scoring, ("score", 1)
        )
        results = model.cv_results_
        mean, spread = (search.cv_results_[f"{kind}_test_score"] for kind in ("mean", "std"))
        n_folds = results[f"fold_{name}"].shape[1]
        np.testing.assert_allclose(sign * results[name], mean, rtol=1e-7)
        np.testing.assert_allclose(
            results[f"{name}_se"], spread / np.sqrt(n_folds - 1), rtol=1e-5, atol=1e-9
        )
        for fold in range(n_folds):
            np.testing.assert_allclose(
                sign * results[f"fold_{name}"][:, fold],
                search.cv_results_[f"split{fold}_test_score"],
                rtol=1e-7,
            )
        assert mean[results["alpha"] == model.alpha_] == mean.max()
        assert model.best_score_ == pytest.approx(search.best_score_, rel=1e-7)
        refit = SoftmaxRegression(model.alpha_, **options).fit(X, y)
        np.testing.assert_array_equal(model.coef_, refit.coef_)
        np.testing.assert_array_equal(model.predict_proba(X), refit.predict_proba(X))
        assert model.optimality_gap_ == refit.optimality_gap_
        assert model.n_iter_ == refit.n_iter_
        np.testing.assert_array_equal(model.history_["loss"], refit.history_["loss"])

    def test_a_scorer_of_ones_own(self):
        X, y, _ = problem(1)
        scorer = make_scorer(log_loss, response_method="predict_proba", greater_is_better=False)
        own = SoftmaxRegressionCV(ALPHAS, scoring=scorer).fit(X, y)
        usual = SoftmaxRegressionCV(ALPHAS).fit(X, y)
        np.testing.assert_allclose(own.cv_results_["score"], -usual.cv_results_["log_loss"])
        assert own.alpha_ == usual.alpha_

    @pytest.mark.parametrize("solver", FAST_SOLVERS)
    def test_every_solver_scores_alike(self, solver):
        X, y, _ = problem(2)
        options = {"alphas": ALPHAS, "tol": 1e-9}
        expected = SoftmaxRegressionCV(**options).fit(X, y)
        model = SoftmaxRegressionCV(solver=solver, **options).fit(X, y)
        assert model.solver_ == solver
        np.testing.assert_allclose(
            model.cv_results_["log_loss"], expected.cv_results_["log_loss"], rtol=1e-7
        )


class TestRules:
    def test_the_default_rule_prefers_the_greater_penalty(self):
        X, y, _ = problem(3, n=60)
        best = SoftmaxRegressionCV(20, rule="best").fit(X, y)
        simple = SoftmaxRegressionCV(20).fit(X, y)
        assert simple.alpha_ >= best.alpha_
        assert simple.best_score_ >= best.best_score_ - best.cv_results_["log_loss_se"].max()

    def test_one_fold_has_no_standard_error(self):
        X, y, _ = problem(4)
        cv = ShuffleSplit(1, random_state=0)
        model = SoftmaxRegressionCV(ALPHAS, cv=cv).fit(X, y)
        assert not model.cv_results_["log_loss_se"].any()
        assert model.cv_results_["fold_log_loss"].shape == (4, 1)


class TestGrid:
    def test_it_ascends_and_scales_with_the_squares_of_the_columns(self):
        X, _, w = problem(5)
        grid = grid_of(X, w, 7, fit_intercept=True)
        assert np.all(np.diff(grid) > 0)
        np.testing.assert_allclose(grid_of(8.0 * X, w, 7, fit_intercept=True), 64.0 * grid)
        np.testing.assert_allclose(grid_of(X + 1e3, w, 7, fit_intercept=True), grid, rtol=1e-9)

    def test_from_deciding_all_to_deciding_nothing(self):
        X, y, _ = problem(6)
        grid = grid_of(X, None, 2, fit_intercept=True)
        shares = SoftmaxRegression(grid[-1]).fit(X, y).predict_proba(X)
        np.testing.assert_allclose(shares, 1 / 3, atol=0.05)
        free = SoftmaxRegression(1e-12).fit(X, y).predict_proba(X)
        np.testing.assert_allclose(
            SoftmaxRegression(grid[0]).fit(X, y).predict_proba(X), free, atol=1e-4
        )

    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_columns_that_do_not_vary(self, fit_intercept):
        grid = grid_of(np.zeros((4, 2)), None, 3, fit_intercept=fit_intercept)
        assert grid[-1] == 1.0

    @pytest.mark.parametrize("fit_intercept", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_the_greatest_leaves_a_twentieth_and_the_least_nearly_all(
        self, fit_intercept, weighted
    ):
        X, _, w = problem(5)
        w = w if weighted else np.ones(len(X))
        mean = fit_intercept * np.average(X, axis=0, weights=w)
        variances = np.average((X - mean) ** 2, axis=0, weights=w)
        grid = grid_of(X, w if weighted else None, 5, fit_intercept=fit_intercept)
        assert grid[-1] == pytest.approx(10.0 * variances.sum(), rel=1e-12)
        np.testing.assert_allclose(grid[1:] / grid[:-1], 100.0)
        total = variances.sum()  # at most, of one direction
        assert 1 / 22 < total / (total + 2 * grid[-1]) < 1 / 20
        assert variances.min() / (variances.min() + 2 * grid[0]) > 1 - 1e-5

    def test_one_penalty_is_the_middle(self):
        X, y, w = problem(5)
        (alone,) = grid_of(X, w, 1, fit_intercept=True)
        assert alone == pytest.approx(grid_of(X, w, 3, fit_intercept=True)[1], rel=1e-14)
        assert SoftmaxRegressionCV(1).fit(X, y, w).alpha_ == alone

    @pytest.mark.parametrize("scale", [2.0**-1000, 1e-300, 1e306, 5e307])
    def test_a_common_factor_of_the_weights_changes_nothing(self, scale):
        X, y, w = problem(5)
        expected = SoftmaxRegressionCV(5, scoring="accuracy").fit(X, y, w)
        model = SoftmaxRegressionCV(5, scoring="accuracy").fit(X, y, scale * w)
        for name, values in expected.cv_results_.items():
            np.testing.assert_allclose(model.cv_results_[name], values, rtol=1e-9, atol=1e-15)
        assert model.alpha_ == pytest.approx(expected.alpha_, rel=1e-12)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=0, atol=1e-11)

    def test_a_number_of_alphas(self):
        X, y, w = problem(7)
        model = SoftmaxRegressionCV(6).fit(X, y, w)
        np.testing.assert_array_equal(
            model.cv_results_["alpha"], grid_of(X, w, 6, fit_intercept=True)
        )


class TestFolds:
    def test_a_list_of_folds_speaks_of_the_rows_as_given(self):
        X, y, w = problem(8)
        w[::7] = 0.0
        kept = np.flatnonzero(w)
        folds = list(StratifiedKFold(3).split(X, y))
        position = np.full(len(X), -1)
        position[kept] = np.arange(kept.size)
        shifted = [tuple(position[part[w[part] > 0]] for part in fold) for fold in folds]
        model = SoftmaxRegressionCV(ALPHAS, cv=folds).fit(X, y, w)
        expected = SoftmaxRegressionCV(ALPHAS, cv=shifted).fit(X[kept], y[kept], w[kept])
        np.testing.assert_array_equal(
            model.cv_results_["fold_log_loss"], expected.cv_results_["fold_log_loss"]
        )

    @pytest.mark.parametrize(
        "cv",
        [
            StratifiedKFold(3, shuffle=True, random_state=0),
            KFold(4),
            ShuffleSplit(3, random_state=0),
            PredefinedSplit(np.arange(120) % 4 - 1),
            GroupKFold(3),
            LeaveOneGroupOut(),
        ],
        ids=str,
    )
    def test_a_splitter_sees_the_rows_as_given(self, cv):
        X, y, w = problem(8)
        w[::7] = 0.0
        groups = np.arange(120) // 40
        seen = {"groups": groups} if isinstance(cv, GroupKFold | LeaveOneGroupOut) else {}
        folds = list(cv.split(X, y, **seen))
        model = SoftmaxRegressionCV(ALPHAS, cv=cv, scoring="f1_macro").fit(X, y, w, **seen)
        expected = SoftmaxRegressionCV(ALPHAS, cv=folds, scoring="f1_macro").fit(X, y, w)
        for name, values in expected.cv_results_.items():
            np.testing.assert_array_equal(model.cv_results_[name], values)

    def test_it_sees_their_labels_too(self):
        class Splitter:
            def split(self, X, y):  # which knows of no groups
                assert list(X.index) == list("abcdef") * 20
                half = np.arange(120) < 60
                assert set(y[half]) == {"a", "b", "c"}
                yield np.flatnonzero(half), np.flatnonzero(~half)

        X, y, w = problem(8)
        w[3] = 0.0
        SoftmaxRegressionCV(ALPHAS, cv=Splitter()).fit(
            pd.DataFrame(X, index=list("abcdef") * 20), y, w
        )

    def test_weight_zero_is_the_row_removed(self):
        X, y, w = problem(9)
        w[::5] = 0.0
        keep = w > 0
        model = SoftmaxRegressionCV(ALPHAS, cv=3).fit(X, y, w)
        expected = SoftmaxRegressionCV(ALPHAS, cv=3).fit(X[keep], y[keep], w[keep])
        np.testing.assert_array_equal(model.coef_, expected.coef_)
        np.testing.assert_array_equal(
            model.cv_results_["log_loss"], expected.cv_results_["log_loss"]
        )

    def test_an_integer_weight_is_that_many_rows(self):
        X, y, _ = problem(10, n=60)
        counts = np.random.default_rng(0).integers(1, 4, size=60)
        groups = np.arange(60) // 3 % 4
        options = {"alphas": 5, "cv": GroupKFold(4), "tol": 1e-11}
        weighted = SoftmaxRegressionCV(**options).fit(X, y, counts, groups=groups)
        repeated = SoftmaxRegressionCV(**options).fit(
            X.repeat(counts, axis=0), y.repeat(counts), groups=groups.repeat(counts)
        )
        np.testing.assert_allclose(
            weighted.cv_results_["log_loss"], repeated.cv_results_["log_loss"], rtol=1e-8
        )
        np.testing.assert_allclose(
            weighted.cv_results_["accuracy"], repeated.cv_results_["accuracy"], rtol=1e-12
        )
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-8)

    def test_folds_whose_rows_weigh_next_to_nothing(self):
        X, y, _ = problem(19)
        w = np.where(np.arange(120) < 40, 1e-310, 1e300)
        w = w * np.random.default_rng(0).uniform(1.0, 2.0, size=120)
        folds = list(KFold(3).split(X))
        model = SoftmaxRegressionCV(ALPHAS, cv=folds).fit(X, y, w)
        told = SoftmaxRegression(ALPHAS[0]).fit(X[40:], y[40:], w[40:]).predict_proba(X[:40])
        own = log_loss(y[:40], told, sample_weight=w[:40] / w[:40].max(), labels=["a", "b", "c"])
        assert model.cv_results_["fold_log_loss"][0, 0] == pytest.approx(own, rel=1e-6)

    def test_no_result_depends_on_n_jobs(self):
        X, y, w = problem(11)
        one = SoftmaxRegressionCV(ALPHAS, n_jobs=1).fit(X, y, w)
        three = SoftmaxRegressionCV(ALPHAS, n_jobs=3).fit(X, y, w)
        np.testing.assert_array_equal(one.coef_, three.coef_)
        for name, values in one.cv_results_.items():
            np.testing.assert_array_equal(values, three.cv_results_[name])

    def test_tables_clone_and_before_fit(self):
        X, y, _ = problem(12)
        table = pd.DataFrame(X, columns=["u", "v", "w"])
        model = SoftmaxRegressionCV(ALPHAS)
        with pytest.raises(NotFittedError):
            model.predict(X)
        model.fit(table, y)
        np.testing.assert_array_equal(model.feature_names_in_, ["u", "v", "w"])
        again = clone(model).fit(table, y)
        np.testing.assert_array_equal(again.coef_, model.coef_)
        assert model.alphas is ALPHAS


NAMES = sorted(name for name in get_scorer_names() if takes_weights(name))


class TestScorers:
    FOLDS = ((np.r_[:80], np.r_[80:120]), (np.r_[40:120], np.r_[:40]))

    @pytest.mark.parametrize("scoring", NAMES)
    @pytest.mark.parametrize("names", [["no", "yes"], [1, 2], ["a", "b", "c"]], ids=str)
    def test_a_weight_is_that_many_rows(self, scoring, names):
        """Of every scorer that there is, where it has an answer."""
        X, y, _ = problem(30, n_classes=len(names))
        y = np.array(names)[np.unique(y, return_inverse=True)[1]]
        counts = np.random.default_rng(0).integers(0, 4, size=120)
        rows = np.arange(120).repeat(counts)
        folds = [[np.flatnonzero(np.isin(rows, part)) for part in fold] for fold in self.FOLDS]
        model = SoftmaxRegressionCV([0.03], cv=list(self.FOLDS), scoring=scoring)
        usual = clone(model).set_params(cv=folds)
        if "ovo" in scoring and len(names) == 3:
            with pytest.raises(ValueError, match="fold 0 with alpha=0.03: sample_weight is not"):
                model.fit(X, y, counts)
            return
        try:
            repeated = usual.fit(X[rows], y[rows])
        except ValueError:  # a metric of other things, or one that ends in no number
            with pytest.raises(ValueError, match="fold 0 with alpha=0.03"):
                model.fit(X, y, counts)
            return
        model.fit(X, y, counts)
        name = {"neg_log_loss": "log_loss", "accuracy": "accuracy"}.get(scoring, "score")
        np.testing.assert_allclose(
            model.cv_results_[f"fold_{name}"], repeated.cv_results_[f"fold_{name}"], rtol=1e-9
        )
        assert model.score(X, y, counts) == pytest.approx(repeated.score(X[rows], y[rows]))

    @pytest.mark.parametrize(
        "scoring",
        [
            "f1",
            "average_precision",
            "neg_brier_score",
            "roc_auc",
            "precision_macro",
            "d2_log_loss_score",
        ],
    )
    def test_two_strings(self, scoring):
        X, y, w = problem(31, n_classes=2)
        model = SoftmaxRegressionCV(ALPHAS, cv=list(self.FOLDS), scoring=scoring).fit(X, y, w)
        numbers = SoftmaxRegressionCV(ALPHAS, cv=list(self.FOLDS), scoring=scoring)
        numbers.fit(X, (y == "b").astype(int), w)
        np.testing.assert_array_equal(
            model.cv_results_["fold_score"], numbers.cv_results_["fold_score"]
        )
        assert model.score(X, y, w) == numbers.score(X, (y == "b").astype(int), w)

    def test_another_alpha_is_chosen_by_weighted_rows(self):
        X, y, _ = problem(32, n=90)
        light = np.random.default_rng(0).random(90) < 0.4
        y[light] = np.roll(y[light], 1)  # of these nothing can be learnt
        w = np.where(light, 1e-6, 1.0)
        options = {"alphas": 12, "cv": 3, "rule": "best"}
        expected = SoftmaxRegressionCV(scoring="accuracy", **options).fit(X, y, w)
        model = SoftmaxRegressionCV(scoring=make_scorer(accuracy_score), **options).fit(X, y, w)
        np.testing.assert_allclose(
            model.cv_results_["fold_score"], expected.cv_results_["fold_accuracy"], rtol=1e-12
        )
        assert model.alpha_ == expected.alpha_
        plain = get_scorer("accuracy")
        unweighted = SoftmaxRegressionCV(
            scoring=lambda model, X, y, sample_weight: plain(model, X, y), **options
        ).fit(X, y, w)
        assert unweighted.alpha_ != expected.alpha_

    @pytest.mark.parametrize("scale", [1e-310, 1e306])
    def test_weights_that_float64_cannot_sum(self, scale):
        X, y, w = problem(33)
        w[::9] = 0.0
        scoring = make_scorer(accuracy_score)
        expected = SoftmaxRegressionCV(ALPHAS, scoring=scoring).fit(X, y, w)
        model = SoftmaxRegressionCV(ALPHAS, scoring=scoring).fit(X, y, scale * w)
        np.testing.assert_allclose(
            model.cv_results_["fold_score"], expected.cv_results_["fold_score"], rtol=1e-9
        )

    @pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", None, "f1_macro"])
    def test_score_is_scoring(self, scoring):
        X, y, w = problem(34)
        model = SoftmaxRegressionCV(ALPHAS, scoring=scoring).fit(X, y)
        scorer = get_scorer(scoring or "accuracy")
        assert model.score(X, y) == scorer(model, X, y)
        assert model.score(X, y, w) == scorer(model, X, y, sample_weight=w)
        with pytest.raises(ValueError, match="score takes price only with"):
            model.score(X, y, price=w)
        with pytest.raises(NotFittedError):
            SoftmaxRegressionCV(scoring=scoring).score(X, y)

    def test_score_reads_labels_and_weights_as_fit_does(self):
        X, y, w = problem(34, n_classes=2)
        numbers = np.where(y == "a", 2**53, 2**53 + 1)
        model = SoftmaxRegressionCV(ALPHAS, scoring="f1").fit(X, pd.array(numbers, "Int64"))
        plain = SoftmaxRegressionCV(ALPHAS, scoring="f1").fit(X, y)
        assert model.score(X, pd.Series(numbers, dtype="Int64"), w) == plain.score(X, y, w)
        with pytest.raises(ValueError, match="y holds strings, but the classes are numbers"):
            model.score(X, y)
        with pytest.raises(ValueError, match="row 3"):
            model.score(X, numbers, np.where(np.arange(120) == 3, -1.0, w))
        with pytest.raises(ValueError, match="row 5"):
            model.score(X, np.ma.masked_array(numbers, np.arange(120) == 5))

    @pytest.mark.parametrize(
        "scoring",
        ["neg_log_loss", "neg_brier_score", "f1_macro", "balanced_accuracy", "d2_log_loss_score"],
    )
    @pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_a_test_fold_without_a_class(self, scoring, n_classes):
        X, y, w = problem(35, n_classes=n_classes)
        only = np.flatnonzero(y == "a")[:20]
        folds = [(np.r_[:80], np.r_[80:120]), (np.setdiff1d(np.r_[:120], only), only)]
        model = SoftmaxRegressionCV(ALPHAS, cv=folds, scoring=scoring).fit(X, y, w)
        assert np.isfinite(model.best_score_)

    @pytest.mark.parametrize("scoring", ["neg_log_loss", None, "f1", "f1_macro", "roc_auc"])
    @pytest.mark.parametrize("cv", [2, KFold(3), StratifiedKFold(2)])
    @pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
    def test_integers_beyond_64_bits(self, scoring, cv):
        X, y, w = problem(38, n_classes=2)
        w[::7] = 0.0
        codes = (y == "b").astype(int)
        labels = np.array([2**70 + code for code in codes.tolist()], dtype=object)
        options = {"alphas": ALPHAS, "scoring": scoring, "cv": cv}
        model = SoftmaxRegressionCV(**options).fit(X, labels, w)
        expected = SoftmaxRegressionCV(**options).fit(X, codes, w)
        for name, values in expected.cv_results_.items():
            np.testing.assert_array_equal(model.cv_results_[name], values)
        assert model.score(X, labels, w) == expected.score(X, codes, w)
        assert model.classes_.tolist() == [2**70, 2**70 + 1]
        assert model.predict(X).tolist() == [2**70 + code for code in expected.predict(X).tolist()]

    def test_a_splitter_and_a_scorer_of_the_users_see_integers_beyond_64_bits(self):
        class Own:
            def split(self, X, y, groups=None):
                assert set(y) == {2**70, 2**70 + 1}
                yield np.arange(80), np.arange(80, 120)

        def score(model, X, y):
            return float(np.mean(model.predict(X) == y) + set(y).issubset({2**70, 2**70 + 1}))

        X, y, _ = problem(38, n_classes=2)
        labels = np.array([2**70 + int(label == "b") for label in y], dtype=object)
        model = SoftmaxRegressionCV(ALPHAS, cv=Own(), scoring=score).fit(X, labels)
        assert 1.0 < model.score(X, labels) <= 2.0

    def test_a_scorer_that_fails_is_told_with_its_fold(self):
        def score(model, X, y):
            raise KeyError("no such thing")

        X, y, _ = problem(36)
        with pytest.raises(ValueError, match=r"fails in fold 0 with alpha=10: 'no such thing'"):
            SoftmaxRegressionCV(ALPHAS, scoring=score, n_jobs=1).fit(X, y)

    def test_a_function_is_given_the_weights_of_its_rows(self):
        X, y, w = problem(37)
        w[5::7] = 0.0

        def score(model, X, y, sample_weight):
            return float(np.sum(sample_weight * X[:, 0]))

        model = SoftmaxRegressionCV(ALPHAS, cv=list(self.FOLDS), scoring=score).fit(X, y, w)
        for fold, (_, test) in enumerate(self.FOLDS):
            np.testing.assert_allclose(
                model.cv_results_["fold_score"][:, fold], w[test] @ X[test, 0], rtol=1e-12
            )


def with_rare_class(n_rare=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 4))
    y = np.digitize(X[:, 0] + 0.5 * rng.normal(size=150), [-0.6])
    y[:n_rare] = 2
    return X, y


@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
class TestFoldsThatLackAClass:
    FOLDS = ((np.r_[2:100], np.r_[:2, 100:150]), (np.r_[:60, 100:150], np.r_[60:100]))

    @pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1_macro", "neg_brier_score"])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
    def test_scores_are_those_of_a_model_of_the_other_classes(self, scoring, weighted):
        X, y = with_rare_class()
        w = np.random.default_rng(1).uniform(0.5, 2.0, 150) if weighted else None
        names = np.array(["a", "b", "rare"])
        options = {"tol": 1e-10}
        model = SoftmaxRegressionCV(ALPHAS, cv=list(self.FOLDS), scoring=scoring, **options)
        model.fit(X, names[y], w)
        own = scoring in ("neg_log_loss", "accuracy")
        scorers = ["neg_log_loss", "accuracy", *([] if own else [scoring])]
        for fold, (train, test) in enumerate(self.FOLDS):
            for place, alpha in enumerate(ALPHAS):
                # A row of the class without weight makes it one of the classes, no more.
                rows = np.r_[train, 0]
                weights = np.r_[np.ones(train.size) if w is None else w[train], 0.0]
                alone = SoftmaxRegression(alpha, **options).fit(X[rows], names[y][rows], weights)
                if fold == 1:
                    alone = SoftmaxRegression(alpha, **options).fit(
                        X[train], names[y][train], None if w is None else w[train]
                    )
                test_weights = None if w is None else w[test]
                for name in scorers:
                    kind = {"neg_log_loss": "log_loss", "accuracy": "accuracy"}.get(name, "score")
                    if name == "neg_log_loss":
                        proba = alone.predict_proba(X[test])
                        expected = log_loss(
                            names[y][test], proba, labels=names, sample_weight=test_weights
                        )
                    elif name == "neg_brier_score":
                        Y = np.eye(3)[y[test]] - alone.predict_proba(X[test])
                        expected = -np.average((Y**2).sum(axis=1), weights=test_weights)
                    else:
                        expected = get_scorer(name)(
                            alone, X[test], names[y][test], sample_weight=test_weights
                        )
                    found = model.cv_results_[f"fold_{kind}"][place, fold]
                    assert found == pytest.approx(expected, rel=1e-6), (name, fold, alpha)
        assert model.classes_.tolist() == names.tolist()

    def test_where_no_test_row_is_of_a_class_learnt(self):
        X, y = with_rare_class()
        folds = [(np.r_[2:150], np.r_[:2]), (np.r_[:100], np.r_[100:150])]
        options = {"cv": folds, "fit_intercept": False, "rule": "best"}
        model = SoftmaxRegressionCV([0.0, 0.1], **options).fit(X, y)
        np.testing.assert_allclose(
            model.cv_results_["fold_log_loss"][:, 0], -np.log(np.finfo(float).eps)
        )
        np.testing.assert_array_equal(model.cv_results_["fold_accuracy"][:, 0], 0.0)

    def test_sorted_labels(self):
        X, y = with_rare_class(40)
        order = np.argsort(y, kind="stable")
        model = SoftmaxRegressionCV(4, cv=KFold(3), scoring="accuracy").fit(X[order], y[order])
        assert np.isfinite(model.cv_results_["fold_log_loss"]).all()
        assert model.classes_.tolist() == [0, 1, 2]

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda model: BaggingClassifier(
                model, n_estimators=10, max_samples=0.3, random_state=0
            ),
            lambda model: CalibratedClassifierCV(model, cv=2),
            lambda model: StackingClassifier([("model", model)], cv=2),
            lambda model: GridSearchCV(model, {"rule": ["best"]}, cv=2, error_score="raise"),
        ],
    )
    @pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy"])
    @pytest.mark.filterwarnings("ignore:The least populated class in y:UserWarning")
    def test_inside_of_others(self, wrap, scoring):
        X, y = with_rare_class()
        model = wrap(SoftmaxRegressionCV(3, cv=3, scoring=scoring, rule="best")).fit(X, y)
        assert np.mean(model.predict(X) == y) > 0.8
        assert model.classes_.tolist() == [0, 1, 2]


class TestMetadataRouting:
    @pytest.fixture(autouse=True)
    def _routing(self):
        with config_context(enable_metadata_routing=True):
            yield

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1_macro", None])
    def test_a_named_scorer_gets_weights_and_a_splitter_its_groups(self, scoring, n_jobs):
        X, y, w = problem(40)
        w[::6] = 0.0
        groups = np.arange(120) // 5
        options = {"alphas": ALPHAS, "scoring": scoring, "n_jobs": n_jobs}
        model = SoftmaxRegressionCV(cv=GroupKFold(3), **options)
        model.fit(X, y, sample_weight=w, groups=groups)
        score = model.score(X, y, sample_weight=w)
        with config_context(enable_metadata_routing=False):
            folds = list(GroupKFold(3).split(X, y, groups))
            expected = SoftmaxRegressionCV(cv=folds, **options).fit(X, y, w)
            assert score == expected.score(X, y, w)
        for name, values in expected.cv_results_.items():
            np.testing.assert_array_equal(model.cv_results_[name], values)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_scorers_get_what_they_ask_for(self, n_jobs):
        def gain(y, told, *, sample_weight, price):
            return float(np.average(price * (y == told), weights=sample_weight))

        X, y, w = problem(41)
        w[4::9] = 0.0
        price = np.linspace(1, 2, 120)
        scorer = make_scorer(gain).set_score_request(price="worth", sample_weight=True)
        cv = StratifiedKFold(4)
        model = SoftmaxRegressionCV([0.03], cv=cv, scoring=scorer, n_jobs=n_jobs)
        model.fit(X, y, w, worth=price)
        for fold, (train, test) in enumerate(cv.split(X, y)):
            told = SoftmaxRegression(0.03).fit(X[train], y[train], w[train]).predict(X[test])
            assert model.cv_results_["fold_score"][0, fold] == pytest.approx(
                gain(y[test], told, sample_weight=w[test], price=price[test])
            )
        assert model.score(X, y, sample_weight=w, worth=price) == pytest.approx(
            gain(y, model.predict(X), sample_weight=w, price=price)
        )

    def test_who_has_not_said_what_to_do_with_weights_is_asked(self):
        X, y, w = problem(42)
        model = SoftmaxRegressionCV(ALPHAS, scoring=make_scorer(accuracy_score))
        with pytest.raises(UnsetMetadataPassedError, match="set_score_request"):
            model.fit(X, y, w)
        with pytest.raises(TypeError, match="unexpected argument.*groups"):
            SoftmaxRegressionCV(ALPHAS).fit(X, y, groups=np.arange(120))

    def test_inside_of_others(self):
        X, y, w = problem(43)
        groups = np.arange(120) // 5
        inner = SoftmaxRegressionCV(ALPHAS, cv=GroupKFold(3)).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, inner).fit(X, y, sample_weight=w, groups=groups)
        expected = clone(inner).fit(scaler.fit_transform(X), y, w, groups=groups)
        np.testing.assert_array_equal(pipeline[-1].coef_, expected.coef_)
        outer = GridSearchCV(
            inner,
            {"rule": ["best", "one-standard-error"]},
            cv=GroupKFold(2),
            scoring=make_scorer(accuracy_score).set_score_request(sample_weight=True),
            error_score="raise",
        ).fit(X, y, sample_weight=w, groups=groups)
        best = clone(inner).set_params(**outer.best_params_).fit(X, y, w, groups=groups)
        np.testing.assert_array_equal(outer.best_estimator_.coef_, best.coef_)


class TestWarnings:
    def test_fits_that_stop_early_are_counted(self):
        X, y, _ = problem(13)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            SoftmaxRegressionCV(ALPHAS, cv=3, max_iter=1, tol=1e-12, solver="lbfgs").fit(X, y)
        assert {warning.category for warning in caught} == {ConvergenceWarning}
        assert "12 of 12 fits of the folds stopped" in str(caught[0].message)
        assert "lbfgs stopped after 1 steps" in str(caught[1].message)
        assert {warning.filename for warning in caught} == {__file__}

    @pytest.mark.parametrize("status", [Status.ROUNDING, Status.NO_PROGRESS])
    @pytest.mark.parametrize("away", [0.0, 1e-3])
    def test_fits_that_can_get_no_further_count_unless_at_their_optimum(
        self, status, away, monkeypatch
    ):
        def ended(*given, **options):
            fitted = fit_parameters(*given, **options)
            return fitted._replace(coef=fitted.coef + away * np.eye(3), status=status)

        monkeypatch.setattr("trivium.softmax.fold_paths.fit_parameters", ended)
        X, y, w = problem(13)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            SoftmaxRegressionCV(ALPHAS, cv=3, tol=1e-9).fit(X, y, w)
        told = [str(warning.message) for warning in caught]
        assert len(told) == (away > 0)
        assert all("12 of 12 fits of the folds stopped" in message for message in told)

    def test_separated_classes_are_named(self):
        X = pd.DataFrame({"age": np.r_[np.arange(10.0), np.arange(20.0, 30.0)]})
        with pytest.warns(SeparationWarning, match="column 'age'"):
            SoftmaxRegressionCV([0.0], rule="best").fit(X, np.repeat(["a", "b"], 10))


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "value", "match"),
        [
            ("alphas", 0, "expected an integer at least 1"),
            ("alphas", [], "alphas is empty"),
            ("alphas", [0.1, -1.0], r"alphas\[1\]=.*at least 0"),
            ("alphas", [np.nan], r"alphas\[0\]=.*finite"),
            ("rule", "worst", "expected one of 'one-standard-error', 'best'"),
            ("solver", "gradient-descent", "expected one of 'auto', 'newton-cg'"),
            ("max_iter", 0, "expected an integer at least 1"),
            ("tol", -1.0, "expected a number at least 0"),
            ("scoring", "no_such_score", "no_such_score"),
            ("cv", 1, "at least one train/test split|k-fold"),
            ("cv", 50, "n_splits=50"),
            ("n_jobs", 0, "n_jobs=0"),
        ],
    )
    def test_parameters_out_of_range(self, name, value, match):
        X, y, _ = problem(14)
        with pytest.raises(ValueError, match=match):
            SoftmaxRegressionCV(**{name: value}).fit(X, y)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("alphas", "10"), ("alphas", 2.5), ("alphas", ["a"]), ("fit_intercept", 1)],
    )
    def test_parameters_of_the_wrong_type(self, name, value):
        X, y, _ = problem(15)
        with pytest.raises(TypeError, match=name):
            SoftmaxRegressionCV(**{name: value}).fit(X, y)

    def test_a_fold_that_learns_from_one_class_is_named(self):
        X, y, _ = problem(16, n_classes=2)
        order = np.argsort(y, kind="stable")
        with pytest.raises(ValueError, match="fold 0 learns from are all of class 'b'"):
            SoftmaxRegressionCV(cv=KFold(2)).fit(X[order], y[order])

    def test_a_fold_that_learns_from_no_row_is_named(self):
        X, y, w = problem(17)
        w[:4] = 0.0
        with pytest.raises(ValueError, match="Fold 0 has no row to learn from"):
            SoftmaxRegressionCV(cv=[(np.arange(4), np.arange(4, 120))]).fit(X, y, w)

    def test_weight_on_one_class_only(self):
        X, y, w = problem(16)
        model = SoftmaxRegressionCV(ALPHAS).fit(X, y, w * (y == "b"))
        assert model.predict(X).tolist() == ["b"] * len(X)
        assert model.best_score_ == 0.0
        assert model.classes_.tolist() == sorted(set(y))

    def test_a_class_without_weight_is_in_no_fold(self):
        X, y, w = problem(16)
        w[y == "b"] = 0.0
        cv = StratifiedKFold(3)
        model = SoftmaxRegressionCV(ALPHAS, cv=cv, scoring="neg_brier_score").fit(X, y, w)
        folds = [
            [np.searchsorted(np.flatnonzero(w), part[w[part] > 0]) for part in fold]
            for fold in cv.split(X, y)
        ]
        expected = SoftmaxRegressionCV(ALPHAS, cv=folds, scoring="neg_brier_score")
        expected.fit(X[w > 0], y[w > 0], w[w > 0])
        for name, values in expected.cv_results_.items():
            np.testing.assert_allclose(model.cv_results_[name], values, rtol=1e-12)
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))

    def test_a_fold_without_rows_is_named(self):
        X, y, w = problem(17)
        w[:4] = 0.0
        folds = [(np.arange(60, 120), np.arange(60)), (np.arange(60), np.arange(4))]
        with pytest.raises(ValueError, match="Fold 1 has an empty test set"):
            SoftmaxRegressionCV(cv=folds).fit(X, y, w)

    def test_groups_of_another_length(self):
        X, y, _ = problem(18)
        with pytest.raises(ValueError, match=r"groups has shape \(3,\)"):
            SoftmaxRegressionCV(cv=GroupKFold(2)).fit(X, y, groups=[0, 1, 2])

    def test_a_fold_that_names_rows_that_are_not_there(self):
        X, y, w = problem(20)
        w[3] = 0.0
        good = np.arange(60), np.arange(60, 120)
        for weights in (None, w):
            for bad in ((np.arange(60), [60, 120]), (np.r_[:60, 500], [60])):
                with pytest.raises(ValueError, match="Fold 1 does not fit the 120 rows of X: ind"):
                    SoftmaxRegressionCV(cv=[good, bad]).fit(X, y, weights)

    def test_no_folds(self):
        X, y, _ = problem(20)
        with pytest.raises(ValueError, match=r"cv=\[\] names no fold"):
            SoftmaxRegressionCV(cv=[]).fit(X, y)

    @pytest.mark.parametrize("value", [np.nan, -np.inf])
    def test_a_score_that_is_no_number_is_named(self, value):
        def score(model, X, y):
            return value if model.alpha == 0.03 and len(y) == 30 else model.score(X, y)

        X, y, _ = problem(21, n=110)
        folds = [(np.arange(40, 110), np.arange(40)), (np.arange(80), np.arange(80, 110))]
        with pytest.raises(ValueError, match=rf"score at .* is {value} in fold 1 with alpha=0.03"):
            SoftmaxRegressionCV(ALPHAS, cv=folds, scoring=score).fit(X, y)

    @pytest.mark.filterwarnings("ignore:Only one class is present:UserWarning")
    def test_a_fold_in_which_a_scorer_has_no_answer(self):
        X, y, _ = problem(22, n_classes=2)
        order = np.argsort(y, kind="stable")
        folds = [(np.arange(20, 120), np.arange(20)), (np.arange(100), np.arange(100, 120))]
        with pytest.raises(ValueError, match=r"scoring='roc_auc' is nan in fold 0 with alpha=0.3"):
            SoftmaxRegressionCV(ALPHAS, cv=folds, scoring="roc_auc").fit(X[order], y[order])

    def test_a_loss_that_is_infinite_in_a_fold(self, monkeypatch):
        def scores(paths, fold):
            lost = np.inf if fold.number == 1 else 0.5
            return FoldScores(*np.tile([[lost], [0.75], [0.0]], 4), 0)

        monkeypatch.setattr("trivium.softmax.fold_paths.FoldPaths.scores", scores)
        X, y, _ = problem(24)
        with pytest.raises(ValueError, match=r"'neg_log_loss' is inf in fold 1 with alpha=0.3:"):
            SoftmaxRegressionCV(ALPHAS, cv=3).fit(X, y)
        model = SoftmaxRegressionCV(ALPHAS, cv=3, scoring="accuracy").fit(X, y)
        assert model.best_score_ == 0.75
        assert np.isinf(model.cv_results_["log_loss"]).all()

    @pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
    def test_a_fit_that_fails_leaves_the_model_that_was_there(self):
        X, y, _ = problem(23)
        model = SoftmaxRegressionCV(ALPHAS).fit(pd.DataFrame(X, columns=["u", "v", "w"]), y)
        before = dict(vars(model))
        two, one_alone = np.where(y == "a", "y", "z"), np.where(np.arange(120) < 1, "y", "z")
        for arguments, match in (
            ((X[:, :2], two), "groups has shape"),
            ((X[:, :2], one_alone), "are all of class 'z'"),
            ((1e160 * X, two), "computes with magnitudes"),
        ):
            groups = [1] if "groups" in match else None
            with pytest.raises(ValueError, match=match):
                model.fit(*arguments, groups=groups)
            assert vars(model).keys() == before.keys()
            assert all(vars(model)[name] is before[name] for name in before)

    def test_values_beyond_what_it_computes_with(self):
        with pytest.raises(ValueError, match="column 0: SoftmaxRegressionCV computes"):
            SoftmaxRegressionCV().fit([[1e200], [0.0]], [0, 1])


def test_missing_groups_are_named_by_their_row():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    groups = np.where(np.arange(40) == 7, np.nan, np.arange(40) // 4)
    with pytest.raises(ValueError, match="groups holds no value in row 7, but NaN"):
        SoftmaxRegressionCV(cv=GroupKFold(2)).fit(X, y, groups=groups)
