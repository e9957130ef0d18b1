"""Any scorer asked about leave-one-out: cells stand for rows, and the jackknife for its error."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, f1_score, get_scorer, make_scorer, roc_auc_score

from trivium import KNeighborsClassifierCV, LeastSquaresClassifierCV
from trivium.left_out import LeftOut
from trivium.left_out_scores import (
    LeftOutScorer,
    UnknownError,
    error_of_best,
    goes_by_cells,
    jackknife_groups,
)
from trivium.rows.labelled import LabelledRows
from trivium.rows.memory import ArrayRows
from trivium.scorers import scorer_of

LABELS = [
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "precision_macro",
    "recall_weighted",
    "jaccard_macro",
    "matthews_corrcoef",
]


def told(seed, n, n_classes, weighted=False):
    """Rows, what they are told to be, and weights that count."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n) % n_classes)
    predicted = np.where(rng.random(n) < 0.6, codes, rng.integers(0, n_classes, n))
    weights = rng.integers(1, 4, n).astype(float) if weighted else None
    classes = np.array(list("abcdef"))[:n_classes]
    X = rng.normal(size=(n, 2))
    rows = LabelledRows(ArrayRows(X, codes, n_classes, weights), classes, None, n)
    return rows, LeftOut(X, classes, predicted, None, rng.normal(size=n) + predicted)


def cells_of(rows, model):
    size = rows.classes.size
    flat = np.bincount(rows.codes * size + model.predicted, rows.weights, minlength=size**2)
    return flat.reshape(size, size).astype(float)


def scorer_for(name, rows):
    metadata = {} if rows.weights is None else {"sample_weight": rows.weights}
    return LeftOutScorer(scorer_of(None, name), name, rows, metadata)


@pytest.mark.filterwarnings("ignore:.*ill-defined")
@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_cells_say_what_rows_say_and_their_error_is_the_jackknife(name, weighted):
    rows, model = told(3, 40, 3, weighted)
    asked = scorer_for(name, rows)
    assert asked.by_cells
    cells = cells_of(rows, model)
    score = asked.of_cells(cells, "here")
    assert score == pytest.approx(asked.of_rows(model, "here"), abs=1e-14)
    counts = np.ones(40, dtype=int) if rows.weights is None else rows.weights.astype(int)
    y = rows.classes[rows.codes].repeat(counts)
    predicted = rows.classes[model.predicted].repeat(counts)
    metric = get_scorer(name)
    n = y.size
    every = np.array(
        [
            metric._score_func(np.delete(y, i), np.delete(predicted, i), **metric._kwargs)
            for i in range(n)
        ]
    )
    expected = np.sqrt((n - 1) / n * np.square(every - every.mean()).sum())
    assert asked.error_of_cells(cells, score, float(n)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("weights", [None, [0.2, 3.0], [1.0, 2.0]])
def test_the_error_of_a_mean_over_rows_is_the_usual_one(weights):
    rows, model = told(5, 30, 2)
    if weights is not None:
        rows = rows.reweighted(np.random.default_rng(0).uniform(*weights, 30))
    asked = scorer_for("accuracy", rows)
    w = np.ones(30) if rows.weights is None else rows.weights
    worth = w.sum() if w.min() >= 1 else w.sum() ** 2 / np.square(w).sum()
    cells = cells_of(rows, model)
    mean = np.average(rows.codes == model.predicted, weights=w)
    assert asked.of_cells(cells, "here") == pytest.approx(mean)
    usual = np.sqrt(mean * (1 - mean) / (worth - 1))
    assert asked.error_of_cells(1e200 * cells, mean, worth) == pytest.approx(usual, rel=1e-9)
    few = np.arange(12)
    small = LeftOutScorer(asked._scorer, "accuracy", rows.take(few), {})
    right = (rows.codes == model.predicted)[few]
    usual = right.std(ddof=1) / np.sqrt(12)
    assert small.error_of_rows(model.take(few)) == pytest.approx(usual, rel=1e-9)


def test_groups_are_of_one_size_and_do_not_go_by_the_order_of_rows():
    groups = jackknife_groups(1007)
    assert np.ptp(np.bincount(groups)) == 1
    assert np.bincount(groups[:100]).max() < 15
    assert sorted(jackknife_groups(7).tolist()) == list(range(7))


@pytest.mark.parametrize("ordered", [False, True])
def test_groups_of_rows_tell_about_what_rows_tell(ordered):
    """Of rows in the order of their classes, of which one is told better, too."""
    rng = np.random.default_rng(1)
    n = 4000
    codes = np.sort(rng.integers(0, 2, n)) if ordered else rng.integers(0, 2, n)
    predicted = np.where(rng.random(n) < np.array([0.95, 0.45])[codes], codes, 1 - codes)
    X = np.zeros((n, 1))
    rows = LabelledRows(ArrayRows(X, codes, 2), np.array([0, 1]), None, n)
    model = LeftOut(X, rows.classes, predicted)
    asked = scorer_for("accuracy", rows)
    exact = asked.error_of_cells(cells_of(rows, model), asked.of_rows(model, ""), float(n))
    assert 0.7 * exact < asked.error_of_rows(model) < 1.45 * exact


def test_of_many_cells_some_are_drawn():
    rng = np.random.default_rng(2)
    n, size = 6000, 40
    codes = rng.integers(0, size, n)
    predicted = np.where(rng.random(n) < 0.6, codes, rng.integers(0, size, n))
    X = np.zeros((n, 1))
    rows = LabelledRows(ArrayRows(X, codes, size), np.arange(size), None, n)
    cells = cells_of(rows, LeftOut(X, rows.classes, predicted))
    assert np.count_nonzero(cells) > 1000
    asked = scorer_for("accuracy", rows)
    mean = float(np.mean(codes == predicted))
    usual = np.sqrt(mean * (1 - mean) / (n - 1))
    error = asked.error_of_cells(cells, asked.of_cells(cells, ""), float(n))
    assert error == pytest.approx(usual, rel=0.1)
    assert error == asked.error_of_cells(cells, asked.of_cells(cells, ""), float(n))


def test_the_error_of_scores_is_that_of_twenty_groups():
    rows, model = told(7, 100, 2)
    asked = scorer_for("roc_auc", rows)
    assert not asked.by_cells
    truth = rows.codes == 1
    assert asked.of_rows(model, "here") == roc_auc_score(truth, model.decisions)
    groups = jackknife_groups(100)
    each = np.array(
        [roc_auc_score(truth[groups != g], model.decisions[groups != g]) for g in range(20)]
    )
    expected = np.sqrt(19 / 20 * np.square(each - each.mean()).sum())
    assert asked.error_of_rows(model) == pytest.approx(expected, rel=1e-12)


def test_what_goes_by_cells():
    for name in LABELS:
        assert goes_by_cells(get_scorer(name))
    own = make_scorer(lambda y, told, sample_weight=None: 0.0)
    fixed = make_scorer(accuracy_score, sample_weight=np.ones(3))
    named = ("roc_auc", "neg_log_loss", "adjusted_rand_score", "neg_median_absolute_error")
    for scorer in (own, fixed, lambda model, X, y: 0.0, *map(get_scorer, named)):
        assert not goes_by_cells(scorer)


def test_functions_of_a_user_see_the_rows_and_no_others():
    rows, model = told(9, 30, 3)
    seen = []

    def own(estimator, X, y):
        seen.append(len(y))
        return f1_score(y, estimator.predict(X), average="macro")

    asked = scorer_for(own, rows)
    score = asked.of_rows(model, "here")
    assert score == pytest.approx(scorer_for("f1_macro", rows).of_rows(model, "here"))
    assert asked.error_of_rows(model) > 0
    assert seen[0] == 30
    assert set(seen[1:]) == {28, 29}
    with pytest.raises(ValueError, match="fails here: The models of leave-one-out predict"):
        scorer_for(lambda m, X, y: m.predict(X[:5]).size, rows).of_rows(model, "here")
    with pytest.raises(ValueError, match="fails with alpha=1: .*predict_proba"):
        scorer_for("neg_log_loss", rows).of_rows(model, "with alpha=1")
    with pytest.raises(ValueError, match="is nan here"):
        scorer_for(lambda m, X, y: np.nan, rows).of_rows(model, "here")
    with pytest.raises(ValueError, match="no 'coef_': a scorer can ask them for classes_, predict"):
        scorer_for(lambda m, X, y: m.coef_.sum(), rows).of_rows(model, "here")
    only = LeftOut(model.X, model.classes, model.predicted, np.full((30, 3), 1 / 3))
    assert scorer_for("neg_log_loss", rows).of_rows(only, "here") == pytest.approx(-np.log(3))


def test_scores_that_there_are_not_without_a_row_do_not_count():
    rows, model = told(11, 30, 2)
    lonely = replace(rows, rows=rows.rows.relabelled((np.arange(30) == 4).astype(int), 2))
    error = scorer_for("roc_auc", lonely).error_of_rows(model)  # one group has the only row
    assert np.isfinite(error)

    def never(estimator, X, y):
        if len(y) < 30:
            raise ValueError("too few")
        return 1.0

    with pytest.raises(UnknownError, match="without one of 20 groups .* fails there .too few"):
        scorer_for(never, rows).error_of_rows(model)

    def once(estimator, X, y):
        if not (X == rows.rows.take(np.array([3])).X).all(axis=1).any():
            raise AttributeError("a mistake in a function of the user's, without row 3")
        return 1.0

    # One group in twenty: of a value that there is not the others could tell, of a mistake not.
    with pytest.raises(UnknownError, match="without one of 20 groups .* fails there .a mistake"):
        scorer_for(once, rows).error_of_rows(model)
    with pytest.raises(UnknownError, match="without one row, .* fails there .no other row"):
        scorer_for("accuracy", rows).error_of_cells(np.array([[1.0, 0], [0, 0]]), 1.0, 1.0)


@pytest.mark.parametrize("wing", [KNeighborsClassifierCV(100), LeastSquaresClassifierCV()])
def test_a_rule_that_needs_a_standard_error_does_not_do_without(wing):
    """A function that insists on all rows would else be taken as one that knows nothing."""
    X, y = load_iris(return_X_y=True)

    def whole(model, rows, labels):
        if len(labels) != 150:
            raise RuntimeError("where are the others?")
        return accuracy_score(labels, model.predict(rows))

    with pytest.raises(ValueError, match=r"where are the others.*rule=\"best\""):
        clone(wing).set_params(scoring=whole).fit(X, y)
    best = clone(wing).set_params(scoring=whole, rule="best").fit(X, y)
    plain = clone(wing).set_params(rule="best").fit(X, y)
    np.testing.assert_allclose(best.cv_results_["score"], plain.cv_results_["accuracy"])
    assert np.isnan(best.cv_results_["score_se"]).all()
    assert best.best_score_ == plain.best_score_


@pytest.mark.parametrize("tied", [-1, 0])
def test_the_best_alone_has_its_error(tied):
    scores = np.array([0.1, 0.5, 0.5, 0.2])
    errors = error_of_best(scores, lambda place: 10.0 + place, "best", tied=tied)
    best = 2 if tied else 1
    assert errors[best] == 10.0 + best
    assert np.isnan(np.delete(errors, best)).all()


def test_integers_beyond_64_bits_are_scored():
    classes = np.array([10**30, 10**31], dtype=object)
    codes = np.array([0, 1, 1, 0])
    X = np.zeros((4, 1))
    rows = LabelledRows(ArrayRows(X, codes, 2), classes, None, 4)
    asked = scorer_for("f1", rows)
    model = LeftOut(X, classes, np.array([0, 1, 0, 0]))
    assert asked.of_rows(model, "here") == pytest.approx(2 / 3)
    assert asked.of_cells(cells_of(rows, model), "here") == pytest.approx(2 / 3)
