"""The constants that choices go by, on the machine at hand."""

import time

import pytest
from benchmarks.costs import again, borders
from benchmarks.costs.again import Constant, is_off, kept, scale_of, table
from benchmarks.costs.experiments import Watch, fitted

SECONDS = 20.0
"""In which others may disturb the experiments: processor time of this thread is all that counts."""


def test_constants_are_those_of_this_machine_within_a_factor_of_two():
    end = time.monotonic() + SECONDS
    off: set[str] | None = None
    while off is None or (off and time.monotonic() < end):
        constants = again.measure(Watch(2))
        scale = scale_of(constants)
        # What is off once may have been disturbed; what is off is so each time.
        now = {each.name for each in constants if is_off(each, scale)}
        off = now if off is None else off & now
    assert not off, table(constants)
    everything = {f"{group}.{name}" for group, here in kept().items() for name in here}
    assert {each.name.split()[0] for each in constants} == everything


def test_a_machine_that_is_slower_in_all_is_no_other():
    slower = [Constant(str(i), 1.0 + i, 3.0 * (1.0 + i)) for i in range(9)]
    scale = scale_of(slower)
    assert scale == pytest.approx(3.0)
    assert not any(is_off(each, scale) for each in slower)
    assert "off" not in table(slower)


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_what_differs_by_more_than_twice_is_marked(factor):
    constants = [Constant("a", 1.0, 1.0), Constant("b", 1.0, 1.0), Constant("c", 1.0, factor)]
    assert [is_off(each, 1.0) for each in constants] == [False, False, True]
    assert table(constants).count("** off **") == 1


def test_the_least_time_counts_and_the_first_run_does_not():
    ticks = iter([0, 50, 50, 57, 57, 70])
    done = []
    assert Watch(3, clock=ticks.__next__)(lambda: done.append(1)) == 7
    assert len(done) == 4


def test_times_are_told_apart():
    found = fitted(["row", "call"], [[10, 1], [100, 1], [1000, 1]], [70.0, 250.0, 2050.0])
    assert found == pytest.approx({"row": 2.0, "call": 50.0})


def test_borders_show_both_ways():
    found = borders.measure(Watch(1), [("euclidean", 1_000, 3, 5), ("manhattan", 1_000, 3, 5)])
    assert {each.chosen for each in found} <= {"brute", "kd_tree"}
    shown = borders.table(found)
    assert "euclidean, 1,000 x 3, k = 5" in shown
    slow = found[0]._replace(chosen="brute", by_all=30.0, by_tree=10.0)
    assert slow.ratio == pytest.approx(3.0)
    assert slow._replace(chosen="kd_tree").ratio == pytest.approx(1 / 3)
    assert borders.table([slow]).count("** slow **") == 1
