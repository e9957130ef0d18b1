"""The page, on which machines stand side by side, and a page of details a machine."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.harness.goals import Goal, goal_lines, goal_table
from benchmarks.harness.results import Case, Run, read_run
from benchmarks.harness.suite import Suite
from benchmarks.harness.tables import facts_table, markdown_table, race_table

MINUTES = 25.0
"""What renewing all results may take, about."""

_TEMPLATE = Path(__file__).with_name("page.md")
_BACK = (
    "[How it is measured, and other machines](../../performance.md). A ratio is the other's time "
    "divided by Trivium's:\nabove 1, Trivium is faster."
)
_QUICK = (
    "**These are results of a quick run with small sizes. They show that the harness works "
    "and say nothing about speed.**\n\n"
)


def fill(template: Path, values: Mapping[str, Any]) -> str:
    """Fill a template of Markdown."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown of our own, not HTML
    )
    return environment.get_template(template.name).render(values).strip() + "\n"


def write_page(suites: Sequence[Suite], page: Path) -> None:
    """Write the page, and beside the results of each machine a page with its details and plots.

    Results of a suite are in ``<page without suffix>/<machine>/<suite>.json``; suites without
    any are left out.

    Raises
    ------
    FileNotFoundError
        If no suite has results.
    """
    machines = read_machines(suites, page.with_suffix(""))
    if not machines:
        raise FileNotFoundError(f"No suite has results in {page.with_suffix('')}.")
    for folder, runs in machines.items():
        _write_details(suites, folder, runs)
    days = {folder.name: newest(runs).date for folder, runs in machines.items()}
    parts = []
    for suite in suites:
        runs_by_name = {
            folder.name: runs[suite.name] for folder, runs in machines.items() if suite.name in runs
        }
        if runs_by_name:
            table = goal_table(suite.goals, runs_by_name, days)
            parts.append(f"### {suite.title}\n\n{table}")
    values = {
        "minutes": f"{MINUTES:g}",
        "goals": parts,
        "machines": _machines_table(machines, page.stem),
        "suites": [suite.name for suite in suites],
    }
    page.write_text(fill(_TEMPLATE, values), encoding="utf-8")


def read_machines(suites: Sequence[Suite], folder: Path) -> dict[Path, dict[str, Run]]:
    """Read results by folder of a machine and by suite."""
    found = {}
    for each in sorted(folder.iterdir() if folder.is_dir() else ()):
        files = {suite.name: each / f"{suite.name}.json" for suite in suites}
        runs = {name: read_run(file) for name, file in files.items() if file.exists()}
        if runs:
            found[each] = runs
    return found


def newest(runs: Mapping[str, Run]) -> Run:
    """Return the run of the latest day, which is the machine's day."""
    return max(runs.values(), key=lambda run: run.date)


def _write_details(suites: Sequence[Suite], folder: Path, runs: Mapping[str, Run]) -> None:
    sections = [f"# Performance: {folder.name}\n\n{_BACK}"]
    for suite in suites:
        if suite.name in runs:
            run = runs[suite.name]
            notice = _QUICK if run.conditions["quick"] else ""
            section = suite.section(run, folder).strip()
            sections.append(f"{notice}{section}\n\n{_under_what(run)}")
    text = "\n\n".join(sections) + "\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def _machines_table(machines: Mapping[Path, Mapping[str, Run]], parent: str) -> str:
    rows = []
    for folder, runs in machines.items():
        last = newest(runs)
        facts = ("processor", "family and model", "vector instructions", "caches")
        rows.append(
            [
                f"[{folder.name}]({parent}/{folder.name}/README.md)",
                *(str(last.machine.get(fact, "")) for fact in facts),
                str(last.conditions["threads"]),
                last.date,
            ]
        )
    header = ["", "processor", "family / model", "instructions", "caches", "threads", "day"]
    return markdown_table(header, rows, "lllllrl")


def case_part(run: Run, name: str, show: Callable[[Case], str]) -> str:
    """Show a case, and its day where it is from an earlier run; or say why it is not there."""
    case = run.cases.get(name)
    if case is None:
        return "Not run."
    if case.skipped or case.failed:
        return f"Skipped: {case.skipped}." if case.skipped else f"**Failed**: {case.failed}"
    day = f"*Kept from an earlier run, of {case.earlier}.*" if case.earlier else ""
    return "\n\n".join(filter(None, [day, show(case)]))


def case_tables(run: Run, name: str, goals: Sequence[Goal]) -> str:
    """Table and goals of every race of a case."""
    own = [goal for goal in goals if goal.case == name]

    def tables(case: Case) -> str:
        parts = []
        for race in case.races:
            lines = [f"**{race.label[0].upper()}{race.label[1:]}**", "", race_table(race), ""]
            parts.append("\n".join([*lines, *goal_lines(own, race, run.machine)]).strip())
        return "\n\n".join(parts)

    return case_part(run, name, tables)


def _under_what(run: Run) -> str:
    """Machine, versions and conditions of a run."""
    loads = [each for case in run.cases.values() for each in case.figures.get("load", []) if each]
    machine = {
        **run.machine,
        "threads of every contender": run.conditions["threads"],
        "load over the run": f"{min(loads):g} to {max(loads):g}" if loads else "",
        "BLAS": "; ".join(run.blas),
        "rounds": f"{run.conditions['rounds']}; none begins after {run.conditions['budget']:g} s, "
        f"and more are done in races of less than {run.conditions['steady']:g} s",
        "day": run.date,
    }
    return f"### Machine and versions\n\n{facts_table(machine)}\n\n{facts_table(run.versions)}"
