"""Compiled loops that build a kd-tree.

A node halves its rows across the widest side of a box around a sample of them. What is
split is a list of row numbers beside a list of keys, the rows' coordinates on that side.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.neighbors.search.addresses import inlined

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


@kernel
def _sort_keys(keys: Float64, rows: Indices, start: int, stop: int) -> None:
    """Sort keys and the rows beside them by insertion."""
    for i in range(start + 1, stop):
        key, row = keys[i], rows[i]
        hole = i
        while hole > start and keys[hole - 1] > key:
            keys[hole], rows[hole] = keys[hole - 1], rows[hole - 1]
            hole -= 1
        keys[hole], rows[hole] = key, row


@kernel
def _pivot(keys: Float64, start: int, stop: int, target: int, sample: Float64) -> float:
    """Guess the key of rank `target` from a sample of the keys."""
    size = min(sample.shape[0], max(3, (stop - start) // 16))
    step = (stop - start) // size
    for s in range(size):
        key = keys[start + s * step]
        hole = s
        while hole > 0 and sample[hole - 1] > key:
            sample[hole] = sample[hole - 1]
            hole -= 1
        sample[hole] = key
    return float(sample[(target - start) * size // (stop - start)])


@kernel
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


@kernel
def _widest(rows: Floats, order: Indices, start: int, stop: int, box: Float64) -> int:
    """Return the widest side of a box around a sample of the rows."""
    n_columns = rows.shape[1]
    size = min(_SAMPLE, stop - start)
    step = (stop - start) // size
    for j in range(n_columns):
        box[0, j] = box[1, j] = rows[order[start], j]
    for s in range(1, size):
        row = order[start + s * step]
        for j in range(n_columns):
            value = rows[row, j]
            box[0, j] = value if value < box[0, j] else box[0, j]
            box[1, j] = value if value > box[1, j] else box[1, j]
    widest, width = 0, -1.0
    for j in range(n_columns):
        extent = 0.5 * box[1, j] - 0.5 * box[0, j]  # halves: their difference cannot overflow
        if extent > width:
            widest, width = j, extent
    return widest


@kernel
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
    n_rows = tree.n_rows
    first = root * n_rows >> level
    keys = np.empty(order.shape[0])
    sample = np.empty(_SAMPLE)
    box = np.empty((2, rows.shape[1]))
    for here in range(level, stop_level):
        for i in range(root << (here - level), (root + 1) << (here - level)):
            start = (i * n_rows >> here) - first
            stop = ((i + 1) * n_rows >> here) - first
            middle = ((2 * i + 1) * n_rows >> (here + 1)) - first
            side = _widest(rows, order, start, stop, box)
            for place in range(start, stop):
                keys[place] = rows[order[place], side]
            _select(keys, order, start, stop, middle, sample)
            node = (1 << here) - 1 + i
            tree.sides[node], tree.cuts[node] = side, keys[middle]


@kernel
def fill_leaves(
    tree: Tree, rows: Float64, order: Indices, numbers: Indices, first_leaf: int
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
    first_leaf : int
    """
    n_columns = rows.shape[1]
    first = first_leaf * tree.n_rows >> tree.depth
    leaf, stop = first_leaf, first
    while stop - first < order.shape[0]:
        start, stop = stop, (leaf + 1) * tree.n_rows >> tree.depth
        for lane in range(tree.blocks.shape[2]):
            row = order[min(start + lane, stop - 1) - first]  # a leaf's last row fills its block
            for j in range(n_columns):
                tree.blocks[leaf, j, lane] = rows[row, j]
            tree.numbers[leaf, n_columns, lane] = numbers[row]
        if tree.depth > 0:  # a root that is a leaf has no box
            _bound_leaf(tree, leaf)
        leaf += 1


@inlined
def _bound_leaf(tree: Tree, leaf: int) -> None:
    """Write a leaf's tight box into its lane of its parent."""
    child = tree.boxes.shape[0] + leaf - 1 + tree.first_lane
    group, lane = child // LANES, child % LANES
    for j in range(tree.boxes.shape[1]):
        low = high = tree.blocks[leaf, j, 0]
        for place in range(1, tree.blocks.shape[2]):
            value = tree.blocks[leaf, j, place]
            low = value if value < low else low
            high = value if value > high else high
        tree.boxes[group, j, 0, lane], tree.boxes[group, j, 1, lane] = low, high


def bound_groups(tree: Tree) -> None:
    """Write the tight boxes of all groups, whose leaves' boxes are there, into their parents."""
    tree.boxes[0, :, 0, : tree.first_lane] = np.inf  # lanes without a child
    tree.boxes[0, :, 1, : tree.first_lane] = -np.inf
    n_groups, n_leaves = tree.boxes.shape[0], tree.blocks.shape[0]
    parents = np.arange(n_groups, n_groups + n_leaves)
    while (parents := np.unique((parents - 1 + tree.first_lane) // LANES))[0] > 0:
        groups, lanes = np.divmod(parents - 1 + tree.first_lane, LANES)
        boxes = tree.boxes[parents]
        tree.boxes[groups, :, 0, lanes] = boxes[:, :, 0].min(axis=2)
        tree.boxes[groups, :, 1, lanes] = boxes[:, :, 1].max(axis=2)
