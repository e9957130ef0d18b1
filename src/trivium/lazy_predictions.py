"""Predictions of Dask's collections: lazy collections themselves, computed where the rows are."""

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from trivium.elsewhere_inputs import check_columns
from trivium.rows.elsewhere import elsewhere_of, is_of_dask

Answer = TypeVar("Answer")


def lazily(method: Callable[[Any, Any], Answer]) -> Callable[[Any, Any], Answer]:
    """Let a method that says something of each row answer Dask's collections as `lazy_answer`.

    A model whose own rows are not in memory (nearest neighbours) cannot be sent to workers: it
    reads these rows for those that it is asked about at once, and the Dask array is of answers.
    """

    @wraps(method)
    def answer(self: Any, X: Any) -> Any:
        if not is_of_dask(X):
            return method(self, X)
        if getattr(self, "_reads_rows", False):
            return _collection_of(method(self, elsewhere_of(X)), X)
        return lazy_answer(self, method.__name__, X)

    return answer


def lazy_answer(model: Any, name: str, X: Any) -> Any:
    """Answer for each row of a Dask collection, by a Dask array.

    Nothing is computed but the answer for one row, which tells the type; workers compute the rest,
    each from its own rows and a copy of the model as it is now, where the array is computed.

    Parameters
    ----------
    model : estimator
    name : str
        Of a method that takes rows.
    X : dask.array.Array or dask.dataframe.DataFrame of shape (n, d)

    Returns
    -------
    dask.array.Array of shape (n,) or (n, k)

    Raises
    ------
    ValueError
        If the columns are not those of the fit.
    """
    check_is_fitted(model)
    table: Any = elsewhere_of(X)
    check_columns(model, table, reset=False)
    model = copy.copy(model)
    one = getattr(model, name)(_one_row(X, table))
    answer = _of_array if hasattr(X, "chunks") else _of_table
    return answer(X, model, name, one)


def answered(rows: Any, model: Any, name: str, like: Any) -> Any:
    """Answer for some rows in memory; of none, there are as many answers, of the type of others."""
    return getattr(model, name)(rows) if len(rows) else like


def _collection_of(answers: Any, X: Any) -> Any:
    """Cut answers as X is cut where that is known."""
    import dask.array

    array: Any = dask.array  # some of it without types
    rows = X.chunks[0] if hasattr(X, "chunks") else answers.shape[:1]
    is_known = sum(rows) == answers.shape[0]  # and not NaN
    chunks = rows if is_known else answers.shape[:1]
    return array.from_array(answers, chunks=(chunks, *((n,) for n in answers.shape[1:])))


def _one_row(X: Any, table: Any) -> Any:
    """Make up a row, of a table with the same columns."""
    row = np.ones((1, table.n_columns))
    if hasattr(X, "chunks"):
        return row
    import pandas as pd

    return pd.DataFrame(row, columns=X.columns)


def _of_array(X: Any, model: Any, name: str, one: Any) -> Any:
    """Answer block by block."""
    from dask.delayed import delayed

    if len(X.chunks[1]) > 1:
        X = X.rechunk({1: -1})
    return X.map_blocks(
        answered,
        delayed(model, pure=False, traverse=False),
        name,
        one[:0],
        dtype=one.dtype,
        meta=np.empty((0,) * one.ndim, dtype=one.dtype),
        chunks=(X.chunks[0], *((n,) for n in one.shape[1:])),
        drop_axis=[1] if one.ndim == 1 else None,
    )


def _of_table(X: Any, model: Any, name: str, one: Any) -> Any:
    """Answer partition by partition; nobody knows how many rows they have."""
    import dask.array
    from dask.delayed import delayed

    array: Any = dask.array  # some of it without types
    sent, answer = delayed(model, pure=False, traverse=False), delayed(answered, pure=False)
    shape = (np.nan, *one.shape[1:])
    return array.concatenate(
        [
            array.from_delayed(answer(part, sent, name, one[:0]), shape, dtype=one.dtype)
            for part in X.to_delayed()
        ]
    )
