"""Rows that are far from all others."""

import numpy as np
from scipy import sparse

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.prepared import Prepared
from trivium.comparison.checks.words import fine, rows
from trivium.comparison.result import Check
from trivium.neighbors.nearest import NearestNeighbors

_NAME = "rows far from all others"
_LEAST_ROWS = 20
_NEIGHBORS = 5
_TIMES = 4.0
_SPREADS = 4.0
_GAP = 1.5


def check_far(evidence: Evidence, prepared: Prepared) -> tuple[Check, ...]:
    """Look for rows whose nearest neighbours are far away, beside what is usual in this table."""
    X, n = prepared.X, prepared.rows.size
    if n < _LEAST_ROWS or X.shape[1] == 0:
        return (fine(_NAME, f"Not looked at: fewer than {_LEAST_ROWS} rows, or no columns."),)
    k = min(_NEIGHBORS, n // 10)
    distances, _ = NearestNeighbors(k).fit(X).kneighbors()
    reach = distances[:, -1]
    far = isolated(reach, 0.05 * _width(X))
    of_some = "" if n == evidence.task.codes.size else f" of a sample of {n:,}"
    if far.size == 0:
        text = f"No row{of_some} is much farther from its neighbours than others are."
        return (fine(_NAME, text),)
    times = reach[far[0]] / max(float(np.median(reach)), 0.05 * _width(X))
    is_far = "is" if far.size == 1 else "are"
    text = (
        f"{rows(far.size)}{of_some} {is_far} far from all others: the {_ordinal(k)} nearest row is "
        f"up to {times:,.0f} times as far as it is of the median row. Are their cells right?"
    )
    return (Check(_NAME, "note", text, rows=evidence.numbers(prepared.rows[far])),)


def isolated(reach: Float64, least: float) -> Indices:
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
    """
    middle, high = np.maximum(np.quantile(reach, (0.5, 0.95)), least)
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


def _ordinal(k: int) -> str:
    return {1: "", 2: "second ", 3: "third ", 4: "fourth "}.get(k, "fifth ").strip()
