"""Balls around queries that just hold the nearest rows of weight k."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.estimates import log_density, log_volume
from trivium.neighbors.neighborhoods import available_mass, neighborhoods
from trivium.neighbors.search.index import Index
from trivium.neighbors.votes import counted_mass


class BallBatch(NamedTuple):
    """Balls of a batch of queries.

    Attributes
    ----------
    members : ndarray of shape (m,)
        Which queries these are.
    indices : ndarray of shape (m, p)
        Rows in and around the ball, nearest first.
    mass : ndarray of shape (m, p) or None
        How much of each row's weight is in the ball, k in all; None: each counts once.
    log_volumes : ndarray of shape (m,)
    """

    members: Indices
    indices: Indices
    mass: Float64 | None
    log_volumes: Float64


class Balls:
    """Rows of which a ball holds some.

    Parameters
    ----------
    index : Index
    weights : ndarray of shape (n,) or None
    metric : str
        The shape of the balls.
    """

    def __init__(self, index: Index, weights: Float64 | None, metric: str) -> None:
        self._index = index
        self._weights = weights
        self._metric = metric

    def total(self, *, own: bool) -> float:
        """n: the weight of the rows that a query can meet, itself taken out if `own`."""
        return available_mass(self._index, self._weights, own=own)

    def around(self, queries: Floats | None, k: int) -> Iterator[BallBatch]:
        """Balls around queries, or around the rows themselves, each without its centre."""
        n_columns = self._index.rows.shape[1]
        for near in neighborhoods(self._index, queries, k, self._weights):
            mass, radius = None, near.distances[:, -1]
            if near.weights is not None:
                mass = counted_mass(near.weights, k)
                radius = np.where(mass > 0, near.distances, 0.0).max(axis=1)
            volumes = log_volume(radius, self._metric, n_columns)
            yield BallBatch(near.members, near.indices, mass, volumes)

    def log_density(self, queries: Floats | None, k: int, count: float) -> Float64:
        """Log of count/(n·V) for the ball that holds weight k around each query."""
        total = self.total(own=queries is None)
        points = self._index.rows if queries is None else queries
        scores = np.empty(points.shape[0])
        for ball in self.around(queries, k):
            scores[ball.members] = log_density(count, total, ball.log_volumes)
        return scores
