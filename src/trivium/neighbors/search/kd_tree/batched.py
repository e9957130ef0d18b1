"""Eight queries whose lists are kept by `simd_lists`: what comes before and after the search.

Lists begin empty, with bars: a bound carried over from the query before, which is
certain, or a guess from the eight before, which shows in the end whether it was enough.
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.intrinsics import inlined, prefetch
from trivium.neighbors.search.kd_tree.simd_lists import QUERIES
from trivium.neighbors.search.kd_tree.traversal import (
    TreeView,
    Workspace,
    measure_again,
    to_distances,
)
from trivium.neighbors.search.measures import (
    SQUARE_ROOT,
    add_difference,
    is_lost,
    limit_after_step,
)
from trivium.neighbors.search.selection import sort_by_insertion

_A_LINE = 8  # numbers in a line of the cache


@inlined
def gather(
    view: TreeView,
    work: Workspace,
    points: Float64,
    first: int,
    length: int,
    worst: float,
    guess: float,
) -> None:
    """Put eight queries in the workspace, with empty lists.

    `worst` is the distance from the workspace's point to its k-th row, `guess` a reduced distance.
    """
    d, lists = view.n_columns, work.lists
    for entry in range(QUERIES * length):
        lists.keys[entry], lists.places[entry] = np.inf, -1
    for lane in range(QUERIES):
        lists.bars[lane] = 0.0
    for j in range(d):
        low, high = np.inf, -np.inf
        for lane in range(QUERIES):
            x = points[(first + lane) * d + j]
            lists.points[QUERIES * j + lane] = x
            step = x - work.point[j]
            lists.bars[lane] = add_difference(view.measure, lists.bars[lane], step)
            low, high = min(low, x), max(high, x)
        work.low[j], work.high[j] = low, high
    for lane in range(QUERIES):
        carried = limit_after_step(view.measure, worst, lists.bars[lane], view.margin)
        lists.bars[lane] = min(carried, guess)


@inlined
def announce(
    which: Indices, first: int, lanes: int, wanted: int, targets: tuple[Float64, Indices]
) -> None:
    """Bring near where the answers of some queries will be written, all over the memory."""
    distances, indices = targets
    for lane in range(lanes):
        to = which[first + lane] * wanted
        for entry in range(0, wanted, _A_LINE):
            prefetch(distances, to + entry)
            prefetch(indices, to + entry)
        prefetch(distances, to + wanted - 1)
        prefetch(indices, to + wanted - 1)


@inlined
def farthest(work: Workspace, k: int) -> float:
    """Greatest key behind the first k of the eight lists; infinite where any list is shorter."""
    largest = 0.0
    for lane in range(QUERIES):
        largest = max(largest, work.lists.keys[QUERIES * k + lane])
    return largest


@inlined
def settle(view: TreeView, work: Workspace, k: int, lanes: int) -> bool:
    """Turn the keys of some lists into distances; say whether any list needs a closer look.

    One does where distances tie, or squares may have left float64.
    """
    keys = work.lists.keys
    odd = 0
    for lane in range(lanes):
        odd |= is_lost(view.measure, keys[lane])
    to_distances(view.measure, keys, 0, lanes * (k + 1))
    for entry in range(lanes * k):
        odd |= keys[entry] == keys[entry + lanes]
    return odd != 0


@inlined
def _measured_again(view: TreeView, work: Workspace, lane: int, place: int, lanes: int) -> float:
    """Distance of a query and a row that is as near as can be, or nearly so.

    The box in the workspace makes room for the query.
    """
    point, points = work.low, work.lists.points if lanes > 1 else work.point
    same = True
    for j in range(view.n_columns):
        point[j] = points[lanes * j + lane]
        same &= point[j] == view.blocks[place + j * view.width]
    return 0.0 if same else measure_again(view, point, place)


@inlined
def certain(view: TreeView, work: Workspace, lane: int, k: int, lanes: int) -> bool:
    """Sort one of the settled lists by row numbers too; say whether its first k rows are certain.

    They are not where the next row is as far away, for so may be one that was not kept,
    or where its squares may have vanished too.
    """
    found, lists = work.found, work.lists
    for entry in range(k):
        key, place = lists.keys[lanes * entry + lane], lists.places[lanes * entry + lane]
        if view.measure.root == SQUARE_ROOT and key < 2.0**-480:
            key = _measured_again(view, work, lane, place, lanes)
        found.keys[entry], found.places[entry] = key, place
    next_key = lists.keys[lanes * k + lane]
    if view.measure.root == SQUARE_ROOT and next_key < 2.0**-480:
        return False
    shift = view.n_columns * view.width
    sort_by_insertion(found.keys, found.places, 0 * k, k, view.numbers, shift)
    for entry in range(k):
        lists.keys[lanes * entry + lane] = found.keys[entry]
        lists.places[lanes * entry + lane] = found.places[entry]
    return bool(found.keys[k - 1] < next_key)


@inlined
def most_together(n_columns: int, k: int, apart: float) -> float:
    """Leaves that eight queries may look at together, to cost no more than `apart` by themselves.

    Measured: nanoseconds of leaves and lists, in two to four columns. At once, a leaf's rows are
    measured one by one for eight queries that each may need other leaves; apart, eight rows for
    one query. Each row that enters a list passes all that it holds; the more columns, the fewer
    rows of a leaf do.
    """
    passing = min(20.0, 48.0 / (n_columns * n_columns)) * k
    by_themselves = apart * (110 + 8 * n_columns) + 700 + 200 * k
    return (by_themselves - 600 - 60 * (n_columns - 1) * k) / (40 * n_columns - 30 + passing)
