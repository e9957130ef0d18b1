"""Goals: the ratios that Trivium is to reach, which every page shows from here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.ratios import Ratio, nearest, ratio
from benchmarks.harness.results import Entry, Race, Run
from benchmarks.harness.tables import markdown_table, show_ratio, three_digits
from benchmarks.harness.timing import Role, base_name

_BYTES = ("vnni", "asimddp")


@dataclass(frozen=True)
class Goal:
    """What races of a case are to reach: the least ratio of the others' time to Trivium's.

    Of `names`, or else of all entries of the role, the one with the least ratio counts. `label` is
    what the labels of these races contain, `sweep` the sweep they belong to. `with_bytes` takes the
    place of `least` where the processor has instructions for products of bytes.
    """

    case: str
    text: str
    stage: str
    least: float = 1.0
    with_bytes: float | None = None
    against: Role = "peer"
    names: tuple[str, ...] | None = None
    label: str = ""
    sweep: str | None = None

    def least_on(self, machine: Mapping[str, Any]) -> float:
        """Return what the ratio is to be on a machine."""
        vectors = machine.get("vector instructions", "")
        bytes_there = any(name in vectors for name in _BYTES)
        return self.with_bytes if self.with_bytes and bytes_there else self.least

    def concerns(self, race: Race) -> bool:
        """Whether it is about this race, and one of its rivals is there, be it absent."""
        there = self.names is None or any(self._names(each) for each in race.entries)
        return there and self.label in race.label and self.sweep in (None, race.sweep)

    def measure(self, race: Race) -> tuple[Entry, Ratio] | None:
        """Find the rival with the least ratio, at any setting; None if either was not timed."""
        subject = race.subject()
        rivals = [each for each in race.timed(self.against) if self._names(each)]
        best = nearest(rivals, subject, self.stage) if subject else None
        return (best, ratio(best, subject, self.stage)) if subject and best else None

    def _names(self, entry: Entry) -> bool:
        return self.names is None or base_name(entry.name) in self.names


@dataclass(frozen=True)
class Figure:
    """The least ratio, of so many races, so many of which reach the goal.

    `earlier` is the day of a case that was kept from an earlier run.
    """

    ratio: float
    races: int
    reached: int
    earlier: str | None = None

    def __str__(self) -> str:
        shown = f"{three_digits(self.ratio)}×"
        return shown if self.races == 1 else f"{shown}, {self.reached} of {self.races}"

    @property
    def good(self) -> bool:
        """Whether every race reaches the goal."""
        return self.reached == self.races


def measured(goal: Goal, run: Run) -> Figure | None:
    """Find the figure in a run, None where it is not there."""
    case = run.cases.get(goal.case)
    races = [race for race in case.races if goal.concerns(race)] if case else []
    found = [each[1].median for each in map(goal.measure, races) if each]
    if not case or not found:
        return None
    least = goal.least_on(run.machine)
    return Figure(min(found), len(found), sum(each >= least for each in found), case.earlier)


def goal_table(goals: Sequence[Goal], runs: Mapping[str, Run], days: Mapping[str, str]) -> str:
    """One row a goal, one column a machine; figures of another day than the machine's say it."""
    rows = []
    for goal in goals:
        cells = [_cell(measured(goal, run), run.date, days[name]) for name, run in runs.items()]
        rows.append([goal.text, _at_least(goal), *cells])
    return markdown_table(["", "goal", *runs], rows, "lr" + "r" * len(runs))


def goal_lines(goals: Iterable[Goal], race: Race, machine: Mapping[str, Any]) -> list[str]:
    """Say of every goal of a race what is to be reached, and what is."""
    lines = []
    for goal in goals:
        if goal.concerns(race):
            found, said = goal.measure(race), "Not measured."
            if found:
                rival, reached = found
                verdict = _verdict(reached.median >= goal.least_on(machine))
                said = f"Measured against {rival.name}: {show_ratio(reached)}, {verdict}."
            lines.append(f"{_intent(goal, machine)} {said}")
    return lines


def sweep_goal_lines(goals: Iterable[Goal], sweep: str, run: Run) -> list[str]:
    """Say of every goal of a sweep what its worst place is to reach, and does."""
    lines = []
    for goal in goals:
        if goal.sweep == sweep:
            figure = measured(goal, run)
            said = f"Measured: {figure}, {_verdict(figure.good)}." if figure else "Not measured."
            lines.append(f"{_intent(goal, run.machine)} {said}")
    return lines


def verdicts(goals: Sequence[Goal], run: Run) -> list[list[str]]:
    """Say of every goal what is to be reached, what is, and whether that is enough."""
    rows = []
    for goal in goals:
        figure = measured(goal, run)
        verdict = "not measured"
        if figure:
            verdict = "reached" if figure.good else "MISSED"
        least = f"{three_digits(goal.least_on(run.machine))}×"
        rows.append([goal.text, least, str(figure or ""), verdict])
    return rows


def _intent(goal: Goal, machine: Mapping[str, Any]) -> str:
    return f"- Goal: {goal.text}, at least {three_digits(goal.least_on(machine))}×."


def _verdict(good: bool) -> str:
    return "reached" if good else "**missed**"


def _cell(figure: Figure | None, of_run: str, of_machine: str) -> str:
    if figure is None:
        return ""
    shown = str(figure)
    if not figure.good:
        ratio, comma, counts = shown.partition(",")
        shown = f"**{ratio}**{comma}{counts}"
    day = figure.earlier or of_run
    return shown if day == of_machine else f"{shown} ({day})"


def _at_least(goal: Goal) -> str:
    usual = f"{three_digits(goal.least)}×"
    return f"{usual}, bytes {three_digits(goal.with_bytes)}×" if goal.with_bytes else usual
