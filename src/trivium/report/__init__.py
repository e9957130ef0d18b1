"""Self-contained HTML reports: data -> figures -> template.

`document` holds the content as plain frozen dataclasses, `figures` turns a matplotlib figure into
an SVG that can stand inline beside others, and `render` sets the content as one HTML file that
asks for nothing from outside. The room knows nothing of exercise sheets or comparisons.

What draws is imported on first use: a process that only sets a page needs no matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trivium.report.document import (
    Block,
    Commands,
    Document,
    Erratum,
    FigureBlock,
    Finding,
    Findings,
    Formulas,
    Gallery,
    Listing,
    Prose,
    Question,
    Section,
    Summary,
)
from trivium.report.render import render
from trivium.report.tables import Column, Matrix, Table

if TYPE_CHECKING:
    from trivium.report.figures import svg_file, to_pdf, to_png, to_svg
    from trivium.report.style import in_style

_DRAWING = {
    **dict.fromkeys(("svg_file", "to_pdf", "to_png", "to_svg"), "trivium.report.figures"),
    "in_style": "trivium.report.style",
}

__all__ = [
    "Block",
    "Column",
    "Commands",
    "Document",
    "Erratum",
    "FigureBlock",
    "Finding",
    "Findings",
    "Formulas",
    "Gallery",
    "Listing",
    "Matrix",
    "Prose",
    "Question",
    "Section",
    "Summary",
    "Table",
    "in_style",
    "render",
    "svg_file",
    "to_pdf",
    "to_png",
    "to_svg",
]


def __getattr__(name: str) -> Any:
    if name in _DRAWING:
        return getattr(import_module(_DRAWING[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
