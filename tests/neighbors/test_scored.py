"""Any scorer, asked about leave-one-out predictions of every number of neighbours."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    roc_auc_score,
    top_k_accuracy_score,
)
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from trivium import KNeighborsClassifier, KNeighborsClassifierCV
from trivium.neighbors import scored
from trivium.selection import choose

pytestmark = [
    pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

N = 50
LABELS = ["accuracy", "balanced_accuracy", "f1_macro"]
SHARES = ["roc_auc_ovr", "neg_log_loss"]
WEIGHTS = {
    "none": None,
    "whole": np.random.default_rng(1).integers(0, 4, N),
    "fractions": np.random.default_rng(2).choice([0.25, 0.7, 1.0, 1.9], N),
}
every_weight = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
KS = range(1, 13)


def table(n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, N, p=[0.5, 0.3, 0.2] if n_classes == 3 else [0.6, 0.4])
    return rng.integers(-2, 3, (N, 2)) + 1.2 * y[:, None], np.array(list("abc"))[y]


class Told:
    """Predictions that are there already, as scikit-learn's scorers want them."""

    _estimator_type = "classifier"

    def __init__(self, classes, shares):
        self.classes_, self.shares = classes, shares

    def __sklearn_tags__(self):
        return KNeighborsClassifier().__sklearn_tags__()

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.classes_[self.shares.argmax(axis=1)]

    def predict_proba(self, X):
        return self.shares


class TestScores:
    @every_weight
    @pytest.mark.parametrize("class_weight", [None, "balanced", {"a": 0}])
    @pytest.mark.parametrize("name", LABELS + SHARES)
    def test_they_are_those_of_all_rows_together(self, name, class_weight, weights):
        X, y = table()
        model = KNeighborsClassifierCV(12, scoring=name, class_weight=class_weight)
        model.fit(X, y, weights)
        kept = np.arange(N) if weights is None else np.flatnonzero(weights)
        shares = model.predict_proba_path(None, KS)[:, kept]
        given = {} if weights is None else {"sample_weight": weights[kept]}
        found = model.cv_results_.get("score", model.cv_results_["accuracy"])
        if name == "neg_log_loss":
            found = -model.cv_results_["log_loss"]
        scorer = get_scorer(name)
        for place in range(12):
            right = scorer(Told(model.classes_, shares[place]), X[kept], y[kept], **given)
            assert found[place] == pytest.approx(right, rel=1e-12, abs=1e-14)
        assert model.score(None, y, weights) == pytest.approx(model.best_score_, rel=1e-12)

    def test_they_are_those_of_leave_one_out_of_scikit_learn(self):
        X, y = table(2)
        labels = KNeighborsClassifierCV(5, scoring="balanced_accuracy").fit(X, y)
        shares = KNeighborsClassifierCV(5, scoring="roc_auc").fit(X, y)
        for k in (1, 2, 5):
            one = KNeighborsClassifier(k)
            told = cross_val_predict(one, X, y, cv=LeaveOneOut())
            right = balanced_accuracy_score(y, told)
            assert labels.cv_results_["score"][k - 1] == pytest.approx(right, rel=1e-14)
            told = cross_val_predict(one, X, y, cv=LeaveOneOut(), method="predict_proba")
            right = roc_auc_score(y, told[:, 1])
            assert shares.cv_results_["score"][k - 1] == pytest.approx(right, rel=1e-14)

    @every_weight
    @pytest.mark.parametrize("rule", ["uniform", "distance"])
    def test_neither_cells_nor_blocks_show(self, rule, weights, monkeypatch):
        X, y = table()
        options = {"weights": rule, "scoring": "f1_macro"}
        by_cells = KNeighborsClassifierCV(12, **options).fit(X, y, weights)
        monkeypatch.setattr(scored, "_MOST_CELLS", 0)
        by_rows = KNeighborsClassifierCV(12, **options).fit(X, y, weights)
        monkeypatch.setattr(scored, "working_memory", lambda: 5 * 2 * 8 * N * 3)
        in_blocks = KNeighborsClassifierCV(12, **options).fit(X, y, weights)
        for model in (by_rows, in_blocks):
            for name in ("accuracy", "log_loss", "score"):
                np.testing.assert_allclose(
                    model.cv_results_[name], by_cells.cv_results_[name], rtol=1e-13
                )

    def test_the_built_in_scores_are_there_as_ever(self):
        X, y = table()
        plain = KNeighborsClassifierCV(12).fit(X, y)
        assert "score" not in plain.cv_results_
        for scoring in (None, "f1_macro", "roc_auc_ovr"):
            model = KNeighborsClassifierCV(12, scoring=scoring).fit(X, y)
            for name, found in plain.cv_results_.items():
                np.testing.assert_array_equal(model.cv_results_[name], found)


class TestErrorsOfScores:
    @every_weight
    def test_of_a_mean_over_rows_it_is_the_usual_one(self, weights):
        X, y = table()
        scoring = make_scorer(accuracy_score)
        model = KNeighborsClassifierCV(12, scoring=scoring).fit(X, y, weights)
        plain = KNeighborsClassifierCV(12).fit(X, y, weights)
        np.testing.assert_allclose(model.cv_results_["score"], plain.cv_results_["accuracy"])
        known = np.isfinite(model.cv_results_["score_se"])
        assert known.sum() == 1
        np.testing.assert_allclose(
            model.cv_results_["score_se"][known],
            plain.cv_results_["accuracy_se"][known],
            rtol=1e-10,
        )
        assert model.n_neighbors_ == plain.n_neighbors_

    @pytest.mark.parametrize("name", ["balanced_accuracy", "roc_auc_ovr"])
    @pytest.mark.parametrize("rule", ["best", "one-standard-error"])
    def test_the_choice_follows_scores_and_errors(self, name, rule):
        X, y = table()
        model = KNeighborsClassifierCV(30, scoring=name, rule=rule).fit(X, y)
        score, error = model.cv_results_["score"], model.cv_results_["score_se"]
        assert model.n_neighbors_ == choose(score, error, rule, tied=0) + 1
        assert model.best_score_ == score[model.n_neighbors_ - 1]
        assert 0.005 < np.nanmax(error) < 0.2

    def test_groups_of_rows_come_near_the_jackknife_over_rows(self):
        X, y = table()
        by_cells = KNeighborsClassifierCV(12, scoring="f1_macro").fit(X, y)
        by_rows = KNeighborsClassifierCV(
            12, scoring=lambda model, X, y: f1_score(y, model.predict(X), average="macro")
        ).fit(X, y)
        one, other = (np.nanmax(m.cv_results_["score_se"]) for m in (by_cells, by_rows))
        assert other == pytest.approx(one, rel=0.5)


class TestCallables:
    def test_they_are_given_the_training_rows_and_a_model_that_tells_them(self):
        X, y = table()
        seen = []

        def scoring(model, rows, labels):
            seen.append(model.predict_proba(rows))
            np.testing.assert_array_equal(rows, X)
            np.testing.assert_array_equal(labels, y)
            return -log_loss(labels, seen[-1])

        model = KNeighborsClassifierCV(12, scoring=scoring, rule="best").fit(X, y)
        plain = KNeighborsClassifierCV(12, scoring="neg_log_loss", rule="best").fit(X, y)
        np.testing.assert_allclose(model.cv_results_["score"], -plain.cv_results_["log_loss"])
        np.testing.assert_array_equal(seen[:12], model.predict_proba_path(None, KS))
        assert model.n_neighbors_ == plain.n_neighbors_

    def test_other_rows_are_refused_and_the_number_of_neighbours_named(self):
        X, y = table()
        with pytest.raises(ValueError, match=r"with n_neighbors=1: The models of leave-one-out"):
            KNeighborsClassifierCV(5, scoring=lambda m, X, y: m.predict(X + 1).size).fit(X, y)

    def test_what_is_no_number_is_refused(self):
        X, y = table()
        scoring = make_scorer(accuracy_score)
        for bad in (lambda m, X, y: np.nan, lambda m, X, y: 1 / 0):
            with pytest.raises(ValueError, match="scoring=.* with n_neighbors=1"):
                KNeighborsClassifierCV(5, scoring=bad).fit(X, y)
        with pytest.raises(ValueError, match="takes no sample_weight"):
            KNeighborsClassifierCV(5, scoring=lambda m, X, y: 1.0).fit(X, y, WEIGHTS["whole"])
        with pytest.raises(ValueError, match="roc_auc.*with n_neighbors=1"):
            KNeighborsClassifierCV(5, scoring="roc_auc").fit(X, y)
        with pytest.raises(ValueError, match="leaves rows out, one by one: not groups"):
            KNeighborsClassifierCV(5, scoring=scoring).fit(X, y, groups=y)
        with pytest.raises(ValueError, match="fit takes extra only with"):
            KNeighborsClassifierCV(5, scoring=scoring).fit(X, y, extra=y)


class TestScoring:
    def test_score_is_scoring(self):
        X, y = table()
        model = KNeighborsClassifierCV(12, scoring="f1_macro").fit(X, y)
        w = np.linspace(0.5, 2.0, N)
        right = f1_score(y, model.predict(X), average="macro", sample_weight=w)
        assert model.score(X, y, w) == pytest.approx(right, rel=1e-14)

    def test_the_second_of_two_classes_is_the_positive_one(self):
        X, y = table(2)
        model = KNeighborsClassifierCV(12, scoring="f1").fit(X, y)
        right = f1_score(y, model.predict(None), pos_label="b")
        assert model.best_score_ == pytest.approx(right, rel=1e-14)

    def test_metadata_go_where_they_are_asked_for(self):
        X, y = table()
        shares = make_scorer(top_k_accuracy_score, response_method="predict_proba")
        with config_context(enable_metadata_routing=True):
            scoring = shares.set_score_request(k=True, sample_weight=True)
            model = KNeighborsClassifierCV(12, scoring=scoring).fit(X, y, WEIGHTS["whole"], k=3)
            assert model.cv_results_["score"].tolist() == [1.0] * 12
            assert model.score(X, y, k=3) == 1.0
            named = KNeighborsClassifierCV(12, scoring="f1_macro").fit(X, y, WEIGHTS["whole"])
        right = KNeighborsClassifierCV(12, scoring="f1_macro").fit(X, y, WEIGHTS["whole"])
        np.testing.assert_array_equal(named.cv_results_["score"], right.cv_results_["score"])
