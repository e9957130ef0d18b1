"""The record of a fit: what is written down for the start and for each step."""

import numpy as np

from trivium.rows.memory import ArrayRows
from trivium.softmax.history import History
from trivium.softmax.objective.cross_entropy import CrossEntropy


def problem():
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(30, 2)), rng.integers(0, 3, size=30)
    training = CrossEntropy(ArrayRows(X[:20], codes[:20], 3), alpha=0.5)
    validation = CrossEntropy(ArrayRows(X[20:], codes[20:], 3))
    return training, validation, rng.normal(size=(4, 3, 3))


def test_entries_are_what_the_objective_says():
    training, _, points = problem()
    history = History()
    for step, point in enumerate(points):
        history(point, training.evaluate(point), 0.25 * step)
    record = history.arrays()
    assert set(record) == {"loss", "gradient_norm", "step", "train_accuracy"}
    at = [training.evaluate(point) for point in points]
    np.testing.assert_array_equal(record["loss"], [there.loss for there in at])
    np.testing.assert_array_equal(
        record["gradient_norm"], [np.abs(there.gradient).max() for there in at]
    )
    np.testing.assert_array_equal(record["step"], [0.0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(record["train_accuracy"], [there.accuracy for there in at])


def test_validation_rows_are_watched_at_the_same_points():
    training, validation, points = problem()
    history = History(validation)
    for point in points:
        history(point, training.evaluate(point), 1.0)
    record = history.arrays()
    at = [validation.evaluate(point) for point in points]
    np.testing.assert_array_equal(record["validation_loss"], [there.loss for there in at])
    np.testing.assert_array_equal(record["validation_accuracy"], [there.accuracy for there in at])
    assert {len(values) for values in record.values()} == {4}
