"""Plain, obviously right answers in float64 NumPy, and the data they are asked about."""

from functools import lru_cache

import numpy as np
from hypothesis import settings

METRICS = ("euclidean", "manhattan", "chebyshev", "cosine")
BALL_METRICS = METRICS[:3]
ALGORITHMS = ("brute", "kd_tree")

# Kernels compile on their first call, so that a deadline would say nothing.
MODEST = settings(max_examples=50, deadline=None, derandomize=True)


def unit_rows(X):
    """Rows of length one; a row of zeros points along an axis of its own."""
    X = np.asarray(X, dtype=np.float64)
    length = np.sqrt((X * X).sum(axis=1))
    zero = length == 0
    return np.column_stack([X / np.where(zero, 1.0, length)[:, None], zero])


def distance_matrix(queries, rows, metric="euclidean"):
    """Every distance, from differences that are summed over the columns in order."""
    if metric == "cosine":
        queries, rows = unit_rows(queries), unit_rows(rows)
    queries, rows = np.asarray(queries, np.float64), np.asarray(rows, np.float64)
    total = np.zeros((queries.shape[0], rows.shape[0]))
    for j in range(rows.shape[1]):
        difference = np.abs(queries[:, j, None] - rows[None, :, j])
        if metric == "manhattan":
            total = total + difference
        elif metric == "chebyshev":
            total = np.maximum(total, difference)
        elif metric not in ("euclidean", "cosine"):
            raise ValueError(f"no plain truth for metric={metric!r}")
        else:
            with np.errstate(over="ignore"):
                total = total + difference * difference
    if metric == "euclidean":
        return np.sqrt(total)
    return 0.5 * total if metric == "cosine" else total


def nearest(queries, rows, k, metric="euclidean"):
    """Sort each query's rows by (distance, number); None asks for the rows' own neighbours."""
    asked = None if queries is None else _frozen(queries)
    matrix, order = _all_in_order(asked, _frozen(rows), metric)
    order = order[:, :k]
    return np.take_along_axis(matrix, order, axis=1), order


def _frozen(array):
    array = np.asarray(array, np.float64)
    return array.shape, array.tobytes()


@lru_cache(maxsize=1)  # who asks for some k asks for the next soon
def _all_in_order(queries, rows, metric):
    """Distances, and the numbers of all rows by them."""
    own = queries is None
    rows, queries = (
        np.frombuffer(values).reshape(shape) for shape, values in (rows, rows if own else queries)
    )
    matrix = distance_matrix(queries, rows, metric)
    order = np.argsort(matrix, axis=1, kind="stable")
    if own:
        others = order != np.arange(len(rows))[:, None]
        order = order[others].reshape(len(rows), -1)
    return matrix, order


def class_shares(queries, X, y, k, *, weights="uniform", metric="euclidean"):
    """Share of each class in the votes, one query and one neighbour at a time."""
    classes = np.unique(y)
    shares = []
    for near, indices in zip(*nearest(queries, X, k, metric), strict=True):
        if callable(weights):
            say = weights(near[None])[0]
        elif weights == "uniform":
            say = np.ones(k)
        elif weights != "distance":
            raise ValueError(f"no plain truth for weights={weights!r}")
        elif (near == 0).any():
            say = (near == 0).astype(float)
        else:
            say = 1.0 / near
        votes = dict.fromkeys(classes.tolist(), 0.0)
        for row, vote in zip(indices, say, strict=True):
            votes[y[row].item()] += vote
        shares.append(list(votes.values()))
    shares = np.array(shares)
    return shares / shares.sum(axis=1, keepdims=True)


def _shifted(rng):
    return 1e8 + rng.normal(size=(400, 3))


def _duplicates(rng):
    return np.repeat(rng.normal(size=(60, 3)), 5, axis=0)[rng.permutation(300)]


def _constant_columns(rng):
    return np.column_stack([np.full(300, 7.25), rng.normal(size=300), np.zeros(300)])


DATA = {
    "random": lambda rng: rng.normal(size=(500, 3)),
    "many rows": lambda rng: rng.normal(size=(1500, 2)),
    "many columns": lambda rng: rng.normal(size=(300, 40)),
    "ties": lambda rng: rng.integers(-2, 3, size=(600, 3)).astype(float),
    "duplicates": _duplicates,
    "shifted by 1e8": _shifted,
    "float32": lambda rng: rng.normal(size=(500, 4)).astype(np.float32),
    "float32, shifted": lambda rng: (1e4 + rng.normal(size=(500, 2))).astype(np.float32),
    "constant columns": _constant_columns,
    "one column": lambda rng: rng.integers(0, 40, size=(300, 1)).astype(float),
    "all the same": lambda rng: np.full((100, 2), 3.5),
    "rows of zeros": lambda rng: rng.integers(0, 2, size=(200, 3)).astype(float),
    "less than a leaf": lambda rng: rng.normal(size=(7, 2)),
    "one row": lambda rng: rng.normal(size=(1, 3)),
    "columns of many sizes": lambda rng: rng.normal(size=(400, 4)) * [1e-9, 1.0, 1e5, 1e12],
}
"""Rows by name, each a function of a random generator."""


def rows_and_queries(name, seed=0, n_queries=60):
    """Rows of `DATA`, and queries: some of those rows, some between them, some outside."""
    rng = np.random.default_rng(seed)
    rows = DATA[name](rng)
    some = rows[rng.integers(0, len(rows), n_queries)]
    others = rows[rng.integers(0, len(rows), n_queries)]
    queries = some.copy()
    third = n_queries // 3
    queries[third : 2 * third] = (some[third : 2 * third] + others[third : 2 * third]) / 2
    queries[2 * third :] = 2 * some[2 * third :] - others[2 * third :]
    return rows, queries
