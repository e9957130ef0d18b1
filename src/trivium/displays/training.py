"""How loss and accuracy went while a model was trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.displays import palette
from trivium.displays._arrays import series
from trivium.displays._axes import font_size, ink, label_line_ends, own_size, panels
from trivium.displays._pipelines import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from trivium.displays._axes import AxesLike


_LEAST_SPREAD = 0.02  # of accuracy, that an axis shows


class TrainingCurvesDisplay:
    """Loss and accuracy against the step, in two panels, each line named with its last value.

    Parameters
    ----------
    loss : array-like of shape (n_steps + 1,)
        Training loss; entry t is the state after t steps.
    accuracy : array-like of shape (n_steps + 1,)
        Training accuracy, a fraction.
    validation_loss, validation_accuracy : array-like of shape (n_steps + 1,), default=None
        The same on rows held out.
    validation_name : str, default="validation"
        What those rows are called on the figure, for instance "test".

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        Loss, then accuracy.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : dict of str to Line2D
        By the names of the constructor's arguments.

    Raises
    ------
    ValueError
        If lengths disagree.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import TrainingCurvesDisplay
    >>> display = TrainingCurvesDisplay([2.3, 0.4, 0.2], [0.1, 0.8, 0.9])
    >>> display = display.plot(Figure().subplots(1, 2))
    >>> [text.get_text() for text in display.axes_[1].texts]
    ['train 0.900']
    """

    def __init__(
        self,
        loss: ArrayLike,
        accuracy: ArrayLike,
        *,
        validation_loss: ArrayLike | None = None,
        validation_accuracy: ArrayLike | None = None,
        validation_name: str = "validation",
    ) -> None:
        self.loss = series(loss, "loss")
        length = len(self.loss)
        self.accuracy = series(accuracy, "accuracy", length)
        self.validation_loss = _optional(validation_loss, "validation_loss", length)
        self.validation_accuracy = _optional(validation_accuracy, "validation_accuracy", length)
        self.validation_name = validation_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        validation_name: str = "validation",
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : SoftmaxRegression
            Fitted; any whose ``history_`` maps "loss", "train_accuracy" and, where there were
            validation rows, "validation_loss" and "validation_accuracy" to arrays will do, and a
            pipeline that ends in one.
        validation_name : str, default="validation"
            What the validation rows are called on the figure.
        ax : matplotlib Axes or two of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        TrainingCurvesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator has no ``history_``, or that lacks the training loss or accuracy.
        """
        unwrapped = unwrap(estimator)
        unwrapped.require("history_", "SoftmaxRegression")
        history = unwrapped.model.history_
        missing = [key for key in ("loss", "train_accuracy") if key not in history]
        if missing:
            raise ValueError(f"history_ of {unwrapped.name} lacks {missing[0]!r}")
        display = cls(
            history["loss"],
            history["train_accuracy"],
            validation_loss=history.get("validation_loss"),
            validation_accuracy=history.get("validation_accuracy"),
            validation_name=validation_name,
        )
        return display.plot(ax, **plot_options)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        loss_scale: Literal["linear", "log"] = "linear",
        title: str | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or two of them, default=None
            Where to draw; a single one is divided; a new figure by default.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.
        title : str, default=None
            Title, above the first panel.

        Returns
        -------
        TrainingCurvesDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``loss_scale`` is unknown, or ``ax`` does not hold two axes.
        """
        if loss_scale not in ("linear", "log"):
            raise ValueError(f"loss_scale must be 'linear' or 'log', got {loss_scale!r}")
        self.axes_ = panels(ax, 2, 2, own_size((9.2, 3.7), (6.6, 2.7)))
        self.lines_: dict[str, Line2D] = {}
        self.axes_[0].set_yscale(loss_scale)
        self._draw_panel(self.axes_[0], "loss", self.loss, self.validation_loss)
        self._draw_panel(self.axes_[1], "accuracy", self.accuracy, self.validation_accuracy)
        if title is not None:
            self.axes_[0].set_title(title)
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def _draw_panel(
        self, axes: Axes, name: str, train: Float64, validation: Float64 | None
    ) -> None:
        from matplotlib.ticker import MaxNLocator

        steps = np.arange(len(train))
        # A few steps of a second-order method are points, not a curve.
        marker: dict[str, Any] = {"marker": "o", "markersize": 3.0} if len(steps) <= 25 else {}
        curves = [("train", name, train, palette.TRAIN_LINE)]
        if validation is not None:
            look = {**palette.TEST_LINE, "color": ink()}
            curves.append((self.validation_name, f"validation_{name}", validation, look))
        for _, key, values, look in curves:
            (self.lines_[key],) = axes.plot(steps, values, **look, **marker)
        axes.set_xlim(0, max(len(steps) - 1, 1))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ends = [
            (float(values[-1]), f"{label} {_short(float(values[-1]))}", look["color"])
            for label, _, values, look in curves
        ]
        if axes.get_yscale() == "log":
            _log_ticks(axes)
        if name == "accuracy":
            _accuracy_axis(axes, [values for _, _, values, _ in curves])
        label_line_ends(axes, ends)
        axes.set(xlabel="step", ylabel=name)


def _short(value: float) -> str:
    """Write a last value with three decimals, or three digits where these would say nothing."""
    return f"{value:.3f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def _accuracy_axis(axes: Axes, curves: Sequence[Float64]) -> None:
    """Show where accuracy lies most of the time, not the steep rise from chance before it.

    Where the last three quarters of the steps, and the end of all curves, fill less than half of
    the axis, it begins beneath these, and says where the curves began.
    """
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    values = np.concatenate(curves)
    late = np.concatenate([curve[len(curve) // 4 :] for curve in curves])
    late = late[np.isfinite(late)]
    if not late.size:
        return
    low, high, least = float(late.min()), float(np.nanmax(values)), float(np.nanmin(values))
    spread = max(high - low, _LEAST_SPREAD)
    if high - least > 2 * spread:
        axes.set_ylim(high - 1.25 * spread, min(high + 0.1 * spread, 1 + 0.04 * spread))
        axes.annotate(
            f"begins at {_short(least)} ↓",
            (1.0, 0.0),
            xycoords="axes fraction",
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            fontsize=0.85 * font_size("font.size"),
            color=palette.MUTED,
        )
    else:
        axes.set_ylim(top=min(axes.get_ylim()[1], 1 + 0.04 * (high - least) or 1.01))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))


def _log_ticks(axes: Axes) -> None:
    """Put plain numbers, not powers of ten, on a logarithmic axis; over few decades, more."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = np.log10(axes.get_ylim())
    subs = (1.0, 2.0, 5.0) if high - low < 3 else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _optional(values: ArrayLike | None, name: str, length: int) -> Float64 | None:
    return None if values is None else series(values, name, length)
