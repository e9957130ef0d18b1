"""What every estimator says of the columns it was fitted to, and of the scores it chose by."""

from typing import Any

import numpy as np

from trivium.storage.entries import Stored, Written

_MOST_COLUMNS = 1 << 40
_RESULT = r"cv_results\.[a-z_]{1,40}"


def write_columns(model: Any, written: Written) -> None:
    """Write the number of columns, and their names where a table had them."""
    written.record["columns"] = int(model.n_features_in_)
    names = getattr(model, "feature_names_in_", None)
    written.record["names"] = None if names is None else [str(name) for name in names]


def read_columns(model: Any, stored: Stored) -> int:
    """Give a model its columns; return how many there are."""
    columns = stored.integer("columns", 1, _MOST_COLUMNS)
    names = stored.value("names")
    model.n_features_in_ = columns
    if names is not None:
        model.feature_names_in_ = np.empty(columns_named(names, columns, stored), dtype=object)
        model.feature_names_in_[:] = names
    return columns


def columns_named(names: Any, columns: int, stored: Stored) -> int:
    """Check names of columns; return how many there are."""
    are_names = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not are_names or len(names) != columns:
        raise stored.wrong("names", f"no list of the {columns} columns' names")
    return columns


def write_results(model: Any, written: Written) -> None:
    """Write the scores that a model was chosen by."""
    for name, values in model.cv_results_.items():
        written.put(f"cv_results.{name}", values)


def read_results(model: Any, stored: Stored, key: str) -> None:
    """Give a model the scores that it was chosen by, of which there are as many as of one."""
    model.cv_results_ = {}
    names = sorted(stored.names(_RESULT), key=lambda name: name != f"cv_results.{key}")
    length = None
    for name in names:
        own = (length, None) if name.startswith("cv_results.fold_") else (length,)
        values = stored.array(name, ("float64", "int64"), own, finite=False)
        length = values.shape[0]
        model.cv_results_[name.removeprefix("cv_results.")] = values
    if key not in model.cv_results_:
        raise stored.wrong("cv_results", f"without {key}")


def write_penalty(model: Any, written: Written) -> None:
    """Write which penalty was chosen, and the scores it was chosen by."""
    written.record["alpha"] = float(model.alpha_)
    written.record["best_score"] = float(model.best_score_)
    write_results(model, written)


def read_penalty(model: Any, stored: Stored) -> None:
    """Give a model that penalty, and those scores."""
    model.alpha_ = stored.number("alpha", 0.0)
    model.best_score_ = stored.number("best_score")
    read_results(model, stored, "alpha")
