"""What a person has set in the lab: checked, immutable, plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

NeighborsShading = Literal["classes", "p(x)", "p(x|c)", "p(c|x)"]
SoftmaxShading = Literal["classes", "p(c|x)"]
Sizes = Literal["none", "leverage", "cooks_distance"]

MOST_STEPS = 10_000
"""Steps of gradient descent that a scene may ask for."""


@dataclass(frozen=True)
class Settings:
    """Choices of the three panels.

    Attributes
    ----------
    k : int
        Neighbours, at least 1. More than there are rows is allowed here, since rows come and go:
        the panel says so.
    neighbors_shading : {"classes", "p(x)", "p(x|c)", "p(c|x)"}
        What the panel of neighbours shows.
    shaded_class : int
        Place of the class c in p(x|c) and p(c|x).
    alpha : float
        Penalty of least squares, at least 0.
    robust : bool
        Whether least squares weighs rows down that lie far from its line.
    rounded : bool
        Whether least squares of two classes answers rint(f), as the exercise sheet does: where f is
        between -1/2 and 1/2 that is no class.
    sizes : {"none", "leverage", "cooks_distance"}
        What the sizes of the rows mean in the panel of least squares.
    softmax_alpha : float
        Penalty of softmax regression, at least 0.
    softmax_shading : {"classes", "p(c|x)"}
        What the panel of softmax regression shows.
    step : int or None
        The step of gradient descent that the panel of softmax regression shows, 0 for its start;
        None for the optimum.
    learning_rate : float
        Of gradient descent, above 0. One that is too great diverges, and the panel says so.
    n_steps : int
        Steps of gradient descent that its curves show, 1 to 10,000.
    standardize : bool
        Whether each column is brought to mean 0 and standard deviation 1 before all three learn.

    Raises
    ------
    ValueError
        If a value is out of range or of a wrong kind; the message names it.

    Examples
    --------
    >>> from trivium.lab.settings import Settings
    >>> Settings(k=0)
    Traceback (most recent call last):
        ...
    ValueError: k must be an integer of at least 1, got 0
    """

    k: int = 5
    neighbors_shading: NeighborsShading = "classes"
    shaded_class: int = 0
    alpha: float = 0.0
    robust: bool = False
    rounded: bool = False
    sizes: Sizes = "none"
    softmax_alpha: float = 1e-4
    softmax_shading: SoftmaxShading = "classes"
    step: int | None = None
    learning_rate: float = 1.0
    n_steps: int = 200
    standardize: bool = False

    def __post_init__(self) -> None:
        self._require_integer("k", 1, 10**6)
        self._require_integer("shaded_class", 0, 10**6)
        self._require_integer("n_steps", 1, MOST_STEPS)
        if self.step is not None:
            self._require_integer("step", 0, MOST_STEPS)
        self._require_number("alpha", zero=True)
        self._require_number("softmax_alpha", zero=True)
        self._require_number("learning_rate", zero=False)
        self._require_choice("neighbors_shading", get_args(NeighborsShading))
        self._require_choice("softmax_shading", get_args(SoftmaxShading))
        self._require_choice("sizes", get_args(Sizes))
        for name in ("robust", "rounded", "standardize"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, got {_told(getattr(self, name))}")

    def to_plain(self) -> dict[str, Any]:
        """Return those that differ from the defaults, by name."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }

    def _require_integer(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            bound = f"of at least {least}" if most == 10**6 else f"from {least} to {most}"
            raise ValueError(f"{name} must be an integer {bound}, got {_told(value)}")

    def _require_number(self, name: str, *, zero: bool) -> None:
        value = getattr(self, name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and (value > 0 or (zero and value == 0)) and _finite(value)):
            bound = "of at least 0" if zero else "above 0"
            raise ValueError(f"{name} must be a finite number {bound}, got {_told(value)}")
        object.__setattr__(self, name, float(value))

    def _require_choice(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if not isinstance(value, str) or value not in choices:
            known = ", ".join(repr(choice) for choice in choices)
            raise ValueError(f"{name} must be one of {known}, got {_told(value)}")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # of an integer with hundreds of digits
        return False


def _told(value: object) -> str:
    """Return a value as an error shows it, however long it is."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return "an integer of more than 40 digits"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
