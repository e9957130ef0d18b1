"""Task 3: softmax regression on handwritten digits."""

import numpy as np
from markupsafe import Markup
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from trivium.arrays import Float64, Labels
from trivium.report import Column, Formulas, Table
from trivium.report.tables import Value
from trivium.rows.memory import ArrayRows
from trivium.sheet.derivation import derivation
from trivium.sheet.records import Part
from trivium.softmax.history import History
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.gradient_descent import gradient_descent
from trivium.softmax.solvers.protocol import Observer

N_CLASSES = 10
STEPS = 1000
SECOND_RATE = 0.01


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
    second : record of the descent of the second sheet, from seed 0
    predicted : labels of the test rows where the first sheet ended
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
        weights = np.random.default_rng(0).normal(size=(N_CLASSES, 64))
        start = np.hstack([weights, np.zeros((N_CLASSES, 1))])
        history = History(self.unseen)
        self._descend(start, SECOND_RATE, history)
        self.second = history.arrays()
        logits = self.X_test @ self.parameters[:, :64].T + self.parameters[:, 64]
        self.predicted: Labels = logits.argmax(axis=1)

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


def lesson(digits: Digits) -> Markup:
    """Say what is to be learnt."""
    return Markup(
        "<strong>The gradient is probability less truth.</strong> The chain rule cancels every "
        "division ([[#digits-gradient 3.1]]). A thousand plain steps of it get {:.1%} of unseen "
        "digits right; from another start, with shorter steps, {:.1%} ([[digits-second-curves]])."
    ).format(digits.history["validation_accuracy"][-1], digits.second["validation_accuracy"][-1])


def gradient_part(digits: Digits) -> Part:
    """Derive the gradient and compare it with differences."""
    error, step, parameters = gradient_error(digits)
    text = Markup(
        "<p>The model’s logits are g, its probabilities p, its parameters θ = (W, b). The loss "
        "is differentiated through each in turn.</p>"
    )
    formulas = derivation(gradient_error=error, step=step, parameters=parameters)
    return Part("3.1", "The gradient", "digits-gradient", (text, Formulas(formulas)))


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


def descent_part(digits: Digits) -> Part:
    """Say what the thousand steps of either sheet come to."""
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
        digits.history["validation_loss"][-1],
        digits.history["validation_accuracy"][-1],
        digits.second["validation_accuracy"][0],
        digits.second["validation_accuracy"][-1],
        0.001 * len(digits.X) / SECOND_RATE,
    )
    measured = ("loss", "validation_loss", "train_accuracy", "validation_accuracy")
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (sheet, step, *(float(history[name][step]) for name in measured))
        for sheet, history in (("first", digits.history), ("second", digits.second))
        for step in (0, 10, 100, STEPS)
    )
    columns = (
        Column("sheet"),
        Column("step", kind="number"),
        *(Column(name, kind="number", spec=".4f") for name in ("train loss", "test loss")),
        *(Column(name, kind="number", spec=".4f") for name in ("train accuracy", "test accuracy")),
    )
    table = Table("Gradient descent as either sheet has it", columns, rows)
    return Part("3.2", "A thousand steps", "digits-descent", (text, table))
