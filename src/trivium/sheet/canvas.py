"""How the sheets' figures are made: one look, one size for each kind of picture."""

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trivium.displays import PlaneGrid
from trivium.report import in_style

WIDTH = 3.4  # inches; a column of pictures in the report is about as wide


def figure(
    draw: Callable[[Axes], Any],
    size: tuple[float, float],
    margins: tuple[float, float, float, float] | None = None,
) -> Figure:
    """Make a figure of one panel in Trivium's look.

    Parameters
    ----------
    draw : callable
        Draws into the axes.
    size : tuple of float
        Width and height in inches.
    margins : tuple of float or None
        Left, bottom, right and top, in inches; None finds them out, which takes as long as drawing.
    """
    with in_style():
        made = Figure(figsize=size, layout="constrained")
        if margins is None:
            draw(made.subplots())
            return made
        made.set_layout_engine("none")
        left, bottom, right, top = margins
        width, height = size
        box = (
            left / width,
            bottom / height,
            (width - left - right) / width,
            (height - bottom - top) / height,
        )
        draw(made.add_axes(box))
        return made


def plane(
    draw: Callable[[Axes], Any],
    grid: PlaneGrid,
    lines: int = 1,
    width: float = WIDTH,
    right: float = 0.08,
) -> Figure:
    """Make a picture of the plane, as high as the grid's rectangle asks.

    Its margins are set, not found out by drawing: these are most of the pictures, and
    finding out takes as long as drawing.

    Parameters
    ----------
    draw : callable
        Draws into the axes.
    grid : PlaneGrid
    lines : int
        Lines of legend above the axes.
    width : float
        Width of the figure in inches.
    right : float
        Margin on the right in inches, for a colour bar.
    """
    x0, x1, y0, y1 = grid.extent
    left, bottom, top = 0.58, 0.44, 0.26 + 0.2 * lines
    across = width - left - right
    up = across * (y1 - y0) / (x1 - x0)
    height = bottom + up + top
    with in_style():
        made = Figure(figsize=(width, height))
        made.set_layout_engine("none")
        box = left / width, bottom / height, across / width, up / height
        draw(made.add_axes(box))
        return made
