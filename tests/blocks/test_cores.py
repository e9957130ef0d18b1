"""Where helpers may run while their caller works, and after."""

import os
import threading

import pytest

from trivium.blocks import cores, crew
from trivium.blocks.workers import each_of

SAID = cores._this_core() is not None


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """Say that nothing else runs here."""
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0), raising=False)


@pytest.fixture
def thread_id():
    """The number of a thread that waits until the test is over."""
    over, numbers = threading.Event(), []

    def wait():
        numbers.append(threading.get_native_id())
        started.set()
        over.wait()

    started = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    yield numbers[0]
    over.set()
    thread.join()


def allowed(thread_id):
    """Return the cores that a thread may use, where the system says it."""
    return os.sched_getaffinity(thread_id) if SAID else set()


def test_a_thread_keeps_off_a_core_for_a_while(thread_id, monkeypatch):
    own = allowed(0)
    here = max(own, default=0)
    monkeypatch.setattr(cores, "_this_core", lambda: (lambda: here) if SAID else None)
    cores.keep_off_this_core([thread_id])
    assert allowed(thread_id) == (own - {here} or own)
    cores.run_anywhere([thread_id])
    assert allowed(thread_id) == own == allowed(0)


def test_threads_stay_where_the_system_puts_them_if_no_core_is_idle(thread_id, monkeypatch):
    busy = float(max(1, len(allowed(0))))
    monkeypatch.setattr(os, "getloadavg", lambda: (busy, 0.0, 0.0), raising=False)
    cores.keep_off_this_core([thread_id])
    assert allowed(thread_id) == allowed(0)


def test_threads_stay_where_they_are_if_nobody_knows_what_runs(thread_id, monkeypatch):
    def unknown():
        raise OSError("Load averages are unobtainable")

    monkeypatch.setattr(os, "getloadavg", unknown, raising=False)
    cores.keep_off_this_core([thread_id])
    assert allowed(thread_id) == allowed(0)


def test_threads_that_have_ended_are_passed_over(thread_id):
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()
    cores.keep_off_this_core([gone.native_id, thread_id])
    cores.run_anywhere([gone.native_id, thread_id])
    assert allowed(thread_id) == allowed(0)


def test_nothing_is_done_where_nothing_is_said(thread_id, monkeypatch):
    monkeypatch.setattr(cores, "_this_core", lambda: None)
    monkeypatch.setattr(os, "sched_setaffinity", None, raising=False)
    cores.keep_off_this_core([thread_id])
    cores.run_anywhere([thread_id])


def test_helpers_may_go_anywhere_once_their_caller_is_done(monkeypatch):
    told = []
    for name in ("keep_off_this_core", "run_anywhere"):
        kept = getattr(cores, name)
        monkeypatch.setattr(
            crew, name, lambda ids, name=name, kept=kept: (told.append(name), kept(ids))
        )
    with pytest.raises(ZeroDivisionError):
        each_of(lambda piece: 1 / piece, [1, 0, 2, 3], 2)
    each_of(str, [1, 2, 3], 2)
    assert told == 2 * ["keep_off_this_core", "run_anywhere"]
    assert all(allowed(one) == allowed(0) for one in crew._helpers.thread_ids)
