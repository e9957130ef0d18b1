"""Classes that are rare, and classes that a model never predicts."""

import numpy as np

from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import called, fine, listed, quoted, rows, share
from trivium.comparison.result import Check
from trivium.tabular.weights import UNEQUAL

_FEW_ROWS = 6
_SMALL_SHARE = 0.02


def check_classes(evidence: Evidence) -> tuple[Check, ...]:
    """Look for rare classes, and for those that a model never predicts."""
    return _few(evidence), _small(evidence), _never_predicted(evidence)


def _few(evidence: Evidence) -> Check:
    name, counts = "classes of few rows", evidence.counts
    few = np.flatnonzero(counts <= _FEW_ROWS)
    if few.size == 0:
        return fine(name, f"Every class has more than {_FEW_ROWS} rows.")
    few = few[np.argsort(counts[few], kind="stable")]
    each = ", ".join(f"{quoted(evidence.classes[c])} ({counts[c]})" for c in few[:5].tolist())
    more = f" and {few.size - 5} more" if few.size > 5 else ""
    members = np.flatnonzero(np.isin(evidence.task.codes, few))
    return Check(
        name,
        "note",
        f"{each}{more}: {'a class' if few.size == 1 else 'classes'} of so few rows that little can "
        "be said of how well they are predicted.",
        (evidence.target,),
        evidence.numbers(members[np.argsort(counts[evidence.task.codes[members]], kind="stable")]),
    )


def _small(evidence: Evidence) -> Check:
    name, counts = "rare classes", evidence.counts
    floor = float(counts.max() / counts.sum())
    # Of many classes alike each is a small part, and none of them is rare.
    is_small = (counts <= _SMALL_SHARE * counts.sum()) & (UNEQUAL * counts <= counts.max())
    small = np.flatnonzero((counts > _FEW_ROWS) & is_small)
    if small.size == 0:
        return fine(name, f"No class of more than {_FEW_ROWS} rows is rare beside the others.")
    small = small[np.argsort(counts[small], kind="stable")]
    named = listed([evidence.classes[c] for c in small.tolist()])
    said = (
        f"has {rows(int(counts[small[0]]))}, {share(counts[small[0]] / counts.sum())} of all"
        if small.size == 1
        else f"have {rows(int(counts[small].sum()))} together, "
        f"{share(counts[small].sum() / counts.sum())} of all"
    )
    return Check(
        name,
        "note",
        f"{named} {said}: naming the most frequent class always has an accuracy of "
        f"{share(floor)}, so look at balanced accuracy and at each class.",
        (evidence.target,),
    )


def _never_predicted(evidence: Evidence) -> Check:
    name = "classes never predicted"
    tested = evidence.fold >= 0
    there = np.unique(evidence.task.codes[tested])
    missed: dict[str, list[int]] = {}
    for model, run in evidence.models.items():
        never = np.setdiff1d(there, run.predicted[tested])
        if never.size:
            missed[model] = never.tolist()
    if not evidence.models:
        return fine(name, "Not looked at: no model has run to its end.")
    if not missed:
        return fine(name, "Every model predicts every class of some row.")
    said = "; ".join(
        f"{called(model)} never {'predict' if model == 'neighbors' else 'predicts'} "
        + listed([evidence.classes[place] for place in never])
        for model, never in missed.items()
    )
    return Check(name, "note", f"{said[0].upper()}{said[1:]}.", (evidence.target,))
