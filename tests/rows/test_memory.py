"""Rows in memory and in pieces say the same, and count what is read of them."""

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rows.split_rows import SplitRows

from trivium.blocks.workers import each_of
from trivium.rows.memory import ArrayRows
from trivium.rows.summary import ColumnSummary, Summarise

N, D = 300, 3
CUTS = st.lists(st.integers(0, N), max_size=6)


def table(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(N, D)) * [1e-3, 1.0, 1e5] + 7).astype(dtype)
    return X, rng.integers(0, 3, N), rng.uniform(0.5, 2.0, N)


def moments(block, beside):
    weighted = block.X * block.weights[:, None]
    return weighted.T @ block.X, np.bincount(block.codes, beside, minlength=3), block.first


def merge(one, two):
    return one[0] + two[0], one[1] + two[1], max(one[2], two[2])


@given(CUTS, st.booleans(), st.integers(1, N + 5))
def test_pieces_say_what_an_array_says(cuts, recut, length):
    X, codes, weights = table()
    plain = ArrayRows(X, codes, 3, weights)
    split = SplitRows(X, codes, 3, weights, cuts=cuts, recut=recut)
    beside = np.arange(N) * 0.1
    one, two = (
        rows.reduce(moments, merge, length=length, beside=(beside,)) for rows in (plain, split)
    )
    if recut:
        np.testing.assert_array_equal(one[0], two[0])
        assert one[2] == two[2]
    np.testing.assert_allclose(two[0], one[0], rtol=1e-12)
    np.testing.assert_allclose(two[1], one[1], rtol=1e-12)
    for rows in (plain, split):
        sums = rows.each(lambda block, b: block.X.sum(axis=1) + b, length=length, beside=(beside,))
        np.testing.assert_array_equal(sums, X.sum(axis=1) + beside)
        out = np.zeros((2, N))
        rows.each(lambda block: block.X[:, :2], length=length, out=out.T)
        np.testing.assert_array_equal(out, X[:, :2].T)
        assert rows.reads == 3.0
    assert split._X.read == pytest.approx(3.0)


@given(CUTS, st.lists(st.integers(0, N - 1), min_size=1))
def test_views_count_with_what_they_are_views_of(cuts, numbers):
    X, codes, weights = table()
    numbers = np.array(numbers)  # in any order, and as often as they come
    share = numbers.size / N
    for rows in (ArrayRows(X, codes, 3, weights), SplitRows(X, codes, 3, weights, cuts=cuts)):
        some = rows.subset(numbers)
        assert rows.reads == pytest.approx(share)
        block = some.take(np.arange(numbers.size))
        np.testing.assert_array_equal(block.X, X[numbers])
        np.testing.assert_array_equal(block.codes, codes[numbers])
        np.testing.assert_array_equal(block.weights, weights[numbers])
        assert rows.reads == some.reads == pytest.approx(2 * share)
        other = rows.reweighted(None).relabelled(codes % 2, 2)
        assert (other.n_classes, other.weights) == (2, None)
        np.testing.assert_array_equal(other.take(numbers).codes, codes[numbers] % 2)
        assert rows.reads == pytest.approx(3 * share)
        (whole,) = some.slabs(sys.maxsize)
        np.testing.assert_array_equal(whole.X, X[numbers])


@given(CUTS, st.booleans())
def test_rows_that_were_taken_count_with_the_others(cuts, recut):
    X, codes, weights = table()
    order = np.random.default_rng(1).permutation(100)
    for rows in (
        ArrayRows(X, codes, 3, weights),
        SplitRows(X, codes, 3, weights, cuts=cuts, recut=recut),
    ):
        block = rows.take(np.arange(0, N, 3))
        some = rows.from_block(block._replace(X=block.X[order], codes=block.codes[order]))
        sums = some.each(lambda block: block.X.sum(axis=1), length=32)
        np.testing.assert_array_equal(sums, X[::3][order].sum(axis=1))
        assert rows.reads == some.reads == pytest.approx(2 / 3)
        anew = rows.counted_anew()
        anew.column(0)
        assert anew.reads == pytest.approx(1 / 3)
        assert rows.reads == pytest.approx(2 / 3)
    assert rows._X.read == pytest.approx(1.0)


def test_no_rows_are_no_slab():
    X, codes, weights = table()
    for rows in (ArrayRows(X, codes, 3, weights), SplitRows(X, codes, 3, weights, cuts=[7])):
        none = rows.subset(np.empty(0, dtype=np.intp))
        assert none.shape == (0, D)
        assert [*none.slabs(1), *none.slabs(sys.maxsize)] == []
        assert rows.reads == 0.0


def test_threads_lose_no_read():
    rows = ArrayRows(*table()[:2], 3)
    each_of(lambda _: rows.take(np.arange(7)), range(3000), 8)
    assert rows.reads == 70.0


def test_samples_columns_and_slabs():
    X, codes, _ = table()
    rows = ArrayRows(X, codes, 3)
    np.testing.assert_array_equal(rows.sample(100).X, X[::3])
    np.testing.assert_array_equal(rows.sample(10**6).X, X)
    assert rows.reads == pytest.approx(1 + 1 / 3)
    np.testing.assert_array_equal(rows.column(1), X[:, 1])
    assert rows.reads == pytest.approx(1 + 2 / 3)
    (whole,) = rows.slabs(100 * 8 * D)
    assert whole.X.base is X
    assert whole.X.shape == X.shape
    assert rows.reads == pytest.approx(2 + 2 / 3)


@given(CUTS)
def test_slabs_are_the_pieces_or_all_rows_at_once(cuts):
    X, codes, weights = table()
    rows = SplitRows(X, codes, 3, weights, cuts=cuts)
    slabs = list(rows.slabs(1 << 30))
    assert sum(len(slab.X) for slab in slabs) == N
    for slab in slabs:
        assert len(slab.X) > 0
        np.testing.assert_array_equal(slab.X, X[slab.place])
        np.testing.assert_array_equal(slab.weights, weights[slab.place])
    assert {slab.first for slab in slabs} == {0, *(cut for cut in cuts if cut < N)}
    (whole,) = rows.slabs(sys.maxsize)
    np.testing.assert_array_equal(whole.X, X)
    assert rows.reads == rows._X.read == pytest.approx(2.0)


def test_blocks_are_cut_and_weighed():
    X, codes, weights = table()
    block = ArrayRows(X, codes, 3, weights).take(np.arange(20, 50))._replace(first=20)
    assert block.place == slice(20, 50)
    parts = list(block.parts(16))
    assert [part.place for part in parts] == [slice(20, 36), slice(36, 50)]
    np.testing.assert_array_equal(np.concatenate([part.codes for part in parts]), codes[20:50])
    np.testing.assert_array_equal(parts[1].weigh(np.ones((2, 14))), [weights[36:50]] * 2)
    assert block._replace(weights=None).weigh(X) is X


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_summary_is_read_once_and_kept(dtype):
    X, codes, _ = table(dtype=dtype)
    X[:, 0] = 0.1
    rows = ArrayRows(X, codes, 3)
    summary = rows.summary()
    np.testing.assert_array_equal(summary.least, X.min(axis=0))
    np.testing.assert_array_equal(summary.most, X.max(axis=0))
    wrong = np.abs(summary.means - X.mean(axis=0, dtype=np.float64))
    assert (wrong <= 1e-14 * np.abs(X).max(axis=0)).all()
    assert summary.means[0] == X[0, 0]  # of a constant column, to the bit
    np.testing.assert_array_equal(summary.greatest, np.abs(X).max(axis=0))
    assert not summary.may_not_be_finite
    assert rows.summary() is rows.reweighted(None).summary() is summary
    assert rows.reads == pytest.approx(1.0 + 1 / N)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 299])
def test_a_summary_knows_whether_all_is_finite(bad, row):
    X, _, _ = table()
    X[row, 1] = bad
    assert ArrayRows(X).summary().may_not_be_finite


def test_to_merge_summaries_leaves_them_as_they_are():
    X, _, _ = table()
    rows = ArrayRows(X)
    statistic = Summarise(X[0])
    one, two = (statistic(block) for block in next(rows.slabs(1)).parts(150))
    kept = [np.copy(field) for field in one]
    first, again = one.merge(two), one.merge(two)
    for a, b, whole, was, now in zip(first, again, rows.summary(), kept, one, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, whole, rtol=1e-10)
        np.testing.assert_array_equal(was, now)
    assert isinstance(first, ColumnSummary)


def test_threads_lose_no_read_and_copies_go_on_counting():
    X, _, _ = table()
    rows = ArrayRows(X)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rows.take(np.arange(3)), range(2000)))
    assert rows.reads == 2000 * 3 / N
    again = pickle.loads(pickle.dumps(rows))  # noqa: S301 - our own
    copied = copy.deepcopy(rows)
    for other in (again, copied):
        other.take(np.arange(3))
        assert other.reads == 2001 * 3 / N
    assert rows.reads == 2000 * 3 / N
