"""Task 3.3, the pictures; and how far the steps are from the optimum."""

import warnings
from functools import partial

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64, Indices
from trivium.displays import ClassWeightsDisplay, TrainingCurvesDisplay
from trivium.displays.palette import ACCENT, CLASS_COLORS, INK, MUTED
from trivium.report import Column, Table, in_style
from trivium.sheet import published
from trivium.sheet.canvas import WIDTH, figure
from trivium.sheet.check_tables import AGREE, shown
from trivium.sheet.digits import N_CLASSES, STEPS, Digits
from trivium.sheet.records import Answer, Check, Part, Picture, Pictures
from trivium.softmax.classifier import SoftmaxRegression

_ACROSS = 8  # images of digits side by side
_WIDE = 5.0  # inches, for them


def pictures_part(digits: Digits) -> Part:
    """Draw the curves of both sheets, the weights, and digits."""
    accuracy = float(digits.history["validation_accuracy"][-1])
    what = f"accuracy on the test rows after {STEPS} steps"
    check = Check(3, what, published.DIGITS_ACCURACY, accuracy)
    text = Markup(
        "<p>Loss and accuracy against the step, on training and test rows, for the first sheet "
        "([[digits-curves]]) and the second ([[digits-second-curves]]); what the first one has "
        "learnt ([[digits-weights]]), and what it still mistakes ([[digits-wrong]]).</p>"
    )
    columns = (
        Column("quantity"),
        Column("printed", kind="number"),
        Column("measured", kind="number"),
        AGREE,
    )
    row = (f"first sheet: {what}", check.published, shown(check), check.agrees)
    table = Table("The number that the first sheet prints", columns, (row,), sortable=False)
    curves = _curves("first", digits.history), _curves("second", digits.second)
    content = (
        text,
        table,
        Pictures((*curves, _weights(digits))),
        Pictures(_images(digits), 25.0),
    )
    return Part("3.3", "Pictures", "digits-pictures", content, (check,))


def _curves(sheet: str, history: dict[str, Float64]) -> Picture:
    name, start = {
        "first": ("digits-curves", "weights all one, rate 0.001 on sums"),
        "second": ("digits-second-curves", "standard normal weights, rate 0.01"),
    }[sheet]
    return Picture(
        name,
        f"The {sheet} sheet, {start}: loss and accuracy against the step.",
        f"Curves of loss and accuracy of the {sheet} sheet on training and test rows: the losses "
        f"end at {history['loss'][-1]:.3f} and {history['validation_loss'][-1]:.3f}.",
        partial(_curves_figure, history),
    )


def _curves_figure(history: dict[str, Float64]) -> Figure:
    display = TrainingCurvesDisplay(
        history["loss"],
        history["train_accuracy"],
        validation_loss=history["validation_loss"],
        validation_accuracy=history["validation_accuracy"],
        validation_name="test",
    )
    with in_style():
        made = Figure(figsize=(WIDTH, 4.4))
        display.plot(made.subplots(2, 1))
        return made


def _weights(digits: Digits) -> Picture:
    return Picture(
        "digits-weights",
        "The weights of each class as an image, less their mean over the classes.",
        "Ten images of 8 by 8 weights; each shows, in positive weights, strokes of its digit.",
        partial(_weights_figure, digits),
    )


def _weights_figure(digits: Digits) -> Figure:
    weights = digits.parameters[:, :64]
    # No probability depends on what all classes share, such as the start at one.
    display = ClassWeightsDisplay(
        weights - weights.mean(axis=0), image_shape=(8, 8), classes=range(N_CLASSES)
    )
    return figure(lambda ax: display.plot(ax), (WIDTH, 2.5))


def _images(digits: Digits) -> tuple[Picture, Picture]:
    right = digits.predicted == digits.y_test
    wrong = np.flatnonzero(~right)
    some = np.flatnonzero(right)[: 2 * _ACROSS]
    return (
        Picture(
            "digits-right",
            f"The first {len(some)} of {right.sum()} test digits that the first sheet gets right.",
            "Images of digits, each with its label.",
            partial(_images_figure, digits, some),
        ),
        Picture(
            "digits-wrong",
            f"All {len(wrong)} test digits that it gets wrong: what each is, and what it is taken "
            "for.",
            "Images of digits, each with its label and the wrong one that was predicted.",
            partial(_images_figure, digits, wrong),
        ),
    )


def _images_figure(digits: Digits, rows: Indices) -> Figure:
    """Set images in lines of eight, as one picture, with a line of words over each."""
    down = -(-len(rows) // _ACROSS)
    tile, line, gap = 8, 4, 2  # in pixels of a digit; each tile has a frame of one
    across, high = tile + gap, tile + line

    def draw(ax: Axes) -> None:
        for place, row in enumerate(rows):
            x, y = place % _ACROSS * across, place // _ACROSS * high + line
            image = digits.X_test[row].reshape(tile, tile)
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=1, extent=(x, x + tile, y + tile, y))
            label, taken = digits.y_test[row], digits.predicted[row]
            words = f"{label}" if label == taken else f"{label} as {taken}"
            color = INK if label == taken else ACCENT
            ax.text(x + tile / 2, y - 0.7, words, ha="center", va="bottom", color=color)
        ax.set(xlim=(-1, _ACROSS * across - gap + 1), ylim=(down * high + 1, 0))
        ax.set_axis_off()

    size = (_WIDE, _WIDE * (down * high + 1) / (_ACROSS * across))
    return figure(draw, size, (0.0, 0.0, 0.0, 0.0))


def optimum_part(digits: Digits) -> Part:
    """Ask how far the steps are from the optimum, which the sheets do not."""
    model = SoftmaxRegression(alpha=1e-4, tol=1e-8)
    model.fit(digits.X, digits.y, X_val=digits.X_test, y_val=digits.y_test)
    plain = SoftmaxRegression(alpha=1e-4, solver="gradient-descent", max_iter=STEPS, tol=1e-300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 1000 steps are the point
        plain.fit(digits.X, digits.y)
    best = model.history_["loss"][-1]
    gap = plain.history_["loss"][-1] - best
    answer = Answer(
        3,
        "How far are 1000 steps from the optimum?",
        f"With a penalty of 1e-4, which gives the loss a minimum, {STEPS} steps of gradient "
        f"descent at a rate that is sure to descend are still {gap:.3f} above it; Newton's "
        f"method with conjugate gradients is there after {model.n_iter_} steps, with a gradient of "
        f"{model.history_['gradient_norm'][-1]:.0e}. The test accuracy at the optimum is "
        f"{model.history_['validation_accuracy'][-1]:.4f}.",
    )

    def draw(ax: Axes) -> None:
        for history, color, name in (
            (plain.history_, MUTED, "gradient descent"),
            (model.history_, CLASS_COLORS[0], "Newton-CG"),
        ):
            steps = np.arange(len(history["loss"]))
            above = np.maximum(history["loss"] - best, 1e-16)
            ax.plot(steps[above > 1e-15] + 1, above[above > 1e-15], color=color, label=name)
        ax.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss − optimum")
        ax.legend()

    picture = Picture(
        "digits-optimum",
        "Distance of the training loss from its minimum.",
        "Loss above the optimum against the step: gradient descent creeps, Newton's falls away.",
        lambda: figure(draw, (WIDTH, 2.6), (0.62, 0.44, 0.08, 0.1)),
    )
    text = Markup("<p>Not on the sheet, but the next thing to ask.</p>")
    title = "Beyond the sheet: how the loss is minimised"
    return Part("", title, "digits-optimum-part", (text, answer, picture))
