"""Self-contained HTML reports: data -> figures -> template.

`document` holds the content as plain frozen dataclasses, `figures` turns a matplotlib figure into
an SVG that can stand inline beside others, and `render` sets the content as one HTML file that
asks for nothing from outside. The room knows nothing of exercise sheets or comparisons.
"""

from trivium.report.document import (
    Block,
    Column,
    Commands,
    Document,
    Erratum,
    FigureBlock,
    Finding,
    Findings,
    Formulas,
    Gallery,
    Matrix,
    Prose,
    Question,
    Section,
    Summary,
    Table,
)
from trivium.report.figures import to_png, to_svg
from trivium.report.render import render
from trivium.report.style import in_style

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
    "Matrix",
    "Prose",
    "Question",
    "Section",
    "Summary",
    "Table",
    "in_style",
    "render",
    "to_png",
    "to_svg",
]
