"""Columns that may give the label away, one alone or by its missing cells."""

from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Indices
from trivium.comparison.checks.binned import (
    Binned,
    Told,
    association,
    binned,
    chance_of,
    ranked,
    told_by,
    told_by_threshold,
)
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, listed, quoted, share
from trivium.comparison.result import Check
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.preparation.levels import Levels
from trivium.preparation.plan import Plan
from trivium.tabular.validation import quiet

_NEARLY_ALL, _VERY_MUCH, _MOST, _GAP = 0.97, 0.9, 0.8, 0.3
_HALF = 0.5
_MATTERS = 0.2  # Cramér's V
_NAMED = 3
_ALPHA = 1e-3
_OTHERS_ALPHA = 0.01
_MOST_PATTERNS, _MOST_LEVELS = 8, 64
_MOST_ROWS = 20_000
_MOST_CLASSES = 32  # of more, a threshold tells no two apart that matter


class _Gap(NamedTuple):
    """Columns whose cells are missing in the same rows."""

    names: tuple[str, ...]
    column: Binned
    told: Told
    p: float
    effect: float


class _Alone(NamedTuple):
    """What each column tells alone."""

    columns: dict[str, Binned]
    told: dict[str, Told]
    floor: Told


def check_giveaways(evidence: Evidence) -> tuple[Check, ...]:
    """Look for columns, and for missing cells, that give the label away."""
    classes, n_classes = evidence.task.codes, evidence.task.n_classes
    columns = {
        column.name: binned(evidence.task.values[column.name]) for column in evidence.task.columns
    }
    told = {name: _told(evidence, name, each) for name, each in columns.items()}
    tested = np.bincount(classes[evidence.fold >= 0], minlength=n_classes)
    floor = Told(int(tested.max()), int(tested.sum()))
    alone = _Alone(columns, told, floor)
    gaps = _gaps(evidence, alone)
    by_gap = {name for gap in gaps if _is_told(gap.told, alone) for name in gap.names}
    strong = [
        name
        for name, each in told.items()
        if name not in by_gap and each.beyond(floor) >= _NEARLY_ALL and _is_told(each, alone)
    ]
    apart = alone._replace(told={name: each for name, each in told.items() if name not in by_gap})
    return _of_columns(evidence, apart, strong), _of_gaps(evidence, alone, gaps, strong)


def _told(evidence: Evidence, name: str, column: Binned) -> Told:
    """Return what a column tells by its levels, or a number by one threshold, if that is more."""
    classes, n_classes = evidence.task.codes, evidence.task.n_classes
    by_levels = told_by(column, classes, n_classes, evidence.fold)
    values = evidence.task.values[name]
    if isinstance(values, Levels) or n_classes > _MOST_CLASSES:
        return by_levels
    by_one = told_by_threshold(*ranked(values), classes, n_classes, evidence.fold)
    return max(by_levels, by_one, key=lambda each: each.hits)


def _is_told(told: Told, alone: _Alone) -> bool:
    """Whether so many hits are more than chance, in as many columns as were tried."""
    gains = told.beyond(alone.floor) >= _HALF
    return gains and chance_of(told, alone.floor) * max(1, len(alone.columns)) < _ALPHA


def _of_columns(evidence: Evidence, alone: _Alone, strong: list[str]) -> Check:
    name, floor = "columns that give the label away", alone.floor
    strong = sorted(strong, key=lambda each: -alone.told[each].hits)
    classes = evidence.task.codes
    if strong:
        return Check(name, "warning", _of_strong(alone, strong, classes), tuple(strong))
    best = max(alone.told, key=lambda each: alone.told[each].hits, default=None)
    if best is None:
        return fine(name, "No column gives the label away.")
    told = alone.told[best]
    others = _without(evidence, alone, best)
    if others is not None:
        text = (
            f"{quoted(best)} alone tells the label of {share(told.accuracy)} of rows, all other "
            f"columns together of {share(others.accuracy)}, and the most frequent class is right "
            f"in {share(floor.accuracy)}: is it known before the label is?"
        )
        is_grave = told.beyond(floor) >= _VERY_MUCH
        return Check(name, "warning" if is_grave else "note", text, (best,))
    return fine(
        name,
        f"No column alone gives the label away: {quoted(best)} tells most, "
        f"{share(told.accuracy)} of rows, where the most frequent class is right in "
        f"{share(floor.accuracy)}.",
    )


def _of_strong(alone: _Alone, strong: list[str], classes: Indices) -> str:
    """Say how much each of some columns tells alone, and which are the label by another name."""
    floor = f"where the most frequent class is right in {share(alone.floor.accuracy)}"
    same = [each for each in strong if is_renamed(alone.columns[each].codes, classes)]
    words = f" The label in other words: {listed(same)}." if same else ""
    if len(strong) == 1:
        told = share(alone.told[strong[0]].accuracy)
        return (
            f"{quoted(strong[0])} alone tells the label of {told} of rows, {floor}: is it known "
            f"before the label is?{words}"
        )
    each = [f"{quoted(one)} ({share(alone.told[one].accuracy)})" for one in strong]
    few = ", ".join(each[:_NAMED]) + (f" and {len(each) - _NAMED} more" if each[_NAMED:] else "")
    return (
        f"{few}: each alone tells the label of so many rows, {floor}. Are they known before the "
        f"label is?{words}"
    )


def _without(evidence: Evidence, alone: _Alone, best: str) -> Told | None:
    """Return what the other columns tell, where the best one tells far more than they do."""
    told, floor = alone.told[best], alone.floor
    if told.beyond(floor) < _MOST or not _is_told(told, alone):
        return None
    rest = [each for each in evidence.task.columns if each.name in alone.told and each.name != best]
    n, classes = evidence.task.codes.size, evidence.task.codes
    rows = np.arange(n)
    if n > _MOST_ROWS:
        rows = np.sort(np.random.default_rng(evidence.seed).choice(n, _MOST_ROWS, replace=False))
    plan = Plan.learn(rest, evidence.task.values, rows=rows, sparse=False)
    if plan.width == 0:
        return None  # there are no others to compare it with
    X: Any = plan.matrix(evidence.task.values, rows)[0]
    hits = tested = 0
    part = evidence.fold[rows] % 3
    for number in range(3):
        learn, test = np.flatnonzero(part != number), np.flatnonzero(part == number)
        if test.size == 0 or np.unique(classes[rows[learn]]).size < 2:
            continue
        with quiet():
            model = LeastSquaresClassifier(_OTHERS_ALPHA).fit(X[learn], classes[rows[learn]])
        hits += int((model.predict(X[test]) == classes[rows[test]]).sum())
        tested += test.size
    if tested == 0:
        return None
    others = Told(hits, tested)
    gains = 1.0 - (1.0 - others.accuracy) / (1.0 - floor.accuracy)
    return others if gains <= told.beyond(floor) - _GAP else None


def _gaps(evidence: Evidence, alone: _Alone) -> list[_Gap]:
    """Return patterns of missing cells, the most telling ones first."""
    classes, n_classes = evidence.task.codes, evidence.task.n_classes
    patterns: dict[bytes, list[str]] = {}
    for name, column in alone.columns.items():
        missing = column.missing
        if 0 < missing.sum() < missing.size:
            patterns.setdefault(np.packbits(missing.astype(np.bool_)).tobytes(), []).append(name)
    found = []
    for names in patterns.values():
        column = Binned(alone.columns[names[0]].missing, 2)
        told = told_by(column, classes, n_classes, evidence.fold)
        p, effect = association(column.codes, 2, classes, n_classes)
        found.append(_Gap(tuple(names), column, told, float(p), float(effect)))
    return sorted(found, key=lambda gap: -gap.effect)


def _of_gaps(evidence: Evidence, alone: _Alone, gaps: list[_Gap], strong: list[str]) -> Check:
    name, floor = "missing cells that tell the label", alone.floor
    if not gaps:
        return fine(name, "No cell is missing of some rows only.")
    telling = [gap for gap in gaps if gap.p * len(gaps) < _ALPHA and gap.effect >= _MATTERS]
    if telling:
        names = [each for gap in telling for each in gap.names]
        best = max(telling, key=lambda gap: gap.told.hits)
        much = _is_told(best.told, alone)
        if best.told.hits > floor.hits:
            what = (
                f"whether {quoted(best.names[0])} is missing tells the label of "
                f"{share(best.told.accuracy)} of rows, where the most frequent class is right in "
                f"{share(floor.accuracy)}"
            )
        else:
            what = (
                f"whether {quoted(telling[0].names[0])} is missing goes with the label far more "
                f"than by chance (Cramér's V {telling[0].effect:.2f})"
            )
        return Check(
            name,
            "warning" if much else "note",
            f"{listed(names)}: {what}. Are cells empty because of what the label says?",
            tuple(names),
        )
    pair = _pair(evidence, alone, gaps[:_MOST_PATTERNS], strong)
    if pair is not None:
        return pair
    return fine(name, "Whether a cell is missing tells little or nothing of the label.")


def _pair(evidence: Evidence, alone: _Alone, gaps: list[_Gap], strong: list[str]) -> Check | None:
    """Look for a level and a missing cell that give the label away together."""
    classes, n_classes = evidence.task.codes, evidence.task.n_classes
    for gap in gaps:
        for name, column in alone.columns.items():
            if name in gap.names or name in strong or column.n_levels > _MOST_LEVELS:
                continue
            both = Binned(column.codes * 2 + gap.column.codes, 2 * column.n_levels)
            told = told_by(both, classes, n_classes, evidence.fold)
            if told.beyond(alone.floor) >= _NEARLY_ALL and _is_told(told, alone):
                return Check(
                    "missing cells that tell the label",
                    "warning",
                    f"Whether {quoted(gap.names[0])} is missing, together with {quoted(name)}, "
                    f"tells the label of {share(told.accuracy)} of rows. Are cells empty because "
                    "of what the label says?",
                    (gap.names[0], name),
                )
    return None


def is_renamed(levels: Indices, classes: Indices) -> bool:
    """Whether levels and classes go one to one, where a level is there.

    Parameters
    ----------
    levels : ndarray of int of shape (n,)
        0 where a cell is missing.
    classes : ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> is_renamed(np.array([2, 1, 0, 2]), np.array([0, 1, 1, 0]))
    True
    """
    there = levels > 0
    pairs = np.unique(np.stack([levels[there], classes[there]]), axis=1)
    different = [np.unique(part).size for part in pairs]
    return bool(pairs.shape[1] == different[0] == different[1] == np.unique(classes).size)
