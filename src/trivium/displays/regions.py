"""An estimator's own class regions of the plane, beneath the rows.

scikit-learn's ``DecisionBoundaryDisplay`` does not serve here: with two classes it ignores the
class colours, and it scales its colours to the classes that happen to win somewhere on the grid,
so that in a sweep of k one class changes colour when another vanishes. It also draws a vector patch
a level or a mesh where one small image is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Labels
from trivium.containers import as_numbers
from trivium.displays import palette
from trivium.displays._arrays import (
    axis_names,
    class_list,
    class_positions,
    label_vector,
)
from trivium.displays._axes import count_lines, ink, legend_above, one_axes
from trivium.displays._boundaries import cell_labels
from trivium.displays._frame import frame, view_grid
from trivium.displays._pipelines import require_columns, unwrap
from trivium.displays._planes import Features, Plane, Projection, is_chosen, plane_of
from trivium.displays.grid import PlaneGrid
from trivium.displays.scatter import LabelledRowsDisplay, class_handles
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


class ClassRegionsDisplay:
    """Class regions as an image of tints, their boundaries, and rows on top where they are given.

    A unit is as long on either axis, unless one side of the grid is more than three times the
    other: then the units differ, and each axis has its own scale. Rows beyond the grid are counted
    in the legend, and arrows point to them at its edge if they are few.

    Parameters
    ----------
    labels : array-like of shape (n_cells,)
        Predicted class at each of ``grid.points``. For many k's, ask ``predict_path`` once and
        make one display of each row of its answer.
    grid : PlaneGrid
        The cells.
    X, y, y_pred : array-like of shape (n, 2), (n,) and (n,), default=None
        Rows to draw on top, their classes, and their predictions (wrong ones are ringed).
    classes : array-like of shape (n_classes,), default=None
        Sorted classes, which give each its colour; by default those that occur.
    boundaries : array-like of shape (n_points, 2), default=None
        The lines between the regions, a row of NaN between two of them, as
        ``grid.boundaries(labels, predict)`` finds them; by default those that pass midway between
        cells of different classes.
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table ``X``.
    note : str, default=""
        Written under the picture: what is true of it besides, say of columns that it does not show.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    image_ : AxesImage
        The regions, as colours of shape (n_up, n_across, 4).
    boundary_ : Line2D or None
        The lines between them, rows of NaN between two; None if there is one region only. They
        are thinner where they would else cover more than a twelfth of the picture.
    rows_ : LabelledRowsDisplay or None
        The rows on top.

    Raises
    ------
    ValueError
        If shapes disagree, only one of ``X`` and ``y`` is given, a label is not in ``classes``,
        or a boundary is infinite.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import ClassRegionsDisplay, PlaneGrid
    >>> grid = PlaneGrid((0, 1, 0, 1), (2, 2))
    >>> display = ClassRegionsDisplay(["a", "a", "a", "b"], grid).plot(Figure().subplots())
    >>> display.image_.get_array().shape
    (2, 2, 4)
    """

    def __init__(
        self,
        labels: ArrayLike,
        grid: PlaneGrid,
        *,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        y_pred: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        boundaries: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
        note: str = "",
    ) -> None:
        self.grid = grid
        self.note = note
        self.labels: Labels = label_vector(labels, "labels", grid.shape[0] * grid.shape[1])
        if (X is None) != (y is None):
            raise ValueError("X and y must be given together")
        present = [
            None if part is None else as_labels(part, name)
            for part, name in ((y, "y"), (y_pred, "y_pred"))
        ]
        self.classes = class_list(classes, self.labels, *present)
        self.feature_names = axis_names(X, feature_names)
        self._positions = class_positions(self.labels, self.classes, "labels").reshape(grid.shape)
        self.boundaries: Float64 = (
            grid.boundaries(self.labels) if boundaries is None else _lines(boundaries)
        )
        self._rows: LabelledRowsDisplay | None = None
        if X is not None and y is not None:
            self._rows = LabelledRowsDisplay(
                X,
                y,
                y_pred=y_pred,
                classes=self.classes,
                feature_names=self.feature_names,
                note=note,
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        ring_errors: bool = False,
        grid: PlaneGrid | None = None,
        resolution: int = 600,
        view: Literal["most", "all"] = "most",
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Ask the estimator for its regions round the rows, and draw.

        Boundaries are found by bisection, to a hundredth of a cell. Of a grid of 300 cells a side
        and more, every third cell each way is asked first, and the others only along boundaries:
        an island smaller than three cells may be missed.

        Parameters
        ----------
        estimator : object
            Fitted classifier with ``predict`` and ``classes_``. In the plane of a pipeline are the
            columns that its first step takes.
        X : array-like of shape (n, d)
            Rows; they set the extent, and are drawn if ``y`` is given. A table may hold columns of
            any kind that the estimator takes, but for the two of the picture.
        y : array-like of shape (n,), default=None
            True class of each row.
        ring_errors : bool, default=False
            Predict the rows too and ring the wrong ones.
        grid : PlaneGrid, default=None
            The cells; by default ``resolution`` a side round the rows in view.
        resolution : int, default=600
            Cells a side where ``grid`` is not given.
        view : {"most", "all"}, default="most"
            What is in view where ``grid`` is not given. "most": every row, unless a few (two in
            a hundred at most, and not all of a class) lie so far off that the others would fill
            less than a fifth of an axis. "all": every row however far it lies.
        features : sequence of two str or two int, default=None
            The columns of the picture, by name or by position, where rows have more than two. The
            others stay at their medians (or most frequent values), which is said in the picture.
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
        ClassRegionsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``ring_errors`` is asked for without ``y``, ``view`` is unknown, ``X`` has not the
            estimator's columns, it has more than two and no plane of them was chosen, one of the
            picture is not made of finite numbers, or a pipeline's steps are not finite there.
        """
        if ring_errors and y is None:
            raise ValueError("ring_errors=True needs y")
        require_columns(estimator, X, chosen=is_chosen(features, projection))
        plane = plane_of(X, features, projection, feature_names)
        known = None if y is None else as_labels(y)
        if grid is None:
            grid = view_grid(plane.points, known, view, resolution)
        display = asked(estimator, X, y, plane, grid, ring_errors=ring_errors, kind=cls)
        return cast("Self", display).plot(ax, **plot_options)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        region_alpha: float = palette.REGION_ALPHA,
        legend: bool = True,
        title: str | None = None,
        **rows_options: Any,
    ) -> Self:
        """Draw the regions, then the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        region_alpha : float, default=REGION_ALPHA
            Opacity of the regions.
        legend : bool, default=True
            Name the classes above the axes.
        title : str, default=None
            Title.
        **rows_options : dict
            Passed to :meth:`LabelledRowsDisplay.plot`.

        Returns
        -------
        ClassRegionsDisplay
            Itself.
        """
        from matplotlib.colors import to_rgba_array

        handles = (
            class_handles(self.classes) if self._rows is None else self._rows.handles(self.grid)
        )
        groups = [handles] if legend else []
        lines = count_lines(groups) + bool(self.note) + (title is not None)
        axes = one_axes(ax, self.grid.figure_size(lines=lines))
        colors = [palette.class_color(position) for position in range(len(self.classes))]
        cells = to_rgba_array(colors, region_alpha)[self._positions]
        # "none" embeds the cells themselves in an SVG instead of resampling them.
        self.image_ = axes.imshow(
            cells,
            extent=self.grid.extent,
            origin="lower",
            interpolation="none",
            aspect=self.grid.aspect,
            zorder=0,
        )
        self.rows_ = self._rows
        if self._rows is not None:
            self._rows.plot(axes, view=self.grid, legend=legend, title=title, **rows_options)
        else:
            frame(axes, self.grid, self.feature_names, self.note)
            legend_above(axes, groups, title)
        self.boundary_ = self._draw_boundary(axes)
        self.ax_, self.figure_ = axes, axes.figure
        return self

    def other_handles(self) -> list[Line2D]:
        """Return legend handles of rows that are not seen: beyond the grid, or too many to draw."""
        return [] if self._rows is None else self._rows.other_handles(self.grid)

    @property
    def n_wrong(self) -> int | None:
        """How many rows are predicted wrong; None where that was not asked."""
        known = self._rows is not None and self._rows.y_pred is not None
        return self._rows.n_wrong if self._rows is not None and known else None

    def _draw_boundary(self, axes: Axes) -> Line2D | None:
        if not len(self.boundaries):
            return None
        box = axes.get_window_extent()
        side = np.sqrt(box.width * box.height) / axes.figure.dpi * 72
        low, high = np.reshape(self.grid.extent, (2, 2)).T
        length = side * np.nansum(np.hypot(*(np.diff(self.boundaries, axis=0) / (high - low)).T))
        width = min(palette.BOUNDARY_WIDTH, palette.BOUNDARY_SHARE * side**2 / length)
        (line,) = axes.plot(
            *self.boundaries.T,
            color=ink(),
            alpha=palette.BOUNDARY_ALPHA,
            linewidth=width,
            solid_joinstyle="round",
            # Beneath the rows, above the regions.
            zorder=0.5,
        )
        return line


def asked(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike | None,
    plane: Plane,
    grid: PlaneGrid,
    *,
    ring_errors: bool = False,
    classes: Sequence[Any] = (),
    kind: type[ClassRegionsDisplay] = ClassRegionsDisplay,
) -> ClassRegionsDisplay:
    """Ask an estimator for its regions on a plane.

    Parameters
    ----------
    estimator : object
    X, y : array-like of shape (n, d) and (n,) or None
    plane : Plane
        Of these rows.
    grid : PlaneGrid
        Of its cells.
    ring_errors : bool, default=False
    classes : sequence of labels, default=()
        Others that have a colour.
    kind : type, default=ClassRegionsDisplay
    """
    unwrapped = unwrap(estimator)

    def ask(points: Float64) -> Labels:
        return as_labels(unwrapped.ask("predict", points, plane), "labels", each="cell")

    labels = cell_labels(ask, grid)
    known = [None if y is None else as_labels(y), np.asarray(classes) if len(classes) else None]
    return kind(
        labels,
        grid,
        X=None if y is None else plane.points,
        y=y,
        y_pred=estimator.predict(X) if ring_errors else None,
        classes=class_list(None, np.asarray(estimator.classes_), *known),
        boundaries=grid.boundaries(labels, ask),
        feature_names=plane.names,
        note=plane.note,
    )


def _lines(boundaries: ArrayLike) -> Float64:
    points = as_numbers(boundaries, "boundaries", each="point")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"boundaries must have shape (n_points, 2), got {points.shape}")
    if np.isinf(points).any():
        raise ValueError("boundaries must be finite, or NaN between two lines")
    return points
