"""Columns that look like what rows belong together by."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.binned import Told, association, told_by_words
from trivium.comparison.checks.columns import in_order
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.times import looks_like_time
from trivium.comparison.checks.words import fine, option, quoted, share
from trivium.comparison.result import Check
from trivium.neighbors.nearest import NearestNeighbors
from trivium.preparation.levels import Levels
from trivium.preparation.plan import Plan
from trivium.tables.kinds import Column, Kind

_NAME = "columns that look like a group"
_LEAST_LEVELS, _MANY_LEVELS = 10, 20
_MOST_ROWS, _MOST_OF_ONE = 3_000, 30
_ALIKE, _MUCH_ALIKE, _ONE_LABEL = 0.1, 0.3, 0.9
_ALPHA = 1e-3
_ADJACENT, _TIMES = 3.0, 8.0
_HALF = 0.5  # of the variance of a column is between levels
_USUAL = 0.95
_MOST_TRIED, _MOST_SAID = 12, 3


class _Likeness(NamedTuple):
    """How alike rows of one level are.

    Attributes
    ----------
    share, chance : float
        Of rows whose nearest other row is of their level, and of pairs that are. Nearest is by all
        columns, or by those alone that go by the level, whichever tells more; where levels are
        numbers, by those of them that do not go smoothly with it.
    adjacent : float
        Of rows whose nearest other row is of the next greater or the next lesser level, halved.
    labels, next_labels : float
        Pairs of rows of one level, and of two that are next to each other in order, whose label is
        the same, less chance, of what chance leaves.
    p : float
        That the label does not depend on the level.
    n_levels : int
        That were looked at.
    """

    share: float
    chance: float
    adjacent: float
    labels: float
    next_labels: float
    p: float
    n_levels: int

    @property
    def kappa(self) -> float:
        """Likeness beyond chance, of what chance leaves."""
        return 0.0 if self.chance >= 1.0 else (self.share - self.chance) / (1.0 - self.chance)


def check_groups(evidence: Evidence) -> tuple[Check, ...]:
    """Look for columns whose levels are of rows that belong together."""
    if evidence.group is not None:
        text = f"Rows are dealt by {quoted(evidence.group)}: no group is on two sides of a fold."
        return (fine(_NAME, text),)
    found: list[tuple[Column, Indices, Check]] = []
    seen: set[bytes] = set()
    for column, codes in _candidates(evidence)[:_MOST_TRIED]:
        key = in_order(codes).tobytes()
        check = None if key in seen else _of(evidence, column, codes)
        if check is not None:
            seen.add(key)  # the same rows together by another name are said once
            found.append((column, codes, check))
    checks = [
        check
        for column, codes, check in found
        if column.kind is not Kind.NUMERIC
        or not any(other is not codes and determines(other, codes) for _, other, _ in found)
    ]  # how old a patient is goes with the patient
    if not checks:
        return (fine(_NAME, "No column looks like a patient, a customer or a place of many rows."),)
    return tuple(sorted(checks, key=lambda check: check.status == "note")[:_MOST_SAID])


def determines(fine_codes: Indices, codes: Indices) -> bool:
    """Whether each level of one column has one level of another, and not the other way round.

    One row in twenty may be an exception.

    Parameters
    ----------
    fine_codes, codes : ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> patient, age = np.array([0, 0, 1, 2, 2]), np.array([7, 7, 7, 9, 9])
    >>> determines(patient, age), determines(age, patient)
    (True, False)
    """
    pairs, counts = np.unique(np.stack([fine_codes, codes]), axis=1, return_counts=True)
    n_fine, n_codes = (np.unique(part).size for part in (fine_codes, codes))
    _, starts = np.unique(pairs[0], return_index=True)  # pairs are sorted by the first of them
    usual = np.maximum.reduceat(counts, starts).sum()
    return bool(usual >= _USUAL * codes.size and n_fine > n_codes)


def _candidates(evidence: Evidence) -> list[tuple[Column, Indices]]:
    """Return columns of many levels that come several times each, those named so first."""
    found = []
    for column in evidence.seen.columns:
        if looks_like_time(column, evidence.task.values.get(column.name)):
            continue
        codes = _codes(evidence, column)
        if codes is not None and (column.kind is Kind.GROUP or _is_many(codes)):
            found.append((column, codes))
    return sorted(found, key=lambda each: each[0].kind is not Kind.GROUP)


def _codes(evidence: Evidence, column: Column) -> Indices | None:
    """Return levels of words, codes and whole numbers, in their order; -1 of missing cells."""
    if column.kind in (Kind.GROUP, Kind.TEXT):
        return evidence.levels(column.name).codes.astype(np.intp)
    if column.kind not in (Kind.CATEGORY, Kind.NUMERIC):
        return None
    values = evidence.task.values[column.name]
    if isinstance(values, Levels):
        return values.codes.astype(np.intp)
    known = values[~np.isnan(values)]
    if not np.array_equal(known, np.floor(known)):
        return None
    _, place = np.unique(values, return_inverse=True)
    codes: Indices = np.where(np.isnan(values), -1, place)
    return codes


def _is_many(codes: Indices) -> bool:
    """Whether there are many levels, most rows being of one that comes twice or more."""
    counts = np.bincount(codes[codes >= 0])
    counts = counts[counts > 0]
    together = counts[counts > 1]
    if together.size < _LEAST_LEVELS or 2 * together.sum() < codes.size:
        return False
    return bool(counts.max() <= codes.size / 4)


def _of(evidence: Evidence, column: Column, codes: Indices) -> Check | None:
    """Say what a column looks like, if like a group."""
    found = likeness(evidence, column, codes)
    n_levels = np.unique(codes[codes >= 0]).size
    alike = _alike(found) if found is not None else ""
    flag = option("--group", column.name)
    remedy = f" {flag} keeps them on one side of a fold." if flag else ""
    if column.kind is Kind.GROUP:
        what = f"{quoted(column.name)} is, by its name, what rows belong to ({n_levels:,} of them)"
        much = found is not None and (
            found.kappa >= _ALIKE or (found.p < _ALPHA and found.labels >= _ALIKE)
        )
        if much:
            return Check(
                _NAME,
                "warning",
                f"{what}, and rows of one are alike{alike}: scores of rows of new ones will be "
                f"worse.{remedy}",
                (column.name,),
                option=flag,
            )
        text = f"{what}.{remedy}"
        return Check(_NAME, "note", text, (column.name,), option=flag)
    if found is None or not _is_group(found, column.kind is Kind.NUMERIC):
        return None
    if found.kappa < _ALIKE and _words_tell(evidence, column, codes):
        return None  # what its words say of new levels, too, gives the label away
    return Check(
        _NAME,
        "warning",
        f"{quoted(column.name)} looks like what rows belong to: {n_levels:,} levels, whose rows "
        f"are much alike{alike}.{remedy}",
        (column.name,),
        option=flag,
    )


def _words_tell(evidence: Evidence, column: Column, codes: Indices) -> bool:
    """Whether words that levels share tell the label, as no name of a group does."""
    if column.kind not in (Kind.TEXT, Kind.CATEGORY):
        return False
    levels = evidence.levels(column.name)
    there, classes, n_classes = codes >= 0, evidence.task.codes, evidence.task.n_classes
    n_levels = len(levels.words)
    table = np.bincount(
        levels.codes[there].astype(np.intp) * n_classes + classes[there],
        minlength=n_levels * n_classes,
    ).reshape(n_levels, n_classes)
    usual = table.argmax(axis=1)
    told = told_by_words(levels.words, usual)
    floor = Told(int(np.bincount(usual).max()), n_levels)
    return told.beyond(floor) >= _ONE_LABEL


def _alike(found: _Likeness) -> str:
    said = []
    if found.kappa >= _ALIKE:
        said.append(
            f"the row most like it is of the same one for {share(found.share)} of rows, by chance "
            f"for {share(found.chance)}"
        )
    if found.p < _ALPHA and found.labels >= _ALIKE:
        said.append("their labels are")
    return f" ({'; '.join(said)})" if said else ""


def _is_group(found: _Likeness, numeric: bool) -> bool:
    """Whether rows of one level are so alike that a quantity or a word would not make them so."""
    one_label = found.p < _ALPHA and found.labels >= _ONE_LABEL and found.n_levels >= _MANY_LEVELS
    if one_label and not (numeric and found.next_labels >= 0.5 * found.labels):
        return True
    # Where rows of the next number are about as like, it is a quantity.
    apart = not numeric or found.share >= _ADJACENT * max(found.adjacent, found.chance)
    return apart and found.kappa >= _MUCH_ALIKE and found.share >= _TIMES * found.chance


def likeness(evidence: Evidence, column: Column, codes: Indices) -> _Likeness | None:
    """Look how alike rows of one level are, in the other columns and in their labels.

    Where there are many rows, some levels are drawn, with all of their rows up to thirty; of
    copies one is taken.

    Parameters
    ----------
    evidence : Evidence
    column : Column
    codes : ndarray of int of shape (n,)
        Its levels; -1 where a cell is missing.
    """
    rows = _drawn(codes, evidence.copies, evidence.seed)
    if rows.size < 2 * _LEAST_LEVELS:
        return None
    own, classes = codes[rows], evidence.task.codes[rows]
    _, own = np.unique(own, return_inverse=True)
    counts = np.bincount(own)
    pairs = float(rows.size) * (rows.size - 1)
    chance = float((counts * (counts - 1.0)).sum() / pairs)
    found = adjacent = chance
    rest = [each for each in evidence.task.columns if each.name != column.name]
    plan = Plan.learn(rest, evidence.task.values, rows=rows, sparse=False)
    if plan.width:
        X = np.asarray(plan.matrix(evidence.task.values, rows)[0])
        goes_by = intraclass(X, own) >= _HALF
        if column.kind is Kind.NUMERIC:
            # What is computed from a quantity, its square say, goes smoothly with it.
            goes_by &= serial(X, own) < _HALF
        alike = X[:, goes_by]
        for some in (X, alike) if alike.shape[1] else (X,):
            _, nearest = NearestNeighbors(1).fit(np.ascontiguousarray(some)).kneighbors()
            between = np.abs(own[nearest[:, 0]] - own)
            if np.mean(between == 0) > found:
                found, adjacent = float(np.mean(between == 0)), float(np.mean(between == 1)) / 2.0
    n_classes = evidence.task.n_classes
    p, _ = association(own, counts.size, classes, n_classes)
    one, next_one = _agreement(own, classes, n_classes)
    return _Likeness(found, chance, adjacent, one, next_one, float(p), counts.size)


def intraclass(X: Float64, own: Indices) -> Float64:
    """Return the intraclass correlation of each column: the part of its variance between levels.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    own : ndarray of int of shape (n,)
        Levels, every number from 0 on among them.

    Returns
    -------
    ndarray of shape (d,)
        1 of columns that are the same within every level; of a constant one 0.

    References
    ----------
    Donner, A review of inference procedures for the intraclass correlation coefficient,
    International Statistical Review 54, 1986: the estimator by analysis of variance.
    """
    order = np.argsort(own, kind="stable")
    counts = np.bincount(own)
    n, k = own.size, counts.size
    centred = X[order] - X.mean(axis=0)
    means = np.add.reduceat(centred, np.cumsum(counts) - counts, axis=0) / counts[:, None]
    total = np.square(centred).sum(axis=0)
    between = (counts[:, None] * np.square(means)).sum(axis=0)
    within = (total - between) / max(n - k, 1)
    size = (n - np.square(counts).sum() / n) / (k - 1)
    spread = between / (k - 1) + (size - 1.0) * within
    known = total > 1e-12 * n
    found: Float64 = np.divide(
        between / (k - 1) - within, spread, out=np.zeros(X.shape[1]), where=known
    )
    return found


def serial(X: Float64, own: Indices) -> Float64:
    """Return the correlation of each column's means of a level and of the next one.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    own : ndarray of int of shape (n,)
        Levels, every number from 0 on among them.

    Returns
    -------
    ndarray of shape (d,)
        Near 1 where the column is smooth in the level; 1 where there is nothing to correlate.

    Examples
    --------
    >>> import numpy as np
    >>> own = np.arange(8)
    >>> X = np.stack([own**2.0, own % 2.0], axis=1)
    >>> serial(X, own).round(2)
    array([ 1., -1.])
    """
    order = np.argsort(own, kind="stable")
    counts = np.bincount(own)
    means = np.add.reduceat(X[order], np.cumsum(counts) - counts, axis=0) / counts[:, None]
    first, second = means[:-1] - means[:-1].mean(axis=0), means[1:] - means[1:].mean(axis=0)
    norms = np.sqrt(np.square(first).sum(axis=0) * np.square(second).sum(axis=0))
    found: Float64 = np.divide(
        (first * second).sum(axis=0), norms, out=np.ones(X.shape[1]), where=norms > 1e-12
    )
    return found


def _agreement(own: Indices, classes: Indices, n_classes: int) -> tuple[float, float]:
    """Return how often two rows have one label, less chance, of what chance leaves.

    Those of one level, and those of two levels next to each other.
    """
    n_levels = int(own.max()) + 1
    table = np.bincount(own * n_classes + classes, minlength=n_levels * n_classes)
    table = table.reshape(n_levels, n_classes).astype(np.float64)
    sizes, by_class, n = table.sum(axis=1), table.sum(axis=0), float(own.size)
    chance = float((by_class * (by_class - 1.0)).sum() / (n * (n - 1.0)))
    pairs, next_pairs = (sizes * (sizes - 1.0)).sum(), (sizes[1:] * sizes[:-1]).sum()
    if chance >= 1.0 or pairs == 0.0:
        return 0.0, 0.0
    same, next_same = (table * (table - 1.0)).sum() / pairs, 0.0
    if next_pairs > 0.0:
        next_same = (table[1:] * table[:-1]).sum() / next_pairs
    return float((same - chance) / (1.0 - chance)), float((next_same - chance) / (1.0 - chance))


def _drawn(codes: Indices, copies: Indices, seed: int) -> Indices:
    """Draw levels that come twice or more, and of each its rows, thirty at most."""
    rng = np.random.default_rng(seed)
    firsts = np.flatnonzero((copies == np.arange(codes.size)) & (codes >= 0))
    rows = rng.permutation(firsts)
    _, place, counts = np.unique(codes[rows], return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    within = np.empty(rows.size, dtype=np.intp)
    starts = np.cumsum(counts) - counts
    within[order] = np.arange(rows.size) - np.repeat(starts, counts)
    taken = np.minimum(counts, _MOST_OF_ONE)
    drawn = rng.permutation(np.flatnonzero(counts > 1))
    kept = drawn[np.cumsum(taken[drawn]) <= _MOST_ROWS]
    is_kept = np.isin(place, kept) & (within < _MOST_OF_ONE)
    return np.sort(rows[is_kept])
