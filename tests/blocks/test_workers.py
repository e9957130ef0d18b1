"""Workers: how many, in which order, how far ahead, and BLAS held to one thread."""

import _thread
import gc
import os
import signal
import sys
import threading
import time
import weakref
from contextlib import suppress

import joblib
import numpy as np
import pytest
from tests.programs import PATIENCE, run_program
from threadpoolctl import threadpool_info, threadpool_limits

from trivium.blocks import crew
from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.workers import each_of, map_in_order, one_blas_thread, worker_count

JOBS = (1, 2, 4, -1, None)


def in_time(condition):
    """Wait until a condition holds; say whether it does."""
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    return condition()


def interrupted_at(step, function):
    """Call a function; raise KeyboardInterrupt at a step.

    Steps are those at which Python looks for signals: a function of Python begins, one of C has
    returned. Return the error; None if the function has fewer steps. Garbage collection, whose
    callbacks would have steps of their own and lose the error, waits.
    """
    left = step

    def count(frame, event, _):
        nonlocal left
        if event in ("call", "c_return"):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    error = None
    gc.disable()
    sys.setprofile(count)
    try:
        function()
    except KeyboardInterrupt as caught:
        error = caught
    finally:
        sys.setprofile(None)
        gc.enable()
    assert (error is None) == (left > 0)
    return error


class Together:
    """Pieces, of which the first few wait for each other: as many threads are at them."""

    def __init__(self, n_threads):
        self._barrier = threading.Barrier(n_threads)

    def __call__(self, piece):
        if piece < self._barrier.parties:
            self._barrier.wait(PATIENCE)
        return threading.current_thread().name


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
        started, third = [], threading.Event()

        def work(piece):
            started.append(piece)
            if len(started) >= 3:
                third.set()

        results = map_in_order(work, range(100), 2)
        next(results)
        assert third.wait(PATIENCE)
        results.close()


class TestThreadsThatStay:
    def test_the_caller_works_too_and_no_more_threads_come_than_were_ever_asked_for(
        self, monkeypatch
    ):
        monkeypatch.setattr(crew, "_helpers", crew._Helpers())  # of whom none was asked before

        def names(n_jobs, n_pieces):
            together = Together(min(n_jobs, n_pieces))
            return set(map_in_order(together, range(n_pieces), n_jobs))

        me = threading.current_thread().name
        everybody = names(4, 40)
        assert me in everybody
        assert len(everybody) == 4
        for n_pieces in range(2, 40):
            some = names(2 + n_pieces % 3, n_pieces)
            assert me in some
            assert some <= everybody
        assert len(crew._helpers.thread_ids) == 3  # those of other tests may end

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
        def work(piece):
            started.append(piece)
            if piece == 0:
                others.wait(PATIENCE)
                raise KeyError(piece)
            running.append(piece)
            others.set()
            time.sleep(0.06)
            running.remove(piece)

        for _ in range(5):
            started, running, others = [], [], threading.Event()
            with pytest.raises(KeyError):
                each_of(work, range(5000), 4)
            assert running == []
            assert 1 < len(started) < 5000  # what was not begun is given up

    def test_helpers_come_back_when_there_is_more_to_do(self):
        def name(_):
            return threading.current_thread().name

        helped = 0
        for by in map_in_order(name, range(10_000), 2):
            time.sleep(0.002)  # meanwhile all that may be done is done
            helped += by != threading.current_thread().name
            if helped > 20:
                break
        assert helped > 20

    def test_the_caller_s_own_interrupt_is_not_kept_for_later(self):
        own, here, over = [], threading.Event(), threading.Event()

        def work(piece):
            if threading.current_thread() is not threading.main_thread():
                here.set()
                over.wait(PATIENCE)
                return
            own.append(piece)
            here.wait(PATIENCE)
            if len(own) == 2:
                over.set()
                raise KeyboardInterrupt

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
                here.set()
                raise error
            here.wait(PATIENCE)

        for _ in range(3):
            here = threading.Event()
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
            assert in_time(lambda: [held() for held in left] == [None] * 5)
        finally:
            gc.enable()

    def test_helpers_have_the_caller_s_settings(self):
        together = Together(3)

        def setting(piece):
            return np.geterr()["divide"], together(piece)

        with np.errstate(divide="call"):
            found = list(map_in_order(setting, range(40), 3))
        assert {divide for divide, _ in found} == {"call"}
        assert len({name for _, name in found}) == 3

    def test_where_no_thread_can_be_had_the_caller_does_it_all(self, monkeypatch):
        monkeypatch.setattr(crew, "_helpers", crew._Helpers())

        def refuse(*_):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(crew, "start_new_thread", refuse)
        found = list(map_in_order(lambda _: threading.current_thread(), range(20), 3))
        assert found == [threading.current_thread()] * 20

    def test_debuggers_and_measurements_of_coverage_see_the_helpers(self):
        run_program("""
import sys, threading
from trivium.blocks.workers import map_in_order
def trace(frame, event, _):
    traced.add((threading.current_thread().name, frame.f_code.co_name))
def profile(frame, event, _):
    profiled.add((threading.current_thread().name, frame.f_code.co_name))
def work(piece):
    if piece < 2:
        barrier.wait(900)
traced, profiled, barrier = set(), set(), threading.Barrier(2)
threading.settrace(trace)
threading.setprofile(profile)
list(map_in_order(work, range(4), 2))
assert ("trivium-1", "work") in traced & profiled
print("done")
""")

    def test_work_goes_on_while_python_ends(self):
        run_program("""
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
        run_program("""
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
        run_program("""
import random, signal, threading, time
from trivium.blocks.workers import map_in_order
pieces = range(400)
def work(piece):
    return sum(range(100)) + piece
right = list(map(work, pieces))
armed = False
def interrupt(*_):  # an alarm does what Ctrl-C does, but for one that is delivered late
    if armed:
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
caught = 0
for seed in range(600):
    random.seed(seed)
    try:
        try:
            armed = True
            signal.setitimer(signal.ITIMER_REAL, random.random() * 4e-3 + 1e-6)
            list(map_in_order(work, pieces, 2 + seed % 3))
        finally:
            armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
    assert list(map_in_order(work, pieces, 3)) == right
assert caught > 100, caught
until = time.monotonic() + 900
while threading.active_count() > 5 and time.monotonic() < until:
    time.sleep(0.01)  # until those leave that were started twice
assert threading.active_count() <= 5, threading.enumerate()
print("done")
""")

    def test_an_interrupt_at_any_step_of_starting_threads_leaks_none(self, monkeypatch):
        def serve(*arguments):
            begun.append(arguments)
            crew._serve(*arguments)
            left.append(arguments)

        def start():
            crew._helpers.grow_to(1)

        monkeypatch.setattr(
            crew, "start_new_thread", lambda _, given: _thread.start_new_thread(serve, given)
        )
        begun, left, step = [], [], 1
        monkeypatch.setattr(crew, "_helpers", crew._Helpers())
        while interrupted_at(step, start):
            start()
            assert len(crew._helpers._at_work) == 1
            assert in_time(lambda: len(begun) - len(left) == step)  # noqa: B023 - called now
            crew._helpers = crew._Helpers()
            step += 1
        assert step > 3
        assert in_time(lambda: len(begun) > step)  # of one an interrupt hid that it had begun

    def test_calls_of_those_who_are_done_keep_nobody_from_calling(self, monkeypatch):
        busy, began, helped = threading.Event(), threading.Event(), threading.Event()
        monkeypatch.setattr(crew, "_helpers", crew._Helpers())

        def wait(_):
            if threading.current_thread() is not long:
                began.set()
            busy.wait(PATIENCE)

        def work(_):
            if threading.current_thread() is not threading.main_thread():
                helped.set()
            busy.set()
            return helped.wait(30)

        long = threading.Thread(target=each_of, args=(wait, range(2), 2))
        long.start()
        assert began.wait(PATIENCE)
        for _ in range(50):
            each_of(str, range(4), 2)
        assert list(map_in_order(work, range(2), 2)) == [True, True]
        long.join()

    def test_nothing_is_kept_while_the_helpers_are_busy_elsewhere(self):
        class Result:
            pass

        busy, results = threading.Event(), []

        def wait(_):
            busy.wait(PATIENCE)

        def compute(_):
            result = Result()
            results.append(weakref.ref(result))
            return result

        long = threading.Thread(target=each_of, args=(wait, range(2), 2))
        long.start()
        for _ in range(50):
            assert len(list(map_in_order(compute, range(4), 2))) == 4
        kept = sum(result() is not None for result in results)
        assert crew._helpers._calls.qsize() <= 4 * len(crew._helpers._at_work)
        busy.set()
        long.join()
        assert len(results) == 200
        assert kept == 0

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
    def test_a_forked_child_starts_its_own(self):
        run_program("""
import os, threading
from trivium.blocks.workers import map_in_order
def names():
    barrier = threading.Barrier(3)
    def name(piece):
        if piece < 3:
            barrier.wait(900)
        return threading.current_thread().name
    return set(map_in_order(name, range(40), 3))
assert len(names()) == 3
child = os.fork()
if child == 0:
    os._exit(0 if len(names()) == 3 else 1)
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

    def test_an_interrupt_at_any_step_lifts_it(self):
        def nested():
            with one_blas_thread(), one_blas_thread():
                pass

        nested()  # lists the libraries
        step = 1
        while error := interrupted_at(step, nested):  # held, with all the frames that it holds
            assert blas_threads() == {2}, (step, error)
            others = threading.Thread(target=nested)  # which would wait for a lock that is held
            others.start()
            others.join(PATIENCE)
            assert not others.is_alive()
            step += 1
        assert step > 50

    def test_an_interrupt_at_any_step_of_another_s_does_not_lift_it(self):
        def once():
            with one_blas_thread():
                pass

        with one_blas_thread():
            step = 1
            while interrupted_at(step, once):
                assert blas_threads() == {1}
                step += 1
        assert step > 5

    def test_a_signal_s_handler_may_use_it_at_any_step(self):
        def once():
            with one_blas_thread():
                seen.append(blas_threads())

        def handle(frame, event, _):
            nonlocal left
            if event in ("call", "c_return"):
                left -= 1
                # threadpoolctl's lock is none that a handler could take once more.
                if left <= 0 and "threadpoolctl" not in frame.f_code.co_filename:
                    sys.setprofile(None)
                    once()

        seen, step, left = [], 0, 0
        while left <= 0:
            step += 1
            left = step
            sys.setprofile(handle)
            try:
                with one_blas_thread():
                    pass
            finally:
                sys.setprofile(None)
            assert blas_threads() == {2}, step
        assert step > 10
        assert seen == [{1}] * len(seen)

    def test_as_a_decorator(self):
        @one_blas_thread()
        def total(n):
            return n + sum(blas_threads()) + (total(n - 1) if n else 0)

        assert total(2) == 3 + 3
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
                second_in.wait(PATIENCE)
            first_out.set()
            second_out.wait(PATIENCE)  # alive while the other lifts the limit

        def second():
            first_in.wait(PATIENCE)
            with one_blas_thread():
                second_in.set()
                first_out.wait(PATIENCE)
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
