"""Balls around queries that just hold the nearest rows of weight k, for several k."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.neighbors.estimates import log_density, log_volume
from trivium.neighbors.neighborhoods import available_mass, neighborhoods
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.unread import Queries
from trivium.neighbors.votes import path_radii


class BallBatch(NamedTuple):
    """Balls of a batch of queries.

    Attributes
    ----------
    members : ndarray of shape (m,)
        Which queries these are.
    indices : ndarray of shape (m, p)
        Rows in and around the largest ball, nearest first.
    weights : ndarray of shape (m, p) or None
        Their weights; None: each counts once.
    log_volumes : ndarray of shape (len(ks), m)
    """

    members: Indices
    indices: Indices
    weights: Float64 | None
    log_volumes: Float64


class Balls:
    """Rows of which a ball holds some.

    Parameters
    ----------
    index : Index
    weights : ndarray of shape (n,) or None
    """

    def __init__(self, index: Index, weights: Float64 | None) -> None:
        self._index = index
        self._weights = weights

    def total(self, *, own: bool) -> float:
        """n: the weight of the rows that a query can meet, itself taken out if `own`."""
        return available_mass(self._index, self._weights, own=own)

    def around(self, queries: Queries | None, ks: Sequence[int]) -> Iterator[BallBatch]:
        """Balls around queries, or around the rows themselves, each without its centre."""
        n_columns = self._index.n_columns
        for near in neighborhoods(self._index, queries, max(ks), self._weights):
            radii = path_radii(near.distances, ks, near.weights)
            volumes = log_volume(radii.T.copy(), self._index.metric, n_columns)
            yield BallBatch(near.members, near.indices, near.weights, volumes)

    def log_density(
        self, queries: Queries | None, ks: Sequence[int], counts: Sequence[float]
    ) -> Float64:
        """Log of count/(n·V) for the balls that hold weight k around each query.

        Parameters
        ----------
        queries : ndarray, Csr or Unread of shape (m, d) or None
        ks : sequence of int
        counts : sequence of float
            What each k counts for.

        Returns
        -------
        ndarray of shape (len(ks), m)
        """
        total = self.total(own=queries is None)
        n_queries = self._index.n_rows if queries is None else queries.shape[0]
        scores = np.empty((len(ks), n_queries))
        for ball in self.around(queries, ks):
            for path, count, volumes in zip(scores, counts, ball.log_volumes, strict=True):
                path[ball.members] = log_density(count, total, volumes)
        return scores
