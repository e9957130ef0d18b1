"""One pass of two classes: against long doubles and all classes' pass, and by NumPy to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.rows import csr
from trivium.rows.block import Block
from trivium.rows.memory import ArrayRows
from trivium.softmax.objective import margins, two_classes
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.objective.gradients import gradient_of
from trivium.softmax.objective.margins import take_margins
from trivium.softmax.objective.two_classes import (
    MarginSums,
    gradient_of_two,
    slab_length,
    sums_of_margins,
    terms_of_slabs,
    variances_of_margins,
)


@st.composite
def blocks(draw):
    """Rows, weights, codes and a linear function, with margins of all sizes and some of zero."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    m, d = draw(st.sampled_from([1, 63, 64, 130, 2100])), draw(st.sampled_from([1, 2, 9, 70]))
    X = rng.normal(size=(m, d))
    X[0] = 0.0
    by = rng.normal(size=d) * draw(st.sampled_from([0.0, 1e-9, 1.0, 30.0, 1e3, 1e200]))
    weights = rng.uniform(0.1, 3.0, m) if draw(st.booleans()) else None
    level = draw(st.sampled_from([0.0, 0.7]))
    return Block(0, X, rng.integers(0, 2, m), weights), by, level


def summed(monkeypatch, block, by, level, *, compiled, **options):
    monkeypatch.setattr(two_classes.patience, "limit", -1.0 if compiled else np.inf)
    return sums_of_margins(block, None, by, level, **options)


def test_all_sums_are_those_of_the_definitions():
    @settings(max_examples=60, deadline=None)
    @given(given_=blocks(), curved=st.booleans())
    def check(given_, curved):
        block, by, level = given_
        with pytest.MonkeyPatch.context() as monkeypatch:
            sums = summed(monkeypatch, block, by, level, compiled=True, curved=curved)
        X, second = block.X.astype(np.longdouble), block.codes == 1
        w = np.ones(len(X)) if block.weights is None else block.weights
        t = X @ by + level
        e = np.exp(-np.minimum(np.abs(t), 1e4))
        off, lost = e / (1 + e), np.log1p(e)
        right = (t > 0) == second
        left = np.where(right, off, 1 - off)
        residual, variance = np.where(second, -left, left), off * (1 - off)
        spread = float(np.abs(X) @ np.abs(by) @ (w / w.sum()))
        truth = {
            "loss": w @ np.where(right, lost, lost + np.abs(t)),
            "wrong": w @ ~right,
            "size": w @ left,
            "off": w @ off,
            "square": w @ residual**2,
            "balance": w @ residual,
            "variance": w @ variance,
            "products": (w * (variance if curved else residual)) @ X,
        }
        for name, value in truth.items():
            terms = w @ np.abs(X) if name == "products" else w.sum()
            least = 1e-14 * (1 + min(spread, 1e3)) * np.asarray(terms, dtype=float)
            if name == "loss":
                least = least * (1 + spread)
            assert (np.abs(getattr(sums, name) - value.astype(float)) <= least).all(), name

    check()


def test_numpy_computes_the_same_bits():
    @settings(max_examples=60, deadline=None)
    @given(
        given_=blocks(), curved=st.booleans(), bad=st.sampled_from([None, np.nan, np.inf, -np.inf])
    )
    def check(given_, curved, bad):
        block, by, level = given_
        if bad is not None:
            block.X[-1, -1] = bad
        with pytest.MonkeyPatch.context() as monkeypatch, np.errstate(invalid="ignore"):
            one = summed(monkeypatch, block, by, level, compiled=True, curved=curved)
            kept = variances_of_margins(block.X, by, level)
            other = summed(monkeypatch, block, by, level, compiled=False, curved=curved)
            same = variances_of_margins(block.X, by, level)
            np.testing.assert_array_equal(kept, same)
        for value, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(value, same)
        if bad is not None:
            assert not np.isfinite(one.loss) or not by[-1]
        elif block.weights is None:
            assert kept.sum() == pytest.approx(one.variance, rel=1e-12)

    check()


def test_variances_are_kept_beside_the_sums_which_stay():
    @settings(max_examples=40, deadline=None)
    @given(given_=blocks(), compiled=st.booleans(), curved=st.booleans())
    def check(given_, compiled, curved):
        block, by, level = given_
        kept, options = np.full(block.codes.size, np.nan), {"compiled": compiled, "curved": curved}
        with pytest.MonkeyPatch.context() as monkeypatch:
            sums = summed(monkeypatch, block, by, level, **options, variances=kept)
            alone = summed(monkeypatch, block, by, level, **options)
            variances = block.weigh(variances_of_margins(block.X, by, level))
        np.testing.assert_array_equal(kept, variances)
        for value, same in zip(sums, alone, strict=True):
            np.testing.assert_array_equal(value, same)

    check()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_variances_are_kept_of_rows_that_are_moved(dtype):
    rng = np.random.default_rng(0)
    X, codes, center = (
        rng.normal(size=(3000, 9)).astype(dtype),
        rng.integers(0, 2, 3000),
        np.ones(9),
    )
    block, by, kept = (
        Block(500, X, codes, rng.uniform(size=3000)),
        rng.normal(size=9),
        np.empty(3000),
    )
    sums_of_margins(block, center, by, 0.3, variances=kept)
    moved = X.astype(np.float64) - center
    expected = block.weigh(variances_of_margins(moved, by, 0.3))
    np.testing.assert_allclose(kept, expected, rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_margins_are_taken_as_a_pass_takes_them(monkeypatch, compiled, weighted):
    monkeypatch.setattr(margins.patience, "limit", -1.0 if compiled else np.inf)
    t = np.array([-800.0, -3.0, -1e-9, 0.0, 0.5, 40.0, 800.0] * 20)
    codes, weights = np.arange(t.size) % 2, np.linspace(0.1, 2.0, t.size) if weighted else None
    block = Block(0, np.diag(t), codes, weights)
    kept = np.empty(t.size)
    sums = sums_of_margins(block, None, np.ones(t.size), 0.0, variances=kept)
    residuals, variances = take_margins(t.copy(), codes, weights)
    np.testing.assert_array_equal(residuals * t, sums.products)
    np.testing.assert_array_equal(variances, kept)


def test_margins_have_the_digits_of_classes_all_but_certain(monkeypatch):
    far = np.array([50.0, 300.0, 700.0])
    block = Block(0, far[:, None], np.zeros(3, dtype=np.intp), None)
    sums = summed(monkeypatch, block, np.array([-1.0]), 0.0, compiled=True)
    assert sums.loss == pytest.approx(np.exp(-far).sum(), rel=1e-14)
    assert sums.products[0] == pytest.approx(np.exp(-far) @ far, rel=1e-14)
    assert sums.wrong == 0.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("far", [False, True])
def test_it_is_the_pass_of_any_number_of_classes(dtype, far):
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(3000, 5)).astype(dtype), rng.integers(0, 2, 3000)
    weights, center = rng.uniform(size=3000), np.full(5, 0.5) if far else None
    coef, intercept = rng.normal(size=(2, 5)), np.array([0.3, -0.1])
    arguments = Block(0, X, codes, weights), center, coef, intercept
    gradient, sums = gradient_of_two(*arguments, room=True)
    expected, others = gradient_of(*arguments, edges=True)
    np.testing.assert_allclose(gradient[:, :5], expected, rtol=1e-11)
    edges = sums.edges + sums.edges.T
    np.testing.assert_allclose(edges, others.edges + others.edges.T, rtol=1e-12)
    for name in ("loss", "wrong", "size", "off", "squares", "balance"):
        np.testing.assert_allclose(getattr(sums, name), getattr(others, name), rtol=1e-11)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (5000, 3), (70_000, 40), (3_000_000, 100)])
def test_a_slab_is_of_whole_parts_and_terms_are_bounded(n, d):
    slab = slab_length(n, d)
    part = min(slab, two_classes._part_length(d))
    assert slab % part == 0
    assert terms_of_slabs(n, d) >= min(n, part) + min(slab, n) // part


def test_slabs_do_not_show_in_what_is_evaluated(monkeypatch):
    rng = np.random.default_rng(1)
    X, codes = rng.normal(size=(5000, 3)), rng.integers(0, 2, 5000)
    V, found = rng.normal(size=(2, 4)), []
    for values in (1 << 17, 1 << 11):
        monkeypatch.setattr(two_classes, "_LEAST_VALUES", values)
        objective = CrossEntropy(ArrayRows(X, codes, 2), alpha=0.1)
        found.append(objective.evaluate(V))
        assert (objective.slab < 5000) == (values < 1 << 17)
    np.testing.assert_allclose(found[0].gradient, found[1].gradient, rtol=1e-11)
    assert found[0].loss == pytest.approx(found[1].loss, rel=1e-13)


def test_sums_merge():
    rng = np.random.default_rng(2)
    block = Block(0, rng.normal(size=(100, 3)), rng.integers(0, 2, 100), None)
    by = np.ones(3)
    whole = sums_of_margins(block, None, by, 0.0)
    one, other = (sums_of_margins(part, None, by, 0.0) for part in block.parts(50))
    for name, value in zip(MarginSums._fields, one.merge(other), strict=True):
        np.testing.assert_allclose(value, getattr(whole, name), rtol=1e-12)


@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("center", [None, 0.0, 2.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_rows_give_the_sums_of_the_array(dtype, center, curved, monkeypatch):
    rng = np.random.default_rng(3)
    X = np.where(rng.random((700, 9)) < 0.3, rng.normal(size=(700, 9)), 0.0).astype(dtype)
    X[:, 0] = 5.0 + rng.normal(size=700)  # stored in full, so that it can be moved
    centers = None if center is None else np.array([center, *np.zeros(8)])
    given_ = rng.integers(0, 2, 700), rng.uniform(size=700)
    by, found = rng.normal(size=9), []
    for few in (0, 1 << 30):
        monkeypatch.setattr(csr, "_FEW_VALUES", few)
        blocks_ = [Block(0, rows, *given_) for rows in (csr.Csr.of_array(X), X)]
        found += [sums_of_margins(each, centers, by, 0.2, curved=curved) for each in blocks_]
    for sums in found[1:]:
        for value, expected in zip(sums, found[0], strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
