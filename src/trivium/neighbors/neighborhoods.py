"""The neighbourhood of each query: as many of its nearest rows as weigh k together."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.memory import working_memory
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.streamed import queries_at_once
from trivium.neighbors.search.unread import Queries, Unread
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
    return scaled(weights, *counting_scale(weights))


def counting_scale(weights: Float64, counts: Indices | None = None) -> tuple[float, float]:
    """Return the greatest of some weights, and the mean of what they are beside it.

    The mean is that of the exact sum: in whichever order the rows come, and whichever of several
    that are equal is left out, it has the same bits.

    Parameters
    ----------
    weights : ndarray of shape (n,)
    counts : ndarray of int of shape (n,) or None
        How often each is there; None: once.

    Examples
    --------
    >>> import numpy as np
    >>> counting_scale(np.array([2.0, 0.5]), np.array([1, 3]))
    (2.0, 0.4375)
    """
    greatest = float(weights.max())
    relative = np.maximum(weights / greatest, _LIGHTEST)
    if counts is None:
        return greatest, math.fsum(relative.tolist()) / weights.size
    # A count is a sum of powers of two, by each of which a product is exact.
    powers = range(int(counts.max()).bit_length())
    terms = [np.ldexp(relative[(counts >> power) & 1 == 1], power) for power in powers]
    return greatest, math.fsum(np.concatenate(terms).tolist()) / float(counts.sum())


def scaled(weights: Float64, greatest: Float64 | float, mean: Float64 | float) -> Float64:
    """Bring weights to a mean of one."""
    # None may vanish: at the very place of a query a light row has all the votes.
    counting: Float64 = np.maximum(weights / greatest, _LIGHTEST) / mean
    return counting


def available_mass(index: Index, weights: Float64 | None, *, own: bool) -> float:
    """Least weight of the rows that a query can choose from, itself taken out if `own`."""
    if weights is None:
        return float(index.n_rows - own)
    return float(weights.sum() - own * np.minimum(weights, 1.0).max())


def neighborhoods(
    index: Index,
    queries: Queries | None,
    k: int,
    weights: Float64 | None = None,
    *,
    in_space: bool = False,
) -> Iterator[Neighborhood]:
    """Search in batches, so that memory stays bounded for any number of queries.

    Parameters
    ----------
    index : Index
    queries : ndarray, Csr or Unread of shape (m, d), or None for the training rows
        A training row is taken out of its own neighbourhood: once, so that a row of
        weight 3 still meets the two others that it stands for.
    k : int
        At most `available_mass`.
    weights : ndarray of shape (n,) or None
    in_space : bool
        Whether the queries are in the metric's space, as rows of the index are, unless they are
        unread.
    """
    if isinstance(queries, Unread) and queries.are_all:  # read once, from the first to the last
        for first, X in queries.pieces(queries_at_once(queries.shape[1], k)):
            some = index.points(X, first)
            for near in neighborhoods(index, some, k, weights, in_space=True):
                yield near._replace(members=near.members + first)
        return
    points = queries
    if not (in_space or queries is None or isinstance(queries, Unread)):
        points = index.points(queries)
    n_queries = index.n_rows if points is None else points.shape[0]
    members = np.arange(n_queries, dtype=np.intp)
    if weights is None:
        yield from batches(index, points, members, k, None, left_out=queries is None)
        return
    counts, whole = weights, is_whole(weights)

    def mass(_: Indices, indices: Indices) -> Float64:
        some_counts: Float64 = counts[indices]
        return some_counts

    def lighter_by_one(some: Indices, indices: Indices) -> Float64:
        rest: Float64 = counts[indices] - (indices == some[:, None])
        return rest

    if queries is not None:
        yield from batches(index, points, members, k, mass, whole=whole)
        return
    alone = weights <= 1.0
    yield from batches(index, points, members[alone], k, mass, whole=whole, left_out=True)
    yield from batches(index, points, members[~alone], k, lighter_by_one, whole=whole)


def batches(
    index: Index,
    points: Queries | None,
    members: Indices,
    k: int,
    mass_of: Callable[[Indices, Indices], Float64] | None,
    *,
    whole: bool = True,
    left_out: bool = False,
) -> Iterator[Neighborhood]:
    """Search for some of the queries.

    Parameters
    ----------
    index : Index
    points : ndarray, Csr or Unread of shape (m, d) or None
        All queries, in the index's space; None: the rows themselves.
    members : ndarray of int
        Those that are searched for, rising.
    k : int
    mass_of : callable or None
        Weights of neighbours by the numbers of their queries and their own, of shape (m, p);
        None: one each.
    whole : bool
        Whether the weights are numbers of rows.
    left_out : bool
        Whether each of the rows themselves is left out.
    """
    step = max(1, int(min(_ENTRIES_A_BATCH, working_memory() / _BYTES_AN_ENTRY) / k))
    for start in range(0, members.size, step):
        some = members[start : start + step]
        search = _search(index, points, some, left_out)
        if mass_of is None:
            yield Neighborhood(some, *search(k), None)
            continue
        most = index.n_rows - left_out
        p = min(k, most)
        while True:
            distances, indices = search(p)
            mass = mass_of(some, indices)
            # Added up as votes are, or a last bit would show who else is asked about.
            if p == most or np.cumsum(mass, axis=1)[:, -1].min() >= k:
                break
            p = min(2 * p, most)
        near = Neighborhood(some, distances, indices, mass)
        yield _repeated(near, mass, k) if whole else near


def _search(
    index: Index, points: Queries | None, some: Indices, left_out: bool
) -> Callable[[int], tuple[Float64, Indices]]:
    """Return a search for some of the queries, by the number of neighbours."""
    if points is not None:
        queries = points if some.size == points.shape[0] else points.take(some, axis=0)
        return lambda k: index.nearest(queries, k)
    every = some.size == index.n_rows
    if every and left_out:
        return lambda k: index.nearest(None, k)
    own, skip = index.own_points(None if every else some), some if left_out else None
    return lambda k: index.nearest(own, k, skip)


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
