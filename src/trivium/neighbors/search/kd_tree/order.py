"""Compiled loops that bring queries into an order in which neighbours follow each other."""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address, inlined, row_address
from trivium.neighbors.search.kd_tree.build import Tree, lanes_of_leaves

_WALKERS = 16
_HUGE = 1e300  # times a difference of zero still zero


def leaf_planes(tree: Tree) -> tuple[Indices, Float64]:
    """Lay a plane through each leaf's box.

    Returns
    -------
    sides : ndarray of shape (n_leaves, 2)
        The box's longest sides, the longer first.
    places : ndarray of shape (n_leaves, 2, 2)
        For each of them half the least coordinate and the inverse of half the length.
    """
    leaves = np.arange(tree.blocks.shape[0])
    groups, lanes = lanes_of_leaves(tree, (0, leaves.shape[0]))
    # Halves: their difference cannot overflow.
    lower = 0.5 * tree.boxes[groups, :, 0, lanes]
    extents = 0.5 * tree.boxes[groups, :, 1, lanes] - lower
    sides = np.empty((leaves.shape[0], 2), dtype=np.intp)
    widths = np.empty(sides.shape)
    for axis in range(2):  # of one column both are the same
        sides[:, axis] = longest = extents.argmax(axis=1)
        widths[:, axis] = extents[leaves, longest]
        if extents.shape[1] > 1:
            extents[leaves, longest] = -1.0
    inverses = np.zeros_like(widths)
    with np.errstate(over="ignore"):
        np.divide(1.0, widths, out=inverses, where=widths > 0.0)
    lows = lower[leaves[:, np.newaxis], sides]
    return sides, np.stack([lows, np.minimum(inverses, _HUGE)], axis=2)


@inlined
def _cell(x: float, low: float, inverse: float, n_cells: int) -> int:
    """Cut a side into equal cells and return the number of the one nearest to x."""
    cell, last = (0.5 * x - low) * inverse * n_cells, n_cells - 1.0
    # No `max` and `min`, which would be compiled as functions of their own.
    cell = cell if cell > 0.0 else 0.0
    return int(cell if cell < last else last)


@kernel
def query_bins(
    tree: Tree, planes: tuple[Indices, Float64], queries: Float64, bits: int, bins: Indices
) -> None:
    """Find each query's bin: its leaf, then its cell in that leaf's plane.

    The 2^bits cells of a leaf are numbered to and fro.
    """
    n_queries, n_columns = queries.shape
    n_inner = tree.sides.shape[0]
    n_long = 1 << ((bits + 1) // 2 if n_columns > 1 else bits)
    n_short = (1 << bits) // n_long
    points, found = row_address(queries, 0), address(bins, 0)
    sides, cuts = address(tree.sides, 0), address(tree.cuts, 0)
    axes, places = address(planes[0], 0), address(planes[1], 0)
    for first in range(0, n_queries, _WALKERS):
        last = first + _WALKERS
        if last > n_queries:
            last = n_queries
        for q in range(first, last):
            found[q] = 0
        for _ in range(tree.depth):  # side by side: each step of one waits for memory
            for q in range(first, last):
                node = found[q]
                right = points[q * n_columns + sides[node]] >= cuts[node]
                found[q] = 2 * node + 1 + right
    for q in range(n_queries):
        leaf = found[q] - n_inner
        found[q] = leaf
        if bits > 0:
            point = q * n_columns
            long, short = points[point + axes[2 * leaf]], points[point + axes[2 * leaf + 1]]
            row = _cell(long, places[4 * leaf], places[4 * leaf + 1], n_long)
            column = _cell(short, places[4 * leaf + 2], places[4 * leaf + 3], n_short)
            if row & 1:
                column = n_short - 1 - column
            found[q] = (leaf * n_long + row) * n_short + column


def order_by_bin(bins: Indices, n_bins: int) -> Indices:
    """Sort query numbers by bin, keeping their order within each (counting sort)."""
    order = np.empty(bins.shape[0], dtype=np.intp)
    _write_order(bins, np.zeros(n_bins + 1, dtype=np.intp), order)
    return order


@kernel
def _write_order(bins: Indices, starts: Indices, order: Indices) -> None:
    """Do so; to begin with, each bin's start is zero, and one more bin's."""
    for q in range(bins.shape[0]):
        starts[bins[q] + 1] += 1
    for b in range(1, starts.shape[0]):
        starts[b] += starts[b - 1]
    for q in range(bins.shape[0]):
        place = starts[bins[q]]
        order[place] = q
        starts[bins[q]] = place + 1
