"""A regular grid over the plane, at whose points an estimator is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.displays._arrays import plane_rows


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
        if not (np.isfinite(self.extent).all() and left < right and bottom < top):
            raise ValueError(
                f"extent must be finite (left, right, bottom, top) with left < right and "
                f"bottom < top, got {self.extent}"
            )
        if min(self.shape) < 1:
            raise ValueError(f"shape must be at least one cell a side, got {self.shape}")

    @classmethod
    def around(cls, X: ArrayLike, *, resolution: int = 200, margin: float = 0.06) -> PlaneGrid:
        """Return the grid over the rows' bounding box and a margin.

        Parameters
        ----------
        X : array-like of shape (n, 2)
            Rows.
        resolution : int, default=200
            Cells a side.
        margin : float, default=0.06
            Added on every side, as a fraction of the longer side of the box.

        Returns
        -------
        PlaneGrid
            The grid.

        Raises
        ------
        ValueError
            If ``X`` is not finite rows of the plane, ``resolution < 1`` or ``margin < 0``.
        """
        rows = plane_rows(X)
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        low, high = rows.min(axis=0), rows.max(axis=0)
        # Equal steps on both axes look equal; a single point still gets a box to stand in.
        pad = margin * float(np.max(high - low))
        if not np.all(high - low + pad > 0):
            pad = 0.5
        extent = (
            float(low[0] - pad),
            float(high[0] + pad),
            float(low[1] - pad),
            float(high[1] + pad),
        )
        return cls(extent, (resolution, resolution))

    def figure_size(self, width: float = 3.2, lines: int = 1) -> tuple[float, float]:
        """Return the size of a figure that this rectangle fills at equal aspect.

        Parameters
        ----------
        width : float, default=3.2
            Width of the figure in inches.
        lines : int, default=1
            Lines of legend above the axes.

        Returns
        -------
        tuple of float
            Width and height in inches; the height is at most one and a half widths.
        """
        left, right, bottom, top = self.extent
        plane = (width - 0.55) * (top - bottom) / (right - left)
        return width, min(max(plane, 0.3 * width) + 0.7 + 0.2 * lines, 1.5 * width)

    @property
    def points(self) -> Float64:
        """Centres of the cells, shape (n_cells, 2): from the bottom row up, each left to right."""
        left, right, bottom, top = self.extent
        up, across = self.shape
        x = left + (np.arange(across) + 0.5) * ((right - left) / across)
        y = bottom + (np.arange(up) + 0.5) * ((top - bottom) / up)
        return np.column_stack([np.tile(x, up), np.repeat(y, across)])
