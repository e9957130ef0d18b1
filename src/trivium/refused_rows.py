"""What libraries would convert in silence, or refuse without saying where: named first."""

import datetime
from contextlib import suppress
from typing import Any

import numpy as np
import scipy.sparse

from trivium.containers import shown
from trivium.magnitudes import column_name

_FIRST = 100  # rows of a table, whose columns are usually of one kind each
_DATES = (
    np.datetime64,
    np.timedelta64,
    datetime.date,
    datetime.time,
    datetime.timedelta,
)


def require_columns(estimator: Any, X: Any, name: str) -> None:
    """Raise a ValueError where a table has no columns, from which libraries make no array."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if type(X) is not np.ndarray and len(shape) == 2 and shape[1] == 0:
        raise ValueError(
            f"{name} has no columns: 0 feature(s) (shape={shape}) while a minimum of 1 is "
            f"required by {type(estimator).__name__}."
        )


def require_reals(X: Any, name: str) -> None:
    """Raise a ValueError where dates, times or complex numbers would pass as real ones."""
    if isinstance(X, (list, tuple)):
        with suppress(ValueError):  # of rows of different lengths, which are refused later
            X = np.array(X, dtype=object)
    if scipy.sparse.issparse(X) or len(getattr(X, "shape", ())) != 2:
        return
    names = getattr(X, "columns", None)
    if hasattr(X, "column_names"):  # of Arrow, whose `columns` are the values
        names = X.column_names
    if names is None or len(set(names)) < len(names):
        _require_real(np.asarray(X), name, "")
        return
    for column in names:
        _require_real(np.asarray(X[column][:_FIRST]), name, f"column {column!r} of ")


def _require_real(values: Any, name: str, which: str) -> None:
    if values.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {which}{name} is made of complex numbers.")
    kinds = {values.dtype.type}
    if values.dtype.kind == "O":
        kinds = set(map(type, values.flat))
    if any(issubclass(kind, _DATES) for kind in kinds):
        raise ValueError(
            f"{which[:1].upper()}{which[1:]}{name} is made of dates or times, not of numbers: "
            "subtract one, divide by a unit, and pass the quotient."
        )


def first_non_number(estimator: Any, X: Any) -> str | None:
    """Say where the first value stands that cannot be read as a number."""
    try:
        table = np.asarray(X, dtype=object)
    except ValueError:
        return None
    if table.ndim != 2:
        return None
    for column in range(table.shape[1]):
        with suppress(TypeError, ValueError, OverflowError):
            table[:, column].astype(np.float64)
            continue
        for row, value in enumerate(table[:, column]):
            try:
                float(value)
            except (TypeError, ValueError, OverflowError):
                return f"row {row}, {column_name(estimator, column)} holds {shown(value)}"
    return None
