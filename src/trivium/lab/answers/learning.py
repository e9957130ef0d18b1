"""What all three classifiers learn from, and how what they warn of is heard.

An answer is found anew only where what it depends on has changed: a scene shares the arrays that an
edit leaves alone, so that caches go by the arrays themselves (`Held`) and by the settings that
matter. Warnings are heard through Python's filters, which all threads share: by one at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from trivium.arrays import Float64, Indices
from trivium.blocks.locks import Lock
from trivium.lab.scene import Scene
from trivium.masking import MaskedClassWarning
from trivium.softmax.separation.directions import SeparationWarning

KEPT = 8
"""Answers of each kind that are kept."""
LOCK = Lock()
"""Held where warnings are heard, and where a path of gradient descent goes on."""
_SAID_OTHERWISE = (MaskedClassWarning, SeparationWarning)
_T = TypeVar("_T")


class Held:
    """An array that nobody writes to, equal to itself alone."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other.array is self.array

    def __hash__(self) -> int:
        return id(self.array)


class Rows(NamedTuple):
    """The rows of a scene, and whether their columns are standardised: what caches go by."""

    held_X: Held
    held_codes: Held
    held_X_test: Held
    held_test_codes: Held
    standardize: bool

    @property
    def codes(self) -> Indices:
        """Place of each row's class."""
        codes: Indices = self.held_codes.array
        return codes

    @property
    def test_codes(self) -> Indices:
        """The same of the rows that are only predicted."""
        codes: Indices = self.held_test_codes.array
        return codes

    @property
    def X(self) -> Float64:
        """The rows as classifiers see them."""
        return _seen(self)[0]

    @property
    def X_test(self) -> Float64:
        """The rows that are only predicted, as classifiers see them."""
        return _seen(self)[1]

    def of(self, points: Float64) -> Float64:
        """Return points in the user's units as classifiers see them."""
        scaler = _scaler(self)
        seen: Float64 = points if scaler is None or not len(points) else scaler.transform(points)
        return seen

    def back(self, points: Float64) -> Float64:
        """Return points that classifiers see in the user's units."""
        scaler = _scaler(self)
        back: Float64 = points if scaler is None else scaler.inverse_transform(points)
        return back


def rows_of(scene: Scene) -> Rows:
    """Return what the classifiers of a scene learn from."""
    return Rows(
        Held(scene.X),
        Held(scene.codes),
        Held(scene.X_test),
        Held(scene.test_codes),
        scene.settings.standardize,
    )


def heard(call: Callable[[], _T]) -> tuple[_T, tuple[str, ...]]:
    """Call a function; return what it returns, and what it warned of.

    What panels say in the names of classes is left out: here classes are numbers.
    """
    with LOCK.held, warnings.catch_warnings(record=True, action="always") as caught:
        value = call()
    notes = [
        " ".join(str(warning.message).split())
        for warning in caught
        if not issubclass(warning.category, _SAID_OTHERWISE)
    ]
    return value, tuple(dict.fromkeys(notes))


def share_right(predicted: Indices, codes: Indices) -> float:
    """Return the share of rows whose class is predicted."""
    return float(np.mean(predicted == codes))


def never_predicted(scene: Scene, predicted: Indices) -> tuple[str, ...]:
    """Return a note of the classes that have rows, and are predicted for none of all rows."""
    masked = np.setdiff1d(scene.present, predicted)
    if masked.size == 0:
        return ()
    names = ", ".join(scene.classes[c] for c in masked[:3]) + (", …" if masked.size > 3 else "")
    return (f"No row is predicted as {names}.",)


@lru_cache(maxsize=KEPT)
def _scaler(rows: Rows) -> Any:
    """Return the scaler of the rows to learn from, fitted; None where columns stay as they are."""
    X: Float64 = rows.held_X.array
    return StandardScaler().fit(X) if rows.standardize and len(X) else None


@lru_cache(maxsize=KEPT)
def _seen(rows: Rows) -> tuple[Float64, Float64]:
    return rows.of(rows.held_X.array), rows.of(rows.held_X_test.array)
