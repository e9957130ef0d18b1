"""Limits of time and memory: work is stopped wherever it is, and what follows goes on."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

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


def test_limits_may_stand_in_each_other():
    with limited(1000.0):
        with pytest.raises(OutOfTimeError), limited(0.0):
            time.sleep(10.0)
        raise_if_late()
    assert not limits._ends


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux alone")
def test_what_asks_for_too_much_memory_is_an_error_and_others_have_it_after():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), limited(1000.0, memory=1):
        np.ones(1 << 26)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert np.ones(1 << 26).size == 1 << 26


def test_a_clock_says_what_is_left():
    clock = Clock(1000.0)
    assert 0.0 <= clock.spent < 500.0
    assert 500.0 < clock.left <= 1000.0
    assert Clock(0.0).left == 0.0
