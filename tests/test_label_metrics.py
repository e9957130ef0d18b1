"""Metrics of labels by the weights of their cells are scikit-learn's."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from trivium.label_metrics import formula_of

AVERAGED = [
    metrics.f1_score,
    metrics.precision_score,
    metrics.recall_score,
    metrics.jaccard_score,
]
CASES = [
    (metrics.balanced_accuracy_score, {}),
    (metrics.matthews_corrcoef, {}),
    *((metric, {"average": how}) for metric in AVERAGED for how in ("macro", "micro", "weighted")),
]
COUNTS = st.integers(0, 3).map(float) | st.floats(0.1, 1e3)


def asked(metric, table, classes, options):
    true, predicted = np.nonzero(table)
    weights = table[true, predicted]
    return metric(classes[true], classes[predicted], sample_weight=weights, **options)


@pytest.mark.parametrize(("metric", "options"), CASES)
@given(st.integers(2, 4).flatmap(lambda c: arrays(float, (c, c), elements=COUNTS)))
@settings(max_examples=30)
def test_formulas_are_the_metrics_or_nan_where_those_warn(metric, options, table):
    if not table.any():
        return
    classes = np.array(list("dcba"))[: len(table)]
    found = formula_of(metric, classes, options)(table)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        expected = asked(metric, table, classes, options)
    if np.isnan(found):
        # Where a metric of all classes is undefined for one, or there is no correlation.
        assert said or (metric is metrics.matthews_corrcoef and abs(expected) <= 1.0)
    else:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("metric", AVERAGED)
@pytest.mark.parametrize("positive", ["no", "yes"])
def test_of_two_classes_one_is_positive(metric, positive):
    table, classes = np.array([[5.0, 1.0], [2.5, 3.0]]), np.array(["no", "yes"])
    options = {"pos_label": positive}
    found = formula_of(metric, classes, options)(table)
    assert found == pytest.approx(asked(metric, table, classes, options), rel=1e-14)
    numbers = formula_of(metric, np.array([0, 1]), {})(table)  # where 1 is positive
    assert numbers == pytest.approx(asked(metric, table, np.array([0, 1]), {}), rel=1e-14)


def test_what_is_not_known_is_left_to_scikit_learn():
    classes = np.array([0, 1])
    unknown = [
        (metrics.fbeta_score, {"beta": 2.0, "average": "macro"}),
        (metrics.f1_score, {"average": "macro", "zero_division": 1.0}),
        (metrics.f1_score, {"average": None}),
        (metrics.f1_score, {"pos_label": 7}),
        (metrics.balanced_accuracy_score, {"adjusted": True}),
    ]
    for metric, options in unknown:
        assert formula_of(metric, classes, options) is None
