"""Densities of classes: in balls that hold the nearest rows of any class, or in each class's own.

Either way p(c given x)·p(x) = p(x given c)·p(c).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.neighbors.balls import BallBatch, Balls
from trivium.neighbors.estimates import log_density
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.unread import Queries
from trivium.neighbors.votes import path_votes


class SharedBalls(NamedTuple):
    """Balls that hold the nearest rows of any class.

    Attributes
    ----------
    balls : Balls
    codes : ndarray of shape (n,)
        Class of each row.
    priors : ndarray of shape (n_classes,)
        p(c).
    """

    balls: Balls
    codes: Indices
    priors: Float64

    def log_densities(
        self, queries: Queries | None, ks: Sequence[int], counts: Sequence[float]
    ) -> Float64:
        """Log p(x given c) by the rows of class c in the ball.

        Parameters
        ----------
        queries : ndarray, Csr or Unread of shape (m, d) or None
            None: the rows themselves, each without itself.
        ks : sequence of int
        counts : sequence of float
            What each k counts for.

        Returns
        -------
        ndarray of shape (len(ks), m, n_classes)
        """
        totals = self.priors * self.balls.total(own=queries is None)
        scores = self._empty(queries, ks)
        for ball, held in self._around(queries, ks):
            paths = zip(scores, ks, counts, held, ball.log_volumes, strict=True)
            for path, k, count, some, volumes in paths:
                path[ball.members] = log_density(some * (count / k), totals, volumes[:, None])
        return scores

    def shares(self, queries: Queries | None, ks: Sequence[int]) -> Float64:
        """p(c given x): the share of the votes in the ball, of the same shape."""
        probabilities = self._empty(queries, ks)
        for ball, held in self._around(queries, ks):
            for path, k, some in zip(probabilities, ks, held, strict=True):
                path[ball.members] = some / k
        return probabilities

    def _around(
        self, queries: Queries | None, ks: Sequence[int]
    ) -> Iterator[tuple[BallBatch, Float64]]:
        """Yield balls, and the weight of each class in them: (len(ks), m, n_classes)."""
        for ball in self.balls.around(queries, ks):
            codes = self.codes[ball.indices].astype(np.intp, copy=False)
            votes = path_votes(codes, None, ks, self.priors.size, ball.weights)
            yield ball, votes.transpose(1, 0, 2)

    def _empty(self, queries: Queries | None, ks: Sequence[int]) -> Float64:
        n_queries = self.codes.size if queries is None else queries.shape[0]
        return np.empty((len(ks), n_queries, self.priors.size))


class ClassBalls(NamedTuple):
    """Balls of each class, which hold its own nearest rows.

    Attributes
    ----------
    every : Index
        All rows.
    balls : dict of Balls
        By the classes' codes; those without rows have none.
    codes, priors
        As in `SharedBalls`.
    """

    every: Index
    balls: dict[int, Balls]
    codes: Indices
    priors: Float64

    def log_densities(
        self, queries: Queries | None, ks: Sequence[int], counts: Sequence[float]
    ) -> Float64:
        """Log p(x given c) by the class's own ball; see `SharedBalls.log_densities`."""
        n_queries = self.codes.size if queries is None else queries.shape[0]
        scores = np.empty((len(ks), n_queries, self.priors.size))
        scores[:, :, self.priors == 0] = -np.inf
        for c, balls in self.balls.items():
            path = scores[:, :, c]
            if queries is None:
                inside = self.codes == c
                path[:, inside] = balls.log_density(None, ks, counts)
                outside = self.every.own_points(np.flatnonzero(~inside))
                path[:, ~inside] = balls.log_density(outside, ks, counts)
            else:
                path[:] = balls.log_density(queries, ks, counts)
        return scores
