"""The number of neighbours, chosen by leaving one row out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, LeaveOneOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.neighbors.reference import METRICS, MODEST, class_shares

from trivium import KNeighborsClassifier, KNeighborsClassifierCV
from trivium.neighbors import neighborhoods, voting
from trivium.selection import choose

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")


def tent(distances):
    """Weight a neighbour by itself alone."""
    return 1.0 / (1.0 + distances)


def within_the_farthest(distances):
    """Weight a neighbour by the place of the last one: a function of the whole list."""
    return 1.5 - distances / distances[:, -1:].clip(1e-300)


RULES = {"uniform": "uniform", "distance": "distance", "callable": tent}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
tables = arrays(float, (24, 2), elements=st.integers(-2, 2))
labels = arrays(np.intp, 24, elements=st.integers(0, 2)).filter(lambda y: len(set(y)) > 1)


def grid(seed=0, n=120, n_classes=3):
    """Rows with many ties and duplicates."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 4, size=(n, 2)).astype(float), rng.integers(0, n_classes, size=n)


def blobs(seed=0, n=150):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, size=n)
    return rng.normal(size=(n, 3)) + 1.5 * y[:, None], y


def row_scores(shares, y):
    """Whether each row is told right, and its log-loss, clipped as scikit-learn's."""
    eps = np.finfo(float).eps
    own = shares[np.arange(len(y)), y]
    return shares.argmax(axis=1) == y, -np.log(np.clip(own, eps, 1 - eps))


def standard_error(scores):
    return np.std(scores, ddof=1) / np.sqrt(len(scores))


def check(results, place, shares, y):
    """Compare one k's results with what its leave-one-out shares say."""
    right, losses = row_scores(shares, y)
    for name, scores in (("accuracy", right), ("log_loss", losses)):
        assert results[name][place] == pytest.approx(scores.mean(), rel=1e-13)
        error = standard_error(scores)
        assert results[f"{name}_se"][place] == pytest.approx(error, rel=1e-12, abs=1e-13)


class TestScores:
    @every_rule
    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("data", [grid, blobs])
    def test_they_are_those_of_counting_by_hand(self, data, metric, rule):
        X, y = data(n=60)
        model = KNeighborsClassifierCV(59, weights=rule, metric=metric).fit(X, y)
        np.testing.assert_array_equal(model.cv_results_["n_neighbors"], np.arange(1, 60))
        for k in (1, 2, 3, 7, 30, 58, 59):
            shares = class_shares(None, X, y, k, weights=rule, metric=metric)
            check(model.cv_results_, k - 1, shares, y)

    @given(tables, labels, st.integers(1, 23))
    @MODEST
    def test_so_it_is_for_any_small_table(self, X, y, k_max):
        _, codes = np.unique(y, return_inverse=True)
        for algorithm in ("brute", "kd_tree"):
            model = KNeighborsClassifierCV(k_max, algorithm=algorithm).fit(X, y)
            for k in range(1, k_max + 1):
                check(model.cv_results_, k - 1, class_shares(None, X, y, k), codes)

    @pytest.mark.parametrize(
        "rule", ["uniform", "distance", tent, within_the_farthest], ids=lambda r: str(r)[:13]
    )
    @pytest.mark.parametrize("weighted", [None, "whole", "fractions"])
    @pytest.mark.parametrize("data", [grid, blobs])
    def test_they_are_those_of_an_estimator_of_that_k(self, data, weighted, rule):
        X, y = data()
        rng = np.random.default_rng(1)
        kinds = {"whole": rng.integers(0, 4, len(y)), "fractions": rng.uniform(0.2, 3, len(y))}
        weights = kinds.get(weighted)
        model = KNeighborsClassifierCV(25, weights=rule).fit(X, y, weights)
        kept = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
        w = None if weights is None else weights[kept]
        for k in (1, 2, 5, 24, 25):
            alone = KNeighborsClassifier(k, weights=rule).fit(X, y, weights)
            told, shares = alone.predict(None)[kept], alone.predict_proba(None)[kept]
            accuracy = np.average(told == y[kept], weights=w)
            found = {name: each[k - 1] for name, each in model.cv_results_.items()}
            assert found["accuracy"] == pytest.approx(accuracy, rel=1e-14)
            right = log_loss(y[kept], shares, sample_weight=w)
            assert found["log_loss"] == pytest.approx(right, rel=1e-13)

    @every_rule
    def test_an_integer_weight_is_that_many_rows(self, rule):
        X, y = grid()
        weights = np.random.default_rng(2).integers(0, 4, size=len(y))
        weighted = KNeighborsClassifierCV(20, weights=rule).fit(X, y, weights)
        copies = np.repeat(np.arange(len(y)), weights)
        repeated = KNeighborsClassifierCV(20, weights=rule).fit(X[copies], y[copies])
        for name, found in weighted.cv_results_.items():
            np.testing.assert_allclose(found, repeated.cv_results_[name], rtol=1e-13)
        assert weighted.n_neighbors_ == repeated.n_neighbors_

    def test_fractions_are_relative(self):
        X, y = blobs()
        weights = np.random.default_rng(3).uniform(0.5, 2.0, size=len(y))
        one, other = (KNeighborsClassifierCV(9).fit(X, y, u * weights) for u in (1.0, 2.0**-30))
        for name, found in one.cv_results_.items():
            np.testing.assert_array_equal(found, other.cv_results_[name])

    def test_a_row_alone_in_its_class_is_never_told(self):
        X, y = np.arange(9.0)[:, None], np.array([0] * 4 + [7] + [1] * 4)
        model = KNeighborsClassifierCV(8).fit(X, y)
        assert model.classes_.tolist() == [0, 1, 7]
        _, codes = np.unique(y, return_inverse=True)
        for k in range(1, 9):
            check(model.cv_results_, k - 1, class_shares(None, X, y, k), codes)
        assert (model.cv_results_["log_loss"] >= -np.log(np.finfo(float).eps) / 9).all()

    def test_all_right_is_no_loss_and_no_error(self):
        X, y = np.array([[0.0], [1.0], [2.0], [90.0], [91.0], [92.0]]), [0, 0, 0, 1, 1, 1]
        results = KNeighborsClassifierCV(2).fit(X, y).cv_results_
        assert results["accuracy"].tolist() == [1, 1]
        assert results["accuracy_se"].tolist() == [0, 0]
        assert results["log_loss"].tolist() == [np.finfo(float).eps] * 2
        assert results["log_loss_se"].tolist() == [0, 0]

    @every_rule
    @pytest.mark.parametrize("weighted", [False, True])
    def test_threads_do_not_show_nor_where_the_batches_end(self, rule, weighted, monkeypatch):
        X, y = grid(n=500)
        weights = np.random.default_rng(4).integers(0, 3, size=500) if weighted else None
        right = KNeighborsClassifierCV(30, weights=rule, n_jobs=1).fit(X, y, weights)
        monkeypatch.setattr(voting, "_ENTRIES_A_BLOCK", 3000)
        cut = KNeighborsClassifierCV(30, weights=rule, n_jobs=1).fit(X, y, weights)
        for n_jobs in (2, 5, None):
            model = KNeighborsClassifierCV(30, weights=rule, n_jobs=n_jobs).fit(X, y, weights)
            for name, found in model.cv_results_.items():
                np.testing.assert_array_equal(found, cut.cv_results_[name])
        monkeypatch.setattr(neighborhoods, "_ENTRIES_A_BATCH", 2000)
        small = KNeighborsClassifierCV(30, weights=rule).fit(X, y, weights)
        for model in (cut, small):
            for name, found in model.cv_results_.items():
                np.testing.assert_allclose(found, right.cv_results_[name], rtol=1e-12)

    def test_leave_one_out_of_scikit_learn(self):
        X, y = blobs(n=50)
        model = KNeighborsClassifierCV(8).fit(X, y)
        for k in (1, 4, 8):
            folds = cross_val_score(KNeighborsClassifier(k), X, y, cv=LeaveOneOut())
            assert model.cv_results_["accuracy"][k - 1] == folds.mean()
            error = standard_error(folds)
            assert model.cv_results_["accuracy_se"][k - 1] == pytest.approx(error, rel=1e-12)


class TestChoice:
    @pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
    @pytest.mark.parametrize("rule", ["best", "one-standard-error"])
    def test_the_estimator_follows_its_results(self, scoring, rule):
        X, y = blobs()
        model = KNeighborsClassifierCV(40, scoring=scoring, rule=rule).fit(X, y)
        accuracy = scoring == "accuracy"
        name = "accuracy" if accuracy else "log_loss"
        score = model.cv_results_[name] if accuracy else -model.cv_results_[name]
        place = choose(score, model.cv_results_[f"{name}_se"], rule, tied=0)
        assert model.n_neighbors_ == place + 1
        assert model.best_score_ == score[model.n_neighbors_ - 1]
        assert isinstance(model.n_neighbors_, int)
        assert isinstance(model.best_score_, float)

    def test_more_neighbours_for_overlapping_classes(self):
        rng = np.random.default_rng(5)
        X = rng.normal(size=(400, 2))
        noisy, clear = X[:, 0] + rng.normal(size=400) > 0, X[:, 0] > 0
        best = KNeighborsClassifierCV(rule="best")
        chosen = [best.fit(X, labels).n_neighbors_ for labels in (noisy, clear)]
        assert chosen[0] > 2 * chosen[1]


class TestModel:
    @pytest.mark.parametrize("weights", [None, "whole"])
    def test_it_is_the_classifier_with_the_k_chosen(self, weights):
        X, y = blobs()
        w = None if weights is None else np.random.default_rng(6).integers(0, 3, size=len(y))
        model = KNeighborsClassifierCV(30, weights="distance", metric="manhattan").fit(X, y, w)
        plain = KNeighborsClassifier(model.n_neighbors_, weights="distance", metric="manhattan")
        plain.fit(X, y, w)
        queries = X + 0.1
        for asked in (queries, None):
            np.testing.assert_array_equal(model.predict(asked), plain.predict(asked))
            np.testing.assert_array_equal(model.predict_proba(asked), plain.predict_proba(asked))
            for one, other in zip(model.kneighbors(asked), plain.kneighbors(asked), strict=True):
                np.testing.assert_array_equal(one, other)
            one, other = model.kneighbors_graph(asked), plain.kneighbors_graph(asked)
            assert (one != other).nnz == 0
        assert model.score(X, y) == plain.score(X, y)
        np.testing.assert_array_equal(
            model.predict_path(queries, [1, 50]), plain.predict_path(queries, [1, 50])
        )
        assert model.kneighbors(queries, 3, return_distance=False).shape == (len(X), 3)

    def test_up_to_200_neighbours_where_nothing_is_said(self):
        X, y = grid(n=300)
        assert KNeighborsClassifierCV().fit(X, y).cv_results_["accuracy"].shape == (200,)
        assert KNeighborsClassifierCV().fit(X[:40], y[:40]).cv_results_["accuracy"].shape == (39,)
        weights = np.full(40, 2)
        found = KNeighborsClassifierCV().fit(X[:40], y[:40], weights).cv_results_
        assert found["accuracy"].shape == (79,)
        weights = np.linspace(0.5, 1.25, 40)  # the heaviest, once brought to a mean of one: 1.43
        found = KNeighborsClassifierCV().fit(X[:40], y[:40], weights).cv_results_
        assert found["accuracy"].shape == (39,)

    def test_two_rows(self):
        model = KNeighborsClassifierCV().fit([[0.0], [1.0]], ["a", "b"])
        assert model.cv_results_["accuracy"].tolist() == [0]
        assert model.predict([[0.2]]).tolist() == ["a"]

    def test_weight_zero_is_a_row_removed(self):
        X, y = grid()
        keep = np.arange(len(y)) % 4 > 0
        weighted = KNeighborsClassifierCV(9).fit(X, y, keep)
        removed = KNeighborsClassifierCV(9).fit(X[keep], y[keep])
        for name, found in weighted.cv_results_.items():
            np.testing.assert_array_equal(found, removed.cv_results_[name])
        np.testing.assert_array_equal(
            weighted.kneighbors(X, return_distance=False),
            np.flatnonzero(keep)[removed.kneighbors(X, return_distance=False)],
        )

    def test_labels_of_any_kind(self):
        X, y = blobs()
        names = np.array(["x", "y", "z"])
        model = KNeighborsClassifierCV(20).fit(X, names[y])
        plain = KNeighborsClassifierCV(20).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), names[plain.predict(X)])
        assert model.n_neighbors_ == plain.n_neighbors_

    def test_a_pipeline_and_a_search(self):
        X, y = blobs()
        pipeline = make_pipeline(StandardScaler(), KNeighborsClassifierCV(20))
        grid = {"kneighborsclassifiercv__weights": ["uniform", "distance"]}
        search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
        assert search.best_score_ > 0.5
        assert 1 <= search.best_estimator_[-1].n_neighbors_ <= 20

    def test_clones_have_the_parameters_and_nothing_learnt(self):
        model = KNeighborsClassifierCV(
            7, scoring="neg_log_loss", rule="best", weights=tent, n_jobs=2
        )
        before = model.get_params()
        assert "n_neighbors" not in before
        copy = clone(model.fit(*blobs()))
        assert copy.get_params() == before == model.get_params()
        assert not hasattr(copy, "n_neighbors_")


class TestErrors:
    X, y = blobs(n=30)

    @pytest.mark.parametrize(
        ("parameters", "error", "match"),
        [
            ({"k_max": 0}, ValueError, "k_max=0: expected an integer at least 1"),
            ({"k_max": 30}, ValueError, "k_max=30 is more than a row has others: there are 29"),
            ({"k_max": 2.0}, TypeError, "k_max=2.0: expected an integer"),
            ({"k_max": True}, TypeError, "k_max=True"),
            ({"scoring": "beauty"}, ValueError, "'beauty' is not a valid scoring value"),
            ({"scoring": 3}, TypeError, "scoring=3: expected the name of a scorer"),
            ({"rule": "1se"}, ValueError, "rule='1se': expected one of 'one-standard-error', 'b"),
            ({"weights": "inverse"}, ValueError, "weights='inverse': expected one of"),
            ({"metric": "l3"}, ValueError, "metric='l3'"),
            ({"algorithm": "ball"}, ValueError, "algorithm='ball'"),
        ],
    )
    def test_a_bad_parameter_is_named_in_fit(self, parameters, error, match):
        with pytest.raises(error, match=match):
            KNeighborsClassifierCV(**parameters).fit(self.X, self.y)

    def test_weights_too_light_for_k_max(self):
        X = np.arange(3.0)[:, None]
        # Brought to 2.5, 0.25 and 0.25: without the heavy row's first unit there are two.
        with pytest.raises(ValueError, match="k_max=3 is more than a row has others: there are 2"):
            KNeighborsClassifierCV(3).fit(X, [0, 1, 0], [2.5, 0.25, 0.25])

    def test_one_row(self):
        for weights in (None, [1.0, 0.0]):
            X, y = self.X[: 1 if weights is None else 2], [0] if weights is None else [0, 1]
            with pytest.raises(ValueError, match="leave one out takes a row and others: .* 1 wi"):
                KNeighborsClassifierCV().fit(X, y, weights)

    def test_no_vote_for_a_row_names_it(self):
        X = np.array([[0.0], [1.0], [2.0], [1e6]])
        model = KNeighborsClassifierCV(2, weights=lambda d: (d < 1e3).astype(float))
        with pytest.raises(ValueError, match="No neighbour of query 3 has a vote"):
            model.fit(X, [0, 1, 0, 1])

    def test_one_class(self):
        model = KNeighborsClassifierCV(scoring="neg_log_loss").fit(self.X, np.zeros(30))
        assert set(model.cv_results_["accuracy"]) == {1.0}
        assert model.n_neighbors_ == 29
        np.testing.assert_array_equal(model.predict_proba(self.X), np.ones((30, 1)))

    def test_nothing_works_before_fit(self):
        model = KNeighborsClassifierCV()
        for ask in (model.predict, model.predict_proba, model.kneighbors, model.kneighbors_graph):
            with pytest.raises(NotFittedError):
                ask(self.X)


class TestScoreIsScoring:
    def test_accuracy(self):
        X, y = blobs()
        w = np.linspace(0.5, 2.0, 150)
        model = KNeighborsClassifierCV(9).fit(X, y)
        right = model.predict(X) == y
        assert model.score(X, y) == right.mean()
        assert model.score(X, y, w) == pytest.approx(np.average(right, weights=w))
        assert model.score(None, y) == model.best_score_

    @pytest.mark.parametrize("names", [[0, 1, 2], ["a", "b", "c"]])
    def test_log_loss(self, names):
        X, y = blobs()
        y, w = np.array(names)[y], np.linspace(0.5, 2.0, 150)
        model = KNeighborsClassifierCV(9, scoring="neg_log_loss").fit(X, y)
        some = np.flatnonzero(y != names[2])  # these lack a class
        shares = model.predict_proba(X[some])
        for weights in (None, w[some]):
            expected = -log_loss(y[some], shares, labels=names, sample_weight=weights)
            assert model.score(X[some], y[some], weights) == pytest.approx(expected, rel=1e-12)
        assert model.score(None, y) == pytest.approx(model.best_score_, rel=1e-12)
        with pytest.raises(NotFittedError):
            KNeighborsClassifierCV(scoring="neg_log_loss").score(X, y)
