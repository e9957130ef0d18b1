"""What every search of a kd-tree does: measure boxes and rows, and walk down.

The functions work on addresses; see `search.addresses`.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.addresses import address, inlined
from trivium.neighbors.search.kd_tree.build import LANES, Tree
from trivium.neighbors.search.kd_tree.lanes import MOST_ROWS, QUERIES, Lists
from trivium.neighbors.search.lists import FEW, Candidates
from trivium.neighbors.search.measures import (
    SQUARE_ROOT,
    SQUARES,
    VANISHED,
    Measure,
    add_difference,
    distance_of,
    is_lost,
    pair_distance,
)

_STACK = 256  # a path of a tree of 2^62 rows: seven more nodes each three levels


class Forest(NamedTuple):
    """A tree's addresses and sizes; its arrays are kept alive by the caller."""

    measure: Measure
    boxes: Float64
    blocks: Float64
    numbers: Indices
    n_columns: int
    n_groups: int
    width: int
    lanes: int
    depth: int
    n_rows: int
    first_lane: int
    margin: float


class Desk(NamedTuple):
    """Addresses of room to work in."""

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


@inlined
def forest_of(measure: Measure, tree: Tree) -> Forest:
    """Look up a tree's addresses and sizes."""
    n_columns, width = tree.blocks.shape[1] - 1, tree.blocks.shape[2]
    return Forest(
        measure,
        address(tree.boxes, 0),
        address(tree.blocks, 0),
        address(tree.numbers, 0),
        n_columns,
        tree.boxes.shape[0],
        width,
        tree.boxes.shape[3],
        tree.depth,
        tree.n_rows,
        tree.first_lane,
        # Two distances and their sum, each rounded about once a column, and power roots.
        1.0 + (n_columns + 2048) * 2.0**-50,
    )


@inlined
def _gap(low: float, high: float, lower: float, upper: float) -> float:
    """Distance between two intervals."""
    left, right = lower - high, low - upper
    gap = left if left > right else right
    return gap if gap > 0.0 else 0.0


@inlined
def box_distances(
    forest: Forest,
    desk: Desk,
    boxes: Float64,
    at: int,
    size: int,
    steps: tuple[int, int],
    reduced: Float64,
) -> None:
    """Reduced distances from the desk's box, `low` to `high`, to others.

    Upper sides lie steps[0] behind lower ones (0: boxes are points), columns steps[1] apart.
    """
    for r in range(size):
        reduced[r] = 0.0
    for j in range(forest.n_columns):
        low, high = desk.low[j], desk.high[j]
        if forest.measure.form == SQUARES:  # a loop of its own, which vectorises
            for r in range(at, at + size):
                gap = _gap(low, high, boxes[r], boxes[r + steps[0]])
                reduced[r - at] += gap * gap
        else:
            for r in range(at, at + size):
                gap = _gap(low, high, boxes[r], boxes[r + steps[0]])
                reduced[r - at] = add_difference(forest.measure, reduced[r - at], gap)
        at += steps[1]


@inlined
def row_distances(
    forest: Forest, point: Float64, rows: Float64, at: int, step: int, size: int, reduced: Float64
) -> None:
    """Reduced distances from a point to rows stored column by column, `step` apart."""
    measure, n_columns = forest.measure, forest.n_columns
    for r in range(size):
        reduced[r] = 0.0
    if measure.form != SQUARES:
        for j in range(n_columns):
            x = point[j]
            for r in range(size):
                reduced[r] = add_difference(measure, reduced[r], x - rows[at + r])
            at += step
        return
    for j in range(0, n_columns - 1, 2):  # two at a time: half as many loads and stores
        x, y = point[j], point[j + 1]
        for r in range(size):
            first, second = x - rows[at + r], y - rows[at + step + r]
            reduced[r] = (reduced[r] + first * first) + second * second
        at += 2 * step
    for j in range(n_columns - n_columns % 2, n_columns):
        x = point[j]
        for r in range(size):
            difference = x - rows[at + r]
            reduced[r] += difference * difference


@inlined
def admit(
    forest: Forest,
    desk: Desk,
    rows: Float64,
    at: int,
    step: int,
    size: int,
    limit: float,
    count: int,
) -> int:
    """Append those of some measured rows that are within a limit to the candidates."""
    keys, places, reduced = desk.found.keys, desk.found.places, desk.reduced
    before = count
    for r in range(size):
        places[count] = r
        count += reduced[r] <= limit
    for h in range(before, count):
        r = places[h]
        keys[h] = reduced[r]
        places[h] = at + r
    if to_distances(forest.measure, keys, before, count) > 0:
        _measure_again(forest, desk, rows, at, step, before, count)
    return count


@inlined
def to_distances(measure: Measure, keys: Float64, start: int, stop: int) -> int:
    """Turn reduced distances into distances; return how many of them are lost."""
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
def _measure_again(
    forest: Forest, desk: Desk, rows: Float64, at: int, step: int, start: int, stop: int
) -> None:
    """Take the distances of some candidates whose squares may have left float64."""
    query, row = np.empty(forest.n_columns), np.empty(forest.n_columns)
    for j in range(forest.n_columns):
        query[j] = desk.point[j]
    for h in range(start, stop):
        place = desk.found.places[h]
        for j in range(forest.n_columns):
            row[j] = rows[place + j * step]
        desk.found.keys[h] = pair_distance(forest.measure, desk.reduced[place - at], query, row)


@inlined
def leaf_size(forest: Forest, leaf: int) -> int:
    """Count a leaf's rows."""
    return ((leaf + 1) * forest.n_rows >> forest.depth) - (leaf * forest.n_rows >> forest.depth)


@inlined
def child_distances(forest: Forest, desk: Desk, group: int) -> None:
    """Measure a group's boxes."""
    lanes = forest.lanes
    at = group * forest.n_columns * 2 * lanes
    steps = (lanes, 2 * lanes)
    box_distances(forest, desk, forest.boxes, at, lanes, steps, desk.group_bounds)


def _aligned(size: int, dtype: type = np.float64) -> Any:
    """Allocate numbers from the beginning of a line of the cache on: eight of them fill one."""
    room: Any = np.zeros(size + 8, dtype)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + size]


def spread_arrays(
    n_columns: int, width: int, room: int, n_queries: int
) -> tuple[tuple[Float64, ...], tuple[Indices, ...], Any]:
    """Allocate what `desk_of` needs; whoever calls it keeps the arrays.

    `width` is the number of rows measured at once, `room` that of candidates.
    """
    floats = (
        np.zeros((3, n_columns)),
        np.empty(width),
        np.empty(_STACK),
        np.empty(LANES),
        np.empty(room),
        np.empty(2 * FEW),
        _aligned(QUERIES * (n_columns + 1)),
        _aligned(QUERIES * room),
        _aligned(QUERIES * width),
    )
    integers = (
        np.empty(_STACK, np.intp),
        np.empty(room, np.intp),
        np.empty((3, 2 * FEW), np.intp),
        _aligned(QUERIES * room, np.intp),
        np.empty(n_queries, np.intp),
    )
    return floats, integers, np.zeros(MOST_ROWS, np.uint8)


@inlined
def desk_of(floats: tuple[Float64, ...], integers: tuple[Indices, ...], near: Any) -> Desk:
    """Lay out the arrays of `spread_arrays`."""
    few = 2 * FEW
    d = floats[0].shape[1]
    return Desk(
        point=address(floats[0], 0),
        low=address(floats[0], d),
        high=address(floats[0], 2 * d),
        reduced=address(floats[1], 0),
        nodes=address(integers[0], 0),
        bounds=address(floats[2], 0),
        group_bounds=address(floats[3], 0),
        found=Candidates(
            address(floats[4], 0),
            address(integers[1], 0),
            address(floats[5], 0),
            address(integers[2], 0),
            address(integers[2], few),
            address(integers[2], 2 * few),
        ),
        lists=Lists(
            points=address(floats[6], 0),
            bars=address(floats[6], QUERIES * d),
            keys=address(floats[7], 0),
            places=address(integers[3], 0),
            measured=address(floats[8], 0),
            near=address(near, 0),
        ),
        later=address(integers[4], 0),
    )


@inlined
def move(forest: Forest, desk: Desk, points: Float64, i: int) -> float:
    """Put a query on the desk; return its reduced distance from the one before."""
    d = forest.n_columns
    step = 0.0
    for j in range(d):
        x = points[i * d + j]
        step = add_difference(forest.measure, step, x - desk.point[j])
        desk.point[j] = desk.low[j] = desk.high[j] = x
    return step


@inlined
def next_leaf(forest: Forest, desk: Desk, limit: float, top: int) -> tuple[int, int]:
    """Take nodes from the stack up to the first leaf; return it and the stack's size.

    Only what is within a limit of the desk's box is put on the stack. To begin with, it
    holds the root; when it is empty, the leaf is -1.
    """
    while top > 0:
        top -= 1
        node = desk.nodes[top]
        if node >= forest.n_groups:
            return node - forest.n_groups, top
        child_distances(forest, desk, node)
        for lane in range(forest.first_lane if node == 0 else 0, LANES):
            desk.nodes[top] = LANES * node + lane + 1 - forest.first_lane
            top += desk.group_bounds[lane] <= limit
    return -1, 0
