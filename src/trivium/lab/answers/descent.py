"""Gradient descent step by step: where it is, how far above the least loss, when it diverges.

The steps are those of ``SoftmaxRegression(solver="gradient-descent", tol=0)`` from zero, by the
same solver and objective. A path is kept and goes on where it ended, so that to play or to scrub
costs only the steps that are new.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import one_blas_thread
from trivium.lab.answers.learning import KEPT, LOCK, Rows, heard, rows_of
from trivium.lab.scene import Scene
from trivium.rows.table import rows_of as table_of
from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.gradient_descent import gradient_descent

_ROUNDING = 1e-12  # of the loss: no rise


class Step(NamedTuple):
    """One step of gradient descent.

    Attributes
    ----------
    number : int
        0 for the start, where all parameters are zero.
    parameters : ndarray of shape (n_classes, 3)
        Coefficients and intercept of each class that has rows.
    loss, accuracy : float
        Of the rows to learn from, the penalty included.
    gap : float
        How far the loss is above the least there is, at most.
    """

    number: int
    parameters: Float64
    loss: float
    accuracy: float
    gap: float


class Descent:
    """The path of gradient descent from zero, as far as it was asked for.

    Parameters
    ----------
    X : ndarray of shape (n, 2)
    codes : ndarray of int of shape (n,)
    alpha, learning_rate : float

    Attributes
    ----------
    optimum : SoftmaxRegression
        The fit that goes to the optimum, with the same penalty.
    classes : ndarray of int
        Those that have rows.
    notes : tuple of str
        What that fit warned of.
    diverged_at : int or None
        Number of the first step whose loss is no longer finite; no step follows it.
    """

    def __init__(self, X: Float64, codes: Indices, alpha: float, learning_rate: float) -> None:
        self.optimum, self.notes = optimum(X, codes, alpha)
        self.classes, places = np.unique(codes, return_inverse=True)
        self.diverged_at: int | None = None
        table = table_of(X, places.astype(np.intp), self.classes.size)
        self._objective = CrossEntropy(table, alpha=alpha)
        self._learning_rate = learning_rate
        self._parameters: list[Float64] = []
        self._losses: list[float] = []
        self._accuracies: list[float] = []
        loss = float(self.optimum.history_["loss"][-1])
        self._least = loss - self.optimum.optimality_gap_

    @property
    def least_loss(self) -> float:
        """The loss at the optimum, or the least that a fit has reached where there is none."""
        return float(self.optimum.history_["loss"][-1])

    def at(self, number: int) -> Step:
        """Return a step, or the last one with finite loss before it.

        Parameters
        ----------
        number : int
            At least 0.
        """
        self._reach(number)
        number = min(number, len(self._losses) - 1)
        loss = self._losses[number]
        gap = max(loss - self._least, 0.0)
        return Step(number, self._parameters[number], loss, self._accuracies[number], gap)

    def steps(self) -> Iterator[Step]:
        """Yield the start and step after step, until the loss is no longer finite."""
        number = 0
        while True:
            step = self.at(number)
            if step.number < number:
                return
            yield step
            number += 1

    def curves(self, most: int) -> dict[str, Float64]:
        """Return "step", "loss" and "accuracy" up to a step, or the last one with finite loss."""
        self._reach(most)
        n = min(most + 1, len(self._losses))
        values = {"loss": self._losses[:n], "accuracy": self._accuracies[:n]}
        return {"step": np.arange(n, dtype=np.float64)} | {
            name: np.array(each) for name, each in values.items()
        }

    def rises(self, number: int) -> int:
        """Return how many of the steps up to a number have raised the loss."""
        losses = np.array(self._losses[: number + 1])
        return int(np.sum(np.diff(losses) > _ROUNDING * np.abs(losses[1:])))

    def safe_rate(self) -> float:
        """Return a learning rate with which every step lowers the loss, by a bound on curvature."""
        bound = float(np.linalg.eigvalsh(self._objective.curvature_bound())[-1])
        return 1.0 / bound

    def _reach(self, number: int) -> None:
        """Go on to a step, where the path has not come so far."""
        with LOCK.held:
            done = len(self._losses) - 1
            if number <= done or self.diverged_at is not None:
                return
            start = np.zeros((self.classes.size, 3)) if done < 0 else self._parameters[-1]
            with one_blas_thread(), np.errstate(all="ignore"):  # a step too far overflows
                gradient_descent(
                    self._objective,
                    start,
                    learning_rate=self._learning_rate,
                    max_iter=number - max(done, 0),
                    tol=-1.0,  # no gradient is so small
                    observe=partial(self._note, start if done >= 0 else None),
                )

    def _note(self, known: Float64 | None, parameters: Float64, at: Any, step: float) -> None:
        """Note one point of the path, unless it is known."""
        del step
        if parameters is known or self.diverged_at is not None:
            return
        if not np.isfinite(at.loss) or not np.isfinite(parameters).all():
            self.diverged_at = len(self._losses)
            return
        self._parameters.append(parameters)
        self._losses.append(float(at.loss))
        self._accuracies.append(float(at.accuracy))


def optimum(X: Float64, codes: Indices, alpha: float) -> tuple[SoftmaxRegression, tuple[str, ...]]:
    """Fit softmax regression; return it, and what it warned of.

    Raises
    ------
    ValueError
        If there are no two classes.
    """
    model = SoftmaxRegression(alpha)
    return heard(lambda: model.fit(X, codes))


@lru_cache(maxsize=KEPT)
def _descent(rows: Rows, alpha: float, learning_rate: float) -> Descent:
    return Descent(rows.X, rows.codes, alpha, learning_rate)


def descent_of(scene: Scene) -> Descent:
    """Return the descent that a scene asks for; the same one as long as its rows stay.

    Parameters
    ----------
    scene : Scene
        Of two classes that have rows, or more.
    """
    settings = scene.settings
    return _descent(rows_of(scene), settings.softmax_alpha, settings.learning_rate)
