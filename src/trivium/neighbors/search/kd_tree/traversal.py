"""What every search of a kd-tree does: measure boxes and rows, and walk down.

The functions work on addresses; see `search.intrinsics`.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import inlined
from trivium.neighbors.search.kd_tree.build import LANES, Tree
from trivium.neighbors.search.kd_tree.simd_boxes import measure_boxes
from trivium.neighbors.search.kd_tree.simd_lists import FORMS, MOST_ROWS, QUERIES, Lists
from trivium.neighbors.search.measures import (
    SQUARE_ROOT,
    SQUARES,
    VANISHED,
    Measure,
    add_difference,
    distance_of,
    is_lost,
    measured_again,
)
from trivium.neighbors.search.selection import FEW, Candidates

_STACK = 256  # a path of a tree of 2^62 rows: seven more nodes each three levels


class TreeView(NamedTuple):
    """A tree's arrays, in kernels their addresses, and sizes."""

    measure: Measure
    boxes: Float64
    blocks: Float64
    numbers: Indices
    n_columns: int
    n_groups: int
    width: int
    depth: int
    n_rows: int
    first_lane: int
    margin: float


class Workspace(NamedTuple):
    """Arrays to work in; in kernels their addresses."""

    point: Float64
    low: Float64
    high: Float64
    reduced: Float64
    nodes: Indices
    bounds: Float64
    group_bounds: Float64
    found: Candidates
    lists: Lists
    later: Indices


def view_of(measure: Measure, tree: Tree) -> TreeView:
    """Gather what kernels need of a tree; they take its `addresses`."""
    n_columns, width = tree.blocks.shape[1] - 1, tree.blocks.shape[2]
    return TreeView(
        measure,
        tree.boxes,
        tree.blocks,
        tree.numbers,
        n_columns,
        n_groups=tree.boxes.shape[0],
        width=width,
        depth=tree.depth,
        n_rows=tree.n_rows,
        first_lane=tree.first_lane,
        # Two distances and their sum, each rounded about once a column, and power roots.
        margin=1.0 + (n_columns + 2048) * 2.0**-50,
    )


@inlined
def row_distances(view: TreeView, work: Workspace, leaf: int) -> int:
    """Reduced distances from the workspace's point to a leaf's rows; return where these begin."""
    measure, n_columns, rows, width = view.measure, view.n_columns, view.blocks, view.width
    point, reduced = work.point, work.reduced
    start = at = leaf * (n_columns + 1) * width
    for r in range(width):
        reduced[r] = 0.0
    if measure.form != SQUARES:
        for j in range(n_columns):
            x = point[j]
            for r in range(width):
                reduced[r] = add_difference(measure, reduced[r], x - rows[at + r])
            at += width
        return start
    for j in range(0, n_columns - 1, 2):  # two at a time: half as many loads and stores
        x, y = point[j], point[j + 1]
        for r in range(width):
            first, second = x - rows[at + r], y - rows[at + width + r]
            reduced[r] = (reduced[r] + first * first) + second * second
        at += 2 * width
    for j in range(n_columns - n_columns % 2, n_columns):
        x = point[j]
        for r in range(width):
            difference = x - rows[at + r]
            reduced[r] += difference * difference
    return start


@inlined
def admit(view: TreeView, work: Workspace, at: int, size: int, limit: float, count: int) -> int:
    """Append those of some measured rows that are within a limit to the candidates.

    The rows begin at `at`.
    """
    keys, places, reduced = work.found.keys, work.found.places, work.reduced
    near = 0
    for r in range(size):  # vectorises: most leaves have nothing near
        near |= reduced[r] <= limit
    if near == 0:
        return count
    before = count
    for r in range(size):
        places[count] = r
        count += reduced[r] <= limit
    for h in range(before, count):
        r = places[h]
        keys[h] = reduced[r]
        places[h] = at + r
    if to_distances(view.measure, keys, before, count) > 0:
        for h in range(before, count):
            if is_lost(view.measure, reduced[places[h] - at]):
                keys[h] = measure_again(view, work.point, places[h])
    return count


@inlined
def to_distances(measure: Measure, keys: Float64, start: int, stop: int) -> int:
    """Turn reduced distances into distances; return of how many sums under- or overflowed."""
    lost = 0
    if measure.root == SQUARE_ROOT:  # a loop of its own, which vectorises
        for h in range(start, stop):
            key = keys[h]
            lost += (key < VANISHED) | (key == np.inf)
            keys[h] = math.sqrt(key)
    else:
        for h in range(start, stop):
            lost += is_lost(measure, keys[h])
            keys[h] = distance_of(measure, keys[h])
    return lost


@kernel
def measure_again(view: TreeView, point: Float64, place: int) -> float:
    """Distance of a point and the row at a place, whose squares may have left float64."""
    query, row = np.empty(view.n_columns), np.empty(view.n_columns)
    for j in range(view.n_columns):
        query[j] = point[j]
        row[j] = view.blocks[place + j * view.width]
    return measured_again(view.measure, query, row)


@inlined
def leaf_size(view: TreeView, leaf: int) -> int:
    """Count a leaf's rows."""
    return ((leaf + 1) * view.n_rows >> view.depth) - (leaf * view.n_rows >> view.depth)


@inlined
def child_distances(view: TreeView, work: Workspace, group: int) -> None:
    """Measure a group's boxes, from the workspace's box, `low` to `high`."""
    measure, boxes, bounds = view.measure, view.boxes, work.group_bounds
    at = group * view.n_columns * 2 * LANES
    if measure.form in FORMS:
        measure_boxes(measure.form, work.low, work.high, view.n_columns, boxes, at, bounds)
        return
    for lane in range(at, at + LANES):
        bound = 0.0
        for j in range(view.n_columns):
            side = lane + 2 * LANES * j
            gap = max(boxes[side] - work.high[j], work.low[j] - boxes[side + LANES], 0.0)
            bound = add_difference(measure, bound, gap)
        bounds[lane - at] = bound


def _aligned(size: int, dtype: type = np.float64) -> Any:
    """Allocate numbers from the beginning of a line of the cache on: eight of them fill one."""
    room: Any = np.zeros(size + 8, dtype)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + size]


def workspace_of(n_columns: int, width: int, room: int, n_queries: int) -> Workspace:
    """Allocate what kernels need to search; they take its `addresses`.

    Parameters
    ----------
    n_columns : int
    width : int
        Number of rows that are measured at once.
    room : int
        Number of candidates.
    n_queries : int
        Most queries that may have to be answered later.
    """
    point, low, high = np.zeros((3, n_columns))
    return Workspace(
        point,
        low,
        high,
        reduced=np.empty(width),
        nodes=np.empty(_STACK, np.intp),
        bounds=np.empty(_STACK),
        group_bounds=_aligned(LANES),
        found=Candidates(
            np.empty(room),
            np.empty(room, np.intp),
            np.empty(2 * FEW),
            *np.empty((3, 2 * FEW), np.intp),
        ),
        lists=Lists(
            points=_aligned(QUERIES * n_columns),
            bars=_aligned(QUERIES),
            keys=_aligned(QUERIES * room),
            places=_aligned(QUERIES * room, np.intp),
            measured=_aligned(QUERIES * width),
            near=np.zeros(MOST_ROWS, np.uint8),
        ),
        later=np.empty(n_queries, np.intp),
    )


@inlined
def move(view: TreeView, work: Workspace, points: Float64, i: int) -> float:
    """Put a query in the workspace; return its reduced distance from the one before."""
    d = view.n_columns
    step = 0.0
    for j in range(d):
        x = points[i * d + j]
        step = add_difference(view.measure, step, x - work.point[j])
        work.point[j] = work.low[j] = work.high[j] = x
    return step


@inlined
def next_leaf(view: TreeView, work: Workspace, limit: float, top: int) -> tuple[int, int]:
    """Take nodes from the stack up to the first leaf; return it and the stack's size.

    Only what is within a limit of the workspace's box is put on the stack. To begin with, it
    holds the root; when it is empty, the leaf is -1.
    """
    while top > 0:
        top -= 1
        node = work.nodes[top]
        if node >= view.n_groups:
            return node - view.n_groups, top
        child_distances(view, work, node)
        for lane in range(view.first_lane if node == 0 else 0, LANES):
            work.nodes[top] = LANES * node + lane + 1 - view.first_lane
            top += work.group_bounds[lane] <= limit
    return -1, 0
