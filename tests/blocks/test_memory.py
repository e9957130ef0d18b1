"""How many queries a worker may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context, get_config

from trivium.blocks.memory import queries_a_piece, working_memory
from trivium.blocks.workers import worker_count


def test_the_setting_is_scikit_learn_s_in_mebibytes():
    assert working_memory() == get_config()["working_memory"] * 2**20
    for size in (0, 0.5, 64):
        with config_context(working_memory=size):
            assert working_memory() == size * 2**20


@given(
    size=st.floats(0.0, 1e5),
    per_query=st.integers(1, 2**40),
    n_jobs=st.integers(1, 64),
    most=st.integers(4, 1000),
)
def test_all_workers_together_stay_within_it_but_for_four_queries_each(
    size, per_query, n_jobs, most
):
    with config_context(working_memory=size):
        step = queries_a_piece(per_query, n_jobs, most)
    assert step % 4 == 0
    assert 4 <= step <= max(4, most)
    assert step == 4 or step * per_query * n_jobs <= size * 2**20
    larger = step + 4
    assert larger > most or larger * per_query * n_jobs > size * 2**20 * (1 - 1e-9)


@pytest.mark.parametrize("n_jobs", [None, -1, 1, 2])
def test_every_worker_has_an_equal_share(n_jobs):
    with config_context(working_memory=1):
        workers = worker_count(n_jobs)
        assert queries_a_piece(2**20 // (40 * workers), n_jobs) == 40


def test_ordinary_work_is_cut_into_pieces_of_256():
    assert queries_a_piece(1, 1) == 256
