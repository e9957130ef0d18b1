"""Items that a thread reads ahead come in order, with what reading raises, and no thread stays."""

import threading
import time
from itertools import count, islice

import pytest
from tests.programs import PATIENCE

from trivium.blocks.read_ahead import read_ahead


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
