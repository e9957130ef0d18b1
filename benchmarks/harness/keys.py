"""Key figures: the ratios that machines are compared by, and what they are to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.ratios import ratio, seconds
from benchmarks.harness.results import Run
from benchmarks.harness.tables import Goal, markdown_table, three_digits

_BYTES = ("vnni", "asimddp")


@dataclass(frozen=True)
class Key:
    """A goal over some races of a case: the least ratio counts.

    `label` is what the labels of these races contain, `sweep` the sweep they belong to.
    `with_bytes` takes the place of the goal's least ratio where the processor has
    instructions for products of bytes.
    """

    case: str
    goal: Goal
    label: str = ""
    sweep: str | None = None
    with_bytes: float | None = None

    def least(self, machine: Mapping[str, Any]) -> float:
        """Return what the ratio is to be on a machine."""
        vectors = machine.get("vector instructions", "")
        bytes_there = any(name in vectors for name in _BYTES)
        return self.with_bytes if self.with_bytes and bytes_there else self.goal.least


@dataclass(frozen=True)
class Figure:
    """The least ratio, of so many races, so many of which reach the goal."""

    ratio: float
    races: int
    reached: int

    def __str__(self) -> str:
        shown = f"{three_digits(self.ratio)}×"
        if self.reached < self.races:
            shown = f"**{shown}**"
        return shown if self.races == 1 else f"{shown}, {self.reached} of {self.races}"


def measured(key: Key, run: Run) -> Figure | None:
    """Find the figure in a run, None where it is not there."""
    case = run.cases.get(key.case)
    found = []
    for race in case.races if case else ():
        if key.label in race.label and key.sweep in (None, race.sweep):
            subject, rivals = race.subject(), key.goal.rivals(race)
            if subject is not None and rivals:
                best = min(rivals, key=lambda each: seconds(each, key.goal.stage))
                found.append(ratio(best, subject, key.goal.stage).median)
    if not found:
        return None
    least = key.least(run.machine)
    return Figure(min(found), len(found), sum(each >= least for each in found))


def key_table(keys: Sequence[Key], runs: Mapping[str, Run]) -> str:
    """One row a key, one column a machine."""
    rows = []
    for key in keys:
        figures = [measured(key, run) for run in runs.values()]
        rows.append([key.goal.text, _at_least(key), *(str(each or "") for each in figures)])
    return markdown_table(["", "goal", *runs], rows, "lr" + "r" * len(runs))


def verdicts(keys: Sequence[Key], run: Run) -> list[list[str]]:
    """Say of every key what it is to be, what it is in a run, and whether that is enough."""
    rows = []
    for key in keys:
        figure = measured(key, run)
        verdict = "not measured"
        if figure:
            verdict = "reached" if figure.reached == figure.races else "MISSED"
        goal = f"{three_digits(key.least(run.machine))}×"
        rows.append([key.goal.text, goal, str(figure or "").replace("*", ""), verdict])
    return rows


def _at_least(key: Key) -> str:
    usual = f"{three_digits(key.goal.least)}×"
    return f"{usual}, bytes {three_digits(key.with_bytes)}×" if key.with_bytes else usual
