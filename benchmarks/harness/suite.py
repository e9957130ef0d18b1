"""A suite, and how its cases are run: answers are compared before anything is timed."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from benchmarks.harness.compiling import compiled_at_once
from benchmarks.harness.goals import Goal
from benchmarks.harness.machine import describe_blas, describe_machine, load, versions_of
from benchmarks.harness.results import Case, Entry, Race, Run, read_run, write_run
from benchmarks.harness.tables import summary
from benchmarks.harness.timing import Absent, Conditions, Contender, race

Check = Callable[[dict[str, Any]], dict[str, str]]
"""Takes the answers by contender, says of each how it agrees, and raises `Disagreement`."""


class Disagreement(AssertionError):
    """A contender's answer is wrong by more than it may be."""


@dataclass(frozen=True)
class Suite:
    """Cases by name, the packages whose versions count, and the suite's part of the pages.

    `section` takes a run and the folder of the plots, and returns Markdown. It shows the goals
    of each race, as the page does on which machines are compared.
    """

    name: str
    title: str
    packages: Sequence[str]
    cases: Mapping[str, Callable[[Conditions], Case]]
    section: Callable[[Run, Path], str]
    goals: Sequence[Goal] = ()


def run_race(
    label: str,
    contenders: Sequence[Contender | Absent],
    conditions: Conditions,
    check: Check,
    *,
    items: int | None = None,
) -> Race:
    """Compare the answers, then time.

    Parameters
    ----------
    label : str
    contenders : sequence of Contender or Absent
    conditions : Conditions
    check : callable
    items : int, optional
        Number of things that one lap works on.

    Raises
    ------
    Disagreement
        If the check finds a wrong answer; then nothing is timed.
    """
    answers: dict[str, Any] = {}
    with compiled_at_once():
        able = [_solved(each, answers) for each in contenders]
    agreements = check(answers)
    entries = [Entry.of(each) for each in able]
    present = [each for each in able if isinstance(each, Contender)]
    laps = dict(zip((each.name for each in present), race(present, conditions), strict=True))
    for entry in entries:
        entry.laps = laps.get(entry.name, [])
        entry.agreement = agreements.get(entry.name)
    return Race(label, entries, items=items)


def _solved(contender: Contender | Absent, answers: dict[str, Any]) -> Contender | Absent:
    """Add a contender's answer, if it gives one; a peer that cannot take part says why."""
    if isinstance(contender, Absent) or contender.solve is None:
        return contender
    name, role = contender.name, contender.role
    try:
        answers[name] = contender.solve()
    except Exception as error:
        if role == "subject":
            raise
        said, *_ = [*str(error).splitlines(), ""]
        return Absent(name, role, contender.dtype, f"{type(error).__name__}: {said}")
    return contender


def run_suite(
    suite: Suite,
    names: Iterable[str],
    conditions: Conditions,
    out: Path,
    *,
    keep: bool = False,
    minutes: float = inf,
    say: Callable[[str], None] = print,
) -> Run:
    """Run cases one after the other, and write the results after each.

    A case that fails is reported, and the others are run.

    Parameters
    ----------
    suite : Suite
    names : iterable of str
        Cases to run.
    conditions : Conditions
    out : Path
        The JSON file.
    keep : bool, default=False
        Keep the cases of an earlier run in `out` that are not run again; those of another
        day, machine, versions or conditions say of which day they are.
    minutes : float, default=inf
        After which no further case begins; what is kept in place of one says its day.
    say : callable
        Where progress and tables go.
    """
    run = Run(
        suite.name,
        datetime.now(UTC).date().isoformat(),
        asdict(conditions),
        describe_blas(),
        describe_machine(),
        versions_of(suite.packages),
    )
    if keep and out.exists():
        run.cases = _kept_cases(read_run(out), run)
    last = time.monotonic() + 60.0 * minutes
    for name in names:
        if time.monotonic() >= last:
            kept = run.cases.setdefault(name, Case(name, skipped="the time was over"))
            if not kept.skipped:
                kept.earlier = kept.earlier or run.date
            say(f"\n== {name}: the time is over")
            continue
        say(f"\n== {name}")
        before = load()
        case = _run_case(name, suite.cases[name], conditions)
        case.figures["load"] = [before, load()]
        run.cases[name] = case
        run.blas = sorted({*run.blas, *describe_blas()})  # peers load theirs late
        write_run(run, out)
        say(summary(case))
    run.cases = {name: run.cases[name] for name in suite.cases if name in run.cases}
    write_run(run, out)
    return run


def _run_case(name: str, function: Callable[[Conditions], Case], conditions: Conditions) -> Case:
    try:
        return function(conditions)
    except Exception as error:
        traceback.print_exc()
        return Case(name, failed=f"{type(error).__name__}: {error}")


def _kept_cases(earlier: Run, now: Run) -> dict[str, Case]:
    if earlier.conditions["quick"] != now.conditions["quick"]:
        return {}
    of_a_run = ("date", "machine", "versions", "conditions")
    same = all(getattr(earlier, what) == getattr(now, what) for what in of_a_run)
    for case in earlier.cases.values():
        if not same and case.earlier is None:
            case.earlier = earlier.date
    return earlier.cases
