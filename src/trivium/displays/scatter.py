"""Rows of the plane by class, with the wrongly predicted ones ringed."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Indices, Labels
from trivium.displays import palette
from trivium.displays._arrays import (
    axis_names,
    class_list,
    class_positions,
    label_vector,
    plane_rows,
    sampled,
)
from trivium.displays._axes import count_lines, ink, legend_above, one_axes, plain
from trivium.displays._frame import frame, mark_beyond, rows_beyond, view_grid
from trivium.displays._pipelines import require_columns
from trivium.displays._planes import Features, Projection, is_chosen, plane_of
from trivium.displays.grid import PlaneGrid
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D


MOST_ROWS = 5000
"""Of more rows, pictures draw so many: what more would show is a blot."""

_MANY_RINGS = 40
_VERY_MANY_RINGS = 200


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
    note : str, default=""
        Written under the picture: what is true of it besides.

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
        note: str = "",
    ) -> None:
        self.X: Float64 = plane_rows(X)
        self.y: Labels = label_vector(y, "y", len(self.X))
        self.y_pred = None if y_pred is None else label_vector(y_pred, "y_pred", len(self.X))
        self.classes = class_list(classes, self.y, self.y_pred)
        self.feature_names = axis_names(X, feature_names)
        self.note = note
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
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Predict the rows and draw them, the wrong ones ringed.

        Parameters
        ----------
        estimator : object
            Fitted classifier, or a pipeline, with ``predict`` and ``classes_``.
        X : array-like of shape (n, d)
            Rows.
        y : array-like of shape (n,)
            True class of each row.
        features : sequence of two str or two int, default=None
            The columns of the picture, by name or by position, where rows have more than two. The
            others count for what is predicted all the same.
        projection : {"pca"}, default=None
            Show the plane of the two principal axes of the standardized columns instead.
        feature_names : sequence of str, default=None
            Names of the two axes, or of all columns; by default those of a table ``X``.
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
            If ``X`` has not the estimator's columns, it has more than two and no plane of them was
            chosen, or one of the picture is not made of finite numbers.
        """
        require_columns(estimator, X, chosen=is_chosen(features, projection))
        plane = plane_of(X, features, projection, feature_names)
        y_pred = estimator.predict(X)
        classes = class_list(None, as_labels(y), np.asarray(estimator.classes_))
        # Rows are predicted whole: nothing is at its median.
        note = plane.note if projection is not None else ""
        display = cls(
            plane.points, y, y_pred=y_pred, classes=classes, feature_names=plane.names, note=note
        )
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
        max_rows: int | None = MOST_ROWS,
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
        max_rows : int or None, default=5000
            Of more rows about so many are drawn, chosen at random, but always the same; each class
            keeps its share, and a rare one its rows up to a hundred. The legend says so. None draws
            all.

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
        groups = [self.handles(grid, max_rows)] if legend else []
        lines = count_lines(groups) + bool(self.note) + (title is not None)
        axes = one_axes(ax, grid.figure_size(lines=lines))
        drawn_rows = sampled(self._positions, max_rows)
        if size is None:
            size = point_size(axes, drawn_rows.size)
        self.points_: list[PathCollection | None] = []
        for position in range(len(self.classes)):
            rows = self.X[drawn_rows[positions[drawn_rows] == position]]
            drawn = None
            if len(rows):
                look = palette.class_style(position)
                drawn = axes.scatter(
                    rows[:, 0], rows[:, 1], s=size, alpha=alpha, rasterized=True, **look
                )
            self.points_.append(drawn)
        self.rings_ = self._draw_rings(axes, size, drawn_rows)
        colors = [palette.class_color(position) for position in positions]
        self.arrows_ = mark_beyond(axes, self.X, colors, grid)
        frame(axes, grid, self.feature_names, self.note)
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

    def _draw_rings(self, axes: Axes, size: float, drawn_rows: Indices) -> PathCollection | None:
        if self._predicted is None:
            return None
        wrong = self.X[drawn_rows[(self._predicted != self._positions)[drawn_rows]]]
        # Many rings are drawn finer, or they would hide the rows.
        many = len(wrong) > _MANY_RINGS
        return axes.scatter(
            wrong[:, 0],
            wrong[:, 1],
            s=2.0 * size + 10 if many else 3.2 * size + 22,
            facecolors="none",
            edgecolors=ink(),
            linewidths=(0.4 if len(wrong) > _VERY_MANY_RINGS else 0.7) if many else 1.0,
            zorder=3,
        )

    def handles(self, grid: PlaneGrid, max_rows: int | None = MOST_ROWS) -> list[Line2D]:
        """Return the legend's handles: classes, wrong rows, rows beyond the view, rows not drawn.

        Parameters
        ----------
        grid : PlaneGrid
            The view.
        max_rows : int or None, default=5000
            As in :meth:`plot`.

        Returns
        -------
        list of Line2D
            The last are left out where there are no such rows.
        """
        handles = class_handles(self.classes)
        if self._predicted is not None:
            handles.append(_handle(f"{self.n_wrong:,} wrong", marker="o", mfc="none", ms=7))
        return handles + self.other_handles(grid, max_rows)

    @property
    def n_wrong(self) -> int:
        """How many rows are predicted wrong, 0 without predictions."""
        return 0 if self._predicted is None else int(np.sum(self._predicted != self._positions))

    def other_handles(self, grid: PlaneGrid, max_rows: int | None = MOST_ROWS) -> list[Line2D]:
        """Return the handles of rows beyond the view and of rows not drawn, as :meth:`handles`."""
        handles = []
        n_beyond = rows_beyond(self.X, grid).size
        if n_beyond:
            rows = "row" if n_beyond == 1 else "rows"
            handles.append(_handle(f"{n_beyond:,} {rows} beyond", marker=r"$\rightarrow$", ms=9))
        return handles + self.drawn_handles(max_rows)

    def unmarked_handles(
        self, *, max_rows: int | None = MOST_ROWS, **_options: Any
    ) -> list[Line2D]:
        """Return the handles of classes, and of rows not drawn, for options of :meth:`plot`."""
        return class_handles(self.classes) + self.drawn_handles(max_rows)

    def drawn_handles(self, max_rows: int | None = MOST_ROWS) -> list[Line2D]:
        """Return the handle that says how many rows are drawn, where not all are."""
        n, n_drawn = len(self.X), sampled(self._positions, max_rows).size
        said = f"{n_drawn:,} of {n:,} rows drawn"
        return [_handle(said, marker="")] if n_drawn < n else []


def drawn_rows(X: Float64, y: Labels | None) -> tuple[Indices, str]:
    """Return which rows are drawn, and what is said where these are not all."""
    known = np.zeros(len(X), dtype=int) if y is None else y
    drawn = sampled(np.unique(known, return_inverse=True)[1], MOST_ROWS)
    return drawn, f"{drawn.size:,} of {len(X):,} rows drawn" if drawn.size < len(X) else ""


def point_size(axes: Axes, n: int) -> float:
    """Return the area of a point in points squared: smaller where rows are many or axes small."""
    width = axes.bbox.width / axes.figure.dpi
    return float(np.clip(9000 / n, 9, 26) * np.clip(width / 3, 1, 1.7))


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
