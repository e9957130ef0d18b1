"""Tables in Markdown, legible in a terminal too."""

from collections.abc import Mapping, Sequence

from benchmarks.harness.ratios import Ratio, nearest, ratio, seconds
from benchmarks.harness.results import Case, Entry, Race

STAGES = {
    "first": "fit + first answer",
    "again": "another answer",
    "total": "time",
    "call": "one call",
    "import": "import",
}
"""Stages that are shown, and their headings."""

SUBJECT = "Trivium"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """Lay out a table; `align` has a letter a column, "l" or "r"."""
    widths = [max(3, *(len(row[j]) for row in [header, *rows])) for j in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(cells, widths, align, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width - 1) + ":" if side == "r" else "-" * width
        for width, side in zip(widths, align, strict=True)
    ]
    return "\n".join([line(header), line(rule), *(line(row) for row in rows)])


def show_seconds(value: float) -> str:
    """Show seconds with three digits in the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= 0.9995 * size:
            return f"{three_digits(value / size)} {unit}"
    return f"{three_digits(value / 1e-6)} µs"


def show_ratio(value: Ratio) -> str:
    """Show the median, and the range over the rounds where there were several."""
    shown = f"{three_digits(value.median)}×"
    if value.least == value.most:
        return shown
    return f"{shown} ({three_digits(value.least)}–{three_digits(value.most)})"


def race_table(race: Race) -> str:
    """One row a contender: median seconds, and ratio to Trivium, of every stage."""
    stages = _stages(race)
    header = ["", "works in"]
    for stage in stages:
        header += [STAGES[stage], "ratio"]
    rows = [_race_row(race, entry, stages) for entry in race.entries]
    for heading, words in (("answers", "agreement"), ("setting", "setting")):
        if any(getattr(entry, words) for entry in race.entries):
            header.append(heading)
            for row, entry in zip(rows, race.entries, strict=True):
                row.append(getattr(entry, words) or "")
    align = "ll" + "rr" * len(stages) + "ll"
    return markdown_table(header, rows, align[: len(header)])


def sweep_table(races: Sequence[Race], quantity: str, stage: str) -> str:
    """One row a size: items a second, and ratios of the peers that come nearest."""
    header = [quantity, f"{SUBJECT}, a second", "nearest peer", "ratio", "in float64", "ratio"]
    rows = []
    for race in races:
        subject = race.subject()
        if subject is None or race.items is None or race.at is None:
            continue
        row = [f"{race.at:,.0f}", f"{race.items / seconds(subject, stage):,.0f}"]
        for dtype in (None, "float64"):
            best = nearest(race.timed("peer", dtype), subject, stage)
            row += [best.name, show_ratio(ratio(best, subject, stage))] if best else ["", ""]
        rows.append(row)
    return markdown_table(header, rows, "rrlrlr")


def facts_table(facts: Mapping[str, object]) -> str:
    """Two columns: what, and its value."""
    return markdown_table(["", ""], [[name, str(value)] for name, value in facts.items()], "ll")


def summary(case: Case) -> str:
    """Show the tables of a case and its figures, for the terminal."""
    if case.skipped or case.failed:
        return f"skipped: {case.skipped}" if case.skipped else f"FAILED: {case.failed}"
    parts = [f"{race.label}\n{race_table(race)}" for race in case.races]
    parts += [f"{name}: {value}" for name, value in case.figures.items()]
    return "\n\n".join(parts)


def _stages(race: Race) -> list[str]:
    timed = {stage for entry in race.entries for lap in entry.laps for stage in lap}
    return [stage for stage in STAGES if stage in timed]


def _race_row(race: Race, entry: Entry, stages: Sequence[str]) -> list[str]:
    row = [f"**{entry.name}**" if entry.role == "subject" else entry.name, entry.dtype]
    subject = race.subject()
    for place, stage in enumerate(stages):
        if not entry.laps:
            row += [entry.absent or "" if place == 0 else "", ""]
            continue
        row.append(show_seconds(seconds(entry, stage)))
        if subject is None or subject is entry:
            row.append("1")
        else:
            row.append(show_ratio(ratio(entry, subject, stage)))
    return row


def three_digits(value: float) -> str:
    """Three significant digits, but never fewer than a whole number has."""
    if value == 0:
        return "0"
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    if value < 0.0995:
        return f"{value:.2g}"
    return f"{value:,.{digits}f}"
