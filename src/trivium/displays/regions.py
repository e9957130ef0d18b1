"""An estimator's own class regions of the plane, beneath the rows.

scikit-learn's ``DecisionBoundaryDisplay`` does not serve here: with two classes it ignores the
class colours, and it scales its colours to the classes that happen to win somewhere on the grid,
so that in a sweep of k one class changes colour when another vanishes. It also draws a vector patch
a level or a mesh where one small image is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivium.arrays import Indices, Labels
from trivium.displays import palette
from trivium.displays._arrays import (
    axis_names,
    class_list,
    class_positions,
    label_vector,
    points_like,
)
from trivium.displays._axes import legend_above, legend_lines, one_axes
from trivium.displays.grid import PlaneGrid
from trivium.displays.scatter import LabelledRowsDisplay, class_handles
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ClassRegionsDisplay:
    """Class regions as an image of tints, with rows on top where they are given.

    Cells along a boundary keep their class's colour, but stronger: an outline that reads on any
    page and costs no vector.

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
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table ``X``.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    image_ : AxesImage
        The regions, as colours of shape (n_up, n_across, 4).
    rows_ : LabelledRowsDisplay or None
        The rows on top.

    Raises
    ------
    ValueError
        If shapes disagree, only one of ``X`` and ``y`` is given, or a label is not in ``classes``.

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
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.grid = grid
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
        self._rows = None
        if X is not None and y is not None:
            self._rows = LabelledRowsDisplay(
                X, y, y_pred=y_pred, classes=self.classes, feature_names=self.feature_names
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
        resolution: int = 200,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Ask the estimator at every cell round the rows, and draw.

        Parameters
        ----------
        estimator : object
            Fitted classifier of two features with ``predict`` and ``classes_``.
        X : array-like of shape (n, 2)
            Rows; they set the extent, and are drawn if ``y`` is given.
        y : array-like of shape (n,), default=None
            True class of each row.
        ring_errors : bool, default=False
            Predict the rows too and ring the wrong ones.
        grid : PlaneGrid, default=None
            The cells; by default ``resolution`` a side round the rows.
        resolution : int, default=200
            Cells a side where ``grid`` is not given.
        feature_names : sequence of two str, default=None
            Names of the axes; by default those of a table ``X``.
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
            If ``ring_errors`` is asked for without ``y``.
        """
        if ring_errors and y is None:
            raise ValueError("ring_errors=True needs y")
        if grid is None:
            grid = PlaneGrid.around(X, resolution=resolution)
        labels = estimator.predict(points_like(X, grid.points))
        known = None if y is None else as_labels(y)
        display = cls(
            labels,
            grid,
            X=None if y is None else X,
            y=y,
            y_pred=estimator.predict(X) if ring_errors else None,
            classes=class_list(None, np.asarray(estimator.classes_), known),
            feature_names=axis_names(X, feature_names),
        )
        return display.plot(ax, **plot_options)

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

        handles = class_handles(self.classes)
        axes = one_axes(ax, self.grid.figure_size(lines=len(legend_lines(handles))))
        colors = [palette.class_color(position) for position in range(len(self.classes))]
        cells = to_rgba_array(colors, region_alpha)[self._positions]
        cells[on_boundary(self._positions), 3] = palette.BOUNDARY_ALPHA
        # "none" embeds the cells themselves in an SVG instead of resampling them.
        self.image_ = axes.imshow(
            cells,
            extent=self.grid.extent,
            origin="lower",
            interpolation="none",
            zorder=0,
        )
        self.rows_ = self._rows
        if self._rows is not None:
            self._rows.plot(axes, legend=legend, title=title, **rows_options)
        else:
            legend_above(axes, [handles] if legend else [], title)
            axes.set(xlabel=self.feature_names[0], ylabel=self.feature_names[1])
        left, right, bottom, top = self.grid.extent
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        self.ax_, self.figure_ = axes, axes.figure
        return self


def on_boundary(labels: Indices) -> NDArray[np.bool_]:
    """Return which cells have a neighbour, beside or above or below, of another class.

    Parameters
    ----------
    labels : ndarray of shape (n_up, n_across)
        Class of each cell.

    Returns
    -------
    ndarray of bool of shape (n_up, n_across)
        True along boundaries.
    """
    edge = np.zeros(labels.shape, dtype=bool)
    differs = labels[1:] != labels[:-1]
    edge[1:] |= differs
    edge[:-1] |= differs
    differs = labels[:, 1:] != labels[:, :-1]
    edge[:, 1:] |= differs
    edge[:, :-1] |= differs
    return edge
