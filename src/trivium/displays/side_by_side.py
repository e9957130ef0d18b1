"""Class regions of several classifiers over the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from trivium.displays._arrays import class_list
from trivium.displays._axes import (
    count_lines,
    font_size,
    legend_lines,
    own_width,
    panels,
    plain,
    wrapped,
)
from trivium.displays._frame import view_grid
from trivium.displays._pipelines import require_columns
from trivium.displays._planes import Features, Projection, is_chosen, plane_of
from trivium.displays.regions import ClassRegionsDisplay, asked
from trivium.displays.scatter import class_handles
from trivium.labels import as_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trivium.displays._axes import AxesLike

_MOST_COLUMNS = 3


class SideBySideDisplay:
    """Class regions of several classifiers over the same rows, a panel each, one legend for all.

    Parameters
    ----------
    displays : mapping of str to ClassRegionsDisplay
        By the names of the panels.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        The panels, in the order of ``displays``.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    legend_ : Legend or None
        The classes, above the panels of a figure of its own.

    Raises
    ------
    ValueError
        If there is no display.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium import KNeighborsClassifier, LeastSquaresClassifier
    >>> from trivium.displays import SideBySideDisplay
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["a", "a", "b", "b"]
    >>> models = {"nearest": KNeighborsClassifier(1), "linear": LeastSquaresClassifier()}
    >>> fitted = {name: model.fit(X, y) for name, model in models.items()}
    >>> axes = Figure().subplots(1, 2)
    >>> display = SideBySideDisplay.from_estimators(fitted, X, y, ax=axes, resolution=20)
    >>> [ax.get_title(loc="center") for ax in display.axes_]
    ['nearest', 'linear']
    """

    def __init__(self, displays: Mapping[str, ClassRegionsDisplay]) -> None:
        self.displays = dict(displays)
        if not self.displays:
            raise ValueError("displays must hold at least one display")

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any] | Sequence[Any],
        X: ArrayLike,
        y: ArrayLike,
        *,
        ring_errors: bool = False,
        resolution: int = 400,
        view: Literal["most", "all"] = "most",
        features: Features = None,
        projection: Projection = None,
        feature_names: Sequence[str] | None = None,
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Ask each estimator for its regions round the rows, and draw.

        Parameters
        ----------
        estimators : mapping of str to object, or sequence of object
            Fitted classifiers or pipelines, by the names of their panels; of a sequence the names
            are those of their classes.
        X : array-like of shape (n, d)
            Rows.
        y : array-like of shape (n,)
            Their classes.
        ring_errors : bool, default=False
            Ring the rows that an estimator predicts wrong, and count them in the panel's title.
        resolution : int, default=400
            Cells a side.
        view : {"most", "all"}, default="most"
        features, projection, feature_names
            As in :meth:`ClassRegionsDisplay.from_estimator`.
        ax : matplotlib Axes or one a panel, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        SideBySideDisplay

        Raises
        ------
        ValueError
            If there is no estimator, or as :meth:`ClassRegionsDisplay.from_estimator`.
        """
        named = _named(estimators)
        if not named:
            raise ValueError("estimators must hold at least one fitted classifier")
        for estimator in named.values():
            require_columns(estimator, X, chosen=is_chosen(features, projection))
        plane = plane_of(X, features, projection, feature_names)
        labels = as_labels(y, "y")
        grid = view_grid(plane.points, labels, view, resolution)
        # A class has one colour, whichever estimators know it.
        classes = class_list(None, labels, *(np.asarray(each.classes_) for each in named.values()))
        regions = {
            name: asked(
                estimator,
                *(X, labels, plane, grid),
                ring_errors=ring_errors,
                classes=classes.tolist(),
            )
            for name, estimator in named.items()
        }
        return cls(regions).plot(ax, **plot_options)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        n_columns: int | None = None,
        title: str | None = None,
        note: str = "",
        **rows_options: Any,
    ) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes or one a panel, default=None
            Where to draw; a single one is divided; a new figure by default.
        n_columns : int, default=None
            Panels side by side; by default as many as there are, three at most.
        title : str, default=None
            Title of the figure; only one that this Display made gets it, and the legend.
        note : str, default=""
            Written under the panels of such a figure.
        **rows_options : dict
            Passed to :meth:`ClassRegionsDisplay.plot`.

        Returns
        -------
        SideBySideDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``n_columns`` is below one or ``ax`` does not hold as many axes as panels.
        """
        n = len(self.displays)
        columns = min(n, _MOST_COLUMNS) if n_columns is None else n_columns
        if columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns}")
        every = [each.classes for each in self.displays.values()]
        first = next(iter(self.displays.values()))
        handles = class_handles(class_list(None, *every)) + first.other_handles()
        side = own_width(4.2, 3.0)
        width, height = first.grid.figure_size(side, lines=1 + bool(first.note))
        room = 72 * 0.9 * width * columns
        above = 0.25 * count_lines([handles], room) + 0.35 * ((title is not None) + bool(note))
        size = (width * columns, height * -(-n // columns) + above)
        self.axes_ = panels(ax, n, columns, size)
        title_size = font_size("axes.titlesize")
        for place, (axes, (name, display)) in enumerate(
            zip(self.axes_, self.displays.items(), strict=True)
        ):
            display.plot(axes, legend=False, **rows_options)
            across = axes.bbox.width / axes.figure.dpi * 72
            lines = [wrapped(line, across, title_size) for line in name.split("\n")]
            if display.n_wrong is not None:
                lines.append(f"{display.n_wrong:,} wrong")
            axes.set_title("\n".join(lines))
            if place % columns:
                axes.set_ylabel("")
        self.ax_, self.figure_ = self.axes_[0], cast("Figure", self.axes_[0].figure)
        self.legend_ = None
        if ax is None:
            rows = legend_lines(handles, room)
            order = [row[i] for i in range(len(rows[0])) for row in rows if i < len(row)]
            self.legend_ = self.figure_.legend(
                handles=order,
                labels=[str(handle.get_label()) for handle in order],
                loc="outside upper left",
                ncols=len(rows[0]),
                frameon=False,
                handletextpad=0.4,
                columnspacing=1.1,
                title=None if title is None else wrapped(plain(title), room, title_size),
                title_fontproperties={"weight": "bold", "size": title_size},
                alignment="left",
            )
            if note:
                said = wrapped(plain(note), room, font_size("xtick.labelsize"))
                self.figure_.supxlabel(
                    said, x=0.01, ha="left", fontsize=font_size("xtick.labelsize")
                )
        return self


def _named(estimators: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    if isinstance(estimators, Mapping):
        return dict(estimators)
    names = [type(getattr(each, "steps", [(None, each)])[-1][1]).__name__ for each in estimators]
    numbered = [
        name if names.count(name) == 1 else f"{name} {names[: i + 1].count(name)}"
        for i, name in enumerate(names)
    ]
    return dict(zip(numbered, estimators, strict=True))
