"""Compiled loops that measure sparse rows by merging what is stored of two of them.

Where neither of two rows has a number in a column their difference is zero, and to add nothing
changes no bit of a sum: so the sum over the columns that either has, in their order, is the one
that the loops over all columns find (`search.kernels`).
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses, row_address
from trivium.neighbors.search.heaps import sift_down, worse
from trivium.neighbors.search.measures import (
    Measure,
    add_difference,
    distance_of,
    is_lost,
    measured_again,
    reduced_limit,
)


class Stored(NamedTuple):
    """Sparse rows, as compiled loops know them: see `Csr`."""

    data: Floats
    indices: Indices
    indptr: Indices


class Apart(NamedTuple):
    """Room for the differences of two rows, and as many zeros."""

    differences: Float64
    zeros: Float64


@kernel
def merged(
    measure: Measure, queries: Stored, query: int, rows: Stored, row: int, limit: float
) -> float:
    """Reduced distance of a pair; once it is beyond the limit, some number beyond it."""
    i, i_stop = queries.indptr[query], queries.indptr[query + 1]
    j, j_stop = rows.indptr[row], rows.indptr[row + 1]
    reduced = 0.0
    while i < i_stop and j < j_stop:
        one, other = queries.indices[i], rows.indices[j]
        of_one, of_other = queries.data[i], np.float64(rows.data[j])
        x = of_one if one <= other else 0.0
        y = of_other if other <= one else 0.0
        reduced = add_difference(measure, reduced, x - y)
        if reduced > limit:
            return reduced
        i += one <= other
        j += other <= one
    while i < i_stop:
        reduced = add_difference(measure, reduced, queries.data[i])
        i += 1
    while j < j_stop:
        reduced = add_difference(measure, reduced, np.float64(rows.data[j]))
        j += 1
    return reduced


@kernel
def merged_again(
    measure: Measure, queries: Stored, query: int, rows: Stored, row: int, apart: Apart
) -> float:
    """Distance of a pair whose sum is lost; see `measures.measured_again`."""
    i, i_stop = queries.indptr[query], queries.indptr[query + 1]
    j, j_stop = rows.indptr[row], rows.indptr[row + 1]
    place = 0
    while i < i_stop or j < j_stop:
        x, y = 0.0, 0.0
        if j == j_stop or (i < i_stop and queries.indices[i] <= rows.indices[j]):
            x = queries.data[i]
            if j < j_stop and queries.indices[i] == rows.indices[j]:
                y = np.float64(rows.data[j])
                j += 1
            i += 1
        else:
            y = np.float64(rows.data[j])
            j += 1
        apart.differences[place] = x - y
        place += 1
    for rest in range(place, apart.differences.shape[0]):
        apart.differences[rest] = 0.0
    return measured_again(measure, apart.differences, apart.zeros)


@kernel
def pair_of_stored(
    measure: Measure,
    queries: Stored,
    query: int,
    rows: Stored,
    row: int,
    limit: float,
    apart: Apart,
) -> float:
    """Distance of a pair; infinite where the reduced one is beyond the limit."""
    reduced = merged(measure, queries, query, rows, row, limit)
    if not reduced <= limit:
        return np.inf
    if is_lost(measure, reduced):
        return merged_again(measure, queries, query, rows, row, apart)
    return distance_of(measure, reduced)


@kernel
def merge_nearest(
    measure: Measure,
    queries: Stored,
    rows: Stored,
    skip: Indices,
    apart: Apart,
    distances: Float64,
    indices: Indices,
) -> None:
    """Bring each query's nearest rows into a heap, looking at all; see `kernels.scan_nearest`."""
    n_rows, k = rows.indptr.shape[0] - 1, distances.shape[1]
    asked, stored = addresses(queries), addresses(rows)
    for q in range(distances.shape[0]):
        near, numbers = row_address(distances, q), row_address(indices, q)
        limit = reduced_limit(measure, near[0])
        for row in range(n_rows):
            if row == skip[q]:
                continue
            distance = pair_of_stored(measure, asked, q, stored, row, limit, apart)
            if worse(near[0], numbers[0], distance, row):
                sift_down(near, numbers, k, distance, row)
                limit = reduced_limit(measure, near[0])


@kernel
def merge_within(
    measure: Measure,
    queries: Stored,
    rows: Stored,
    radius: Float64,
    skip: Indices,
    apart: Apart,
    counts: Indices,
    distances: Float64,
    indices: Indices,
) -> int:
    """Find the rows within each query's radius, in order, as long as there is room for all rows.

    Parameters
    ----------
    counts : ndarray of shape (m,)
        Receives how many there are of each query that was answered.
    distances, indices : ndarray
        Receive them, query by query; at least as long as there are rows.

    Returns
    -------
    int
        Number of queries that were answered.
    """
    n_rows, room, n_queries = rows.indptr.shape[0] - 1, distances.shape[0], int(counts.shape[0])
    asked, stored = addresses(queries), addresses(rows)
    place = 0
    for q in range(n_queries):
        if place + n_rows > room:
            return q
        first, limit = place, reduced_limit(measure, radius[q])
        for row in range(n_rows):
            if row == skip[q]:
                continue
            distance = pair_of_stored(measure, asked, q, stored, row, limit, apart)
            if distance <= radius[q]:
                distances[place], indices[place] = distance, row
                place += 1
        counts[q] = place - first
    return n_queries


@kernel
def sort_lists(distances: Float64, indices: Indices) -> None:
    """Sort the heap of each query."""
    for q in range(distances.shape[0]):
        near, numbers = row_address(distances, q), row_address(indices, q)
        for size in range(distances.shape[1] - 1, 0, -1):
            distance, row = near[size], numbers[size]
            near[size], numbers[size] = near[0], numbers[0]
            sift_down(near, numbers, size, distance, row)
