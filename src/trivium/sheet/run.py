"""Run tasks of the sheets and leave the report."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from trivium.sheet.output import OutputFolder
from trivium.sheet.records import TaskResult
from trivium.sheet.tasks import TASKS

Advance = Callable[[int, str, float], None]
"""Told of progress: the task, what is being done, and the share of the task that is done."""


EXPECTED = ("report.html", "sheet.json", "figures/any.png")
"""Files that a run writes, one for each folder."""

_NAME = re.compile(r"[\w-]+")


class Rendered(NamedTuple):
    """A task, run, with its pictures drawn.

    Attributes
    ----------
    result : TaskResult
    svgs : dict of Markup
        Each picture for the page, by name.
    pngs : dict of bytes
        Each picture as a file, by name.
    """

    result: TaskResult
    svgs: dict[str, Markup]
    pngs: dict[str, bytes]


def run(
    numbers: Sequence[int],
    output: OutputFolder,
    advance: Advance = lambda *_: None,
    *,
    processes: int = 1,
) -> list[TaskResult]:
    """Run tasks; write report.html, sheet.json and figures/*.png.

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
    from trivium.sheet.document import as_document, as_json

    results = [each.result for each in rendered]
    svgs = {name: svg for each in rendered for name, svg in each.svgs.items()}
    for each in rendered:
        for name, png in each.pngs.items():
            output.write(f"figures/{name}.png", png)
    output.write("report.html", render(as_document(results, svgs)).encode())
    output.write("sheet.json", to_json(as_json(results)).encode())
    return results


def render_task(number: int, advance: Advance) -> Rendered:
    """Run one task and draw its pictures."""
    from trivium.report import to_png, to_svg
    from trivium.sheet.canvas import in_style

    advance(number, "computing", 0.0)
    with _told_of_compiling(lambda: advance(number, "computing: compiling loops, once", 0.0)):
        rendered = Rendered(TASKS[number](), {}, {})
    pictures = rendered.result.pictures
    for count, picture in enumerate(pictures):
        advance(number, "drawing", 0.4 + 0.6 * count / len(pictures))
        with in_style():
            figure = picture.draw()
            rendered.pngs[picture.name] = to_png(figure)
            figure.set_layout_engine("none")  # laid out by now, for both files alike
            rendered.svgs[picture.name] = to_svg(figure, name=picture.name, label=picture.label)
    advance(number, "done", 1.0)
    return rendered


@contextmanager
def _told_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Call a function when kernels have compiled for so long that the log says so."""

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell()

    log, teller = logging.getLogger("trivium"), Teller(logging.INFO)
    level = log.level
    log.addHandler(teller)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(teller)


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
    return [f"figures/{name}.png" for name in safe]


def to_json(value: Any) -> str:
    """Write JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
