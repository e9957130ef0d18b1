"""A process forked while another thread is at work: the child can do all that its parent could."""

import os
import textwrap

import pytest
from tests.programs import run_program

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")

START = """
import os, signal, threading, time, traceback
import numpy as np
inside, done = threading.Event(), threading.Event()

def forked(child):
    pid = os.fork()
    if pid == 0:
        signal.alarm(600)  # ends a child that waits for a lock
        code = 1
        try:
            child()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        print("exit code of the child:", code, flush=True)
        os._exit(1)  # at once, whatever the other thread waits for
"""


def run(program):
    run_program(START + textwrap.dedent(program))


def test_one_blas_thread():
    run("""
        from threadpoolctl import threadpool_info, threadpool_limits
        from trivium.blocks.workers import one_blas_thread

        def threads():
            return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

        def hold():
            with one_blas_thread():
                inside.set()
                done.wait()

        def child():
            assert threads() == {2}
            with one_blas_thread():
                assert threads() == {1}
            assert threads() == {2}

        def child_of_a_user():
            assert threads() == {1}

        with threadpool_limits(2, user_api="blas"):
            holder = threading.Thread(target=hold)
            holder.start()
            inside.wait()
            forked(child)
            with one_blas_thread():
                forked(child_of_a_user)
            assert threads() == {1}
            done.set()
            holder.join()
            assert threads() == {2}
        print("done")
    """)


def test_the_lock_of_the_blas_limit():
    run("""
        from trivium.blocks import workers

        def hold():
            with workers._limit._lock:
                inside.set()
                time.sleep(0.2)

        def child():
            with workers.one_blas_thread():
                pass

        threading.Thread(target=hold).start()
        inside.wait()
        forked(child)
        print("done")
    """)


def test_the_lock_of_a_search():
    run("""
        import gc
        from trivium import KNeighborsClassifier
        from trivium.neighbors.search.brute import Brute

        X = np.arange(400.0).reshape(20, 20)
        model = KNeighborsClassifier(1, algorithm="brute").fit(X, np.arange(20) % 2)
        (searcher,) = [each for each in gc.get_objects() if isinstance(each, Brute)]

        def hold():
            with searcher._lock.held:
                inside.set()
                done.wait()

        def child():
            assert searcher._write("float64", 1) is not None
            assert model.predict(X).tolist() == [0, 1] * 10

        threading.Thread(target=hold).start()
        inside.wait()
        forked(child)
        done.set()
        print("done")
    """)


def test_the_lock_of_the_compiler():
    run("""
        from numba.core.compiler_lock import global_compiler_lock
        from trivium.blocks.compiled import kernel

        @kernel
        def twice(x):
            return 2 * x

        def hold():
            with global_compiler_lock:
                inside.set()
                time.sleep(0.2)

        def child():
            assert twice(21) == 42

        threading.Thread(target=hold).start()
        inside.wait()
        forked(child)
        assert twice(1.5) == 3
        print("done")
    """)


def test_a_property_that_is_being_computed():
    run("""
        from trivium.blocks.properties import cached_property

        class Held:
            @cached_property
            def value(self):
                if threading.current_thread() is not threading.main_thread():
                    inside.set()
                    done.wait()
                return 42

        held = Held()
        threading.Thread(target=lambda: held.value).start()
        inside.wait()

        def child():
            assert held.value == Held().value == 42

        forked(child)
        done.set()
        print("done")
    """)


def test_searches_in_another_thread_while_processes_are_forked():
    run("""
        from trivium import KNeighborsClassifier, LeastSquaresClassifier

        rng = np.random.default_rng(0)
        X = rng.normal(size=(300, 3))
        y = (X[:, 0] > 0).astype(int)
        models = [KNeighborsClassifier(3, n_jobs=2), LeastSquaresClassifier()]
        right = [model.fit(X, y).predict(X) for model in models]

        def work():
            while not done.is_set():
                for model, labels in zip(models, right):
                    assert (model.fit(X, y).predict(X) == labels).all()

        def child():
            for model, labels in zip(models, right):
                assert (model.fit(X, y).predict(X) == labels).all()

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(5):
            forked(child)
        done.set()
        thread.join()
        print("done")
    """)
