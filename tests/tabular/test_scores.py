"""Scores beside scikit-learn's, finite whatever is predicted."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

from trivium.tabular.scores import bounded, score
from trivium.tabular.weights import are_unequal, balance


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    codes = np.arange(300) % 4
    probabilities = rng.dirichlet(np.ones(4), 300)
    predicted = probabilities.argmax(axis=1)
    found = score(codes, predicted, probabilities)
    assert found.accuracy == pytest.approx(accuracy_score(codes, predicted))
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(codes, predicted))
    assert found.log_loss == pytest.approx(log_loss(codes, probabilities))


def test_standard_errors_are_the_spread_of_scores_over_tables():
    rng, found = np.random.default_rng(1), []
    for _ in range(2000):
        codes = np.repeat([0, 1], [60, 20])
        chance = np.clip(rng.normal(0.3 + 0.3 * codes, 0.2), 0.05, 0.95)
        p = np.column_stack([1.0 - chance, chance])
        found.append(score(codes, p.argmax(axis=1), p))
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        spread = np.std([getattr(each, name) for each in found])
        said = np.mean([getattr(each, f"{name}_se") for each in found])
        assert said == pytest.approx(spread, rel=0.15)


def test_what_is_held_impossible_costs_the_logarithm_of_twice_the_training_rows():
    p = bounded(np.array([[1.0, 0.0, 0.0]]), 50)
    assert p.sum() == pytest.approx(1.0)
    assert p[0, 1] == pytest.approx(1.0 / 100.0 / 1.02)
    kept = np.array([[0.9, 0.06, 0.04]])
    np.testing.assert_array_equal(bounded(kept, 50), kept / kept.sum())


def test_weights_are_the_balanced_ones_but_for_a_few_rows():
    counts = np.array([600, 60, 40])
    np.testing.assert_allclose(balance(counts) * counts, 700.0 / 3.0)
    assert are_unequal(counts)
    assert not are_unequal(np.array([600, 60, 60]))
    assert not are_unequal(np.array([600, 60, 9]))  # too little is known of nine rows
    assert not are_unequal(np.array([9, 1]))
    alone = balance(np.array([600, 60, 1]))
    assert alone[2] == pytest.approx(661 / 30)
