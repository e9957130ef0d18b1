"""Answers for many numbers of neighbours from one search, block of lists after block of lists.

Blocks are of a fixed size, are counted on several threads and taken in their order, so
that memory stays bounded and nothing depends on the number of threads.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import map_in_order
from trivium.containers import require_unmasked
from trivium.neighbors.base import require_neighbors
from trivium.neighbors.neighborhoods import Neighborhood
from trivium.neighbors.votes import (
    VoteRule,
    class_votes,
    counted_mass,
    leading,
    path_leaders,
    path_votes,
    shares,
    vote_weights,
)

_ENTRIES_A_BLOCK = 1 << 16  # half a megabyte of float64: a block stays in a core's cache


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
        Class of each; of rows that are not in memory, in few bytes.
    n_classes : int
    rule : {"uniform", "distance"} or callable
        As in `vote_weights`.
    n_jobs : int or None
    """

    codes: Indices
    n_classes: int
    rule: VoteRule
    n_jobs: int | None

    def codes_of(self, indices: Indices) -> Indices:
        """Return the classes of rows."""
        return self.codes[indices].astype(np.intp, copy=False)

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
        codes = self.codes_of(near.indices)
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
                codes = self.codes_of(block.indices)
                return block.members, path_leaders(codes, ks, self.n_classes)
            return block.members, leading(self.votes(block, ks), block.members)

        yield from map_in_order(lead, blocks, self.threads())
