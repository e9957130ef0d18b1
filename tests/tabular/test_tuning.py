"""Tuning: each by its own route, copies left aside, classes that weigh alike."""

import numpy as np
import pytest

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    LeastSquaresClassifierCV,
    SoftmaxRegressionCV,
)
from trivium.tabular import by_splits, tuning
from trivium.tabular.answers import answers_of
from trivium.tabular.folds import splits_of
from trivium.tabular.training import Training
from trivium.tabular.tuning import TUNED, chosen_neighbors


def rows(n=120, d=3, classes=3, seed=0, balanced=False):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % classes
    X = rng.normal(size=(n, d)) + codes[:, None]
    return Training(X, codes, np.arange(n), balanced, seed)


def test_penalties_are_those_of_the_searches():
    some = rows()
    searched = LeastSquaresClassifierCV(rule="best").fit(some.X, some.codes)
    ours = TUNED["least-squares"](some)
    assert ours.alpha == searched.alpha_
    np.testing.assert_array_equal(ours.coef_, searched.coef_)
    cv = splits_of(some.codes, some.copies, 5, some.seed)
    searched = SoftmaxRegressionCV(cv=cv, rule="best").fit(some.X, some.codes)
    ours = TUNED["softmax"](some)
    assert ours.alpha == searched.alpha_
    np.testing.assert_allclose(ours.coef_, searched.coef_, atol=1e-4)


def test_where_classes_weigh_alike_so_do_their_losses():
    rng = np.random.default_rng(4)
    codes = np.repeat([0, 1], [200, 15])
    some = Training(rng.normal(size=(215, 8)) + codes[:, None], codes, np.arange(215), True, 0)
    weights = np.array([some.class_weight[code] for code in codes.tolist()])
    cv = splits_of(codes, some.copies, 5, some.seed)
    search = SoftmaxRegressionCV(cv=cv, rule="best").fit(some.X, codes, sample_weight=weights)
    ours = TUNED["softmax"](some)
    assert ours.alpha == search.alpha_
    np.testing.assert_allclose(ours.coef_, search.coef_, atol=1e-4)
    plain = SoftmaxRegressionCV(cv=cv, rule="best").fit(some.X, codes)
    assert plain.alpha_ != search.alpha_


def test_neighbours_are_as_many_as_tell_best_how_sure_they_are_among_the_most_accurate():
    some = rows(300)
    search = KNeighborsClassifierCV(rule="best").fit(some.X, some.codes)
    k, found = chosen_neighbors(search), search.cv_results_
    assert TUNED["neighbors"](some).n_neighbors == k
    enough = found["accuracy"].max() - 0.25 * found["accuracy_se"][found["accuracy"].argmax()]
    assert found["accuracy"][k - 1] >= enough
    as_good = found["accuracy"] >= enough
    assert found["log_loss"][k - 1] == found["log_loss"][as_good].min()


def test_of_many_rows_some_that_the_others_predict_choose(monkeypatch):
    some = rows(600, seed=3)
    monkeypatch.setattr(tuning, "_MANY", 500)
    monkeypatch.setattr(tuning, "_ENOUGH", 150)
    monkeypatch.setattr(by_splits, "_CHANCES", 20_000)
    learn, test = splits_of(some.codes, some.copies, 4, some.seed)[0]
    peers = [KNeighborsClassifier(k).fit(some.X[learn], some.codes[learn]) for k in range(1, 201)]
    chances = np.array([peer.predict_proba(some.X[test]) for peer in peers])
    own = np.take_along_axis(chances, some.codes[test][None, :, None], axis=2)
    losses = -np.log(np.maximum(own, 0.5 / learn.size)).mean(axis=(1, 2))
    hits = (chances.argmax(axis=2) == some.codes[test]).mean(axis=1)
    error = np.sqrt(hits.max() * (1 - hits.max()) / test.size)
    expected = np.where(hits >= hits.max() - 0.25 * error, losses, np.inf).argmin() + 1
    assert TUNED["neighbors"](some).n_neighbors == expected
    cv = splits_of(some.codes, some.copies, 5, some.seed)[:1]
    searched = SoftmaxRegressionCV(cv=cv, rule="best").fit(some.X, some.codes)
    assert TUNED["softmax"](some).alpha == searched.alpha_


def test_copies_do_not_choose_the_number_of_neighbours():
    once = rows(90)
    copied = once._replace(
        X=np.repeat(once.X, 4, axis=0),
        codes=np.repeat(once.codes, 4),
        copies=np.repeat(once.copies, 4),
    )
    ours = TUNED["neighbors"](copied)
    assert ours.n_neighbors == 4 * TUNED["neighbors"](once).n_neighbors
    assert ours.n_samples_fit_ == 360


@pytest.mark.parametrize("name", TUNED)
def test_classes_weigh_alike_where_asked(name):
    codes = np.repeat([0, 1, 2], [150, 50, 20])
    X = np.random.default_rng(0).normal(size=(220, 3)) + 3.0 * np.eye(3)[codes]
    some = Training(X, codes, np.arange(220), balanced=True, seed=0)
    ours = TUNED[name](some)
    assert ours.class_weight == pytest.approx({0: 220 / 450, 1: 220 / 150, 2: 220 / 60})
    assert TUNED[name](some._replace(balanced=False)).class_weight is None


@pytest.mark.parametrize("name", TUNED)
def test_answers_are_the_estimators_own_of_one_search(name, monkeypatch):
    some = rows(150)
    ours = TUNED[name](some)
    queries = np.random.default_rng(1).normal(size=(500, 3)).round(1) + 1.0
    expected = ours.predict(queries)
    if name != "least-squares":
        monkeypatch.setattr(type(ours), "predict", None)
    codes, probabilities = answers_of(ours, queries, 3)
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(probabilities, ours.predict_proba(queries))


@pytest.mark.parametrize("name", TUNED)
def test_classes_that_training_rows_lack_are_impossible(name):
    some = rows()
    some = some._replace(codes=np.where(some.codes == 2, 4, some.codes))
    codes, probabilities = answers_of(TUNED[name](some), some.X, 6)
    assert set(codes.tolist()) <= {0, 1, 4}
    assert probabilities.shape == (120, 6)
    assert not probabilities[:, [2, 3, 5]].any()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_where_no_fold_can_be_scored_softmax_has_a_penalty_all_the_same():
    some = Training(np.eye(3), np.arange(3), np.arange(3), balanced=False, seed=0)
    assert TUNED["softmax"](some).alpha == tuning._UNTUNED_ALPHA
