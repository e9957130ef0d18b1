"""The panel of nearest neighbours: regions, probabilities, densities, and who is near."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from trivium.lab.scene import Scene
from trivium.lab.settings import NeighborsShading
from trivium.lab.view import View, coarser
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.density import KNeighborsDensity

_TOP = 0.99  # of the cells' densities: spikes at single rows do not darken all the rest
_FEW_NEIGHBORS = 64  # of so many, boundaries between cells are asked for, too
_EVERY_K = 200  # from there on the curve has fewer points
_POINTS_OF_CURVE = 60
_CORNERS = 72
_COINCIDE = "Where k rows lie at one place, the density is infinite: more neighbours help."


def answer(scene: Scene, view: View, pointer: Pointer | None = None) -> Answer:
    """Say what nearest neighbours make of a scene.

    Parameters
    ----------
    scene : Scene
    view : View
    pointer : Pointer or None
        Where the nearest rows, and the circle that holds them, are asked for.

    Returns
    -------
    Answer
    """
    failure = _failure(scene)
    if failure:
        return no_answer(failure)
    settings = scene.settings
    rows, k = rows_of(scene), settings.k
    kind = settings.neighbors_shading
    shaded_class = settings.shaded_class if kind in ("p(x|c)", "p(c|x)") else None
    if kind in ("p(x)", "p(x|c)") and k == 1:
        return no_answer("k = 1 tells no density: p(x) = (k − 1)/(nV) needs two neighbours.")
    if kind == "p(x|c)" and shaded_class not in scene.present:
        return no_answer(f"There is no row of {scene.classes[settings.shaded_class]}.")
    told, labels = _told(rows, k)
    shaded = _shaded(rows, coarser(view, k), k, kind, shaded_class)
    found = replace(
        shaded,
        legend=_legend(scene),
        scores=dict(told),
        notes=shaded.notes + never_predicted(scene, labels),
    )
    if pointer is None:
        return found
    nearest, circle = _near(rows, k, pointer)
    return replace(found, rows=nearest, lines=(*found.lines, circle))


def curve(scene: Scene) -> dict[str, Float64]:
    """Return the accuracy of every k by leaving one row out, from one search.

    Of more than 200 rows, up to k = 200 and at some 60 k's beyond.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    dict of ndarray
        "k", and "leave-one-out accuracy"; empty arrays where there are no two rows.
    """
    ks, accuracies = _curve(rows_of(scene))
    return {"k": ks, "leave-one-out accuracy": accuracies}


def _failure(scene: Scene) -> str:
    if scene.n_rows == 0:
        return "There is no row to learn from."
    if scene.settings.k > scene.n_rows:
        rows = "one row" if scene.n_rows == 1 else f"{scene.n_rows} rows"
        return f"k = {scene.settings.k} is more than there are: {rows}."
    return ""


def _legend(scene: Scene) -> str:
    kind = scene.settings.neighbors_shading
    name = scene.classes[scene.settings.shaded_class]
    unit = "in standard units" if scene.settings.standardize else "per unit of area"
    if kind == "classes":
        return "class"
    if kind == "p(c|x)":
        return f"p(c|x), c = {name}"
    return f"p(x) {unit}" if kind == "p(x)" else f"p(x|c) {unit}, c = {name}"


@lru_cache(maxsize=KEPT)
def _model(rows: Rows, k: int) -> KNeighborsClassifier:
    """Return the classifier, fitted. A tree is the fastest where each row has two numbers."""
    model = KNeighborsClassifier(k, algorithm="kd_tree", n_jobs=1)
    fitted, _ = heard(lambda: model.fit(rows.X, rows.codes))
    return fitted


@lru_cache(maxsize=KEPT)
def _told(rows: Rows, k: int) -> tuple[dict[str, float], Indices]:
    """Return the scores, and the predicted class of each row."""
    model = _model(rows, k)
    labels = model.predict(rows.X)
    scores = {"accuracy": share_right(labels, rows.codes)}
    if k < rows.codes.size:
        scores["leave-one-out accuracy"] = share_right(model.predict(None), rows.codes)
    if rows.test_codes.size:
        scores["test accuracy"] = share_right(model.predict(rows.X_test), rows.test_codes)
    return scores, labels


@lru_cache(maxsize=KEPT)
def _shaded(
    rows: Rows, view: View, k: int, kind: NeighborsShading, shaded_class: int | None
) -> Answer:
    """Return the answer without names and scores."""
    model, points, shape = _model(rows, k), rows.of(view.points), (view.cells, view.cells)
    if kind in ("p(x)", "p(x|c)"):
        return _densities(rows, view, k, shaded_class)
    ask = model.predict if k <= _FEW_NEIGHBORS else None
    if kind == "classes":
        labels = model.predict(points)
        line = _boundary(rows, view, labels, ask)
        return Answer("classes", labels.reshape(shape), lines=(line,))
    shares = model.predict_proba(points)
    line = _boundary(rows, view, model.classes_[shares.argmax(axis=1)], ask)
    place = np.flatnonzero(model.classes_ == shaded_class)
    shading = shares[:, place[0]] if place.size else np.zeros(len(points))
    return Answer("probability", shading.reshape(shape), shaded_class=shaded_class, lines=(line,))


def _boundary(rows: Rows, view: View, labels: Indices, ask: Any) -> Line:
    predict = None if ask is None else (lambda points: ask(rows.of(points)))
    return Line("boundary", view.grid.boundaries(labels, predict), "boundary between classes")


def _densities(rows: Rows, view: View, k: int, c: int | None) -> Answer:
    """Shade p(x), or p(x|c); its logarithms are compared, which no unit takes out of float64."""
    density = KNeighborsDensity(k, algorithm="kd_tree", n_jobs=1)
    points = rows.of(view.points)

    def ask() -> NDArray[np.float64]:
        fitted = density.fit(rows.X, rows.codes)
        if c is None:
            return fitted.score_samples(points)
        place = int(np.flatnonzero(fitted.classes_ == c)[0])
        return fitted.class_score_samples(points)[:, place]

    logs, _ = heard(ask)
    notes = (_COINCIDE,) if np.isposinf(logs).any() else ()
    some = logs[np.isfinite(logs)]
    top = float(np.quantile(some, _TOP)) if some.size else 0.0
    with np.errstate(over="ignore"):
        shading = np.exp(np.minimum(logs - top, 0.0)).reshape(view.cells, view.cells)
        return Answer("density", shading, top=float(np.exp(top)), shaded_class=c, notes=notes)


def _near(rows: Rows, k: int, pointer: Pointer) -> tuple[Indices, Line]:
    """Return the k nearest rows, and the circle about the pointer that goes through the last."""
    center = rows.of(np.array([[pointer.x, pointer.y]]))
    distances, indices = _model(rows, k).kneighbors(center)
    angles = np.linspace(0.0, 2.0 * np.pi, _CORNERS + 1)
    circle = center + distances[0, -1] * np.column_stack([np.cos(angles), np.sin(angles)])
    return indices[0], Line("circle", rows.back(circle), f"the {k} nearest rows")


@lru_cache(maxsize=KEPT)
def _curve(rows: Rows) -> tuple[Float64, Float64]:
    most = rows.codes.size - 1
    if most < 1:
        return np.empty(0), np.empty(0)
    ks = np.arange(1, min(most, _EVERY_K) + 1)
    if most > _EVERY_K:
        ks = np.union1d(ks, np.geomspace(_EVERY_K, most, _POINTS_OF_CURVE).round().astype(int))
    model = _model(rows, 1)
    paths = model.predict_path(None, ks.tolist())
    return ks.astype(np.float64), (paths == rows.codes).mean(axis=1)
