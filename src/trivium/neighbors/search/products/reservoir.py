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
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.panels import NO_LIMIT, NOTHING, QUAD, Panels, Quads
from trivium.neighbors.search.products.tiles import slack_of

CHUNK = 64  # rows tested at once; a reservoir keeps room for so many


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


def reservoir_size(k: int, doubtful: int = 16) -> int:
    """Room for k candidates, for newcomers and doubtful ones, and for one chunk."""
    return k + max(k, doubtful) + CHUNK + 1


def reservoir_bytes(k: int, dtype: np.dtype[np.floating], doubtful: int = 16) -> int:
    """Memory that one query's candidates take."""
    return reservoir_size(k, doubtful) * (dtype.itemsize + np.dtype(np.intp).itemsize)


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
    doubtful: int = 16,
) -> Reservoirs:
    """Empty reservoirs; closed for queries too far away to be written."""
    far = np.isinf(quads.squares)
    size = far.size, reservoir_size(k, doubtful)
    return Reservoirs(
        open_limits(quads.values.shape[0], far, dtype),
        margins,
        np.empty(size, dtype),
        np.empty(size, dtype=np.intp),
        np.where(far, -1, 0),
    )


@kernel
def kth_smallest(values: Float64, size: int, k: int) -> float:
    """Find the k-th smallest (from one) of the first `size` values, whose order is lost.

    Quickselect (Hoare, "Algorithm 65: find", Communications of the ACM 4, 1961), with a
    partition that stores instead of branching: what a branch decides here is a coin toss.
    Pivots are drawn, always the same way, so that no order of the values is a bad one.
    """
    low, high = 0, size
    draw = 1
    while high - low > 1:
        draw = (draw * 48271) % 2147483647  # Park & Miller's generator
        pivot = values[low + draw % (high - low)]
        split = low
        for i in range(low, high):
            value = values[i]
            values[i] = values[split]
            values[split] = value
            split += value < pivot
        if k <= split:
            high = split
            continue
        low = split
        for i in range(low, high):
            value = values[i]
            values[i] = values[split]
            values[split] = value
            split += value <= pivot
        if k <= split:
            return float(pivot)
        low = split
    return float(values[low])


@kernel
def tighten(panels: Panels | BytePanels, state: Reservoirs, q: int, k: int, work: Float64) -> None:
    """Let a query's candidates above the k-th smallest upper bound leave."""
    count = state.counts[q]
    for i in range(count):
        work[i] = state.scores[q, i] + slack_of(panels, state.rows[q, i])
    limit = kth_smallest(work, count, k) + state.margins[q]
    state.limits[q] = limit + abs(limit) * panels.error  # rounds to the scores' precision
    kept = 0
    for i in range(count):
        score = state.scores[q, i]
        state.scores[q, kept], state.rows[q, kept] = score, state.rows[q, i]
        kept += score <= state.limits[q]
    state.counts[q] = kept


@kernel
def make_room(
    panels: Panels | BytePanels, state: Reservoirs, q: int, k: int, work: Float64
) -> None:
    """Tighten a reservoir without room for a chunk, and close it where that makes none."""
    room = state.scores.shape[1] - CHUNK - 1
    if state.counts[q] > room:
        tighten(panels, state, q, k, work)
        if state.counts[q] > room:
            state.limits[q], state.counts[q] = NOTHING, -1


@kernel
def any_within(scores: Floats, start: int, limit: float) -> bool:
    """Whether any score of the chunk from `start` on is at most `limit`.

    An OR of whole numbers vectorises, where a minimum or an OR of truth values does not,
    as long as no index can be negative.
    """
    found = np.int32(0)
    first = np.uintp(start)
    for r in range(np.uintp(CHUNK)):
        found |= np.int32(scores[first + r] <= limit)
    return bool(found != 0)


@kernel
def offer(state: Reservoirs, q: int, found: Floats, start: int, first_row: int, skip: int) -> None:
    """Append the rows of a chunk whose score is within the limit.

    Every row is stored, and kept if the count moves on: there is no branch to guess.
    """
    limit, count = state.limits[q], state.counts[q]
    for r in range(CHUNK):
        score = found[start + r]
        state.scores[q, count], state.rows[q, count] = score, first_row + r
        count += (score <= limit) & (first_row + r != skip)
    state.counts[q] = count
