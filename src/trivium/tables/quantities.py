"""Which numbers are quantities, and which only look like them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.tables import column_names

_ALIKE_DIGITS = 6
_ROUND = 0.3


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the numbers of a column are, by their values in the order of rows.

    Attributes
    ----------
    levels : int
        Different numbers.
    used : int
        Cells that hold one.
    whole : bool
        Whether all are integers.
    binary : bool
        Whether they are 0 and 1, both.
    no_quantity : str or None
        Why they are no quantity.
    """

    levels: int
    used: int
    whole: bool
    binary: bool
    no_quantity: str | None


def quantity(name: str, values: Any) -> Quantity:
    """Look at the numbers of a column.

    Parameters
    ----------
    name : str
    values : float64 array, shape (n_rows,)
        NaN where there is none.
    """
    used = values[~np.isnan(values)] + 0.0  # -0.0 is no number of its own
    different = np.unique(used)
    whole = bool((different == np.floor(different)).all())
    return Quantity(
        levels=len(different),
        used=len(used),
        whole=whole,
        binary=len(different) == 2 and different[0] == 0 and different[1] == 1,
        no_quantity=_why_not(name, values, used, different) if whole and len(used) > 2 else None,
    )


def _why_not(name: str, values: Any, used: Any, different: Any) -> str | None:
    """Say why integers are no quantity."""
    if len(different) < len(used):
        return None
    named = column_names.is_identifier(name) or column_names.is_unnamed(name)
    span = different[-1] - different[0] + 1
    everywhere = len(used) == len(values) and span == len(used)
    if everywhere and not column_names.is_time(name):
        in_order = bool((np.diff(values) == 1).all())
        if in_order and (different[0] in (0, 1) or named or len(used) >= 10):
            return "counts the rows"
        if len(used) >= 10 or named:
            return "numbers the rows, each once"
    if named:
        return "an identifier by its name, different in every row"
    if column_names.is_time(name) or different[0] < 0:
        return None
    digits = np.floor(np.log10(np.maximum(different[[0, -1]], 1))) + 1
    if digits[0] == digits[1] >= _ALIKE_DIGITS and len(used) >= 10:
        rounded = np.mean(different % 10 == 0)
        if rounded < _ROUND:
            return f"integers of {int(digits[0])} digits, different in every row"
    return None
