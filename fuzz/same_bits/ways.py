"""What is done with an estimator, step by step, before it is asked."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import clone

from fuzz.same_bits.tables import Table, table

Steps = Iterator[tuple[str, Callable[[], Any]]]
"""Names of steps, and calls that return the estimator."""


def _rest(weight: Any) -> tuple[Any, ...]:
    return () if weight is None else (weight,)


def _some(values: Any, rows: Any) -> Any:
    return None if values is None else np.asarray(values)[rows]


def fit(model: Any, given: Table, weight: Any) -> Steps:
    """Fit once."""
    yield "fit", lambda: model.fit(given.X, given.y, *_rest(weight))


def fit_without_labels(model: Any, given: Table, _weight: Any) -> Steps:
    """Fit rows alone."""
    yield "fit", lambda: model.fit(given.X)


def fit_with_little_memory(model: Any, given: Table, weight: Any) -> Steps:
    """Fit in small pieces."""

    def little() -> Any:
        with config_context(working_memory=1):
            return model.fit(given.X, given.y, *_rest(weight))

    yield "fit", little


def fit_and_overwrite(model: Any, given: Table, weight: Any) -> Steps:
    """Fit, and write other numbers into the arrays that were given."""
    X, y = np.array(given.X), np.array(given.y)

    def overwritten() -> Any:
        fitted = model.fit(X, y, *_rest(weight))
        X[...] = X[::-1] * 3 + 1
        y[...] = y[::-1].copy()
        return fitted

    yield "fit", overwritten


def fit_another_first(model: Any, given: Table, weight: Any) -> Steps:
    """Fit another table, ask, and fit this one."""
    other = table("digits")
    yield "fit digits", lambda: model.fit(other.X[:400], other.y[:400])
    yield "fit", lambda: model.fit(given.X, given.y, *_rest(weight))


def fit_in_vain(model: Any, given: Table, weight: Any) -> Steps:
    """Fit, and fit once more what cannot be."""
    yield "fit", lambda: model.fit(given.X, given.y, *_rest(weight))
    wrong = np.array(given.X, dtype=np.float64)
    wrong[3, 0] = np.nan
    yield "fit NaN", lambda: model.fit(wrong, given.y)


def fit_twice(model: Any, given: Table, weight: Any) -> Steps:
    """Fit, and fit more, from where the first fit ended if it is a warm start."""
    half = np.arange(len(given.X)) % 2 == 0
    yield "fit half", lambda: model.fit(given.X[half], given.y[half], *_rest(_some(weight, half)))
    yield "fit", lambda: model.fit(given.X, given.y, *_rest(weight))


def fit_a_copy(model: Any, given: Table, weight: Any) -> Steps:
    """Fit, and go on with a deep copy; then with a clone, fitted anew."""
    yield "fit", lambda: model.fit(given.X, given.y, *_rest(weight))
    yield "copy", lambda: deepcopy(model)
    yield "clone", lambda: clone(model).fit(given.X, given.y, *_rest(weight))


def fit_validated(model: Any, given: Table, weight: Any) -> Steps:
    """Fit with validation rows."""
    learnt = np.arange(len(given.X)) % 3 > 0
    yield (
        "fit",
        lambda: model.fit(
            given.X[learnt],
            given.y[learnt],
            _some(weight, learnt),
            X_val=given.X[~learnt],
            y_val=given.y[~learnt],
        ),
    )


def fit_in_groups(model: Any, given: Table, weight: Any) -> Steps:
    """Fit with groups of rows."""
    groups = np.arange(len(given.X)) * 7 % 11
    yield "fit", lambda: model.fit(given.X, given.y, weight, groups=groups)


def _add(model: Any, given: Table, weight: Any, rows: Any, classes: Any) -> Callable[[], Any]:
    return lambda: model.partial_fit(
        given.X[rows], given.y[rows], classes, sample_weight=_some(weight, rows)
    )


def in_parts(model: Any, given: Table, weight: Any) -> Steps:
    """Add rows in uneven parts."""
    n = len(given.X)
    classes = np.unique(given.y)
    for part in np.array_split(np.arange(n), [1, n // 7, n // 2, n - 1]):
        yield f"add from {part[0]}", _add(model, given, weight, part, classes)


def fit_and_add(model: Any, given: Table, weight: Any) -> Steps:
    """Fit some rows, and add the others."""
    n = len(given.X)
    first, rest = np.arange(n)[: n // 2], np.arange(n)[n // 2 :]
    yield "fit", lambda: model.fit(given.X[first], given.y[first], _some(weight, first))
    yield "add", _add(model, given, weight, rest, None)


def forget(model: Any, given: Table, weight: Any) -> Steps:
    """Fit, forget every third row, and then a part of the others."""
    yield "fit", lambda: model.fit(given.X, given.y, weight)
    n = len(given.X)
    third = np.arange(n) % 3 == 1
    for name, rows in (("thirds", third), ("early", ~third & (np.arange(n) < n // 3))):
        gone = (given.X[rows], given.y[rows], _some(weight, rows))
        yield f"forget {name}", partial(model.forget, *gone)
    yield "add again", _add(model, given, weight, third, None)


WAYS: dict[str, Callable[[Any, Table, Any], Steps]] = {
    way.__name__: way
    for way in (
        fit,
        fit_without_labels,
        fit_with_little_memory,
        fit_and_overwrite,
        fit_another_first,
        fit_in_vain,
        fit_twice,
        fit_a_copy,
        fit_validated,
        fit_in_groups,
        in_parts,
        fit_and_add,
        forget,
    )
}
"""By name."""
