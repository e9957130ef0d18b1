"""Blocks of rows, and statistics merged in their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.reference import MODEST
from threadpoolctl import threadpool_info, threadpool_limits

from trivium.blocks.map_reduce import block_length, cut, map_reduce

JOBS = (1, 2, 4, -1, None)


def row_blocks(n_rows, n_columns, **words):
    return cut(n_rows, block_length(n_columns, **words))


class TestRowBlocks:
    @given(st.integers(0, 10**6), st.integers(1, 5000), st.integers(1, 500))
    @MODEST
    def test_blocks_are_every_row_in_order(self, n_rows, n_columns, least):
        blocks = row_blocks(n_rows, n_columns, least=least)
        edges = [0, *(block.stop for block in blocks)]
        assert [block.start for block in blocks] == edges[:-1]
        assert edges[-1] == n_rows
        lengths = np.diff(edges)
        assert len(set(lengths[:-1])) <= 1
        assert all(lengths[:-1] >= least)
        assert all(lengths[-1:] <= lengths[:1])

    @given(st.integers(1, 10**6), st.integers(1, 1000))
    @MODEST
    def test_a_block_fits_the_cache_unless_it_has_the_least_rows(self, n_rows, n_columns):
        longest = max(block.stop - block.start for block in row_blocks(n_rows, n_columns))
        assert longest <= 64 or longest * n_columns * 8 <= 1 << 19

    def test_blocks_start_at_the_same_rows_whatever_follows(self):
        assert row_blocks(10_000, 8)[0] == row_blocks(90_000, 8)[0]


class TestMapReduce:
    def test_merges_run_from_the_first_to_the_last(self):
        blocks = row_blocks(5000, 100)
        for n_jobs in JOBS:
            merged = map_reduce(
                lambda b: str(b.start), blocks, lambda one, other: f"({one} {other})", n_jobs=n_jobs
            )
            expected = "0"
            for block in blocks[1:]:
                expected = f"({expected} {block.start})"
            assert merged == expected

    def test_one_block_needs_no_merge(self):
        assert map_reduce(lambda b: b.stop, [slice(0, 7)], None) == 7

    def test_workers_and_blas_limits_do_not_show_in_a_bit(self):
        X = np.random.default_rng(0).normal(size=(6000, 90))

        def statistic(block):
            rows = X[block]
            return rows.T @ rows, rows.sum(axis=0)

        def merge(one, other):
            return one[0] + other[0], one[1] + other[1]

        blocks = row_blocks(*X.shape)
        assert len(blocks) > 5
        right = map_reduce(statistic, blocks, merge, n_jobs=1)
        np.testing.assert_allclose(right[0], X.T @ X, rtol=1e-10, atol=1e-10)
        for limit in (1, 2, 4):
            with threadpool_limits(limit, user_api="blas"):
                for n_jobs in JOBS:
                    for one, other in zip(
                        map_reduce(statistic, blocks, merge, n_jobs=n_jobs), right, strict=True
                    ):
                        np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_an_error_in_a_block_or_a_merge_comes_through(self, n_jobs):
        def fail(*_):
            raise ArithmeticError("no")

        blocks = row_blocks(5000, 100)
        with threadpool_limits(2, user_api="blas"):
            with pytest.raises(ArithmeticError):
                map_reduce(fail, blocks, max, n_jobs=n_jobs)
            with pytest.raises(ArithmeticError):
                map_reduce(lambda b: b.start, blocks, fail, n_jobs=n_jobs)
            assert {each["num_threads"] for each in threadpool_info()} == {2}
