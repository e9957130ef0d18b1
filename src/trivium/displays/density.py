"""Densities over the plane: p(x), then p(x|c) of each class, each with its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

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
    plane_rows,
)
from trivium.displays._axes import font_size, panels, plain, wrapped
from trivium.displays._frame import frame, mark_beyond, view_grid
from trivium.displays._pipelines import require_plane, unwrap
from trivium.displays.grid import PlaneGrid
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from trivium.displays._axes import AxesLike


class DensityDisplay:
    """Fields of log densities on a grid, one panel each, with the rows as small points.

    Nearest-neighbour densities peak sharply at rows and may be infinite there, so colours run
    over the logarithm, from the 1st to the 99.5th percentile of the finite values; what lies
    outside takes the end colour, and the colour bar points that way. Its ticks are densities.

    A unit is as long on either axis, unless one side of the grid is more than three times the
    other: then the units differ, and each axis has its own scale. Arrows at the edge point to rows
    beyond the grid if they are few.

    Parameters
    ----------
    log_density : array-like of shape (n_cells,)
        log p(x) at each of ``grid.points``, per unit of area; may hold +inf and -inf.
    class_log_density : array-like of shape (n_cells, n_classes)
        log p(x|c) at the same points.
    grid : PlaneGrid
        The cells.
    classes : array-like of shape (n_classes,)
        Sorted classes, in the order of the columns.
    X, y : array-like of shape (n, 2) and (n,), default=None
        Rows to draw on top, and their classes.
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table ``X``.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        The panels: p(x), then p(x|c) in the order of ``classes``.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of AxesImage
        The field of each panel, in natural logarithms.

    Raises
    ------
    ValueError
        If shapes disagree, a density is NaN, only one of ``X`` and ``y`` is given, or a label
        is not in ``classes``.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import DensityDisplay, PlaneGrid
    >>> grid = PlaneGrid((0, 1, 0, 1), (2, 2))
    >>> log_p = np.array([0.0, -1.0, -2.0, np.inf])
    >>> display = DensityDisplay(log_p, np.column_stack([log_p, log_p]), grid, classes=[0, 1])
    >>> [ax.get_title() for ax in display.plot(Figure().subplots(1, 3)).axes_]
    ['p(x)', 'p(x | 0)', 'p(x | 1)']
    """

    def __init__(
        self,
        log_density: ArrayLike,
        class_log_density: ArrayLike,
        grid: PlaneGrid,
        *,
        classes: ArrayLike,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.grid = grid
        self.classes = class_list(classes)
        n_cells = grid.shape[0] * grid.shape[1]
        self.log_density = _field(log_density, "log_density", (n_cells,))
        self.class_log_density = _field(
            class_log_density, "class_log_density", (n_cells, len(self.classes))
        )
        if (X is None) != (y is None):
            raise ValueError("X and y must be given together")
        self.X: Float64 | None = None
        self.y: Labels | None = None
        self.feature_names = axis_names(X, feature_names)
        if X is not None and y is not None:
            self.X = plane_rows(X)
            self.y = label_vector(y, "y", len(self.X))
            class_positions(self.y, self.classes, "y")

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        grid: PlaneGrid | None = None,
        resolution: int = 200,
        view: Literal["most", "all"] = "most",
        feature_names: Sequence[str] | None = None,
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Ask the estimator for its densities at every cell round the rows, and draw.

        Parameters
        ----------
        estimator : KNeighborsDensity
            Fitted; any with ``score_samples``, ``class_score_samples`` and ``classes_`` will do,
            and a pipeline that ends in one: its densities are per unit of area of the columns
            that its first step takes, whatever the units of the last.
        X : array-like of shape (n, 2)
            Rows; they set the extent, and are drawn if ``y`` is given.
        y : array-like of shape (n,), default=None
            Class of each row.
        grid : PlaneGrid, default=None
            The cells; by default ``resolution`` a side round the rows in view.
        resolution : int, default=200
            Cells a side where ``grid`` is not given.
        view : {"most", "all"}, default="most"
            What is in view where ``grid`` is not given. "most": every row, unless a few (two in
            a hundred at most, and not all of a class) lie so far off that the others would fill
            less than a fifth of an axis. "all": every row however far it lies.
        feature_names : sequence of two str, default=None
            Names of the axes; by default those of a table ``X``.
        ax : matplotlib Axes or 1 + n_classes of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        DensityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``view`` is unknown, ``X`` or the estimator has not two columns, or a pipeline's
            steps are not finite in the picture or do not lead to a plane.
        """
        require_plane(estimator, X)
        if grid is None:
            known = None if y is None else as_labels(y)
            grid = view_grid(plane_rows(X), known, view, resolution)
        unwrapped = unwrap(estimator)
        unwrapped.require("class_score_samples", "KNeighborsDensity")
        log_density = unwrapped.ask("score_samples", grid.points, X)
        class_log_density = unwrapped.ask("class_score_samples", grid.points, X)
        areas = unwrapped.log_areas(grid.points, grid.cell, X)
        display = cls(
            log_density + areas,
            class_log_density + areas[:, None],
            grid,
            classes=unwrapped.model.classes_,
            X=None if y is None else X,
            y=y,
            feature_names=axis_names(X, feature_names),
        )
        return display.plot(ax, **plot_options)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        n_columns: int | None = None,
        title: str | None = None,
        size: float = 2.0,
    ) -> Self:
        """Draw the fields.

        Parameters
        ----------
        ax : matplotlib Axes or 1 + n_classes of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        n_columns : int, default=None
            Panels side by side; all of them by default.
        title : str, default=None
            Stands before the name of the first panel.
        size : float, default=2.0
            Area of a row's point, in points squared.

        Returns
        -------
        DensityDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``n_columns`` is below one or ``ax`` does not hold as many axes as panels.
        """
        n_panels = 1 + len(self.classes)
        columns = n_panels if n_columns is None else n_columns
        if columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns}")
        width, height = self.grid.figure_size(3.1, lines=0)
        size_inches = (width * columns, height * -(-n_panels // columns))
        self.axes_ = panels(ax, n_panels, columns, size_inches)
        self.images_: list[AxesImage] = []
        for panel, axes in enumerate(self.axes_):
            first = title if panel == 0 else None
            self.images_.append(self.plot_panel(axes, panel, title=first, size=size))
            if panel % columns:
                axes.set_ylabel("")
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def plot_panel(
        self, ax: Axes, panel: int, *, title: str | None = None, size: float = 2.0
    ) -> AxesImage:
        """Draw one of the fields, for pictures that stand apart.

        Parameters
        ----------
        ax : matplotlib Axes
            Where to draw.
        panel : int
            0 for p(x), 1 + c for p(x given c).
        title : str, default=None
            Stands before the name of the field.
        size : float, default=2.0
            Area of a row's point, in points squared.

        Returns
        -------
        matplotlib AxesImage
            The field drawn.
        """
        name = "p(x)" if panel == 0 else f"p(x | {plain(self.classes[panel - 1])})"
        field = self.log_density if panel == 0 else self.class_log_density[:, panel - 1]
        self._draw_rows(ax, panel, size)
        image = _draw_field(ax, field, self.grid)
        frame(ax, self.grid, self.feature_names)
        name = name if title is None else f"{title}: {name}"
        room = ax.bbox.width / ax.figure.dpi * 72
        ax.set_title(wrapped(name, room, font_size("axes.titlesize")))
        return image

    def _draw_rows(self, axes: Axes, panel: int, size: float) -> None:
        if self.X is None or self.y is None:
            return
        rows = self.X if panel == 0 else self.X[self.y == self.classes[panel - 1]]
        axes.scatter(
            rows[:, 0],
            rows[:, 1],
            s=size,
            color=palette.FIELD_ROW_COLOR,
            alpha=0.55,
            linewidths=0,
            rasterized=True,
        )
        colors = [palette.FIELD_ARROW_COLOR] * len(rows)
        mark_beyond(axes, rows, colors, self.grid, palette.FIELD_ROW_COLOR)


def _field(values: ArrayLike, name: str, shape: tuple[int, ...]) -> Float64:
    array = as_numbers(values, name, each="cell")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if np.isnan(array).any():
        raise ValueError(f"{name} holds NaN")
    return array


def _draw_field(axes: Axes, field: Float64, grid: PlaneGrid) -> AxesImage:
    low, high = color_range(field)
    image = axes.imshow(
        np.clip(field, low, high).reshape(grid.shape),
        extent=grid.extent,
        origin="lower",
        cmap=palette.SEQUENTIAL,
        vmin=low,
        vmax=high,
        interpolation="none",
        aspect=grid.aspect,
        zorder=0,
    )
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max"}
    extend = ends.get((bool(field.min() < low), bool(field.max() > high)), "both")
    # An inset keeps the bar as tall as the panel whatever the aspect makes of it.
    bar = axes.figure.colorbar(
        image, cax=axes.inset_axes((1.03, 0.0, 0.045, 1.0)), extend=extend, extendfrac=0.03
    )
    ticks = density_ticks(low, high)
    bar.set_ticks(np.log(ticks).tolist(), labels=[f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)
    return image


def color_range(field: Float64) -> tuple[float, float]:
    """Return the ends of the colour scale: percentiles 1 and 99.5 of the finite values."""
    finite = field[np.isfinite(field)]
    if finite.size == 0:
        return -1.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (1.0, 99.5)))
    # A constant field still needs a scale of some width for its colour to be defined.
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def density_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round densities between exp(``low``) and exp(``high``), at most ``most``.

    They are 1, 2 and 5 times powers of ten, or as few powers of ten as fit.
    """
    first, last = int(np.floor(low / np.log(10))), int(np.ceil(high / np.log(10)))
    ticks: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        candidates = [float(f"{f}e{decade}") for decade in range(first, last + 1) for f in factors]
        ticks = [tick for tick in candidates if np.exp(low) <= tick <= np.exp(high)]
        if len(ticks) <= most:
            return ticks
    return ticks[:: -(-len(ticks) // most)]
