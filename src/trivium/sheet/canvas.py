"""How the sheets' figures are made: one look, one size for each kind of picture."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trivium.displays import PlaneGrid
from trivium.displays.palette import style

WIDTH = 3.4  # inches; a column of pictures in the report is about as wide


def in_style() -> AbstractContextManager[None]:
    """Apply Trivium's look to what is made, and drawn, inside."""
    return mpl.rc_context(cast(Any, style()))  # matplotlib types each key of the settings


def figure(draw: Callable[[Axes], Any], size: tuple[float, float]) -> Figure:
    """Make a figure of one panel in Trivium's look.

    Parameters
    ----------
    draw : callable
        Draws into the axes.
    size : tuple of float
        Width and height in inches.
    """
    with in_style():
        made = Figure(figsize=size, layout="constrained")
        draw(made.subplots())
        return made


def plane(
    draw: Callable[[Axes], Any], grid: PlaneGrid, lines: int = 1, width: float = WIDTH
) -> Figure:
    """Make a picture of the plane, as high as the grid's rectangle asks."""
    return figure(draw, grid.figure_size(width, lines))
