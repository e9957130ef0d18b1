"""Task 3: softmax regression on handwritten digits."""

import warnings
from functools import partial

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from trivium.arrays import Float64
from trivium.displays import ClassWeightsDisplay, TrainingCurvesDisplay
from trivium.displays.palette import CLASS_COLORS, MUTED
from trivium.report import in_style
from trivium.rows.memory import ArrayRows
from trivium.sheet import published
from trivium.sheet.canvas import WIDTH, figure
from trivium.sheet.derivation import derivation
from trivium.sheet.records import Answer, Check, Part, Picture
from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.history import History
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.gradient_descent import gradient_descent
from trivium.softmax.solvers.protocol import Observer

N_CLASSES = 10
STEPS = 1000


class Digits:
    """The sheet's data and its gradient descent.

    Attributes
    ----------
    X, y : rows and labels to train on
    X_test, y_test : the other rows
    objective : mean cross-entropy of the training rows
    unseen : mean cross-entropy of the test rows
    history : record of the descent of the first sheet, on both sets of rows
    parameters : where it ended, weights and biases
    """

    def __init__(self) -> None:
        X, y = load_digits(return_X_y=True)
        self.X, self.X_test, self.y, self.y_test = train_test_split(
            X / 16, y, test_size=0.25, shuffle=True, random_state=0
        )
        self.objective = CrossEntropy(ArrayRows(self.X, self.y, N_CLASSES))
        start = np.hstack([np.ones((N_CLASSES, 64)), np.zeros((N_CLASSES, 1))])
        self.unseen = CrossEntropy(ArrayRows(self.X_test, self.y_test, N_CLASSES))
        history = History(self.unseen)
        self.parameters = self._descend(start, first_sheets_rates(len(self.X)), history)
        self.history = history.arrays()

    def second_sheet(self, learning_rate: float) -> tuple[float, float]:
        """Take the second sheet's steps with seed 0; return the test accuracy before and after."""
        weights = np.random.default_rng(0).normal(size=(N_CLASSES, 64))
        start = np.hstack([weights, np.zeros((N_CLASSES, 1))])
        end = self._descend(start, learning_rate, lambda *_: None)
        return self.unseen.evaluate(start).accuracy, self.unseen.evaluate(end).accuracy

    def _descend(
        self, start: Float64, learning_rate: float | Float64, observe: Observer
    ) -> Float64:
        """Take the sheets' 1000 steps."""
        return gradient_descent(
            self.objective,
            start,
            learning_rate=learning_rate,
            max_iter=STEPS,
            tol=0.0,
            observe=observe,
        ).parameters


def first_sheets_rates(n_rows: int) -> Float64:
    """Learning rates that turn the mean gradient into the first sheet's steps.

    It takes 0.001 times the weights' gradient summed over the rows, which is n times the
    mean, and 0.001 times the biases' mean gradient.
    """
    return 0.001 * np.append(np.full(64, float(n_rows)), 1.0)


def parts(digits: Digits) -> tuple[Part, ...]:
    """Run the three parts of the task."""
    return _gradient(digits), _descent(digits), _optimum(digits)


def _gradient(digits: Digits) -> Part:
    error, step, parameters = gradient_error(digits)
    text = Markup(
        "<p>The model's logits are g, its probabilities p, its parameters θ = (W, b). The loss "
        "is differentiated through each in turn.</p>"
    )
    formulas = derivation(gradient_error=error, step=step, parameters=parameters)
    return Part("3.1 The gradient", "digits-gradient", text, formulas=formulas)


def gradient_error(digits: Digits) -> tuple[float, float, int]:
    """Compare the gradient on 200 rows with central differences at a random point.

    Returns
    -------
    error : float
        Greatest absolute difference.
    step : float
    parameters : int
        Number of partial derivatives compared: all of them.
    """
    step = 1e-5
    objective = CrossEntropy(ArrayRows(digits.X[:200], digits.y[:200], N_CLASSES))
    point = np.random.default_rng(0).normal(size=objective.shape)
    gradient = objective.evaluate(point).gradient
    differences = np.empty_like(gradient)
    for place in np.ndindex(*gradient.shape):
        ahead, behind = point.copy(), point.copy()
        ahead[place] += step
        behind[place] -= step
        rise = objective.evaluate(ahead).loss - objective.evaluate(behind).loss
        differences[place] = rise / (2 * step)
    return float(np.abs(gradient - differences).max()), step, gradient.size


def _descent(digits: Digits) -> Part:
    history = digits.history
    accuracy = float(history["validation_accuracy"][-1])
    what = f"accuracy on the test rows after {STEPS} steps"
    check = Check(3, what, published.DIGITS_ACCURACY, accuracy)
    rate = 0.01
    first, last = digits.second_sheet(rate)
    text = Markup(
        "<p>{} rows of 64 pixels, divided by 16, train; {} test. The first sheet starts with "
        "weights all one and biases zero, and takes 1000 steps with the learning rate 0.001, the "
        "gradient of the weights summed over the rows, that of the biases averaged. It ends at "
        "a test loss of {:.5f} and a test accuracy of {:.5f}.</p>"
        "<p>The second sheet starts with standard normal weights and the rate 0.01; its listing "
        "breaks off inside the loop and publishes no number. With the gradient of the mean loss "
        "and seed 0, 1000 steps bring the test accuracy from {:.2f} to {:.2f}: the steps are "
        "{:.0f} times shorter, and so the start still shows.</p>"
    ).format(
        len(digits.X),
        len(digits.X_test),
        history["validation_loss"][-1],
        accuracy,
        first,
        last,
        0.001 * len(digits.X) / rate,
    )
    pictures = (
        Picture(
            "digits-curves",
            "Loss and accuracy against the step, on training and test rows.",
            "Both losses fall and both accuracies rise, steeply for 100 steps, then slowly.",
            partial(_curves_figure, history),
        ),
        Picture(
            "digits-weights",
            "The weights of each class as an image, less their mean over the classes.",
            "Ten images of 8 by 8 weights; each shows, in positive weights, strokes of its digit.",
            partial(_weights_figure, digits),
        ),
    )
    return Part(
        "3.2 and 3.3 A thousand steps",
        "digits-descent",
        text,
        checks=(check,),
        pictures=pictures,
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


def _weights_figure(digits: Digits) -> Figure:
    weights = digits.parameters[:, :64]
    # No probability depends on what all classes share, such as the start at one.
    display = ClassWeightsDisplay(
        weights - weights.mean(axis=0), image_shape=(8, 8), classes=range(N_CLASSES)
    )
    return figure(lambda ax: display.plot(ax), (WIDTH, 2.5))


def _optimum(digits: Digits) -> Part:
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
        lambda: figure(draw, (WIDTH, 2.6)),
    )
    text = Markup("<p>Not on the sheet, but the next thing to ask.</p>")
    return Part(
        "How the loss is minimised",
        "digits-optimum-part",
        text,
        pictures=(picture,),
        answers=(answer,),
    )
