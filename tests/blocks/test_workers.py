"""Workers: how many, in which order, how far ahead, and BLAS held to one thread."""

import os
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.workers import each_of, map_in_order, one_blas_thread, worker_count

JOBS = (1, 2, 4, -1, None)


def blas_threads():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture
def two_blas_threads():
    """A limit that is not one, so that restoring it shows."""
    with threadpool_limits(2, user_api="blas"):
        assert blas_threads() == {2}
        yield
        assert blas_threads() == {2}


class TestWorkerCount:
    def test_none_and_minus_one_mean_every_core(self):
        assert worker_count() == worker_count(None) == worker_count(-1) == joblib.cpu_count()

    def test_other_negative_numbers_leave_cores_free_but_one_works(self):
        assert worker_count(-2) == max(1, joblib.cpu_count() - 1)
        assert worker_count(-10_000) == 1

    def test_a_number_is_taken_at_its_word(self):
        assert [worker_count(n) for n in (1, 2, 7)] == [1, 2, 7]

    @pytest.mark.parametrize("n_jobs", [1.5, "two", [2]])
    def test_what_is_no_integer_is_an_error(self, n_jobs):
        with pytest.raises(TypeError, match="expected an integer or None"):
            worker_count(n_jobs)

    def test_zero_is_an_error(self):
        with pytest.raises(ValueError, match="n_jobs=0 makes no sense"):
            worker_count(0)


class TestOrder:
    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_results_come_in_the_order_of_the_pieces(self, n_jobs):
        def late_first(piece):
            time.sleep(0.01 if piece % 3 == 0 else 0)
            return piece * piece

        found = list(map_in_order(late_first, range(20), n_jobs))
        assert found == [piece * piece for piece in range(20)]

    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_no_pieces_no_results(self, n_jobs):
        assert list(map_in_order(str, [], n_jobs)) == []

    def test_no_more_workers_than_were_asked_for_work_at_once(self):
        lock, working, most = threading.Lock(), [0], [0]

        def count(_):
            with lock:
                working[0] += 1
                most[0] = max(most[0], working[0])
            time.sleep(0.005)
            with lock:
                working[0] -= 1

        list(map_in_order(count, range(20), 3))
        assert most[0] <= 3


class TestLookAhead:
    @pytest.mark.parametrize("n_jobs", [1, 2, 4])
    def test_few_pieces_are_started_before_the_first_is_taken(self, n_jobs):
        started = []
        results = map_in_order(started.append, range(100), n_jobs)
        assert started == []
        for taken in range(1, 6):
            next(results)
            time.sleep(0.02)  # for all that may start to start
            assert len(started) <= taken - 1 + 2 * n_jobs
        results.close()
        assert len(started) <= 5 + 2 * n_jobs

    def test_workers_do_go_ahead(self):
        started = []
        results = map_in_order(started.append, range(100), 2)
        next(results)
        time.sleep(0.05)
        assert len(started) >= 3
        results.close()


class TestThreadsThatStay:
    def names(self, n_jobs, n_pieces=40):
        """Names of the threads that take pieces, each a little slow."""

        def name(_):
            time.sleep(0.001)
            return threading.current_thread().name

        return set(map_in_order(name, range(n_pieces), n_jobs))

    def test_the_caller_works_too_and_helpers_are_the_same_each_time(self):
        first = self.names(3)
        before = threading.active_count()
        assert threading.current_thread().name in first
        assert len(first) == 3
        assert all(self.names(3) == first for _ in range(5))
        assert threading.active_count() == before

    def test_a_piece_may_have_pieces_itself(self):
        def total(piece):
            return sum(map_in_order(lambda part: part * piece, range(10), 3))

        assert list(map_in_order(total, range(30), 3)) == [45 * piece for piece in range(30)]

    def test_callers_in_several_threads_share_them(self):
        totals = []

        def call():
            totals.append(sum(map_in_order(lambda piece: piece, range(200), 2)))

        callers = [threading.Thread(target=call) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert totals == [19_900] * 8

    def test_nothing_runs_on_after_an_error(self):
        running = []

        def work(piece):
            if piece == 0:
                raise KeyError(piece)
            running.append(piece)
            time.sleep(0.01)
            running.remove(piece)

        for _ in range(10):
            with pytest.raises(KeyError):
                each_of(work, range(50), 4)
            assert running == []

    def test_where_no_thread_can_be_had_the_caller_does_it_all(self):
        program = """
import atexit
from trivium.blocks.workers import map_in_order
def late():
    assert list(map_in_order(abs, range(20), 3)) == list(range(20))
    print("done")
atexit.register(late)  # when Python ends, no new work may be given to threads
"""
        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
        assert (ended.stdout, ended.stderr) == ("done\n", "")

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
    def test_a_forked_child_starts_its_own(self):
        program = """
import os, threading, time
from trivium.blocks.workers import map_in_order
def name(_):
    time.sleep(0.001)
    return threading.current_thread().name
assert len(set(map_in_order(name, range(40), 3))) == 3
child = os.fork()
if child == 0:
    os._exit(0 if len(set(map_in_order(name, range(40), 3))) == 3 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
        # A fork with threads about is what Python 3.12 and later warn of.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
        subprocess.run(command, check=True, timeout=60)


class TestEachOf:
    @pytest.mark.parametrize("n_jobs", JOBS)
    @pytest.mark.parametrize("n_pieces", [0, 1, 3, 4, 50])
    def test_each_piece_is_taken_once_and_all_are_done_at_the_end(self, n_pieces, n_jobs):
        done = np.zeros(n_pieces, dtype=int)

        def work(piece):
            time.sleep(0.001)
            done[piece] += 1

        assert each_of(work, range(n_pieces), n_jobs) is None
        assert (done == 1).all()

    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_an_exception_in_a_piece_comes_through(self, n_jobs):
        def fail_at_seven(piece):
            if piece == 7:
                raise KeyError(piece)

        with pytest.raises(KeyError, match="7"):
            each_of(fail_at_seven, range(1000), n_jobs)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_pieces_are_computed_under_the_caller_s_handling_of_errors(self, n_jobs):
        def divide(piece):
            np.ones(1) / np.zeros(1)

        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            each_of(divide, range(8), n_jobs)
        with np.errstate(divide="ignore"):
            each_of(divide, range(8), n_jobs)


@pytest.mark.usefixtures("two_blas_threads")
class TestOneBlasThread:
    def test_the_limit_holds_inside_only(self):
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {2}

    def test_it_nests(self):
        with one_blas_thread():
            with one_blas_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == {2}

    def test_an_error_lifts_it(self):
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            raise ZeroDivisionError
        assert blas_threads() == {2}

    def test_many_threads_in_and_out(self):
        def often():
            for _ in range(50):
                with one_blas_thread():
                    pass

        threads = [threading.Thread(target=often) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert blas_threads() == {2}

    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_every_block_is_computed_under_it(self, n_jobs):
        blocks = [slice(start, start + 1) for start in range(6)]
        found = map_reduce(lambda _: [blas_threads()], blocks, list.__add__, n_jobs=n_jobs)
        assert found == [{1}] * 6
        assert blas_threads() == {2}

    @pytest.mark.parametrize("n_jobs", JOBS)
    def test_an_exception_in_a_piece_comes_through_and_lifts_it(self, n_jobs):
        started = []

        def fail_at_three(piece):
            started.append(piece)
            if piece == 3:
                raise KeyError(piece)
            return piece

        results = map_in_order(fail_at_three, range(1000), n_jobs)
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(KeyError, match="3"):
            next(results)
        assert len(started) <= 4 + 2 * worker_count(n_jobs)
        assert blas_threads() == {2}

    def test_maps_nest(self):
        def inner(piece):
            return sum(map_in_order(abs, range(piece), 2))

        assert list(map_in_order(inner, range(6), 2)) == [0, 0, 1, 3, 6, 10]
        assert blas_threads() == {2}


class _Library:
    """A BLAS whose threads are each thread's own, as OpenBLAS upon OpenMP has them."""

    threading_layer = "openmp"

    def __init__(self):
        self._own = threading.local()

    @property
    def num_threads(self):
        return getattr(self._own, "n", 2)

    def set_num_threads(self, n):
        self._own.n = n


def test_a_limit_of_each_thread_is_set_in_each_and_lifted(monkeypatch):
    library = _Library()
    monkeypatch.setattr("trivium.blocks.workers._libraries", lambda: [library])
    blocks = [slice(start, start + 1) for start in range(8)]
    found = map_reduce(lambda _: [library.num_threads], blocks, list.__add__, n_jobs=2)
    assert found == [1] * 8
    assert library.num_threads == 2


class TestOneBlasThreadFromManyThreads:
    """threadpoolctl lets one thread at a time set OpenBLAS's limit, and ignores the others."""

    def test_the_limit_holds_in_a_thread_after_another_had_it(self):
        with one_blas_thread():
            pass
        seen = []

        def later():
            with one_blas_thread():
                seen.append(blas_threads())

        thread = threading.Thread(target=later)
        thread.start()
        thread.join()
        assert seen == [{1}]

    def test_the_last_of_two_threads_that_overlap_lifts_it(self):
        before, seen = blas_threads(), []
        first_in, second_in, first_out, second_out = (threading.Event() for _ in range(4))

        def first():
            with one_blas_thread():
                first_in.set()
                second_in.wait(5)
            first_out.set()
            second_out.wait(5)  # alive while the other lifts the limit

        def second():
            first_in.wait(5)
            with one_blas_thread():
                second_in.set()
                first_out.wait(5)
                seen.append(blas_threads())
            seen.append(blas_threads())
            second_out.set()

        threads = [threading.Thread(target=each) for each in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [{1}, before]
        assert blas_threads() == before


def test_the_bits_of_a_product_do_not_depend_on_the_limit_outside():
    X = np.random.default_rng(0).normal(size=(3000, 70))
    pieces = [X[:1500], X[1500:]]
    found = []
    for limit in (1, 2, 4):
        with threadpool_limits(limit, user_api="blas"):
            found.append(list(map_in_order(lambda piece: piece.T @ piece, pieces, 2)))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
