"""Weights of classes and any scorer in leave-one-out, against the fits without each row."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import accuracy_score, f1_score, get_scorer, make_scorer
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV
from trivium.least_squares.deletion import penalties
from trivium.least_squares.solving.targets import targets
from trivium.left_out_scores import jackknife_groups

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*predicted for no training row"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]
ALPHAS = [0.0, 1e-3, 0.3]


def problem(seed, n, d, n_classes, kind="none"):
    rng = np.random.default_rng(seed)
    y = np.append(np.arange(n_classes), (n_classes * rng.random(n - n_classes) ** 2).astype(int))
    X = rng.normal(size=(n, d)) + 0.5 * y[:, None]
    w = {
        "none": None,
        "counts": rng.integers(1, 4, n).astype(float),
        "shares": rng.choice([0.25, 0.7, 1.0], n),
        "some": rng.choice([0.0, 0.5, 1.0, 2.5], n),
    }[kind]
    if w is not None:
        w[:n_classes] = 1.0
    return X, y, w


def without_each(X, y, w, alpha, **options):
    """Decision values, labels and functions' values of the fits without each row."""
    w = np.ones(len(X)) if w is None else w
    scores, labels, values = [], [], []
    for row in range(len(X)):
        rest = w.copy()
        rest[row] = max(0.0, w[row] - 1.0)
        model = LeastSquaresClassifier(alpha, **options).fit(X, y, rest)
        scores.append(model.decision_function(X[[row]])[0])
        labels.append(model.predict(X[[row]])[0])
        values.append(X[row] @ model.coef_.T + model.intercept_)
    return np.array(scores), np.array(labels), np.array(values)


class Seen:
    """A scorer that keeps what it is told of all rows."""

    def __init__(self):
        self.rows = []

    def __call__(self, estimator, X, y, sample_weight=None):
        self.rows.append((estimator.decision_function(X), estimator.predict(X), y))
        return float(len(self.rows))


def assert_left_out(X, y, w, class_weight, **options):
    """Compare every row under every penalty, and the means over rows."""
    seen = Seen()
    model = LeastSquaresClassifierCV(
        ALPHAS, scoring=seen, rule="best", class_weight=class_weight, **options
    ).fit(X, y, w)
    there = slice(None) if w is None else w > 0
    counted = np.ones(len(X)) if w is None else w
    Y = targets(y, int(y.max()) + 1)
    for j, alpha in enumerate(ALPHAS):
        scores, labels, values = without_each(X, y, w, alpha, class_weight=class_weight, **options)
        mine, told, truth = seen.rows[j]
        np.testing.assert_allclose(mine, scores[there], rtol=1e-8, atol=1e-8)
        sure = np.abs(np.diff(np.sort(scores.reshape(len(X), -1))[:, -2:])) > 1e-7
        sure = sure[:, 0] if scores.ndim > 1 else np.abs(scores) > 1e-7
        np.testing.assert_array_equal(told[sure[there]], labels[there][sure[there]])
        np.testing.assert_array_equal(truth, y[there])
        results = model.cv_results_
        if sure.all():
            accuracy = np.average(labels == y, weights=counted)
            np.testing.assert_allclose(results["accuracy"][j], accuracy, atol=1e-12)
        errors = np.average(np.square(Y - values).sum(axis=1), weights=counted)
        np.testing.assert_allclose(results["mean_squared_error"][j], errors, rtol=1e-8)


class TestClassWeights:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        n=st.integers(8, 18),
        d=st.integers(1, 4),
        n_classes=st.integers(2, 4),
        kind=st.sampled_from(["none", "counts", "shares", "some"]),
        class_weight=st.sampled_from([None, "balanced", {0: 0.3, 1: 4.0}, {0: 0}]),
        fit_intercept=st.booleans(),
    )
    def test_every_row_is_told_as_by_a_fit_without_it(
        self, seed, n, d, n_classes, kind, class_weight, fit_intercept
    ):
        X, y, w = problem(seed, n, d, n_classes, kind)
        heard = y > 0 if w is None else (y > 0) & (w > 0)
        assume(class_weight != {0: 0} or np.count_nonzero(heard) > 1)  # one row alone is refused
        assert_left_out(X, y, w, class_weight, fit_intercept=fit_intercept)

    @pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0}])
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize(("fit_intercept", "alone"), [(True, 1.0), (True, 0.4), (False, 2.0)])
    def test_a_class_of_one_row(self, class_weight, n_classes, fit_intercept, alone):
        """Its class stays known and has no weight, as with a sample weight of zero."""
        X, y, _ = problem(3, 14, 2, n_classes)
        y[y == n_classes - 1] = 0
        y[5] = n_classes - 1
        w = np.ones(14)
        w[5] = alone
        if not fit_intercept:
            X = np.abs(X)
            X[5] *= -1.0  # where all other functions are below zero
        assert_left_out(X, y, w, class_weight, fit_intercept=fit_intercept)

    @pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 2: 0.2}])
    def test_more_columns_than_rows_and_rows_that_alone_hold_one(self, class_weight):
        X, y, _ = problem(4, 9, 20, 3)
        assert_left_out(X, y, None, class_weight)
        X, y, w = problem(5, 24, 3, 3, "counts")
        X = np.column_stack([X, X[:, 0] + X[:, 1], np.arange(24) == 3, np.arange(24) == 8])
        assert_left_out(X, y, w, class_weight)

    def test_whole_weights_are_repeated_rows(self):
        X, y, w = problem(6, 20, 3, 3, "counts")
        counts = w.astype(int)
        for class_weight in ("balanced", {0: 0.3}, {1: 0}):
            options = {"class_weight": class_weight, "scoring": "balanced_accuracy"}
            model = LeastSquaresClassifierCV([0.01, 1.0], **options).fit(X, y, w)
            repeated = LeastSquaresClassifierCV([0.01, 1.0], **options)
            repeated.fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
            for name, values in model.cv_results_.items():
                np.testing.assert_allclose(values, repeated.cv_results_[name], rtol=1e-9)
            np.testing.assert_allclose(model.coef_, repeated.coef_, rtol=1e-9)

    @pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0}, {0: 0.0}])
    def test_the_model_and_the_grid_are_those_of_the_products(self, class_weight):
        X, y, w = problem(7, 60, 3, 3, "counts")
        model = LeastSquaresClassifierCV(5, class_weight=class_weight).fit(X, y, w)
        mass = np.bincount(y, w)
        factors = mass.sum() / (3 * mass)
        if isinstance(class_weight, dict):
            factors = np.array([class_weight[0], 1.0, 1.0])
        plain = LeastSquaresClassifierCV(5).fit(X, y, w * factors[y])
        ours, theirs = model.cv_results_["alpha"], plain.cv_results_["alpha"]
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        one = LeastSquaresClassifier(model.alpha_, class_weight=class_weight).fit(X, y, w)
        np.testing.assert_array_equal(model.coef_, one.coef_)
        if factors.all():
            influence = model.influence(X, y, w)
            np.testing.assert_array_equal(influence.shift, one.influence(X, y, w).shift)

    @pytest.mark.parametrize("scale", [1e-200, 1e200])
    def test_weights_of_any_size(self, scale):
        X, y, w = problem(8, 30, 2, 3, "shares")
        results = LeastSquaresClassifierCV(
            [0.0, 0.1], class_weight="balanced", scoring="f1_macro"
        ).fit(X, y, scale * w)
        for name, values in results.cv_results_.items():
            if name != "score_se":
                assert np.isfinite(values).all()

    def test_it_is_ridge_regressions(self):
        X, y, _ = problem(9, 60, 3, 3)
        mass = np.bincount(y)
        given = {c: float(60 / (3 * mass[c])) for c in range(3)}
        alpha = 0.05
        model = LeastSquaresClassifier(alpha, class_weight="balanced").fit(X, y)
        ridge = RidgeClassifier(60 * alpha, class_weight="balanced").fit(X, y)
        np.testing.assert_allclose(2 * model.coef_, ridge.coef_, rtol=1e-9)
        cv = LeastSquaresClassifierCV([alpha], class_weight=given, scoring="f1_macro").fit(X, y)
        told = np.empty(60, dtype=int)
        for train, test in LeaveOneOut().split(X):
            total = sum(given[c] for c in y[train])
            told[test] = (
                RidgeClassifier(total * alpha, class_weight=given)
                .fit(X[train], y[train])
                .predict(X[test])
            )
        assert cv.best_score_ == pytest.approx(f1_score(y, told, average="macro"), abs=1e-12)

    def test_one_row_alone_is_refused(self):
        X, y = np.arange(4.0)[:, None], [0, 0, 0, 1]
        for class_weight, weights in (({0: 0}, None), (None, [0, 0, 0, 1.0])):
            model = LeastSquaresClassifierCV([0.1], class_weight=class_weight)
            with pytest.raises(ValueError, match="takes a row and others: there is n_samples = 1"):
                model.fit(X, y, weights)
        model = LeastSquaresClassifierCV([0.1], class_weight={0: 0}).fit(X, y, [1, 1, 1, 3])
        assert model.cv_results_["accuracy"] == [0.5]

    def test_rows_that_are_not_learnt_from_are_checked(self):
        X, y, _ = problem(10, 20, 2, 2)
        X[np.flatnonzero(y == 0)[0], 1] = np.nan
        with pytest.raises(ValueError, match="contains NaN"):
            LeastSquaresClassifierCV([0.1], class_weight={0: 0}).fit(X, y)


class TestScorers:
    @pytest.mark.parametrize(
        "scoring",
        [
            "balanced_accuracy",
            "f1_macro",
            "matthews_corrcoef",
            "precision_weighted",
            "adjusted_rand_score",
            "top_k_accuracy",
        ],
    )
    @pytest.mark.parametrize("kind", ["none", "some"])
    def test_scores_are_those_of_refits(self, scoring, kind, monkeypatch):
        monkeypatch.setattr(penalties, "_MOST_BYTES", 1)
        X, y, w = problem(11, 30, 2, 3, kind)
        if scoring == "adjusted_rand_score":
            if w is not None:
                with pytest.raises(ValueError, match="takes no sample_weight"):
                    LeastSquaresClassifierCV(ALPHAS, scoring=scoring).fit(X, y, w)
            w = None
        model = LeastSquaresClassifierCV(ALPHAS, scoring=scoring, class_weight="balanced")
        model.fit(X, y, w)
        scorer = get_scorer(scoring)
        for j, alpha in enumerate(ALPHAS):
            scores, labels, _ = without_each(X, y, w, alpha, class_weight="balanced")
            told = scores if scoring == "top_k_accuracy" else labels
            given = {} if w is None else {"sample_weight": w}
            expected = scorer._score_func(y, told, **scorer._kwargs, **given)
            assert model.cv_results_["score"][j] == pytest.approx(expected, abs=1e-9)
        errors = model.cv_results_["score_se"]
        best = np.isfinite(errors)
        assert best.sum() == 1
        assert errors[best] > 0
        assert model.cv_results_["score"][best] == model.cv_results_["score"].max()

    @pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "f1", "recall"])
    def test_of_two_classes_the_second_is_positive(self, scoring):
        X, y, _ = problem(12, 40, 3, 2)
        names = np.array(["no", "yes"])
        model = LeastSquaresClassifierCV(ALPHAS, scoring=scoring, rule="best").fit(X, names[y])
        for j, alpha in enumerate(ALPHAS):
            scores, labels, _ = without_each(X, y, None, alpha)
            told = labels if scoring in ("f1", "recall") else scores
            expected = get_scorer(scoring)._score_func(y, told)
            assert model.cv_results_["score"][j] == pytest.approx(expected, abs=1e-12)
        assert model.best_score_ == model.cv_results_["score"].max()
        expected = get_scorer(scoring)(LeastSquaresClassifier(model.alpha_).fit(X, y), X, y)
        assert model.score(X, names[y]) == pytest.approx(expected, abs=1e-12)

    def test_accuracy_by_cells_is_the_fast_path(self):
        X, y, w = problem(13, 60, 3, 3, "shares")
        for rule in ("best", "one-standard-error"):
            own = LeastSquaresClassifierCV(8, rule=rule).fit(X, y, w)
            model = LeastSquaresClassifierCV(8, rule=rule, scoring=make_scorer(accuracy_score))
            model.fit(X, y, w)
            results = model.cv_results_
            np.testing.assert_allclose(results["score"], results["accuracy"], rtol=1e-12)
            best = np.isfinite(results["score_se"])
            np.testing.assert_allclose(
                results["score_se"][best], results["accuracy_se"][best], rtol=1e-9
            )
            assert model.alpha_ == own.alpha_
            assert own.best_score_ == pytest.approx(model.best_score_)
            assert LeastSquaresClassifierCV(8, scoring=None, rule=rule).fit(X, y, w).alpha_ == (
                own.alpha_
            )

    def test_functions_are_given_the_rows_and_their_answers(self):
        X, y, _ = problem(14, 45, 3, 3)

        def own(estimator, rows, truth):
            assert estimator.classes_.tolist() == [0, 1, 2]
            return f1_score(truth, estimator.predict(rows), average="macro")

        model = LeastSquaresClassifierCV([0.1], scoring=own).fit(X, y)
        told = cross_val_predict(LeastSquaresClassifier(0.1), X, y, cv=LeaveOneOut())
        assert model.best_score_ == pytest.approx(f1_score(y, told, average="macro"))
        groups = jackknife_groups(45)
        each = [f1_score(y[groups != g], told[groups != g], average="macro") for g in range(20)]
        error = np.sqrt(19 * np.var(each))
        assert model.cv_results_["score_se"][0] == pytest.approx(error)
        named = LeastSquaresClassifierCV([0.1], scoring="f1_macro").fit(X, y)
        assert named.best_score_ == pytest.approx(model.best_score_)

    @pytest.mark.parametrize(
        ("scoring", "message"),
        [
            ("neg_log_loss", "goes by predict_proba, which LeastSquaresClassifierCV does not have"),
            ("roc_auc_ovr", "goes by predict_proba"),
            ("roc_auc", "scoring='roc_auc' fails with alpha=0.1: .*multi_class must be"),
            (lambda model, X, y: np.nan, "is nan with alpha=0.1"),
            (lambda model, X, y: model.predict(X + 1).size, "predict the training rows"),
        ],
    )
    def test_scorers_that_fail_are_named(self, scoring, message):
        X, y, _ = problem(15, 30, 2, 3)
        model = LeastSquaresClassifierCV([0.1, 1.0], scoring=scoring)
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)
        assert not hasattr(model, "classes_")

    def test_metadata_are_routed(self):
        X, y, w = problem(16, 30, 2, 2, "counts")
        with pytest.raises(ValueError, match="takes prices only with"):
            LeastSquaresClassifierCV([0.1]).fit(X, y, prices=w)
        with pytest.raises(ValueError, match="takes prices only with"):
            LeastSquaresClassifierCV([0.1]).fit(X, y).score(X, y, prices=w)
        counted = LeastSquaresClassifierCV([0.1], scoring="f1").fit(X, y, w)

        def cost(truth, told, prices):
            return -float(prices @ (truth != told))

        with config_context(enable_metadata_routing=True):
            request = {"sample_weight": True}
            for scoring in ("f1", make_scorer(f1_score).set_score_request(**request)):
                model = LeastSquaresClassifierCV([0.1], scoring=scoring)
                model.set_fit_request(**request).fit(X, y, w)
                assert model.best_score_ == pytest.approx(counted.best_score_)
            plain = make_scorer(f1_score).set_score_request(sample_weight=False)
            model = LeastSquaresClassifierCV([0.1], scoring=plain)
            model.set_fit_request(**request).fit(X, y, w)
            _, told, _ = without_each(X, y, w, 0.1)
            assert model.best_score_ == pytest.approx(f1_score(y, told))
            priced = make_scorer(cost).set_score_request(prices=True)
            model = LeastSquaresClassifierCV([0.1], scoring=priced).fit(X, y, prices=w)
            _, told, _ = without_each(X, y, None, 0.1)
            assert model.best_score_ == pytest.approx(-float(w @ (told != y)))
            assert model.score(X, y, prices=w) == -float(w @ (model.predict(X) != y))
            LeastSquaresClassifierCV([0.1]).fit(X, y).score(X, y)

    def test_warnings_of_a_metric_come_through(self):
        X, y, _ = problem(17, 40, 2, 3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            LeastSquaresClassifierCV([1e6], scoring="precision_macro").fit(X, y)
        assert sum("Precision is ill-defined" in str(w.message) for w in caught) == 1
