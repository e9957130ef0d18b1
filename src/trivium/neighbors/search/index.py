"""An index over the training rows: one door to every search.

The index picks the algorithm, brings rows and queries into the metric's space, keeps
extreme magnitudes from overflowing, and spreads queries over the cores.
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
_SAFE_EXPONENT = 300  # squares, and sums of them, of numbers up to 2^300 stay within float64
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
        self._largest = _largest(self.rows).max()
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
        skip = _nobody(points) if skip is None else skip
        groups = [
            (members, *self._nearest_at(exponent, points, members, skip, k))
            for exponent, members in self._magnitudes(points)
        ]
        if len(groups) == 1:
            return groups[0][1:]
        distances = np.empty((points.shape[0], k))
        indices = np.empty((points.shape[0], k), dtype=np.intp)
        for members, near, rows in groups:
            distances[members], indices[members] = near, rows
        return distances, indices

    def within(
        self, points: Floats, radius: float, skip: Indices | None = None
    ) -> tuple[list[Float64], list[Indices]]:
        """Find every row within a radius of each query, sorted by row number."""
        skip = _nobody(points) if skip is None else skip
        distances: list[Float64] = [np.empty(0)] * points.shape[0]
        indices: list[Indices] = [np.empty(0, dtype=np.intp)] * points.shape[0]
        for exponent, members in self._magnitudes(points):
            found = self._within_at(exponent, points, members, skip, radius)
            for q, (near, rows) in zip(members, found, strict=True):
                distances[q], indices[q] = near, rows
        return distances, indices

    def _nearest_at(
        self, exponent: int, points: Floats, members: Indices, skip: Indices, k: int
    ) -> tuple[Float64, Indices]:
        """Neighbours of some queries, with everything divided by a power of two."""
        distances = np.empty((members.size, k))
        indices = np.empty((members.size, k), dtype=np.intp)
        tree = None if exponent else self._tree
        rows = self._rows_over(exponent)

        def search(piece: slice) -> None:
            chosen = members[piece]
            some = _over(points[chosen], exponent)
            near = distances[piece], indices[piece]
            if tree is None:
                scan_nearest(self._metric, some, rows, skip[chosen], *near)
            else:
                tree.nearest(self._metric, some, skip[chosen], *near)

        for _ in self._run(search, members.size):
            pass
        return (np.ldexp(distances, exponent) if exponent else distances), indices

    def _within_at(
        self, exponent: int, points: Floats, members: Indices, skip: Indices, radius: float
    ) -> list[tuple[Float64, Indices]]:
        """Rows within a radius of some queries, with everything divided by a power of two."""
        n_rows = self.rows.shape[0]
        rows = self._rows_over(exponent)
        reach = np.ldexp(radius, -exponent)

        def search(piece: slice) -> list[tuple[Float64, Indices]]:
            near, inside = np.empty(n_rows), np.empty(n_rows, dtype=np.intp)
            found = []
            for q in members[piece]:
                query = _over(points[q], exponent)
                count = scan_within(self._metric, query, rows, reach, near, inside)
                keep = np.flatnonzero(inside[:count] != skip[q])
                found.append((np.ldexp(near[keep], exponent), inside[keep]))
            return found

        return [each for piece in self._run(search, members.size) for each in piece]

    def _magnitudes(self, points: Floats) -> Iterator[tuple[int, Indices]]:
        """Group queries by the power of two that they and the rows are to be divided by.

        Nearly always one group, divided by 2^0. Dividing by a power of two is exact, so
        which group a query falls into does not show in ordinary results.
        """
        _, exponents = np.frexp(np.maximum(_largest(points), self._largest))
        exponents[np.abs(exponents) <= _SAFE_EXPONENT] = 0
        for exponent in np.unique(exponents):
            yield int(exponent), np.flatnonzero(exponents == exponent)

    def _rows_over(self, exponent: int) -> Floats:
        return _over(self.rows, exponent) if exponent else self.rows

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


def _largest(points: Floats) -> Float64:
    """Greatest magnitude in each row."""
    largest: Float64 = np.maximum(points.max(axis=1), -points.min(axis=1)).astype(np.float64)
    return largest


def _over(values: Floats, exponent: int) -> Float64:
    """Divide by a power of two, in float64."""
    wide: Float64 = values.astype(np.float64)
    return np.ldexp(wide, -exponent) if exponent else wide
