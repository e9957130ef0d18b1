"""Compiled loops that find every row of a kd-tree within a radius."""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses, inlined
from trivium.neighbors.search.kd_tree.build import Tree
from trivium.neighbors.search.kd_tree.traversal import (
    TreeView,
    Workspace,
    admit,
    leaf_size,
    move,
    next_leaf,
    row_distances,
    view_of,
    workspace_of,
)
from trivium.neighbors.search.measures import Measure, reduced_limit

_ROOM_AT_FIRST = 1024  # rows; more than a leaf's


@inlined
def _measure_leaf(view: TreeView, work: Workspace, leaf: int, limit: float) -> int:
    """Measure a leaf's rows; return how many are within a limit."""
    at = row_distances(view, work, leaf)
    return admit(view, work, at, leaf_size(view, leaf), limit, 0)


@kernel
def _collect(
    view: TreeView,
    work: Workspace,
    points: Float64,
    skip: Indices,
    radius: Float64,
    counts: Indices,
    found: tuple[Float64, Indices],
    state: Indices,
) -> bool:
    """Find the rows within each point's radius, in the order of the leaves.

    Returns whether that is all; else there is no room for another leaf's rows. `state` says
    where to go on: the point, the nodes on the workspace's stack, and the number of rows so far.
    """
    n_points, room = skip.shape[0], found[0].shape[0]
    view, work, points = addresses(view), addresses(work), addresses(points)
    distances, rows = addresses(found)
    shift = view.n_columns * view.width
    top, size = state[1], state[2]
    for q in range(state[0], n_points):
        limit = reduced_limit(view.measure, radius[q])
        move(view, work, points, q)
        while top > 0:
            if size + view.width > room:
                state[0], state[1], state[2] = q, top, size
                return False
            leaf, top = next_leaf(view, work, limit, top)
            if leaf < 0:
                break
            for h in range(_measure_leaf(view, work, leaf, limit)):
                row = view.numbers[work.found.places[h] + shift]
                if work.found.keys[h] <= radius[q] and row != skip[q]:
                    distances[size], rows[size] = work.found.keys[h], row
                    counts[q] += 1
                    size += 1
        work.nodes[0], top = 0, 1
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
    work = workspace_of(queries.shape[1], width, width + 1, 0)
    points = np.ascontiguousarray(queries, np.float64)
    found: tuple[Any, Any] = np.empty(_ROOM_AT_FIRST), np.empty(_ROOM_AT_FIRST, np.intp)
    counts.fill(0)
    work.nodes[0] = 0
    state = np.array([0, 1, 0])
    view = view_of(measure, tree)
    while not _collect(view, work, points, skip, radius, counts, found, state):
        distances, rows = found
        found = np.concatenate([distances, distances]), np.concatenate([rows, rows])
    distances, rows = (each[: state[2]] for each in found)
    order = np.lexsort((rows, np.repeat(np.arange(counts.size), counts)))
    return distances[order], rows[order]
