import numpy as np
import pytest

from trivium.sheet.digits import SECOND_RATE, STEPS, first_sheets_rates, gradient_error
from trivium.sheet.digits_errata import errata, sheets_softmax


def test_every_published_number_agrees(results):
    (check,) = results[3].checks
    assert check.agrees


def test_second_descent_is_the_second_sheets_with_the_gradient_of_the_mean_loss(digits):
    """Two points of it, by the formula with one-hot labels."""
    W, b = np.random.default_rng(0).normal(size=(10, 64)), np.zeros(10)
    for step in (0, 1):
        logits = digits.X_test @ W.T + b
        own = logits[np.arange(len(logits)), digits.y_test]
        loss = np.mean(np.log(np.exp(logits).sum(axis=1)) - own)
        assert digits.second["validation_loss"][step] == pytest.approx(loss)
        p = np.exp(digits.X @ W.T + b)
        p /= p.sum(axis=1, keepdims=True)
        residual = (p - np.eye(10)[digits.y]) / len(digits.X)
        W, b = W - SECOND_RATE * residual.T @ digits.X, b - SECOND_RATE * residual.sum(axis=0)
    assert len(digits.second["loss"]) == STEPS + 1


def test_descent_is_the_first_sheets(digits):
    """Compare with the listing: summed weight gradient, averaged bias gradient."""
    n, one_hot = len(digits.X), np.eye(10)[digits.y]
    W, b = np.ones((10, 64)), np.zeros(10)
    for _ in range(STEPS):
        logits = digits.X @ W.T + b
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        W -= 0.001 * (p - one_hot).T @ digits.X
        b -= 0.001 * (p - one_hot).mean(axis=0)
    np.testing.assert_allclose(digits.parameters, np.column_stack([W, b]), rtol=0, atol=1e-9)
    assert first_sheets_rates(n)[0] == pytest.approx(0.001 * n)


def test_history_has_every_step(digits):
    assert all(len(values) == STEPS + 1 for values in digits.history.values())
    assert digits.history["loss"][0] == pytest.approx(np.log(10))
    assert f"{digits.history['validation_loss'][-1]:.5f}" == "0.13210"


def test_gradient_agrees_with_central_differences(digits):
    error, step, parameters = gradient_error(digits)
    assert parameters == 650
    assert error < 10 * np.finfo(float).eps / step


def test_errata_carry_the_sheets_facts(digits):
    sign, scales, maximum, labels = (erratum.evidence for erratum in errata(digits))
    assert sign["central_difference"] == pytest.approx(sign["minus_one_over_p"], rel=1e-6)
    assert scales["mixed_derivative_ratio"] == pytest.approx(1347, rel=1e-4)
    assert maximum["rows_lost"] == len(digits.X_test) - 1
    assert maximum["rows_lost_here"] == 0
    assert maximum["argument_moved_by"] > 700
    assert labels["error_integer_labels"] > 1
    assert labels["error_one_hot_labels"] < 1e-8


def test_the_sheets_softmax_is_right_where_nothing_underflows():
    logits = np.array([[0.0, 1.0], [2.0, 2.0]])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sheets_softmax(logits.copy()), expected)
