"""Compiled loops that build a kd-tree.

A node halves its rows across the widest side of a box around a sample of them. What is
split is a list of row numbers beside a list of keys, the rows' coordinates on that side.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address, inlined

LANES = 8
"""Boxes in a group."""

_SAMPLE = 64
_FEW = 12


class Tree(NamedTuple):
    """A balanced kd-tree of 2^depth leaves.

    Three levels of it make a group: a node's (up to) eight descendants three levels
    down, whose boxes are measured at once. Group g has the children
    8 g + lane + 1 - first_lane, groups or, from n_groups on, leaves; the root may have
    only two or four, in its last lanes.

    Attributes
    ----------
    boxes : ndarray of shape (n_groups, d, 2, 8)
        Least and greatest coordinates of the rows of each child of each group.
    blocks : ndarray of shape (n_leaves, d + 1, width)
        Each leaf's rows column by column; a last column holds their numbers, as `numbers`.
    numbers : ndarray of shape (n_leaves, d + 1, width)
        The memory of `blocks`, read as integers.
    sides, cuts : ndarrays of shape (n_leaves - 1,)
        Node i of the binary tree has the children 2i + 1 and 2i + 2, and rows whose column
        sides[i] is more than cuts[i] are right of it, those for which it is less are left.
    n_rows, depth, first_lane : int
        Leaf l holds the places from l n_rows / 2^depth up to (l + 1) n_rows / 2^depth.
    """

    boxes: Float64
    blocks: Float64
    numbers: Indices
    sides: Indices
    cuts: Float64
    n_rows: int
    depth: int
    first_lane: int


@inlined
def _sort_keys(keys: Float64, rows: Indices, start: int, stop: int) -> None:
    """Sort keys and the rows beside them by insertion."""
    for i in range(start + 1, stop):
        key, row = keys[i], rows[i]
        hole = i
        while hole > start and keys[hole - 1] > key:
            keys[hole], rows[hole] = keys[hole - 1], rows[hole - 1]
            hole -= 1
        keys[hole], rows[hole] = key, row


@inlined
def _pivot(keys: Float64, start: int, stop: int, target: int, sample: Float64) -> float:
    """Guess the key of rank `target` from a sample of the keys."""
    size = (stop - start) // 16
    size = 3 if size < 3 else (_SAMPLE if size > _SAMPLE else size)
    step = (stop - start) // size
    for s in range(size):
        key = keys[start + s * step]
        hole = s
        while hole > 0 and sample[hole - 1] > key:
            sample[hole] = sample[hole - 1]
            hole -= 1
        sample[hole] = key
    guess: float = sample[(target - start) * size // (stop - start)]
    return guess


@inlined
def _select(
    keys: Float64, rows: Indices, start: int, stop: int, target: int, sample: Float64
) -> None:
    """Bring the key of rank `target` to its place, no greater one before, no smaller behind.

    Quickselect; both sides of a partition are written without a branch on the key.
    """
    while stop - start > _FEW:
        pivot = _pivot(keys, start, stop, target, sample)
        middle = start
        for i in range(start, stop):
            key, row = keys[i], rows[i]
            keys[i], rows[i] = keys[middle], rows[middle]
            keys[middle], rows[middle] = key, row
            middle += key < pivot
        if target < middle:
            stop = middle
            continue
        if middle == start:  # none is smaller: bring those that equal it to the front
            for i in range(start, stop):
                key, row = keys[i], rows[i]
                keys[i], rows[i] = keys[middle], rows[middle]
                keys[middle], rows[middle] = key, row
                middle += key <= pivot
            if target < middle:
                return
        start = middle
    _sort_keys(keys, rows, start, stop)


@inlined
def _widest(
    rows: Floats, order: Indices, start: int, stop: int, low: Float64, high: Float64
) -> int:
    """Return the widest side of a box around a sample of the rows."""
    n_columns = rows.shape[1]
    size = stop - start
    size = _SAMPLE if size > _SAMPLE else size
    step = (stop - start) // size
    for j in range(n_columns):
        low[j] = high[j] = rows[order[start], j]
    for s in range(1, size):
        row = order[start + s * step]
        for j in range(n_columns):
            value = rows[row, j]
            low[j] = value if value < low[j] else low[j]
            high[j] = value if value > high[j] else high[j]
    widest, width = 0, -1.0
    for j in range(n_columns):
        extent = 0.5 * high[j] - 0.5 * low[j]  # halves: their difference cannot overflow
        if extent > width:
            widest, width = j, extent
    return widest


def split_levels(
    tree: Tree, rows: Floats, order: Indices, root: int, level: int, stop_level: int
) -> None:
    """Split the nodes of some levels below one node; see `Tree` for what it owns.

    Parameters
    ----------
    tree : Tree
    rows : ndarray of shape (m, d)
    order : ndarray of shape (m,)
        The root's rows; permuted in place.
    root : int
        The root's number in its level.
    level, stop_level : int
        The root's level, and one past the last that is split.
    """
    room = np.empty(order.shape[0]), np.empty(_SAMPLE), np.empty((2, rows.shape[1]))
    _split_levels(tree.sides, tree.cuts, tree.n_rows, rows, order, (root, level, stop_level), room)


@kernel
def _split_levels(
    sides: Indices,
    cuts: Float64,
    n_rows: int,
    rows: Floats,
    numbers: Indices,
    levels: tuple[int, int, int],
    room: tuple[Float64, Float64, Float64],
) -> None:
    """Do so with room for a key of each row, a sample of keys, and a box."""
    root, level, stop_level = levels
    order, keys, sample = address(numbers, 0), address(room[0], 0), address(room[1], 0)
    low, high = address(room[2], 0), address(room[2], rows.shape[1])
    first = root * n_rows >> level
    for here in range(level, stop_level):
        for i in range(root << (here - level), (root + 1) << (here - level)):
            start = (i * n_rows >> here) - first
            stop = ((i + 1) * n_rows >> here) - first
            middle = ((2 * i + 1) * n_rows >> (here + 1)) - first
            side = _widest(rows, order, start, stop, low, high)
            for place in range(start, stop):
                keys[place] = rows[order[place], side]
            _select(keys, order, start, stop, middle, sample)
            node = (1 << here) - 1 + i
            sides[node], cuts[node] = side, keys[middle]


def fill_leaves(
    tree: Tree, rows: Float64, order: Indices, numbers: Indices, leaves: tuple[int, int]
) -> None:
    """Write the blocks and the tight boxes of some leaves, which share the rows in `order` evenly.

    Parameters
    ----------
    tree : Tree
    rows : ndarray of shape (m, d)
    order : ndarray of shape (m,)
        The rows leaf by leaf.
    numbers : ndarray of shape (m,)
        The rows' numbers.
    leaves : tuple of int
        The first leaf, and one past the last.
    """
    shift = tree.boxes.shape[0] - 1 + tree.first_lane if tree.depth > 0 else -1
    sizes = (*leaves, tree.n_rows, tree.depth, shift)
    _fill_leaves(tree.boxes, (tree.blocks, tree.numbers), rows, (order, numbers), sizes)


@kernel
def _fill_leaves(
    boxes: Float64,
    blocks: tuple[Float64, Indices],
    rows: Float64,
    own: tuple[Indices, Indices],
    sizes: tuple[int, int, int, int, int],
) -> None:
    """Do so; the last of the sizes is the child that leaf 0 is, -1 for a root without a box."""
    first, stop, n_rows, depth, shift = sizes
    d, width = rows.shape[1], blocks[0].shape[2]
    near, order, numbers = address(rows, 0), address(own[0], 0), address(own[1], 0)
    cells, rows_of = address(blocks[0], 0), address(blocks[1], 0)
    bounds, begin = address(boxes, 0), first * n_rows >> depth
    for leaf in range(first, stop):
        start, end = (leaf * n_rows >> depth) - begin, ((leaf + 1) * n_rows >> depth) - begin
        size, to = end - start, leaf * (d + 1) * width
        child = leaf + shift
        side = child // LANES * d * 2 * LANES + child % LANES
        for j in range(d):
            low = high = near[order[start] * d + j]
            for r in range(size):
                x = near[order[start + r] * d + j]
                cells[to + r] = x
                low = x if x < low else low
                high = x if x > high else high
            for r in range(size, width):  # the last row fills the block
                cells[to + r] = cells[to + size - 1]
            if shift >= 0:
                bounds[side], bounds[side + LANES] = low, high
            side, to = side + 2 * LANES, to + width
        for r in range(width):
            rows_of[to + r] = numbers[order[start + r if r < size else end - 1]]


def lanes_of_leaves(tree: Tree, leaves: tuple[int, int]) -> tuple[Indices, Indices]:
    """Return the group and the lane in it of each of some leaves.

    Parameters
    ----------
    tree : Tree
    leaves : tuple of int
        The first leaf, and one past the last.

    Returns
    -------
    groups, lanes : ndarrays of shape (n_leaves,)
    """
    children = np.arange(*leaves) + (tree.boxes.shape[0] - 1 + tree.first_lane)
    return np.divmod(children, LANES)


def bound_groups(tree: Tree) -> None:
    """Write the tight boxes of all groups, whose leaves' boxes are there, into their parents."""
    tree.boxes[0, :, 0, : tree.first_lane] = np.inf  # lanes without a child
    tree.boxes[0, :, 1, : tree.first_lane] = -np.inf
    _bound_groups(tree.boxes, tree.first_lane)


@kernel
def _bound_groups(boxes: Float64, first_lane: int) -> None:
    """Do so, from the last group to the first that has a parent."""
    d, bounds = boxes.shape[1], address(boxes, 0)
    for group in range(boxes.shape[0] - 1, 0, -1):
        child = group - 1 + first_lane
        of, to = group * d * 2 * LANES, child // LANES * d * 2 * LANES + child % LANES
        for _ in range(d):
            low, high = bounds[of], bounds[of + LANES]
            for lane in range(1, LANES):
                x, y = bounds[of + lane], bounds[of + LANES + lane]
                low = x if x < low else low
                high = y if y > high else high
            bounds[to], bounds[to + LANES] = low, high
            of, to = of + 2 * LANES, to + 2 * LANES
