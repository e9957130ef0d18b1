"""What is said of a fit, in plain words: no cell's value but the names of classes."""

from collections.abc import Mapping, Sequence

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.tabular.choice import FLOOR
from trivium.tabular.folds import Split
from trivium.tabular.validation import Validation
from trivium.verdict.decide import Verdict

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
    if not weighed:
        return []
    why = "as asked" if asked else f"Classes are unequal, {between}"
    return [
        f"{why[0].upper()}{why[1:]}: they weigh alike in the fit, and models are compared by "
        "balanced accuracy. Probabilities are those of classes that are equally frequent."
    ]


def of_few_rows(classes: Sequence[str], counts: Indices) -> list[str]:
    """Name classes of very few rows.

    Parameters
    ----------
    classes : sequence of str
    counts : ndarray of int of shape (n_classes,)
        Rows.
    """
    rare = np.flatnonzero(counts <= _RARE)
    if rare.size == 0:
        return []
    named = _listed([f"{classes[place]!r} ({counts[place]})" for place in rare.tolist()])
    return [f"{named}: so few rows that little can be said of how well they are predicted."]


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
    one = n_copies == 1
    what = (
        "1 row is an exact copy of another"
        if one
        else f"{n_copies:,} rows are exact copies of others"
    )
    return [
        f"{what}, the label aside: copies are kept on one side of a fold, so that no "
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
        if name == FLOOR:
            continue
        never = np.setdiff1d(codes[validation.predicted >= 0], validation.predicted)
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


def of_verdict(verdict: Verdict, measure: str, asked: str | None) -> list[str]:
    """Say which model is taken, and why, or what is to be said of the one that was asked for.

    Parameters
    ----------
    verdict : Verdict
    measure : str
        What it goes by.
    asked : str or None
        The model that was asked for.
    """
    words = _words(measure)
    best, chosen = verdict.best, verdict.chosen
    notes = []
    if not verdict.better_than_floor:
        notes.append(
            f"No model is clearly better than naming the most frequent class always, by {words}."
        )
    if asked is not None or best is None or chosen is None:
        return notes
    if best != chosen:
        why = (
            f"it is the simplest to which the best by {words}, {CALLED[best]}, is not clearly "
            "better"
        )
    elif verdict.not_told_apart or not verdict.pairs:
        why = f"its {words} is the best"
    else:
        why = f"its {words} is clearly the best"
    return [*notes, f"The choice is {CALLED[chosen]}: {why}."]


def of_groups(name: str, groups: Indices | None) -> list[str]:
    """Say how many groups there are, which are never on two sides, and how many rows have none."""
    if groups is None:
        return []
    missing = int(np.count_nonzero(groups < 0))
    n = np.unique(groups[groups >= 0]).size
    notes = [
        f"{n:,} groups by {name!r}: none is on two sides of a fold, and parameters are chosen by "
        "folds of groups."
    ]
    if missing:
        what = "1 row has" if missing == 1 else f"{missing:,} rows have"
        notes.append(
            f"{what} no group by {name!r}, and may belong to any: neither learnt from nor tested."
        )
    return notes


def of_times(name: str, when: Float64 | None, splits: Sequence[Split]) -> list[str]:
    """Say how rows are dealt by time, and how many have none."""
    if when is None:
        return []
    tested = sum(test.size for _, test in splits)
    notes = [
        f"By {name!r} the rows are cut into {len(splits) + 1} parts: each but the first is tested "
        f"by what was learnt of all earlier ones, {tested:,} rows in all."
    ]
    missing = int(np.isnan(when).sum())
    if missing:
        what = "1 row has" if missing == 1 else f"{missing:,} rows have"
        notes.append(f"{what} no time: neither learnt from nor tested.")
    return notes


def of_fewer_folds(asked: int, made: int, dealt: str) -> list[str]:
    """Say that there are fewer folds than were asked for.

    Parameters
    ----------
    asked, made : int
    dealt : str
        What is dealt, such as groups.
    """
    if made >= asked:
        return []
    return [f"{made:,} folds in place of {asked:,}: there are no more {dealt} to be dealt."]


def of_some_rows(some: int, n: int) -> str:
    """Say that scores, and parameters, are those of some of the rows."""
    return (
        f"Scores are of {some:,} rows, evenly spaced among {n:,}, which choose the parameters, "
        "too: the model learns from all."
    )


def of_rows_out_of_memory() -> str:
    """Say that neighbours were not tried."""
    return "Nearest neighbours are not tried: their rows do not fit in memory."


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
