"""Parameters of estimators, checked when they are used."""

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from trivium.containers import as_array, require_unmasked


def require_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise a ValueError unless a parameter is one of the strings allowed."""
    allowed = list(choices)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, allowed))}.")


def require_flag(name: str, value: object) -> None:
    """Raise a TypeError unless a parameter is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value!r}: expected True or False.")


def require_number(
    name: str, value: Any, *, least: float, above: bool = False, integer: bool = False
) -> float:
    """Check a parameter that is a number, and return it.

    Raises
    ------
    TypeError
        If it is not a number, or not an integer where one is needed.
    ValueError
        If it is not finite, less than `least`, or equal to it where it must be above.
    """
    kind, kind_name = (Integral, "an integer") if integer else (Real, "a number")
    if isinstance(value, (bool, np.timedelta64)) or not isinstance(value, kind):
        raise TypeError(f"{name}={value!r}: expected {kind_name}.")
    try:
        number = float(value)
    except OverflowError:  # an integer beyond float64
        number = math.inf
    if not (least < number if above else least <= number) or not math.isfinite(number):
        relation = "greater than" if above else "at least"
        what = kind_name if math.isfinite(number) or integer else "a finite number"
        raise ValueError(f"{name}={value!r}: expected {what} {relation} {least:g}.")
    return number


def require_penalties(alphas: Any) -> list[Any] | int:
    """Return the penalties that are to be tried, each still to be checked, or how many.

    Raises
    ------
    ValueError
        If one is masked or missing, or they are none or a table.
    TypeError
        If what should be their number is no integer.
    """
    require_unmasked(alphas, "alphas", each="place")
    if np.ndim(alphas) == 0:
        return int(require_number("alphas", alphas, least=1, integer=True))
    if np.ndim(alphas) > 1:
        raise ValueError("alphas is a table: expected a list of penalties, or their number.")
    listed = isinstance(alphas, (list, tuple))
    given = list(alphas if listed else as_array(alphas, "alphas", each="place").tolist())
    if not given:
        raise ValueError("alphas is empty: name at least one penalty.")
    return given
