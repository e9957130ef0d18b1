"""Rounds, ratios and what is extrapolated from them."""

import pytest
from benchmarks.harness.ratios import Ratio, nearest, predicted, ratio, seconds
from benchmarks.harness.results import Entry
from benchmarks.harness.timing import Conditions, Contender, one_step, race, two_steps


@pytest.fixture(autouse=True)
def _no_collection(monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)


class Clock:
    """Stands still unless it is told to go on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def go(self, duration):
        self.now += duration


def working(name, clock, duration, log, **options):
    def work():
        log.append(name)
        clock.go(duration)

    return one_step(name, work, **options)


def run(contenders, clock, **conditions):
    options = {"pause": 0.0, "steady": 0.0, "rounds": 3, **conditions}
    return race(contenders, Conditions(**options), clock=clock, sleep=clock.go)


def test_contenders_take_turns():
    clock, log = Clock(), []
    laps = run([working(name, clock, 1.0, log) for name in "AB"], clock)
    assert log == list("ABABAB")
    assert laps == [[{"total": 1.0}] * 3] * 2


def test_pauses_are_not_timed():
    clock = Clock()
    assert run([working("A", clock, 1.0, [])], clock, pause=5.0) == [[{"total": 1.0}] * 3]


def test_no_round_begins_after_the_budget():
    clock, log = Clock(), []
    run([working("A", clock, 4.0, log)], clock, rounds=10, budget=7.0)
    assert len(log) == 2
    run([working("A", clock, 4.0, log)], clock, rounds=10, budget=1.0)
    assert len(log) == 3  # one there always is


def test_short_races_go_on_for_a_while():
    clock, log = Clock(), []
    run([working("A", clock, 1.0, log)], clock, steady=5.0)
    assert len(log) == 5
    run([working("A", clock, 1.0, log)], clock, steady=1e9)
    assert len(log) == 5 + 4 * 3


def test_a_slow_contender_may_run_fewer_rounds():
    clock, log = Clock(), []
    run([working("A", clock, 1.0, log), working("B", clock, 1.0, log, most_rounds=1)], clock)
    assert log == list("ABAA")


def test_who_runs_fewer_rounds_does_not_cost_the_others_theirs():
    clock, log = Clock(), []
    slow = working("B", clock, 100.0, log, most_rounds=1)
    run([working("A", clock, 1.0, log), slow], clock, budget=50.0, pause=1.0)
    assert log == list("ABAA")


def test_two_steps():
    clock = Clock()

    def answer(prepared):
        clock.go(2.0)
        return prepared + 1

    def prepare():
        clock.go(10.0)
        return 41

    contender = two_steps("A", prepare, answer, finish=str)
    assert contender.solve() == "42"
    assert contender.lap(clock) == {"prepare": 10.0, "first": 12.0, "again": 2.0}


def test_work_that_is_not_compared_is_not_rehearsed():
    assert one_step("A", list, compared=False).solve is None
    assert isinstance(one_step("A", list), Contender)


def entry(name, times, role="peer", dtype="float64"):
    return Entry(name, role, dtype, [{"total": time} for time in times])


def test_ratios_are_taken_round_by_round():
    ours, theirs = entry("A", [1.0, 2.0, 10.0]), entry("B", [3.0, 4.0, 10.0])
    assert seconds(ours, "total") == 2.0
    assert ratio(theirs, ours, "total") == Ratio(2.0, 1.0, 3.0)
    assert ratio(entry("B", [4.0]), ours, "total") == Ratio(4.0, 4.0, 4.0)


def test_the_nearest_rival_has_the_least_ratio_and_not_the_least_time():
    ours = entry("A", [1.0, 2.0, 10.0], role="subject")
    steady, paused = entry("B", [3.0, 3.0, 3.0]), entry("C", [1.2, 3.5, 11.0])
    assert nearest([steady, paused], ours, "total") is paused
    assert nearest([], ours, "total") is None


@pytest.mark.parametrize(
    ("sizes", "times", "expected"),
    [
        ([10.0], [1.0], 3.0),  # linear from one size
        ([5.0, 10.0], [0.25, 1.0], 9.0),  # quadratic
        ([5.0, 10.0], [1.0, 1.0], 3.0),  # never less than linear
        ([5.0, 10.0], [2.0, 1.0], 3.0),
    ],
)
def test_predicted(sizes, times, expected):
    assert predicted(sizes, times, 30.0) == pytest.approx(expected)
