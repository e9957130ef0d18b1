"""Weights of a linear classifier: bars by column, or images where rows are images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.containers import as_numbers
from trivium.displays import palette
from trivium.displays._arrays import class_list
from trivium.displays._axes import (
    font_size,
    legend_above,
    own_size,
    own_width,
    panels,
    plain,
    text_width,
    wrapped,
)
from trivium.displays._pipelines import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.image import AxesImage

    from trivium.displays._axes import AxesLike

_MOST_NAME = 0.36  # of the width of a figure


class ClassWeightsDisplay:
    """Weights of a linear classifier: what each column says for one class and against another.

    Of a table they are bars, the greatest on top: how much the score of one class rises over that
    of the other where the column rises by one. Of more than two classes, it is the two whose
    weights differ most, unless others are named. Where rows are images it is one picture a class,
    on one diverging scale centred at zero, so that they can be compared.

    Parameters
    ----------
    weights : array-like of shape (n_classes, n_columns)
        Weight of every column for every class; one row where two classes share it, which speaks
        for the second.
    feature_names : sequence of n_columns str, default=None
        Names of the columns; by default x1, x2, ...
    image_shape : tuple of int, default=None
        Rows and columns of an image, where the columns are its pixels.
    classes : array-like of shape (n_classes,), default=None
        Sorted classes; by default 0, 1, ... Two for a single row of weights that are drawn as bars.
    unit : str, default="unit of the column"
        For the name of the axis: "standard deviation of the column", say.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One a class, or that of the bars.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of AxesImage
        The picture of each class, if there are images.
    colorbar_ : Colorbar
        The bar they share.
    bars_ : BarContainer
        The bars, the greatest first, if there are bars.

    Raises
    ------
    ValueError
        If shapes disagree or a weight is not finite.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import ClassWeightsDisplay
    >>> display = ClassWeightsDisplay(
    ...     [[0.5, -2.0, 0.1]], feature_names=["age", "dose", "height"], classes=["ill", "well"]
    ... )
    >>> bars = display.plot(Figure().subplots()).bars_
    >>> [float(bar.get_width()) for bar in bars]
    [-2.0, 0.5, 0.1]
    """

    def __init__(
        self,
        weights: ArrayLike,
        *,
        feature_names: Sequence[str] | None = None,
        image_shape: tuple[int, int] | None = None,
        classes: ArrayLike | None = None,
        unit: str = "unit of the column",
    ) -> None:
        self.weights: Float64 = as_numbers(weights, "weights", each="class")
        self.image_shape = image_shape
        self.unit = unit
        _require_shape(self.weights, image_shape)
        n_rows, n_columns = self.weights.shape
        default = np.arange(n_rows if image_shape is not None else max(2, n_rows))
        self.classes = class_list(default if classes is None else classes)
        shared = n_rows == 1 and len(self.classes) == 2
        if len(self.classes) != n_rows and not shared:
            raise ValueError(f"classes must name {n_rows} rows of weights, got {len(self.classes)}")
        if feature_names is None:
            feature_names = [f"x{i + 1}" for i in range(n_columns)]
        self.feature_names = [str(name) for name in feature_names]
        if len(self.feature_names) != n_columns:
            raise ValueError(
                f"feature_names must name {n_columns} columns, got {len(self.feature_names)}"
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike | None = None,
        *,
        feature_names: Sequence[str] | None = None,
        image_shape: tuple[int, int] | None = None,
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the coefficients of a fitted linear classifier.

        Parameters
        ----------
        estimator : object
            Fitted, with ``coef_`` and ``classes_``. Of a pipeline whose steps mix columns, as
            principal axes do, the weights of the columns that its first step takes are drawn; of
            one that only scales each column, those of the scaled columns; where the steps are not
            linear, those of the columns that the last step gets.
        X : array-like of shape (n, d), default=None
            Rows: their columns' standard deviations make weights comparable whose columns have
            different units. Without them, weights are drawn as they are.
        feature_names : sequence of str, default=None
            Names of the columns; by default those that were fitted.
        image_shape : tuple of int, default=None
            Rows and columns of an image, where rows are images. Where two classes share one row of
            coefficients, that of the second class is drawn.
        ax : matplotlib Axes, or for images n_classes of them, default=None
            Where to draw; a single one is divided for images; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ClassWeightsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there are not as many weights as pixels, names or columns of ``X``, or for images a
            pipeline's steps are not linear.
        """
        unwrapped = unwrap(estimator)
        unwrapped.require("coef_", "LeastSquaresClassifier, SoftmaxRegression")
        given = np.atleast_2d(unwrapped.model.coef_)
        classes = np.asarray(unwrapped.model.classes_)
        if image_shape is not None:
            coef = unwrapped.column_weights(given)
            display = cls(coef, image_shape=image_shape, classes=classes[-len(coef) :])
            return display.plot(ax, **plot_options)
        coef, rows, names, unit = unwrapped.named_weights(given, X)
        if rows is not None:
            if rows.shape[1] != coef.shape[1]:
                raise ValueError(
                    f"X has {rows.shape[1]} columns, but there are {coef.shape[1]} weights"
                )
            coef, unit = coef * rows.std(axis=0), "standard deviation of the column"
        display = cls(
            coef,
            feature_names=names if feature_names is None else feature_names,
            classes=classes,
            unit=unit,
        )
        return display.plot(ax, **plot_options)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        pair: tuple[Any, Any] | None = None,
        top: int = 15,
        n_columns: int = 5,
        title: str | None = None,
    ) -> Self:
        """Draw the bars or the images.

        Parameters
        ----------
        ax : matplotlib Axes, or for images n_classes of them, default=None
            Where to draw; a single one is divided for images; a new figure by default.
        pair : tuple of two classes, default=None
            Bars to the right speak for the second of them, to the left for the first; by default
            the two classes whose weights differ most.
        top : int, default=15
            How many bars, those of the greatest weights; how many are left out is said.
        n_columns : int, default=5
            Images side by side, in a figure of its own or a single axes.
        title : str, default=None
            Title; of images only a figure that this Display made gets it.

        Returns
        -------
        ClassWeightsDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``n_columns`` or ``top`` is below one, ``pair`` is not two of the classes, or ``ax``
            does not hold as many axes as are drawn.
        """
        if n_columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns}")
        if top < 1:
            raise ValueError(f"top must be at least 1, got {top}")
        if self.image_shape is None:
            self._plot_bars(ax, pair, top, title)
        else:
            self._plot_images(ax, n_columns, self.image_shape, title)
        return self

    def _plot_bars(
        self, ax: AxesLike, pair: tuple[Any, Any] | None, top: int, title: str | None
    ) -> None:
        first, second = self._pair(pair)
        if len(self.weights) == 1:
            values = self.weights[0] * (1 if (first, second) == (0, 1) else -1)
        else:
            values = self.weights[second] - self.weights[first]
        order = np.argsort(-np.abs(values), kind="stable")[:top]
        said = self._said(first, second, len(values) - len(order), chosen=pair is not None)
        height = 1.1 + 0.27 * len(order) + 0.25 * len(said)
        axes = panels(ax, 1, 1, own_size((6.4, height), (3.4, 0.8 * height)))[0]
        across = axes.figure.bbox.width / axes.figure.dpi * 72
        size = font_size("ytick.labelsize")
        room = _MOST_NAME * across
        names = [_shortened(plain(self.feature_names[i]), room, size) for i in order]
        colors = [palette.class_color(second if values[i] >= 0 else first) for i in order]
        places = np.arange(len(order))
        self.bars_: BarContainer = axes.barh(places, values[order], color=colors, height=0.7)
        axes.set_yticks(places, labels=names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.axvline(0, color=axes.spines["bottom"].get_edgecolor(), lw=0.8)
        axes.spines["left"].set_visible(False)
        limit = 1.08 * float(np.abs(values).max()) or 1.0
        least, most = float(values[order].min()), float(values[order].max())
        axes.set_xlim(-limit if least < 0 else 0, limit if most > 0 else 0.02 * limit)
        axes.set_xlabel("\n".join(wrapped(line, 0.6 * across, size) for line in said))
        legend_above(axes, [_handles(self.classes, (first, second))], title)
        self.axes_, self.ax_, self.figure_ = [axes], axes, axes.figure

    def _said(self, first: int, second: int, rest: int, *, chosen: bool) -> list[str]:
        """Return what is written under the bars."""
        one, other = (plain(self.classes[place]) for place in (second, first))
        said = [f"score of {one} over {other}, per {self.unit}"]
        if rest:
            said.append(f"({rest:,} more column{'s' if rest > 1 else ''} of smaller weight)")
        if len(self.weights) > 2 and not chosen:
            said.append(f"(the two of {len(self.weights)} classes whose weights differ most)")
        return said

    def _pair(self, pair: tuple[Any, Any] | None) -> tuple[int, int]:
        """Return the places of two classes: those named, or those whose weights differ most."""
        if pair is not None:
            labels = self.classes.tolist()
            unknown = [each for each in pair if each not in labels]
            if len(pair) != 2 or unknown or pair[0] == pair[1]:
                raise ValueError(f"pair must be two of the classes, got {pair!r}")
            return labels.index(pair[0]), labels.index(pair[1])
        if len(self.classes) < 2:
            raise ValueError("bars compare two classes, but classes names one")
        if len(self.weights) == 1:
            return 0, 1
        scale = float(np.abs(self.weights).max()) or 1.0
        scaled = self.weights / scale
        apart = {
            (i, j): float(np.sum((scaled[i] - scaled[j]) ** 2))
            for i, j in combinations(range(len(scaled)), 2)
        }
        return max(apart, key=lambda both: apart[both])

    def _plot_images(
        self, ax: AxesLike, n_columns: int, shape: tuple[int, int], title: str | None
    ) -> None:
        n_classes = len(self.weights)
        columns = min(n_columns, n_classes)
        scale = own_width(1.7, 1.1) / 1.1
        size = (
            scale * max(1.1 * columns, 3.0),
            scale * 1.25 * -(-n_classes // columns) + 0.75,
        )
        self.axes_ = panels(ax, n_classes, columns, size)
        # All-zero weights still need a scale of some width around zero.
        limit = float(np.abs(self.weights).max()) or 1.0
        self.images_: list[AxesImage] = [
            self._draw_class(axes, position, limit, shape)
            for position, axes in enumerate(self.axes_)
        ]
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.colorbar_ = self.figure_.colorbar(
            self.images_[0], ax=self.axes_, location="bottom", aspect=35, shrink=0.7, pad=0.03
        )
        self._name_bar()
        if title is not None:
            self.figure_.suptitle(title, x=0.01, ha="left", fontsize="medium", weight="bold")

    def _name_bar(self) -> None:
        bar = self.colorbar_
        axis = bar.ax.xaxis
        form = axis.get_major_formatter()
        form.format_ticks(list(bar.get_ticks()))
        # A power of ten below the bar would meet the label, so it stands in it.
        power = form.get_offset().replace("-", "−")
        axis.get_offset_text().set_visible(False)
        label = f"weight{f' in {power}' if power else ''} (0: the pixel does not matter)"
        room = 0.9 * self.figure_.bbox.width / self.figure_.dpi * 72
        bar.set_label(wrapped(label, room, font_size("axes.labelsize")))
        bar.outline.set_visible(False)

    def _draw_class(
        self, axes: Axes, position: int, limit: float, shape: tuple[int, int]
    ) -> AxesImage:
        image = axes.imshow(
            self.weights[position].reshape(shape),
            cmap=palette.DIVERGING,
            vmin=-limit,
            vmax=limit,
            interpolation="none",
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        name, size = plain(self.classes[position]), font_size("axes.titlesize")
        room = axes.bbox.width / axes.figure.dpi * 72
        # Smaller, so that the longest word of a long name stays whole where it can.
        size *= min(1.0, max(0.6, room / max(1.0, *(text_width(w, size) for w in name.split()))))
        axes.set_title(wrapped(name, room, size), pad=2, loc="center", fontsize=size)
        return image


def _handles(classes: Any, places: tuple[int, int]) -> list[Any]:
    """Return handles of the two sides, the left one first."""
    from matplotlib.patches import Patch

    arrows = ("←", "→")
    return [
        Patch(color=palette.class_color(place), label=f"{arrow} {plain(classes[place])}")
        for arrow, place in zip(arrows, places, strict=True)
    ]


def _shortened(name: str, room: float, size: float) -> str:
    """Return a name that fits ``room`` points, its middle left out where it does not."""
    kept = len(name)
    shown = name
    while kept > 6 and text_width(shown, size) > room:
        kept -= 1
        shown = f"{name[: kept - kept // 2]}…{name[len(name) - kept // 2 :]}"
    return shown


def _require_shape(weights: Float64, image_shape: tuple[int, int] | None) -> None:
    """Raise a ValueError unless weights are finite, a row a class, a column a pixel of images."""
    if image_shape is not None:
        n_pixels = image_shape[0] * image_shape[1]
        if weights.ndim != 2 or weights.shape[1] != n_pixels or not len(weights):
            raise ValueError(
                f"weights must have shape (n_classes, {n_pixels}) for images of shape "
                f"{image_shape}, got {weights.shape}"
            )
    elif weights.ndim != 2 or not weights.size:
        raise ValueError(f"weights must have shape (n_classes, n_columns), got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError("weights must be finite, but they hold NaN or infinity")
