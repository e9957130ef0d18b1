"""The page: a head that all suites share, and a section a suite."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.harness.results import Case, Run, read_run
from benchmarks.harness.suite import Suite
from benchmarks.harness.tables import Goal, facts_table, goal_line, race_table

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
    """Write the page and its plots from the results beside it.

    Results of a suite are in ``<page without suffix>/<suite>.json``; suites without any
    are left out.

    Raises
    ------
    FileNotFoundError
        If no suite has results.
    """
    folder = page.with_suffix("")
    sections = []
    for suite in suites:
        results = folder / f"{suite.name}.json"
        if results.exists():
            run = read_run(results)
            notice = _QUICK if run.conditions["quick"] else ""
            section = suite.section(run, folder).strip()
            sections.append(f"{notice}{section}\n\n{_under_what(run)}")
    if not sections:
        raise FileNotFoundError(f"No suite has results in {folder}.")
    values = {"sections": sections, "suites": [suite.name for suite in suites]}
    page.write_text(fill(Path(__file__).with_name("page.md"), values), encoding="utf-8")


def case_tables(case: Case | None, goals: Sequence[Goal]) -> str:
    """Table and goals of every race of a case."""
    if case is None:
        return "Not run."
    if case.skipped:
        return f"Skipped: {case.skipped}."
    parts = []
    for race in case.races:
        lines = [f"**{race.label[0].upper()}{race.label[1:]}**", "", race_table(race), ""]
        lines += [goal_line(goal, race) for goal in goals]
        parts.append("\n".join(lines).strip())
    return "\n\n".join(parts)


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
