"""Each class's weights as an image, all on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.containers import as_numbers
from trivium.displays import palette
from trivium.displays._arrays import class_list
from trivium.displays._axes import font_size, panels, plain, text_width, wrapped
from trivium.displays._pipelines import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from trivium.displays._axes import AxesLike


class ClassWeightsDisplay:
    """Weights of a linear classifier of images, one picture a class.

    One diverging scale, centred at zero, serves all classes, so that they can be compared.

    Parameters
    ----------
    weights : array-like of shape (n_classes, n_pixels)
        Weight of every pixel for every class.
    image_shape : tuple of int, default=(8, 8)
        Rows and columns of an image.
    classes : array-like of shape (n_classes,), default=None
        Sorted classes; by default 0, 1, ...

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One a class.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    images_ : list of AxesImage
        The picture of each class.
    colorbar_ : Colorbar
        The bar they share.

    Raises
    ------
    ValueError
        If shapes disagree or a weight is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import ClassWeightsDisplay
    >>> display = ClassWeightsDisplay(np.eye(2, 4), image_shape=(2, 2))
    >>> display.plot(Figure().subplots(1, 2)).images_[0].get_clim()
    (-1.0, 1.0)
    """

    def __init__(
        self,
        weights: ArrayLike,
        *,
        image_shape: tuple[int, int] = (8, 8),
        classes: ArrayLike | None = None,
    ) -> None:
        self.weights = as_numbers(weights, "weights", each="class")
        self.image_shape = image_shape
        n_pixels = image_shape[0] * image_shape[1]
        if self.weights.ndim != 2 or self.weights.shape[1] != n_pixels or not len(self.weights):
            raise ValueError(
                f"weights must have shape (n_classes, {n_pixels}) for images of shape "
                f"{image_shape}, got {self.weights.shape}"
            )
        if not np.isfinite(self.weights).all():
            raise ValueError("weights must be finite, but they hold NaN or infinity")
        self.classes = class_list(np.arange(len(self.weights)) if classes is None else classes)
        if len(self.classes) != len(self.weights):
            raise ValueError(
                f"classes must name {len(self.weights)} rows of weights, got {len(self.classes)}"
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, int] = (8, 8),
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the coefficients of a fitted linear classifier.

        Parameters
        ----------
        estimator : object
            Fitted, with ``coef_`` and ``classes_``. Where two classes share one row of
            coefficients, that of the second class is drawn. Of a pipeline whose steps mix
            pixels, as principal axes do, the weights of the pixels are drawn; of one that only
            scales each pixel, those of the scaled pixels.
        image_shape : tuple of int, default=(8, 8)
            Rows and columns of an image.
        ax : matplotlib Axes or n_classes of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ClassWeightsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there are not as many weights as pixels, or a pipeline's steps are not linear.
        """
        unwrapped = unwrap(estimator)
        unwrapped.require("coef_", "LeastSquaresClassifier, SoftmaxRegression")
        coef = unwrapped.column_weights(np.atleast_2d(unwrapped.model.coef_))
        classes = np.asarray(unwrapped.model.classes_)[-len(coef) :]
        display = cls(coef, image_shape=image_shape, classes=classes)
        return display.plot(ax, **plot_options)

    def plot(self, ax: AxesLike = None, *, n_columns: int = 5, title: str | None = None) -> Self:
        """Draw the pictures.

        Parameters
        ----------
        ax : matplotlib Axes or n_classes of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        n_columns : int, default=5
            Pictures side by side, in a figure of its own or a single axes.
        title : str, default=None
            Title of the figure; only one that this Display made gets it.

        Returns
        -------
        ClassWeightsDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``n_columns`` is below one or ``ax`` does not hold as many axes as classes.
        """
        if n_columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns}")
        n_classes = len(self.weights)
        columns = min(n_columns, n_classes)
        size = (max(1.1 * columns, 3.0), 1.25 * -(-n_classes // columns) + 0.75)
        self.axes_ = panels(ax, n_classes, columns, size)
        # All-zero weights still need a scale of some width around zero.
        limit = float(np.abs(self.weights).max()) or 1.0
        self.images_: list[AxesImage] = [
            self._draw_class(axes, position, limit) for position, axes in enumerate(self.axes_)
        ]
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.colorbar_ = self.figure_.colorbar(
            self.images_[0], ax=self.axes_, location="bottom", aspect=35, shrink=0.7, pad=0.03
        )
        self._name_bar()
        if title is not None:
            self.figure_.suptitle(title, x=0.01, ha="left", fontsize="medium", weight="bold")
        return self

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

    def _draw_class(self, axes: Axes, position: int, limit: float) -> AxesImage:
        image = axes.imshow(
            self.weights[position].reshape(self.image_shape),
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
