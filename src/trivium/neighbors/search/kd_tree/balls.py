"""Compiled loops that find every row of a kd-tree within a radius."""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.addresses import addresses, inlined
from trivium.neighbors.search.kd_tree.build import Tree
from trivium.neighbors.search.kd_tree.measure import (
    Desk,
    Forest,
    admit,
    desk_of,
    forest_of,
    leaf_size,
    move,
    next_leaf,
    row_distances,
)
from trivium.neighbors.search.measures import Measure, reduced_limit


@inlined
def _doubled(array: Any, size: int) -> Any:
    """Copy an array's first entries into one with twice the room."""
    longer = np.empty(2 * array.shape[0], array.dtype)
    longer[:size] = array[:size]
    return longer


@inlined
def _measure_leaf(forest: Forest, desk: Desk, leaf: int, limit: float) -> int:
    """Measure a leaf's rows; return how many are within a limit."""
    at = row_distances(forest, desk, leaf)
    return admit(forest, desk, at, leaf_size(forest, leaf), limit, 0)


@kernel
def _collect(
    forest: Forest,
    desk: Desk,
    points: Float64,
    skip: Indices,
    radius: Float64,
    counts: Indices,
) -> tuple[Float64, Indices]:
    """Find the rows within each point's radius, in the order of the leaves."""
    forest, desk, points = addresses(forest), addresses(desk), addresses(points)
    shift = forest.n_columns * forest.width
    distances, rows = np.empty(1024), np.empty(1024, np.intp)
    size = 0
    for q in range(skip.shape[0]):
        start = size
        limit = reduced_limit(forest.measure, radius[q])
        move(forest, desk, points, q)
        desk.nodes[0] = 0
        leaf, top = next_leaf(forest, desk, limit, 1)
        while leaf >= 0:
            for h in range(_measure_leaf(forest, desk, leaf, limit)):
                row = forest.numbers[desk.found.places[h] + shift]
                if desk.found.keys[h] <= radius[q] and row != skip[q]:
                    if size == distances.shape[0]:
                        distances, rows = _doubled(distances, size), _doubled(rows, size)
                    distances[size], rows[size] = desk.found.keys[h], row
                    size += 1
            leaf, top = next_leaf(forest, desk, limit, top)
        counts[q] = size - start
    return distances[:size], rows[:size]


def within_piece(
    measure: Measure, tree: Tree, queries: Floats, skip: Indices, radius: Float64, counts: Indices
) -> tuple[Float64, Indices]:
    """Find every row within the radius of each of some queries.

    Parameters
    ----------
    measure : Measure
    tree : Tree
    queries : ndarray of shape (m, d)
    skip : ndarray of shape (m,)
        A row to leave out for each query; -1: none.
    radius : ndarray of shape (m,)
    counts : ndarray of shape (m,)
        Receives the number of rows of each query.

    Returns
    -------
    distances, rows : ndarrays of shape (counts.sum(),)
        Query by query, by ascending row number.
    """
    width = tree.blocks.shape[2]
    desk = desk_of(queries.shape[1], width, width + 1, 0)
    points = np.ascontiguousarray(queries, np.float64)
    distances, rows = _collect(forest_of(measure, tree), desk, points, skip, radius, counts)
    order = np.lexsort((rows, np.repeat(np.arange(counts.size), counts)))
    return distances[order], rows[order]
