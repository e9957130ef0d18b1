"""Sparse rows: what is taken from them, multiplied with them and said of their columns."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rows.split_rows import SplitCsrRows, SplitRows

from trivium.rows import csr as csr_room
from trivium.rows.csr import Csr
from trivium.rows.memory import ArrayRows
from trivium.rows.sparse import CsrRows


def table(seed=0, shape=(40, 7), share=0.3, dtype=np.float64):
    rng = np.random.default_rng(seed)
    full = np.where(rng.random(shape) < share, rng.normal(size=shape), 0.0).astype(dtype)
    full[shape[0] // 2] = 0.0
    full[:, shape[1] // 2] = 0.0
    return full


def sparse(full, *, index=np.int32):
    matrix = scipy.sparse.csr_array(full)
    matrix.indices, matrix.indptr = matrix.indices.astype(index), matrix.indptr.astype(index)
    return Csr.of(matrix)


@pytest.fixture
def by_loops(monkeypatch):
    """Let small tables go the way of large ones."""
    monkeypatch.setattr(csr_room, "_FEW_VALUES", 0)


class TestCsr:
    def test_entries_out_of_order_and_twice_are_put_in_order_and_added(self):
        parts = (
            np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
            np.array([2, 0, 2, 1, 1]),
            np.array([0, 3, 3, 5]),
        )
        given = scipy.sparse.csr_array(parts, shape=(3, 3))
        X = Csr.of(given)
        assert np.array_equal(X.toarray(), [[2, 0, 4], [0, 0, 0], [0, 9, 0]])
        assert np.array_equal(X.indices, [0, 2, 1])
        assert np.array_equal(given.data, parts[0])  # what was given is left alone

    def test_canonical_arrays_are_not_copied(self):
        matrix = scipy.sparse.csr_array(table())
        X = Csr.of(matrix)
        assert np.shares_memory(X.data, matrix.data)
        assert np.shares_memory(X.scipy().data, matrix.data)

    @pytest.mark.parametrize("index", [np.int32, np.int64])
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_rows_and_columns_are_those_of_the_array(self, index, dtype):
        full = table(dtype=dtype)
        X = sparse(full, index=index)
        assert X.dtype == dtype
        assert np.array_equal(X[5:30].toarray(), full[5:30])
        assert np.array_equal(X[5:30][2:4].toarray(), full[7:9])
        assert np.array_equal(X[::7].toarray(), full[::7])
        assert np.array_equal(X[30:5].toarray(), full[30:5])
        numbers = np.array([3, 39, 20, 3])
        assert np.array_equal(X.take(numbers).toarray(), full[numbers])
        assert np.array_equal(X.take(numbers[:0]).toarray(), full[:0])
        for j in range(full.shape[1]):
            assert np.array_equal(X[5:30].column(j), full[5:30, j])

    def test_columns_are_not_taken(self):
        with pytest.raises(ValueError, match="Only rows"):
            sparse(table()).take(np.arange(2), axis=1)

    @pytest.mark.parametrize("index", [np.int32, np.int64])
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    @pytest.mark.parametrize("columns", [(), (1,), (3,)])
    def test_products_are_those_of_the_array(self, index, dtype, columns):
        full, rng = table(dtype=dtype), np.random.default_rng(1)
        X, B, R = (
            sparse(full, index=index),
            rng.normal(size=(7, *columns)),
            rng.normal(size=(25, *columns)),
        )
        np.testing.assert_allclose(X @ B, full.astype(float) @ B, rtol=0, atol=1e-14)
        np.testing.assert_allclose(
            X[5:30].pulled_back(R), full[5:30].T.astype(float) @ R, atol=1e-14
        )
        assert (X[:0] @ B).shape == (0, *columns)

    def test_explicit_zeros_are_numbers_like_others(self):
        matrix = scipy.sparse.csr_array(table())
        matrix.data[::2] = 0.0
        X = Csr.of(matrix)
        assert X.n_stored == matrix.nnz
        assert np.array_equal(X.toarray(), matrix.toarray())


class TestSummary:
    @pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_it_is_that_of_the_array(self, share, dtype, by_loops):
        full = table(share=share, dtype=dtype)
        full[:, 1] = 1e6 + full[:, 1]  # stored in full, far from zero
        full[:, 2] = 0.1  # constant
        full[:, 4:6] = np.abs(full[:, 4:6]) * [1.0, -1.0]  # zero is an end of their ranges
        found, wanted = CsrRows(sparse(full)).summary(), ArrayRows(full).summary()
        assert np.array_equal(found.least, wanted.least)
        assert np.array_equal(found.most, wanted.most)
        np.testing.assert_allclose(found.means, wanted.means, rtol=1e-15, atol=1e-15)
        assert found.means[2] == full[0, 2]

    def test_columns_whose_first_value_is_zero_have_the_same_bits(self, by_loops):
        full = table()
        full[0] = 0.0
        found, wanted = CsrRows(sparse(full)).summary(), ArrayRows(full).summary()
        for one, other in zip(found, wanted, strict=True):
            assert np.array_equal(one, other)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_is_seen(self, value, by_loops):
        full = table()
        full[7, 2] = value
        with np.errstate(invalid="ignore"):
            assert CsrRows(sparse(full)).summary().may_not_be_finite


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 40), max_size=5))
def test_rows_in_pieces_are_the_same_rows(cuts):
    full, codes = table(), np.arange(40) % 3
    rows = CsrRows(sparse(full), codes, 3)
    split = SplitCsrRows(sparse(full), codes, 3, cuts=cuts)
    dense_split = SplitRows(full, codes, 3, cuts=cuts)

    def sums(block):
        return block.X.sum(axis=0)

    for length in (1, 7, 100):
        wanted = rows.reduce(sums, np.add, length=length)
        assert np.array_equal(split.reduce(sums, np.add, length=length), wanted)
        assert np.array_equal(dense_split.reduce(sums, np.add, length=length), wanted)
    assert np.array_equal(
        split.subset(np.array([5, 1])).take(np.arange(2)).X.toarray(), full[[5, 1]]
    )
    assert sum(block.X.shape[0] for block in split.slabs(1)) == 40
    assert rows.n_stored == split.n_stored == np.count_nonzero(full)
