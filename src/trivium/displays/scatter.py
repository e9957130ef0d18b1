"""Rows of the plane by class, with the wrongly predicted ones ringed."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Labels
from trivium.displays import palette
from trivium.displays._arrays import (
    axis_names,
    class_list,
    class_positions,
    label_vector,
    plane_rows,
)
from trivium.displays._axes import count_lines, ink, legend_above, one_axes, plain
from trivium.displays._frame import frame, mark_beyond, rows_beyond, view_grid
from trivium.displays._pipelines import require_plane
from trivium.displays.grid import PlaneGrid
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D


_MANY_RINGS = 40


class LabelledRowsDisplay:
    """Scatter of rows of the plane, coloured and shaped by class.

    A unit is as long on either axis, unless the rows spread more than three times as far along
    the one as along the other: then the units differ, and each axis has its own scale. Rows beyond
    the view are counted in the legend, and arrows point to them at its edge if they are few.

    Points are rasterised, since hundreds of vector points weigh down a page; rings round wrong
    predictions stay vectors, so that their ink can follow the page.

    Parameters
    ----------
    X : array-like of shape (n, 2)
        Rows.
    y : array-like of shape (n,)
        Class of each row.
    y_pred : array-like of shape (n,), default=None
        Predicted class of each row; where it differs from ``y`` the row is ringed.
    classes : array-like of shape (n_classes,), default=None
        Sorted classes, which give each its colour; by default those that occur.
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table ``X``.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    points_ : list of PathCollection
        One scatter a class, in the order of ``classes``; None for a class without rows.
    rings_ : PathCollection or None
        Rings round wrong predictions.
    arrows_ : list of Annotation
        One to each row beyond the view; none if there are more than twenty.

    Raises
    ------
    ValueError
        If shapes disagree, rows are not finite, or a label is not in ``classes``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import LabelledRowsDisplay
    >>> rows = [[0, 0], [1, 0], [2, 1]]
    >>> display = LabelledRowsDisplay(rows, [0, 0, 1], y_pred=[0, 1, 1])
    >>> len(display.plot(Figure().subplots()).rings_.get_offsets())
    1
    """

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        y_pred: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.X: Float64 = plane_rows(X)
        self.y: Labels = label_vector(y, "y", len(self.X))
        self.y_pred = None if y_pred is None else label_vector(y_pred, "y_pred", len(self.X))
        self.classes = class_list(classes, self.y, self.y_pred)
        self.feature_names = axis_names(X, feature_names)
        self._positions = class_positions(self.y, self.classes, "y")
        self._predicted = (
            None if self.y_pred is None else class_positions(self.y_pred, self.classes, "y_pred")
        )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Predict the rows and draw them, the wrong ones ringed.

        Parameters
        ----------
        estimator : object
            Fitted classifier, or a pipeline, with ``predict`` and ``classes_``.
        X : array-like of shape (n, 2)
            Rows.
        y : array-like of shape (n,)
            True class of each row.
        feature_names : sequence of two str, default=None
            Names of the axes; by default those of a table ``X``.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LabelledRowsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``X`` or the estimator has not two columns.
        """
        require_plane(estimator, X)
        y_pred = estimator.predict(X)
        classes = class_list(None, as_labels(y), np.asarray(estimator.classes_))
        display = cls(X, y, y_pred=y_pred, classes=classes, feature_names=feature_names)
        return display.plot(ax, **plot_options)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        color_by: Literal["true", "predicted"] = "true",
        view: PlaneGrid | Literal["most", "all"] = "most",
        legend: bool = True,
        title: str | None = None,
        size: float | None = None,
        alpha: float = 0.9,
    ) -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        color_by : {"true", "predicted"}, default="true"
            Which class gives a row its colour and shape.
        view : {"most", "all"} or PlaneGrid, default="most"
            "most" shows every row, unless a few (two in a hundred at most, and not all of a
            class) lie so far off that the others would fill less than a fifth of an axis: those
            are then beyond the view. "all" shows every row however far it lies; a grid shows its
            rectangle.
        legend : bool, default=True
            Name the classes above the axes. The title then stands above the legend: give it
            here, not to the axes.
        title : str, default=None
            Title.
        size : float, default=None
            Area of a point in points squared; by default smaller where there are more rows.
        alpha : float, default=0.9
            Opacity of a point.

        Returns
        -------
        LabelledRowsDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``color_by`` or ``view`` is unknown, or ``color_by`` is "predicted" without
            predictions.
        """
        positions = self._colored_positions(color_by)
        grid = view if isinstance(view, PlaneGrid) else view_grid(self.X, self.y, view)
        groups = [self.handles(grid)] if legend else []
        axes = one_axes(ax, grid.figure_size(lines=count_lines(groups)))
        if size is None:
            size = float(np.clip(9000 / len(self.X), 9, 26))
        self.points_: list[PathCollection | None] = []
        for position in range(len(self.classes)):
            rows = self.X[positions == position]
            drawn = None
            if len(rows):
                look = palette.class_style(position)
                drawn = axes.scatter(
                    rows[:, 0], rows[:, 1], s=size, alpha=alpha, rasterized=True, **look
                )
            self.points_.append(drawn)
        self.rings_ = self._draw_rings(axes, size)
        colors = [palette.class_color(position) for position in positions]
        self.arrows_ = mark_beyond(axes, self.X, colors, grid)
        frame(axes, grid, self.feature_names)
        legend_above(axes, groups, title)
        self.ax_, self.figure_ = axes, axes.figure
        return self

    def _colored_positions(self, color_by: str) -> Labels:
        if color_by == "true":
            return self._positions
        if color_by != "predicted":
            raise ValueError(f"color_by must be 'true' or 'predicted', got {color_by!r}")
        if self._predicted is None:
            raise ValueError("color_by='predicted' needs y_pred")
        return self._predicted

    def _draw_rings(self, axes: Axes, size: float) -> PathCollection | None:
        if self._predicted is None:
            return None
        wrong = self.X[self._predicted != self._positions]
        # Many rings are drawn finer, or they would hide the rows.
        many = len(wrong) > _MANY_RINGS
        return axes.scatter(
            wrong[:, 0],
            wrong[:, 1],
            s=2.0 * size + 10 if many else 3.2 * size + 22,
            facecolors="none",
            edgecolors=ink(),
            linewidths=0.7 if many else 1.0,
            zorder=3,
        )

    def handles(self, grid: PlaneGrid) -> list[Line2D]:
        """Return the legend's handles: the classes, the wrong rows, the rows beyond the view.

        Parameters
        ----------
        grid : PlaneGrid
            The view.

        Returns
        -------
        list of Line2D
            The last are left out where there are no such rows.
        """
        handles = class_handles(self.classes)
        if self._predicted is not None:
            n_wrong = np.count_nonzero(self._predicted != self._positions)
            handles.append(_handle(f"{n_wrong} wrong", marker="o", mfc="none", ms=7))
        n_beyond = rows_beyond(self.X, grid).size
        if n_beyond:
            rows = "row" if n_beyond == 1 else "rows"
            handles.append(_handle(f"{n_beyond} {rows} beyond", marker=r"$\rightarrow$", ms=9))
        return handles


def class_handles(classes: Labels) -> list[Line2D]:
    """Return a legend handle for every class."""
    from matplotlib.lines import Line2D

    handles = []
    for position, name in enumerate(classes):
        look = palette.class_style(position)
        # A true minus sign for a label such as -1, as on the axes.
        label = str(name).replace("-", "−") if isinstance(name, Real) else plain(name)
        handles.append(
            Line2D([], [], ls="", marker=look["marker"], color=look["color"], ms=5, label=label)
        )
    return handles


def _handle(label: str, **look: Any) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([], [], ls="", mec=ink(), color=ink(), label=label, **look)
