"""Nearest neighbours beside plain loops: lists to the bit, votes, every k, densities."""

import warnings
from collections.abc import Iterator
from math import lgamma, log, pi
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.sparse import csr_array
from tests.neighbors.more_metrics import angle_matrix, minkowski_matrix, sort_all
from tests.neighbors.reference import class_shares, nearest

from fuzz.problems import Problem, draw
from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.neighbors.search.sparse import lengths, postings, searcher

_METRICS = ("euclidean", "manhattan", "chebyshev", "cosine")


def problem(seed: int) -> Problem:
    """Draw a problem of this wing."""
    return draw(seed, most_rows=400 if seed % 7 == 0 else 60, most_columns=12)


def mismatches(table: Problem, rng: np.random.Generator) -> Iterator[str]:
    """Name what differs from the plain answer."""
    metric = str(rng.choice(_METRICS))
    algorithm = "brute" if metric == "cosine" else str(rng.choice(["auto", "brute", "kd_tree"]))
    X, y = table.repeated()
    k = int(rng.integers(1, min(12, len(X) - 1) + 1))
    yield from _lists(table.X, table.queries, min(k, len(table.X) - 1), metric, algorithm)
    yield from _votes(table, X, y, k, metric, algorithm, rng)
    yield from _leave_one_out(X, y, min(k, len(X) - 1), metric)
    yield from _more_lists(table, k, rng)
    yield from _sparse(table, k, rng)
    if metric == "euclidean":
        yield from _density(X, y, table.queries, max(k, 2))


def _lists(X: Any, queries: Any, k: int, metric: str, algorithm: str) -> Iterator[str]:
    search = NearestNeighbors(k, metric=metric, algorithm=algorithm).fit(X)
    for asked in (queries, None):
        distances, indices = search.kneighbors(asked)
        right, order = nearest(asked, X, k, metric)
        if not np.array_equal(indices, order):
            yield f"{metric} {algorithm}: neighbours of {'rows' if asked is None else 'queries'}"
        elif not np.allclose(distances, right, rtol=1e-12, atol=1e-300):
            yield f"{metric} {algorithm}: distances"


def _more_lists(table: Problem, k: int, rng: np.random.Generator) -> Iterator[str]:
    """Ask by Minkowski distances, for places on a sphere, and with distances given."""
    rows, queries = table.X, table.queries
    words: dict[str, Any] = {"metric": str(rng.choice(["minkowski", "haversine", "precomputed"]))}
    if words["metric"] == "minkowski":
        words["p"] = float(rng.choice([1.0, 1.5, 2.0, 3.0, 12.0, np.inf, 1.0 + rng.exponential()]))
        matrix, own = (minkowski_matrix(each, rows, words["p"]) for each in (queries, rows))
    elif words["metric"] == "haversine":
        rows, queries = _places(rows, rows), _places(queries, rows)
        matrix, own = (angle_matrix(each, rows) for each in (queries, rows))
    else:
        matrix, own = (minkowski_matrix(each, rows, 1.5) for each in (queries, rows))
        rows, queries = own, matrix
    algorithm = str(rng.choice(["auto", "brute", "kd_tree"][: 2 if rows is own else 3]))
    k = min(k, len(rows) - 1)
    search = NearestNeighbors(k, algorithm=algorithm, **words).fit(rows)
    for asked, right in ((queries, sort_all(matrix, k)), (None, sort_all(own, k, own=True))):
        found = search.kneighbors(asked)
        if not all(map(np.array_equal, found, right)):
            yield f"{words} {algorithm}: lists of {'rows' if asked is None else 'queries'}"
    radius = float(rng.choice(matrix.ravel()))
    for q, inside in enumerate(search.radius_neighbors(queries, radius)[1]):
        if not np.array_equal(inside, np.flatnonzero(matrix[q] <= radius)):
            yield f"{words} {algorithm}: rows within {radius} of query {q}"


def _sparse(table: Problem, k: int, rng: np.random.Generator) -> Iterator[str]:
    """Ask of sparse rows, small as they are, by the ways of large ones, and of all columns."""
    share = rng.choice([0.1, 0.5, 1.0])
    rows, queries = (
        np.where(rng.random(each.shape) < share, each, 0.0) for each in (table.X, table.queries)
    )
    words: dict[str, Any] = {"metric": str(rng.choice([*_METRICS, "minkowski"]))}
    if words["metric"] == "minkowski":
        words["p"] = float(rng.choice([1.5, 3.0, 1.0 + rng.exponential()]))
    k = min(k, len(rows) - 1)
    dense = NearestNeighbors(k, **words).fit(rows)
    right = [*dense.kneighbors(queries), *dense.kneighbors(None)]
    radius = float(rng.choice(right[0].ravel()))
    right += list(map(np.concatenate, dense.radius_neighbors(queries, radius)))
    for limit, few in ((np.inf, 0), (-1.0, 1 << 30), (-1.0, 0)):
        with (
            patch.object(searcher.patience, "limit", limit),
            patch.object(lengths.patience, "limit", limit),
            patch.object(searcher, "_FEW_QUERIES", few),
            patch.object(postings, "_LEAST_ROWS", 16),
            patch.object(postings, "_STORED_A_BLOCK", 100),
        ):
            search = NearestNeighbors(k, **words).fit(csr_array(rows))
            asked = csr_array(queries)
            found = [*search.kneighbors(asked), *search.kneighbors(None)]
            found += list(map(np.concatenate, search.radius_neighbors(asked, radius)))
        for one, other in zip(found, right, strict=True):
            if not np.array_equal(one, other):
                yield f"{words}: sparse rows, limit {limit}, few {few}"


def _places(points: Any, rows: Any) -> Any:
    """Turn the first and the last column into latitudes and longitudes."""
    some = points[:, [0, -1]].astype(np.float64)
    reach = np.abs(rows[:, [0, -1]]).max(axis=0).astype(np.float64)
    return np.clip(some / np.where(reach > 0, reach, 1.0), -1, 1) * [0.5 * np.pi, np.pi]


def _votes(
    table: Problem,
    X: Any,
    y: Any,
    k: int,
    metric: str,
    algorithm: str,
    rng: np.random.Generator,
) -> Iterator[str]:
    weights = str(rng.choice(["uniform", "distance"]))
    model = KNeighborsClassifier(k, weights=weights, metric=metric, algorithm=algorithm)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table.X, table.y, sample_weight=table.counts)
    right = class_shares(table.queries, X, y, k, weights=weights, metric=metric)
    shares = model.predict_proba(table.queries)
    if not np.allclose(shares, right, rtol=1e-9, atol=1e-12):
        yield f"{metric} {algorithm} {weights}: shares"
    clear = np.diff(np.sort(right, axis=1)[:, -2:], axis=1)[:, 0] > 1e-9
    if (model.predict(table.queries) != model.classes_[right.argmax(axis=1)])[clear].any():
        yield f"{metric} {algorithm} {weights}: classes"


def _leave_one_out(X: Any, y: Any, k: int, metric: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = KNeighborsClassifierCV(k, metric=metric).fit(X, y)
    classes = np.unique(y)
    _, order = nearest(None, X, k, metric)
    for size in range(1, k + 1):
        votes = (y[order[:, :size], None] == classes).sum(axis=1)
        accuracy = (classes[votes.argmax(axis=1)] == y).mean()
        if abs(accuracy - model.cv_results_["accuracy"][size - 1]) > 1e-12:
            yield f"{metric}: leave-one-out accuracy of {size} neighbours"


def _density(X: Any, y: Any, queries: Any, k: int) -> Iterator[str]:
    if k > len(X):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = KNeighborsDensity(k).fit(X, y)
        marginal, given = model.score_samples(queries), model.class_score_samples(queries)
        shares = model.predict_proba(queries)
    distances, order = nearest(queries, X, k)
    d = X.shape[1]
    with np.errstate(divide="ignore"):
        volume = 0.5 * d * log(pi) - lgamma(0.5 * d + 1) + d * np.log(distances[:, -1])
    right = log(k - 1) - log(len(X)) - volume
    if not np.allclose(marginal, right, rtol=1e-9, atol=1e-9):
        yield "density: log p(x)"
    for c, label in enumerate(model.classes_):
        held = (y[order] == label).sum(axis=1)
        if not np.allclose(shares[:, c], held / k, atol=1e-12):
            yield "density: p(c given x)"
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.log(held * (k - 1) / k) - log((y == label).sum()) - volume
        if not np.allclose(given[held > 0, c], own[held > 0], rtol=1e-9, atol=1e-9):
            yield "density: log p(x given c)"
