"""An index over the training rows: one door to every search.

The index picks the algorithm, brings rows and queries into the metric's space, and
spreads queries over the cores.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.workers import map_in_order
from trivium.neighbors.search.kernels import scan_nearest, scan_within
from trivium.neighbors.search.metrics import METRICS, directions
from trivium.neighbors.search.tree import KDTree

ALGORITHMS = ("auto", "brute", "kd_tree")

_QUERIES_A_PIECE = 128
_PAIRS_WORTH_THREADS = 200_000
_TREE_ROWS = 200

Found = TypeVar("Found")


class Choice(NamedTuple):
    """The algorithm that is used, and why."""

    algorithm: str
    reason: str


class Index:
    """Rows made ready for searching.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    metric : {"euclidean", "manhattan", "chebyshev", "cosine"}
    algorithm : {"auto", "brute", "kd_tree"}
    n_jobs : int or None

    Attributes
    ----------
    rows : ndarray of shape (n, d) or, for cosine, (n, d + 1)
        The rows in the metric's space.
    choice : Choice
    """

    def __init__(self, rows: Floats, *, metric: str, algorithm: str, n_jobs: int | None) -> None:
        self._metric = METRICS[metric]
        self._directional = metric == "cosine"
        self._n_jobs = n_jobs
        self.rows = directions(rows) if self._directional else rows
        self.choice = choose(algorithm, *self.rows.shape)
        self._tree = KDTree(self.rows) if self.choice.algorithm == "kd_tree" else None

    def points(self, queries: Floats | None) -> Floats:
        """Bring queries into the space of `rows`; None stands for the rows themselves."""
        if queries is None:
            return self.rows
        return directions(queries) if self._directional else queries

    def nearest(
        self, points: Floats, k: int, skip: Indices | None = None
    ) -> tuple[Float64, Indices]:
        """Find the k nearest rows of each query.

        Parameters
        ----------
        points : ndarray of shape (m, d)
            Queries, from `points`.
        k : int
            At most the number of rows, less one where `skip` is given.
        skip : ndarray of shape (m,) or None
            A row number to leave out for each query.

        Returns
        -------
        distances : ndarray of shape (m, k)
        indices : ndarray of shape (m, k)
            Both sorted by (distance, row number).
        """
        distances = np.empty((points.shape[0], k))
        indices = np.empty((points.shape[0], k), dtype=np.intp)
        skip = _nobody(points) if skip is None else skip

        def search(piece: slice) -> None:
            queries = points[piece].astype(np.float64)
            near = distances[piece], indices[piece]
            if self._tree is None:
                scan_nearest(self._metric, queries, self.rows, skip[piece], *near)
            else:
                self._tree.nearest(self._metric, queries, skip[piece], *near)

        for _ in self._run(search, points.shape[0]):
            pass
        return distances, indices

    def within(
        self, points: Floats, radius: float, skip: Indices | None = None
    ) -> tuple[list[Float64], list[Indices]]:
        """Find every row within a radius of each query, sorted by row number."""
        skip = _nobody(points) if skip is None else skip
        n_rows = self.rows.shape[0]

        def search(piece: slice) -> list[tuple[Float64, Indices]]:
            near, inside = np.empty(n_rows), np.empty(n_rows, dtype=np.intp)
            found = []
            for query, own in zip(points[piece].astype(np.float64), skip[piece], strict=True):
                count = scan_within(self._metric, query, self.rows, radius, near, inside)
                keep = np.flatnonzero(inside[:count] != own)
                found.append((near[keep], inside[keep]))
            return found

        each = [found for piece in self._run(search, points.shape[0]) for found in piece]
        return [distances for distances, _ in each], [indices for _, indices in each]

    def _run(self, search: Callable[[slice], Found], n_queries: int) -> Iterator[Found]:
        """Run a search over pieces of the queries, on threads where that pays."""
        few = n_queries * self.rows.shape[0] < _PAIRS_WORTH_THREADS
        starts = range(0, n_queries, _QUERIES_A_PIECE)
        pieces = [slice(start, min(start + _QUERIES_A_PIECE, n_queries)) for start in starts]
        return map_in_order(search, pieces, 1 if few else self._n_jobs)


def choose(algorithm: str, n_rows: int, n_columns: int) -> Choice:
    """Decide between the scan and the tree.

    On uniform data the two were measured to cost the same at about 2^(d + 2) rows in d
    columns, and a scan to cost less for fewer than 200 rows whatever the columns.

    Examples
    --------
    >>> choose("auto", 10_000, 3).algorithm
    'kd_tree'
    >>> choose("auto", 10_000, 64).reason
    'too few rows (10000) for 64 columns: a tree would visit most leaves'
    """
    if algorithm != "auto":
        return Choice(algorithm, "asked for")
    if n_rows < _TREE_ROWS:
        return Choice("brute", f"few rows ({n_rows}): scanning them all costs less than a tree")
    if n_rows < 2 ** (n_columns + 2):
        return Choice(
            "brute",
            f"too few rows ({n_rows}) for {n_columns} columns: a tree would visit most leaves",
        )
    return Choice("kd_tree", f"many rows ({n_rows}) in {n_columns} columns: a tree skips most")


def _nobody(points: Floats) -> Indices:
    """Leave out no row for any query."""
    return np.full(points.shape[0], -1, dtype=np.intp)
