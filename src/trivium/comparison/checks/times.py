"""Columns that look like a time, and rows that stand in an order that tells their labels."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.binned import association
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, option, quoted, share
from trivium.comparison.result import Check
from trivium.preparation.levels import Levels
from trivium.tables.column_names import is_time, tokens_of
from trivium.tables.errors import TableError
from trivium.tables.kinds import Column, Kind
from trivium.tabular.reading import times_of

_NAME, _ORDER = "columns that look like a time", "labels in the order of rows"
_MATTERS, _MUCH, _Z = 0.1, 0.25, 5.0
_DRIFTS, _DRIFTS_MUCH, _ALPHA = 0.2, 0.4, 1e-5  # Cramér's V
_BLOCKS = 10
_FIRST_YEAR, _LAST_YEAR = 1800, 2100
_BORN = frozenset({"birth", "birthday", "born", "dob", "geburt", "geburtsdatum", "founded"})
_YEARS = frozenset({"jahr", "year", "yr"})
_PERIODS = frozenset({"day", "month", "quarter", "week", "date", "datum"})
_WEEK, _LAST_PERIOD = 7, 366


def check_times(evidence: Evidence) -> tuple[Check, ...]:
    """Look for columns of times, and for labels that drift with the order of rows."""
    if evidence.time is not None:
        text = f"Rows are dealt by {quoted(evidence.time)}: models are tested on later rows."
        return (fine(_NAME, text), fine(_ORDER, "Rows are dealt by time."))
    times = [
        column
        for column in evidence.seen.columns
        if looks_like_time(column, evidence.task.values.get(column.name))
    ]
    runs_on = [column for column in times if not _goes_round(column)]
    checks = [_of(evidence, column) for column in runs_on or times]
    if not checks:
        checks = [fine(_NAME, "No column looks like a time.")]
    checks = sorted(checks, key=lambda check: check.status == "note")
    return (*checks, _of_order(evidence, [check for check in checks if check.option]))


def looks_like_time(column: Column, values: Float64 | Levels | None) -> bool:
    """Whether a column is of dates, or of years or months to go by its name and its numbers.

    When somebody was born tells an age, not when a row was written.

    Parameters
    ----------
    column : Column
    values : ndarray of shape (n,) or Levels or None
    """
    tokens = set(tokens_of(column.name))
    if values is None or tokens & _BORN:
        return False
    if column.kind is Kind.DATE:
        return True
    if not is_time(column.name):
        return False
    if isinstance(values, Levels):
        return (
            bool(tokens & (_YEARS | _PERIODS) - {"day"}) and 1 < len(values.words) <= _LAST_PERIOD
        )
    known = values[~np.isnan(values)]
    if known.size == 0 or not np.array_equal(known, np.floor(known)):
        return False
    least, greatest = float(known.min()), float(known.max())
    if least == greatest:
        return False
    if tokens & _YEARS:
        if greatest < 100:
            return least >= 50 and greatest - least < 40  # of the last century, in two digits
        return least >= _FIRST_YEAR and greatest <= _LAST_YEAR
    return bool(tokens & _PERIODS) and least >= 0 and _WEEK < greatest <= _LAST_PERIOD


def _goes_round(column: Column) -> bool:
    """Whether a column tells a place in the year or month alone, which comes again."""
    return column.kind is not Kind.DATE and not _YEARS & set(tokens_of(column.name))


def _of(evidence: Evidence, column: Column) -> Check:
    values = evidence.task.values[column.name]
    flag = _flag(evidence, column.name)
    what = f"{quoted(column.name)} looks like a time"
    if column.kind is Kind.DATE:
        what = f"{quoted(column.name)} is a time"
    drift = None
    if not isinstance(values, Levels):  # which have an order that words do not tell
        first = evidence.copies == np.arange(values.size)
        there = np.flatnonzero(first & ~np.isnan(values))
        order = there[_in_time(values[there], evidence.seed)]
        drift = drift_of(evidence.task.codes[order], evidence.task.n_classes)
    remedy = f" If rows to be predicted are later ones, {flag} tests on later rows." if flag else ""
    if drift is not None and drift.is_there(_MATTERS, _DRIFTS):
        return Check(
            _NAME,
            "warning",
            f"{what}, and labels drift with it: two rows next to each other in time have one label "
            f"in {share(drift.same)} of cases, by chance in {share(drift.chance)}.{remedy}",
            (column.name,),
            option=flag,
        )
    return Check(_NAME, "note", f"{what}.{remedy}", (column.name,), option=flag)


def _flag(evidence: Evidence, name: str) -> str:
    """Return what to add to the command, or nothing where cells cannot be put in order."""
    try:
        times_of(evidence.seen, name)
    except TableError:
        return ""
    return option("--time", name)


def _in_time(values: Float64, seed: int) -> Indices:
    """Order rows by time, those of one time at random, so that nothing else orders them."""
    mixed = np.random.default_rng(seed).permutation(values.size)
    found: Indices = mixed[np.argsort(values[mixed], kind="stable")]
    return found


def _of_order(evidence: Evidence, advised: list[Check]) -> Check:
    """Look for labels that go by the order of rows; a time that is advised is not asked for."""
    codes, n_classes = evidence.task.codes, evidence.task.n_classes
    runs = 1 + int(np.count_nonzero(np.diff(codes)))
    if runs <= 2 * n_classes:
        return fine(_ORDER, "Rows are sorted by their labels: they are dealt at random.")
    groups = evidence.task.groups
    kept = evidence.copies if groups is None else groups
    _, firsts = np.unique(kept, return_index=True)  # one row of each copy or group
    drift = drift_of(codes[np.sort(firsts)], n_classes)
    if not drift.is_there(_MUCH, _DRIFTS_MUCH):
        return fine(_ORDER, "Labels do not go by the order of rows.")
    if drift.same > drift.chance:
        what = (
            f"two rows next to each other in the table have one label in {share(drift.same)} of "
            f"cases, by chance in {share(drift.chance)}"
        )
    else:
        what = f"labels differ from part to part of the table (Cramér's V {drift.effect:.2f})"
    counter = next(
        (each.name for each in evidence.seen.columns if each.reason == "a counter of the rows"), ""
    )
    flag = _flag(evidence, counter) if counter else ""
    remedy = f" Of time, {flag} tests on later rows." if flag else ""
    order = f"the order of {quoted(advised[0].columns[0])}" if advised else "the order of time"
    ways = [] if flag or advised else ["--time"]
    ways += ["--group"] if evidence.group is None else []
    column = f" A column that says so is for {' or '.join(ways)}." if ways else ""
    return Check(
        _ORDER,
        "note",
        f"{what[0].upper()}{what[1:]}: do rows stand in {order}, or do some belong together?"
        f"{column}{remedy}",
        option=flag,
    )


class Drift(NamedTuple):
    """How labels go by an order.

    Attributes
    ----------
    same, chance : float
        Share of neighbours with one label, and that of any two rows.
    z : float
        That excess in standard deviations, which it has where all orders are as likely.
    p, effect : float
        Of the chi-squared test of labels and ten parts of the order, and Cramér's V.
    """

    same: float
    chance: float
    z: float
    p: float
    effect: float

    def is_there(self, alike: float, effect: float) -> bool:
        """Whether neighbours, or parts, are so alike, and more than chance makes them."""
        beyond = 0.0 if self.chance >= 1.0 else (self.same - self.chance) / (1.0 - self.chance)
        return (beyond >= alike and self.z >= _Z) or (self.effect >= effect and self.p < _ALPHA)


def drift_of(codes: Indices, n_classes: int) -> Drift:
    """Return how labels go by their order: whether neighbours are alike, or parts differ.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Classes, in that order.
    n_classes : int

    References
    ----------
    Mood, The distribution theory of runs, Annals of Mathematical Statistics 11, 1940.
    """
    n = codes.size
    if n < 2 * _BLOCKS:
        return Drift(0.0, 0.0, 0.0, 1.0, 0.0)
    counts = np.bincount(codes, minlength=n_classes).astype(np.float64)
    same = float(np.mean(codes[1:] == codes[:-1]))
    squares, cubes = float((counts**2).sum()), float((counts**3).sum())
    # Mean and variance of the number of runs of several kinds of elements.
    runs = 1.0 + n - squares / n
    variance = (squares * (squares + n * (n + 1.0)) - 2.0 * n * cubes - float(n) ** 3) / (
        float(n) ** 2 * (n - 1.0)
    )
    own = 1.0 + (1.0 - same) * (n - 1)
    z = (runs - own) / np.sqrt(variance) if variance > 0 else 0.0
    p, effect = association(np.arange(n) * _BLOCKS // n, _BLOCKS, codes, n_classes)
    chance = (squares - n) / (n * (n - 1.0))
    return Drift(same, chance, float(z), float(p), float(effect))
