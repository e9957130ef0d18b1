"""Values that are no finite numbers, or too large: errors that name the row and the column."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.arrays import Floats, Indices
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import Csr, as_csr, takes_sparse
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import Rows
from trivium.rows.summary import ColumnSummary

_Found = tuple[int, int, float] | None
_CHUNK = 1 << 20  # values looked at in one go while searching for the first bad one


def require_magnitude(estimator: Any, rows: Rows, most: float, kept: Indices | None = None) -> None:
    """Raise a ValueError that names the first column with a value beyond a magnitude.

    Parameters
    ----------
    estimator : estimator
    rows : Rows
    most : float
    kept : ndarray of int or None
        Numbers that the rows had as they were given; None means that all are there.
    """
    if (rows.summary().greatest > most).any():
        raise beyond_magnitude(estimator, rows, most, kept)


def require_moderate(
    estimator: Any, labelled: LabelledRows, summary: ColumnSummary, most: float
) -> None:
    """Raise a ValueError unless all rows given are finite, and none that weighs is too large.

    Rows that weigh nothing are read, and others only where there is something to name.

    Parameters
    ----------
    estimator : estimator
    labelled : LabelledRows
        Checked but for this.
    summary : ColumnSummary
        Of their numbers, in whichever order, repeated or not.
    most : float
        The greatest magnitude.

    Raises
    ------
    ValueError
        If there is something; the message names the row and the column, or the column.
    """
    light = labelled.weightless()[0]
    with np.errstate(over="ignore", invalid="ignore"):
        finite = bool(np.isfinite(_given(light).sum(dtype=np.float64)))
    if summary.may_not_be_finite or not finite:
        given = labelled.rows if labelled.given is None else labelled.given
        require_finite_rows(estimator, given)
    if (summary.greatest > most).any():
        raise beyond_magnitude(estimator, labelled.rows, most, labelled.kept)


def beyond_magnitude(
    estimator: Any, rows: Rows, most: float, kept: Indices | None = None
) -> ValueError:
    """Return an error that names the first column beyond a magnitude, or the widest one.

    Parameters are those of `require_magnitude`.

    Raises
    ------
    ValueError
        If a value is not finite; the message names it.
    """
    require_finite_rows(estimator, rows, kept)
    summary = rows.summary()
    beyond = np.flatnonzero(summary.greatest > most)
    column = int(beyond[0]) if beyond.size else int(np.argmax(summary.greatest))
    return ValueError(
        f"X reaches from {summary.least[column]:.3g} to {summary.most[column]:.3g} in "
        f"{column_name(estimator, column)}: {type(estimator).__name__} computes with "
        f"magnitudes up to {most:g}. Divide the column by a power of ten."
    )


def require_finite(estimator: Any, X: Floats | Csr, name: str = "X") -> None:
    """Raise a ValueError that names the first value which is NaN or infinite."""
    if isinstance(X, Csr):
        _require_finite_stored(estimator, X, name)
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(X.sum(dtype=np.float64)):
            return
    step = max(1, _CHUNK // X.shape[1])
    for start in range(0, X.shape[0], step):
        found = _first_not_finite(Block(start, X[start : start + step], NO_CODES, None))
        if found is not None:
            raise _not_finite(estimator, name, f"row {found[0]}", *found[1:])


def _require_finite_stored(estimator: Any, X: Csr, name: str) -> None:
    """Do as `require_finite`, of sparse rows."""
    found = _first_stored(X)
    if found is not None:
        raise _not_finite(estimator, name, f"row {found[0]}", *found[1:])


def _first_stored(X: Csr) -> _Found:
    """Find the first value of sparse rows that is not finite: its row, its column and itself."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(_given(X).sum(dtype=np.float64)):
            return None
    bad = np.flatnonzero(~np.isfinite(_given(X)))
    if not bad.size:
        return None
    place = int(bad[0]) + X.stored.start
    row = int(np.searchsorted(X.indptr, place, side="right")) - 1
    return row, int(X.indices[place]), float(X.data[place])


def _given(X: Floats | Csr) -> Floats:
    """Return the numbers of rows, those alone that are stored."""
    return X.data[X.stored] if isinstance(X, Csr) else X


def require_finite_rows(estimator: Any, rows: Rows, kept: Indices | None = None) -> None:
    """Raise a ValueError that names the first value of training rows which is NaN or infinite.

    Parameters
    ----------
    estimator : estimator
    rows : Rows
    kept : ndarray of int or None
        Numbers that the rows had as they were given; None means that all are there.
    """
    if not rows.shape[0] or not rows.summary().may_not_be_finite:
        return
    length = max(1, _CHUNK // rows.shape[1])
    found = rows.reduce(_first_not_finite, _first, length=length)
    if found is not None:
        row, column, value = found
        if rows.in_memory:
            row = row if kept is None else int(kept[row])
            raise _not_finite(estimator, "X", f"row {row}", column, value)
        raise _not_finite(estimator, "X", rows.where(row), column, value)


def require_finite_block(estimator: Any, where: Callable[[int], str], block: Block) -> None:
    """Raise a ValueError that names the first value of a block which is NaN or infinite.

    Parameters
    ----------
    estimator : estimator
    where : callable
        As `Rows.where`.
    block : Block
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(_given(block.X).sum(dtype=np.float64)):
            return
    found = _first_not_finite(block)
    if found is not None:
        raise _not_finite(estimator, "X", where(found[0]), *found[1:])


@takes_sparse
def _first_not_finite(block: Block) -> _Found:
    """Find the first value of a block that is not finite: its row, its column and itself."""
    sparse = as_csr(block.X)
    if sparse is not None:
        found = _first_stored(sparse)
        return found if found is None else (block.first + found[0], *found[1:])
    bad = np.argwhere(~np.isfinite(block.X))
    if not bad.size:
        return None
    row, column = bad[0].tolist()
    return block.first + row, column, float(block.X[row, column])


def _first(one: _Found, other: _Found) -> _Found:
    return other if one is None else one


def _not_finite(estimator: Any, name: str, where: str, column: int, value: float) -> ValueError:
    kind = "NaN" if np.isnan(value) else "infinity"
    return ValueError(
        f"Input {name} contains {kind}: {where}, {column_name(estimator, column)}. "
        "Drop or impute such values first."
    )


def column_name(estimator: Any, column: int) -> str:
    """Name a column as the user would: by its name if the table had names, else by number."""
    names = getattr(estimator, "feature_names_in_", ())
    return f"column {names[column]!r}" if column < len(names) else f"column {column}"
