"""Which plane a picture shows of rows that have more than two columns.

Two of the columns, at the medians of the others, or the plane of the two principal axes. Either
way a point of the picture is a whole row, which an estimator is asked about as about any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.containers import as_array, as_numbers
from trivium.displays._arrays import axis_names, plane_rows, points_like

Features = Sequence[str] | Sequence[int] | None
Projection = Literal["pca"] | None


@dataclass(frozen=True)
class Plane:
    """A plane through the space of rows.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Where the rows are in it, or the feet of their perpendiculars.
    names : tuple of two str
        Of its axes.
    rows : callable
        Takes points of shape (m, 2), returns rows of the user's kind, shape (m, d).
    note : str, default=""
        What is said of it under the picture.
    spread : ndarray of shape (d,), default=None
        Of each column, as far as a plane of more than two columns needs it: never zero.
    """

    points: Float64
    names: tuple[str, str]
    rows: Callable[[Float64], Any]
    note: str = ""
    spread: Float64 | None = None

    @property
    def whole(self) -> bool:
        """Whether rows have no other columns."""
        return self.spread is None


def is_chosen(features: Features, projection: Projection) -> bool:
    """Whether a plane is asked for among more columns."""
    return features is not None or projection is not None


def plane_of(
    X: ArrayLike,
    features: Features = None,
    projection: Projection = None,
    feature_names: Sequence[str] | None = None,
) -> Plane:
    """Return the plane that is asked for.

    Parameters
    ----------
    X : array-like of shape (n, d)
    features : sequence of two str or two int, default=None
        Two columns, by name or by position.
    projection : {"pca"}, default=None
        The two principal axes of the standardized columns.
    feature_names : sequence of str, default=None
        Names of the two axes, or of all columns.

    Raises
    ------
    ValueError
        If both are asked for, or neither where ``d`` is not 2; if a column is none of ``X``, is
        not made of numbers or not finite.
    """
    if features is not None and projection is not None:
        raise ValueError("features and projection must not both be given")
    if projection is not None:
        if projection != "pca":
            raise ValueError(f"projection must be 'pca' or None, got {projection!r}")
        return _principal(X, feature_names)
    if features is not None:
        return _section(X, features, feature_names)
    points = plane_rows(X)
    return Plane(points, axis_names(X, feature_names), lambda points: points_like(X, points))


def _section(X: Any, features: Any, feature_names: Sequence[str] | None) -> Plane:
    """Return the plane of two columns at the medians of the others."""
    own = own_names(X)
    rows = None if own else as_array(X, "X")
    if rows is not None and (rows.ndim != 2 or not rows.size):
        raise ValueError(f"X must have shape (n, d) with n >= 1, got {rows.shape}")
    d = len(own) if rows is None else rows.shape[1]
    every = own
    if feature_names is not None and len(feature_names) == d and d > 2:
        every, feature_names = list(feature_names), None
    pair = _positions(features, every, d)
    columns = [X[own[i]] if rows is None else rows[:, i] for i in range(d)]
    points = np.column_stack([_numbers(columns[i], every[i] if every else i) for i in pair])
    if feature_names is None:
        feature_names = [
            (every[i].replace("$", r"\$") if every else f"$x_{{{i + 1}}}$") for i in pair
        ]
    typical = {i: _typical(columns[i]) for i in range(d) if i not in pair}

    def place(points: Float64) -> Any:
        n = len(points)
        given = dict(zip(pair, points.T, strict=True))
        if rows is None:
            frame: Any = type(X)
            return frame(
                {name: given[i] if i in given else typical[i](n) for i, name in enumerate(own)}
            )
        return np.column_stack([given[i] if i in given else typical[i](n) for i in range(d)])

    names = axis_names(X, feature_names)
    others = [columns[i] for i in typical]
    spread = np.array([_spread(column) for column in columns]) if others or pair != (0, 1) else None
    return Plane(points, names, place, _note(others), spread)


def _spread(column: Any) -> float:
    """Return the standard deviation of a column, or 1 where it has none."""
    numbers = _as_floats(np.asarray(column))
    with np.errstate(all="ignore"):
        spread = 0.0 if numbers is None else float(numbers.std())
    return spread if 0.0 < spread < np.inf else 1.0


def own_names(X: Any) -> list[str]:
    """Return the names of a table's columns; none of an array, or where they are no strings."""
    names = list(getattr(X, "columns", ()))
    return names if names and all(isinstance(name, str) for name in names) else []


def _positions(features: Any, names: Sequence[str], d: int) -> tuple[int, int]:
    given = list(features) if not isinstance(features, str) else [features]
    if len(given) != 2:
        raise ValueError(f"features must be two columns, got {len(given)}")
    found = []
    for each in given:
        if isinstance(each, str):
            if each not in names:
                raise ValueError(f"features: X has no column {each!r}")
            found.append(list(names).index(each))
        elif isinstance(each, (int, np.integer)) and -d <= each < d:
            found.append(int(each) % d)
        else:
            raise ValueError(f"features: X has no column {each!r}, but {d} columns from 0")
    if found[0] == found[1]:
        raise ValueError(f"features must be two columns, got {given[0]!r} twice")
    return found[0], found[1]


def _numbers(column: Any, name: object) -> Float64:
    """Return a column as finite numbers."""
    try:
        values = as_numbers(column, f"column {name!r} of X")
    except ValueError as error:
        raise ValueError(f"{error} An axis takes a column of numbers") from error
    if not np.isfinite(values).all():
        raise ValueError(f"column {name!r} of X must be finite, but it holds NaN or infinity")
    return values


def _typical(column: Any) -> Callable[[int], Any]:
    """Return what makes a column of the median, or else of the most frequent value."""
    values = np.asarray(column)
    numbers = _as_floats(values)
    if numbers is not None:
        with np.errstate(all="ignore"):
            low, high = (
                np.quantile(numbers, 0.5, method="lower"),
                np.quantile(numbers, 0.5, method="higher"),
            )
            middle = float(low / 2 + high / 2)
        return lambda n: np.full(n, middle)
    present = [
        each for each in values.tolist() if each is not None and isinstance(each == each, bool)
    ]
    common = Counter(each for each in present if each == each).most_common(1)
    row = values.tolist().index(common[0][0]) if common else 0
    return lambda n: _repeated(column, row, n)


def _as_floats(values: Any) -> Float64 | None:
    """Return the numbers of a column that are not missing, where it holds nothing else."""
    if values.dtype.kind == "O":
        numbers = [each for each in values if type(each) is not bool and isinstance(each, Real)]
        missing = sum(map(_is_missing, values))
        numbers = [each for each in numbers if not _is_missing(each)]
        if not numbers or len(numbers) + missing < len(values):
            return None
        values = np.array(numbers, dtype=np.float64)
    if values.dtype.kind not in "iuf":
        return None
    floats = values.astype(np.float64)
    floats = floats[~np.isnan(floats)]
    return floats if floats.size else None


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA, none of which equals itself."""
    equal = value == value
    return value is None or not isinstance(equal, (bool, np.bool_)) or not equal


def _repeated(column: Any, row: int, n: int) -> Any:
    """Return a column of one row's value, of the kind that the column is."""
    if isinstance(column, np.ndarray):
        return np.full(n, column[row], dtype=column.dtype)
    places = np.full(n, row)
    if hasattr(column, "iloc"):
        return column.iloc[places].reset_index(drop=True)
    return column[places]


def _note(others: Sequence[Any]) -> str:
    """Return what is said of the columns that are not drawn."""
    if not others:
        return ""
    numeric = [_as_floats(np.asarray(each)) is not None for each in others]
    n = len(others)
    which = "the other column" if n == 1 else f"the other {n:,} columns"
    its = "its" if n == 1 else "their"
    if all(numeric):
        return f"{which} at {its} median" + ("" if n == 1 else "s")
    if not any(numeric):
        return f"{which} at {its} most frequent value" + ("" if n == 1 else "s")
    return f"{which} at their medians or most frequent values"


def _principal(X: Any, feature_names: Sequence[str] | None) -> Plane:
    """Return the plane of the two principal axes of the columns, standardized."""
    from sklearn.decomposition import PCA

    own = own_names(X)
    rows = np.column_stack([_numbers(X[name], name) for name in own]) if own else X
    rows = as_numbers(rows, "X")
    if rows.ndim != 2 or min(rows.shape) < 2:
        raise ValueError(f"projection='pca' needs two rows and two columns, got {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("X must be finite, but it holds NaN or infinity")
    with np.errstate(over="ignore", invalid="ignore"):
        centre, scale = rows.mean(axis=0), rows.std(axis=0)
    if not (np.isfinite(centre).all() and np.isfinite(scale).all()):
        raise ValueError("a column of X spans more than float64 holds: projection='pca' needs less")
    # A column that does not vary stays where it is.
    scale = np.where(scale > 1e-12 * np.abs(centre), scale, 1.0)
    axes = PCA(2, svd_solver="full" if min(rows.shape) < 500 else "covariance_eigh")
    points = axes.fit_transform((rows - centre) / scale)
    shares = np.nan_to_num(axes.explained_variance_ratio_)

    def place(points: Float64) -> Any:
        return points_like(X, centre + scale * (points @ axes.components_))

    d = rows.shape[1]
    if feature_names is None or len(feature_names) != 2:
        feature_names = [
            f"principal axis {i + 1} ({100 * share:.0f} %)" for i, share in enumerate(shares)
        ]
    note = f"% of the variance of {d:,} standardized columns"
    return Plane(points, (feature_names[0], feature_names[1]), place, note, scale)
