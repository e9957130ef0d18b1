"""Predictions far off, where logits leave float64."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium import SoftmaxRegression, SoftmaxRegressionCV
from trivium.blocks.linear_scores import linear_scores
from trivium.softmax.base import finite_logits

# Tables are drawn at random, some with a class that is never predicted.
pytestmark = pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")

EPS = np.finfo(float).eps
GREATEST = Fraction(np.finfo(float).max)


def exact(x, coef, intercept):
    """Logits and the sums of their terms' magnitudes, as fractions."""
    terms = [
        [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(x, row, strict=True)]
        for row in coef
    ]
    for own, b in zip(terms, intercept, strict=True):
        own.append(Fraction(float(b)))
    return [sum(own) for own in terms], [sum(map(abs, own)) for own in terms]


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 5),
    n_classes=st.integers(2, 4),
    powers=st.tuples(st.integers(-300, 308), st.integers(-300, 308), st.integers(-300, 308)),
)
def test_the_right_differences_at_any_magnitude(seed, d, n_classes, powers):
    rng = np.random.default_rng(seed)

    def numbers(shape, power):
        found = rng.uniform(-1, 1, size=shape) * 10.0 ** np.clip(
            power + rng.integers(-20, 21, size=shape), -300, 308
        )
        return np.where(rng.random(shape) < 0.1, 0.0, found)

    X = numbers((1, d), powers[0])
    coef, intercept = numbers((n_classes, d), powers[1]), numbers(n_classes, powers[2])
    (got,) = finite_logits(X, coef, intercept)
    assert np.isfinite(got.max())
    logits, magnitudes = exact(X[0], coef, intercept)
    allowed = (d + 4) * Fraction(EPS) * max(magnitudes) + Fraction(1, 10**300)
    best = int(got.argmax())
    for c in range(n_classes):
        below = logits[best] - logits[c]
        if got[c] == -np.inf:
            assert below + allowed > GREATEST
        else:
            assert abs(Fraction(got[best]) - Fraction(got[c]) - below) <= allowed


@pytest.mark.parametrize(
    ("coef", "intercept", "expected"),
    [
        ([[1.2e308], [-1.2e308]], [0.0, 0.0], [0.0, -np.inf]),  # each within, their difference not
        ([[9e307], [1e308]], [1.7e308, 1.7e308], [-1e307, 0.0]),
        ([[2e16], [1e16]], [1.7976931348623157e308, 0.0], [0.0, -1.7976931348623157e308]),
        ([[1e293], [1e292]], [1.7976931348623157e308, 0.0], [0.0, -np.inf]),
        ([[-1e293], [0.0]], [-1.7976931348623157e308, 0.0], [-np.inf, 0.0]),
    ],
)
def test_at_the_edge_of_float64(coef, intercept, expected):
    logits = finite_logits(np.ones((1, 1)), np.array(coef), np.array(intercept))
    np.testing.assert_allclose(logits - logits.max(), [expected], rtol=1e-13)


def test_rows_within_float64_are_left_as_they_are():
    rng = np.random.default_rng(0)
    X, coef, intercept = rng.normal(size=(9, 3)), rng.normal(size=(4, 3)), rng.normal(size=4)
    X[4] *= 1e200
    coef[:, 1] *= 1e200
    logits, plain = finite_logits(X, coef, intercept), linear_scores(X, coef, intercept)
    assert not np.isfinite(plain[4]).all()
    near = np.arange(9) != 4
    np.testing.assert_array_equal(logits[near], plain[near])
    np.testing.assert_array_equal(finite_logits(X[[4]], coef, intercept), logits[[4]])


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind_of_model", [SoftmaxRegression, SoftmaxRegressionCV])
def test_far_rows_of_a_model(kind, n_classes, kind_of_model):
    rng = np.random.default_rng(1)
    y = np.arange(90) % n_classes
    X = rng.normal(size=(90, 2)) + rng.normal(size=(n_classes, 2))[y]
    model = kind_of_model().fit(X, y)
    model.coef_ = model.coef_ * 1e290
    Q = (kind(1e30) * rng.normal(size=(50, 2))).astype(kind)
    logits = (Q / kind(1e30)).astype(float) @ (model.coef_ / 1e290).T
    np.testing.assert_array_equal(model.predict(Q), logits.argmax(axis=1))
    certain = np.eye(n_classes, dtype=bool)[logits.argmax(axis=1)]
    np.testing.assert_array_equal(model.predict_proba(Q), certain)
    own = np.where(certain, 0.0, -np.inf)
    np.testing.assert_array_equal(model.predict_log_proba(Q), own)
    if n_classes == 2:
        own = np.where(certain[:, 1], np.inf, -np.inf)
    np.testing.assert_array_equal(model.decision_function(Q), own)


def test_tiny_columns_and_great_questions():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(60, 2))
    y = (X.sum(axis=1) + rng.normal(size=60) > 0).astype(int)
    near, far = SoftmaxRegression(0.0, tol=1e-9), SoftmaxRegression(0.0, tol=0.0)
    near.fit(X, y)
    far.fit(2.0**-500 * X, y)
    np.testing.assert_array_equal(far.predict(2.0**700 * X), near.predict(1e9 * X))
    assert set(far.predict_proba(2.0**700 * X).ravel()) == {0.0, 1.0}


def test_a_model_that_diverged_is_left_to_itself():
    logits = finite_logits(np.ones((1, 2)), np.array([[np.inf, 0.0], [0.0, 0.0]]), np.zeros(2))
    np.testing.assert_array_equal(logits, [[np.inf, 0.0]])
