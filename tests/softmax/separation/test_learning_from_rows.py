"""Separation of rows that live in pieces, and of rows that ask much of statistics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rows.split_rows import SplitRows
from tests.rows.strict_rows import StrictRows

from trivium.rows.memory import ArrayRows
from trivium.softmax.separation.directions import (
    find_separation,
    losing_classes,
    winning_margins,
)
from trivium.softmax.separation.margins import MarginRows

N, K = 600, 3
KINDS = ("overlap", "dummy", "programme", "behind", "complete")


def table(kind, seed=0):
    """Sorted by labels, so that a class comes first in the last piece."""
    rng = np.random.default_rng(seed)
    codes = np.sort(np.r_[np.arange(K), rng.integers(0, K, N - K)])
    X = rng.normal(size=(N, 2)) + 5.0
    if kind == "complete":
        codes = np.sort(np.digitize(X[:, 0], [4.5, 5.5]))
        X = X[np.argsort(X[:, 0])]
    if kind == "dummy":
        X = np.column_stack([X, (codes == 1) & (rng.random(N) < 0.2)])
    if kind == "programme":  # two columns together tell some rows of a class
        common = rng.integers(-50, 50, size=N) / 8.0
        X = np.column_stack([X, common, common + ((codes == 1) & (rng.random(N) < 0.1))])
    if kind == "behind":  # where the first says nothing, the second separates
        first = (codes == 1) & (rng.random(N) < 0.5)
        second = np.where(first, rng.normal(size=N), (codes == 2) & (rng.random(N) < 0.5))
        X = np.column_stack([X, first, second])
    return X, codes, rng.uniform(0.5, 2.0, N)


def told(rows, *, fit_intercept=True):
    """All that is found of separation, from parameters that say nothing."""
    d = rows.shape[1]
    options = {"fit_intercept": fit_intercept}
    found = find_separation(rows, np.zeros((K, d)), np.zeros(K), **options)
    return found, winning_margins(rows, found, **options), losing_classes(rows, found, **options)


@settings(max_examples=8, deadline=None)
@given(
    cuts=st.lists(st.integers(0, N), max_size=5),
    kind=st.sampled_from(KINDS),
    fit_intercept=st.booleans(),
)
@pytest.mark.parametrize("recut", [True, False])
def test_pieces_say_what_an_array_says(recut, cuts, kind, fit_intercept):
    X, codes, weights = table(kind)
    cuts = [*cuts, *range(8), *np.searchsorted(codes, np.arange(1, K)).tolist()]
    one, won, lost = told(ArrayRows(X, codes, K, weights), fit_intercept=fit_intercept)
    split = SplitRows(X, codes, K, weights, cuts=cuts, recut=recut)
    other, won_too, lost_too = told(split, fit_intercept=fit_intercept)
    assert one.verdict is other.verdict
    np.testing.assert_array_equal(one.pairs, other.pairs)
    if recut:
        for ours, theirs in zip(one[1:], other[1:], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(won, won_too)
        np.testing.assert_array_equal(lost, lost_too)
    assert split.reads == pytest.approx(split._X.read)


@pytest.mark.parametrize("recut", [True, False])
def test_margins_of_pieces(recut):
    X, codes, _ = table("behind")
    plain = MarginRows(ArrayRows(X, codes, K), fit_intercept=True)
    cuts = [0, 1, 2, 2, 300, 301]
    split = MarginRows(SplitRows(X, codes, K, cuts=cuts, recut=recut), fit_intercept=True)
    V = np.random.default_rng(1).normal(size=(K, X.shape[1] + 1))
    for _ in range(2):  # with all margins, and without some
        one, other = plain.look(V), split.look(V)
        for ours, theirs in zip(one, other, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10)
        np.testing.assert_allclose(plain.objective(), split.objective(), rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(plain.lose(V), split.lose(V))
        assert 0 < np.count_nonzero(plain.lost) < N * (K - 1)
    # A row may be nearest to the wrong side of several classes.
    rows, others = np.array([7, 3, 7, 599]), np.array([1, 2, 2, 0])
    matrix = plain.constraints(rows, others)
    others_matrix = split.constraints(rows, others)
    np.testing.assert_allclose(matrix.toarray(), others_matrix.toarray(), atol=1e-12)
    scaled = np.column_stack([(X[rows] - X.mean(axis=0)) / X.std(axis=0), np.ones(4)])
    scaled /= np.linalg.norm(scaled, axis=1)[:, None]
    over = np.vstack([V[:-1] - V[-1], np.zeros(V.shape[1])])
    truth = ((over[codes[rows]] - over[others]) * scaled).sum(axis=1)
    np.testing.assert_allclose(matrix @ over[:-1].ravel(), truth, atol=1e-12)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_statistics_travel_light_and_merges_are_pure(fit_intercept):
    seen = set()
    for kind in KINDS:
        X, codes, weights = table(kind)
        strict = StrictRows(X, codes, K, weights)
        found, _, lost = told(strict, fit_intercept=fit_intercept)
        plain, _, lost_plainly = told(ArrayRows(X, codes, K, weights), fit_intercept=fit_intercept)
        assert found.verdict is plain.verdict
        np.testing.assert_array_equal(found.scaled, plain.scaled)
        np.testing.assert_array_equal(lost, lost_plainly)
        seen |= strict.seen
    ours = {"Squares", "MarginsUnder", "MarginsUnder.wins", "SumOfMargins", "RangesOfClasses"}
    assert seen == ours | ({"Summarise"} if fit_intercept else set())
