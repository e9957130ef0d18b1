"""Tables as people have them: ties, dummies, counts, gaps in the scales, rare classes."""

from typing import Any, NamedTuple

import numpy as np

Rng = np.random.Generator


class Problem(NamedTuple):
    """A labelled table with weights, and rows to ask about.

    Attributes
    ----------
    kind : str
        The name of the table's kind, among `TABLES`.
    X : ndarray of shape (n, d), float64 or float32
    y : ndarray of shape (n,)
    counts : ndarray of int of shape (n,)
        How often each row counts; zero for some in some problems.
    queries : ndarray of shape (m, d)
    """

    kind: str
    X: Any
    y: Any
    counts: Any
    queries: Any

    def repeated(self) -> tuple[Any, Any]:
        """Return rows and labels with each row as often as it counts."""
        return np.repeat(self.X, self.counts, axis=0), np.repeat(self.y, self.counts)


def _counts(rng: Rng, n: int, d: int) -> Any:
    return rng.poisson(rng.uniform(0.05, 2.0, size=d), size=(n, d)).astype(float)


def _one_hot(rng: Rng, n: int, d: int) -> Any:
    levels = max(2, d)
    return np.eye(levels)[rng.integers(0, levels, size=n)][:, :d]


def _constant(rng: Rng, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    X[:, rng.integers(d)] = rng.choice([0.0, 1.0, 5.0, 0.1, -7.3e4])
    return X


def _twice(rng: Rng, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    if d > 1:
        X[:, -1] = X[:, 0] * rng.choice([1.0, -2.0, 1000.0])
    return X


def _duplicates(rng: Rng, n: int, d: int) -> Any:
    return rng.normal(size=(max(2, n // 4), d))[rng.integers(0, max(2, n // 4), size=n)]


def _outlier(rng: Rng, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    X[rng.integers(n), rng.integers(d)] = 10.0 ** rng.integers(2, 7)
    return X


TABLES = {
    "normal": lambda rng, n, d: rng.normal(size=(n, d)),
    "ties": lambda rng, n, d: rng.integers(-2, 3, size=(n, d)).astype(float),
    "one-hot": _one_hot,
    "counts": _counts,
    "constant column": _constant,
    "column twice": _twice,
    "duplicate rows": _duplicates,
    "far from zero": lambda rng, n, d: 10.0 ** rng.integers(2, 9) + rng.normal(size=(n, d)),
    "mixed scales": lambda rng, n, d: rng.normal(size=(n, d)) * 10.0 ** rng.integers(-6, 7, size=d),
    "outlier": _outlier,
    "float32": lambda rng, n, d: rng.normal(size=(n, d)).astype(np.float32),
}
"""Kinds of tables, each a function of a generator, rows and columns."""

_LABELS = (
    lambda codes: codes,
    lambda codes: codes * 10 - 7,
    lambda codes: np.array(["no", "yes", "so", "01", "NA"])[codes],
    lambda codes: codes.astype(np.int8),
)


def _codes(rng: Rng, X: Any, n_classes: int) -> Any:
    """Classes that depend on the columns by a linear rule with noise; each has a row."""
    spread = X.astype(float).std(axis=0)
    scaled = (X - X.astype(float).mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    noise = rng.choice([0.3, 1.0, 3.0])
    scores = scaled @ rng.normal(size=(X.shape[1], n_classes))
    codes = (scores + noise * rng.gumbel(size=scores.shape)).argmax(axis=1)
    codes[rng.permutation(len(codes))[:n_classes]] = np.arange(n_classes)
    return codes


def draw(seed: int, *, most_rows: int = 60, most_columns: int = 6) -> Problem:
    """Draw a problem; the same seed draws the same one."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(list(TABLES)))
    n_classes = int(rng.choice([2, 2, 2, 3, 4]))
    n, d = int(rng.integers(3 * n_classes, most_rows)), int(rng.integers(1, most_columns + 1))
    X = TABLES[kind](rng, n, d)
    codes = _codes(rng, X, n_classes)
    y = _LABELS[rng.integers(len(_LABELS))](codes)
    counts = np.ones(n, dtype=int)
    if rng.random() < 0.4:
        counts = rng.integers(0 if rng.random() < 0.5 else 1, 4, size=n)
        for c in range(n_classes):  # every class keeps a row
            members = np.flatnonzero(codes == c)
            if not counts[members].any():
                counts[members[0]] = 1
    queries = X[rng.integers(0, n, size=8)]
    queries = np.concatenate([queries, (queries + X[rng.integers(0, n, size=8)]) / 2])
    return Problem(kind, X, y, counts, queries)
