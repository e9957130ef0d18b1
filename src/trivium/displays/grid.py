"""A regular grid over the plane, at whose points an estimator is asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.displays._arrays import label_vector, plane_rows
from trivium.displays._axes import own_width
from trivium.displays._boundaries import class_boundaries
from trivium.labels import as_labels

_EQUAL = 3.0  # times one side may be the other at equal aspect
_AUTO_SLOPE = 0.75  # height of the axes over their width at aspect "auto"
_NOTEBOOK = 4.5  # inches: wider figures are for a screen
_CONSTANT = 1e-12  # a spread, relative to the values, that cells of float64 cannot divide


@dataclass(frozen=True)
class PlaneGrid:
    """Cells that tile a rectangle of the plane; an estimator is asked at their centres.

    Parameters
    ----------
    extent : tuple of float
        (left, right, bottom, top) of the rectangle, in the units of the rows.
    shape : tuple of int
        Number of cells (upwards, rightwards).

    Raises
    ------
    ValueError
        If the rectangle is empty or not finite, or an axis has no cell.

    Examples
    --------
    >>> from trivium.displays.grid import PlaneGrid
    >>> grid = PlaneGrid((0.0, 2.0, 0.0, 1.0), (1, 2))
    >>> grid.points
    array([[0.5, 0.5],
           [1.5, 0.5]])
    """

    extent: tuple[float, float, float, float]
    shape: tuple[int, int] = (200, 200)

    def __post_init__(self) -> None:
        left, right, bottom, top = self.extent
        finite = math.isfinite(right - left) and math.isfinite(top - bottom)
        if not (finite and left < right and bottom < top):
            raise ValueError(
                f"extent must be finite (left, right, bottom, top) with left < right and "
                f"bottom < top, got {self.extent}"
            )
        if min(self.shape) < 1:
            raise ValueError(f"shape must be at least one cell a side, got {self.shape}")

    @classmethod
    def around(cls, X: ArrayLike, *, resolution: int = 200, margin: float = 0.06) -> PlaneGrid:
        """Return the grid over the rows' bounding box and a margin on every side.

        Each axis has its own margin and its own cells, since its units are its own.

        Parameters
        ----------
        X : array-like of shape (n, 2)
            Rows.
        resolution : int, default=200
            Cells a side.
        margin : float, default=0.06
            Added on either side of an axis, as a fraction of the box's side along that axis.
            Round a column that does not vary beyond rounding, a twentieth of its value is added
            instead, or one half where that is zero.

        Returns
        -------
        PlaneGrid
            The grid.

        Raises
        ------
        ValueError
            If ``X`` is not finite rows of the plane, ``resolution < 1``, the margin is negative
            or infinite, or a column spans more than float64 holds.
        """
        rows = plane_rows(X)
        if not 0 <= margin < np.inf:
            raise ValueError(f"margin must be finite and not negative, got {margin}")
        sides = [_side(column, margin) for column in rows.T]
        for number, side in enumerate(sides):
            if not math.isfinite(side[1] - side[0]):
                raise ValueError(f"column {number} of X spans more than float64 holds")
        return cls((*sides[0], *sides[1]), (resolution, resolution))

    @property
    def aspect(self) -> Literal["equal", "auto"]:
        """How displays draw the plane.

        "equal", one unit as long on either axis, while neither side is more than three times
        the other; else the units differ, and "auto" fills the axes.
        """
        width, height = self._size
        return "equal" if max(width, height) <= _EQUAL * min(width, height) else "auto"

    def figure_size(self, width: float | None = None, lines: int = 1) -> tuple[float, float]:
        """Return the size of a figure that this rectangle fills at its aspect.

        Parameters
        ----------
        width : float, default=None
            Width of the figure in inches; by default that of matplotlib's setting
            "figure.figsize", or less where the figure would be higher than this is wide.
        lines : int, default=1
            Lines of legend above the axes.

        Returns
        -------
        tuple of float
            Width and height in inches. The height is at most one and a half widths, but always
            leaves the axes half as high as the figure is wide.
        """
        whole = own_width() if width is None else width
        across, up = self._size
        slope = up / across if self.aspect == "equal" else _AUTO_SLOPE
        rest = 0.7 + 0.2 * lines
        if width is None and whole > _NOTEBOOK and (whole - 0.55) * slope + rest > whole:
            # A screen is no higher than this.
            whole = max(0.62 * whole, 0.55 + (whole - rest) / slope)
        plane = max((whole - 0.55) * slope, 0.3 * whole)
        return whole, min(plane + rest, max(1.5 * whole, 0.5 * whole + rest))

    @property
    def _size(self) -> tuple[float, float]:
        left, right, bottom, top = self.extent
        return right - left, top - bottom

    def boundaries(
        self, labels: ArrayLike, predict: Callable[[Float64], ArrayLike] | None = None
    ) -> Float64:
        """Return the lines along which the class changes.

        Parameters
        ----------
        labels : array-like of shape (n_cells,)
            Class at each of :attr:`points`.
        predict : callable, default=None
            Takes points of shape (n, 2), returns their classes, as ``labels`` came about. With
            it each change between two cells is found to a hundredth of a cell, without it to
            half a cell.

        Returns
        -------
        ndarray of shape (n, 2)
            Points of the lines, a row of NaN between two lines; they end at the rectangle.

        Raises
        ------
        ValueError
            If ``labels`` has another shape.

        Examples
        --------
        >>> from trivium.displays.grid import PlaneGrid
        >>> grid = PlaneGrid((0.0, 2.0, 0.0, 1.0), (1, 2))
        >>> grid.boundaries(["a", "b"])
        array([[1. , 0. ],
               [1. , 0.5],
               [1. , 1. ]])
        """
        cells = label_vector(labels, "labels", self.shape[0] * self.shape[1])
        ask = (
            None
            if predict is None
            else (lambda points: as_labels(predict(points), "labels", each="cell"))
        )
        return class_boundaries(cells, self, ask)

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell."""
        width, height = self._size
        return width / self.shape[1], height / self.shape[0]

    @property
    def points(self) -> Float64:
        """Centres of the cells, shape (n_cells, 2): from the bottom row up, each left to right."""
        left, right, bottom, top = self.extent
        up, across = self.shape
        x = left + (np.arange(across) + 0.5) * ((right - left) / across)
        y = bottom + (np.arange(up) + 0.5) * ((top - bottom) / up)
        return np.column_stack([np.tile(x, up), np.repeat(y, across)])


def _side(column: Float64, margin: float) -> tuple[float, float]:
    """Return the ends of an axis round a column."""
    low, high = float(column.min()), float(column.max())
    size = max(abs(low), abs(high))
    # Halves, since the spread of the two may overflow.
    pad = 2 * margin * (high / 2 - low / 2)
    if high / 2 - low / 2 <= _CONSTANT * size / 2:
        pad = max(size / 20 or 0.5, 1e-300)
    return low - pad, high + pad
