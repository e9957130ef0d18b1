"""Densities over the plane: p(x), p(x|c) and p(c|x) of each class."""

from __future__ import annotations

from collections.abc import Sequence
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
from trivium.displays._axes import font_size, own_width, panels, plain, wrapped
from trivium.displays._fields import (
    METHODS,
    color_range,
    draw_logs,
    draw_probabilities,
    field,
    kinds_of,
)
from trivium.displays._frame import frame, mark_beyond, view_grid
from trivium.displays._pipelines import require_columns, unwrap
from trivium.displays._planes import Features, Projection, is_chosen, plane_of
from trivium.displays.grid import PlaneGrid
from trivium.displays.scatter import drawn_rows, point_size
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from trivium.displays._axes import AxesLike

    Panel = tuple[Literal["p(x)", "p(x|c)", "p(c|x)"], int]

_MOST_COLUMNS = 3  # of panels, unless more are asked for


class DensityDisplay:
    """Fields of densities on a grid, a panel each, with the rows as small points.

    Nearest-neighbour densities peak sharply at rows and may be infinite there, so colours run
    over the logarithm, from the 1st to the 99.5th percentile of the finite values; what lies
    outside takes the end colour, and the colour bar points that way. Its ticks are densities.
    Probabilities of classes, p(c|x), run from 0 to 1. What is exactly zero is grey.

    A unit is as long on either axis, unless one side of the grid is more than three times the
    other: then the units differ, and each axis has its own scale. Arrows at the edge point to rows
    beyond the grid if they are few.

    Parameters
    ----------
    log_density : array-like of shape (n_cells,) or None
        log p(x) at each of ``grid.points``, per unit of area; may hold +inf and -inf.
    class_log_density : array-like of shape (n_cells, n_classes) or None
        log p(x|c) at the same points; None of rows without labels.
    grid : PlaneGrid
        The cells.
    class_probability : array-like of shape (n_cells, n_classes), default=None
        p(c|x) at the same points.
    classes : array-like of shape (n_classes,), default=None
        Sorted classes, in the order of the columns; needed where there are fields of classes.
    X : array-like of shape (n, 2), default=None
        Rows to draw on top.
    y : array-like of shape (n,), default=None
        Their classes: p(x|c) has those of its class, and none if these are not given.
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table ``X``.
    note : str, default=""
        Written under the first panel: what is true of it besides.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        The panels.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of AxesImage
        The field of each panel, in logarithms or probabilities; masked where it is zero.

    Raises
    ------
    ValueError
        If there is no field, shapes disagree, a density is NaN, a probability is none, ``classes``
        or ``X`` is missing, or a label is not in ``classes``.

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
        log_density: ArrayLike | None,
        class_log_density: ArrayLike | None,
        grid: PlaneGrid,
        *,
        class_probability: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
        note: str = "",
    ) -> None:
        self.grid, self.note = grid, note
        given = {"p(x)": log_density, "p(x|c)": class_log_density, "p(c|x)": class_probability}
        if all(values is None for values in given.values()):
            raise ValueError("log_density, class_log_density or class_probability must be given")
        if classes is None and not (class_log_density is None and class_probability is None):
            raise ValueError("classes must name the columns of the fields of classes")
        self.classes: Labels = np.empty(0, dtype=int) if classes is None else class_list(classes)
        n_cells = grid.shape[0] * grid.shape[1]
        by_class = (n_cells, len(self.classes))
        self.log_density = field(log_density, "log_density", (n_cells,))
        self.class_log_density = field(class_log_density, "class_log_density", by_class)
        self.class_probability = field(class_probability, "class_probability", by_class)
        if (
            self.class_probability is not None
            and (np.abs(self.class_probability - 0.5) > 0.5).any()
        ):
            raise ValueError("class_probability must lie between 0 and 1")
        self.kinds = [kind for kind, values in given.items() if values is not None]
        self.feature_names = axis_names(X, feature_names)
        self.X = None if X is None else plane_rows(X)
        self.y: Labels | None = None
        if y is not None:
            if self.X is None:
                raise ValueError("y must not be given without X")
            self.y = label_vector(y, "y", len(self.X))
            if len(self.classes):
                class_positions(self.y, self.classes, "y")
        if self.X is not None:
            self._drawn, said = drawn_rows(self.X, self.y)
            self.note = "; ".join(filter(None, (note, said)))

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        panels: Sequence[str] | None = None,
        grid: PlaneGrid | None = None,
        resolution: int = 200,
        view: Literal["most", "all"] = "most",
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Ask the estimator for its densities at every cell round the rows, and draw.

        Parameters
        ----------
        estimator : KNeighborsDensity
            Fitted, with labels or without; any with the methods that the panels ask
            (``score_samples``, ``class_score_samples``, ``predict_proba``) will do, so any
            classifier for "p(c|x)", and a pipeline that ends in one: its densities are per unit
            of area of the columns that its first step takes, whatever the units of the last.
        X : array-like of shape (n, d)
            Rows; they set the extent, and are drawn.
        y : array-like of shape (n,), default=None
            Class of each row.
        panels : sequence of {"p(x)", "p(x|c)", "p(c|x)"}, default=None
            What is drawn: p(x) once, the others for each class. By default p(x), and p(x|c) of
            an estimator that was fitted with labels.
        grid : PlaneGrid, default=None
            The cells; by default ``resolution`` a side round the rows in view.
        resolution : int, default=200
            Cells a side where ``grid`` is not given.
        view : {"most", "all"}, default="most"
            What is in view where ``grid`` is not given. "most": every row, unless a few (two in
            a hundred at most, and not all of a class) lie so far off that the others would fill
            less than a fifth of an axis. "all": every row however far it lies.
        features, projection, feature_names
            As in :meth:`ClassRegionsDisplay.from_estimator`; densities are those of whole rows.
        ax : matplotlib Axes or one a panel, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ValueError
            If ``view`` or a panel is unknown, ``X`` has not the estimator's columns, it has more
            than two and no plane of them was chosen, the estimator lacks what a panel asks, or a
            pipeline's steps are not finite in the picture or lead to another number of columns.
        """
        require_columns(estimator, X, chosen=is_chosen(features, projection))
        plane = plane_of(X, features, projection, feature_names)
        if grid is None:
            known = None if y is None else as_labels(y)
            grid = view_grid(plane.points, known, view, resolution)
        unwrapped = unwrap(estimator)
        classes = getattr(unwrapped.model, "classes_", None)
        if panels is None:
            panels = ["p(x)"] if classes is None else ["p(x)", "p(x|c)"]
        fields: dict[str, Float64] = {}
        for kind in reversed(kinds_of(panels)):
            method, owners = METHODS[kind]
            unwrapped.require(method, owners)
            fields[kind] = unwrapped.ask(method, grid.points, plane)
        if "p(x)" in fields or "p(x|c)" in fields:
            areas = unwrapped.log_areas(grid.points, grid.cell, plane)
            for kind in fields.keys() - {"p(c|x)"}:
                fields[kind] = (fields[kind].T + areas).T
        display = cls(
            fields.get("p(x)"),
            fields.get("p(x|c)"),
            grid,
            class_probability=fields.get("p(c|x)"),
            classes=classes,
            X=plane.points,
            y=y,
            feature_names=plane.names,
            note=plane.note,
        )
        return display.plot(ax, panels=panels, **plot_options)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        panels: Sequence[str] | None = None,
        only: Sequence[Any] | None = None,
        common_scale: bool = False,
        n_columns: int | None = None,
        title: str | None = None,
        size: float | None = None,
    ) -> Self:
        """Draw the fields.

        Parameters
        ----------
        ax : matplotlib Axes or one a panel, default=None
            Where to draw; a single one is divided; a new figure by default.
        panels : sequence of {"p(x)", "p(x|c)", "p(c|x)"}, default=None
            What is drawn, in this order: p(x) once, the others for each class; by default all
            that there is.
        only : sequence of labels, default=None
            The classes that have panels; by default all.
        common_scale : bool, default=False
            One scale for the densities of all panels, which can then be compared; by default
            each panel has its own.
        n_columns : int, default=None
            Panels side by side; by default all, in a figure of its own three at most.
        title : str, default=None
            Stands before the name of the first panel.
        size : float, default=None
            Area of a row's point in points squared; by default less where rows are many.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ValueError
            If a panel or a class is not there, ``n_columns`` is below one, or ``ax`` does not hold
            as many axes as panels.
        """
        chosen = self._chosen(self.kinds if panels is None else kinds_of(panels), only)
        most = _MOST_COLUMNS if ax is None else len(chosen)
        # Rows of panels are as full as each other.
        columns = -(-len(chosen) // -(-len(chosen) // most)) if n_columns is None else n_columns
        if columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns}")
        side = own_width(5.2 if len(chosen) == 1 else 3.5, 3.1)
        width, height = self.grid.figure_size(side, lines=bool(self.note))
        size_inches = (width * columns, height * -(-len(chosen) // columns))
        densities = [self._values(panel) for panel in chosen if panel[0] != "p(c|x)"]
        limits = color_range(np.concatenate(densities)) if common_scale and densities else None
        self.axes_ = _panels(ax, len(chosen), columns, size_inches)
        self.images_: list[AxesImage] = []
        for place, (axes, panel) in enumerate(zip(self.axes_, chosen, strict=True)):
            said = (None, "") if place else (title, self.note)
            self.images_.append(self._draw(axes, panel, size, limits, *said))
            if place % columns:
                axes.set_ylabel("")
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def plot_panel(
        self, ax: Axes, panel: int, *, title: str | None = None, size: float | None = None
    ) -> AxesImage:
        """Draw one of the fields, for pictures that stand apart.

        Parameters
        ----------
        ax : matplotlib Axes
            Where to draw.
        panel : int
            0 for p(x), 1 + c for p(x given c), 1 + n_classes + c for p(c given x), where c is the
            place of a class.
        title : str, default=None
            Stands before the name of the field.
        size : float, default=None
            Area of a row's point in points squared; by default smaller where rows are many.

        Returns
        -------
        matplotlib AxesImage
        """
        kind, place = divmod(panel - 1, max(1, len(self.classes)))
        chosen: Panel = (("p(x|c)", "p(c|x)")[kind], place) if panel else ("p(x)", 0)
        return self._draw(ax, chosen, size, None, title, self.note)

    def _chosen(self, kinds: Sequence[Any], only: Sequence[Any] | None) -> list[Panel]:
        """Return the panels: kinds, and places of classes."""
        places = list(range(len(self.classes)))
        if only is not None:
            shown = as_labels(list(only), "only", each="place")
            places = class_positions(shown, self.classes, "only").tolist()
        panels: list[Panel] = []
        for kind in kinds:
            panels += [(kind, 0)] if kind == "p(x)" else [(kind, place) for place in places]
        if not panels:
            raise ValueError("panels and only leave no panel")
        return panels

    def _values(self, panel: Panel) -> Float64:
        kind, place = panel
        fields = (self.log_density, self.class_log_density, self.class_probability)
        values = dict(zip(METHODS, fields, strict=True))[kind]
        if values is None:
            raise ValueError(f"the display has no field {kind!r}")
        return values if kind == "p(x)" else values[:, place]

    def _name(self, panel: Panel) -> str:
        kind, place = panel
        if kind == "p(x)":
            return kind
        label = plain(self.classes[place])
        return f"p(x | {label})" if kind == "p(x|c)" else f"p({label} | x)"

    def _draw(
        self,
        ax: Axes,
        panel: Panel,
        size: float | None,
        limits: tuple[float, float] | None,
        title: str | None,
        note: str,
    ) -> AxesImage:
        self._draw_rows(ax, panel, size)
        if panel[0] == "p(c|x)":
            image = draw_probabilities(ax, self._values(panel), self.grid)
        else:
            image = draw_logs(ax, self._values(panel), self.grid, limits)
        frame(ax, self.grid, self.feature_names, note)
        name = self._name(panel) if title is None else f"{title}: {self._name(panel)}"
        room = ax.bbox.width / ax.figure.dpi * 72
        ax.set_title(wrapped(name, room, font_size("axes.titlesize")))
        return image

    def _draw_rows(self, axes: Axes, panel: Panel, size: float | None) -> None:
        if self.X is None or (panel[0] == "p(x|c)" and self.y is None):
            return
        of_class = self.y == self.classes[panel[1]] if panel[0] == "p(x|c)" else True
        mine = np.broadcast_to(of_class, len(self.X))
        rows = self.X[self._drawn[mine[self._drawn]]]
        if size is None:
            size = 0.25 * point_size(axes, max(1, self._drawn.size))
        axes.scatter(
            rows[:, 0],
            rows[:, 1],
            s=size,
            color=palette.FIELD_ROW_COLOR,
            alpha=0.55,
            linewidths=0,
            rasterized=True,
        )
        arrows = [palette.FIELD_ARROW_COLOR] * len(self.X)
        mark_beyond(axes, self.X[mine], arrows, self.grid, palette.FIELD_ROW_COLOR)


_panels = panels
