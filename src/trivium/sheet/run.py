"""Run tasks of the sheets and leave the report."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from trivium.report import render, to_png, to_svg
from trivium.sheet.canvas import in_style
from trivium.sheet.document import as_document, as_json
from trivium.sheet.output import OutputFolder
from trivium.sheet.records import TaskResult
from trivium.sheet.tasks import TASKS

Advance = Callable[[int, str, float], None]
"""Told of progress: the task, what is being done, and the share of the task that is done."""


def run(
    numbers: Sequence[int], output: OutputFolder, advance: Advance = lambda *_: None
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

    Returns
    -------
    list of TaskResult

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    results: list[TaskResult] = []
    drawn: dict[str, Markup] = {}
    for number in numbers:
        advance(number, "computing", 0.0)
        result = TASKS[number]()
        results.append(result)
        for count, picture in enumerate(result.pictures):
            advance(number, "drawing", 0.3 + 0.7 * count / len(result.pictures))
            with in_style():
                figure = picture.draw()
                # Laid out once for both files: layout costs as much as drawing.
                figure.draw_without_rendering()
                figure.set_layout_engine("none")
                drawn[picture.name] = to_svg(figure, name=picture.name, label=picture.label)
                output.write(f"figures/{picture.name}.png", to_png(figure))
        advance(number, "done", 1.0)
    output.write("report.html", render(as_document(results, drawn)).encode())
    output.write("sheet.json", to_json(as_json(results)).encode())
    return results


def to_json(value: Any) -> str:
    """Write JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
