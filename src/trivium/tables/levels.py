"""Words and codes: categories, free text, identifiers, and what rows belong together by."""

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from trivium.tables import column_names
from trivium.tables.cells import Filled
from trivium.tables.kinds import Column, Kind
from trivium.tables.numbers import stripped

_FEW_ROWS = 5
_SENTENCE = 4.0
_LONG = 60.0
_MOST_LEVELS = 20
_ROWS_TOGETHER = 20


def of_codes(column: Column, why: str, used: int) -> Column:
    """Decide what codes are: an identifier, a group or a category.

    Parameters
    ----------
    column : Column
        With levels and missing.
    why : str
        Why they are codes.
    used : int
        Cells that hold one.
    """
    n_levels = column.levels
    if n_levels == 1 and not column.missing:
        reason = "constant: every cell is the same"
        return replace(column, kind=Kind.DROPPED, reason=reason, number=None)
    if n_levels == used and used >= 3:
        reason = f"an identifier: {why}, different in every row"
        return replace(column, kind=Kind.DROPPED, reason=reason, number=None)
    if is_group(column.name, n_levels, used):
        reason = "rows with the same one belong together, to go by the name"
        return replace(column, kind=Kind.GROUP, reason=reason)
    return replace(
        column, kind=Kind.CATEGORY, reason=why if "by the name" in why else f"codes: {why}"
    )


def is_group(name: str, n_levels: int, used: int) -> bool:
    """Whether codes that repeat are of what rows belong to."""
    if n_levels < 3:
        return False
    if column_names.is_of_someone(name):
        return column_names.is_identifier_that_repeats(name) or used < _ROWS_TOGETHER * n_levels
    named = column_names.is_identifier_that_repeats(name)
    return named and n_levels > 50 and used < _ROWS_TOGETHER * n_levels


def of_texts(name: str, filled: Filled) -> Column:
    """Decide what words are."""
    n_levels, used = len(filled.texts), filled.used
    column = Column(name, Kind.CATEGORY, "", n_levels, filled.missing, filled.missing_words)
    if n_levels == 0:
        return replace(column, kind=Kind.DROPPED, reason="no cell holds a value")
    if n_levels == 1:
        if column.missing:
            return replace(column, reason="one word, where the cell is not empty")
        return replace(column, kind=Kind.DROPPED, reason="constant: every cell is the same")
    code = column_names.code_of(name, None)
    words, length = _shape(filled)
    coded = _are_codes(filled)
    if coded and (
        column_names.is_identifier_that_repeats(name) or column_names.is_of_someone(name)
    ):
        return of_codes(column, "words with digits", used)
    if code is not None:
        return of_codes(column, code, used)
    if n_levels == used and used >= (3 if _is_named(name) else _FEW_ROWS):
        if words >= _SENTENCE or length >= _LONG:
            return replace(column, kind=Kind.TEXT, reason="free text, different in every row")
        return replace(
            column, kind=Kind.DROPPED, reason="different in every row, as names and identifiers are"
        )
    if n_levels > _MOST_LEVELS and 2 * n_levels > used:
        reason = f"text, or names: {n_levels:,} different cells in {used:,} rows"
        return replace(column, kind=Kind.TEXT, reason=reason)
    if n_levels > _MOST_LEVELS and 5 * n_levels > used and (words >= _SENTENCE or length >= _LONG):
        return replace(column, kind=Kind.TEXT, reason="free text")
    return replace(column, reason="words" if not coded else "words with digits")


def _is_named(name: str) -> bool:
    return column_names.is_identifier(name)


def _shape(filled: Filled) -> tuple[float, float]:
    """Return the mean numbers of words and of characters of a cell."""
    bare = stripped(filled.texts)
    words = pc.add(pc.count_substring_regex(bare, r"\s+"), 1).to_numpy(zero_copy_only=False)
    lengths = pc.utf8_length(bare).to_numpy(zero_copy_only=False)
    return tuple(float(np.average(each, weights=filled.counts)) for each in (words, lengths))  # type: ignore[return-value]


def _are_codes(filled: Filled) -> bool:
    """Whether most cells hold digits, and no white space."""
    digits = pc.match_substring_regex(filled.texts, r"^\S*[0-9]\S*$").to_numpy(zero_copy_only=False)
    return bool(filled.counts[digits].sum() * 2 > filled.used)
