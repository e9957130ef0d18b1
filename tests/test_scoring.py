"""`score`: the share of rows told right, of labels in whatever container."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, get_scorer

import trivium

RNG = np.random.default_rng(11)
X = RNG.normal(size=(40, 2))
Y = (X[:, 0] + RNG.normal(size=40) > 0).astype(int)
MODELS = [
    trivium.KNeighborsClassifier(3),
    trivium.KNeighborsClassifierCV(3),
    trivium.LeastSquaresClassifier(),
    trivium.LeastSquaresClassifierCV(4),
    trivium.SoftmaxRegression(),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


@every_model
def test_equals_accuracy(model):
    told = model.fit(X, Y).predict(X)
    weights = RNG.integers(0, 4, 40)
    assert model.score(X, Y) == accuracy_score(Y, told)
    assert model.score(X, Y, weights) == accuracy_score(Y, told, sample_weight=weights)
    assert model.score(X, Y, weights) == model.score(
        np.repeat(X, weights, axis=0), np.repeat(Y, weights)
    )


@every_model
def test_ids_that_differ_in_the_last_digit_are_no_match(model):
    ids = np.array([2**53, 2**53 + 1])[Y]
    model.fit(X, ids)
    other = pd.Series(2**53 + 1 - (ids - 2**53), dtype="Int64")
    right = model.score(X, pd.Series(ids, dtype="Int64"))
    assert 0.5 < right == pytest.approx(1.0 - model.score(X, other))


@every_model
def test_a_label_unknown_to_the_model_is_wrong(model):
    model.fit(X, Y)
    right = model.predict(X)
    assert model.score(X[:4], [*right[:3], 7]) == 0.75
    assert model.score(X[:2], [2**70, 2**70]) == 0.0


@every_model
def test_bad_input_is_named(model):
    model.fit(X, Y)
    for y, words in [
        (pd.array([None, *Y[1:]], dtype="Int64"), "y contains NaN. The first is in row 0"),
        (Y[:5], "X has 40 rows, but y has 5"),
        (["a"] * 40, "y holds strings, but the classes are numbers"),
        (Y + 0.5, "Unknown label type: continuous"),
        (None, "y should be a 1d array"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.score(X, y)
    for weights, words in [
        (np.zeros(40), "sample_weight is zero in every row"),
        (-np.ones(40), "row 0 weighs -1"),
        (np.ones(40) + 0j, "sample_weight is not made of numbers"),
        (np.ones(4), r"sample_weight has shape \(4,\)"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.score(X, Y, weights)


def test_weights_of_any_size():
    model = trivium.LeastSquaresClassifier().fit(X, Y)
    weights = np.arange(1.0, 41.0)
    for scale in (2.0**1015, 2.0**-1070):
        assert model.score(X, Y, scale * weights) == model.score(X, Y, weights)


def test_labels_that_float64_cannot_tell_apart():
    X, y = np.arange(12.0)[:, None], 2**53 + np.arange(12) % 2
    model = trivium.KNeighborsClassifier(1).fit(X, y)
    assert model.score(X, y) == 1.0
    assert model.score(X, np.full(12, 2.0**53)) == 0.5


def test_few_labels_that_are_floats_say_nothing_else():
    model = trivium.LeastSquaresClassifier().fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 1.0])
    assert model.score([[0.0], [2.0]], [0.0, 1.0]) == 1.0


@pytest.mark.parametrize(
    "model", [trivium.LeastSquaresClassifierCV(), trivium.KNeighborsClassifierCV()]
)
def test_a_scoring_set_after_fit_is_that_of_score_or_refused(model):
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    model = clone(model).fit(X, y)
    for scoring in ("f1_macro", "accuracy", None):
        expected = get_scorer(scoring or "accuracy")(model, X, y)
        assert model.set_params(scoring=scoring).score(X, y) == expected
    with pytest.raises(ValueError, match="acuracy"):
        model.set_params(scoring="acuracy").score(X, y)
    with pytest.raises(TypeError, match="scoring=3: expected the name of a scorer"):
        model.set_params(scoring=3).score(X, y)
