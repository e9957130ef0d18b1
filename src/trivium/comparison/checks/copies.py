"""Rows that are exact copies of others, and those of them whose labels differ."""

import numpy as np

from trivium.arrays import Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, rows, share
from trivium.comparison.result import Check


def check_copies(evidence: Evidence) -> tuple[Check, ...]:
    """Look for exact copies, and for copies that have different labels."""
    copies, classes = evidence.copies, evidence.task.codes
    later = np.flatnonzero(copies != np.arange(copies.size))
    if later.size == 0:
        return (
            fine("copies", "No row is an exact copy of another, the label aside."),
            fine("copies with different labels", "No two rows are the same but for their label."),
        )
    return _copies(evidence, later), _contradictions(evidence, outvoted(copies, classes))


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


def _copies(evidence: Evidence, later: Indices) -> Check:
    n = evidence.copies.size
    if evidence.by_chance:
        return fine(
            "copies",
            f"Only {n - later.size:,} different rows are there, and hardly more are possible: "
            "copies come by chance, and are dealt as other rows are.",
        )
    sizes = np.bincount(evidence.copies)[evidence.copies[later]]
    gravest = later[np.lexsort((later, -sizes))]
    is_one = "is an exact copy" if later.size == 1 else "are exact copies"
    return Check(
        "copies",
        "note",
        f"{rows(later.size)} ({share(later.size / n)}) {is_one} of others, the label aside: copies "
        "are kept on one side of a fold, so that no row is predicted by its own copy.",
        rows=evidence.numbers(gravest),
    )


def _contradictions(evidence: Evidence, losers: Indices) -> Check:
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
    if evidence.by_chance:
        return fine(name, text)
    return Check(name, "note", text, (evidence.target,), evidence.numbers(losers))
