"""Compiled loops of the plain search."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import inlined
from trivium.neighbors.search.heaps import sift_down, sort_heap, worse
from trivium.neighbors.search.measures import (
    Measure,
    add_difference,
    block_distances,
    pair_distance,
    reduced_limit,
)

ROWS_A_BLOCK = 256


@inlined
def _pack(rows: Floats, start: int, size: int, packed: Float64) -> None:
    """Copy rows from `start` on into a block stored column by column, in float64."""
    for r in range(size):
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

    `distances` and `indices`, of shape (queries, k), which `heaps.begin` has filled, receive
    the sorted lists.
    Row `skip[q]` is left out for query q (-1: none).
    """
    n_rows, n_columns = rows.shape
    k = distances.shape[1]
    width = n_rows if n_rows < ROWS_A_BLOCK else ROWS_A_BLOCK
    packed, reduced = np.empty((n_columns, width)), np.empty(width)
    for start in range(0, n_rows, ROWS_A_BLOCK):
        found = reduced[: n_rows - start]
        size = found.shape[0]
        _pack(rows, start, size, packed)
        for q in range(queries.shape[0]):
            query, near, numbers = queries[q], distances[q], indices[q]
            block_distances(measure, query, packed, found)
            limit = reduced_limit(measure, near[0])
            for r in range(size):
                if found[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, found[r], query, rows[start + r])
                    if worse(near[0], numbers[0], distance, start + r):
                        sift_down(near, numbers, k, distance, start + r)
                        limit = reduced_limit(measure, near[0])
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
    reduced = np.empty(4)
    for q in range(queries.shape[0]):
        query, near, numbers = queries[q], distances[q], indices[q]
        limit = reduced_limit(measure, near[0])
        for start in range(0, n_rows, 4):
            last = n_rows - 1 - start
            row1 = start + (1 if last > 1 else last)
            row2 = start + (2 if last > 2 else last)
            row3 = start + (3 if last > 3 else last)
            sum0, sum1 = 0.0, 0.0
            sum2, sum3 = 0.0, 0.0
            for j in range(n_columns):
                x = query[j]
                sum0 = add_difference(measure, sum0, x - rows[start, j])
                sum1 = add_difference(measure, sum1, x - rows[row1, j])
                sum2 = add_difference(measure, sum2, x - rows[row2, j])
                sum3 = add_difference(measure, sum3, x - rows[row3, j])
            reduced[0], reduced[1] = sum0, sum1
            reduced[2], reduced[3] = sum2, sum3
            for r in range(4 if last > 3 else last + 1):
                if reduced[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, reduced[r], query, rows[start + r])
                    if worse(near[0], numbers[0], distance, start + r):
                        sift_down(near, numbers, k, distance, start + r)
                        limit = reduced_limit(measure, near[0])
        sort_heap(near, numbers)


@kernel
def scan_within(
    measure: Measure,
    queries: Float64,
    rows: Floats,
    radius: Float64,
    skip: Indices,
    places: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Find the rows within each query's radius, in order.

    `places[q]` says where query q's first row is written, and moves on with each. With empty
    `distances` nothing is written, and places that begin at 0 end as counts.
    """
    n_rows, n_columns = rows.shape
    width = n_rows if n_rows < ROWS_A_BLOCK else ROWS_A_BLOCK
    packed, reduced = np.empty((n_columns, width)), np.empty(width)
    write = distances.shape[0] > 0
    for start in range(0, n_rows, ROWS_A_BLOCK):
        found = reduced[: n_rows - start]
        size = found.shape[0]
        _pack(rows, start, size, packed)
        for q in range(queries.shape[0]):
            query, reach = queries[q], radius[q]
            block_distances(measure, query, packed, found)
            limit = reduced_limit(measure, reach)
            place = places[q]
            for r in range(size):
                if found[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(measure, found[r], query, rows[start + r])
                    if distance <= reach:
                        if write:
                            distances[place], indices[place] = distance, start + r
                        place += 1
            places[q] = place
