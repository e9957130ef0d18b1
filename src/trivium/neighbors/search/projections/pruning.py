"""The loops of the search through projections: guess a limit, prune, decide in float64."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import contracting_kernel, kernel
from trivium.neighbors.search.heaps import sift_down, sort_heap, worse
from trivium.neighbors.search.products.bitmask import CHUNK, chunks_within, lowest, marks
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
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


@kernel
def guess_limits(asked: Asked, promising: Reservoirs, bounds: Bounds, fine: Bounds, k: int) -> None:
    """Measure each query's most promising rows: the k-th distance among them is a limit."""
    work = np.empty(promising.rows.shape[1])
    for q in range(asked.queries.shape[0]):
        count = promising.counts[q]
        if count >= k:
            _direct(asked, q, promising.rows[q], count, work)
            distance = kth_bound(work, count, k)
            _lower(asked, q, distance, bounds)
            _lower(asked, q, distance, fine)


@kernel
def _lower(asked: Asked, q: int, distance: float, bounds: Bounds) -> None:
    """Let no row farther away than a distance be of interest any more."""
    limit = score_limit(asked, q, distance, bounds.margins[q], bounds.error)
    bounds.limits[q] = min(bounds.limits[q], limit)


@contracting_kernel
def _fine_score(half: float, query: Floats, row: Floats) -> float:
    """Score from more coordinates, in sixteen sums at once."""
    sums = np.zeros(16, query.dtype)
    for start in range(0, query.shape[0], 16):
        for lane in range(16):
            sums[lane] += query[start + lane] * row[start + lane]
    total = half
    for lane in range(16):
        total -= sums[lane]
    return total


@kernel
def prune(
    asked: Asked,
    panels: Panels | BytePanels,
    quads: Quads | ByteQuads,
    bounds: Bounds,
    fine: Fine,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Measure the rows whose lower bounds stay within the limits; keep and sort the best."""
    m = asked.queries.shape[0]
    tile = np.empty(TILE, panels.halves.dtype)
    survivors = np.empty((m, _SURVIVORS + CHUNK), dtype=np.intp)
    counts = np.zeros(m, dtype=np.intp)
    distances[:] = np.inf
    indices[:] = asked.rows.shape[0]  # behind every row
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
                while hits != 0:
                    row = first_row + lowest(hits)
                    hits &= hits - 1
                    score = _fine_score(fine.halves[row], fine.queries[q], fine.rows[row])
                    if score <= fine.bounds.limits[q] and row != skip[q]:
                        survivors[q, counts[q]] = row
                        counts[q] += 1
                if counts[q] >= _SURVIVORS:
                    _measure(asked, q, survivors[q], counts[q], distances[q], indices[q])
                    counts[q] = 0
                    _lower(asked, q, distances[q, 0], bounds)
                    _lower(asked, q, distances[q, 0], fine.bounds)
    for q in range(m):
        _measure(asked, q, survivors[q], counts[q], distances[q], indices[q])
        sort_heap(distances[q], indices[q])


@kernel
def _measure(
    asked: Asked, q: int, some: Indices, count: int, distances: Float64, indices: Indices
) -> None:
    """Measure rows and let them into a query's heap."""
    work = np.empty(count)
    _direct(asked, q, some, count, work)
    for i in range(count):
        if worse(distances[0], indices[0], work[i], some[i]):
            sift_down(distances, indices, distances.shape[0], work[i], some[i])


@kernel
def _direct(asked: Asked, q: int, some: Indices, count: int, work: Float64) -> None:
    query = asked.queries[q].astype(np.float64)
    direct_distances(asked.measure, query, asked.rows, some, 0 * count, count, work)
