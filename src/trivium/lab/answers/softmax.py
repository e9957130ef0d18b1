"""The panel of softmax regression: at its optimum, or at a step of gradient descent."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.lab.answers.answer import Answer, Line, Pointer, no_answer
from trivium.lab.answers.descent import Descent, descent_of, optimum
from trivium.lab.answers.learning import (
    KEPT,
    Rows,
    never_predicted,
    rows_of,
    share_right,
)
from trivium.lab.answers.least_squares import needs_two_classes
from trivium.lab.answers.lines import linear_boundary
from trivium.lab.scene import Scene
from trivium.lab.view import View
from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.objective.cross_entropy import softmax

_NOTHING = np.empty((0, 0))


class Linear(NamedTuple):
    """Logits that are linear: a row of coefficients, and an intercept, for each class with rows."""

    classes: Indices
    coef: Float64
    intercept: Float64

    def logits(self, points: Float64) -> Float64:
        """Return the logit of each class, shape (m, n_classes)."""
        with np.errstate(all="ignore"):  # far out a logit may overflow
            found: Float64 = np.nan_to_num(points @ self.coef.T + self.intercept)
            return found

    def probabilities(self, points: Float64) -> Float64:
        """Return the probability of each class, shape (m, n_classes)."""
        with np.errstate(all="ignore"):
            return softmax(self.logits(points))[0]

    def predict(self, points: Float64) -> Indices:
        """Return the class of the greatest logit, the first of those that tie.

        Logits, since probabilities tie where logits still differ: near the start of a descent.
        """
        best: Indices = self.classes[self.logits(points).argmax(axis=1)]
        return best


def answer(scene: Scene, view: View, pointer: Pointer | None = None) -> Answer:
    """Say what softmax regression makes of a scene.

    Parameters
    ----------
    scene : Scene
    view : View
    pointer : Pointer or None
        Nothing here depends on it.

    Returns
    -------
    Answer
        With "step", "loss" and "accuracy" as curves where the scene asks for a step of gradient
        descent.
    """
    del pointer
    failure = needs_two_classes(scene)
    if failure:
        return no_answer(failure)
    try:
        if scene.settings.step is None:
            return _at_optimum(scene, view)
        return _at_step(scene, view, scene.settings.step)
    except ValueError as error:
        return no_answer(" ".join(str(error).split()))


def _at_optimum(scene: Scene, view: View) -> Answer:
    rows = rows_of(scene)
    model, notes = _optimum(rows, scene.settings.softmax_alpha)
    linear = Linear(model.classes_, model.coef_, model.intercept_)
    scores = {
        "accuracy": share_right(linear.predict(rows.X), rows.codes),
        "loss": float(model.history_["loss"][-1]),
        "gap": float(model.optimality_gap_),
    }
    facts = {"steps to the optimum": float(model.n_iter_)}
    notes = (*notes, *_separated(model))
    return _shown(
        scene, view, linear, Answer("classes", _NOTHING, scores=scores, facts=facts, notes=notes)
    )


def _at_step(scene: Scene, view: View, number: int) -> Answer:
    descent = descent_of(scene)
    step = descent.at(number)
    linear = Linear(descent.classes, step.parameters[:, :2], step.parameters[:, 2])
    # By the same predictions as the note on classes: the solver rounds its margins in another way.
    rows = rows_of(scene)
    accuracy = share_right(linear.predict(rows.X), rows.codes)
    scores = {"accuracy": accuracy, "loss": step.loss, "gap": step.gap}
    facts = {
        "step": float(step.number),
        "least loss": descent.least_loss,
        "rises": float(descent.rises(step.number)),
        "safe learning rate": descent.safe_rate(),
    }
    curves = descent.curves(max(scene.settings.n_steps, number))
    notes = (
        *_pace(descent, step.number, scene.settings.learning_rate),
        *_separated(descent.optimum),
    )
    bare = Answer("classes", _NOTHING, scores=scores, facts=facts, curves=curves, notes=notes)
    return _shown(scene, view, linear, bare)


def _shown(scene: Scene, view: View, linear: Linear, bare: Answer) -> Answer:
    """Return an answer with regions or probabilities, boundary, and scores of rows."""
    rows, settings = rows_of(scene), scene.settings
    points, shape = rows.of(view.points), (view.cells, view.cells)
    labels = linear.predict(points)
    if linear.classes.size == 2:
        coef, intercept = np.diff(linear.coef, axis=0)[0], np.diff(linear.intercept)[0]
        line = linear_boundary(rows, view, coef, float(intercept))
    else:
        line = view.grid.boundaries(labels, lambda some: linear.predict(rows.of(some)))
    lines = (Line("boundary", line, "boundary between classes"),)
    scores = dict(bare.scores)
    if rows.test_codes.size:
        scores["test accuracy"] = share_right(linear.predict(rows.X_test), rows.test_codes)
    notes = bare.notes + never_predicted(scene, linear.predict(rows.X))
    found = replace(bare, shading=labels.reshape(shape), lines=lines, scores=scores, notes=notes)
    if settings.softmax_shading == "classes":
        return found
    c = settings.shaded_class
    place = np.flatnonzero(linear.classes == c)
    shading = linear.probabilities(points)[:, place[0]] if place.size else np.zeros(len(points))
    return replace(
        found,
        kind="probability",
        shading=shading.reshape(shape),
        legend=f"p(c|x), c = {scene.classes[c]}",
        shaded_class=c,
    )


@lru_cache(maxsize=KEPT)
def _optimum(rows: Rows, alpha: float) -> tuple[SoftmaxRegression, tuple[str, ...]]:
    return optimum(rows.X, rows.codes, alpha)


def _separated(model: SoftmaxRegression) -> tuple[str, ...]:
    if model.separating_direction_ is None:
        return ()
    return (
        "The classes can be separated, and there is no penalty: the loss falls for ever, and the "
        "probabilities tend to 0 and 1.",
    )


def _pace(descent: Descent, number: int, rate: float) -> tuple[str, ...]:
    """Say whether the learning rate is too great, and which one is not."""
    if descent.diverged_at is not None:
        return (
            f"The learning rate {rate:g} diverges: at step {descent.diverged_at} the loss is no "
            f"longer finite. With {descent.safe_rate():.2g} every step lowers it.",
        )
    rises = descent.rises(number)
    if rises:
        return (
            f"{rises} of {number} steps raised the loss: the learning rate {rate:g} is too great. "
            f"With {descent.safe_rate():.2g} every step lowers it.",
        )
    return ()
