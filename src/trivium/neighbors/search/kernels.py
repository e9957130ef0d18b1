"""Compiled loops of the search.

A query's best rows so far are kept in a binary heap with the worst on top, ordered by
(distance, row number); the top is what a newcomer has to beat. Heaps are sorted once
at the end.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.metrics import (
    add_difference,
    block_distances,
    pair_distance,
    reduced_limit,
)

ROWS_A_BLOCK = 256


@kernel
def _worse(distance: float, row: int, other_distance: float, other_row: int) -> bool:
    """Whether the first pair sorts behind the second."""
    return distance > other_distance or (distance == other_distance and row > other_row)


@kernel
def _sift_down(distances: Float64, rows: Indices, size: int, distance: float, row: int) -> None:
    """Put a pair in place of the heap's top and restore the order of the heap."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _worse(distances[right], rows[right], distances[child], rows[child]):
            child = right
        if not _worse(distances[child], rows[child], distance, row):
            break
        distances[hole], rows[hole] = distances[child], rows[child]
        hole = child
    distances[hole], rows[hole] = distance, row


@kernel
def _sort_heap(distances: Float64, rows: Indices) -> None:
    """Sort a heap into ascending (distance, row number) in place."""
    for size in range(distances.shape[0] - 1, 0, -1):
        distance, row = distances[size], rows[size]
        distances[size], rows[size] = distances[0], rows[0]
        _sift_down(distances, rows, size, distance, row)


@kernel
def _pack(rows: Floats, start: int, packed: Float64) -> None:
    """Copy rows from `start` on into a block stored column by column, in float64."""
    for r in range(packed.shape[1]):
        for j in range(packed.shape[0]):
            packed[j, r] = rows[start + r, j]


@kernel
def scan_nearest(
    metric: int,
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
            block_distances(metric, queries[q], block, found)
            limit = reduced_limit(metric, distances[q, 0])
            for r in range(size):
                if found[r] <= limit and start + r != skip[q]:
                    distance = pair_distance(metric, found[r], queries[q], rows[start + r])
                    if _worse(distances[q, 0], indices[q, 0], distance, start + r):
                        _sift_down(distances[q], indices[q], k, distance, start + r)
                        limit = reduced_limit(metric, distances[q, 0])
    for q in range(queries.shape[0]):
        _sort_heap(distances[q], indices[q])


@kernel
def scan_within(
    metric: int, query: Float64, rows: Floats, radius: float, distances: Float64, inside: Indices
) -> int:
    """Write the rows within a radius of one query, in order; return how many there are."""
    n_rows, n_columns = rows.shape
    limit = reduced_limit(metric, radius)
    count = 0
    for row in range(n_rows):
        reduced = 0.0
        for j in range(n_columns):
            reduced = add_difference(metric, reduced, query[j] - rows[row, j])
        if reduced <= limit:
            distance = pair_distance(metric, reduced, query, rows[row])
            if distance <= radius:
                distances[count], inside[count] = distance, row
                count += 1
    return count


@kernel
def _box_distance(metric: int, query: Float64, lower: Float64, upper: Float64) -> float:
    """Reduced distance from a query to the nearest point of a box."""
    reduced = 0.0
    for j in range(query.shape[0]):
        gap = max(lower[j] - query[j], query[j] - upper[j], 0.0)
        reduced = add_difference(metric, reduced, gap)
    return reduced


@kernel
def tree_nearest(
    metric: int,
    queries: Float64,
    points: Floats,
    order: Indices,
    boxes: Float64,
    ranges: Indices,
    skip: Indices,
    distances: Float64,
    indices: Indices,
) -> None:
    """Find each query's nearest rows in a kd-tree; arguments as `scan_nearest` and `KDTree`."""
    k = distances.shape[1]
    n_inner = ranges.shape[0] // 2
    nodes = np.empty(128, dtype=np.intp)  # a path of a tree of 2^62 rows, two nodes a level
    bounds = np.empty(128)
    distances[:] = np.inf
    indices[:] = points.shape[0]
    for q in range(queries.shape[0]):
        query, found, rows = queries[q], distances[q], indices[q]
        limit = reduced_limit(metric, np.inf)
        top = 1
        nodes[0], bounds[0] = 0, 0.0
        while top > 0:
            top -= 1
            node, bound = nodes[top], bounds[top]
            if bound > limit:
                continue
            if node < n_inner:
                near, far = 2 * node + 1, 2 * node + 2
                near_bound = _box_distance(metric, query, boxes[near, 0], boxes[near, 1])
                far_bound = _box_distance(metric, query, boxes[far, 0], boxes[far, 1])
                if far_bound < near_bound:
                    near, far = far, near
                    near_bound, far_bound = far_bound, near_bound
                nodes[top], bounds[top] = far, far_bound
                nodes[top + 1], bounds[top + 1] = near, near_bound
                top += 2
                continue
            for position in range(ranges[node, 0], ranges[node, 1]):
                reduced = 0.0
                for j in range(query.shape[0]):
                    reduced = add_difference(metric, reduced, query[j] - points[position, j])
                row = order[position]
                if reduced <= limit and row != skip[q]:
                    distance = pair_distance(metric, reduced, query, points[position])
                    if _worse(found[0], rows[0], distance, row):
                        _sift_down(found, rows, k, distance, row)
                        limit = reduced_limit(metric, found[0])
        _sort_heap(found, rows)
