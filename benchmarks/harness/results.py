"""What a run leaves behind: raw seconds of every round, as JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.harness.timing import Absent, Contender, Lap, Role


@dataclass
class Entry:
    """A contender of a race: its laps, or why there are none."""

    name: str
    role: Role
    dtype: str
    laps: list[Lap] = field(default_factory=list)
    absent: str | None = None
    agreement: str | None = None
    setting: str | None = None

    @classmethod
    def of(cls, contender: Contender | Absent) -> Self:
        """Make an entry that has not been timed yet."""
        names = contender.name, contender.role, contender.dtype
        if isinstance(contender, Absent):
            return cls(*names, absent=contender.reason)
        return cls(*names, setting=contender.setting)


@dataclass
class Race:
    """Contenders at the same task of so many `items`; `at` is its place in a sweep."""

    label: str
    entries: list[Entry]
    items: int | None = None
    sweep: str | None = None
    at: float | None = None

    def subject(self) -> Entry | None:
        """Trivium's entry, where it has been timed."""
        return next((each for each in self.entries if each.role == "subject" and each.laps), None)

    def timed(self, role: Role, dtype: str | None = None) -> list[Entry]:
        """Entries of a role that have laps."""
        return [
            each
            for each in self.entries
            if each.role == role and each.laps and dtype in (None, each.dtype)
        ]


@dataclass
class Case:
    """Races under one heading, and figures that are no race.

    `earlier` is the day of a case that was kept from an earlier run: of another day, under other
    conditions, such as other versions, or because there was no time to run it again.
    """

    name: str
    races: list[Race] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    skipped: str | None = None
    failed: str | None = None
    earlier: str | None = None


@dataclass
class Run:
    """Everything that was measured, on what, and with which versions."""

    suite: str
    date: str
    conditions: dict[str, Any]
    blas: list[str]
    machine: dict[str, Any]
    versions: dict[str, str]
    cases: dict[str, Case] = field(default_factory=dict)


def write_run(run: Run, path: Path) -> None:
    """Write JSON, seconds to six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(run)), indent=1) + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Read what `write_run` has written."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["cases"] = {name: _case(case) for name, case in fields["cases"].items()}
    return Run(**fields)


def _case(fields: dict[str, Any]) -> Case:
    races = [
        Race(**{**each, "entries": [Entry(**entry) for entry in each["entries"]]})
        for each in fields.pop("races")
    ]
    return Case(races=races, **fields)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
