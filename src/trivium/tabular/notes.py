"""What is said of a fit, in plain words: no cell's value but the names of classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trivium.arrays import Indices
from trivium.tabular.validation import Validation

_NAMED = 5
_RARE = 6  # rows
CALLED = {
    "least-squares": "linear least squares",
    "softmax": "softmax regression",
    "neighbors": "nearest neighbours",
}
_OF_WARNINGS = {
    "SeparationWarning": "the classes are separated, so coefficients would grow without end",
    "ConvergenceWarning": "some fits stopped before they were exact",
}
_SAID_OTHERWISE = "MaskedClassWarning"  # by `never_predicted`


def of_unequal_classes(
    classes: Sequence[str], counts: Indices, *, weighed: bool, asked: bool
) -> list[str]:
    """Say what was done about unequal classes.

    Parameters
    ----------
    classes : sequence of str
    counts : ndarray of int of shape (n_classes,)
        Rows.
    weighed : bool
        Whether the classes weigh alike.
    asked : bool
        Whether that was asked for.
    """
    least, greatest = int(counts.argmin()), int(counts.argmax())
    between = (
        f"from {counts[least]:,} rows ({classes[least]!r}) to {counts[greatest]:,} "
        f"({classes[greatest]!r})"
    )
    notes = []
    if weighed:
        why = "as asked" if asked else f"Classes are unequal, {between}"
        notes.append(
            f"{why[0].upper()}{why[1:]}: they weigh alike in the fit, and models are compared by "
            "balanced accuracy. Probabilities are those of classes that are equally frequent."
        )
    rare = np.flatnonzero(counts <= _RARE)
    if rare.size:
        named = _listed([f"{classes[place]!r} ({counts[place]})" for place in rare.tolist()])
        notes.append(
            f"{named}: so few rows that little can be said of how well they are predicted."
        )
    return notes


def of_copies(copies: Indices, *, by_chance: bool) -> list[str]:
    """Say what was done about rows that are the same.

    Parameters
    ----------
    copies : ndarray of int of shape (n,)
        Rows that are the same have the same number.
    by_chance : bool
        Whether few different rows are possible.
    """
    n_copies = copies.size - np.unique(copies).size
    if n_copies == 0:
        return []
    if by_chance:
        return [
            f"There are only {copies.size - n_copies:,} different rows: copies are spread over "
            "folds as other rows are."
        ]
    what = "1 row is an exact copy" if n_copies == 1 else f"{n_copies:,} rows are exact copies"
    return [
        f"{what} of others, the label aside: copies are kept on one side of a fold, so that no "
        "row is predicted by its own copy."
    ]


def of_validation(
    found: Mapping[str, Validation], codes: Indices, classes: Sequence[str]
) -> list[str]:
    """Say what models warned of, and what they never predict.

    Parameters
    ----------
    found : mapping
        From names of models.
    codes : ndarray of int of shape (n,)
        Right classes.
    classes : sequence of str
    """
    notes = []
    for name, validation in found.items():
        if name == "majority":
            continue
        never = np.setdiff1d(codes, validation.predicted)
        if never.size:
            which = _listed([repr(classes[place]) for place in never])
            notes.append(f"{_called(name)}: {which} {_is(never.size)} never predicted.")
        notes += of_warnings(name, validation.said)
    return notes


def of_warnings(name: str, said: Sequence[str]) -> list[str]:
    """Say in plain words what a model warned of.

    Parameters
    ----------
    name : str
        The model's.
    said : sequence of str
        Names of kinds of warnings.
    """
    return [
        f"{_called(name)}: {_OF_WARNINGS.get(kind, f'a warning of the kind {kind}')}."
        for kind in dict.fromkeys(said)
        if kind != _SAID_OTHERWISE
    ]


def of_choice(name: str, scores: Mapping[str, Any], measure: str) -> str:
    """Say why a model was taken.

    Parameters
    ----------
    name : str
        The model's.
    scores : mapping
        From names of models to their `Score`.
    measure : {"accuracy", "balanced_accuracy"}
    """
    best = max(scores, key=lambda model: float(getattr(scores[model], measure)))
    words = _words(measure)
    if best == name:
        return f"The choice is {CALLED[name]}: its {words} is the best."
    return (
        f"The choice is {CALLED[name]}: it is the simplest whose {words} is within one standard "
        f"error of the best, that of {CALLED[best]}."
    )


def of_the_floor(scores: Mapping[str, Any], floor: Any, measure: str) -> list[str]:
    """Say where no model is clearly better than the most frequent class.

    Parameters
    ----------
    scores : mapping
        From names of models to their `Score`.
    floor : Score
        Of the most frequent class, always.
    measure : {"accuracy", "balanced_accuracy"}
    """
    best = max(scores.values(), key=lambda own: float(getattr(own, measure)))
    least = getattr(best, measure) - getattr(best, f"{measure}_se")
    if least > getattr(floor, measure):
        return []
    return [
        f"No model is clearly better than naming the most frequent class always: {_words(measure)} "
        f"{getattr(best, measure):.3f} at best, and {getattr(floor, measure):.3f}."
    ]


def of_kept_rows(n: int) -> str:
    """Say that a model of neighbours is its rows."""
    return (
        "A model of nearest neighbours is its training rows: this file will contain "
        f"{n:,} of your rows."
    )


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _words(measure: str) -> str:
    return measure.replace("_", " ")


def _called(name: str) -> str:
    return CALLED[name][0].upper() + CALLED[name][1:]


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more
