"""From a scene to what its page shows: answers, pictures and sentences, computed in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from trivium.lab.answer_panels import answer_panel
from trivium.lab.answers import least_squares, neighbors, softmax
from trivium.lab.answers.answer import Answer, Pointer
from trivium.lab.explain import Panel, change_of, explain
from trivium.lab.scene import Scene
from trivium.lab.view import View

PANELS: Mapping[Panel, tuple[str, ModuleType]] = {
    "neighbors": ("Nearest neighbours", neighbors),
    "least_squares": ("Least squares", least_squares),
    "softmax": ("Softmax regression", softmax),
}
"""Panels from left to right: titles, and who answers."""


@dataclass(frozen=True)
class Question:
    """What a page asks.

    Attributes
    ----------
    scene : Scene
    view : View
    pointer : Pointer or None
    serial : int
        Number of the last event on the plane that led to this scene.
    base : Shown or None
        What was shown before the last change, which the sentences compare with.
    origin : int
        Number of the scene that was opened, of which this one is an edit.
    """

    scene: Scene
    view: View
    pointer: Pointer | None
    serial: int
    base: Shown | None
    origin: int = 0


@dataclass(frozen=True)
class Shown:
    """What a page shows.

    Attributes
    ----------
    question : Question
        Without its `base`.
    answers : mapping of str to Answer
        By the keys of `PANELS`.
    panels : tuple of dict
        For the plane, as `trivium.lab.painting.panel` makes them.
    """

    question: Question
    answers: Mapping[Panel, Answer]
    panels: tuple[Mapping[str, Any], ...]


def answer(question: Question) -> Shown:
    """Answer a question.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Shown
    """
    scene, view = question.scene, question.view
    answers = {
        name: room.answer(scene, view, question.pointer) for name, (_, room) in PANELS.items()
    }
    sentences = _sentences(question, answers)
    panels = tuple(
        answer_panel(title, answers[name], view, scene.classes, sentences[name])
        for name, (title, _) in PANELS.items()
    )
    return Shown(replace(question, base=None), answers, panels)


def _sentences(question: Question, answers: Mapping[Panel, Answer]) -> Mapping[Panel, str]:
    """Say under each panel what the last change has brought about there."""
    base = question.base
    comparable = base is not None and base.question.view == question.view
    change = change_of(base.question.scene if base and comparable else None, question.scene)
    return {
        name: explain(name, base.answers[name] if base and comparable else None, found, change)
        for name, found in answers.items()
    }
