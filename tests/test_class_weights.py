import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from trivium.class_weights import class_factors
from trivium.inputs import check_labelled_rows

CLASSES = np.array(["a", "b", "c"])
MASS = np.array([4.0, 1.0, 3.0])
Y = np.array(list("aaaabccc"))
X = np.arange(8.0)[:, None]


def rows_of(class_weight, sample_weight=None, y=Y):
    return check_labelled_rows(BaseEstimator(), X, y, sample_weight, class_weight=class_weight)


@pytest.mark.parametrize("class_weight", ["balanced", {"a": 2, "b": 0.3}, {"a": 1, "b": 2, "c": 3}])
@pytest.mark.parametrize("weights", [None, np.array([1, 2, 0.5, 3, 0.1, 7, 1 / 3, 2])])
def test_factors_are_those_of_scikit_learn(class_weight, weights):
    mass = np.bincount(np.searchsorted(CLASSES, Y), weights)
    expected = compute_class_weight(class_weight, classes=CLASSES, y=Y, sample_weight=weights)
    assert np.array_equal(class_factors(class_weight, CLASSES, mass), expected)


def test_weights_are_the_product_to_the_bit():
    for class_weight in ("balanced", {"a": 0.1, "c": 1 / 3}):
        weights = np.linspace(0.1, 1.7, 8)
        factors = compute_class_weight(class_weight, classes=CLASSES, y=Y, sample_weight=weights)
        product = weights * factors[np.searchsorted(CLASSES, Y)]
        assert np.array_equal(rows_of(class_weight, weights).weights, product)
        expected = compute_sample_weight(class_weight, Y)
        assert np.array_equal(rows_of(class_weight).weights, expected)


def test_classes_without_weight_are_not_balanced():
    rows = rows_of("balanced", np.where(Y == "b", 0.0, 1.0))
    assert rows.classes.tolist() == ["a", "b", "c"]
    assert np.allclose(rows.class_weights(), [3.5, 0.0, 3.5])


def test_zero_of_a_class_counts_as_removed():
    rows = rows_of({"a": 0})
    assert rows.weights is None
    assert rows.kept.tolist() == [4, 5, 6, 7]
    assert rows.classes.tolist() == ["a", "b", "c"]
    assert rows.classes_of_weight().tolist() == [1, 2]
    assert rows.weightless()[1].tolist() == [0, 1, 2, 3]
    both = rows_of({"a": 0}, [1, 1, 1, 1, 0, 2, 1, 1])
    assert both.kept.tolist() == [5, 6, 7]
    assert both.weights.tolist() == [2, 1, 1]
    assert both.weightless()[0].ravel().tolist() == [0, 1, 2, 3, 4]


def test_huge_weights_are_balanced():
    factors = class_factors("balanced", CLASSES, np.array([1e308, 1.5e308, 1e308]))
    assert np.allclose(factors, [3.5 / 3, 3.5 / 4.5, 3.5 / 3])


def test_names_beyond_the_classes_are_taken_where_all_are_named():
    given = dict.fromkeys("abcd", 2.0)
    assert class_factors(given, CLASSES, MASS).tolist() == [2, 2, 2]
    given = {1: 2.0, np.int64(2): 3.0}
    assert class_factors(given, np.array([1, 2, 3]), MASS).tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ("balance", ValueError, "class_weight='balance': expected 'balanced', a dict or None"),
        ([1, 2, 3], TypeError, "is of type list: expected a dict"),
        (pd.Series({"a": 1.0, "b": 2.0}), TypeError, "is of type Series: expected a dict"),
        (
            {"a": 1, "d": 2},
            ValueError,
            r"names 'd', which is none of the 3 classes \('a', 'b', 'c'",
        ),
        ({"a": "2"}, TypeError, r"class_weight\['a'\]='2': expected a number"),
        ({"a": True}, TypeError, "expected a number"),
        ({"a": -1}, ValueError, "zero or greater"),
        ({"a": np.nan}, ValueError, "zero or greater"),
        ({"a": np.inf}, ValueError, "zero or greater"),
        ({"a": 10**400}, ValueError, "a finite number, zero or greater"),
        (dict.fromkeys("abc", 0), ValueError, "zero of every class"),
    ],
)
def test_errors(class_weight, error, message):
    with pytest.raises(error, match=message):
        class_factors(class_weight, CLASSES, MASS)


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_a_product_beyond_float64_is_named_by_row(factor):
    with pytest.raises(ValueError, match="leaves float64 in row 4"):
        rows_of({"b": factor}, np.where(Y == "b", factor, 1.0))


def test_a_part_may_have_no_row_that_counts():
    given = {"class_weight": {"b": 0.0}, "classes": CLASSES}
    only_b = X[:2], ["b", "b"]
    rows = check_labelled_rows(BaseEstimator(), *only_b, None, allow_none_left=True, **given)
    assert rows.rows.shape[0] == 0
    assert rows.given.shape[0] == 2
    nothing = check_labelled_rows(BaseEstimator(), *only_b, [0, 0], allow_none_left=True, **given)
    assert nothing.rows.shape[0] == 0
    with pytest.raises(ValueError, match="zero of every class"):
        check_labelled_rows(BaseEstimator(), *only_b, None, **given)
