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

_ROOM_AT_FIRST = 1024  # rows; more than a leaf's


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
    found: tuple[Float64, Indices],
    state: Indices,
) -> bool:
    """Find the rows within each point's radius, in the order of the leaves.

    Returns whether that is all; else there is no room for another leaf's rows. `state` says
    where to go on: the point, the nodes on the desk's stack, and the number of rows so far.
    """
    n_points, room = skip.shape[0], found[0].shape[0]
    forest, desk, points = addresses(forest), addresses(desk), addresses(points)
    distances, rows = addresses(found)
    shift = forest.n_columns * forest.width
    top, size = state[1], state[2]
    for q in range(state[0], n_points):
        limit = reduced_limit(forest.measure, radius[q])
        move(forest, desk, points, q)
        while top > 0:
            if size + forest.width > room:
                state[0], state[1], state[2] = q, top, size
                return False
            leaf, top = next_leaf(forest, desk, limit, top)
            if leaf < 0:
                break
            for h in range(_measure_leaf(forest, desk, leaf, limit)):
                row = forest.numbers[desk.found.places[h] + shift]
                if desk.found.keys[h] <= radius[q] and row != skip[q]:
                    distances[size], rows[size] = desk.found.keys[h], row
                    counts[q] += 1
                    size += 1
        desk.nodes[0], top = 0, 1
    state[2] = size
    return True


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
    found: tuple[Any, Any] = np.empty(_ROOM_AT_FIRST), np.empty(_ROOM_AT_FIRST, np.intp)
    counts.fill(0)
    desk.nodes[0] = 0
    state = np.array([0, 1, 0])
    forest = forest_of(measure, tree)
    while not _collect(forest, desk, points, skip, radius, counts, found, state):
        distances, rows = found
        found = np.concatenate([distances, distances]), np.concatenate([rows, rows])
    distances, rows = (each[: state[2]] for each in found)
    order = np.lexsort((rows, np.repeat(np.arange(counts.size), counts)))
    return distances[order], rows[order]
