"""A balanced kd-tree in flat arrays.

Friedman, Bentley & Finkel, "An algorithm for finding best matches in logarithmic
expected time", ACM TOMS 3 (1977). Node i has the children 2i + 1 and 2i + 2; every
node keeps the tight bounding box of its rows; leaves own ranges of the permuted rows.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.search.kernels import tree_nearest

_LEAF_ROWS = 24


class KDTree:
    """A kd-tree over rows.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        At least one row.

    Attributes
    ----------
    points : ndarray of shape (n, d)
        The rows in the order of the leaves.
    order : ndarray of shape (n,)
        The row number of each point.
    boxes : ndarray of shape (n_nodes, 2, d)
        Least and greatest coordinates of the rows of each node.
    ranges : ndarray of shape (n_nodes, 2)
        First and one past the last point of each node.
    """

    def __init__(self, rows: Floats) -> None:
        n_rows, n_columns = rows.shape
        depth = max(0, int(np.ceil(np.log2(n_rows / _LEAF_ROWS))))
        n_nodes = 2 ** (depth + 1) - 1
        self.order: Indices = np.arange(n_rows, dtype=np.intp)
        self.boxes: Float64 = np.empty((n_nodes, 2, n_columns))
        self.ranges: Indices = np.empty((n_nodes, 2), dtype=np.intp)
        self.ranges[0] = 0, n_rows
        for node in range(n_nodes):
            start, stop = self.ranges[node]
            members = rows[self.order[start:stop]]
            self.boxes[node, 0] = members.min(axis=0)
            self.boxes[node, 1] = members.max(axis=0)
            if 2 * node + 2 < n_nodes:
                middle = self._split(node, start, stop, members)
                self.ranges[2 * node + 1] = start, middle
                self.ranges[2 * node + 2] = middle, stop
        self.points = np.ascontiguousarray(rows[self.order])

    def _split(self, node: int, start: int, stop: int, members: Floats) -> int:
        """Halve a node across the widest side of its box; return the middle."""
        lower, upper = 0.5 * self.boxes[node]  # halves: their difference cannot overflow
        widest = int(np.argmax(upper - lower))
        half = (stop - start) // 2
        halves = np.argpartition(members[:, widest], half)
        self.order[start:stop] = self.order[start:stop][halves]
        return int(start) + half

    def nearest(
        self, metric: int, queries: Float64, skip: Indices, distances: Float64, indices: Indices
    ) -> None:
        """Write the sorted lists of each query's nearest rows; see `scan_nearest`."""
        tree_nearest(
            metric,
            queries,
            self.points,
            self.order,
            self.boxes,
            self.ranges,
            skip,
            distances,
            indices,
        )
