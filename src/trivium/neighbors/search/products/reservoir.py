"""Candidates of a query, kept until their bounds rule them out.

A reservoir has room for k candidates and as many newcomers. When it is full, the k-th
smallest upper bound becomes the limit and candidates above it leave: each costs a store
and its share of a selection, however large k is, where a heap would move it level by level.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import inlined
from trivium.neighbors.search.products.bitmask import CHUNK, lowest
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.layout import QUAD
from trivium.neighbors.search.products.panels import NO_LIMIT, NOTHING, Panels, Quads
from trivium.neighbors.search.products.tiles import slack_of

_MOST_TURNS = 64
_LOOSENESS = 4  # a bound lets in one more candidate for each 2^4


class Reservoirs(NamedTuple):
    """Candidates of a batch of queries.

    Attributes
    ----------
    limits : ndarray of shape (4 * n_quads,)
        Greatest score of a candidate; below every score where there is no query.
    margins : ndarray of shape (m,)
        What the queries' own rounding adds to a limit.
    scores, rows : ndarray of shape (m, size)
    counts : ndarray of shape (m,)
        Number of candidates; -1 where they cannot be told apart.
    """

    limits: Floats
    margins: Float64
    scores: Floats
    rows: Indices
    counts: Indices

    def part(self, queries: slice) -> "Reservoirs":
        """Those of some queries alone."""
        return Reservoirs(
            self.limits[queries],
            self.margins[queries],
            self.scores[queries],
            self.rows[queries],
            self.counts[queries],
        )


def reservoir_size(k: int, spare: int = 16) -> int:
    """Room for k candidates, for newcomers and spare candidates, and for one chunk."""
    return k + max(k, spare) + CHUNK + 1


def reservoir_bytes(k: int, dtype: np.dtype[np.floating], spare: int = 16) -> int:
    """Memory that one query's candidates take."""
    return reservoir_size(k, spare) * (dtype.itemsize + np.dtype(np.intp).itemsize)


def open_limits(n_quads: int, far: NDArray[np.bool_], dtype: np.dtype[np.floating]) -> Floats:
    """Limits that let every row in, and none where a query is too far away or there is none."""
    limits = np.full(QUAD * n_quads, NOTHING, dtype)
    limits[: far.size][~far] = NO_LIMIT
    return limits


def open_reservoirs(
    quads: Quads | ByteQuads,
    margins: Float64,
    k: int,
    dtype: np.dtype[np.floating],
    spare: int = 16,
) -> Reservoirs:
    """Empty reservoirs; closed for queries too far away to be written."""
    far = np.isinf(quads.squares)
    size = far.size, reservoir_size(k, spare)
    return Reservoirs(
        open_limits(quads.values.shape[0], far, dtype),
        margins,
        np.empty(size, dtype),
        np.empty(size, dtype=np.intp),
        np.where(far, -1, 0),
    )


@inlined
def count_within(values: Float64, size: int, limit: float) -> int:
    """Count those of the first `size` values that are at most a limit."""
    count = 0
    for i in range(np.uintp(size)):  # without sign, so that the loop vectorises
        count += values[i] <= limit
    return count


@kernel
def kth_bound(values: Float64, size: int, k: int) -> float:
    """Return a value that at least k of the first `size` do not exceed, and few more than k.

    Counting is so much cheaper than sorting that a bound closes in on the k-th smallest
    value (from one) by interpolation between counts, halving now and then.
    """
    low: float = values[0]
    high: float = values[0]
    for i in range(np.uintp(size)):
        value = values[i]
        low = value if value < low else low
        high = value if value > high else high
    below, within = 0, size
    for turn in range(_MOST_TURNS):
        if within <= k + (k >> _LOOSENESS):
            break
        share = 0.5 if turn % 2 == 1 else (k + 0.5 - below) / (within - below)
        limit = low + share * (high - low)
        if not low < limit < high:
            break
        count = count_within(values, size, limit)
        if count >= k:
            high, within = limit, count
        else:
            low, below = limit, count
    return high


@kernel
def tighten(panels: Panels | BytePanels, state: Reservoirs, q: int, k: int, work: Float64) -> None:
    """Let a query's candidates above the k-th smallest upper bound leave."""
    count = state.counts[q]
    for i in range(count):
        work[i] = state.scores[q, i] + slack_of(panels, state.rows[q, i])
    limit = kth_bound(work, count, k) + state.margins[q]
    state.limits[q] = limit + abs(limit) * panels.error  # rounds to the scores' precision
    kept = 0
    for i in range(count):
        score = state.scores[q, i]
        state.scores[q, kept], state.rows[q, kept] = score, state.rows[q, i]
        kept += score <= state.limits[q]
    state.counts[q] = kept


@inlined
def filling(state: Reservoirs) -> int:
    """Count of candidates from which on a reservoir has no room for a chunk."""
    size: int = state.scores.shape[1]
    return size - CHUNK


@inlined
def make_room(
    panels: Panels | BytePanels, state: Reservoirs, q: int, k: int, work: Float64
) -> None:
    """Tighten a reservoir that is filling, and close it where that makes no room.

    To be called only then: what a call hands over costs more than most chunks.
    """
    tighten(panels, state, q, k, work)
    if state.counts[q] >= filling(state):
        state.limits[q], state.counts[q] = NOTHING, -1


@kernel
def offer(
    state: Reservoirs, q: int, hits: int, found: Floats, start: int, first_row: int, skip: int
) -> None:
    """Append the rows of a chunk whose score is within the limit, by their `marks`."""
    count = state.counts[q]
    while hits != 0:
        r = lowest(hits)
        hits &= hits - 1
        state.scores[q, count], state.rows[q, count] = found[start + r], first_row + r
        count += first_row + r != skip
    state.counts[q] = count
