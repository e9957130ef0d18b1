"""Compiled loops that bring queries into an order in which neighbours follow each other."""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.addresses import inlined
from trivium.neighbors.search.kd_tree.build import LANES, Tree

_WALKERS = 16


@inlined
def _cell(x: float, lower: float, upper: float, n_cells: int) -> int:
    """Cut an interval into equal cells and return the number of the one nearest to x."""
    width = 0.5 * upper - 0.5 * lower  # halves: differences cannot overflow
    if not width > 0.0:
        return 0
    share = max((0.5 * x - 0.5 * lower) / width, 0.0)
    return int(min(share * n_cells, n_cells - 1.0))


@inlined
def _longest(lower: Float64, upper: Float64) -> tuple[int, int]:
    """Return the longest and the second longest side of a box."""
    long, short = 0, 0
    first, second = -1.0, -1.0
    for j in range(lower.shape[0]):
        extent = 0.5 * upper[j] - 0.5 * lower[j]
        if extent > first:
            short, second = long, first
            long, first = j, extent
        elif extent > second:
            short, second = j, extent
    return long, short


@kernel
def query_bins(tree: Tree, queries: Floats, bits: int, bins: Indices) -> None:
    """Find each query's bin: its leaf, then its cell in that leaf's box.

    The 2^bits cells of a leaf lie in a plane of its longest sides, and are numbered to
    and fro.
    """
    n_columns = queries.shape[1]
    n_inner = tree.sides.shape[0]
    n_groups = tree.boxes.shape[0]
    n_long = 1 << ((bits + 1) // 2 if n_columns > 1 else bits)
    n_short = (1 << bits) // n_long
    for first in range(0, queries.shape[0], _WALKERS):
        last = min(first + _WALKERS, queries.shape[0])
        bins[first:last] = 0
        for _ in range(tree.depth):  # side by side: each step of one waits for memory
            for q in range(first, last):
                node = bins[q]
                bins[q] = 2 * node + 1 + (queries[q, tree.sides[node]] >= tree.cuts[node])
    for q in range(queries.shape[0]):
        bins[q] = leaf = bins[q] - n_inner
        if bits > 0:
            child = n_groups + leaf - 1 + tree.first_lane
            group, lane = child // LANES, child % LANES
            lower, upper = tree.boxes[group, :, 0, lane], tree.boxes[group, :, 1, lane]
            long, short = _longest(lower, upper)
            row = _cell(queries[q, long], lower[long], upper[long], n_long)
            column = _cell(queries[q, short], lower[short], upper[short], n_short)
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
