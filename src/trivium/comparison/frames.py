"""A table and the columns that are given beside it, as one table."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.containers import as_array
from trivium.tables.errors import TableError


def with_columns(X: Any, given: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """Set columns beside a table.

    Parameters
    ----------
    X : data frame, Arrow table, mapping of columns or array-like of shape (n_rows, n_columns)
        It is not changed. Columns of an array are called x0, x1 and so on.
    given : mapping
        From what columns are to be called to names of columns that the table has, or values, or
        None.

    Returns
    -------
    table : data frame, Arrow table or mapping
    names : dict
        From what columns are for to what they are called. A name that the table has already is
        written with "_" behind it.

    Raises
    ------
    TableError
        If lengths differ, `X` is no table, there are no labels, or what is given has the index of
        `X` in another order.
    """
    table = _named(X)
    taken = set(map(str, _names(table)))
    names: dict[str, str] = {}
    fresh: dict[str, Any] = {}
    for use, values in given.items():
        if values is None and use == "target":
            raise TableError("there are no labels: name a column, or give one for each row")
        if values is None:
            continue
        if isinstance(values, str):
            names[use] = values
            continue
        values = _one_column(values)
        _require_same_order(X, values, use)
        name = getattr(values, "name", None)
        name = name if isinstance(name, str) and name else use
        while name in taken:
            name += "_"
        taken.add(name)
        names[use], fresh[name] = name, _cells(values, use)
        if len(fresh[name]) != _length(table):
            raise TableError(f"{use} has {len(fresh[name]):,} values for {_length(table):,} rows")
    return _joined(table, fresh) if fresh else table, names


def _one_column(values: Any) -> Any:
    """Take the only column of what has one."""
    if hasattr(values, "columns") and len(values.columns) == 1:
        return values[values.columns[0]]
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    return values


def _require_same_order(X: Any, values: Any, use: str) -> None:
    """Refuse values that are about the rows of X by their index, but stand in another order."""
    index: Any = getattr(X, "index", None)
    own: Any = getattr(values, "index", None)
    if not hasattr(index, "is_unique") or not hasattr(own, "is_unique") or index.equals(own):
        return
    if index.is_unique and own.is_unique and index.sort_values().equals(own.sort_values()):
        raise TableError(f"{use} has the index of X in another order: bring both into one")


def _cells(values: Any, use: str) -> Any:
    """Return values as an array of their own kind, missing ones among them."""
    try:
        return as_array(values, use)
    except ValueError:
        listed = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
        with suppress(pa.ArrowException):
            found = pa.array(listed, from_pandas=True)
            if found.null_count and not isinstance(values, np.ma.MaskedArray):
                return found
        raise


def _named(X: Any) -> Any:
    if isinstance(X, pa.Table | pa.RecordBatch | Mapping) or hasattr(X, "columns"):
        return X
    if hasattr(X, "tocsr"):
        raise TableError("a sparse matrix is no table: give its columns names and cells")
    values = np.asarray(X)
    if values.ndim != 2:
        raise TableError(f"a table has rows and columns, but this has {values.ndim} dimensions")
    return {f"x{place}": values[:, place] for place in range(values.shape[1])}


def _names(table: Any) -> list[Any]:
    if isinstance(table, pa.Table | pa.RecordBatch):
        return list(table.column_names)
    return list(table if isinstance(table, Mapping) else table.columns)


def _length(table: Any) -> int:
    if isinstance(table, pa.Table | pa.RecordBatch):
        return int(table.num_rows)
    if isinstance(table, Mapping):
        return max((len(column) for column in table.values()), default=0)
    return len(table)


def _joined(table: Any, fresh: Mapping[str, Any]) -> Any:
    if isinstance(table, Mapping):
        return {**table, **fresh}
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        for name, values in fresh.items():
            table = table.append_column(name, pa.array(values))
        return table
    if hasattr(table, "iloc"):
        table = table.copy(deep=False)
        for name, values in fresh.items():
            missing = isinstance(values, pa.Array)
            table[name] = np.array(values.to_pylist(), dtype=object) if missing else values
        return table
    if hasattr(table, "with_columns"):
        import polars as pl

        series = (
            pl.Series(name, values.to_pylist() if isinstance(values, pa.Array) else values)
            for name, values in fresh.items()
        )
        return table.with_columns(*series)
    raise TableError(f"labels cannot be set beside a {type(table).__name__}: name a column of it")
