"""What a column is, decided over all of its cells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables import numbers, words
from trivium.tables.cells import Cells, as_mask
from trivium.tables.kinds import Column, Kind, NumberStyle
from trivium.tables.quantities import quantity

_MOSTLY = 0.8
_FEW = 50


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user or the rest of the file says of numbers and dates.

    Attributes
    ----------
    decimal : str or None
        "." or ",".
    order : str or None
        "dmy", "mdy" or "ymd".
    missing : tuple of str
        Words of the user's for no value.
    """

    decimal: str | None = None
    order: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A column, with what a careful person would say of it.

    Attributes
    ----------
    column : Column
    notes : tuple of str
    doubt : str or None
        "decimal" or "order", where the column alone does not tell.
    evidence : str or None
        The decimal sign or the order that the column alone tells.
    """

    column: Column
    notes: tuple[str, ...] = ()
    doubt: str | None = None
    evidence: str | None = None


def decide(name: str, cells: Cells, hints: Hints = Hints()) -> Finding:
    """Decide what a column is.

    Raises
    ------
    CellError
        If it is of numbers, some of them infinite.
    """
    if cells.empty == cells.rows:
        return Finding(Column(name, Kind.DROPPED, "every cell is empty", missing=cells.empty))
    plain = _plain(cells)
    if plain is not None:
        return _of_numbers(name, plain, NumberStyle(), (), cells.empty)
    texts = cells.texts
    bare = pc.utf8_lower(numbers.stripped(texts))
    gone = as_mask(pc.is_in(bare, value_set=pa.array(sorted(words.MISSING), pa.string())))
    gone |= as_mask(pc.is_in(texts, value_set=pa.array(hints.missing, pa.string())))
    if gone.all():
        missing = cells.empty + int(cells.counts.sum())
        return Finding(Column(name, Kind.DROPPED, "no cell holds a value", missing=missing))
    return _of_texts(name, cells, gone, hints)


def _plain(cells: Cells) -> Any:
    """Return plain finite numbers by row, or None: the quick way through most columns."""
    try:
        read = pc.cast(cells.all, pa.float64())
    except pa.ArrowInvalid:
        return None
    found = np.asarray(read.to_numpy(), dtype=np.float64)
    if np.isfinite(found).sum() < cells.rows - cells.empty:
        return None
    if np.nanmax(np.abs(found)) >= 2.0**53 or _any(cells.all, r"^[+-]?0[0-9]|[0-9][eE][0-9]"):
        return None
    return found


def _any(cells: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def _of_texts(name: str, cells: Cells, gone: Any, hints: Hints) -> Finding:
    kept = cells.texts.filter(pa.array(~gone))
    style = NumberStyle(hints.decimal or ".")
    canonical = numbers.canonical(kept, style)
    read = as_mask(pc.is_valid(canonical))
    if read.all():
        table = np.full(len(gone) + 1, np.nan)
        table[:-1][~gone] = pc.cast(canonical, pa.float64()).to_numpy(zero_copy_only=False)
        used = tuple(sorted(cells.texts.filter(pa.array(gone)).to_pylist()))
        values = table[cells.codes]
        missing = int(np.isnan(values).sum())
        return _of_numbers(name, values, style, used, missing)
    return _of_levels(name, cells, hints)


def _of_numbers(
    name: str, values: Any, style: NumberStyle, missing_words: Sequence[str], missing: int
) -> Finding:
    found = quantity(name, values)
    column = Column(
        name,
        Kind.NUMERIC,
        "numbers",
        found.levels,
        missing,
        tuple(missing_words),
        style,
    )
    if found.levels == 1 and not missing:
        return Finding(replace(column, kind=Kind.DROPPED, reason="constant", number=None))
    if found.no_quantity:
        return Finding(replace(column, kind=Kind.DROPPED, reason=found.no_quantity, number=None))
    if found.binary:
        return Finding(
            replace(
                column,
                kind=Kind.BOOLEAN,
                reason="0 and 1",
                number=None,
                truths=words.ONE,
                falsehoods=words.ZERO,
            )
        )
    return Finding(column)


def _of_levels(name: str, cells: Cells, hints: Hints) -> Finding:
    gone = as_mask(pc.is_in(cells.texts, value_set=pa.array(hints.missing, pa.string())))
    levels = int((~gone).sum())
    missing = cells.empty + int(cells.counts[gone].sum())
    used = cells.rows - missing
    kind, reason = Kind.CATEGORY, "words"
    if levels == 1 and not missing:
        kind, reason = Kind.DROPPED, "constant"
    elif levels == used and used > 2:
        kind, reason = Kind.DROPPED, "an identifier, different in every row"
    return Finding(Column(name, kind, reason, levels, missing, hints.missing))
