"""Run tasks of the sheets and leave the report."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivium.sheet.output import OutputFolder
from trivium.sheet.records import TaskResult
from trivium.sheet.rendering import Advance, render_task

KINDS = ("png", "svg", "pdf")
EXPECTED = ("report.html", "sheet.json", "figures/any.png")
"""Files that a run writes, one for each folder."""

_NAME = re.compile(r"[\w-]+")


def run(
    numbers: Sequence[int],
    output: OutputFolder,
    advance: Advance = lambda *_: None,
    *,
    processes: int = 1,
    facts: Sequence[tuple[str, str]] = (),
) -> list[TaskResult]:
    """Run tasks; write report.html, sheet.json and figures/ (PNG, SVG and PDF).

    Parameters
    ----------
    numbers : sequence of int
        Which of the tasks 1, 2 and 3.
    output : OutputFolder
        Where the files go; entered already.
    advance : callable
        Told of progress.
    processes : int, default=1
        Tasks at a time. The files do not depend on it.
    facts : sequence of (str, str)
        Names and values for the foot of the page, such as the date.

    Returns
    -------
    list of TaskResult

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    if processes > 1 and len(numbers) > 1:
        from trivium.sheet.parallel import render_in_processes

        rendered = render_in_processes(numbers, advance, processes)
    else:
        rendered = [render_task(number, advance) for number in numbers]

    from trivium.report import render
    from trivium.sheet.document import as_document
    from trivium.sheet.summary import as_json

    results = [each.result for each in rendered]
    svgs = {name: svg for each in rendered for name, svg in each.svgs.items()}
    for each in rendered:
        for name, content in each.files.items():
            output.write(f"figures/{name}", content)
    output.write("report.html", render(as_document(results, svgs, facts)).encode())
    output.write("sheet.json", to_json(as_json(results)).encode())
    return results


def former_pictures(folder: Path) -> list[str]:
    """Names of the picture files that an earlier run says it left in a folder."""
    try:
        told = json.loads((folder / "sheet.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no such file, or somebody else's
        return []
    names = told.get("pictures") if isinstance(told, dict) else None
    if not isinstance(names, list):
        return []
    safe = (name for name in names if isinstance(name, str) and _NAME.fullmatch(name))
    return [f"figures/{name}.{kind}" for name in safe for kind in KINDS]


def to_json(value: Any) -> str:
    """Write JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
