"""Compiled loops that bring queries into an order in which neighbours follow each other."""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.addresses import address, inlined, row_address
from trivium.neighbors.search.kd_tree.build import LANES, Tree

_WALKERS = 16
_HUGE = 1e300  # times a difference of zero still zero


@inlined
def _two_longest(lower: Float64, upper: Float64) -> tuple[int, int]:
    """Return the longest and the second longest side of a box."""
    long, short = 0, 0
    first, second = -1.0, -1.0
    for j in range(lower.shape[0]):
        extent = 0.5 * upper[j] - 0.5 * lower[j]  # halves: differences cannot overflow
        if extent > first:
            short, second = long, first
            long, first = j, extent
        elif extent > second:
            short, second = j, extent
    return long, short


def leaf_planes(tree: Tree) -> tuple[Indices, Float64]:
    """Lay a plane through each leaf's box.

    Returns
    -------
    sides : ndarray of shape (n_leaves, 2)
        The box's longest sides.
    places : ndarray of shape (n_leaves, 2, 2)
        For each of them half the least coordinate and the inverse of half the length.
    """
    n_leaves = tree.blocks.shape[0]
    sides, places = np.empty((n_leaves, 2), dtype=np.intp), np.empty((n_leaves, 2, 2))
    _lay_planes(tree, sides, places)
    return sides, places


@kernel
def _lay_planes(tree: Tree, sides: Indices, places: Float64) -> None:
    """Write what `leaf_planes` returns."""
    for leaf in range(sides.shape[0]):
        child = tree.boxes.shape[0] + leaf - 1 + tree.first_lane
        group, lane = child // LANES, child % LANES
        lower, upper = tree.boxes[group, :, 0, lane], tree.boxes[group, :, 1, lane]
        # One by one: to assign a tuple would compile how arrays are made and errors written.
        sides[leaf, 0], sides[leaf, 1] = _two_longest(lower, upper)
        for axis in range(2):
            low = 0.5 * lower[sides[leaf, axis]]
            width = 0.5 * upper[sides[leaf, axis]] - low
            places[leaf, axis, 0] = low
            places[leaf, axis, 1] = min(1.0 / width, _HUGE) if width > 0.0 else 0.0


@inlined
def _cell(x: float, low: float, inverse: float, n_cells: int) -> int:
    """Cut a side into equal cells and return the number of the one nearest to x."""
    share = max((0.5 * x - low) * inverse, 0.0)
    return int(min(share * n_cells, n_cells - 1.0))


@kernel
def query_bins(
    tree: Tree, planes: tuple[Indices, Float64], queries: Float64, bits: int, bins: Indices
) -> None:
    """Find each query's bin: its leaf, then its cell in that leaf's plane.

    The 2^bits cells of a leaf are numbered to and fro.
    """
    n_columns = queries.shape[1]
    n_inner = tree.sides.shape[0]
    n_long = 1 << ((bits + 1) // 2 if n_columns > 1 else bits)
    n_short = (1 << bits) // n_long
    points, nodes = row_address(queries, 0), address(bins, 0)
    sides, cuts = address(tree.sides, 0), address(tree.cuts, 0)
    for first in range(0, queries.shape[0], _WALKERS):
        last = min(first + _WALKERS, queries.shape[0])
        for q in range(first, last):
            nodes[q] = 0
        for _ in range(tree.depth):  # side by side: each step of one waits for memory
            for q in range(first, last):
                node = nodes[q]
                right = points[q * n_columns + sides[node]] >= cuts[node]
                nodes[q] = 2 * node + 1 + right
    if bits == 0:
        bins -= n_inner
        return
    for q in range(queries.shape[0]):
        leaf = bins[q] - n_inner
        (long, short), places = planes[0][leaf], planes[1][leaf]
        row = _cell(queries[q, long], places[0, 0], places[0, 1], n_long)
        column = _cell(queries[q, short], places[1, 0], places[1, 1], n_short)
        if row & 1:
            column = n_short - 1 - column
        bins[q] = (leaf * n_long + row) * n_short + column


@kernel
def order_by_bin(bins: Indices, n_bins: int) -> Indices:
    """Sort query numbers by bin, keeping their order within each (counting sort)."""
    starts = np.zeros(n_bins + 1, dtype=np.intp)
    for q in range(bins.shape[0]):
        starts[bins[q] + 1] += 1
    for b in range(n_bins):
        starts[b + 1] += starts[b]
    order = np.empty(bins.shape[0], dtype=np.intp)
    for q in range(bins.shape[0]):
        order[starts[bins[q]]] = q
        starts[bins[q]] += 1
    return order
