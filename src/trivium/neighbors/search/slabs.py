"""Rows in slabs, each with a searcher of its own: what these find is put together.

Every searcher returns direct float64 distances, and lists sorted by (distance, row number). Lists
of several slabs, merged in that order, are those of one search through all rows, to the bit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import cut
from trivium.neighbors.search.searcher import Points, Searcher

Lists = tuple[Float64, Indices]
Within = tuple[Indices, Float64, Indices]
_ENTRIES_AT_ONCE = 1 << 16  # of lists that are merged


class Slab(NamedTuple):
    """Consecutive rows, made ready for searching.

    Attributes
    ----------
    first : int
        Number of the first row.
    points : ndarray or Csr of shape (n, d)
        The rows in the metric's space.
    searcher : Searcher
        Which numbers them from 0.
    """

    first: int
    points: Points
    searcher: Searcher

    @property
    def place(self) -> slice:
        """Where the results of these rows go among those of all rows."""
        return slice(self.first, self.first + self.points.shape[0])

    @property
    def numbers(self) -> Indices:
        """Numbers of the rows."""
        return np.arange(self.place.start, self.place.stop, dtype=np.intp)

    def nearest(
        self, queries: Points, skip: Indices, n_jobs: int | None, k: int, *, own: bool
    ) -> Lists:
        """Find the k nearest rows of each query, or all where there are fewer.

        Parameters
        ----------
        queries, skip, n_jobs, own
            As in `Slabs.nearest`.
        k : int

        Returns
        -------
        distances, indices : ndarray of shape (m, p)
            p is k or less. A list that is shorter ends with infinite distances.
        """
        m, n = queries.shape[0], self.points.shape[0]
        here = self._numbered(skip)
        n_skipping = np.count_nonzero(here >= 0)
        if k < n or n_skipping in (0, m):  # each finds as many as the others
            p = min(k, n - (n_skipping > 0))
            lists = np.empty((m, p)), np.empty((m, p), dtype=np.intp)
            if p > 0:
                joins = own and bool(skip[0] == self.first)
                self.searcher.nearest(queries, here, n_jobs, lists, own=joins)
            return lists[0], lists[1] + self.first
        distances, indices = np.full((m, n), np.inf), np.full((m, n), self.place.stop)
        for some in np.flatnonzero(here < 0), np.flatnonzero(here >= 0):
            near = self.nearest(queries.take(some, axis=0), skip[some], n_jobs, k, own=False)
            p = near[0].shape[1]
            distances[some, :p], indices[some, :p] = near
        return distances, indices

    def within(
        self, queries: Points, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> Within:
        """Find every row within a radius; see `Searcher`."""
        starts, distances, indices = self.searcher.within(
            queries, radius, self._numbered(skip), n_jobs
        )
        return starts, distances, indices + self.first

    def _numbered(self, skip: Indices) -> Indices:
        """Give rows to skip the searcher's numbers; -1 where they are in other slabs."""
        inside = (skip >= self.place.start) & (skip < self.place.stop)
        return np.where(inside, skip - self.first, -1)


class Slabs:
    """A search through several slabs, one after the other.

    Parameters
    ----------
    slabs : iterable of Slab
        In the order of their rows; if they are made as they are asked for, for one search.
    """

    def __init__(self, slabs: Iterable[Slab]) -> None:
        self._slabs = slabs

    def nearest(
        self,
        queries: Points,
        skip: Indices,
        n_jobs: int | None,
        found: Lists,
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`. `own` means all the rows of one of the slabs."""
        m, k = found[0].shape
        step, filled = max(1, _ENTRIES_AT_ONCE // k), 0
        for slab in self._slabs:
            near = slab.nearest(queries, skip, n_jobs, k, own=own)
            del slab  # which may be large, before the next one is made
            p = min(k, filled + near[0].shape[1])
            for some in cut(m, step):
                so_far = found[0][some, :filled], found[1][some, :filled]
                best = merged(so_far, (near[0][some], near[1][some]), p)
                found[0][some, :p], found[1][some, :p] = best
            filled = p

    def within(
        self, queries: Points, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> Within:
        """Find every row within a radius; see `Searcher`."""
        return side_by_side([slab.within(queries, radius, skip, n_jobs) for slab in self._slabs])


def merged(one: Lists, other: Lists, k: int) -> Lists:
    """Merge lists of the same queries, of which those of `other` have the greater row numbers.

    Parameters
    ----------
    one, other : tuple of two ndarrays of shape (m, p)
        Distances and row numbers, sorted by both.
    k : int
        How many are kept.

    Examples
    --------
    >>> import numpy as np
    >>> one, other = ([[1.0, 2.0]], [[3, 0]]), ([[1.0, 1.5]], [[5, 7]])
    >>> merged(*(tuple(map(np.array, each)) for each in (one, other)), k=3)
    (array([[1. , 1. , 1.5]]), array([[3, 5, 7]]))
    """
    if one[0].shape[1] == 0:
        return other
    distances, indices = (np.concatenate(both, axis=1) for both in zip(one, other, strict=True))
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]  # ties stay by row number
    return np.take_along_axis(distances, order, 1), np.take_along_axis(indices, order, 1)


def side_by_side(parts: Sequence[Within]) -> Within:
    """Put lists of the same queries one behind the other, query by query.

    Parameters
    ----------
    parts : sequence of tuple
        As `Searcher.within` returns them, by ascending row numbers.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1, 2]), np.array([0.1, 0.2]), np.array([4, 3])
    >>> other = np.array([0, 0, 1]), np.array([0.5]), np.array([7])
    >>> side_by_side([one, other])
    (array([0, 1, 3]), array([0.1, 0.2, 0.5]), array([4, 3, 7]))
    """
    counts = np.stack([np.diff(starts) for starts, _, _ in parts], axis=1)
    ends = np.cumsum(counts)
    begins = (ends - counts.reshape(-1)).reshape(counts.shape)
    total = int(counts.sum())
    distances, indices = np.empty(total), np.empty(total, dtype=np.intp)
    for part, (starts, near, rows) in enumerate(parts):
        places = np.arange(near.size) + np.repeat(begins[:, part] - starts[:-1], counts[:, part])
        distances[places], indices[places] = near, rows
    return np.concatenate([[0], np.cumsum(counts.sum(axis=1))]), distances, indices


def one_after_the_other(parts: Sequence[Within]) -> Within:
    """Put lists of different queries one after the other.

    Parameters
    ----------
    parts : sequence of tuple
        As `Searcher.within` returns them.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1]), np.array([0.1]), np.array([4])
    >>> other = np.array([0, 0, 1]), np.array([0.5]), np.array([7])
    >>> one_after_the_other([one, other])
    (array([0, 1, 1, 2]), array([0.1, 0.5]), array([4, 7]))
    """
    if len(parts) == 1:
        return parts[0]
    counts, distances, indices = (
        np.concatenate(each)
        for each in zip(*((np.diff(part[0]), *part[1:]) for part in parts), strict=True)
    )
    return np.concatenate([[0], np.cumsum(counts)]), distances, indices
