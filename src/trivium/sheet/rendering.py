"""One task, run, with its pictures drawn."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from markupsafe import Markup

from trivium.sheet.records import TaskResult
from trivium.sheet.tasks import TASKS

Advance = Callable[[int, str, float], None]
"""Told of progress: the task, what is being done, and the share of the task that is done."""


class Rendered(NamedTuple):
    """A task, run, with its pictures drawn.

    Attributes
    ----------
    result : TaskResult
    svgs : dict of Markup
        Each picture for the page, by name.
    files : dict of bytes
        Each picture as three files, by the name of the file.
    """

    result: TaskResult
    svgs: dict[str, Markup]
    files: dict[str, bytes]


def render_task(number: int, advance: Advance) -> Rendered:
    """Run one task and draw its pictures."""
    from trivium.report import in_style, svg_file, to_pdf, to_png, to_svg

    advance(number, "computing", 0.0)
    with _told_of_compiling(lambda: advance(number, "computing: compiling loops, once", 0.0)):
        rendered = Rendered(TASKS[number](), {}, {})
    pictures = rendered.result.pictures
    for count, picture in enumerate(pictures):
        advance(number, "drawing", 0.4 + 0.6 * count / len(pictures))
        with in_style():
            figure = picture.draw()
            rendered.files[f"{picture.name}.png"] = to_png(figure)
            figure.set_layout_engine("none")  # laid out by now, for all files alike
            svg = to_svg(figure, name=picture.name, label=picture.label)
            rendered.svgs[picture.name] = svg
            rendered.files[f"{picture.name}.svg"] = svg_file(svg)
            rendered.files[f"{picture.name}.pdf"] = to_pdf(figure)
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
