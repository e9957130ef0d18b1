"""One pass of a few classes: against BLAS and what rows' logits give, and by NumPy to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.rows.block import Block
from trivium.rows.memory import ArrayRows
from trivium.softmax.objective import few_classes, gradients
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.objective.few_classes import gradient_in_one_pass
from trivium.softmax.objective.gradients import gradient_of
from trivium.softmax.objective.row_sums import pulled_back, residuals_of


@st.composite
def tables(draw):
    """Rows, a linear model with logits of all sizes and ties, codes and weights."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    m = draw(st.sampled_from([1, 63, 64, 65, 150]))
    d, K = draw(st.sampled_from([1, 7, 8, 9, 16, 21])), draw(st.sampled_from([1, 3, 5]))
    X = rng.normal(size=(m, d))
    X[0] = 0.0
    coef = rng.normal(size=(K, d)) * draw(st.sampled_from([0.0, 1e-9, 1.0, 30.0, 1e3, 1e200]))
    intercept = np.round(rng.normal(size=K), draw(st.sampled_from([0, 15])))
    weights = rng.uniform(0.1, 3.0, m) if draw(st.booleans()) else None
    return X, coef, intercept, rng.integers(0, K, m), weights


def passed(table, *, compiled, edges=True):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(few_classes.patience, "limit", -1.0 if compiled else np.inf)
        return gradient_in_one_pass(*table, edges=edges)


def all_bits(gradient, sums):
    return [np.asarray(each).tobytes() for each in (gradient, *sums)]


def test_numpy_computes_the_same_bits():
    @settings(max_examples=60, deadline=None)
    @given(table=tables(), edges=st.booleans())
    def check(table, edges):
        one = passed(table, compiled=True, edges=edges)
        assert all_bits(*one) == all_bits(*passed(table, compiled=False, edges=edges))

    check()


def test_it_is_what_products_of_matrices_give():
    @settings(max_examples=60, deadline=None)
    @given(table=tables())
    def check(table):
        X, coef, intercept, _, weights = table
        w = np.ones(len(X)) if weights is None else weights
        gradient, sums = passed(table, compiled=True)
        residual, expected = residuals_of(*table, edges=True)
        # A logit's rounding error moves its loss by as much, and probabilities by one at most.
        error = 1e-14 * (1.0 + float((abs(X) @ abs(coef).T + abs(intercept)).max()))
        moved = min(error, 1.0)
        assert (abs(gradient - pulled_back(residual, X)) <= moved * (w @ abs(X))).all()
        for name in ("size", "off", "squares", "balance", "edges"):
            difference = getattr(sums, name) - getattr(expected, name)
            assert (abs(difference) <= moved * w.sum()).all(), name
        assert abs(sums.loss - expected.loss) <= error * w.sum()

    check()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_so_and_in_its_column(bad):
    rng = np.random.default_rng(0)
    coef = rng.normal(size=(3, 9))
    coef[1, 4] = bad
    table = rng.normal(size=(70, 9)), coef, np.zeros(3), rng.integers(0, 3, 70), None
    one, other = (passed(table, compiled=compiled) for compiled in (True, False))
    assert np.isnan(one[1].loss)
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1].squares, other[1].squares)


@pytest.mark.parametrize("gap", [40.0, 300.0, 700.0])
def test_nearly_certain_rows_have_all_digits(gap):
    X, coef = np.ones((64, 8)), np.zeros((3, 8))
    coef[0] = gap / 8
    gradient, sums = passed(
        (X, coef, np.zeros(3), np.zeros(64, dtype=np.intp), None), compiled=True
    )
    np.testing.assert_allclose(sums.loss, 128 * np.exp(-gap), rtol=1e-13)
    np.testing.assert_allclose(gradient[0], -128 * np.exp(-gap), rtol=1e-13)


@pytest.mark.parametrize("kind", ["as it comes", "float32", "centred"])
def test_long_blocks_take_it(kind, monkeypatch):
    rng = np.random.default_rng(1)
    X, codes = rng.normal(size=(5_000, 6)), rng.integers(0, 3, 5_000)
    if kind == "float32":
        X = X.astype(np.float32)
    center = rng.normal(size=6) if kind == "centred" else None
    given_ = Block(0, X, codes, None), center, rng.normal(size=(3, 6)), rng.normal(size=3)
    gradient, sums = gradient_of(*given_, room=True)
    monkeypatch.setattr(gradients, "suits_one_pass", lambda *_: False)
    expected, of_products = gradient_of(*given_)
    assert gradient.shape == (3, 7)
    np.testing.assert_allclose(gradient[:, :6], expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(sums.loss, of_products.loss, rtol=1e-13)
    assert not np.array_equal(gradient[:, :6], expected)  # it was another way


@pytest.mark.parametrize("n_classes", [2, 3])
def test_float32_has_the_bits_of_the_same_numbers(n_classes):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20_000, 5)).astype(np.float32)
    codes, W = rng.integers(0, n_classes, len(X)), rng.normal(size=(n_classes, 6))
    one, other = (
        CrossEntropy(ArrayRows(rows, codes, n_classes)).evaluate(W)
        for rows in (X, X.astype(np.float64))
    )
    assert one.gradient.tobytes() == other.gradient.tobytes()
    assert one.loss == other.loss


def test_bits_do_not_depend_on_threads(monkeypatch):
    rng = np.random.default_rng(2)
    X, codes = rng.normal(size=(60_000, 5)), rng.integers(0, 3, 60_000)
    objective, W = CrossEntropy(ArrayRows(X, codes, 3)), rng.normal(size=(3, 6))
    at = objective.evaluate(W)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    alone = objective.evaluate(W)
    assert at.gradient.tobytes() == alone.gradient.tobytes()
    assert at.loss == alone.loss
