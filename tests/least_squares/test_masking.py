"""A class that lies between others is never named, and that is said."""

import warnings

import numpy as np
import pytest

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV, MaskedClassWarning
from trivium.masking import masked_classes
from trivium.rows.memory import ArrayRows


def three_in_a_row(n=300):
    y = np.array([0, 0, 1, 2, 2])[np.arange(n) % 5]
    return np.random.default_rng(0).normal(scale=0.3, size=(n, 2)) + 2.0 * y[:, None], y


def test_the_class_in_the_middle_is_named_in_the_warning():
    X, y = three_in_a_row()
    labels = np.array(["left", "middle", "right"])[y]
    words = r"1 of 3 classes are predicted for no training row \('middle'\)"
    with pytest.warns(MaskedClassWarning, match=words):
        model = LeastSquaresClassifier().fit(X, labels)
    np.testing.assert_array_equal(model.masked_classes_, ["middle"])
    assert "middle" not in model.predict(X)
    with pytest.warns(MaskedClassWarning, match="'middle'"):
        LeastSquaresClassifierCV(3).fit(X, labels)


def test_a_calibrated_model_masks_what_it_does_not_predict():
    X, y = three_in_a_row()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = LeastSquaresClassifier(calibration="sigmoid").fit(X, y)
    expected = np.setdiff1d([0, 1, 2], model.predict(X))
    np.testing.assert_array_equal(model.masked_classes_, expected)
    assert len(caught) == (expected.size > 0)


def test_many_masked_classes_are_counted():
    y = np.arange(900) % 9
    X = y[:, None] + np.random.default_rng(1).normal(scale=0.1, size=(900, 1))
    with pytest.warns(MaskedClassWarning, match=r"7 of 9 .*\(1, 2, 3, 4, 5, \.\.\.\)"):
        model = LeastSquaresClassifier().fit(X, y)
    np.testing.assert_array_equal(model.masked_classes_, np.arange(1, 8))


def test_classes_round_a_circle_are_all_named():
    y = np.arange(300) % 3
    turns = 2 * np.pi * y / 3
    X = np.column_stack([np.cos(turns), np.sin(turns)])
    X += np.random.default_rng(2).normal(scale=0.1, size=X.shape)
    assert LeastSquaresClassifier().fit(X, y).masked_classes_.size == 0


def test_one_of_two_classes_may_be_masked_too():
    X, y = three_in_a_row()
    words = r"1 of 2 classes are predicted for no training row \(True\)"
    for model in (LeastSquaresClassifier(), LeastSquaresClassifierCV(3)):
        with pytest.warns(MaskedClassWarning, match=words):
            model.fit(X, y == 1)
        np.testing.assert_array_equal(model.masked_classes_, [True])
    assert LeastSquaresClassifier().fit(X, y == 0).masked_classes_.size == 0


def test_a_class_named_in_one_row_of_many_is_found():
    X = np.zeros((50_000, 2))
    X[12_347] = [1.0, 0.0]
    coef, intercept = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]]), np.array([0.5, 0.0, 0.0])
    np.testing.assert_array_equal(masked_classes(ArrayRows(X), coef, intercept), [2])
