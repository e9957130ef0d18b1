"""Columns that say nothing, or nothing that another column does not say."""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, listed, quoted
from trivium.comparison.result import Check
from trivium.preparation.levels import Levels
from trivium.tables.kinds import Column, Kind

_SAME = 1e-12
_SORTS = (
    ("columns without a value", "hold no value", ("every cell is empty", "no cell holds a value")),
    ("constant columns", "hold the same in every row", ("constant",)),
    ("identifiers", "differ in every row, as identifiers do", ("",)),
)
_LEFT_OUT = "left out, as you say"


def check_columns(evidence: Evidence) -> tuple[Check, ...]:
    """Look for empty, constant, identifier-like and duplicate columns."""
    dropped = [
        column
        for column in evidence.seen.columns
        if column.kind is Kind.DROPPED and column.reason != _LEFT_OUT
    ]
    return (*_dropped(dropped), _duplicates(evidence))


def _dropped(columns: list[Column]) -> list[Check]:
    """Say which columns no model is given, by the reason."""
    checks, left = [], columns
    for name, what, starts in _SORTS:
        own = [column for column in left if column.reason.startswith(starts)]
        left = [column for column in left if column not in own]
        if not own:
            checks.append(fine(name, f"No columns {what}."))
            continue
        names = [column.name for column in own]
        what = what if len(own) > 1 else what.replace("hold", "holds").replace("differ", "differs")
        why = f" ({own[0].reason})" if len(own) == 1 and starts == ("",) else ""
        text = f"{listed(names)} {what}{why}: left out."
        checks.append(Check(name, "note", text, tuple(names)))
    return checks


def _duplicates(evidence: Evidence) -> Check:
    name, values = "duplicate columns", evidence.task.values
    cells = {column.name: values[column.name] for column in evidence.task.columns}
    pairs = linear_copies({k: own for k, own in cells.items() if not isinstance(own, Levels)})
    pairs += level_copies({k: own.codes for k, own in cells.items() if isinstance(own, Levels)})
    if not pairs:
        return fine(name, "No column says what another one says.")
    said = "; ".join(f"{quoted(copy)} says what {quoted(first)} says" for first, copy in pairs[:3])
    more = f"; and {len(pairs) - 3} more pairs" if len(pairs) > 3 else ""
    return Check(
        name,
        "note",
        f"{said}{more}, in other units or words: one of the two is enough, and neighbours count "
        "both.",
        tuple(dict.fromkeys(each for pair in pairs for each in pair)),
    )


def linear_copies(columns: dict[str, Float64]) -> list[tuple[str, str]]:
    """Return columns of numbers that are another times a factor, plus a number, and that other.

    Parameters
    ----------
    columns : dict of str to ndarray of shape (n,)
        Missing cells, NaN, must be the same ones.

    Examples
    --------
    >>> import numpy as np
    >>> celsius = np.array([21.5, np.nan, 18.0, 30.1])
    >>> linear_copies({"celsius": celsius, "fahrenheit": 32.0 + 1.8 * celsius})
    [('celsius', 'fahrenheit')]
    """
    names, standard, gaps = [], [], []
    for name, values in columns.items():
        there = ~np.isnan(values)
        known = values[there]
        if known.size < 3 or np.ptp(known) == 0.0:
            continue
        scaled = known / np.abs(known).max()
        scaled = scaled - scaled.mean()
        full = np.zeros(values.size)
        full[there] = scaled / np.linalg.norm(scaled)
        names.append(name)
        standard.append(full)
        gaps.append(there)
    if len(names) < 2:
        return []
    Z = np.stack(standard)
    near = np.triu(np.abs(Z @ Z.T) > 1.0 - 1e-6, k=1)
    pairs, copied = [], set[int]()
    for first, copy in np.argwhere(near).tolist():
        if first in copied or copy in copied or not np.array_equal(gaps[first], gaps[copy]):
            continue
        # 1 - |r| is half the squared distance, which rounding does not hide.
        sign = 1.0 if Z[first] @ Z[copy] > 0 else -1.0
        if 0.5 * float(((Z[first] - sign * Z[copy]) ** 2).sum()) <= _SAME:
            copied.add(copy)
            pairs.append((names[first], names[copy]))
    return pairs


def level_copies(columns: dict[str, Any]) -> list[tuple[str, str]]:
    """Return columns of levels that go one to one with another, and that other.

    Parameters
    ----------
    columns : dict of str to ndarray of int of shape (n,)
        -1 where a cell is missing, in the same rows.
    """
    first_of: dict[bytes, str] = {}
    pairs = []
    for name, codes in columns.items():
        key = in_order(codes).tobytes()
        if key in first_of:
            pairs.append((first_of[key], name))
        else:
            first_of[key] = name
    return pairs


def in_order(codes: Any) -> Indices:
    """Give levels numbers in the order in which they first come; -1 stays.

    Examples
    --------
    >>> import numpy as np
    >>> in_order(np.array([4, -1, 2, 4]))
    array([ 0, -1,  1,  0])
    """
    levels, first, place = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(np.where(levels < 0, -1, first), kind="stable")
    numbers = np.empty(levels.size, dtype=np.intp)
    numbers[order] = np.arange(levels.size) - bool((levels < 0).any())
    found: Indices = numbers[place]
    return found
