"""Bounds of rows that live in pieces, and of rows that ask much of statistics."""

import functools
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rows.split_rows import SplitRows
from tests.rows.strict_rows import StrictRows

from trivium import SeparationWarning, SoftmaxRegression
from trivium.rows.memory import ArrayRows
from trivium.softmax.certificate import shift
from trivium.softmax.certificate.duality_gap import certify
from trivium.softmax.certificate.infimum import above_infimum
from trivium.softmax.certificate.kept_classes import (
    KeptClasses,
    Left,
    Moved,
    merged_triangles,
)
from trivium.softmax.certificate.residuals import Linear, Model, Residuals

N, K = 400, 3
ONE_BY_ONE = list(range(8))  # rows in pieces of their own


def table(kind, seed=0):
    """Sorted by labels, so that a class comes first in the last piece."""
    rng = np.random.default_rng(seed)
    codes = np.sort(np.r_[np.arange(K), rng.integers(0, K, N - K)])
    X = rng.normal(size=(N, 3)) + 0.4 * codes[:, None] + 5.0
    if kind == "separated":
        X = np.column_stack([X, (codes == 1) & (rng.random(N) < 0.3)])
    if kind == "dependent":  # one to rounding, one nearly
        X = np.column_stack([X, X[:, 0] - X[:, 1], X[:, 1] + 1e-6 * rng.normal(size=N)])
    return X, codes, rng.uniform(0.5, 2.0, N)


def ends_of_classes(codes):
    return np.searchsorted(codes, np.arange(1, K)).tolist()


@functools.cache
def point(kind, fit_intercept):
    """Parameters so near that each bound has something to say."""
    X, codes, weights = table(kind)
    model = SoftmaxRegression(1e-3, fit_intercept=fit_intercept)
    if kind == "separated":
        with pytest.warns(SeparationWarning):
            model.set_params(alpha=0.0).fit(X, codes, weights)
    else:
        model.fit(X, codes, weights)
    return model.coef_, model.intercept_


def bounds(rows, parameters, *, fit_intercept, lost):
    """All bounds, by whichever way."""
    options = {"fit_intercept": fit_intercept}
    found = [certify(rows, *parameters, alpha=alpha, **options).gap for alpha in (0.0, 1e-9, 0.1)]
    return [*found, *(above_infimum(rows, *parameters, **options, lost=each) for each in lost)]


def some_lost(codes):
    """Lose a class in some rows."""
    lost = np.zeros((N, K), dtype=bool)
    lost[:100, 2] = codes[:100] != 2
    return lost


def statistics_of(kind):
    """Names of the methods that take a block and return sums."""
    helpers = {"columns", "probabilities", "surplus", "weighed", "sizes", "take"}
    public = (name for name in vars(kind) if not name.startswith("_"))
    return {name for name in public if inspect.isfunction(getattr(kind, name))} - helpers


@settings(max_examples=4, deadline=None)
@given(
    cuts=st.lists(st.integers(0, N), max_size=5),
    kind=st.sampled_from(["plain", "separated"]),
    fit_intercept=st.booleans(),
)
@pytest.mark.parametrize("recut", [True, False])
def test_pieces_have_the_bounds_of_an_array(recut, cuts, kind, fit_intercept):
    there, pieces = bounds_of_both(kind, cuts, recut=recut, fit_intercept=fit_intercept)
    if recut:
        assert there == pieces
    np.testing.assert_allclose(pieces, there, rtol=1e-10, atol=1e-10)


def test_bounds_where_columns_depend_on_others():
    # Of other blocks they are others: what near columns leave has few digits.
    there, pieces = bounds_of_both("dependent", [], recut=True, fit_intercept=True)
    assert there == pieces
    assert np.isfinite(there[:-1]).all()


def bounds_of_both(kind, cuts, *, recut, fit_intercept):
    """Bounds of an array's rows, and of the same rows in pieces."""
    X, codes, weights = table(kind)
    cuts = [*cuts, *ONE_BY_ONE, *ends_of_classes(codes)]
    options = {"fit_intercept": fit_intercept, "lost": (None, some_lost(codes))}
    both = (
        ArrayRows(X, codes, K, weights),
        SplitRows(X, codes, K, weights, cuts=cuts, recut=recut),
    )
    return (bounds(rows, point(kind, fit_intercept), **options) for rows in both)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_statistics_travel_light_and_merges_are_pure(fit_intercept):
    seen = set()
    for kind in ("plain", "separated", "dependent"):
        X, codes, weights = table(kind)
        near = point(kind, fit_intercept)
        far = 0.1 * np.arange(near[0].size).reshape(near[0].shape), near[1]
        options = {"fit_intercept": fit_intercept, "lost": (some_lost(codes),)}
        for parameters in (near, far) if kind == "plain" else (near,):
            strict = StrictRows(X, codes, K, weights)
            here = bounds(ArrayRows(X, codes, K, weights), parameters, **options)
            assert bounds(strict, parameters, **options) == here
            seen |= strict.seen
    ours = {"_Balanced"} if fit_intercept else set()
    for kind in (Linear, shift._Extended, KeptClasses):
        ours |= {f"{kind.__name__}.{name}" for name in statistics_of(kind)}
    assert seen - {"Summarise"} == ours


def test_reads_are_what_is_read():
    X, codes, weights = table("separated")
    rows = SplitRows(X, codes, K, weights, cuts=[100, 400])
    bounds(rows, point("separated", True), fit_intercept=True, lost=(None,))
    assert rows.reads == pytest.approx(rows._X.read)
    before = rows.reads
    certify(rows, *point("separated", True), alpha=0.1, fit_intercept=True)
    assert 1.0 <= rows.reads - before <= 4.0


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_what_is_merged_is_the_statistic_of_all_rows_at_once(fit_intercept):
    X, codes, weights = table("dependent")
    coef, intercept = point("dependent", fit_intercept)
    rows = ArrayRows(X, codes, K, weights)
    model = Model(rows, coef, intercept, alpha=0.0, centred=fit_intercept)
    (whole,) = model.rows.slabs(1 << 40)
    extended = shift._Extended(model.linear, np.arange(2))
    kept = KeptClasses(model.linear, 1e-3)
    direction = np.arange(2.0 * K).reshape(K, 2)
    kept_step = np.arange(float(kept.pairs * kept.size))
    for statistic, merge in (
        (model.linear.residuals, Residuals.merge),
        (extended.gradient, np.add),
        (extended.greatest, np.maximum),
        (functools.partial(extended.step, np.arange(2), direction), shift._Step.merge),
        (kept.left, Left.merge),
        (functools.partial(kept.moved, kept_step), Moved.merge),
        (lambda block: gram_of(kept.column_triangle(block)), np.add),
    ):
        merged, once = model.rows.reduce(statistic, merge, length=64), statistic(whole)
        for ours, theirs in zip(merged, once, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
    triangles = model.rows.reduce(kept.column_triangle, merged_triangles, length=64)
    once = gram_of(kept.column_triangle(whole))
    np.testing.assert_allclose(gram_of(triangles), once, rtol=1e-10, atol=1e-10)


def gram_of(triangle):
    return triangle.T @ triangle
