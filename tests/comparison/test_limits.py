"""Limits of time and memory: work is stopped wherever it is, and what follows goes on."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from trivium import signals
from trivium.comparison import limits
from trivium.comparison.limits import Clock, OutOfTimeError, limited, raise_if_late

alarms = hasattr(signal, "setitimer")


@pytest.mark.skipif(not alarms, reason="this system has no alarms")
def test_work_without_end_is_stopped_and_the_alarm_is_gone_then():
    before = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()

    def work():
        while True:
            try:
                sum(range(100))
            except Exception:  # noqa: S112 - as a library may
                continue

    with pytest.raises(OutOfTimeError), limited(0.05):
        work()
    assert time.monotonic() - began < 30.0
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    raise_if_late()  # no limit is on


@pytest.mark.skipif(not alarms, reason="this system has no alarms")
def test_an_alarm_that_a_library_swallows_comes_again():
    swallowed = []

    def work():
        while True:
            try:
                time.sleep(0.01)
            except OutOfTimeError:
                if swallowed:
                    raise
                swallowed.append(True)

    with pytest.raises(OutOfTimeError), limited(0.05):
        work()
    assert swallowed


def test_where_no_alarm_comes_late_work_stops_at_its_next_step():
    found = []

    def work():
        try:
            with limited(0.02):
                time.sleep(0.05)
                found.append("slept")
                raise_if_late()
        except OutOfTimeError:
            found.append("late")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["slept", "late"]


@pytest.mark.skipif(not alarms, reason="this system has no alarms")
def test_limits_may_stand_in_each_other():
    def work():
        with pytest.raises(OutOfTimeError), limited(0.05):
            time.sleep(10.0)
        raise_if_late()
        time.sleep(10.0)

    with pytest.raises(OutOfTimeError), limited(1.0):
        work()
    assert not limits._ends
    with pytest.raises(OutOfTimeError), limited(0.0):
        pytest.fail("no time was left")


@pytest.mark.skipif(not alarms, reason="this system has no alarms")
def test_what_holds_locks_of_the_process_is_not_torn_out_of_them():
    # In a module that is called as one of Numba's; a compiler's lock would stay locked.
    source = "import time\ndef work(done):\n    time.sleep(0.3)\n    done.append(True)\n"
    numba_like = {"__name__": "numba.core.nothing"}
    exec(source, numba_like)  # noqa: S102
    done = []

    def work():
        numba_like["work"](done)
        time.sleep(10.0)

    with pytest.raises(OutOfTimeError), limited(0.05):
        work()
    assert done
    assert signals.is_delicate(None) is False


def test_a_signal_waits_where_work_may_go_on():
    caught = []

    def handler():
        signals.stop(signal.SIGINT, sys._getframe())

    namespace = {"__name__": "llvmlite.nothing", "handler": handler}
    exec("def work():\n    handler()\n", namespace)  # noqa: S102
    try:
        with signals.work_may_go_on():
            namespace["work"]()
            caught.append("later")
            with pytest.raises(SystemExit):
                signals.raise_if_stopped()
        with pytest.raises(SystemExit):
            namespace["work"]()
    finally:
        signals._stopped_by.clear()
    assert caught == ["later"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux alone")
def test_what_asks_for_too_much_memory_is_an_error_and_others_have_it_after():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), limited(1000.0, memory=1):
        np.ones(1 << 26)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert np.ones(1 << 26).size == 1 << 26


def test_a_clock_says_what_is_spent():
    clock = Clock(1000.0)
    assert clock.seconds == 1000.0
    assert 0.0 <= clock.spent < 500.0
