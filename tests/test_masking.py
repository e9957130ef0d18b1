"""A rare class that is never predicted is mentioned in every wing, and nothing else is."""

import warnings

import numpy as np
import pytest

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    MaskedClassWarning,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)
from trivium.masking import rare_classes
from trivium.rows.labelled import LabelledRows
from trivium.rows.memory import ArrayRows

MODELS = [
    KNeighborsClassifier(15),
    KNeighborsClassifierCV(30),
    LeastSquaresClassifier(),
    LeastSquaresClassifier(robust=True),
    LeastSquaresClassifier(calibration="sigmoid"),
    LeastSquaresClassifierCV(4),
    SoftmaxRegression(),
    SoftmaxRegressionCV([0.1, 0.01], cv=3),
]

every_model = pytest.mark.parametrize("model", MODELS, ids=str)


def imbalanced(n=2000, share=0.03, signal=0.3, seed=0):
    """Columns that hardly tell who says yes."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < share
    X = rng.normal(size=(n, 4))
    X[:, 0] += signal * y
    return X, np.where(y, "yes", "no")


def masked_warnings(model, *arguments):
    """Fit, and return the warnings of masked classes; there must be no others."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*arguments)
    assert all(issubclass(warning.category, MaskedClassWarning) for warning in caught)
    return caught


@every_model
def test_no_for_all_rows_is_said_with_a_remedy(model):
    X, y = imbalanced()
    (warning,) = masked_warnings(model, X, y)
    assert set(model.predict(X)) == {"no"}
    message = str(warning.message)
    assert message.startswith("1 of 2 classes are predicted for no training row")
    for word in ("'yes'", "sample_weight", "threshold", "'balanced_accuracy'"):
        assert word in message
    assert warning.filename == __file__


@every_model
def test_the_remedy_helps(model):
    X, y = imbalanced()
    assert not masked_warnings(model, X, y, np.where(y == "yes", 32.0, 1.0))
    assert set(model.predict(X)) == {"no", "yes"}


@every_model
@pytest.mark.parametrize(
    "table",
    [
        imbalanced(signal=4.0),
        (imbalanced(signal=0.0)[0], np.tile(["no", "yes"], 1000)),
        imbalanced(n=40, share=0.1),  # few rows
    ],
    ids=["predicted", "as frequent as the other", "few rows"],
)
def test_nothing_is_said_of_other_tables(model, table):
    assert not masked_warnings(model, *table)


@every_model
@pytest.mark.parametrize("n", [100, 2000])
def test_a_class_need_not_be_very_rare(model, n):
    X, y = imbalanced(n, share=0.0)
    y[: int(0.4 * n)] = "yes"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        told = model.fit(X, y).predict(X)
    assert bool(caught) == ("yes" not in told)


@every_model
def test_a_rare_class_of_three_is_named_alone(model):
    X, y = imbalanced()
    y = np.where((y == "no") & (X[:, 1] > 0), "nobody", y)
    (warning,) = masked_warnings(model, X, y)
    assert "1 of 3 classes" in str(warning.message)
    assert "('yes')" in str(warning.message)


@every_model
def test_a_class_without_weight_is_not_spoken_of(model):
    X, y = imbalanced(signal=4.0)
    y[::7] = "off"
    assert not masked_warnings(model, X, y, 1.0 * (y != "off"))


def test_neighbors_say_so_where_the_class_cannot_win():
    X, y = imbalanced()
    y[:] = "no"
    y[[5, 6]] = "yes"
    X[5] = X[6]  # two of five, wherever one looks
    (warning,) = masked_warnings(KNeighborsClassifier(5), X, y)
    assert "outvoted among 5 neighbours" in str(warning.message)
    assert not masked_warnings(KNeighborsClassifier(3), X, y)


@pytest.mark.parametrize("rule", ["distance", lambda distances: np.ones(distances.shape)])
def test_nothing_is_asked_where_votes_are_not_alike(rule):
    assert not masked_warnings(KNeighborsClassifier(15, weights=rule), *imbalanced())


def test_a_descent_that_was_cut_short_speaks_of_that_alone():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SoftmaxRegression(max_iter=1, solver="gradient-descent").fit(*imbalanced())
    assert [warning.category.__name__ for warning in caught] == ["ConvergenceWarning"]


def rare(y, weights=None):
    """Rare ones among four classes."""
    rows = LabelledRows(ArrayRows(np.zeros((y.size, 1)), y, 4, weights), np.arange(4), None, y.size)
    return rare_classes(rows, rows.class_weights())


class TestRareClasses:
    def test_they_have_little_weight_beside_the_greatest(self):
        y = np.repeat([0, 1, 2], [400, 200, 199])
        assert rare(y).tolist() == [2]
        assert rare(y, np.where(y == 1, 0.5, 1.0)).tolist() == [1, 2]
        for n, found in ((225, []), (224, [3])):
            assert rare(np.repeat([1, 3], [300, n])).tolist() == found

    @pytest.mark.parametrize("n", [30, 70])
    def test_a_weight_of_three_is_three_rows(self, n):
        y = np.repeat([0, 1], [n - 10, 10])
        weighted = rare(y, np.full(n, 3.0))
        repeated = rare(np.repeat(y, 3))
        assert weighted.tolist() == repeated.tolist() == ([] if n == 30 else [1])
        assert rare(y, np.full(n, 1e300)).tolist() == [1]
