"""What a panel shows of the plane: its ranges, and the grid at whose points classifiers are asked.

A view stays where it is while a row is dragged, so that the hand sees the row move and not the
axes. It is `PlaneGrid` of the displays, in a square panel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trivium.arrays import Float64
from trivium.displays.grid import PlaneGrid
from trivium.lab.scene import Scene

CELLS = 80
"""Cells a side: enough to see a boundary, few enough to ask three classifiers while a row moves."""

_NEIGHBORS_AT_ONCE = 2_500_000  # over all cells: some 50 ms
_FEWEST_CELLS = 24


@dataclass(frozen=True)
class View:
    """A rectangle of the plane, in the user's units, and its cells.

    Attributes
    ----------
    window : tuple of float
        (left, right, bottom, top).
    cells : int
        Cells a side.
    """

    window: tuple[float, float, float, float]
    cells: int = CELLS

    @property
    def grid(self) -> PlaneGrid:
        """The grid of cells."""
        return PlaneGrid(self.window, (self.cells, self.cells))

    @property
    def points(self) -> Float64:
        """Centres of the cells, shape (cells², 2): the bottom row first, each left to right."""
        return self.grid.points

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is shown."""
        left, right, bottom, top = self.window
        return left <= x <= right and bottom <= y <= top


def view_of(scene: Scene, cells: int = CELLS) -> View:
    """Return the view that a scene asks for: its window, or one around all its rows.

    Around rows, both axes have one unit while neither range is three times the other, so that
    circles are round; else each axis has its own.

    Parameters
    ----------
    scene : Scene
    cells : int
        Cells a side.

    Returns
    -------
    View

    Examples
    --------
    >>> from trivium.lab.scene import Scene
    >>> from trivium.lab.view import view_of
    >>> left, right, bottom, top = view_of(Scene([[0, 0], [2, 1]], [0, 1], ("a", "b"))).window
    >>> right - left == top - bottom
    True
    """
    if scene.window is not None:
        return View(scene.window, cells)
    return view_around(np.vstack([scene.X, scene.X_test]), cells)


def view_around(rows: Float64, cells: int = CELLS, margin: float = 0.06) -> View:
    """Return a view around rows, with one unit for both axes where their ranges are alike.

    Parameters
    ----------
    rows : ndarray of shape (n, 2)
    cells : int
        Cells a side.
    margin : float
        Room on either side, as a fraction of the range.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.lab.view import view_around
    >>> view_around(np.array([[0.0, 0.0], [2.0, 100.0]]), margin=0.5).window
    (-1.0, 3.0, -50.0, 150.0)
    """
    if len(rows) == 0:
        return View((-1.0, 1.0, -1.0, 1.0), cells)
    grid = PlaneGrid.around(rows, resolution=cells, margin=margin)
    left, right, bottom, top = grid.extent
    if grid.aspect == "equal":
        side = max(right - left, top - bottom)
        left, right = _widened(left, right, side)
        bottom, top = _widened(bottom, top, side)
    return View((left, right, bottom, top), cells)


def _widened(low: float, high: float, side: float) -> tuple[float, float]:
    """Return a range of a length, about the middle of another one."""
    middle = low / 2 + high / 2
    wide = middle - side / 2, middle + side / 2
    return wide if math.isfinite(wide[1] - wide[0]) and wide[0] < wide[1] else (low, high)


def coarser(view: View, k: int) -> View:
    """Return a view with fewer cells, where many neighbours would be asked for at each of them.

    Regions of many neighbours have no details that these cells would miss, and a row that is
    dragged moves without delay.

    Parameters
    ----------
    view : View
    k : int
        Neighbours, at least 1.

    Returns
    -------
    View
        The same one up to k = 390 of 80 x 80 cells.
    """
    cells = math.isqrt(_NEIGHBORS_AT_ONCE // k)
    return View(view.window, min(view.cells, max(cells, _FEWEST_CELLS)))
