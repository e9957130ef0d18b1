"""Leave-one-out scores of every number of neighbours, from one search."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import map_in_order
from trivium.neighbors.neighborhoods import Neighborhood, counting_weights
from trivium.neighbors.path_kernels import add_moments, walk_counts
from trivium.neighbors.votes import (
    leading,
    own_shares,
    path_leaders,
)
from trivium.neighbors.voting import Voters
from trivium.rows.labelled import LabelledRows

_EPS = float(np.finfo(np.float64).eps)
_LEAST_LOSS, _MOST_LOSS = -float(np.log1p(-_EPS)), -float(np.log(_EPS))


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
        own = rows.codes[block.members].astype(np.intp, copy=False)
        if voters.counts(block):
            shape = own.size, k_max
            losses, hits = np.empty(shape), np.empty(shape, dtype=np.bool_)
            codes, n_classes = voters.codes_of(block.indices), voters.n_classes
            walk_counts(codes, own, n_classes, log_numbers, losses, hits)
            if also is not None:
                leaders = path_leaders(codes, ks, n_classes)
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
