"""One pass over rows' logits: against long doubles, and the same by NumPy to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.softmax.objective import row_sums
from trivium.softmax.objective.row_sums import pulled_back, residuals_of, take_residuals

SCALES = (0.0, 1e-9, 1.0, 30.0, 800.0, 1e200)


@st.composite
def blocks(draw):
    """Logits with ties, weights and codes of some rows."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_classes, m = draw(st.integers(1, 6)), draw(st.sampled_from([1, 2, 63, 64, 65, 150]))
    logits = rng.normal(size=(n_classes, m))
    if draw(st.booleans()):
        logits = np.round(logits)
    logits *= draw(st.sampled_from(SCALES))
    weights = rng.uniform(0.1, 3.0, m) if draw(st.booleans()) else None
    intercept = np.round(rng.normal(size=n_classes), draw(st.sampled_from([0, 15])))
    return logits, intercept, rng.integers(0, n_classes, m), weights


def taken(monkeypatch, block, *, compiled, edges=True):
    monkeypatch.setattr(row_sums.patience, "limit", -1.0 if compiled else np.inf)
    logits, *others = block
    residual = logits.copy()
    return residual, take_residuals(residual, *others, edges=edges)


def plain(logits, intercept, codes, weights):
    """Sums as they are defined, in long doubles."""
    g = logits.astype(np.longdouble) + intercept[:, None]
    each = np.arange(g.shape[1])
    w = np.ones(g.shape[1]) if weights is None else weights
    best = (logits + intercept[:, None]).argmax(axis=0)
    e = np.exp(g - g.max(axis=0))
    p = e / e.sum(axis=0)
    away = e.copy()
    away[best, each] = 0
    off = away.sum(axis=0) / e.sum(axis=0)
    residual = p.copy()
    others = p.copy()
    others[codes, each] = 0
    residual[codes, each] = -others.sum(axis=0)
    lost = np.log1p(away.sum(axis=0)) + (g.max(axis=0) - g[codes, each])
    edges = np.zeros((len(g), len(g)), dtype=np.longdouble)
    for i, h in enumerate(best):
        edges[h] += w[i] * p[h, i] * np.where(np.arange(len(g)) == h, 0, p[:, i])
    size = np.sqrt((residual**2).sum(axis=0))
    return w * residual, {
        "loss": w @ lost,
        "wrong": w @ (best != codes),
        "size": w @ size,
        "off": w @ off,
        "squares": (w * residual**2).sum(axis=1),
        "balance": (w * residual).sum(axis=1),
        "edges": edges,
    }


@pytest.mark.parametrize("compiled", [True, False])
def test_all_sums_are_those_of_the_definitions(monkeypatch, compiled):
    @settings(max_examples=80, deadline=None)
    @given(block=blocks())
    def check(block):
        residual, sums = taken(monkeypatch, block, compiled=compiled)
        truth, parts = plain(*block)
        # To round a logit is to multiply an exponential.
        spread = np.ptp(block[0] + block[1][:, None], axis=0).max()
        rtol = 1e-15 * (20.0 + min(spread, 2000.0))
        np.testing.assert_allclose(residual, truth.astype(float), rtol=rtol, atol=1e-300)
        for name, value in parts.items():
            got = getattr(sums, name)
            # Squares of what is below 1e-154 are zero.
            least = {"balance": 1e-14 * np.abs(truth).sum(), "size": 1e-150}.get(name, 1e-300)
            np.testing.assert_allclose(got, value.astype(float), rtol=rtol, atol=float(least))

    check()


@pytest.mark.parametrize("edges", [True, False])
def test_numpy_computes_the_same_bits(edges):
    @settings(max_examples=80, deadline=None)
    @given(block=blocks(), bad=st.sampled_from([None, np.nan, np.inf, -np.inf]))
    def check(block, bad):
        logits = block[0]
        if bad is not None:
            logits[-1, -1] = bad
        with pytest.MonkeyPatch.context() as monkeypatch:
            one, sums = taken(monkeypatch, block, compiled=True, edges=edges)
            other, same = taken(monkeypatch, block, compiled=False, edges=edges)
        np.testing.assert_array_equal(one, other)
        for value, again in zip(sums, same, strict=True):
            np.testing.assert_array_equal(value, again)

    check()


def test_logits_that_are_not_finite_leave_a_loss_that_is_not():
    for bad in (np.nan, np.inf):
        sums = take_residuals(
            np.array([[0.0, 1.0], [0.0, bad]]), np.zeros(2), np.zeros(2, dtype=np.intp), None
        )
        assert not np.isfinite(sums.loss)


def test_what_the_others_leave_a_class_all_but_certain_has_its_digits():
    far = np.array([50.0, 300.0, 700.0])
    logits = np.stack([np.zeros(3), -far])
    sums = take_residuals(logits, np.zeros(2), np.zeros(3, dtype=np.intp), None)
    np.testing.assert_allclose(logits, [-np.exp(-far), np.exp(-far)], rtol=1e-14)
    assert sums.loss == pytest.approx(np.exp(-far).sum(), rel=1e-14)


def test_two_classes_go_by_the_difference_of_their_logits():
    rng = np.random.default_rng(0)
    X, coef, intercept = rng.normal(size=(90, 4)), rng.normal(size=(2, 4)), rng.normal(size=2)
    codes, weights = rng.integers(0, 2, 90), rng.uniform(size=90)
    residual, sums = residuals_of(X, coef, intercept, codes, weights)
    logits = np.ascontiguousarray(coef @ X.T)
    both = take_residuals(logits, intercept, codes, weights)
    np.testing.assert_allclose(residual, logits, rtol=1e-12)
    assert sums.loss == pytest.approx(both.loss, rel=1e-13)
    np.testing.assert_allclose(pulled_back(residual, X), logits @ X, rtol=1e-12)


def test_a_column_of_a_matrix_as_intercept_makes_the_compiler_do_nothing_more(monkeypatch):
    monkeypatch.setattr(row_sums.patience, "limit", -1.0)
    parameters, codes = np.arange(6.0).reshape(2, 3), np.zeros(3, dtype=np.intp)
    for intercept in (parameters[:, -1], parameters[:, -1].copy()):
        take_residuals(np.ones((2, 3)), intercept, codes, None)
    assert {kinds[1].layout for kinds in row_sums._take.signatures} == {"C"}
