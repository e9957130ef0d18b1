"""Rows that are exact copies of others, and those of them whose labels differ."""

from collections.abc import Sequence

import numpy as np

from trivium.arrays import Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, rows, share
from trivium.comparison.result import Check
from trivium.preparation.levels import Levels
from trivium.preparation.parsing import Values

_TIMES = 2.0


def check_copies(evidence: Evidence) -> tuple[Check, ...]:
    """Look for exact copies, and for copies that have different labels."""
    copies, classes = evidence.copies, evidence.task.codes
    later = np.flatnonzero(copies != np.arange(copies.size))
    if later.size == 0:
        return (
            fine("copies", "No row is an exact copy of another, the label aside."),
            fine("copies with different labels", "No two rows are the same but for their label."),
        )
    by_chance = evidence.by_chance or later.size <= _TIMES * chance_copies(
        list(evidence.task.values.values()), copies.size
    )
    losers = outvoted(copies, classes)
    return _copies(evidence, later, by_chance), _contradictions(evidence, losers, by_chance)


def outvoted(copies: Indices, classes: Indices) -> Indices:
    """Return rows that are not of the most frequent class of their copies; greatest sets first.

    Whatever goes by the cells of a row alone gets at least so many rows wrong.

    Parameters
    ----------
    copies, classes : ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> outvoted(np.array([0, 1, 0, 0, 1]), np.array([1, 0, 1, 0, 0]))
    array([3])
    """
    _, sets = np.unique(copies, return_inverse=True)
    n_classes = int(classes.max()) + 1
    pairs, place, counts = np.unique(
        sets * n_classes + classes, return_inverse=True, return_counts=True
    )
    owner = pairs // n_classes
    # The last of each set in this order is its most frequent class; of equals the first.
    order = np.lexsort((-pairs, counts, owner))
    winner = np.zeros(pairs.size, dtype=np.bool_)
    winner[order[np.append(np.diff(owner[order]) != 0, True)]] = True
    losers = np.flatnonzero(~winner[place])
    sizes = np.bincount(sets)
    found: Indices = losers[np.lexsort((losers, -sizes[sets[losers]]))]
    return found


def chance_copies(columns: Sequence[Values], n: int) -> float:
    """Return about how many rows are copies where columns do not depend on each other.

    Parameters
    ----------
    columns : sequence of ndarray of shape (n,) or Levels
        Cells; missing ones are the same.
    n : int
        Rows.

    Examples
    --------
    >>> import numpy as np
    >>> dice = np.resize([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 600)
    >>> round(chance_copies([dice, dice, dice, dice, dice, dice], 600), 1)
    3.7
    """
    pairs = 0.5 * n * (n - 1.0)
    expected = pairs
    for values in columns:
        cells = values.codes if isinstance(values, Levels) else values
        _, counts = np.unique(cells, return_counts=True)
        expected *= float((counts * (counts - 1.0)).sum()) / 2.0 / pairs
    return min(expected, float(n))


def _copies(evidence: Evidence, later: Indices, by_chance: bool) -> Check:
    n = evidence.copies.size
    if evidence.by_chance:
        return fine(
            "copies",
            f"Only {n - later.size:,} different rows are there, and hardly more are possible: "
            "copies come by chance, and are dealt as other rows are.",
        )
    sizes = np.bincount(evidence.copies)[evidence.copies[later]]
    gravest = later[np.lexsort((later, -sizes))]
    one = later.size == 1
    are_copies = "is an exact copy of another" if one else "are exact copies of others"
    text = (
        f"{rows(later.size)} ({share(later.size / n)}) {are_copies}, the label aside: copies are "
        "kept on one side of a fold, so that no row is predicted by its own copy."
    )
    if by_chance:
        text += " So few different cells as these columns have make about as many by chance."
        return fine("copies", text)
    return Check("copies", "note", text, rows=evidence.numbers(gravest))


def _contradictions(evidence: Evidence, losers: Indices, by_chance: bool) -> Check:
    name, n = "copies with different labels", evidence.copies.size
    if losers.size == 0:
        return fine(name, "Copies of a row all have its label.")
    text = (
        f"{rows(losers.size)} differ from copies of theirs in nothing but the label: no model that "
        f"goes by these columns can be right in more than {share(1.0 - losers.size / n)} of them "
        "all."
    )
    if losers.size == 1:
        text = text.replace("differ from copies of theirs", "differs from its copies")
    if by_chance:
        return fine(name, text)
    return Check(name, "note", text, (evidence.target,), evidence.numbers(losers))
