"""Tables to fit: real ones, and made ones of every kind that is awkward."""

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets

from fuzz.problems import draw


class NotInstalled(Exception):
    """A package is not there whose tables or containers a case needs."""


class Table(NamedTuple):
    """A labelled table, and rows to ask about.

    Attributes
    ----------
    X : array-like of shape (n, d)
    y : ndarray of shape (n,)
    queries : array-like of shape (m, d)
    """

    X: Any
    y: Any
    queries: Any


def _labelled(X: Any, n_classes: int = 3, seed: int = 0) -> Table:
    """Label rows by a noisy linear rule; ask about some, and about means of two."""
    rng = np.random.default_rng(seed)
    plain = X.astype(np.float64)
    with np.errstate(all="ignore"):
        scaled = plain / np.abs(plain).max(axis=0, initial=1e-320)
        scores = np.nan_to_num(scaled - scaled.mean(axis=0)) @ rng.normal(
            size=(X.shape[1], n_classes)
        )
    spread = scores.std() or 1.0
    y = (scores + 0.3 * spread * rng.gumbel(size=scores.shape)).argmax(axis=1)
    y[: 2 * n_classes] = np.arange(2 * n_classes) % n_classes
    some = rng.integers(0, len(X), size=(2, 24))
    return Table(X, y, np.concatenate([X[some[0]], X[some[0]] / 2 + X[some[1]] / 2]))


def _normal(n: int, d: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(n, d))


def _bundled(name: str) -> Table:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return Table(X, y, X[::7] + X[-3] / 64)


def _packaged(package: str, file: str, label: str) -> Table:
    """Read a table that a package ships, words as dummies."""
    import pandas as pd

    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise NotInstalled(f"{package} is not installed")
    table = pd.read_csv(Path(found.origin).parent / file).dropna()
    X = pd.get_dummies(table.drop(columns=label), dtype=np.float64).astype(np.float64)
    return Table(X, table[label].to_numpy(), X.iloc[::9])


def _frame(package: str) -> Table:
    if importlib.util.find_spec(package) is None:
        raise NotInstalled(f"{package} is not installed")
    frame = importlib.import_module(package).DataFrame
    X, y, queries = _labelled(_normal(200, 3, 5))
    mixed = {"size": X[:, 0], "32": X[:, 1].astype(np.float32), "count": (9 * X[:, 2]).astype(int)}
    return Table(frame(mixed), y, queries)


def _one_value(value: float) -> Table:
    X = _normal(150, 4, 2)
    X[:, 1], X[:, 3] = value, 0.0
    return _labelled(X)


def _dependent() -> Table:
    X = _normal(150, 3, 3)
    return _labelled(np.column_stack([X, X[:, 0] * 2, X[:, 1] + X[:, 2], X[:, 0] * 1e6]))


def _scaled(*scales: float) -> Table:
    return _labelled(_normal(120, len(scales), 4) * np.array(scales))


def _ties(kind: type = np.float64) -> Table:
    return _labelled(np.random.default_rng(5).integers(-2, 3, size=(300, 3)).astype(kind))


def _duplicates() -> Table:
    return _labelled(np.repeat(_normal(40, 3, 6), 5, axis=0), n_classes=4)


def _outlier() -> Table:
    X = _normal(150, 2, 7)
    X[17] = 1e5, -3e4
    return _labelled(X)


def _separated(n_classes: int) -> Table:
    X = _normal(90, 3, 8)
    y = np.arange(90) % n_classes
    X[np.arange(90), y] += 12.0
    return Table(X, y, X[::4] / 2)


def _correlated(n: int, d: int, kind: type = np.float64) -> Table:
    X = _normal(n, 4, 9) @ _normal(4, d, 10) + 0.05 * _normal(n, d, 11)
    return _labelled(X.astype(kind), n_classes=4)


def _fortran(given: Table) -> Table:
    return given._replace(X=np.asfortranarray(given.X))


def _places() -> Table:
    X = np.random.default_rng(12).uniform(-1, 1, size=(300, 2)) * [np.pi / 2, np.pi]
    return _labelled(X)


def _distances() -> Table:
    X, y, queries = _labelled(_normal(120, 2, 13))
    of_rows, of_queries = (np.abs(points[:, None] - X).sum(axis=2) for points in (X, queries))
    return Table(of_rows, y, of_queries)


def _as(change: Callable[[Any], Any], n: int = 200, d: int = 4) -> Callable[[], Table]:
    """Hold the rows otherwise."""

    def table() -> Table:
        X, y, queries = _labelled(np.round(8 * _normal(n, d, 14)))
        return Table(change(X), y, queries)

    return table


def _read_only(X: Any) -> Any:
    X.setflags(write=False)
    return X


def _strided(X: Any) -> Any:
    wide = np.full((2 * X.shape[0], 3 * X.shape[1]), np.pi)
    wide[1::2, ::3] = X
    return wide[1::2, ::3]


KEPT: dict[str, Callable[[], Table]] = {
    "C": _as(np.ascontiguousarray),
    "Fortran": _as(np.asfortranarray),
    "strided": _as(_strided),
    "backwards": _as(lambda X: X[::-1, ::-1]),
    "read-only": _as(_read_only),
    "float32": _as(lambda X: X.astype(np.float32) / 3),
    "float32 Fortran": _as(lambda X: np.asfortranarray(X.astype(np.float32) / 3)),
    "float16": _as(lambda X: X.astype(np.float16)),
    "long double": _as(lambda X: X.astype(np.longdouble) / 3),
    "big-endian": _as(lambda X: X.astype(">f8")),
    "int64": _as(lambda X: X.astype(np.int64)),
    "int8": _as(lambda X: X.astype(np.int8)),
    "uint8": _as(lambda X: np.abs(X).astype(np.uint8)),
    "bool": _as(lambda X: X > 0),
    "objects": _as(lambda X: X.astype(object)),
    "lists": _as(lambda X: X.tolist()),
    "pandas": lambda: _frame("pandas"),
    "polars": lambda: _frame("polars"),
}
"""Rows of every type and layout."""

REAL: dict[str, Callable[[], Table]] = {
    "iris": lambda: _bundled("iris"),
    "wine": lambda: _bundled("wine"),
    "breast_cancer": lambda: _bundled("breast_cancer"),
    "digits": lambda: _bundled("digits"),
    "statsmodels/spector": lambda: _packaged(
        "statsmodels", "datasets/spector/spector.csv", "GRADE"
    ),
    "statsmodels/anes96": lambda: _packaged("statsmodels", "datasets/anes96/anes96.csv", "PID"),
    "statsmodels/fair": lambda: _packaged("statsmodels", "datasets/fair/fair.csv", "rate_marriage"),
    "ISLP/Carseats": lambda: _packaged("ISLP", "data/Carseats.csv", "ShelveLoc"),
    "ISLP/OJ": lambda: _packaged("ISLP", "data/OJ.csv", "Purchase"),
}
"""Tables that packages ship."""

MADE: dict[str, Callable[[], Table]] = {
    "one column": lambda: _labelled(_normal(100, 1, 1), n_classes=2),
    "constant": lambda: _one_value(0.1),
    "dependent": _dependent,
    "tiny": lambda: _scaled(1e-300, 1e-300),
    "subnormal": lambda: _scaled(1e-310, 1.0),
    "huge": lambda: _scaled(1e299, 1e298),
    "beyond": lambda: _scaled(1e302, 1.0),
    "tiny and huge": lambda: _scaled(1e-300, 1.0, 1e298),
    "graded": lambda: _scaled(1e-9, 1e-3, 1.0, 1e4, 1e9),
    "far from zero": lambda: _labelled(1e8 + _normal(150, 3, 15)),
    "ties": _ties,
    "ties float32": lambda: _ties(np.float32),
    "duplicates": _duplicates,
    "outlier": _outlier,
    "separated": lambda: _separated(3),
    "separated, two classes": lambda: _separated(2),
    "many classes": lambda: _labelled(_normal(400, 5, 16), n_classes=26),
    "wide": lambda: _labelled(_normal(40, 90, 17)),
    "few rows": lambda: _labelled(_normal(6, 2, 18)),
    "two classes": lambda: _labelled(_normal(200, 3, 19), n_classes=2),
}
"""Tables that are awkward."""

LONG: dict[str, Callable[[], Table]] = {
    "70,000 x 3": lambda: _labelled(_normal(70_000, 3, 20)),
    "70,000 x 3 float32 Fortran": lambda: _labelled(
        np.asfortranarray(_normal(70_000, 3, 20).astype(np.float32))
    ),
    "30,000 x 20": lambda: _correlated(30_000, 20),
    "30,000 x 20 Fortran": lambda: _fortran(_correlated(30_000, 20)),
    "6,000 x 96": lambda: _correlated(6_000, 96),
    "9,000 x 12 integers": lambda: _labelled(
        np.random.default_rng(22).integers(0, 17, size=(9_000, 12))
    ),
}
"""Tables of many blocks."""

OTHER: dict[str, Callable[[], Table]] = {"places": _places, "distances": _distances}
"""Tables for metrics of their own."""


@lru_cache(maxsize=24)
def table(name: str) -> Table:
    """Make a table; the same name makes the same one."""
    if name.startswith("random "):
        drawn = draw(int(name.removeprefix("random ")))
        return Table(drawn.X, drawn.y, drawn.queries)
    return (KEPT | REAL | MADE | LONG | OTHER)[name]()


LABELS: dict[str, Callable[[Any], Any]] = {
    "ints": lambda codes: codes * 10 - 7,
    "strings": lambda codes: np.array(["no", "yes", "NA", "01", "é"])[codes % 5],
    "objects": lambda codes: np.array(["no", "yes", "NA", "01", "é"], dtype=object)[codes % 5],
    "bools": lambda codes: codes % 2 == 1,
    "floats": lambda codes: codes / 2,
    "int8": lambda codes: codes.astype(np.int8),
    "list": lambda codes: [f"class {code}" for code in codes],
}
"""Labels of every type, made of the numbers of classes."""

WEIGHTS: dict[str, Callable[[Any], Any]] = {
    "none": lambda _: None,
    "ones": lambda y: np.ones(len(y)),
    "zeros": lambda y: np.arange(len(y)) % 4 * 1.0,
    "a class of zero": lambda y: (y != np.unique(y)[-1]) * 2.0,
    "integers": lambda y: np.arange(len(y)) % 3 + 1,
    "fractions": lambda y: np.random.default_rng(23).uniform(0.05, 1.7, size=len(y)),
    "float32": lambda y: WEIGHTS["fractions"](y).astype(np.float32),
    "huge": lambda y: 1e200 * (1 + np.arange(len(y)) % 5),
    "tiny": lambda y: 1e-200 * (1 + np.arange(len(y)) % 5),
    "far apart": lambda y: 10.0 ** (np.arange(len(y)) % 31 - 15),
    "list": lambda y: [1.5] * len(y),
}
"""Weights of rows, made of their labels."""
