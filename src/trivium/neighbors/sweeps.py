"""Answers for many numbers of neighbours from one search, block of lists after block of lists.

Blocks are of a fixed size, are counted on several threads and taken in their order, so
that memory stays bounded and nothing depends on the number of threads.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import map_in_order
from trivium.containers import require_unmasked
from trivium.neighbors.neighborhoods import Neighborhood, counting_weights
from trivium.neighbors.path_kernels import add_moments, walk_counts
from trivium.neighbors.queries import require_neighbors
from trivium.neighbors.votes import (
    VoteRule,
    class_votes,
    counted_mass,
    leading,
    own_shares,
    path_leaders,
    path_votes,
    shares,
    vote_weights,
)
from trivium.rows.labelled import LabelledRows

_ENTRIES_A_BLOCK = 1 << 16  # half a megabyte of float64: a block stays in a core's cache

_EPS = float(np.finfo(np.float64).eps)
_LEAST_LOSS, _MOST_LOSS = -float(np.log1p(-_EPS)), -float(np.log(_EPS))


def require_ks(ks: Any, available: float, what: str) -> list[int]:
    """Check numbers of neighbours against the rows there are.

    Raises
    ------
    ValueError
        If there are none, one is masked, or as `require_neighbors`.
    TypeError
        If it is not several integers.
    """
    require_unmasked(ks, "ks", each="place")
    if not isinstance(ks, Iterable):
        raise TypeError(f"ks={ks!r}: expected several numbers of neighbours.")
    numbers = [require_neighbors(k, available, what) for k in ks]
    if not numbers:
        raise ValueError("ks is empty: name at least one number of neighbours.")
    return numbers


class Voters(NamedTuple):
    """The training rows as voters.

    Attributes
    ----------
    codes : ndarray of shape (n,)
        Class of each.
    n_classes : int
    rule : {"uniform", "distance"} or callable
        As in `vote_weights`.
    n_jobs : int or None
    """

    codes: Indices
    n_classes: int
    rule: VoteRule
    n_jobs: int | None

    def counts(self, near: Neighborhood) -> bool:
        """Whether each neighbour has one vote, so that whole numbers suffice."""
        return near.weights is None and self.rule == "uniform"

    def blocks(self, near: Neighborhood, entries_a_list: int) -> list[Neighborhood]:
        """Cut a batch into blocks of lists."""
        step = max(1, _ENTRIES_A_BLOCK // max(entries_a_list, near.indices.shape[1]))
        cuts = [slice(start, start + step) for start in range(0, near.members.size, step)]
        return [
            Neighborhood(
                near.members[cut],
                near.distances[cut],
                near.indices[cut],
                None if near.weights is None else near.weights[cut],
            )
            for cut in cuts
        ]

    def threads(self) -> int | None:
        """Return the number of threads: one where a function of the user's is called."""
        return 1 if callable(self.rule) else self.n_jobs

    def votes(self, near: Neighborhood, ks: Sequence[int] | Indices) -> Float64:
        """Add the votes of the nearest k for each class: (m, len(ks), n_classes)."""
        codes = self.codes[near.indices]
        if callable(self.rule):
            return np.stack([self._called(near, codes, k) for k in ks], axis=1)
        vote_weight = vote_weights(near.distances, self.rule)
        return path_votes(codes, vote_weight, ks, self.n_classes, near.weights)

    def _called(self, near: Neighborhood, codes: Indices, k: int) -> Float64:
        """Votes of the nearest k where a function looks at these alone, and as a whole."""
        if near.weights is None:
            votes = vote_weights(near.distances[:, :k], self.rule)
            return class_votes(codes[:, :k], votes, self.n_classes)
        mass = counted_mass(near.weights, k)
        vote_weight = np.zeros_like(mass)
        for q, some in enumerate(mass > 0):
            vote_weight[q, some] = vote_weights(near.distances[q : q + 1, some], self.rule)
        return class_votes(codes, mass * vote_weight, self.n_classes)

    def share_blocks(
        self, near: Neighborhood, ks: Sequence[int] | Indices
    ) -> Iterator[tuple[Indices, Float64]]:
        """Yield blocks of queries with their shares: (m, len(ks), n_classes)."""
        blocks = self.blocks(near, len(ks) * self.n_classes)

        def share(block: Neighborhood) -> tuple[Indices, Float64]:
            return block.members, shares(self.votes(block, ks), block.members)

        yield from map_in_order(share, blocks, self.threads())

    def leader_blocks(
        self, near: Neighborhood, ks: Sequence[int] | Indices
    ) -> Iterator[tuple[Indices, Indices]]:
        """Yield blocks of queries with the leading class for each k: (m, len(ks))."""
        counts = self.counts(near)
        blocks = self.blocks(near, len(ks) * (1 if counts else self.n_classes))

        def lead(block: Neighborhood) -> tuple[Indices, Indices]:
            if counts:
                codes = self.codes[block.indices]
                return block.members, path_leaders(codes, ks, self.n_classes)
            return block.members, leading(self.votes(block, ks), block.members)

        yield from map_in_order(lead, blocks, self.threads())


class OwnScores(NamedTuple):
    """How well rows are predicted by their neighbours, for every k from 1 to k_max.

    Attributes
    ----------
    weight : float
        Weight of the rows.
    right : ndarray of shape (k_max,)
        Weight of those whose class leads.
    loss : ndarray of shape (k_max,)
        Mean of the log-losses.
    spread : ndarray of shape (k_max,)
        Weighted sum of their squared deviations from the mean.
    """

    weight: float
    right: Float64
    loss: Float64
    spread: Float64

    def accuracy(self) -> tuple[Float64, Float64]:
        """Mean over the rows, and its standard error."""
        mean = np.minimum(self.right / self.weight, 1.0)  # both are sums, right to rounding
        return mean, np.sqrt(mean * (1.0 - mean) / (self.weight - 1.0))

    def log_loss(self) -> tuple[Float64, Float64]:
        """Mean over the rows, and its standard error."""
        return self.loss, np.sqrt(self.spread / (self.weight - 1.0) / self.weight)


def merge(some: OwnScores, more: OwnScores) -> OwnScores:
    """Scores of two sets of rows together.

    References
    ----------
    Chan, Golub & LeVeque, "Algorithms for computing the sample variance", The American
    Statistician 37 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> one, other = (OwnScores(1.0, np.ones(1), np.array([x]), np.zeros(1)) for x in (2.0, 4.0))
    >>> merge(one, other)
    OwnScores(weight=2.0, right=array([2.]), loss=array([3.]), spread=array([2.]))
    """
    weight = some.weight + more.weight
    apart = more.loss - some.loss
    part = more.weight / weight
    spread = some.spread + more.spread + apart * apart * (some.weight * part)
    return OwnScores(weight, some.right + more.right, some.loss + apart * part, spread)


def own_scores(
    left_out: Iterable[Neighborhood],
    voters: Voters,
    rows: LabelledRows,
    k_max: int,
    also: Callable[[Indices, Indices], None] | None = None,
) -> OwnScores:
    """Tell every training row by the others, for every k at once.

    Parameters
    ----------
    left_out : iterable of Neighborhood
        Neighbourhoods of weight `k_max`, of each row without itself.
    voters : Voters
    rows : LabelledRows
        The rows, whose sample weights count in the scores.
    k_max : int
    also : callable or None
        Is given numbers of rows, and the class that leads for every k: (m,), (m, k_max).
    """
    weights = counting_weights(rows.weights)
    ks = np.arange(1, k_max + 1)
    with np.errstate(divide="ignore"):
        log_numbers = np.log(np.arange(k_max + 1.0))

    def score(block: Neighborhood) -> tuple[OwnScores, Indices, Indices | None]:
        leaders = None
        own = rows.codes[block.members]
        if voters.counts(block):
            shape = own.size, k_max
            losses, hits = np.empty(shape), np.empty(shape, dtype=np.bool_)
            codes, n_classes = voters.codes, voters.n_classes
            walk_counts(block.indices, codes, own, n_classes, log_numbers, losses, hits)
            if also is not None:
                leaders = path_leaders(codes[block.indices], ks, n_classes)
        else:
            votes = voters.votes(block, ks)
            share, hits = own_shares(votes, own, block.members)
            if also is not None:
                leaders = leading(votes, block.members)
            with np.errstate(divide="ignore"):
                losses = -np.log(share)
        w = np.ones(own.size) if weights is None else weights[block.members]
        right, mean, spread = np.zeros((3, k_max))
        add_moments(losses, hits, w, _LEAST_LOSS, _MOST_LOSS, right, mean, spread)
        return OwnScores(float(w.sum()), right, mean, spread), block.members, leaders

    def every() -> Iterator[OwnScores]:
        for near in left_out:
            entries = k_max if voters.counts(near) else k_max * voters.n_classes
            blocks = voters.blocks(near, entries)
            for scores, members, leaders in map_in_order(score, blocks, voters.threads()):
                if also is not None and leaders is not None:
                    also(members, leaders)
                yield scores

    return reduce(merge, every())
