"""Compiled loops that build a kd-tree.

A node halves its rows across the widest side of a box around a sample of them. What is
split is a list of keys, the rows' coordinates on that side, as bits: of numbers that are not
negative these have the same order. The last bits are the row's number, so that one number is
moved for both, and no two are equal.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import address, inlined
from trivium.neighbors.search.kd_tree.ranks import LAST_KEY, MOST_KEYS, of_rank

LANES = 8
"""Boxes in a group."""

_BOX_SAMPLE = 32
_LEAST_SAMPLE = 8


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
        sides[i] is more than cuts[i] are right of it, those for which it is less are left; but
        for the last bits, for which nothing but the leaf that a search begins with depends on.
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
def _pivot(keys: Indices, start: int, stop: int, target: int, sample: Indices) -> int:
    """Return the key of rank `target` among few; among many guess it from a sample.

    A guess errs to the side on which more keys are, so that fewer are left. It is never the least.
    """
    left = stop - start
    size, rank = left, target - start
    if left > MOST_KEYS:
        size = left // 8
        size = _LEAST_SAMPLE if size < _LEAST_SAMPLE else (MOST_KEYS if size > MOST_KEYS else size)
        rank = rank * size // left
        shift = 1 + size // 16
        if 4 * rank < size:
            rank += shift
        elif 4 * rank > 3 * size:
            rank -= shift
    step = left // size
    for s in range(size):
        sample[s] = keys[start + s * step]
    for s in range(size, MOST_KEYS):
        sample[s] = LAST_KEY
    key: int = of_rank(sample, size, rank)
    return key


@inlined
def _select(keys: Indices, start: int, stop: int, target: int, sample: Indices) -> int:
    """Return the key of rank `target`; bring what is smaller before that place, the rest behind.

    Quickselect; both sides of a partition are written without a branch on the key.
    """
    while True:
        last = stop - start <= MOST_KEYS
        pivot = _pivot(keys, start, stop, target, sample)
        middle = start
        for i in range(start, stop):
            key = keys[i]
            keys[i] = keys[middle]
            keys[middle] = key
            middle += key < pivot
        if last:
            return pivot
        if target < middle:
            stop = middle
        else:
            start = middle


@inlined
def _widest(
    rows: Floats, order: Indices, start: int, stop: int, low: Float64, high: Float64
) -> int:
    """Return the widest side of a box around a sample of the rows."""
    n_columns = rows.shape[1]
    size = stop - start
    size = _BOX_SAMPLE if size > _BOX_SAMPLE else size
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
    levels = root, level, stop_level
    keys = np.empty(order.shape[0])
    room = keys, keys.view(np.intp), np.empty(MOST_KEYS, np.intp), np.empty((2, rows.shape[1]))
    _split_levels(tree.sides, tree.cuts, tree.n_rows, rows, order, levels, room)


@kernel
def _split_levels(
    sides: Indices,
    cuts: Float64,
    n_rows: int,
    rows: Floats,
    numbers: Indices,
    levels: tuple[int, int, int],
    room: tuple[Float64, Indices, Indices, Float64],
) -> None:
    """Do so with room for a key of each row, as a number and as bits, for a sample, and a box.

    A node comes before its children, and these before the next node of its level: so the rows
    are in the nearest cache as long as they are of use.
    """
    root, level, stop_level = levels
    order, sample = address(numbers, 0), address(room[2], 0)
    halves, keys = address(room[0], 0), address(room[1], 0)
    low, high = address(room[3], 0), address(room[3], rows.shape[1])
    first, own = root * n_rows >> level, 1
    while own < rows.shape[0]:
        own *= 2
    own -= 1  # the bits of a row's number
    for leaf in range(0, 1 << (stop_level - level), 2):
        for here in range(level, stop_level):
            below = stop_level - here
            if leaf & ((1 << below) - 1):
                continue
            i = (root << (here - level)) + (leaf >> below)
            start = (i * n_rows >> here) - first
            stop = ((i + 1) * n_rows >> here) - first
            middle = ((2 * i + 1) * n_rows >> (here + 1)) - first
            side = _widest(rows, order, start, stop, low, high)
            least = 0.5 * low[side]
            for place in range(start, stop):  # halves: their difference cannot overflow
                halves[place] = 0.5 * rows[order[place], side] - least
            for place in range(start, stop):
                key = keys[place]
                keys[place] = ((key if key > 0 else 0) & ~own) | order[place]
            cut = _select(keys, start, stop, middle, sample)
            for place in range(start, stop):
                order[place] = keys[place] & own
            node = (1 << here) - 1 + i
            sides[node], cuts[node] = side, rows[cut & own, side]


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
