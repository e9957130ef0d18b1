"""Fits with one row besides, at each of several places."""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.arrays import Labels
from trivium.containers import as_numbers
from trivium.displays._planes import own_names


def drag_fits(model: Any, X: Any, y: Labels, rows: Any, label: Any) -> list[Any]:
    """Return a fit to rows alone, then fits with one row of others besides.

    Parameters
    ----------
    model : object
        Not touched: copies of it are fitted.
    X : array-like of shape (n, d)
    y : ndarray of shape (n,)
        Two classes.
    rows : array-like of shape (m, d)
    label : object or None
        Class of each of ``rows``; None for the one that the fit without them does not predict of
        the last.

    Raises
    ------
    ValueError
        If there are not two classes, or ``label`` is none of them.
    """
    from sklearn.base import clone

    classes = np.unique(y)
    if len(classes) != 2:
        raise ValueError(f"y must hold two classes, got {len(classes)}")
    fits = [clone(model).fit(X, y)]
    if label is None:
        predicted = np.asarray(fits[0].predict(rows))[-1]
        label = classes[0] if predicted == classes[1] else classes[1]
    elif label not in classes.tolist():
        raise ValueError(f"label must be a class of y, got {label!r}")
    labels = np.append(y, np.asarray([label], dtype=y.dtype))
    tables = (_with_row(X, rows, row) for row in range(len(rows)))
    return [*fits, *(clone(model).fit(table, labels) for table in tables)]


def _with_row(X: Any, rows: Any, row: int) -> Any:
    """Return a table with one row of another besides, as its last."""
    own = own_names(X)
    if own:
        table: Any = type(X)
        return table(
            {name: np.append(np.asarray(X[name]), np.asarray(rows[name])[row]) for name in own}
        )
    return np.vstack([as_numbers(X, "X"), as_numbers(rows, "rows")[[row]]])
