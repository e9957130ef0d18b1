"""A table and the columns that are given beside it, as one table."""

from collections.abc import Mapping
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
        If lengths differ, or `X` is no table.
    """
    table = _named(X)
    taken = set(map(str, _names(table)))
    names: dict[str, str] = {}
    fresh: dict[str, Any] = {}
    for use, values in given.items():
        if values is None:
            continue
        if isinstance(values, str):
            names[use] = values
            continue
        name = getattr(values, "name", None)
        name = name if isinstance(name, str) and name else use
        while name in taken:
            name += "_"
        taken.add(name)
        names[use], fresh[name] = name, as_array(values, use)
        if len(fresh[name]) != _length(table):
            raise TableError(f"{use} has {len(fresh[name]):,} values for {_length(table):,} rows")
    return _joined(table, fresh) if fresh else table, names


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
            table[name] = values
        return table
    if hasattr(table, "with_columns"):
        import polars as pl

        return table.with_columns(*(pl.Series(name, values) for name, values in fresh.items()))
    raise TableError(f"labels cannot be set beside a {type(table).__name__}: name a column of it")
