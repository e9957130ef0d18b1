"""A balanced kd-tree in flat arrays.

Friedman, Bentley & Finkel, "An algorithm for finding best matches in logarithmic
expected time", ACM TOMS 3 (1977). See `Tree` for how the arrays hang together.
"""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.aligned import aligned
from trivium.blocks.map_reduce import cut
from trivium.blocks.unlocked import unlocked
from trivium.blocks.workers import each_of, map_in_order
from trivium.neighbors.search.kd_tree.build import (
    LANES,
    Tree,
    bound_groups,
    fill_leaves,
    split_levels,
)
from trivium.neighbors.search.kd_tree.nearest import nearest_piece
from trivium.neighbors.search.kd_tree.order import leaf_planes, order_by_bin, query_bins
from trivium.neighbors.search.kd_tree.radius import within_piece
from trivium.neighbors.search.measures import Measure, require_known

_LEAF_ROWS = 32  # 16 to 32: measured better than 8 to 16 in 2 to 8 columns
_SUBTREE_ROWS = 8192  # fit a core's cache in few columns
_QUERIES_A_PIECE, _COSTLY_A_PIECE = 8192, 256
_LEAST_AT_FIRST, _LEAST_A_PIECE = 1024, 64
_LEAST_PIECES = 8
_BALLS_A_PIECE = 128
_QUERIES_A_BIN, _QUERIES_WORTH_BINS = 2, 8  # of a leaf: fewer gain less than bins take
_MOST_BITS = 10
_SAMPLE = 32
_NO_PLANES = np.empty((0, 2), dtype=np.intp), np.empty((0, 2, 2))


class KDTree:
    """A kd-tree over rows.

    Parameters
    ----------
    measure : Measure
    rows : ndarray of shape (n, d)
        At least one row; copied, in float64.
    n_jobs : int or None
        Number of threads that build; the tree does not depend on it.

    Attributes
    ----------
    tree : Tree
    """

    def __init__(self, measure: Measure, rows: Floats, n_jobs: int | None = None) -> None:
        require_known(measure)
        self._measure = measure
        n_rows = rows.shape[0]
        self.tree = _empty_tree(*rows.shape)
        depth = self.tree.depth
        top = min(depth, _levels(n_rows, _SUBTREE_ROWS))
        order = np.arange(n_rows)
        for level in range(top):

            def split(root: int, level: int = level) -> None:
                numbers = order[root * n_rows >> level : (root + 1) * n_rows >> level]
                split_levels(self.tree, rows, numbers, root, level, level + 1)

            each_of(split, range(1 << level), n_jobs)

        def build(root: int) -> None:
            numbers = order[root * n_rows >> top : (root + 1) * n_rows >> top]
            near = rows.take(numbers, axis=0).astype(np.float64, copy=False)  # fit a core's cache
            own = np.arange(numbers.shape[0])
            split_levels(self.tree, near, own, root, top, depth)
            leaves = root << (depth - top), (root + 1) << (depth - top)
            fill_leaves(self.tree, near, own, numbers, leaves)

        each_of(build, range(1 << top), n_jobs)
        if depth > 0:
            bound_groups(self.tree)
        self._planes: tuple[Indices, Float64] | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        fields: list[Any] = [unlocked(x) if isinstance(x, np.ndarray) else x for x in state["tree"]]
        self.__dict__.update(state, tree=Tree(*fields))

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows of each query; see `Searcher`."""
        distances, indices = found
        wanted = distances.shape[1]
        k = wanted + bool((skip >= 0).any())
        homes, which = self._order(queries, n_jobs)
        n_queries, d = queries.shape
        length = _length(n_queries, d)

        def search(piece: slice) -> None:
            nearest_piece(
                self._measure,
                self.tree,
                queries,
                which[piece],
                homes,
                skip,
                (k, wanted),
                distances,
                indices,
            )

        each_of(search, cut(n_queries, length), n_jobs)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row at most `radius` away from each query; see `Searcher`."""
        starts = np.zeros(queries.shape[0] + 1, dtype=np.intp)
        reach = np.full(queries.shape[0], radius, dtype=np.float64)

        def search(piece: slice) -> tuple[Float64, Indices]:
            counts = starts[1:][piece]
            return within_piece(
                self._measure, self.tree, queries[piece], skip[piece], reach[piece], counts
            )

        found = list(map_in_order(search, cut(queries.shape[0], _BALLS_A_PIECE), n_jobs))
        np.cumsum(starts, out=starts)
        distances = np.concatenate([np.empty(0), *(distances for distances, _ in found)])
        indices = np.concatenate([np.empty(0, np.intp), *(indices for _, indices in found)])
        return starts, distances, indices

    def probe(self, queries: Floats, k: int) -> float:
        """Return what finding the k nearest rows costs, from a few of the queries.

        Returns
        -------
        float
            Mean over the sample of the number of rows whose distance is computed, unused
            places of leaves counted, and 16 more for each group of eight boxes.
        """
        sample = queries[:: -(-queries.shape[0] // _SAMPLE)]
        n_sampled = sample.shape[0]
        homes, which = self._order(sample, 1)
        n_leaves, n_groups = nearest_piece(
            self._measure,
            self.tree,
            sample,
            which,
            homes,
            np.full(n_sampled, -1),
            (k, k),
            np.empty((n_sampled, k)),
            np.empty((n_sampled, k), dtype=np.intp),
            most_together=0,
        )
        rows = n_leaves * self.tree.blocks.shape[2]
        return float((rows + 2 * LANES * n_groups) / n_sampled)

    def _order(self, queries: Floats, n_jobs: int | None) -> tuple[Indices, Indices]:
        """Return each query's leaf, and an order in which neighbours follow each other."""
        n_queries, n_leaves = queries.shape[0], self.tree.blocks.shape[0]
        crowded = n_leaves > 1 and n_queries >= _QUERIES_WORTH_BINS * n_leaves
        bits = _levels(n_queries, _QUERIES_A_BIN * n_leaves) if crowded else 0
        bits = min(bits, _MOST_BITS)
        planes = self._planes
        if bits == 0:
            planes = _NO_PLANES
        elif planes is None:  # as for many queries alone, and once
            planes = self._planes = leaf_planes(self.tree)
        bins = np.empty(n_queries, dtype=np.intp)

        def route(piece: slice) -> None:
            points = np.ascontiguousarray(queries[piece], np.float64)  # one type to compile for
            query_bins(self.tree, planes, points, bits, bins[piece])

        each_of(route, cut(n_queries, _QUERIES_A_PIECE), n_jobs)
        return bins >> bits, order_by_bin(bins, n_leaves << bits)


def _levels(n_items: int, n_each: int) -> int:
    """How often to halve some items for parts of at most `n_each`."""
    return (-(-n_items // n_each) - 1).bit_length() if n_items > n_each else 0


def _length(n_queries: int, n_columns: int) -> int:
    """Return a size of pieces that are worth a thread, and no longer than Ctrl-C can wait.

    Queries take longer in many columns.
    """
    least = max(_LEAST_A_PIECE, _LEAST_AT_FIRST >> n_columns // 2)
    most = max(_COSTLY_A_PIECE, _QUERIES_A_PIECE >> n_columns // 4)
    return min(most, max(least, -(-n_queries // _LEAST_PIECES)))


def _empty_tree(n_rows: int, n_columns: int) -> Tree:
    """Allocate a tree."""
    depth = _levels(n_rows, _LEAF_ROWS)
    n_leaves = 1 << depth
    n_groups, n_nodes = 0, n_leaves
    while n_nodes > 1:
        n_nodes = -(-n_nodes // LANES)
        n_groups += n_nodes
    width = -(-n_rows // n_leaves)
    blocks = aligned((n_leaves, n_columns + 1, -(-width // LANES) * LANES))
    return Tree(
        boxes=aligned((n_groups, n_columns, 2, LANES)),
        blocks=blocks,
        numbers=blocks.view(np.intp),
        sides=np.empty(n_leaves - 1, dtype=np.intp),
        cuts=np.empty(n_leaves - 1),
        n_rows=n_rows,
        depth=depth,
        first_lane=LANES - (1 << ((depth - 1) % 3 + 1)),
    )
