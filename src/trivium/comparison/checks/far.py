"""Rows that are far from all others."""

from typing import Any

import numpy as np
from scipy import sparse

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.prepared import Prepared, sample
from trivium.comparison.checks.words import fine, rows
from trivium.comparison.result import Check
from trivium.neighbors.nearest import NearestNeighbors

_NAME = "rows far from all others"
_LEAST_ROWS = 20
_NEIGHBORS = 5
_TIMES = 4.0
_SPREADS = 4.0
_GAP = 1.5
_MOST_QUERIES = 5_000
_ORDINALS = ("", "", "second", "third", "fourth", "fifth")


def check_far(evidence: Evidence, prepared: Prepared) -> tuple[Check, ...]:
    """Look for rows whose nearest neighbours are far away, beside what is usual in this table.

    Of many rows some are looked at, among all: a sample, and those farthest from the middle.
    """
    X, n = prepared.X, prepared.rows.size
    if n < _LEAST_ROWS or X.shape[1] == 0:
        return (fine(_NAME, f"Not looked at: fewer than {_LEAST_ROWS} rows, or no columns."),)
    k = min(_NEIGHBORS, n // 10)
    drawn = sample(n, _MOST_QUERIES, evidence.seed)
    outer = np.setdiff1d(_outermost(X, _MOST_QUERIES), drawn)
    search = NearestNeighbors(k).fit(X)
    reach = np.concatenate([_reach(search, X, some, k) for some in (drawn, outer)])
    far = isolated(reach, 0.05 * _width(X), drawn.size)
    if far.size == 0:
        of_some = "" if drawn.size == n else " of those that were looked at"
        text = f"No row{of_some} is much farther from its neighbours than others are."
        return (fine(_NAME, text),)
    times = reach[far[0]] / max(float(np.median(reach[: drawn.size])), 0.05 * _width(X))
    is_far = "is" if far.size == 1 else "are"
    text = (
        f"{rows(far.size)} {is_far} far from all others: the {_ORDINALS[k]} nearest row is up to "
        f"{times:,.0f} times as far as it is of the median row. Are their cells right?"
    )
    numbers = np.concatenate([drawn, outer])[far]
    return (Check(_NAME, "note", text, rows=evidence.numbers(prepared.rows[numbers])),)


def _reach(search: NearestNeighbors, X: Any, some: Indices, k: int) -> Float64:
    """Return the distances of some rows to the k-th nearest of the others."""
    if some.size == 0:
        return np.empty(0)
    if some.size == X.shape[0]:
        return np.asarray(search.kneighbors()[0][:, -1])
    return np.asarray(search.kneighbors(X[some], k + 1)[0][:, -1])


def _outermost(X: Any, most: int) -> Indices:
    """Return the rows farthest from the mean."""
    middle = np.asarray(X.mean(axis=0)).ravel()
    squares = (X * X).sum(axis=1)
    beyond = np.asarray(squares).ravel() - 2.0 * np.asarray(X @ middle).ravel()
    found: Indices = np.argsort(-beyond, kind="stable")[:most]
    return found


def isolated(reach: Float64, least: float, n_usual: int | None = None) -> Indices:
    """Return rows far beyond the others' distances, the farthest first.

    Far is four times the median, and by the logarithm of the distance four times as far above it as
    the 95th percentile is; and half as far again as the next row. So a long tail of what is
    measured is no news.

    Parameters
    ----------
    reach : ndarray of shape (n,)
        Distances to the k-th nearest other row.
    least : float
        Distances below count as this.
    n_usual : int or None
        So many of the first ones tell what is usual; None means all.
    """
    middle, high = np.maximum(np.quantile(reach[:n_usual], (0.5, 0.95)), least)
    bound = middle * max((high / middle) ** _SPREADS, _TIMES)
    order: Indices = np.argsort(-reach, kind="stable")
    ordered = np.maximum(reach[order], least)
    gaps = np.flatnonzero((ordered[:-1] > bound) & (ordered[:-1] >= _GAP * ordered[1:]))
    return order[: gaps[-1] + 1] if gaps.size else order[:0]


def _width(X: Float64 | sparse.csr_array) -> float:
    """Return the root mean square distance of two rows."""
    if sparse.issparse(X):
        squares = X.multiply(X).mean(axis=0) - np.square(X.mean(axis=0))
        return float(np.sqrt(2.0 * squares.sum()))
    return float(np.sqrt(2.0 * X.var(axis=0).sum()))
