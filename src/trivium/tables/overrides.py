"""Columns of a kind that the user knows better."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables import number_style, numbers
from trivium.tables.cells import Cells, Filled, filled, is_one_of
from trivium.tables.date_style import dates_read_best
from trivium.tables.decide import truth_values
from trivium.tables.errors import CellError, TableError
from trivium.tables.findings import Finding, Hints
from trivium.tables.kinds import Column, Kind, NumberStyle
from trivium.tables.words import INFINITE

REASON = "you say so"
_WHOLE = r"^\s*[+-]?(?:0|[1-9][0-9]*)(?:[.,]0*)?\s*$"


def kind_of(name: str, word: str) -> Kind:
    """Return the kind that a word names.

    Raises
    ------
    TableError
        If there is no such kind.
    """
    try:
        return Kind(word)
    except ValueError:
        listed = ", ".join(Kind)
        raise TableError(f"column {name!r}: {word!r} is no kind; kinds are {listed}") from None


def decide_as(name: str, cells: Cells, kind: Kind, hints: Hints) -> Finding:
    """Return a column of a given kind.

    Raises
    ------
    TableError
        If its cells cannot be read so.
    """
    if kind in (Kind.NUMERIC, Kind.DATE, Kind.BOOLEAN):
        valued = filled(cells, hints.missing)
        if not valued.used:
            raise TableError(f"column {name!r} cannot be {kind}: no cell holds a value")
        decided = {Kind.NUMERIC: _numeric, Kind.DATE: _date, Kind.BOOLEAN: _boolean}[kind]
        return Finding(decided(name, valued, hints))
    held = filled(cells, hints.missing, standard=False)
    column = Column(name, kind, REASON, len(held.texts), held.missing, held.missing_words)
    whole = held.used and pc.all(pc.match_substring_regex(held.texts, _WHOLE)).as_py()
    if whole and kind in (Kind.CATEGORY, Kind.GROUP):
        n_levels = len(pc.unique(numbers.as_codes(held.texts)))
        column = replace(column, levels=n_levels, number=NumberStyle())
    return Finding(column)


def _numeric(name: str, valued: Filled, hints: Hints) -> Column:
    infinite = is_one_of(valued.texts, INFINITE)
    finite = valued.texts.filter(pa.array(~infinite))
    style = number_style.style_of(finite, valued.counts[~infinite], hints)[0]
    read = numbers.values(valued.texts, style)
    table = read.to_numpy(zero_copy_only=False).copy()
    table[infinite] = np.inf
    wrong = np.isnan(table)
    if wrong.any():
        raise _refused(name, valued, wrong, Kind.NUMERIC, "number")
    if np.isinf(table).any():
        row = valued.first_row(np.isinf(table))
        raise CellError(f"column {name!r} has an infinite number", name, row, "")
    return _column(name, valued, Kind.NUMERIC, len(np.unique(table + 0.0)), number=style)


def _date(name: str, valued: Filled, hints: Hints) -> Column:
    style, seconds = dates_read_best(valued, hints)
    wrong = np.isnan(seconds)
    if wrong.any():
        raise _refused(name, valued, wrong, Kind.DATE, "date")
    return _column(name, valued, Kind.DATE, len(np.unique(seconds)), date=style)


def _boolean(name: str, valued: Filled, hints: Hints) -> Column:
    found = truth_values(name, valued, hints)
    if found is not None:
        return replace(found.column, reason=REASON)
    words = pc.unique(pc.utf8_lower(numbers.stripped(valued.texts))).to_pylist()
    if len(words) == 2:
        false, true = sorted(words)
        return _column(name, valued, Kind.BOOLEAN, 2, truths=(true,), falsehoods=(false,))
    raise TableError(
        f"column {name!r} cannot be boolean: it has {len(words):,} different words, not two"
    )


def _column(name: str, valued: Filled, kind: Kind, n_levels: int, **more: Any) -> Column:
    words = valued.missing_words
    return Column(name, kind, REASON, n_levels, valued.missing, words, **more)


def _refused(name: str, valued: Filled, wrong: Any, kind: Kind, noun: str) -> CellError:
    row = valued.first_row(wrong)
    return CellError(
        f"column {name!r} cannot be {kind}: it has a cell that is no {noun}", name, row, ""
    )
