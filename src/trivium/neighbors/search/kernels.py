"""Compiled loops of the plain search."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.heaps import sift_down, sort_heap, worse
from trivium.neighbors.search.measures import (
    Measure,
    add_difference,
    block_distances,
    pair_distance,
    reduced_limit,
)

ROWS_A_BLOCK = 256


@kernel
def _pack(rows: Floats, start: int, packed: Float64) -> None:
    """Copy rows from `start` on into a block stored column by column, in float64."""
    for r in range(packed.shape[1]):
        for j in range(packed.shape[0]):
            packed[j, r] = rows[start + r, j]


@kernel
def scan_nearest(
    measure: Measure,
    queries: Float64,
    rows: Floats,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Find each query's nearest rows by looking at all of them.

    `distances` and `indices`, of shape (queries, k), receive the sorted lists.
    Row `skip[q]` is left out for query q (-1: none).
    """
    n_rows, n_columns = rows.shape
    k = distances.shape[1]
    packed = np.empty((n_columns, min(ROWS_A_BLOCK, n_rows)))
    reduced = np.empty(packed.shape[1])
    distances[:] = np.inf
    indices[:] = n_rows  # behind every row, so that a row at infinite distance still enters
    for start in range(0, n_rows, ROWS_A_BLOCK):
        size = min(ROWS_A_BLOCK, n_rows - start)
        block, found = packed[:, :size], reduced[:size]
        _pack(rows, start, block)
        for q in range(queries.shape[0]):
            block_distances(measure, queries[q], block, found)
            limit = reduced_limit(measure, distances[q, 0])
            for r in range(size):
                if found[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, found[r], queries[q], rows[start + r])
                    if worse(distances[q, 0], indices[q, 0], distance, start + r):
                        sift_down(distances[q], indices[q], k, distance, start + r)
                        limit = reduced_limit(measure, distances[q, 0])
    for q in range(queries.shape[0]):
        sort_heap(distances[q], indices[q])


@kernel
def scan_few(
    measure: Measure,
    queries: Float64,
    rows: Floats,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Do as `scan_nearest`, without a copy of the rows: four at a time, where they are."""
    n_rows, n_columns = rows.shape
    k = distances.shape[1]
    distances[:] = np.inf
    indices[:] = n_rows
    reduced = np.empty(4)
    for q in range(queries.shape[0]):
        query = queries[q]
        limit = reduced_limit(measure, np.inf)
        for start in range(0, n_rows, 4):
            row1, row2 = min(start + 1, n_rows - 1), min(start + 2, n_rows - 1)
            row3 = min(start + 3, n_rows - 1)
            sum0, sum1, sum2, sum3 = 0.0, 0.0, 0.0, 0.0
            for j in range(n_columns):
                x = query[j]
                sum0 = add_difference(measure, sum0, x - rows[start, j])
                sum1 = add_difference(measure, sum1, x - rows[row1, j])
                sum2 = add_difference(measure, sum2, x - rows[row2, j])
                sum3 = add_difference(measure, sum3, x - rows[row3, j])
            reduced[0], reduced[1], reduced[2], reduced[3] = sum0, sum1, sum2, sum3
            for r in range(min(4, n_rows - start)):
                if reduced[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, reduced[r], query, rows[start + r])
                    if worse(distances[q, 0], indices[q, 0], distance, start + r):
                        sift_down(distances[q], indices[q], k, distance, start + r)
                        limit = reduced_limit(measure, distances[q, 0])
        sort_heap(distances[q], indices[q])


@kernel
def scan_within(
    measure: Measure,
    queries: Float64,
    rows: Floats,
    radius: Float64,
    skip: Indices,
    counts: Indices,
    distances: Float64,
    indices: Indices,
) -> int:
    """Find the rows within each query's radius, in order; return how many there are in all.

    With empty `distances` the rows are only counted; with the counts of such a first run
    they are written, one query after the other.
    """
    n_rows, n_columns = rows.shape
    packed = np.empty((n_columns, min(ROWS_A_BLOCK, n_rows)))
    reduced = np.empty(packed.shape[1])
    limits = np.empty(queries.shape[0])
    for q in range(queries.shape[0]):
        limits[q] = reduced_limit(measure, radius[q])
    write = distances.shape[0] > 0
    place = np.zeros(queries.shape[0], dtype=np.intp)
    if write:
        place[1:] = np.cumsum(counts)[:-1]
    counts[:] = 0
    total = 0
    for start in range(0, n_rows, ROWS_A_BLOCK):
        size = min(ROWS_A_BLOCK, n_rows - start)
        block, found = packed[:, :size], reduced[:size]
        _pack(rows, start, block)
        for q in range(queries.shape[0]):
            block_distances(measure, queries[q], block, found)
            limit = limits[q]
            for r in range(size):
                if found[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, found[r], queries[q], rows[start + r])
                    if distance <= radius[q]:
                        if write:
                            distances[place[q]], indices[place[q]] = distance, start + r
                            place[q] += 1
                        counts[q] += 1
                        total += 1
    return total
