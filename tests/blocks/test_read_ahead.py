"""Items that a thread reads ahead come in order, with what reading raises, and no thread stays."""

import threading
import time
from itertools import count, islice

import pytest
from tests.programs import PATIENCE

from trivium.blocks.read_ahead import begun, map_ahead, read_ahead


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "trivium-reader"]


@pytest.mark.parametrize("most", [1, 3, 100])
def test_all_items_in_order(most):
    assert list(read_ahead(iter(range(50)), most)) == list(range(50))
    assert list(read_ahead([], most)) == []
    assert not readers()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_comes_after_the_items_before_it(error):
    def items():
        yield 1
        yield 2
        raise error("wrong")

    ahead = read_ahead(items(), 1)
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(error, match="wrong"):
        next(ahead)
    assert not readers()


def test_no_more_is_read_than_may_wait():
    taken = []

    def items():
        for number in count():
            taken.append(number)
            yield number

    ahead = read_ahead(items(), 3)
    assert list(islice(ahead, 2)) == [0, 1]
    until = time.monotonic() + PATIENCE
    while len(taken) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert len(taken) == 6  # two taken, three that wait, and one in the reader's hand
    ahead.close()
    assert not readers()


def test_who_stops_early_leaves_no_reader():
    for number in read_ahead(count(), 2):
        if number == 5:
            break
    assert not readers()


def test_reading_goes_on_while_items_are_worked_on():
    begun, seen = threading.Event(), []

    def items():
        yield 1
        begun.set()
        yield 2

    for item in read_ahead(items(), 1):
        seen.append(item)
        assert begun.wait(PATIENCE)
    assert seen == [1, 2]


@pytest.mark.parametrize("most", [1, 3, 100])
def test_results_in_order(most):
    assert list(map_ahead(lambda x: x * x, iter(range(50)), most)) == [x * x for x in range(50)]
    assert list(map_ahead(abs, [], most)) == []
    assert not readers()


def test_results_before_what_cannot_be_read():
    def items():
        yield from range(5)
        raise ValueError("damaged")

    found = []
    with pytest.raises(ValueError, match="damaged"):
        found.extend(map_ahead(lambda x: -x, items(), 4))
    assert found == [0, -1, -2, -3, -4]
    assert not readers()


def test_the_first_failure_in_order_is_raised():
    def inverse(x):
        return 1 / x if x != 3 else {}[x]

    found = []
    with pytest.raises(KeyError, match="3"):
        found.extend(map_ahead(inverse, [1, 2, 3, 0, 0], 5))
    assert found == [1.0, 0.5]


def test_what_is_begun_goes_on_beside_and_waits_to_be_asked_for():
    going, come = threading.Event(), threading.Event()

    def make():
        going.set()
        assert come.wait(PATIENCE)
        return "made"

    result = begun(make)
    assert going.wait(PATIENCE)
    come.set()
    assert result() == "made"
    failing = begun(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failing()
