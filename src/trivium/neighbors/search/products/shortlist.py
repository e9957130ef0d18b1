"""The loops of the certified search: score panels, keep candidates, decide in float64."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address, inlined, prefetch, row_address
from trivium.neighbors.search.measures import HALF, SQUARE_ROOT, Measure, pair_distance
from trivium.neighbors.search.products.bitmask import CHUNK, chunks_within, lowest, marks
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import Panels, Quads
from trivium.neighbors.search.products.reservoir import (
    Reservoirs,
    filling,
    kth_bound,
    make_room,
    offer,
    tighten,
)
from trivium.neighbors.search.products.tiles import TILE, score_tile, slack_of
from trivium.neighbors.search.selection import FEW, Candidates, arrange

_MOST_FIRST_PANELS = 16
_LEAST_FIRST_PANELS = 4
_FIRST_PART = 12  # of the panels, at most: a query's scores of them fill a part of a cache
_COLUMNS_A_PART = 16
_LANES = 64
_LINES_A_TILE = 32  # of the next panel, at most: where few queries ask, they would hold these up
_LINES_AHEAD = 4  # of a row; of a long one, the processor fetches more by itself
_FEW_DOUBTFUL = 4
MOST_FOR_FIRST_LIMITS = 200


class Asked(NamedTuple):
    """Queries, the rows they are measured against, and what turns distances into scores.

    Attributes
    ----------
    measure : Measure
        Of squares.
    queries : ndarray of shape (m, d)
    rows : ndarray of shape (n, d)
    scale : float
        Unit of the frame.
    squares : ndarray of shape (m,)
        Squared norms of the queries in the frame.
    """

    measure: Measure
    queries: Floats
    rows: Floats
    scale: float
    squares: Float64


@kernel
def first_limits(
    panels: Panels | BytePanels, quads: Quads | ByteQuads, state: Reservoirs, k: int
) -> None:
    """Set limits from the first rows, so that few candidates come in vain."""
    n_first = _n_first(panels)
    tiles = np.empty((n_first, TILE), panels.halves.dtype)
    least = np.empty((QUAD, PANEL_ROWS), panels.halves.dtype)
    work = np.empty(PANEL_ROWS)
    slack = _greatest_slack(panels, n_first)
    for quad in range(quads.values.shape[0]):
        for p in range(n_first):
            score_tile(panels, p, quads, quad, address(tiles, p * TILE))
        _set_limits(tiles, panels, quads, quad, state, k, slack, least, work)


@inlined
def _n_first(panels: Panels | BytePanels) -> int:
    """Count the panels whose scores set limits."""
    n_panels: int = panels.values.shape[0]
    part = _FIRST_PART + panels.values.shape[1] // PANEL_ROWS // _COLUMNS_A_PART
    enough: int = max(min(n_panels // part, _MOST_FIRST_PANELS), _LEAST_FIRST_PANELS)
    return min(enough, n_panels)


@inlined
def _greatest_slack(panels: Panels | BytePanels, n_first: int) -> float:
    slack = 0.0
    for row in range(n_first * PANEL_ROWS):
        own = slack_of(panels, row)
        slack = own if own > slack else slack
    return slack


@inlined
def _set_limits(
    tiles: Floats,
    panels: Panels | BytePanels,
    quads: Quads | ByteQuads,
    quad: int,
    state: Reservoirs,
    k: int,
    slack: float,
    least: Floats,
    work: Float64,
) -> None:
    """Set the limits of a quad from scores of rows with at most some slack.

    The least scores of disjoint groups of rows belong to different rows: the k-th
    smallest of them is not below the k-th smallest score.
    """
    n_groups = _LANES if 2 * k < _LANES else PANEL_ROWS
    least[:] = np.inf
    for p in range(tiles.shape[0]):
        tile = address(tiles, p * TILE)
        for start in range(0, TILE, _LANES):
            _lower(least, start // PANEL_ROWS, start % n_groups, tile, start)
    for lane in range(min(QUAD, quads.squares.shape[0] - QUAD * quad)):
        q = QUAD * quad + lane
        for group in range(n_groups):
            work[group] = least[lane, group]
        limit = kth_bound(work, n_groups, k) + slack + state.margins[q]
        if limit < state.limits[q]:
            state.limits[q] = limit + abs(limit) * panels.error


@inlined
def _lower(least: Floats, lane: int, group: int, scores: Floats, start: int) -> None:
    """Keep the lesser of each place; numbered without sign, so that the loop vectorises."""
    first, to = np.uintp(start), np.uintp(group)
    for r in range(np.uintp(_LANES)):
        score = scores[first + r]
        least[lane, to + r] = score if score < least[lane, to + r] else least[lane, to + r]


@kernel
def shortlist(
    panels: Panels | BytePanels,
    quads: Quads | ByteQuads,
    state: Reservoirs,
    skip: Indices,
    k: int,
    wanted: int,
) -> None:
    """Collect each query's candidates from all panels.

    Scores of the first panels are kept until they have set limits that at least `wanted` rows are
    within, as by `first_limits`; with 0 they set none. A query whose candidates do not fit, because
    too many rows are too close to tell apart in this precision, gets the count -1.

    All is one loop, which is compiled once. Tiles are addresses: that arrays are in use would be
    counted at each tile.
    """
    n_panels, n_quads = panels.values.shape[0], quads.values.shape[0]
    n_first = _n_first(panels) if wanted > 0 else min(1, n_panels)
    tiles = np.empty((n_first, TILE), panels.halves.dtype)
    least = np.empty((QUAD, PANEL_ROWS), panels.halves.dtype)
    work = np.empty(max(state.scores.shape[1], PANEL_ROWS))
    full = filling(state)
    slack = _greatest_slack(panels, n_first)
    values, n_values = address(panels.values, 0), panels.values.shape[1]
    line = 64 // panels.values.itemsize
    part = min(-(-n_values // (n_quads * line)), _LINES_A_TILE) * line
    first, last = 0, n_first
    while first < n_panels:
        for quad in range(n_quads):
            ahead = last * n_values + quad * part  # in the next panel
            for place in range(ahead, ahead + part, line):
                prefetch(values, place)
            for p in range(first, last):
                score_tile(panels, p, quads, quad, address(tiles, (p - first) * TILE))
            if first == 0 and wanted > 0:
                _set_limits(tiles, panels, quads, quad, state, wanted, slack, least, work)
            for p in range(first, last):
                tile = address(tiles, (p - first) * TILE)
                chunks = chunks_within(tile, state.limits, QUAD * quad)
                while chunks != 0:
                    start = CHUNK * lowest(chunks)
                    chunks &= chunks - 1
                    q = QUAD * quad + start // PANEL_ROWS
                    if state.counts[q] >= full:
                        make_room(panels, state, q, k, work)
                    hits = marks(tile, start, state.limits[q])
                    first_row = p * PANEL_ROWS + start % PANEL_ROWS
                    offer(state, q, hits, tile, start, first_row, skip[q])
        first, last = last, last + 1


@kernel
def decide(
    asked: Asked,
    panels: Panels | BytePanels,
    state: Reservoirs,
    distances: Float64,
    indices: Indices,
) -> None:
    """Sort each query's candidates by float64 distance and row number, and keep the first k."""
    k, size = distances.shape[1], state.scores.shape[1]
    query = np.empty(asked.queries.shape[1])
    work = np.empty(size + 2 * FEW)  # distances of candidates, and room to sort them
    places = np.empty(size + 6 * FEW, np.intp)  # as long as they are read below, memory is kept
    found = Candidates(
        address(work, 0),
        address(places, 0),
        address(work, size),
        address(places, size),
        address(places, size + 2 * FEW),
        address(places, size + 4 * FEW),
    )
    for q in range(asked.queries.shape[0]):
        if state.counts[q] >= 0:
            tighten(panels, state, q, k, work)
            for j in range(query.shape[0]):
                query[j] = asked.queries[q, j]
            count = _measured(asked, panels.error, state, q, k, query, work)
            for i in range(count):
                places[i] = i
            zero = 0 * k  # no literal, for which it would be compiled anew
            arrange(found, k, count, row_address(state.rows, q), zero, zero)
            for i in range(k):
                distances[q, i], indices[q, i] = work[i], state.rows[q, places[i]]


@inlined
def _measured(
    asked: Asked, error: float, state: Reservoirs, q: int, k: int, query: Float64, work: Float64
) -> int:
    """Measure a query's candidates, the spare ones last; return how many were worth it."""
    count = state.counts[q]
    scores, rows = state.scores[q], state.rows[q]
    first = count
    if count > k + _FEW_DOUBTFUL:
        for i in range(count):
            work[i] = scores[i]
        score = kth_bound(work, count, k)
        first = 0 * k
        for i in range(count):
            if scores[i] <= score:
                scores[i], scores[first] = scores[first], scores[i]
                rows[i], rows[first] = rows[first], rows[i]
                first += 1
    direct_distances(asked.measure, query, asked.rows, rows, 0 * k, first, work)
    kept: int = first
    if first < count:
        limit = score_limit(asked, q, kth_bound(work, first, k), state.margins[q], error)
        for i in range(first, count):
            if scores[i] <= limit:
                rows[kept] = rows[i]
                kept += 1
        direct_distances(asked.measure, query, asked.rows, rows, first, kept, work)
    return kept


@inlined
def score_limit(asked: Asked, q: int, distance: float, margin: float, error: float) -> float:
    """Return a score that no row as near to query q as `distance` exceeds."""
    scaled = distance * asked.scale
    square = np.nan
    if asked.measure.root == SQUARE_ROOT:
        square = scaled * scaled
    elif asked.measure.root == HALF:
        square = 2.0 * scaled * asked.scale
    limit: float = 0.5 * (square * (1.0 + error) - asked.squares[q]) + margin
    return limit + abs(limit) * error  # it may be rounded to the scores' precision


@kernel
def direct_distances(
    measure: Measure,
    query: Float64,
    rows: Floats,
    some: Indices,
    first: int,
    stop: int,
    distances: Float64,
) -> None:
    """Distances to `some[first:stop]`; four sums at a time, since each has to wait for itself."""
    n_lines = min(query.shape[0], _LINES_AHEAD * 8)
    asked_for = first
    for i in range(first, stop, 4):
        while asked_for < min(i + 16, stop):
            near = row_address(rows, some[asked_for])
            for j in range(0, n_lines, 8):
                prefetch(near, j)
            asked_for += 1
        i1, i2, i3 = min(i + 1, stop - 1), min(i + 2, stop - 1), min(i + 3, stop - 1)
        row0, row1, row2 = some[i], some[i1], some[i2]
        row3 = some[i3]
        sum0, sum1, sum2 = 0.0, 0.0, 0.0
        sum3 = 0.0
        for j in range(query.shape[0]):
            x = query[j]
            d0, d1 = x - rows[row0, j], x - rows[row1, j]
            d2, d3 = x - rows[row2, j], x - rows[row3, j]
            sum0 += d0 * d0
            sum1 += d1 * d1
            sum2 += d2 * d2
            sum3 += d3 * d3
        distances[i], distances[i1] = sum0, sum1
        distances[i2], distances[i3] = sum2, sum3
    for i in range(first, stop):
        distances[i] = pair_distance(measure, distances[i], query, rows[some[i]])
