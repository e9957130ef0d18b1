"""Answers of the lab as panels of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trivium.lab.answers.answer import DIGITS, Answer
from trivium.lab.painting import panel, shade, shading_image
from trivium.lab.view import View


def answer_panel(
    title: str, answer: Answer, view: View, classes: Sequence[str] = (), note: str = ""
) -> dict[str, Any]:
    """Return an answer as a panel that `PlaneWidget.show` takes.

    Parameters
    ----------
    title : str
    answer : Answer
    view : View
        The one that the answer was given for.
    classes : sequence of str
        Names of the scene's classes, for the description of the picture.
    note : str
        A line under the panel.

    Returns
    -------
    dict
        As `trivium.lab.painting.panel` makes it.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.lab.answer_panels import answer_panel
    >>> from trivium.lab.answers.answer import Answer
    >>> from trivium.lab.view import View
    >>> answer = Answer("classes", np.array([[0, 1]]), scores={"accuracy": 0.75})
    >>> answer_panel("Softmax", answer, View((0, 1, 0, 1)), ("a", "b"))["description"]
    'Regions of classes: a 50%, b 50%. accuracy 0.75'
    """
    legend = None
    if answer.kind != "classes" and answer.shading.size:
        legend = {
            "text": answer.legend,
            "low": "0",
            "high": ("≥ " if answer.kind == "density" else "") + f"{answer.top:.3g}",
            "color": shade(answer.shaded_class),
        }
    said = [_described(answer, classes)]
    said += [f"{name} {value:.{DIGITS.get(name, 4)}g}" for name, value in answer.scores.items()]
    return panel(
        title,
        view.window,
        image=shading_image(answer.shading, answer.kind, answer.shaded_class),
        lines=[(line.kind, line.name, line.points) for line in answer.lines],
        sizes=answer.sizes,
        rows=answer.rows.tolist(),
        note=note,
        description=". ".join(filter(None, said)),
        failure=answer.failure,
        legend=legend,
    )


def _described(answer: Answer, classes: Sequence[str]) -> str:
    """Say in words what is shaded."""
    if answer.shading.size == 0:
        return ""
    if answer.kind != "classes":
        return f"Shading: {answer.legend}, from 0 to {answer.top:.3g}"
    shares = [(name, float((answer.shading == place).mean())) for place, name in enumerate(classes)]
    return "Regions of classes: " + ", ".join(f"{name} {share:.0%}" for name, share in shares)
