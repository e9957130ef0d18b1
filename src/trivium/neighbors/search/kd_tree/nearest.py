"""Compiled loops that search a kd-tree.

Queries come in an order in which neighbours follow each other. Each starts with a bound
carried over from the one before: its k rows are no further away than they were from
there and the step between the two together. Where it costs less, eight are answered
at once (`batched`). One by itself keeps a short list in vectors (`short_list`), or collects
candidates where the list would be long or rows tie.

Every pruning compares lower bounds that are computed like distances are (see `measures`)
with limits that leave room for rounding, and keeps what ties.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import addresses, inlined
from trivium.neighbors.search.kd_tree.batched import (
    announce,
    certain,
    farthest,
    gather,
    most_together,
    settle,
)
from trivium.neighbors.search.kd_tree.build import LANES, Tree
from trivium.neighbors.search.kd_tree.short_list import LONGEST, offer_rows_to_one
from trivium.neighbors.search.kd_tree.simd_boxes import push_near
from trivium.neighbors.search.kd_tree.simd_lists import FORMS, QUERIES, offer_leaf
from trivium.neighbors.search.kd_tree.traversal import (
    TreeView,
    Workspace,
    admit,
    child_distances,
    leaf_size,
    move,
    row_distances,
    view_of,
    workspace_of,
)
from trivium.neighbors.search.measures import Measure, limit_after_step, reduced_limit
from trivium.neighbors.search.selection import arrange

MOST_TOGETHER = 63  # neighbours: an entry of a list costs the same for each of them

_SLACK = 8  # candidates beyond the k-th that are collected before the limit is taken anew
_WIDEN = 1.4  # from the reach of eight lists to the guess for the next
_TRIAL, _SECOND_TRIAL, _BLOCKS_A_TRIAL = 3, 8, 128  # blocks
_FAR_MORE = 2.0  # leaves than would pay: the first of a trial's blocks has no guess
_SOME_UNCERTAIN = 64
_SELDOM = 8  # one in so many: a list that proves uncertain is made twice, and saves a fifth


@inlined
def _search(
    view: TreeView,
    work: Workspace,
    home: int,
    k: int,
    length: int,
    lanes: int,
    limit: float,
    most_leaves: float,
) -> tuple[int, int, int]:
    """Collect candidates for the workspace's queries, among them the k nearest rows of each.

    Starts from the leaf `home`. There are as many queries as `lanes`, with lists of a length.
    Where this is 0 there is one, whose candidates go to `work.found`. Returns the
    numbers of candidates, of leaves and of groups that were looked at. More leaves than
    `most_leaves` say that it was given up.
    """
    nodes, bounds, d = work.nodes, work.bounds, view.n_columns
    full = k + max(_SLACK, k // 2)
    count, n_leaves, n_groups = 0 * k, 0, 0  # a literal 0 would have `arrange` compiled twice
    nodes[0], bounds[0] = 0, 0.0
    nodes[1], bounds[1] = home, 0.0
    top = 2 if view.n_groups > 0 else 1
    while top > 0 and n_leaves <= most_leaves:
        top -= 1
        node = nodes[top]
        if bounds[top] > limit:
            continue
        if node < view.n_groups:
            n_groups += 1
            child_distances(view, work, node)
            first = view.first_lane if node == 0 else 0
            child = LANES * node + 1 - view.first_lane
            top = push_near(work.group_bounds, limit, first, child, home, bounds, nodes, top)
            continue
        n_leaves += 1
        leaf = node - view.n_groups
        size = leaf_size(view, leaf)
        if length > 0:
            at = leaf * (d + 1) * view.width
            if lanes > 1:
                limit = offer_leaf(view, work.lists, at, size, length)
            else:
                limit = offer_rows_to_one(
                    view.measure.form,
                    work.point,
                    d,
                    view.blocks,
                    at,
                    view.width,
                    size,
                    limit,
                    work.lists.keys,
                    work.lists.places,
                    length - 1,
                    work.lists.measured,
                )
            continue
        at = row_distances(view, work, leaf)
        count = admit(view, work, at, size, limit, count)
        if count >= full:
            arrange(work.found, k, count, view.numbers, d * view.width, k - 1)
            count = k
            limit = reduced_limit(view.measure, work.found.keys[k - 1])
    return count, n_leaves, n_groups


@inlined
def _write(
    view: TreeView,
    keys: Float64,
    places: Indices,
    lane: int,
    step: int,
    skip: int,
    sizes: tuple[int, int],
    to: int,
    targets: tuple[Float64, Indices],
) -> None:
    """Write the first sizes[1] of sizes[0] sorted candidates, the row to skip left out.

    The candidates begin at `lane` and lie `step` apart.
    """
    k, wanted = sizes
    distances, indices = targets
    shift = view.n_columns * view.width
    stop = to + wanted
    for s in range(k):
        at = lane + s * step
        row = view.numbers[places[at] + shift]
        if row != skip and to < stop:
            distances[to], indices[to] = keys[at], row
            to += 1


@kernel
def answer(
    view: TreeView,
    work: Workspace,
    points: Float64,
    queries: tuple[Indices, Indices, Indices],
    sizes: tuple[int, int, int],
    results: tuple[Float64, Indices],
) -> tuple[int, int]:
    """Answer the queries of a piece; see `nearest_piece`.

    Blocks of eight are answered together or apart. Now and then one is apart and the next two
    together, the first of them for a guess that the second begins with; the leaves that the
    other two had to look at decide on the blocks to come, and what was seen before counts half.
    The second such trial comes after a few blocks, for the first may be in a corner, and each
    after it twice as late, up to `_BLOCKS_A_TRIAL`. Blocks of a trial that look at far more
    leaves than could pay are given up, and so is the trial.
    A query that is answered apart has a short list where that is long enough, as long as lists
    seldom prove uncertain. Queries whose lists do wait until the end; their candidates are
    collected.
    """
    n_queries, n_later, i, done = queries[0].shape[0], 0, 0, 0
    view, work, points = addresses(view), addresses(work), addresses(points)
    which, homes, skip = addresses(queries)
    targets = addresses(results)
    k, wanted, most = sizes
    d, found, lists = view.n_columns, work.found, work.lists
    n_leaves, n_groups, turn, length, together, apart = 0, 0, 0, 0, 0.0, 0.0
    trial, pause, n_tried, most_leaves = 0, _SECOND_TRIAL, 0.0, np.inf
    worst, guess = np.inf, np.inf
    longest = k + 1 if view.measure.form in FORMS and k <= min(most, view.n_rows - 1) else 0
    short = longest if longest <= LONGEST else 0
    while i < n_queries or done < n_later:
        first = i
        if i >= n_queries:
            turn, length = -1, 0
            first, done = work.later[done], done + 1
        elif i % QUERIES == 0:
            turn = i // QUERIES - trial
            if turn == pause:
                trial, turn, pause = trial + pause, 0, min(2 * pause, _BLOCKS_A_TRIAL)
            if i + QUERIES > n_queries:
                turn, length = _TRIAL, 0
            elif turn == 0:
                length, together, apart, n_tried = 0, together / 2, apart / 2, n_tried / 2 + 1
            elif turn == 1:
                length = longest
                most_leaves = _FAR_MORE * most_together(d, k, apart / n_tried)
            elif turn == _TRIAL:
                pays = together < n_tried * most_together(d, k, apart / n_tried)
                length = longest if pays and 2 * n_later < max(i, _SOME_UNCERTAIN) else 0
                most_leaves = np.inf
        if length > 0:
            gather(view, work, points, first, length, worst, guess)
            limit = np.inf  # until the first leaf
            lanes, entries = QUERIES, length
        else:
            step = move(view, work, points, first)
            limit = limit_after_step(view.measure, worst, step, view.margin)
            pays = _SELDOM * n_later < max(i, _SOME_UNCERTAIN)
            lanes, entries = 1, short if turn >= 0 and pays else 0
            if entries > 0:
                for entry in range(LONGEST):
                    lists.keys[entry], lists.places[entry] = np.inf, -1
        announce(which, first, lanes, wanted, targets)
        home = view.n_groups + homes[first]
        most_leaves = most_leaves if length > 0 else np.inf
        count, leaves, groups = _search(view, work, home, k, entries, lanes, limit, most_leaves)
        n_leaves, n_groups = n_leaves + leaves, n_groups + groups
        if leaves > most_leaves:  # the block is answered apart, as those to come
            trial, pause, guess = i // QUERIES - _TRIAL, _BLOCKS_A_TRIAL, np.inf
            together = leaves * n_tried
            continue
        if length > 0:
            together += leaves if turn == _TRIAL - 1 else 0
            reach = farthest(work, k)
            if reach == np.inf and guess < np.inf:  # the guess was too small: once more without
                guess = np.inf
                continue
            guess = _WIDEN * reach
        else:
            apart += leaves if turn == 0 else 0
        odd = False
        if entries > 0:
            odd = settle(view, work, k, lanes)
            keys, places = lists.keys, lists.places
        else:
            arrange(found, k, count, view.numbers, d * view.width, 0 * k)
            keys, places = found.keys, found.places
        for lane in range(lanes):
            q = first + lane
            if odd and not certain(view, work, lane, k, lanes):
                work.later[n_later] = q
                n_later += 1
            else:
                to = which[q] * wanted
                _write(view, keys, places, lane, lanes, skip[q], (k, wanted), to, targets)
        worst = keys[lanes * k - 1]  # certain or not: `limit_after_step` covers lost squares
        if lanes > 1:
            for j in range(d):
                work.point[j] = lists.points[QUERIES * j + QUERIES - 1]
        if turn >= 0:
            i += lanes
    return n_leaves, n_groups


def nearest_piece(
    measure: Measure,
    tree: Tree,
    queries: Floats,
    which: Indices,
    homes: Indices,
    skip: Indices,
    sizes: tuple[int, int],
    distances: Float64,
    indices: Indices,
    most_together: int = MOST_TOGETHER,
) -> tuple[int, int]:
    """Find the nearest rows of some queries.

    Parameters
    ----------
    measure : Measure
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
    most_together : int
        Most rows to look for with eight queries at once; 0: never.

    Returns
    -------
    tuple of int
        Numbers of leaves and of groups that were looked at.
    """
    width = tree.blocks.shape[2]
    work = workspace_of(queries.shape[1], width, 2 * sizes[0] + _SLACK + width, which.size)
    # `take` lets other threads run, and indexing does not.
    points = queries.take(which, axis=0, mode="clip").astype(np.float64, copy=False)
    lists = which, homes.take(which, mode="clip"), skip.take(which, mode="clip")
    looks: tuple[int, int] = answer(
        view_of(measure, tree), work, points, lists, (*sizes, most_together), (distances, indices)
    )
    return looks
