"""One plain sentence under each panel on what has just changed, from what was measured.

`change_of` finds what differs between two scenes, and `explain` says what came of it: which part of
the picture has another class, how far a line has turned, what became of scores. It claims no cause
beyond the change itself.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trivium.lab.answers.answer import DIGITS, Answer
from trivium.lab.scene import Scene
from trivium.lab.settings import Settings

Panel = Literal["neighbors", "least_squares", "softmax"]
_NUMBERS = {
    "k": "k =",
    "alpha": "a penalty of",
    "softmax_alpha": "a penalty of",
    "learning_rate": "a learning rate of",
}
_FLAGS = {
    "robust": ("Robust is on", "Robust is off"),
    "rounded": ("Values are rounded to classes", "The sign names the class"),
    "standardize": ("Columns are standardized", "Columns are as they come"),
}
_OWN = {
    "neighbors": {"k", "neighbors_shading", "shaded_class", "standardize"},
    "least_squares": {"alpha", "robust", "rounded", "sizes", "standardize"},
    "softmax": {
        "softmax_alpha",
        "softmax_shading",
        "shaded_class",
        "step",
        "learning_rate",
        "n_steps",
        "standardize",
    },
}
_ROWS = {"move", "add", "remove", "relabel"}


@dataclass(frozen=True)
class Change:
    """What differs between a scene and the one before it.

    Attributes
    ----------
    kind : {"start", "move", "add", "remove", "relabel", "setting", "nothing", "scene"}
        "scene" stands for several of them at once.
    row : int or None
        Number of the row that was moved, added, removed or relabelled.
    settings : tuple of str
        Names of the settings that differ.
    text : str
        The change as the beginning of a sentence; empty where the picture alone is another one.
    """

    kind: str
    row: int | None = None
    settings: tuple[str, ...] = ()
    text: str = ""


def change_of(before: Scene | None, after: Scene) -> Change:
    """Find what differs between two scenes.

    Parameters
    ----------
    before : Scene or None
        None where there was none.
    after : Scene

    Returns
    -------
    Change

    Examples
    --------
    >>> from trivium.lab.explain import change_of
    >>> from trivium.lab.scene import Scene
    >>> scene = Scene([[0, 0], [1, 1]], [0, 1], ("a", "b"))
    >>> change_of(scene, scene.relabelled(1, 0)).text
    'Row 1 is of class a now'
    """
    if before is None:
        return Change("start")
    frame = ("classes", "names", "title")
    if any(getattr(before, name) != getattr(after, name) for name in frame):
        return Change("scene")
    settings = tuple(
        field.name
        for field in fields(Settings)
        if getattr(before.settings, field.name) != getattr(after.settings, field.name)
    )
    rows = _rows_changed(before, after)
    if not settings:
        return rows
    return _set(before, after, settings) if rows.kind == "nothing" else Change("scene")


def explain(panel: Panel, before: Answer | None, after: Answer, change: Change) -> str:
    """Say in one sentence what a change has brought about in a panel.

    Parameters
    ----------
    panel : {"neighbors", "least_squares", "softmax"}
    before : Answer or None
        None where there was none.
    after : Answer
        In the same view.
    change : Change

    Returns
    -------
    str
        Plain text, in which names come as the user wrote them: escape it.
    """
    if after.failure:
        return after.failure
    own = change.kind in _ROWS or bool(set(change.settings) & _OWN[panel])
    if before is None or before.failure or not own:
        return _state(panel, after)
    if not change.text:
        return _picture(panel, after)
    parts = [_turned(before, after) if panel == "least_squares" else "", _moved(before, after)]
    if panel == "softmax":
        parts.append(_loss(before, after))
    parts.append(_scored(before, after))
    told = ", and ".join([", ".join(filter(None, parts[:-1])), parts[-1]])
    more = _of_rows(after, change) if panel == "least_squares" else ""
    return f"{change.text}: {told.removeprefix(', and ')}{more}."


def _rows_changed(before: Scene, after: Scene) -> Change:
    if after.n_rows == before.n_rows + 1 and _same(before, after, slice(before.n_rows)):
        row = before.n_rows
        return Change("add", row, text=f"Row {row} of class {_class(after, row)} is new")
    if after.n_rows == before.n_rows - 1:
        differs = np.flatnonzero(_differs(before, after, after.n_rows))
        row = int(differs[0]) if differs.size else after.n_rows
        rest = before.removed(row)
        if _same(rest, after, slice(after.n_rows)):
            return Change("remove", row, text=f"Row {row} of class {_class(before, row)} is gone")
        return Change("scene")
    if after.n_rows != before.n_rows:
        return Change("scene")
    differs = np.flatnonzero(_differs(before, after, after.n_rows))
    if differs.size == 0:
        return Change("nothing")
    row = int(differs[0])
    if differs.size > 1:
        return Change("scene")
    if before.codes[row] == after.codes[row]:
        return Change("move", row, text=f"Row {row} of class {_class(after, row)} has moved")
    if np.array_equal(before.X[row], after.X[row]):
        return Change("relabel", row, text=f"Row {row} is of class {_class(after, row)} now")
    return Change("scene")


def _differs(before: Scene, after: Scene, n: int) -> NDArray[np.bool_]:
    elsewhere = (before.X[:n] != after.X[:n]).any(axis=1)
    differs: NDArray[np.bool_] = elsewhere | (before.codes[:n] != after.codes[:n])
    return differs


def _same(before: Scene, after: Scene, rows: slice) -> bool:
    same_X = np.array_equal(before.X[rows], after.X[rows])
    return same_X and np.array_equal(before.codes[rows], after.codes[rows])


def _class(scene: Scene, row: int) -> str:
    return scene.classes[int(scene.codes[row])]


def _set(before: Scene, after: Scene, names: tuple[str, ...]) -> Change:
    """Say which settings differ, in words about the first that changes a fit."""
    for name in names:
        old, new = getattr(before.settings, name), getattr(after.settings, name)
        if name == "step":
            text = "At the optimum" if new is None else f"At step {new}"
        elif name in _FLAGS:
            text = _FLAGS[name][0 if new else 1]
        elif name in _NUMBERS:
            text = f"With {_NUMBERS[name]} {new:g} in place of {old:g}"
        else:
            continue
        return Change("setting", settings=names, text=text)
    return Change("setting", settings=names)


def _state(panel: Panel, answer: Answer) -> str:
    """Say how things are, where there is nothing to compare with."""
    accuracy = _per_cent(answer.scores["accuracy"])
    if panel == "softmax":
        loss, gap = answer.scores["loss"], answer.scores["gap"]
        step = answer.facts.get("step")
        where = "at the optimum" if step is None else f"at step {step:.0f}"
        return (
            f"The loss {where} is {loss:.4g}, at most {gap:.{DIGITS['gap']}g} above the least "
            f"there is, and {accuracy} of the rows are predicted right."
        )
    alone = answer.scores.get("leave-one-out accuracy")
    rest = "" if alone is None else f", {_per_cent(alone)} where each is left out"
    return f"Of the rows {accuracy} are predicted right{rest}."


def _picture(panel: Panel, answer: Answer) -> str:
    """Say what a picture shows, where that alone has changed."""
    if panel == "least_squares":
        if answer.sizes is None or not answer.measures:
            return _state(panel, answer)
        row = int(answer.sizes.argmax())
        told = [f"{name} {values[row]:.2g}" for name, values in answer.measures.items()]
        return f"The greatest row is row {row}: {', '.join(told)}."
    if answer.kind == "classes":
        return _state(panel, answer)
    more = " and more" if answer.kind == "density" else ""
    return f"Shaded is {answer.legend}, from 0 to {answer.top:.3g}{more}."


def _moved(before: Answer, after: Answer) -> str:
    """Say which part of the picture has another class, or how far values have moved."""
    if before.shading.shape != after.shading.shape or before.kind != after.kind:
        return ""
    if after.kind == "classes":
        share = float(np.mean(before.shading != after.shading))
        if share == 0.0:
            return "no part of the picture has another class"
        return f"{_per_cent(share)} of the picture has another class"
    if after.kind == "probability":
        greatest = float(np.abs(after.shading - before.shading).max())
        return f"the probability moves by {greatest:.2g} at most"
    return _from_to("the top of the scale", before.top, after.top, "{:.3g}")


def _turned(before: Answer, after: Answer) -> str:
    """Say how far a straight line has turned in the picture."""
    if "angle" not in before.facts or "angle" not in after.facts:
        return ""
    turn = abs(after.facts["angle"] - before.facts["angle"]) % 360.0
    turn = min(turn, 360.0 - turn)
    return f"the line turns by {turn:.2g}°" if turn >= 0.005 else "the line hardly turns"


def _loss(before: Answer, after: Answer) -> str:
    if not {"loss"} <= set(before.scores):
        return ""
    told = _from_to("the loss", before.scores["loss"], after.scores["loss"], "{:.4g}")
    if "step" in after.facts:
        told += f", at most {after.scores['gap']:.{DIGITS['gap']}g} above the least there is"
    return told


def _scored(before: Answer, after: Answer) -> str:
    """Say what has become of the score that tells most: that of rows that were not learnt from."""
    for name in ("test accuracy", "leave-one-out accuracy", "accuracy"):
        if name in before.scores and name in after.scores:
            old, new = before.scores[name], after.scores[name]
            rounded = f"{name} by rint"
            more = ""
            if rounded in before.scores and rounded in after.scores:
                more = f", by rint {_between(before.scores[rounded], after.scores[rounded])}"
            stays = "stays" if _per_cent(old) == _per_cent(new) else "goes"
            return f"the {name} {stays} {_between(old, new)}{more}"
    return f"the accuracy is {_per_cent(after.scores['accuracy'])}"


def _of_rows(after: Answer, change: Change) -> str:
    """Say how much the row that was touched pulls at the line, or how many are held back."""
    if "robust" in change.settings and "rows held back" in after.facts:
        held = int(after.facts["rows held back"])
        rows = "one row counts" if held == 1 else f"{held} rows count"
        return f"; {rows} less than half" if held else ""
    leverage = after.measures.get("leverage")
    if leverage is None or change.row is None or change.kind == "remove":
        return ""
    own = float(leverage[change.row])
    order = "the greatest of all" if own == leverage.max() else f"the mean is {leverage.mean():.2g}"
    return f"; its leverage is {own:.2g}, {order}"


def _from_to(what: str, old: float, new: float, form: str) -> str:
    a, b = form.format(old), form.format(new)
    return f"{what} stays at {b}" if a == b else f"{what} goes from {a} to {b}"


def _between(old: float, new: float) -> str:
    """Return two shares, or the one that they are."""
    a, b = _per_cent(old), _per_cent(new)
    return f"at {b}" if a == b else f"from {a} to {b}"


def _per_cent(share: float) -> str:
    """Return a share in per cent; what is not all, or not nothing, never reads so."""
    if 0.0 < share < 0.0005:
        return "less than 0.1 %"
    if 0.9995 <= share < 1.0:
        return "more than 99.9 %"
    return f"{100.0 * share:.1f} %"
