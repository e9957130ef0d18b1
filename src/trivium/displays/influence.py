"""The least-squares boundary with all rows, and without each of the most influential ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Indices
from trivium.containers import as_array, as_numbers
from trivium.displays import palette
from trivium.displays._arrays import series
from trivium.displays._axes import count_lines, ink, legend_above, legend_lines, one_axes
from trivium.displays._frame import frame
from trivium.displays._pipelines import require_columns, unwrap
from trivium.displays._planes import Features, Projection, is_chosen, plane_of
from trivium.displays._row_numbers import number_rows
from trivium.displays.grid import PlaneGrid
from trivium.displays.lines import class_borders
from trivium.displays.scatter import LabelledRowsDisplay
from trivium.parameters import require_choice, require_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D

    Extent = tuple[float, float, float, float]

_MARGIN = 0.1  # of the view, wider than other pictures': row numbers stand in it
_MOST_NAMED = 5  # in the legend, which would leave no room for the rows
_RAMP = (palette.OUTLIER_COLOR, palette.CLASS_COLORS[6], palette.MUTED)
_DASHES = ((0, (3.2, 1.6)), (0, (2.6, 1.1, 0.9, 1.1)), (0, (1.0, 1.1)))  # seen in a legend


class InfluenceDisplay:
    """Boundary of linear functions over their rows, and the boundary without each of some rows.

    The boundary with all rows is solid ink. Each row that is left out is ringed and numbered,
    and the boundary without it is dashed in the ring's colour. With three classes and more, a
    boundary is all the borders between class regions. A unit is as long on either axis, unless one
    side of the view is more than three times the other: then each axis has its own scale.

    Parameters
    ----------
    coef : array-like of shape (n_targets, 2)
        Coefficients with all rows: one function for two classes, whose zeros are the boundary,
        else one a class, the greatest of which names the class.
    intercept : array-like of shape (n_targets,)
        Their intercepts.
    loo_coef : array-like of shape (m, n_targets, 2)
        Coefficients without each of m rows, left out alone.
    loo_intercept : array-like of shape (m, n_targets)
        Their intercepts.
    rows : array-like of int of shape (m,)
        The numbers of those rows in ``X``, the most influential first.
    X : array-like of shape (n, 2)
        All rows.
    y : array-like of shape (n,)
        Their classes.
    cooks_distance : array-like of shape (m,), default=None
        Of each row left out, for the legend; NaN where it has none.
    classes : array-like of shape (n_classes,), default=None
        Sorted classes, which give each its colour; by default those that occur in ``y``.
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
    line_ : Line2D or None
        The boundary with all rows; None where it has none in view. Borders of several class
        regions are one line, a row of NaN between two.
    loo_lines_ : list of Line2D or None
        The boundary without each row.
    rings_ : PathCollection
        Rings round the rows left out, in the order of ``rows``.
    numbers_ : list of Annotation
        Their numbers, in the order of ``rows``; those of rows that lie close are stacked.
    rows_ : LabelledRowsDisplay
        All rows.

    Raises
    ------
    ValueError
        If shapes disagree, a coefficient is not finite, there is no row of such a number, or a
        label is not in ``classes``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium import LeastSquaresClassifier
    >>> from trivium.displays import InfluenceDisplay
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1], [0, 9]], [0, 0, 1, 1, 1]
    >>> model = LeastSquaresClassifier().fit(X, y)
    >>> display = InfluenceDisplay.from_estimator(model, X, y, top=1, ax=Figure().subplots())
    >>> display.rows
    array([4])
    >>> display.loo_lines_[0].get_xdata().round(9)
    array([0.5, 0.5])
    """

    def __init__(
        self,
        coef: ArrayLike,
        intercept: ArrayLike,
        loo_coef: ArrayLike,
        loo_intercept: ArrayLike,
        rows: ArrayLike,
        X: ArrayLike,
        y: ArrayLike,
        *,
        cooks_distance: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
        note: str = "",
    ) -> None:
        self._rows = LabelledRowsDisplay(
            X, y, classes=classes, feature_names=feature_names, note=note
        )
        self.X, self.y, self.classes = self._rows.X, self._rows.y, self._rows.classes
        self.rows = _row_numbers(rows, len(self.X))
        m, n_targets = self.rows.size, len(self.classes) if len(self.classes) > 2 else 1
        self.coef = _finite(coef, "coef", (n_targets, 2))
        self.intercept = _finite(intercept, "intercept", (n_targets,))
        self.loo_coef = _finite(loo_coef, "loo_coef", (m, n_targets, 2))
        self.loo_intercept = _finite(loo_intercept, "loo_intercept", (m, n_targets))
        self.cooks_distance: Float64 | None = None
        if cooks_distance is not None:
            self.cooks_distance = series(cooks_distance, "cooks_distance", m)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        top: int = 3,
        sample_weight: ArrayLike | None = None,
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Find the most influential rows of a fit, and draw.

        Parameters
        ----------
        estimator : LeastSquaresClassifier or LeastSquaresClassifierCV
            Fitted to these rows; or a pipeline that ends in one, whose other steps are linear.
            They stay as fitted to all rows when one is left out.
        X : array-like of shape (n, d)
            The rows it was fitted to, all of them.
        y : array-like of shape (n,)
            Their classes.
        top : int, default=3
            How many of the most influential rows to leave out, each alone.
        sample_weight : array-like of shape (n,), default=None
            The weights it was fitted with.
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
        InfluenceDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If ``top`` is not an integer.
        ValueError
            If ``X`` has not the estimator's columns, it has more than two and no plane of them was
            chosen, ``top`` is below 1, these are not the rows that the estimator was fitted to, or
            a pipeline's steps are not linear.
        """
        require_columns(estimator, X, chosen=is_chosen(features, projection))
        plane = plane_of(X, features, projection, feature_names)
        require_number("top", top, least=1, integer=True)
        unwrapped = unwrap(estimator)
        unwrapped.require("influence", "LeastSquaresClassifier, LeastSquaresClassifierCV")
        model = unwrapped.model
        influence = model.influence(unwrapped.rows(X), y, sample_weight)
        most = influence.table(top)
        loo_coef, loo_intercept = influence.loo_coef(most["row"])
        display = cls(
            *unwrapped.planes(model.coef_, model.intercept_, plane),
            *unwrapped.planes(loo_coef, loo_intercept, plane),
            most["row"],
            plane.points,
            y,
            cooks_distance=most["cooks_distance"],
            classes=model.classes_,
            feature_names=plane.names,
            note=plane.note,
        )
        return display.plot(ax, **plot_options)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        view: Literal["all", "rows"] = "all",
        legend: bool = True,
        title: str | None = None,
        **rows_options: Any,
    ) -> Self:
        """Draw the rows, the boundaries, and the rings.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        view : {"all", "rows"}, default="all"
            Show every row however far it lies, or stay near those that are not ringed, where
            the turn of the boundary is seen best.
        legend : bool, default=True
            Name the classes and the boundaries above the axes.
        title : str, default=None
            Title.
        **rows_options : dict
            Passed to :meth:`LabelledRowsDisplay.plot`.

        Returns
        -------
        InfluenceDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``view`` is unknown.
        """
        require_choice("view", view, ("all", "rows"))
        grid = PlaneGrid.around(self._in_view(view), margin=_MARGIN)
        bounds = self._bounds(grid.extent)
        looks = _looks(self.rows.size)
        groups = self._handles(bounds, looks, rows_options) if legend else []
        lines = count_lines(groups) + bool(self._rows.note) + (title is not None)
        axes = one_axes(ax, grid.figure_size(lines=lines))
        # Of the rows beyond, those left out have their numbers at the edge, and others are not.
        self.rows_ = self._rows.plot(
            axes, view="all", legend=False, **{"alpha": 0.55, **rows_options}
        )
        drawn: list[Line2D | None] = []
        for bound, look in zip(bounds, looks, strict=True):
            drawn.append(None if bound is None else axes.plot(*bound.T, **look)[0])
        self.line_, *self.loo_lines_ = drawn
        place, colors = self.X[self.rows], [look["color"] for look in looks[1:]]
        self.rings_: PathCollection = axes.scatter(
            place[:, 0],
            place[:, 1],
            s=75,
            facecolors="none",
            edgecolors=colors,
            linewidths=1.5,
            zorder=3,
        )
        obstacles = np.concatenate([self.X, *map(_dotted, bounds)])
        self.numbers_ = number_rows(axes, self.rows, place, colors, obstacles, grid)
        frame(axes, grid, self._rows.feature_names, self._rows.note)
        legend_above(axes, groups, title)
        self.ax_, self.figure_ = axes, axes.figure
        return self

    def _in_view(self, view: str) -> Float64:
        if view == "all" or self.rows.size == len(self.X):
            return self.X
        return np.delete(self.X, self.rows, axis=0)

    def _bounds(self, extent: Extent) -> list[Float64 | None]:
        """Return the boundary with all rows, then that without each."""
        coefs = np.concatenate([self.coef[None], self.loo_coef])
        intercepts = np.concatenate([self.intercept[None], self.loo_intercept])
        return [class_borders(*fit, extent) for fit in zip(coefs, intercepts, strict=True)]

    def _handles(
        self,
        bounds: Sequence[Float64 | None],
        looks: Sequence[dict[str, Any]],
        rows_options: dict[str, Any],
    ) -> list[list[Line2D]]:
        from matplotlib.lines import Line2D

        names = ["with all rows", *map(self._name, range(self.rows.size))]
        handles = []
        for name, look, bound in zip(names, looks, bounds, strict=True):
            label = name if bound is not None else f"{name}: no boundary in view"
            handles.append(Line2D([], [], label=label, **look))
        unnamed = len(handles) - 1 - _MOST_NAMED
        if unnamed > 0:
            handles[1 + _MOST_NAMED :] = [Line2D([], [], ls="", label=f"and {unnamed} more")]
        rows = self._rows.unmarked_handles(**rows_options)
        if len(legend_lines(rows + handles[:1])) == 1:
            return [rows + handles[:1], handles[1:]]
        return [rows, handles]

    def _name(self, place: int) -> str:
        name = f"without row {self.rows[place]}"
        if self.cooks_distance is None or np.isnan(self.cooks_distance[place]):
            return name
        return f"{name} (Cook {self.cooks_distance[place]:.3g})"


def _looks(n_rows: int) -> list[dict[str, Any]]:
    """Return how the boundary with all rows is drawn, then those without each.

    The colours go from the one that stands out to grey. Where boundaries coincide, as those do
    that hardly turn, the gaps of each show the next, and ink last.
    """
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("", _RAMP)
    looks = [{"color": ink(), "linestyle": "-", "lw": 2.2, "zorder": 2.5}]
    for place, color in enumerate(ramp(np.linspace(0, 1, n_rows))):
        above = {"lw": 1.8, "zorder": 2.6 - 0.05 * place / n_rows}
        looks.append({"color": color, "linestyle": _DASHES[place % len(_DASHES)], **above})
    return looks


def _dotted(bound: Float64 | None) -> Float64:
    """Return points along a boundary, close enough that none passes unseen beneath a number."""
    if bound is None:
        return np.empty((0, 2))
    steps = np.linspace(0, 1, 100)[:, None, None]
    points: Float64 = bound[::3] + steps * (bound[1::3] - bound[::3])
    return points.reshape(-1, 2)


def _finite(values: ArrayLike, name: str, shape: tuple[int, ...]) -> Float64:
    array = as_numbers(values, name, each="place")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but it holds NaN or infinity")
    return array


def _row_numbers(rows: ArrayLike, n: int) -> Indices:
    numbers = as_array(rows, "rows", each="place")
    if numbers.ndim != 1 or numbers.size == 0 or numbers.dtype.kind not in "iu":
        raise ValueError(f"rows must be a list of row numbers and not empty, got {rows!r}")
    beyond = numbers[(numbers < 0) | (numbers >= n)]
    if beyond.size:
        raise ValueError(f"rows names row {beyond[0]}, but X has {n} rows")
    return numbers.astype(np.intp)
