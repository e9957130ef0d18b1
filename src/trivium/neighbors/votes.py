"""From sorted neighbour lists to votes: pure functions on arrays.

A row of weight w stands for w rows at the same place: the neighbours are counted,
nearest first, until their weights reach k, and the last one counts for what is
missing. So an integer weight gives exactly what repeating the row would give.
"""

from collections.abc import Callable, Sequence

import numpy as np

from trivium.arrays import Float64, Indices

VoteRule = str | Callable[[Float64], Float64]


def counted_mass(weights: Float64, k: float) -> Float64:
    """Part of each neighbour's weight that falls within the nearest k.

    Parameters
    ----------
    weights : ndarray of shape (m, p)
        Weights of the neighbours, nearest first.
    k : float

    Returns
    -------
    ndarray of shape (m, p)

    Examples
    --------
    >>> import numpy as np
    >>> counted_mass(np.array([[2.0, 2.0, 2.0]]), 3)
    array([[2., 1., 0.]])
    """
    before = np.zeros_like(weights)
    np.cumsum(weights[:, :-1], axis=1, out=before[:, 1:])
    return np.clip(k - before, 0.0, weights)


def vote_weights(distances: Float64, rule: VoteRule) -> Float64 | None:
    """Say of the neighbours at these distances, each; None where all have the same.

    Parameters
    ----------
    distances : ndarray of shape (m, p)
    rule : {"uniform", "distance"} or callable
        "distance" is 1/distance; where a neighbour lies at distance zero, only such
        neighbours vote. A callable takes the distances and returns the weights.

    Raises
    ------
    ValueError
        If a callable returns the wrong shape, or weights that are negative or not finite.
    """
    if callable(rule):
        return _called(rule, distances)
    if rule == "uniform":
        return None
    with np.errstate(divide="ignore", over="ignore"):
        votes = 1.0 / distances
    on_top = np.isinf(votes)  # distance zero, or so small that its inverse overflows
    crowded = on_top.any(axis=1)
    votes[crowded] = on_top[crowded]
    return votes


def _called(rule: Callable[[Float64], Float64], distances: Float64) -> Float64:
    votes = np.asarray(rule(distances.copy()), dtype=np.float64)
    if votes.shape != distances.shape:
        raise ValueError(
            f"weights={rule!r} returned shape {votes.shape} for distances of {distances.shape}."
        )
    bad = np.flatnonzero(~(np.isfinite(votes) & (votes >= 0)).all(axis=1))
    if bad.size:
        raise ValueError(
            f"weights={rule!r} must return finite weights that are not negative; "
            f"the distances {distances[bad[0]]} got {votes[bad[0]]}."
        )
    return votes


def class_votes(codes: Indices, votes: Float64 | None, n_classes: int) -> Float64:
    """Sum the votes for each class, nearest neighbour first.

    Parameters
    ----------
    codes : ndarray of shape (m, p)
        Class of each neighbour.
    votes : ndarray of shape (m, p) or None
        None counts each neighbour once.
    n_classes : int

    Returns
    -------
    ndarray of shape (m, n_classes)
    """
    total = np.zeros((codes.shape[0], n_classes))
    _add_votes(total, codes, votes)
    return total


def path_votes(
    codes: Indices, votes: Float64 | None, ks: Sequence[int], n_classes: int
) -> list[Float64]:
    """Compute `class_votes` of the nearest k neighbours for several k, each neighbour read once.

    Parameters
    ----------
    codes, votes : as in `class_votes`, with at least max(ks) neighbours
    ks : sequence of int

    Returns
    -------
    list of ndarray of shape (m, n_classes)
        In the order of `ks`.
    """
    total = np.zeros((codes.shape[0], n_classes))
    at: dict[int, Float64] = {}
    counted = 0
    for k in sorted(set(ks)):
        new = slice(counted, k)
        _add_votes(total, codes[:, new], None if votes is None else votes[:, new])
        at[k], counted = total.copy(), k
    return [at[k] for k in ks]


def _add_votes(total: Float64, codes: Indices, votes: Float64 | None) -> None:
    """Add votes one after the other, so that no grouping shows in the last bit."""
    m, n_classes = total.shape
    places = codes + n_classes * np.arange(m)[:, None]
    np.add.at(total.reshape(-1), places.reshape(-1), 1.0 if votes is None else votes.reshape(-1))


def shares(votes: Float64) -> Float64:
    """Turn votes, of shape (m, n_classes), into probabilities.

    Raises
    ------
    ValueError
        If no neighbour of a query has a vote, which only a callable can bring about.
    """
    total = votes.sum(axis=1, keepdims=True)
    silent = np.flatnonzero(total[:, 0] == 0)
    if silent.size:
        raise ValueError(f"No neighbour of query {silent[0]} has a vote: all their weights are 0.")
    probabilities: Float64 = votes / total
    return probabilities
