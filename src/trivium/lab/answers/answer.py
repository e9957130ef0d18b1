"""The shape of what a panel shows: plain arrays, no picture and no HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices

DIGITS = {"gap": 2}
"""Of scores that are written with fewer than four: a difference of near losses holds no more."""


class Pointer(NamedTuple):
    """Where a person points, in the user's units, and at which row, if at one."""

    x: float
    y: float
    row: int | None = None


@dataclass(frozen=True)
class Line:
    """A line in the user's units.

    Attributes
    ----------
    kind : {"boundary", "ghost", "circle"}
        A boundary between classes; one that would be without a row; what holds the k nearest rows.
    points : ndarray of shape (n, 2)
        Points of one or several lines, a row of NaN between two of them.
    name : str
        What it is, in words.
    """

    kind: Literal["boundary", "ghost", "circle"]
    points: Float64
    name: str

    def parts(self) -> list[Float64]:
        """Return its points, an array for each line."""
        gaps = np.flatnonzero(np.isnan(self.points[:, 0]))
        parts = np.split(self.points, gaps)
        return [part[~np.isnan(part[:, 0])] for part in parts if len(part) > 1]


@dataclass(frozen=True)
class Answer:
    """What one panel says of a scene.

    Attributes
    ----------
    kind : {"classes", "probability", "density"}
        What `shading` holds.
    shading : ndarray of shape (cells, cells)
        The bottom row first; cells fill the view's window, and may be fewer than the view's.
        Places in the scene's classes, -1 where there is none; or values from 0 to 1:
        probabilities, or densities over `top`. Empty where there is no answer.
    top : float
        The value that 1 in `shading` stands for, which greater densities share.
    legend : str
        What is shaded, in words: "class", "p(c|x) of blue", …
    shaded_class : int or None
        The class whose probability or density is shaded, by its place.
    lines : tuple of Line
    sizes : ndarray of shape (n,) or None
        Sizes of the rows, from 0 to 1, the greatest 1 (unless all are 0).
    rows : ndarray of int
        Numbers of highlighted rows: the k nearest to the pointer, the nearest first.
    scores : mapping of str to float
        In the order in which they are shown: "accuracy", "leave-one-out accuracy", …
    curves : mapping of str to ndarray
        Curves to draw beside the panel, of equal length: "k" and "leave-one-out accuracy"; or
        "step", "loss" and "accuracy".
    measures : mapping of str to ndarray of shape (n,)
        Of each row: "leverage", "Cook's distance".
    facts : mapping of str to float
        More that was measured, which `explain` speaks of.
    notes : tuple of str
        Plain sentences that the classifier has to say: a class that it never predicts, classes
        that are separated, a learning rate that diverges.
    failure : str
        One line where there is no answer; else empty.
    """

    kind: Literal["classes", "probability", "density"]
    shading: NDArray[Any]
    top: float = 1.0
    legend: str = "class"
    shaded_class: int | None = None
    lines: tuple[Line, ...] = ()
    sizes: Float64 | None = None
    rows: Indices = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    scores: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Float64] = field(default_factory=dict)
    measures: Mapping[str, Float64] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    failure: str = ""


def no_answer(failure: str) -> Answer:
    """Return the answer of a panel that has none, and says why."""
    return Answer("classes", np.empty((0, 0), dtype=np.intp), failure=failure)
