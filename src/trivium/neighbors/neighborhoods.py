"""The neighbourhood of each query: as many of its nearest rows as weigh k together."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.memory import working_memory
from trivium.neighbors.search.index import Index
from trivium.neighbors.votes import counted_mass

_ENTRIES_A_BATCH = 1 << 22  # neighbours held at a time, at most: more gain nothing
_LIGHTEST = 1e-300  # beside the heaviest
_BYTES_AN_ENTRY = 32  # distance and index, and as much again for what is made of them


class Neighborhood(NamedTuple):
    """Neighbours of a batch of queries, nearest first.

    Attributes
    ----------
    members : ndarray of shape (m,)
        Which queries these are.
    distances, indices : ndarray of shape (m, p)
        At least k rows, in all at least of weight k.
    weights : ndarray of shape (m, p) or None
        Their weights; None where each entry counts once, and then p = k. A row of whole
        weight w has w entries.
    """

    members: Indices
    distances: Float64
    indices: Indices
    weights: Float64 | None


def is_whole(weights: Float64) -> bool:
    """Whether weights can be numbers of rows: beyond 2^53 every float64 is whole."""
    return bool(np.all(weights == np.rint(weights)) and weights.max() <= 2.0**53)


def counting_weights(weights: Float64 | None) -> Float64 | None:
    """Weights that neighbours can be counted by.

    Whole numbers say how many rows a row stands for. Other weights are relative, as
    boosting gives them: they are brought to a mean of one, so that k neighbours are about
    k rows whatever the unit of the weights.

    Parameters
    ----------
    weights : ndarray of shape (n,) or None
        Positive.

    Examples
    --------
    >>> import numpy as np
    >>> counting_weights(np.array([3.0, 1.0]))
    array([3., 1.])
    >>> counting_weights(np.array([0.75, 0.25]))
    array([1.5, 0.5])
    """
    if weights is None or is_whole(weights):
        return weights
    # None may vanish: at the very place of a query a light row has all the votes.
    relative = np.maximum(weights / weights.max(), _LIGHTEST)
    counting: Float64 = relative / relative.mean()
    return counting


def available_mass(index: Index, weights: Float64 | None, *, own: bool) -> float:
    """Least weight of the rows that a query can choose from, itself taken out if `own`."""
    if weights is None:
        return float(index.rows.shape[0] - own)
    return float(weights.sum() - own * np.minimum(weights, 1.0).max())


def neighborhoods(
    index: Index, queries: Floats | None, k: int, weights: Float64 | None = None
) -> Iterator[Neighborhood]:
    """Search in batches, so that memory stays bounded for any number of queries.

    Parameters
    ----------
    index : Index
    queries : ndarray of shape (m, d), or None for the training rows
        A training row is taken out of its own neighbourhood: once, so that a row of
        weight 3 still meets the two others that it stands for.
    k : int
        At most `available_mass`.
    weights : ndarray of shape (n,) or None
    """
    points = index.points(queries)
    members = np.arange(points.shape[0], dtype=np.intp)
    if queries is not None:
        yield from _batches(index, points, members, k, weights)
    elif weights is None:
        yield from _batches(index, points, members, k, None, own="left out")
    else:
        alone = weights <= 1.0
        yield from _batches(index, points, members[alone], k, weights, own="left out")
        yield from _batches(index, points, members[~alone], k, weights, own="lighter by one")


def _batches(
    index: Index,
    points: Floats,
    members: Indices,
    k: int,
    weights: Float64 | None,
    own: Literal["a stranger", "left out", "lighter by one"] = "a stranger",
) -> Iterator[Neighborhood]:
    step = max(1, int(min(_ENTRIES_A_BATCH, working_memory() / _BYTES_AN_ENTRY) / k))
    for start in range(0, members.size, step):
        some = members[start : start + step]
        skip = some if own == "left out" else None
        queries = points if some.size == points.shape[0] else points[some]
        if weights is None:
            yield Neighborhood(some, *index.nearest(queries, k, skip), None)
            continue
        most = index.rows.shape[0] - (skip is not None)
        p = min(k, most)
        while True:
            distances, indices = index.nearest(queries, p, skip)
            mass = weights[indices]
            if own == "lighter by one":
                mass -= indices == some[:, None]
            if p == most or mass.sum(axis=1).min() >= k:
                break
            p = min(2 * p, most)
        near = Neighborhood(some, distances, indices, mass)
        yield _repeated(near, mass, k) if is_whole(weights) else near


def _repeated(near: Neighborhood, mass: Float64, k: int) -> Neighborhood:
    """Write rows of whole weight as the rows that they stand for, k in all."""
    copies = counted_mass(mass, k).astype(np.intp).reshape(-1)
    shape = near.members.size, k
    return Neighborhood(
        near.members,
        np.repeat(near.distances.reshape(-1), copies).reshape(shape),
        np.repeat(near.indices.reshape(-1), copies).reshape(shape),
        None,
    )
