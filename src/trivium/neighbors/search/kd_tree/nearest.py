"""Compiled loops that search a kd-tree.

Queries come in an order in which neighbours follow each other. Each starts with a bound
carried over from the one before: its k rows are no further away than they were from
there and the step between the two together.

Every pruning compares lower bounds that are computed like distances are (see `metrics`)
with limits that leave room for rounding, and keeps what ties.
"""

import math

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.kd_tree.build import LANES, Tree
from trivium.neighbors.search.kd_tree.measure import (
    Desk,
    Forest,
    admit,
    child_distances,
    desk_of,
    forest_of,
    leaf_size,
    move,
    row_distances,
    spread_arrays,
)
from trivium.neighbors.search.lists import (
    Candidates,
    address,
    inlined,
    select_first,
    sort_first,
)
from trivium.neighbors.search.metrics import (
    COSINE,
    EUCLIDEAN,
    reduced_limit,
)

_SLACK = 8  # candidates beyond the k-th that are collected before the limit is taken anew


@inlined
def _length(metric: int, reduced: float) -> float:
    """Turn a reduced distance into one for which the triangle inequality holds."""
    return math.sqrt(reduced) if metric in (EUCLIDEAN, COSINE) else reduced


@inlined
def _radius(metric: int, distance: float) -> float:
    """Turn a distance into one for which the triangle inequality holds."""
    return math.sqrt(2.0 * distance) if metric == COSINE else distance


@inlined
def _carried_limit(forest: Forest, distance: float, step: float) -> float:
    """Return a reduced distance that no row within `distance` exceeds after a step.

    `distance` was measured from another point, `step` is the reduced distance between the
    two. The margin covers rounding, the last term squares that vanished.
    """
    metric = forest.metric
    length = (_radius(metric, distance) + _length(metric, step)) * forest.margin + 2.0**-500
    return reduced_limit(metric, 0.5 * length * length if metric == COSINE else length)


@inlined
def _push_children(forest: Forest, desk: Desk, node: int, home: int, limit: float, top: int) -> int:
    """Push a group's children within a limit onto the stack, the nearest last."""
    nodes, bounds = desk.nodes, desk.bounds
    base = top
    for lane in range(forest.first_lane if node == 0 else 0, LANES):
        bound = desk.group_bounds[lane]
        child = LANES * node + lane + 1 - forest.first_lane
        if bound <= limit and child != home:
            hole = top
            while hole > base and bounds[hole - 1] < bound:
                bounds[hole], nodes[hole] = bounds[hole - 1], nodes[hole - 1]
                hole -= 1
            bounds[hole], nodes[hole] = bound, child
            top += 1
    return top


@kernel
def _search(forest: Forest, desk: Desk, home: int, k: int, limit: float) -> tuple[int, int, int]:
    """Collect candidates for the desk's point, among them its k nearest rows.

    Starts from the leaf `home`. Returns the numbers of candidates, of leaves and of groups
    that were looked at.
    """
    nodes, bounds, d = desk.nodes, desk.bounds, forest.n_columns
    full = k + max(_SLACK, k // 2)
    count, n_leaves, n_groups = 0, 0, 0
    nodes[0], bounds[0] = 0, 0.0
    nodes[1], bounds[1] = home, 0.0
    top = 2 if forest.n_groups > 0 else 1
    while top > 0:
        top -= 1
        node = nodes[top]
        if bounds[top] > limit:
            continue
        if node < forest.n_groups:
            n_groups += 1
            child_distances(forest, desk, node)
            top = _push_children(forest, desk, node, home, limit, top)
            continue
        n_leaves += 1
        leaf, width = node - forest.n_groups, forest.width
        at = leaf * (d + 1) * width
        row_distances(forest, desk.point, forest.blocks, at, width, width, desk.reduced)
        size = leaf_size(forest, leaf)
        count = admit(forest, desk, forest.blocks, at, width, size, limit, count)
        if count >= full:
            select_first(desk.found, k, count, forest.numbers, d * width)
            count = k
            limit = reduced_limit(forest.metric, desk.found.keys[k - 1])
    return count, n_leaves, n_groups


@kernel
def _write(
    found: Candidates,
    numbers: Indices,
    shift: int,
    skip: int,
    sizes: tuple[int, int],
    to: int,
    distances: Float64,
    indices: Indices,
) -> None:
    """Write the first sizes[1] of sizes[0] sorted candidates, the row to skip left out."""
    more = 0
    for s in range(sizes[0]):
        row = numbers[found.places[s] + shift]
        if row == skip:
            more = 1
        elif s - more < sizes[1]:
            distances[to + s - more], indices[to + s - more] = found.keys[s], row


@kernel
def _answer(
    metric: int,
    tree: Tree,
    all_points: Float64,
    lists: tuple[Indices, Indices, Indices],
    sizes: tuple[int, int],
    arrays: tuple[tuple[Float64, ...], tuple[Indices, ...]],
    targets: tuple[Float64, Indices],
) -> tuple[int, int]:
    """Answer the queries of a piece one by one."""
    forest = forest_of(metric, tree)
    desk = desk_of(arrays[0], arrays[1])
    points = address(all_points, 0)
    distances, indices = address(targets[0], 0), address(targets[1], 0)
    which, homes, skip = lists
    k, wanted = sizes
    found = desk.found
    shift = forest.n_columns * forest.width
    n_leaves, n_groups = 0, 0
    worst = np.inf
    for i in range(which.shape[0]):
        q = which[i]
        step = move(forest, desk, points, i)
        limit = _carried_limit(forest, worst, step) if i > 0 else np.inf
        count, leaves, groups = _search(forest, desk, forest.n_groups + homes[i], k, limit)
        sort_first(found, k, count, forest.numbers, shift)
        worst = found.keys[k - 1]
        _write(found, forest.numbers, shift, skip[i], (k, wanted), q * wanted, distances, indices)
        n_leaves, n_groups = n_leaves + leaves, n_groups + groups
    return n_leaves, n_groups


@kernel
def nearest_piece(
    metric: int,
    tree: Tree,
    queries: Floats,
    which: Indices,
    homes: Indices,
    skip: Indices,
    sizes: tuple[int, int],
    distances: Float64,
    indices: Indices,
) -> tuple[int, int]:
    """Find the nearest rows of some queries.

    Parameters
    ----------
    metric : int
    tree : Tree
    queries : ndarray of shape (m, d)
    which : ndarray of shape (p,)
        The queries to be answered; best in an order in which neighbours follow each other.
    homes : ndarray of shape (m,)
        A leaf to begin with for each query, at best the one it falls in.
    skip : ndarray of shape (m,)
        A row to leave out for each query; -1: none.
    sizes : tuple of int
        Number of rows to look for and to be returned: one more has to be looked for if any
        row is left out.
    distances, indices : ndarrays of shape (m, k)

    Returns
    -------
    tuple of int
        Numbers of leaves and of groups that were looked at.
    """
    d, width = queries.shape[1], tree.blocks.shape[2]
    room = 2 * sizes[0] + _SLACK + width
    n_queries = which.shape[0]
    points = np.empty(n_queries * d)
    leaves, left_out = np.empty(n_queries, np.intp), np.empty(n_queries, np.intp)
    for i in range(n_queries):  # all at once: fetching them from all over overlaps
        q = which[i]
        leaves[i], left_out[i] = homes[q], skip[q]
        for j in range(d):
            points[i * d + j] = queries[q, j]
    arrays = spread_arrays(d, width, room)
    targets = distances.reshape(-1), indices.reshape(-1)
    return _answer(metric, tree, points, (which, leaves, left_out), sizes, arrays, targets)
