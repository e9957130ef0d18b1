"""Workers: how many, in which order, how far ahead, and BLAS held to one thread."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from trivium.blocks import crew
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

    @pytest.mark.parametrize("n_jobs", [1.5, "two", [2], True])
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
    def test_the_caller_works_too_and_no_more_threads_come_than_were_ever_asked_for(self):
        def name(_):
            time.sleep(0.001)
            return threading.current_thread().name

        def names(n_jobs, n_pieces):
            return set(map_in_order(name, range(n_pieces), n_jobs))

        assert threading.current_thread().name in names(4, 40)
        before = threading.active_count()
        everybody = [names(2 + n_pieces % 3, n_pieces) for n_pieces in range(2, 40)]
        assert len(set.union(*everybody)) > 1
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
        started, running = [], []

        def work(piece):
            started.append(piece)
            if piece == 0:
                time.sleep(0.03)  # for the helpers to come
                raise KeyError(piece)
            running.append(piece)
            time.sleep(0.06)
            running.remove(piece)

        for _ in range(5):
            started.clear()
            with pytest.raises(KeyError):
                each_of(work, range(50), 4)
            assert running == []
            assert 1 < len(started) <= 4  # what was not begun is given up

    def test_helpers_come_back_when_there_is_more_to_do(self):
        def name(_):
            return threading.current_thread().name

        helped = 0
        for by in map_in_order(name, range(40), 2):
            time.sleep(0.002)  # meanwhile all that may be done is done
            helped += by != threading.current_thread().name
        assert helped > 20

    def test_the_caller_s_own_interrupt_is_not_kept_for_later(self):
        own = []

        def work(piece):
            if threading.current_thread() is threading.main_thread():
                own.append(piece)
                if piece > 0:
                    raise KeyboardInterrupt
                time.sleep(0.02)  # for the helpers to come
            else:
                time.sleep(0.05)

        with pytest.raises(KeyboardInterrupt):
            each_of(work, range(20), 3)
        assert len(own) == 2

    @pytest.mark.parametrize("n_jobs", [1, 3])
    def test_no_error_of_ours_stands_before_the_user_s(self, n_jobs):
        with pytest.raises(ZeroDivisionError) as caught:
            each_of(lambda piece: 1 / piece, range(20), n_jobs)
        assert caught.value.__context__ is None

    @pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ValueError])
    def test_an_error_of_a_helper_is_the_caller_s(self, error):
        def work(_):
            if threading.current_thread() is not threading.main_thread():
                raise error
            time.sleep(0.01)

        for _ in range(3):
            with pytest.raises(error):
                each_of(work, range(20), 3)

    @pytest.mark.parametrize("n_jobs", [1, 3])
    def test_an_error_keeps_nothing_alive(self, n_jobs):
        class Held:
            pass

        def fail():
            held = Held()

            def work(piece):
                time.sleep(0.001)
                raise KeyError(piece, held)

            with suppress(KeyError):
                each_of(work, range(20), n_jobs)
            return weakref.ref(held)

        gc.disable()
        try:
            left = [fail() for _ in range(5)]
            time.sleep(0.05)  # for the helpers to leave
            assert [held() for held in left] == [None] * 5
        finally:
            gc.enable()

    def test_helpers_have_the_caller_s_settings(self):
        def setting(_):
            time.sleep(0.001)
            return np.geterr()["divide"], threading.current_thread().name

        with np.errstate(divide="call"):
            found = list(map_in_order(setting, range(40), 3))
        assert {divide for divide, _ in found} == {"call"}
        assert len({name for _, name in found}) > 1

    def run(self, program):
        """Run a program in a process of its own, which has to end soon, and without a word."""
        # A fork with threads about is what Python 3.12 and later warn of.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
        ended = subprocess.run(command, timeout=60, capture_output=True, text=True)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")

    def test_where_no_thread_can_be_had_the_caller_does_it_all(self, monkeypatch):
        monkeypatch.setattr(crew, "_helpers", crew._Helpers())

        def refuse(thread):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        found = list(map_in_order(lambda _: threading.current_thread(), range(20), 3))
        assert found == [threading.current_thread()] * 20

    def test_work_goes_on_while_python_ends(self):
        self.run("""
import atexit, threading, time
from trivium.blocks.workers import map_in_order
def late(delay):
    time.sleep(delay)
    assert list(map_in_order(abs, range(20), 3)) == list(range(20))
    if delay == 0:
        print("done")
atexit.register(late, 0)
list(map_in_order(abs, range(20), 2))
threading.Thread(target=late, args=(0.3,)).start()  # nobody waits for it but Python itself
""")

    def test_python_does_not_wait_for_a_daemon_s_work(self):
        self.run("""
import threading, time
from trivium.blocks.workers import map_in_order
def endless():
    list(map_in_order(lambda _: time.sleep(0.05), range(10_000), 2))
threading.Thread(target=endless, daemon=True).start()
time.sleep(0.2)
print("done")
""")

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a system with timers")
    def test_interrupts_at_any_moment_come_through_and_do_no_harm(self):
        self.run("""
import random, signal, threading
from trivium.blocks.workers import map_in_order
pieces = range(400)
def work(piece):
    return sum(range(100)) + piece
right = list(map(work, pieces))
signal.signal(signal.SIGALRM, signal.default_int_handler)  # an alarm does what Ctrl-C does
caught = 0
for seed in range(600):
    random.seed(seed)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, random.random() * 4e-3 + 1e-6)
            list(map_in_order(work, pieces, 2 + seed % 3))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
    assert list(map_in_order(work, pieces, 3)) == right
assert caught > 100, caught
assert threading.active_count() <= 8, threading.enumerate()
print("done")
""")

    def test_nothing_is_kept_while_the_helpers_are_busy_elsewhere(self):
        class Result:
            pass

        busy, results = threading.Event(), []

        def wait(_):
            busy.wait(20)

        def compute(_):
            result = Result()
            results.append(weakref.ref(result))
            return result

        long = threading.Thread(target=each_of, args=(wait, range(2), 2))
        long.start()
        for _ in range(50):
            assert len(list(map_in_order(compute, range(4), 2))) == 4
        kept = sum(result() is not None for result in results)
        assert crew._helpers._calls.qsize() <= 4 * crew._helpers._count
        busy.set()
        long.join()
        assert len(results) == 200
        assert kept == 0

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
    def test_a_forked_child_starts_its_own(self):
        self.run("""
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
print("done")
""")


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
