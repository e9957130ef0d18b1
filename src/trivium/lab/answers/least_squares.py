"""The panel of least squares: its line, the rows that bend it, and the line without one of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.lab.answers.answer import Answer, Line, Pointer, no_answer
from trivium.lab.answers.learning import (
    KEPT,
    Rows,
    heard,
    never_predicted,
    rows_of,
    share_right,
)
from trivium.lab.answers.lines import linear_boundary
from trivium.lab.scene import Scene
from trivium.lab.settings import Sizes
from trivium.lab.view import View
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.least_squares.deletion.influence import Influence


class Asked(NamedTuple):
    """What a fit depends on besides the rows."""

    alpha: float
    robust: bool


class Fitted(NamedTuple):
    """A fit, what it says of rows left out (or why it says nothing), and its notes."""

    model: LeastSquaresClassifier
    influence: Influence | None
    notes: tuple[str, ...]


def answer(scene: Scene, view: View, pointer: Pointer | None = None) -> Answer:
    """Say what least squares makes of a scene.

    Parameters
    ----------
    scene : Scene
    view : View
    pointer : Pointer or None
        Its row is the one without which the ghost line is drawn.

    Returns
    -------
    Answer
    """
    failure = needs_two_classes(scene)
    if failure:
        return no_answer(failure)
    settings = scene.settings
    rows, asked = rows_of(scene), Asked(settings.alpha, settings.robust)
    try:
        fitted = _fitted(rows, asked)
    except ValueError as error:
        return no_answer(" ".join(str(error).split()))
    two = scene.present.size == 2
    shaded = _shaded(rows, view, asked, settings.rounded and two)
    scores, labels = _told(rows, asked, settings.rounded and two)
    sizes, missing = _sizes(fitted.influence, settings.sizes)
    found = replace(
        shaded,
        sizes=sizes,
        scores=dict(scores),
        measures=_measures(fitted.influence),
        facts=_facts(fitted, rows, view),
        notes=(*fitted.notes, *never_predicted(scene, labels), *missing),
    )
    row = None if pointer is None else pointer.row
    if row is None or not 0 <= row < scene.n_rows:
        return found
    ghost = _ghost(rows, view, asked, row)
    return found if ghost is None else replace(found, lines=(*found.lines, ghost))


def needs_two_classes(scene: Scene) -> str:
    """Say why nothing linear can be fitted, or nothing."""
    if scene.n_rows == 0:
        return "There is no row to learn from."
    if scene.present.size == 1:
        return f"All rows are of class {scene.classes[scene.present[0]]}: it takes two classes."
    return ""


@lru_cache(maxsize=KEPT)
def _fitted(rows: Rows, asked: Asked) -> Fitted:
    """Fit; a robust fit is looked at as one whose rows weigh what it lets them count."""

    def fit() -> tuple[LeastSquaresClassifier, Influence | None]:
        model = LeastSquaresClassifier(asked.alpha, robust=asked.robust).fit(rows.X, rows.codes)
        plain, weights = model, None
        try:
            if asked.robust:
                weights = model.robust_weights_
                plain = LeastSquaresClassifier(asked.alpha).fit(rows.X, rows.codes, weights)
            return model, plain.influence(rows.X, rows.codes, weights)
        except ValueError:  # far rows hide the others, or one of them counts for nothing
            return model, None

    (model, influence), notes = heard(fit)
    return Fitted(model, influence, notes)


@lru_cache(maxsize=KEPT)
def _shaded(rows: Rows, view: View, asked: Asked, rounded: bool) -> Answer:
    """Return the regions and their boundary."""
    model = _fitted(rows, asked).model
    points = rows.of(view.points)
    labels = model.predict(points)
    name = "boundary between classes"
    if model.classes_.size == 2:
        line = linear_boundary(rows, view, model.coef_[0], float(model.intercept_[0]))
        name = "f(x) = 0"
    else:
        line = view.grid.boundaries(labels, lambda some: model.predict(rows.of(some)))
    if rounded:
        labels = _rounded(model, points)
    shading = labels.reshape(view.cells, view.cells)
    return Answer("classes", shading, lines=(Line("boundary", line, name),))


def _rounded(model: LeastSquaresClassifier, points: Float64) -> Indices:
    """Return the class of rint(f), -1 where that is neither -1 nor 1."""
    values = np.rint(model.decision_function(points))
    first, second = model.classes_
    return np.select([values == -1.0, values == 1.0], [first, second], -1)


@lru_cache(maxsize=KEPT)
def _told(rows: Rows, asked: Asked, rounded: bool) -> tuple[dict[str, float], Indices]:
    """Return the scores, and the predicted class of each row."""
    model, influence, _ = _fitted(rows, asked)
    labels = model.predict(rows.X)
    scores = {"accuracy": share_right(labels, rows.codes)}
    if rounded:
        scores["accuracy by rint"] = share_right(_rounded(model, rows.X), rows.codes)
    if influence is not None and not asked.robust:
        predicted = influence.loo_predictions
        scores["leave-one-out accuracy"] = share_right(predicted, rows.codes)
    if rows.test_codes.size:
        scores["test accuracy"] = share_right(model.predict(rows.X_test), rows.test_codes)
        if rounded:
            predicted = _rounded(model, rows.X_test)
            scores["test accuracy by rint"] = share_right(predicted, rows.test_codes)
    return scores, labels


def _sizes(influence: Influence | None, kind: Sizes) -> tuple[Float64 | None, tuple[str, ...]]:
    """Return sizes of the rows from 0 to 1, and a note where there are none."""
    if kind == "none":
        return None, ()
    name = "leverage" if kind == "leverage" else "Cook's distance"
    values = _measures(influence).get(name)
    if values is None:
        return None, (f"These rows tell no {name}.",)
    greatest = float(values.max())
    return (values / greatest if greatest > 0.0 else np.zeros(values.size)), ()


def _measures(influence: Influence | None) -> dict[str, Float64]:
    """Return what is known of each row."""
    if influence is None:
        return {}
    each = {"leverage": influence.leverage, "Cook's distance": influence.cooks_distance}
    return {name: values for name, values in each.items() if np.isfinite(values).all()}


def _facts(fitted: Fitted, rows: Rows, view: View) -> dict[str, float]:
    """Return the angle of the line in the picture, and how many rows a robust fit holds back."""
    model = fitted.model
    facts = {}
    if model.classes_.size == 2:
        left, right, bottom, top = view.window
        sides = rows.of(np.array([[left, bottom], [right, top]]))
        normal = model.coef_[0] / (np.abs(model.coef_[0]).max() or 1.0)
        across, up = normal * (sides[1] - sides[0])
        facts["angle"] = float(np.degrees(np.arctan2(up, across)))
    if model.robust:
        facts["rows held back"] = float(np.sum(model.robust_weights_ < 0.5))
    return {name: value for name, value in facts.items() if np.isfinite(value)}


@lru_cache(maxsize=KEPT)
def _ghost(rows: Rows, view: View, asked: Asked, row: int) -> Line | None:
    """Return the boundary without a row; None where without it there is no second class."""
    codes = rows.codes
    if np.unique(np.delete(codes, row)).size < np.unique(codes).size:
        return None
    name = f"boundary without row {row}"
    fitted = _fitted(rows, asked)
    if fitted.influence is not None and not asked.robust:
        coef, intercept = (part[0] for part in fitted.influence.loo_coef([row]))
    else:
        without = LeastSquaresClassifier(asked.alpha, robust=asked.robust)
        X = np.delete(rows.X, row, axis=0)
        model, _ = heard(lambda: without.fit(X, np.delete(codes, row)))
        coef, intercept = model.coef_, model.intercept_
    if coef.shape[0] == 1:
        return Line("ghost", linear_boundary(rows, view, coef[0], float(intercept[0])), name)

    def ask(points: Float64) -> Indices:
        best: Indices = (rows.of(points) @ coef.T + intercept).argmax(axis=1)
        return best

    return Line("ghost", view.grid.boundaries(ask(view.points), ask), name)
