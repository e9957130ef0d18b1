"""Fits, predictions and scores of rows that are elsewhere are those of rows in memory."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ShuffleSplit
from tests.rows.away import Away

from trivium import (
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)
from trivium.rows.files import FileRows

from tests.rows.test_files import Table  # isort: skip

rng = np.random.default_rng(0)
CODES = rng.integers(0, 3, 400)
X = np.round(rng.normal(size=(400, 3)) + CODES[:, None], 1)
Y = np.array(["a", "b", "c"])[CODES]
NAMES = ("one", "two", "three")
MODELS = (
    SoftmaxRegression(0.01),
    SoftmaxRegressionCV([0.1, 0.01], cv=3),
    SoftmaxRegressionCV([0.1, 0.01], cv=ShuffleSplit(2, random_state=0), scoring="f1_macro"),
    LeastSquaresClassifier(),
    LeastSquaresClassifierCV(5),
)


def files(X):
    return FileRows(Table(X))


def away(y=None, weights=None, names=NAMES):
    return Away(X, y, weights, names, files)


def state(model):
    return {k: v for k, v in vars(model).items() if k.endswith("_") and k != "feature_names_in_"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("weights", [None, rng.integers(0, 3, 400).astype(float)])
def test_the_same_to_the_bit(model, weights):
    known = state(model.fit(X, Y, weights))
    answers = model.predict(X), model.decision_function(X), model.score(X, Y, weights)
    found = model.fit(away(Y, weights))
    assert list(found.feature_names_in_) == list(NAMES)
    for name, value in known.items():
        np.testing.assert_equal(vars(found)[name], value)
    again = found.predict(away()), found.decision_function(away()), found.score(away(Y, weights))
    for one, other in zip(answers, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (Away(X[:, :2], Y, None, NAMES[:2]), "X lacks 'three'"),
        (Away(X, Y, None, NAMES[::-1]), "X has them in another order"),
        (Away(np.c_[X, X], Y, None, (*NAMES, "four", "five", "six")), "X has 'four', 'five', 's"),
        (Away(X[:, :2], Y), "X has 2 features, but SoftmaxRegression is expecting 3"),
    ],
)
def test_columns_are_those_of_the_fit(table, message):
    model = SoftmaxRegression().fit(away(Y))
    with pytest.raises(ValueError, match=message):
        model.predict(table)


def test_what_cannot_be_learnt_from():
    model = LeastSquaresClassifier()
    with pytest.raises(ValueError, match="y holds one class only"):
        model.fit(away(np.repeat("a", 400)))
    with pytest.raises(ValueError, match="The weights are zero in every row"):
        model.fit(away(Y, np.zeros(400)))
    with pytest.raises(ValueError, match="X has no rows"):
        model.fit(Away(X[:0], Y[:0]))
    bad = X.copy()
    bad[7, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN: row 7 of its file, column 'two'"):
        model.fit(Away(bad, Y, None, NAMES, files))
    with pytest.raises(ValueError, match="known classes"):
        model.partial_fit(away(Y), classes=["a", "b", "d"])


@pytest.mark.parametrize("model", [LeastSquaresClassifier(), SoftmaxRegression()], ids=str)
def test_rows_that_come_in_parts(model):
    classes = np.unique(Y)
    known = clone(model).partial_fit(X[:200], Y[:200], classes).partial_fit(X[200:], Y[200:])
    found = clone(model)
    for part in (slice(0, 200), slice(200, 400)):
        found.partial_fit(Away(X[part], Y[part], None, None, files), classes=classes)
    np.testing.assert_array_equal(found.coef_, known.coef_)
