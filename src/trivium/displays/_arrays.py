"""Checks of what a Display is given: one clear ValueError that names the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Indices, Labels
from trivium.containers import as_numbers
from trivium.labels import as_labels


def plane_rows(X: ArrayLike, name: str = "X") -> Float64:
    """Return ``X`` as finite float64 rows of the plane, shape (n, 2)."""
    rows = as_numbers(X, name)
    if rows.ndim != 2 or rows.shape[1] != 2 or rows.shape[0] == 0:
        raise ValueError(f"{name} must have shape (n, 2) with n >= 1, got {rows.shape}")
    bad = np.argwhere(~np.isfinite(rows))
    if bad.size:
        row, column = bad[0].tolist()
        kind = "NaN" if np.isnan(rows[row, column]) else "infinity"
        raise ValueError(f"{name} must be finite, but row {row}, column {column} holds {kind}")
    return rows


def series(values: ArrayLike, name: str, length: int | None = None) -> Float64:
    """Return ``values`` as float64 of one dimension, not empty and of ``length`` where given."""
    array = as_numbers(values, name, each="place")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {array.shape}")
    if length is not None and array.size != length:
        raise ValueError(f"{name} must have {length} values, got {array.size}")
    return array


def label_vector(labels: ArrayLike, name: str, length: int) -> Labels:
    """Return ``labels`` as an array of shape (length,)."""
    shape = np.shape(labels)
    if shape != (length,):
        raise ValueError(f"{name} must have shape ({length},), got {shape}")
    return as_labels(labels, name)


def class_list(classes: ArrayLike | None, *labels: Labels | None) -> Labels:
    """Return the sorted classes: those given, else all that occur in ``labels``."""
    if classes is None:
        present = [np.unique(part) for part in labels if part is not None]
        return np.unique(np.concatenate(present))
    array = as_labels(classes, "classes", each="place")
    if array.ndim != 1 or array.size == 0 or not np.array_equal(np.unique(array), array):
        raise ValueError("classes must be one-dimensional, sorted and without repeats")
    return array


def class_positions(labels: Labels, classes: Labels, name: str) -> Indices:
    """Return the position in ``classes`` of every label."""
    positions = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    unknown = classes[positions] != labels
    if np.any(unknown):
        raise ValueError(f"{name} holds {labels[unknown].flat[0]!s}, which is not in classes")
    return positions


def axis_names(X: object, feature_names: Sequence[str] | None = None) -> tuple[str, str]:
    """Return the names of the plane's two axes: given, a table's own, or x1 and x2."""
    if feature_names is None:
        columns = list(getattr(X, "columns", ()))
        named = len(columns) == 2 and all(isinstance(name, str) for name in columns)
        # A dollar sign in a column's name begins no formula.
        names = [name.replace("$", r"\$") for name in columns] if named else ()
        feature_names = names or ("$x_1$", "$x_2$")
    if len(feature_names) != 2:
        raise ValueError(f"feature_names must hold two names, got {len(feature_names)}")
    return feature_names[0], feature_names[1]


def points_like(X: object, points: Float64) -> Any:
    """Return ``points`` in the kind of table ``X`` is, so that feature names match those fitted."""
    columns = list(getattr(X, "columns", ()))
    named = len(columns) == points.shape[1] and all(isinstance(name, str) for name in columns)
    if named:
        table: Any = type(X)
        return table(dict(zip(columns, points.T, strict=True)))
    return points


def sampled(codes: Indices, most: int | None) -> Indices:
    """Return which rows a picture draws: all, or ``most`` of them at random, always the same.

    Each class keeps its share, and a rare one its rows up to a hundred.
    """
    n = codes.size
    if most is None or n <= most:
        return np.arange(n)
    rng = np.random.default_rng(0)
    drawn = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        kept = max(min(rows.size, 100), round(rows.size * most / n))
        drawn.append(rng.choice(rows, kept, replace=False))
    return np.sort(np.concatenate(drawn))
