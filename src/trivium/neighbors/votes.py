"""From sorted neighbour lists to votes: pure functions on arrays.

A row of weight w stands for w rows at the same place: the neighbours are counted,
nearest first, until their weights reach k, and the last one counts for what is
missing. So an integer weight gives exactly what repeating the row would give.
"""

from collections.abc import Callable, Sequence

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience
from trivium.containers import as_array
from trivium.neighbors import plain_votes
from trivium.neighbors.path_kernels import (
    Flags,
    lead_votes,
    score_votes,
    share_votes,
    walk_leaders,
    walk_radii,
    walk_votes,
)

VoteRule = str | Callable[[Float64], Float64]

_A_CALL = 5_000  # entries of lists that NumPy could count while it is called
_AN_ANSWER = 3  # and while it writes a number
_LOOPS: tuple[Callable[..., object], ...] = share_votes, walk_leaders, walk_votes

patience = {loop: Patience(loop, to_compile=1 << 26, to_load=1 << 22) for loop in _LOOPS}
"""Entries of lists that NumPy counts, at some 3 ns each, before a loop does it."""


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
    """Return the vote of the neighbours at these distances, each; None where all have the same.

    Parameters
    ----------
    distances : ndarray of shape (m, p)
    rule : {"uniform", "distance"} or callable
        "distance" is 1/distance; where a neighbour lies at distance zero, only such
        neighbours vote. A callable takes the distances and returns the weights.

    Raises
    ------
    ValueError
        If there is no rule of that name; if a callable returns the wrong shape, or weights that are
        masked, missing, negative or not finite.
    TypeError
        If it does not return real numbers.
    """
    if callable(rule):
        return _summable(_called(rule, distances))
    if rule == "uniform":
        return None
    if rule != "distance":
        raise ValueError(f"weights={rule!r}: expected 'uniform', 'distance' or a function.")
    with np.errstate(divide="ignore", over="ignore"):
        votes = 1.0 / distances
    on_top = np.isinf(votes)  # distance zero, or so small that its inverse overflows
    crowded = on_top.any(axis=1)
    votes[crowded] = on_top[crowded]
    return _summable(votes)


def _summable(votes: Float64) -> Float64:
    """Scale down by a power of two, which no share shows, what might overflow in a sum."""
    large = votes.max(axis=1, keepdims=True) > 2.0**900
    return np.where(large, 2.0**-200 * votes, votes) if large.any() else votes


def _called(rule: Callable[[Float64], Float64], distances: Float64) -> Float64:
    returned = as_array(rule(distances.copy()), f"What weights={rule!r} returned", each="query")
    if returned.dtype.kind not in "biuf":
        raise TypeError(f"weights={rule!r} returned {returned.dtype} values: expected numbers.")
    votes = returned.astype(np.float64)
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
    total: Float64 = path_votes(codes, votes, [codes.shape[1]], n_classes)[:, 0]
    return total


def path_votes(
    codes: Indices,
    votes: Float64 | None,
    ks: Sequence[int] | Indices,
    n_classes: int,
    mass: Float64 | None = None,
) -> Float64:
    """Compute `class_votes` of the nearest k for several k, each neighbour read once.

    Parameters
    ----------
    codes, votes : as in `class_votes`
    ks : sequence of int
    n_classes : int
    mass : ndarray of shape (m, p) or None
        Weights of the neighbours, which make up k as in `counted_mass`; None: one each.

    Returns
    -------
    ndarray of shape (m, len(ks), n_classes)
        In the order of `ks`; the same bits for a k alone.
    """
    alike = votes is None and mass is None
    if alike and _is_little(walk_votes, codes.size, len(codes) * len(ks) * n_classes):
        return plain_votes.counts(codes, np.asarray(ks), n_classes).astype(np.float64)
    path = np.empty((codes.shape[0], len(ks), n_classes))
    codes = np.ascontiguousarray(codes)
    walk_votes(codes, _each(votes, codes), _each(mass, codes), *_ascending(ks), path)
    return path


def path_leaders(codes: Indices, ks: Sequence[int] | Indices, n_classes: int) -> Indices:
    """Find the class with most of the nearest k for several k; the smallest of those that tie.

    Returns
    -------
    ndarray of shape (m, len(ks))

    Examples
    --------
    >>> import numpy as np
    >>> path_leaders(np.array([[2, 1, 1]]), [1, 2, 3], n_classes=3)
    array([[2, 1, 1]])
    """
    if _is_little(walk_leaders, codes.size, len(codes) * len(ks) * n_classes):
        most: Indices = plain_votes.counts(codes, np.asarray(ks), n_classes).argmax(axis=2)
        return most
    leaders = np.empty((codes.shape[0], len(ks)), dtype=np.intp)
    walk_leaders(np.ascontiguousarray(codes), n_classes, *_ascending(ks), leaders)
    return leaders


def path_radii(
    distances: Float64, ks: Sequence[int] | Indices, mass: Float64 | None = None
) -> Float64:
    """Distance of the neighbour that fills up k for several k.

    Parameters
    ----------
    distances : ndarray of shape (m, p)
    ks, mass : as in `path_votes`

    Returns
    -------
    ndarray of shape (m, len(ks))

    Examples
    --------
    >>> import numpy as np
    >>> path_radii(np.array([[1.0, 4.0]]), [2, 3], np.array([[2.0, 2.0]]))
    array([[1., 4.]])
    """
    if mass is None:
        return np.take(distances, np.minimum(ks, distances.shape[1]) - 1, axis=1)
    radii = np.empty((distances.shape[0], len(ks)))
    given = np.ascontiguousarray(distances), np.ascontiguousarray(mass)
    walk_radii(*given, *_ascending(ks), radii)
    return radii


def shares(votes: Float64, queries: Indices) -> Float64:
    """Turn votes into probabilities, in place.

    Parameters
    ----------
    votes : ndarray of shape (m, len(ks), n_classes)
    queries : ndarray of shape (m,)
        What an error calls them.

    Raises
    ------
    ValueError
        If no neighbour of a query has a vote.
    """
    share = plain_votes.share_votes if _is_little(share_votes, 0, votes.size) else share_votes
    _require_votes(share(votes), queries)
    return votes


def leading(votes: Float64, queries: Indices) -> Indices:
    """Find the class of the greatest share, the smallest of those that tie: (m, len(ks)).

    It is the ``argmax`` of `shares`, of which arguments and errors are; `votes` stay.
    """
    leaders = np.empty(votes.shape[:2], dtype=np.intp)
    _require_votes(lead_votes(votes, leaders), queries)
    return leaders


def own_shares(votes: Float64, own: Indices, queries: Indices) -> tuple[Float64, Flags]:
    """Find one class's share for each query, and whether it is `leading`.

    Parameters
    ----------
    votes, queries : as in `shares`; `votes` stay
    own : ndarray of shape (m,)
        The class.

    Returns
    -------
    shares : ndarray of shape (m, len(ks))
    hits : ndarray of bool of shape (m, len(ks))
    """
    share, hits = np.empty(votes.shape[:2]), np.empty(votes.shape[:2], dtype=np.bool_)
    _require_votes(score_votes(votes, own, share, hits), queries)
    return share, hits


def _require_votes(silent: int, queries: Indices) -> None:
    if silent >= 0:
        raise ValueError(
            f"No neighbour of query {queries[silent]} has a vote: all their weights are 0."
        )


def _is_little(loop: Callable[..., object], entries: int, answers: int) -> bool:
    """Whether NumPy is to do it, for want of work that would pay for compiling a loop."""
    return not patience[loop].is_over(_A_CALL + entries + _AN_ANSWER * answers)


def _each(values: Float64 | None, like: Indices | Float64) -> Float64:
    """One for each entry where no weights are given; always laid out as the kernels have it."""
    return np.ones(like.shape) if values is None else np.ascontiguousarray(values)


def _ascending(ks: Sequence[int] | Indices) -> tuple[Indices, Indices]:
    """Numbers of neighbours, and the order that sorts them."""
    numbers = np.asarray(ks, dtype=np.intp)
    return numbers, np.argsort(numbers, kind="stable")
