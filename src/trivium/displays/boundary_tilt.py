"""How an outlier turns the least-squares boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.containers import as_numbers
from trivium.displays import palette
from trivium.displays._arrays import plane_rows, series
from trivium.displays._axes import count_lines, ink, legend_above, one_axes
from trivium.displays._drag import drag_fits
from trivium.displays._frame import frame
from trivium.displays._pipelines import require_columns, unwrap
from trivium.displays._planes import Features, Projection, plane_of
from trivium.displays.grid import PlaneGrid
from trivium.displays.lines import clip_boundary, fit_colors, name_lines, named_in_place
from trivium.displays.scatter import LabelledRowsDisplay
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D

    Extent = tuple[float, float, float, float]


class BoundaryTiltDisplay:
    """Boundary lines f(x) = 0 of several fits over one scatter of rows.

    The fits are in order, say of an outlier's growing scale: their lines take their colours in
    order from one sequential map, and each outlier takes the colour of its fit. A unit is as long
    on either axis, unless one side of the view is more than three times the other: then each axis
    has its own scale.

    Parameters
    ----------
    coefs : array-like of shape (n_fits, 2)
        Coefficients of each fit's f(x) = x·coef + intercept.
    intercepts : array-like of shape (n_fits,)
        Intercept of each fit.
    X : array-like of shape (n, 2)
        Rows that all fits share.
    y : array-like of shape (n,)
        Their classes.
    labels : sequence of n_fits str, default=None
        Names of the fits; by default "fit 1", "fit 2", ...
    outliers : array-like of shape (n_fits, 2), default=None
        The row that each fit had besides; a row of NaN for a fit without one, whose line is
        dashed ink.
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
    lines_ : list of Line2D or None
        The boundary of each fit; None where it has none in view.
    outlier_points_ : list of PathCollection or None
        The outlier of each fit; None where it has none in view.
    rows_ : LabelledRowsDisplay
        The rows.

    Raises
    ------
    ValueError
        If shapes disagree, a coefficient is not finite, or a label is not in ``classes``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import BoundaryTiltDisplay
    >>> rows = [[0.0, 0.0], [1.0, 1.0]]
    >>> display = BoundaryTiltDisplay([[1.0, 0.0]], [-0.5], rows, [0, 1]).plot(Figure().subplots())
    >>> display.lines_[0].get_xdata()
    array([0.5, 0.5])
    """

    def __init__(
        self,
        coefs: ArrayLike,
        intercepts: ArrayLike,
        X: ArrayLike,
        y: ArrayLike,
        *,
        labels: Sequence[str] | None = None,
        outliers: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
        note: str = "",
    ) -> None:
        self.coefs: Float64 = as_numbers(coefs, "coefs", each="fit")
        if self.coefs.ndim != 2 or self.coefs.shape[1] != 2 or not len(self.coefs):
            raise ValueError(f"coefs must have shape (n_fits, 2), got {self.coefs.shape}")
        n_fits = len(self.coefs)
        self.intercepts = series(intercepts, "intercepts", n_fits)
        if not (np.isfinite(self.coefs).all() and np.isfinite(self.intercepts).all()):
            raise ValueError("coefs and intercepts must be finite")
        self.labels = [f"fit {i + 1}" for i in range(n_fits)] if labels is None else list(labels)
        if len(self.labels) != n_fits:
            raise ValueError(f"labels must name {n_fits} fits, got {len(self.labels)}")
        self.outliers: Float64 | None = None
        if outliers is not None:
            self.outliers = as_numbers(outliers, "outliers", each="fit")
            if self.outliers.shape != (n_fits, 2):
                raise ValueError(
                    f"outliers must have shape ({n_fits}, 2), one a fit, got {self.outliers.shape}"
                )
        self._rows = LabelledRowsDisplay(
            X, y, classes=classes, feature_names=feature_names, note=note
        )
        self.X, self.y, self.classes = self._rows.X, self._rows.y, self._rows.classes

    @classmethod
    def from_estimators(
        cls,
        estimators: Sequence[Any],
        X: ArrayLike,
        y: ArrayLike,
        *,
        labels: Sequence[str] | None = None,
        outliers: ArrayLike | None = None,
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the boundaries of fitted two-class linear classifiers.

        Parameters
        ----------
        estimators : sequence of LeastSquaresClassifier
            Fitted on two classes; any with ``coef_`` of shape (1, d) and ``intercept_`` of shape
            (1,) will do, and pipelines that end in one and whose other steps are linear.
        X : array-like of shape (n, d)
            Rows that all fits share.
        y : array-like of shape (n,)
            Their classes.
        labels : sequence of str, default=None
            Names of the fits; by default "fit 1", "fit 2", ...
        outliers : array-like of shape (n_estimators, 2), default=None
            The row that each fit had besides, by its place in the picture; a row of NaN for a fit
            without one, whose line is dashed ink.
        features, projection, feature_names
            As in :meth:`ClassRegionsDisplay.from_estimator`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        BoundaryTiltDisplay

        Raises
        ------
        ValueError
            If there is no estimator, ``X`` has not the columns of one of them, it has more than
            two and no plane of them was chosen, one has not a single boundary, or a pipeline's
            steps are not linear.
        """
        if not estimators:
            raise ValueError("estimators must hold at least one fitted classifier")
        for estimator in estimators:
            require_columns(estimator, X, chosen=features is not None or projection is not None)
        plane = plane_of(X, features, projection, feature_names)
        fits = []
        for unwrapped in map(unwrap, estimators):
            unwrapped.require("coef_", "LeastSquaresClassifier, SoftmaxRegression")
            coef = np.atleast_2d(unwrapped.model.coef_)
            if len(coef) != 1:
                raise ValueError(
                    f"each estimator must have one row of coef_, for two classes, got {len(coef)}"
                )
            fits.append(unwrapped.planes(coef, np.ravel(unwrapped.model.intercept_), plane))
        display = cls(
            [coef[0] for coef, _ in fits],
            [intercept[0] for _, intercept in fits],
            plane.points,
            y,
            labels=labels,
            outliers=outliers,
            classes=np.unique(estimators[0].classes_),
            feature_names=plane.names,
            note=plane.note,
        )
        return display.plot(ax, **plot_options)

    @classmethod
    def from_drag(
        cls,
        model: Any,
        X: ArrayLike,
        y: ArrayLike,
        outliers: ArrayLike,
        *,
        label: Any = None,
        labels: Sequence[str] | None = None,
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Fit without an outlier, then with it at each of several places, and draw.

        Parameters
        ----------
        model : LeastSquaresClassifier
            What is fitted, copies of it: any two-class linear classifier, or a pipeline that ends
            in one and whose other steps are linear.
        X, y : array-like of shape (n, d) and (n,)
            The rows without the outlier, and their two classes.
        outliers : array-like of shape (n_places, 2)
            Where in the picture the outlier stands, in turn.
        label : object, default=None
            Its class; by default the one that the fit without it does not predict at the last.
        labels : sequence of n_places str, default=None
            Names of the fits with it; by default its places.
        features, projection, feature_names, ax
            As in :meth:`from_estimators`. The outlier's other columns are at their medians, too.
        **plot_options : dict
            Passed to :meth:`plot`; lines are named in place unless ``label_lines=False``.

        Returns
        -------
        BoundaryTiltDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``outliers`` are no places of the plane, ``label`` is no class, or there are not
            two; as :meth:`from_estimators`.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from trivium import LeastSquaresClassifier
        >>> from trivium.displays import BoundaryTiltDisplay
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["left", "left", "right", "right"]
        >>> display = BoundaryTiltDisplay.from_drag(
        ...     LeastSquaresClassifier(), X, y, [[2, 4], [2, 8]], ax=Figure().subplots()
        ... )
        >>> display.labels
        ['without the outlier', 'at (2, 4)', 'at (2, 8)']
        """
        plane = plane_of(X, features, projection, feature_names)
        places = plane_rows(outliers, "outliers")
        fits = drag_fits(model, X, as_labels(y, "y"), plane.rows(places), label)
        if labels is None:
            labels = [f"at ({x:g}, {y:g})" for x, y in places]
        return cls.from_estimators(
            *(fits, X, y),
            labels=["without the outlier", *labels],
            outliers=np.vstack([np.full(2, np.nan), places]),
            features=features,
            projection=projection,
            feature_names=feature_names,
            ax=ax,
            **{"label_lines": True, **plot_options},
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        view: Literal["all", "rows"] = "all",
        legend: bool = True,
        label_lines: bool = False,
        title: str | None = None,
        **rows_options: Any,
    ) -> Self:
        """Draw the rows, the outliers and the boundaries.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        view : {"all", "rows"}, default="all"
            Show the outliers however far they lie, or stay near the rows, where the tilt of the
            boundaries is seen best.
        legend : bool, default=True
            Name the classes and the fits above the axes.
        label_lines : bool, default=False
            Name the fits where their lines leave the picture instead, if right or at the top.
        title : str, default=None
        **rows_options : dict
            Passed to :meth:`LabelledRowsDisplay.plot`.

        Returns
        -------
        BoundaryTiltDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``view`` is unknown.
        """
        grid = self._grid(view)
        extent = grid.extent
        colors = self._colors()
        bounds = [
            clip_boundary(coef, float(intercept), extent)
            for coef, intercept in zip(self.coefs, self.intercepts, strict=True)
        ]
        in_place = [label_lines and named_in_place(ends, extent) is not None for ends in bounds]
        handles = self._handles(colors, bounds, extent)
        named = [each for each, placed in zip(handles, in_place, strict=True) if not placed]
        groups = [self._rows.unmarked_handles(**rows_options), named] if legend else []
        lines = count_lines(groups) + bool(self._rows.note) + (title is not None)
        axes = one_axes(ax, grid.figure_size(lines=lines))
        self.rows_ = self._rows.plot(
            axes, view=grid, legend=False, **{"alpha": 0.55, **rows_options}
        )
        self.lines_: list[Line2D | None] = []
        for fit, (color, ends) in enumerate(zip(colors, bounds, strict=True)):
            if ends is None:
                self.lines_.append(None)
                continue
            look = {"color": color, "linestyle": self._dashes(fit)}
            # Dashes lie on top, or a line that hardly turned would hide them.
            above = 2.6 if self._is_baseline(fit) else 2.5
            self.lines_.append(axes.plot(*ends.T, lw=2.0, zorder=above, **look)[0])
        self.outlier_points_ = self._draw_outliers(axes, extent, colors)
        frame(axes, grid, self._rows.feature_names, self._rows.note)
        named_above = name_lines(axes, bounds, self.labels, colors, extent) if label_lines else 0.0
        legend_above(axes, groups, title, named_above)
        self.ax_, self.figure_ = axes, axes.figure
        return self

    def _grid(self, view: str) -> PlaneGrid:
        if view not in ("all", "rows"):
            raise ValueError(f"view must be 'all' or 'rows', got {view!r}")
        shown = self.X
        if view == "all" and self.outliers is not None:
            known = self.outliers[np.isfinite(self.outliers).all(axis=1)]
            shown = np.vstack([shown, known])
        return PlaneGrid.around(shown)

    def _draw_outliers(
        self, axes: Axes, extent: Extent, colors: Sequence[Any]
    ) -> list[PathCollection | None]:
        if self.outliers is None:
            return [None] * len(self.coefs)
        drawn: list[PathCollection | None] = []
        for fit, ((x, y), color) in enumerate(zip(self.outliers, colors, strict=True)):
            if not self._in_view(fit, extent):
                drawn.append(None)
                continue
            look = {"marker": palette.OUTLIER_MARKER, "color": color, "linewidths": 0}
            drawn.append(axes.scatter(x, y, s=60, zorder=3, **look))
        return drawn

    def _in_view(self, fit: int, extent: Extent) -> bool:
        """Whether the outlier of a fit can be seen: not where it had none, a row of NaN."""
        if self.outliers is None:
            return False
        (x, y), (left, right, bottom, top) = self.outliers[fit], extent
        return bool(left <= x <= right and bottom <= y <= top)

    def _is_baseline(self, fit: int) -> bool:
        """Whether a fit had no outlier, where others had."""
        return self.outliers is not None and bool(np.isnan(self.outliers[fit]).any())

    def _dashes(self, fit: int) -> str:
        return "--" if self._is_baseline(fit) else "-"

    def _colors(self) -> list[Any]:
        """Colours in order along the sequential map; ink for fits without an outlier."""
        fits = range(len(self.coefs))
        sequence = iter(fit_colors(sum(not self._is_baseline(fit) for fit in fits)))
        return [ink() if self._is_baseline(fit) else next(sequence) for fit in fits]

    def _handles(
        self, colors: Sequence[Any], bounds: Sequence[Float64 | None], extent: Extent
    ) -> list[Line2D]:
        from matplotlib.lines import Line2D

        handles = []
        for fit, (label, color) in enumerate(zip(self.labels, colors, strict=True)):
            name = label if bounds[fit] is not None else f"{label} (no boundary in view)"
            marker = palette.OUTLIER_MARKER if self._in_view(fit, extent) else None
            look = {"color": color, "linestyle": self._dashes(fit), "marker": marker}
            handles.append(Line2D([], [], lw=2.0, mew=0, label=name, **look))
        return handles
