"""Cells that are finite numbers as programs write them: a quick look at the bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables import spelling
from trivium.tables.numbers import holds_any

_BEYOND = 2.0**53


def as_plain_numbers(cells: pa.ChunkedArray, missing: Sequence[str]) -> Float64 | None:
    """Read cells as numbers, if all that are not empty are finite ones as programs write them.

    Parameters
    ----------
    cells : Arrow chunked array of strings
    missing : sequence of str
        Words for no value: where a number is one of them, there is more to be decided.

    Returns
    -------
    array, shape (n_cells,), or None
        NaN where a cell is empty.
    """
    try:
        read = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None
    found: Float64 = np.asarray(read.to_numpy(), dtype=np.float64)
    if not are_plain(found, len(cells) - cells.null_count, missing):
        return None
    if spelling.has_leading_zeros(cells):
        return None
    if spelling.has_exponents(cells) and _any(cells, "[0-9][eE][0-9]"):
        return None
    return found


def are_plain(found: Float64, n_used: int, missing: Sequence[str]) -> bool:
    """Whether numbers, of which so many are there, are finite and no codes of many digits."""
    finite = np.isfinite(found)
    if finite.sum() < n_used or holds_any(found, missing):
        return False
    return bool(np.abs(found).max(initial=0.0, where=finite) < _BEYOND)


def _any(cells: Any, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
