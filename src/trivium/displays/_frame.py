"""The frame of a picture of the plane: limits, aspect, ticks, names, and what lies beyond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.displays._axes import font_size, wrapped
from trivium.displays.grid import PlaneGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

_FEW = 0.02  # of the rows may be left beyond the view
_LEAST = 10  # rows: of fewer, none is far
_FAR = 5.0  # times the spread of the others: a row so far makes them a blot
_MOST_ARROWS = 20
_ARROW = 16  # points
_ARROW_STYLE = "simple,head_width=0.55,head_length=0.5,tail_width=0.16"
_LONG = 1e7  # numbers below it are written out on the axes


def rows_in_view(X: Float64, y: Labels | None = None) -> Any:
    """Return which rows a picture shows that is not to be squeezed by a few far ones.

    Along an axis on which all but 2 % of the rows (and at least one) would fill less than a
    fifth, rows farther from those than they spread are left out; never all rows of a class, and
    none of fewer than ten rows.

    Parameters
    ----------
    X : ndarray of shape (n, 2)
    y : ndarray of shape (n,), default=None

    Returns
    -------
    ndarray of bool of shape (n,)
    """
    n = len(X)
    inside = np.ones(n, dtype=bool)
    if n < _LEAST:
        return inside
    few = max(1, int(_FEW * n))
    for column in X.T:
        # Halves, since spreads may overflow.
        ordered = np.sort(column) / 2
        spreads = ordered[n - 1 - few :] - ordered[: few + 1]
        first = int(spreads.argmin())
        low, spread = ordered[first], spreads[first]
        if 0 < spread * _FAR < ordered[-1] - ordered[0]:
            inside &= np.abs(column / 2 - (low + spread / 2)) <= 1.5 * spread
    if y is not None and len(np.unique(y[inside])) < len(np.unique(y)):
        return np.ones(n, dtype=bool)
    return inside


def view_grid(X: Float64, y: Labels | None, view: str, resolution: int = 200) -> PlaneGrid:
    """Return the grid round all rows (``view="all"``) or round those that are not far."""
    if view not in ("all", "most"):
        raise ValueError(f"view must be 'all' or 'most', got {view!r}")
    shown = X if view == "all" else X[rows_in_view(X, y)]
    return PlaneGrid.around(shown, resolution=resolution)


def frame(axes: Axes, grid: PlaneGrid, names: Sequence[Any], note: str = "") -> None:
    """Set the limits, the aspect, the names of the axes, and ticks that do not touch.

    A note stands beneath the name of the horizontal axis.
    """
    left, right, bottom, top = grid.extent
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect=grid.aspect)
    box = axes.get_window_extent()
    across, up = (side / axes.figure.dpi * 72 for side in (box.width, box.height))
    size = font_size("axes.labelsize")
    below = [wrapped(str(names[0]), across, size)]
    if note:
        below.append(wrapped(f"({note})", across, size))
    axes.set(xlabel="\n".join(below), ylabel=wrapped(str(names[1]), up, size))
    _set_ticks(axes)


def _set_ticks(axes: Axes) -> None:
    """Write numbers out where they are short, and fewer of them where they would touch."""
    from matplotlib.ticker import ScalarFormatter

    from trivium.displays._ticks import SparseLocator

    for axis in (axes.xaxis, axes.yaxis):
        form = axis.get_major_formatter()
        low, high = axis.get_view_interval()
        greatest = max(abs(low), abs(high))
        if isinstance(form, ScalarFormatter):
            form.set_useOffset(not (greatest < _LONG and high - low > 1e-4 * greatest))
    axes.xaxis.set_major_locator(SparseLocator())


def rows_beyond(X: Float64, grid: PlaneGrid) -> Indices:
    """Return which rows lie outside the rectangle of a grid."""
    low, high = np.reshape(grid.extent, (2, 2)).T
    return np.flatnonzero(((low > X) | (high < X)).any(axis=1))


def mark_beyond(
    axes: Axes, X: Float64, colors: Sequence[Any], grid: PlaneGrid, edge: Any = None
) -> list[Annotation]:
    """Point at the edge of the view to the rows that lie beyond it, unless they are many.

    Parameters
    ----------
    axes : matplotlib Axes
    X : ndarray of shape (n, 2)
    colors : sequence of n colours
    grid : PlaneGrid
        The view.
    edge : colour, default=None
        Of the outlines of the arrows; by default that of each row.

    Returns
    -------
    list of Annotation
        An arrow a row, none if there are more than twenty.
    """
    low, high = np.reshape(grid.extent, (2, 2)).T
    beyond = rows_beyond(X, grid)
    arrows = []
    for row in beyond if beyond.size <= _MOST_ARROWS else ():
        foot = np.clip(X[row], low, high)
        away = (X[row] / 2 - foot / 2) / (high - low)
        away /= np.abs(away).max()
        shift = -_ARROW * away / np.hypot(*away)
        look = {"fc": colors[row], "ec": colors[row] if edge is None else edge, "lw": 0.6}
        arrow = axes.annotate(
            "",
            (foot[0], foot[1]),
            xytext=(shift[0], shift[1]),
            textcoords="offset points",
            zorder=4,
            arrowprops={"arrowstyle": _ARROW_STYLE, "shrinkA": 0, "shrinkB": 0, **look},
        )
        arrows.append(arrow)
    return arrows
