"""The loops of the certified search: score panels, keep candidates, decide in float64."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.metrics import pair_distance
from trivium.neighbors.search.panels import PANEL_ROWS, QUAD, Panels, Quads, panel_scores
from trivium.neighbors.search.reservoir import (
    CHUNK,
    Reservoirs,
    any_within,
    kth_smallest,
    make_room,
    offer,
    tighten,
)

_FIRST_PANELS = 4
_LANES = 64
MOST_FOR_FIRST_LIMITS = 200


@kernel
def first_limits(panels: Panels, quads: Quads, state: Reservoirs, k: int) -> None:
    """Set limits from the first rows, so that few candidates come in vain.

    The least scores of disjoint groups of rows belong to different rows: the k-th
    smallest of them is not below the k-th smallest score.
    """
    n_first = min(_FIRST_PANELS, panels.values.shape[0])
    n_groups = _LANES if 2 * k < _LANES else PANEL_ROWS
    tile = np.empty(QUAD * PANEL_ROWS, panels.values.dtype)
    least = np.empty((QUAD, n_groups), panels.values.dtype)
    work = np.empty(n_groups)
    slack = 2.0 * panels.error * panels.squares[: n_first * PANEL_ROWS].max()
    for quad in range(quads.values.shape[0]):
        least[:] = np.inf
        for p in range(n_first):
            panel_scores(quads.values[quad], panels.values[p], panels.halves[p], tile)
            for start in range(0, QUAD * PANEL_ROWS, _LANES):
                _lower(least, start // PANEL_ROWS, start % n_groups, tile, start)
        for lane in range(min(QUAD, quads.squares.shape[0] - QUAD * quad)):
            q = QUAD * quad + lane
            work[:] = least[lane]
            limit = kth_smallest(work, n_groups, k) + slack + state.margins[q]
            if limit < state.limits[q]:
                state.limits[q] = limit + abs(limit) * panels.error


@kernel
def _lower(least: Floats, lane: int, group: int, scores: Floats, start: int) -> None:
    """Keep the lesser of each place; numbered without sign, so that the loop vectorises."""
    first, to = np.uintp(start), np.uintp(group)
    for r in range(np.uintp(_LANES)):
        score = scores[first + r]
        least[lane, to + r] = score if score < least[lane, to + r] else least[lane, to + r]


@kernel
def shortlist(panels: Panels, quads: Quads, state: Reservoirs, skip: Indices, k: int) -> None:
    """Collect each query's candidates from all panels.

    A query whose candidates do not fit, because too many rows are too close to tell
    apart in this precision, gets the count -1.
    """
    tile = np.empty(QUAD * PANEL_ROWS, panels.values.dtype)
    work = np.empty(state.scores.shape[1])
    for p in range(panels.values.shape[0]):
        for quad in range(quads.values.shape[0]):
            panel_scores(quads.values[quad], panels.values[p], panels.halves[p], tile)
            for start in range(0, QUAD * PANEL_ROWS, CHUNK):
                q = QUAD * quad + start // PANEL_ROWS
                if any_within(tile, start, state.limits[q]):
                    make_room(panels, state, q, k, work)
                    offer(state, q, tile, start, p * PANEL_ROWS + start % PANEL_ROWS, skip[q])


@kernel
def decide(
    metric: int,
    queries: Floats,
    rows: Floats,
    panels: Panels,
    state: Reservoirs,
    distances: Float64,
    indices: Indices,
) -> None:
    """Sort each query's candidates by float64 distance and row number, and keep the first k."""
    k = distances.shape[1]
    work = np.empty(state.scores.shape[1])
    query = np.empty(queries.shape[1])
    for q in range(queries.shape[0]):
        if state.counts[q] < 0:
            continue
        tighten(panels, state, q, k, work)
        count = state.counts[q]
        found = state.rows[q, :count]
        query[:] = queries[q]
        direct_distances(metric, query, rows, found, count, work)
        _sort_pairs(work[:count], found)
        distances[q] = work[:k]
        indices[q] = found[:k]


@kernel
def direct_distances(
    metric: int, query: Float64, rows: Floats, some: Indices, count: int, distances: Float64
) -> None:
    """Distances to some rows; four sums at a time, since each has to wait for itself."""
    last = count - 1
    for start in range(0, count, 4):
        row0, row1 = some[start], some[min(start + 1, last)]
        row2, row3 = some[min(start + 2, last)], some[min(start + 3, last)]
        sum0, sum1, sum2, sum3 = 0.0, 0.0, 0.0, 0.0
        for j in range(query.shape[0]):
            x = query[j]
            d0, d1 = x - rows[row0, j], x - rows[row1, j]
            d2, d3 = x - rows[row2, j], x - rows[row3, j]
            sum0 += d0 * d0
            sum1 += d1 * d1
            sum2 += d2 * d2
            sum3 += d3 * d3
        distances[start] = pair_distance(metric, sum0, query, rows[row0])
        distances[min(start + 1, last)] = pair_distance(metric, sum1, query, rows[row1])
        distances[min(start + 2, last)] = pair_distance(metric, sum2, query, rows[row2])
        distances[min(start + 3, last)] = pair_distance(metric, sum3, query, rows[row3])


@kernel
def _sort_pairs(distances: Float64, rows: Indices) -> None:
    """Sort by (distance, row number) in place."""
    if distances.shape[0] > 48:
        order = np.argsort(rows)
        order = order[np.argsort(distances[order], kind="mergesort")]
        distances[:], rows[:] = distances[order], rows[order]
        return
    for i in range(1, distances.shape[0]):
        distance, row = distances[i], rows[i]
        hole = i
        while hole > 0 and (
            distances[hole - 1] > distance
            or (distances[hole - 1] == distance and rows[hole - 1] > row)
        ):
            distances[hole], rows[hole] = distances[hole - 1], rows[hole - 1]
            hole -= 1
        distances[hole], rows[hole] = distance, row
