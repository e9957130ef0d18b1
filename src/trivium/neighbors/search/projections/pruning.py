"""The loops of the search through projections: guess a limit, prune, decide in float64."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import contracting_kernel, kernel
from trivium.neighbors.search.heaps import sift_down, sort_heap, worse
from trivium.neighbors.search.products.marks import CHUNK, lowest, marks
from trivium.neighbors.search.products.panels import PANEL_ROWS, QUAD, Panels, Quads, panel_scores
from trivium.neighbors.search.products.reservoir import Reservoirs, kth_bound
from trivium.neighbors.search.products.shortlist import Asked, direct_distances, score_limit

_SURVIVORS = 32  # from so many on they are measured


@kernel
def guess_limits(
    asked: Asked, panels: Panels, promising: Reservoirs, margins: Float64, limits: Floats, k: int
) -> None:
    """Measure each query's most promising rows: the k-th distance among them is a limit."""
    work = np.empty(promising.rows.shape[1])
    for q in range(asked.queries.shape[0]):
        count = promising.counts[q]
        if count >= k:
            _direct(asked, q, promising.rows[q], count, work)
            distance = kth_bound(work, count, k)
            limit = score_limit(asked, q, distance, margins[q], panels.error)
            limits[q] = min(limits[q], limit)


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
    panels: Panels,
    quads: Quads,
    fine_rows: Floats,
    fine_queries: Floats,
    skip: Indices,
    margins: Float64,
    limits: Floats,
    distances: Float64,
    indices: Indices,
) -> None:
    """Measure the rows whose lower bounds stay within the limits; keep and sort the best."""
    m = asked.queries.shape[0]
    tile = np.empty(QUAD * PANEL_ROWS, panels.values.dtype)
    survivors = np.empty((m, _SURVIVORS + CHUNK), dtype=np.intp)
    counts = np.zeros(m, dtype=np.intp)
    distances[:] = np.inf
    indices[:] = asked.rows.shape[0]  # behind every row
    for p in range(panels.values.shape[0]):
        for quad in range(quads.values.shape[0]):
            panel_scores(quads.values[quad], panels.values[p], panels.halves[p], tile)
            for start in range(0, QUAD * PANEL_ROWS, CHUNK):
                q = QUAD * quad + start // PANEL_ROWS
                hits = marks(tile, start, limits[q])
                if hits == 0:  # as for places of a quad without a query
                    continue
                place = start % PANEL_ROWS
                while hits != 0:
                    r = place + lowest(hits)
                    hits &= hits - 1
                    row = p * PANEL_ROWS + r
                    score = _fine_score(panels.halves[p, r], fine_queries[q], fine_rows[row])
                    if score <= limits[q] and row != skip[q]:
                        survivors[q, counts[q]] = row
                        counts[q] += 1
                if counts[q] >= _SURVIVORS:
                    _measure(asked, q, survivors[q], counts[q], distances[q], indices[q])
                    counts[q] = 0
                    limit = score_limit(asked, q, distances[q, 0], margins[q], panels.error)
                    limits[q] = min(limits[q], limit)
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
    direct_distances(asked.metric, query, asked.rows, some, count, work)
