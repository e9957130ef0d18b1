"""The loops of the search through projections: guess a limit, prune, decide in float64."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel, reordering_kernel
from trivium.blocks.intrinsics import inlined, row_address
from trivium.neighbors.search.heaps import sift_down, sort_heap, worse
from trivium.neighbors.search.products.bitmask import CHUNK, chunks_within, lowest, marks
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.byte_rows import ByteRows, byte_scores
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import Panels, Quads
from trivium.neighbors.search.products.reservoir import Reservoirs, kth_bound
from trivium.neighbors.search.products.shortlist import Asked, direct_distances, score_limit
from trivium.neighbors.search.products.tiles import TILE, score_tile

_SURVIVORS = 32  # from so many on they are measured


class Bounds(NamedTuple):
    """Limits of queries, and what scores that are compared with them may err by.

    Attributes
    ----------
    limits : ndarray of shape (4 * n_quads,)
        Scores that no row among the nearest exceeds.
    margins : ndarray of shape (m,)
        What the queries' own rounding adds to a limit.
    error : float
        Relative error of limits and scores.
    """

    limits: Floats
    margins: Float64
    error: float


class Fine(NamedTuple):
    """More coordinates, row by row and query by query, for scores of single pairs.

    Attributes
    ----------
    halves : ndarray of shape (n,)
        Deflated half squared norms of the rows.
    rows : ndarray of shape (n, w)
    queries : ndarray of shape (m, w)
    bounds : Bounds
    """

    halves: Floats
    rows: Floats
    queries: Floats
    bounds: Bounds


class Whole(NamedTuple):
    """All columns, in bytes, for the few rows that coordinates leave.

    Attributes
    ----------
    rows, queries : ByteRows
    bounds : Bounds
    """

    rows: ByteRows
    queries: ByteRows
    bounds: Bounds


@kernel
def guess_limits(
    asked: Asked,
    promising: Reservoirs,
    bounds: Bounds,
    fine: Bounds,
    whole: Whole,
    distances: Float64,
    indices: Indices,
) -> None:
    """Measure each query's most promising rows: the k-th distance among them is a limit.

    The nearest of them are kept as heaps, which `prune` goes on with.
    """
    distances[:] = np.inf
    indices[:] = asked.rows.shape[0]  # behind every row
    k = distances.shape[1]
    scores = np.empty(promising.rows.shape[1])
    for q in range(asked.queries.shape[0]):
        count = promising.counts[q]
        if count > 0:
            rows = promising.rows[q]
            byte_scores(whole.queries, q, whole.rows, rows, count, scores)
            first = kth_bound(scores, count, k) if count > k else np.inf
            _let_in(asked, q, rows, scores, count, -np.inf, first, distances[q], indices[q])
            _lower(asked, q, distances[q, 0], whole.bounds)
            limit = np.float64(whole.bounds.limits[q])
            _let_in(asked, q, rows, scores, count, first, limit, distances[q], indices[q])
            for each in (bounds, fine, whole.bounds):
                _lower(asked, q, distances[q, 0], each)


@kernel
def _lower(asked: Asked, q: int, distance: float, bounds: Bounds) -> None:
    """Let no row farther away than a distance be of interest any more."""
    limit = score_limit(asked, q, distance, bounds.margins[q], bounds.error)
    bounds.limits[q] = min(bounds.limits[q], limit)


@reordering_kernel
def _fine_score(half: float, query: Floats, row: Floats, width: int) -> float:
    """Score from more coordinates, between addresses; the bound holds for sums in any order."""
    total = half
    for j in range(np.uintp(width)):
        total -= query[j] * row[j]
    return total


@kernel
def prune(
    asked: Asked,
    panels: Panels | BytePanels,
    quads: Quads | ByteQuads,
    bounds: Bounds,
    fine: Fine,
    whole: Whole,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Measure the rows whose lower bounds stay within the limits; keep and sort the best.

    Lists are the heaps that `guess_limits` has left.
    """
    m, width = fine.queries.shape
    tile = np.empty(TILE, panels.halves.dtype)
    survivors = np.empty((m, _SURVIVORS + CHUNK), dtype=np.intp)
    counts = np.zeros(m, dtype=np.intp)
    for p in range(panels.values.shape[0]):
        for quad in range(quads.values.shape[0]):
            score_tile(panels, p, quads, quad, tile)
            chunks = chunks_within(tile, bounds.limits, QUAD * quad)
            while chunks != 0:  # none of places of a quad without a query
                start = CHUNK * lowest(chunks)
                chunks &= chunks - 1
                q = QUAD * quad + start // PANEL_ROWS
                hits = marks(tile, start, bounds.limits[q])
                first_row = p * PANEL_ROWS + start % PANEL_ROWS
                own = row_address(fine.queries, q)
                while hits != 0:
                    row = first_row + lowest(hits)
                    hits &= hits - 1
                    score = _fine_score(fine.halves[row], own, row_address(fine.rows, row), width)
                    if score <= fine.bounds.limits[q] and row != skip[q]:
                        survivors[q, counts[q]] = row
                        counts[q] += 1
                if counts[q] >= _SURVIVORS:
                    _measure(asked, whole, q, survivors[q], counts[q], distances[q], indices[q])
                    counts[q] = 0
                    _lower(asked, q, distances[q, 0], bounds)
                    _lower(asked, q, distances[q, 0], fine.bounds)
    for q in range(m):
        _measure(asked, whole, q, survivors[q], counts[q], distances[q], indices[q])
        sort_heap(distances[q], indices[q])


@kernel
def _measure(
    asked: Asked,
    whole: Whole,
    q: int,
    some: Indices,
    count: int,
    distances: Float64,
    indices: Indices,
) -> None:
    """Measure rows that bytes do not rule out, and let them into a query's heap."""
    scores = np.empty(count)
    byte_scores(whole.queries, q, whole.rows, some, count, scores)
    limit = np.float64(whole.bounds.limits[q])
    _let_in(asked, q, some, scores, count, -np.inf, limit, distances, indices)
    _lower(asked, q, distances[0], whole.bounds)


@kernel
def _let_in(
    asked: Asked,
    q: int,
    some: Indices,
    scores: Float64,
    count: int,
    above: float,
    limit: float,
    distances: Float64,
    indices: Indices,
) -> None:
    """Let rows of scores above one and within another into a heap, but for those that are in it.

    One that has left it is measured again, and stays out.
    """
    new = np.empty(count, np.intp)
    n_new = 0
    for i in range(count):
        new[n_new] = some[i]
        n_new += above < scores[i] <= limit and not _is_among(indices, some[i])
    query = asked.queries[q].astype(np.float64)
    work = np.empty(n_new)
    direct_distances(asked.measure, query, asked.rows, new, 0 * count, n_new, work)
    for i in range(n_new):
        if worse(distances[0], indices[0], work[i], new[i]):
            sift_down(distances, indices, distances.shape[0], work[i], new[i])


@inlined
def _is_among(rows: Indices, row: int) -> bool:
    """Whether a row is among others; in a loop without a branch, which vectorises."""
    found = 0
    for i in range(np.uintp(rows.shape[0])):
        found |= rows[i] == row
    return found != 0
