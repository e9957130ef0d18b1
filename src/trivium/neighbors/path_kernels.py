"""Compiled walks along sorted neighbour lists: one pass over a list answers for every k.

Where entries have a mass, the nearest k are the entries whose masses reach k, the last
one counted for what is missing (`trivium.neighbors.votes`). `order` sorts `ks`, so that
a walk never turns back. What is found is laid out query after query, k after k.
Unsigned numbers save the test for places counted from the end, where that shows.
"""

import numpy as np
import numpy.typing as npt

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel

Flags = npt.NDArray[np.bool_]

_VOTE = 1 << 32  # a class's key is its votes times this, less its number: the greatest key leads


@kernel
def walk_votes(
    codes: Indices, vote_weight: Float64, mass: Float64, ks: Indices, order: Indices, votes: Float64
) -> None:
    """Add votes of the nearest k for each class, nearest first; `votes` is (m, ks, classes)."""
    n_classes = votes.shape[2]
    total = np.empty(n_classes)
    for q in range(codes.shape[0]):
        total[:] = 0.0
        entry, before = 0, 0.0
        for step in range(order.shape[0]):
            place = np.uintp(order[step])
            k = np.float64(ks[place])
            while entry < codes.shape[1]:
                whole = mass[q, entry]
                if k - before < whole:
                    break
                total[np.uintp(codes[q, entry])] += whole * vote_weight[q, entry]
                before += whole
                entry += 1
            for c in range(n_classes):
                votes[q, place, c] = total[c]
            if before < k and entry < codes.shape[1]:
                votes[q, place, codes[q, entry]] += (k - before) * vote_weight[q, entry]


@kernel
def walk_radii(
    distances: Float64, mass: Float64, ks: Indices, order: Indices, radii: Float64
) -> None:
    """Find the distance of the entry that fills up k; `radii` is (m, ks)."""
    for q in range(distances.shape[0]):
        entry, before = 0, 0.0
        for place in order:
            while entry < distances.shape[1] and ks[place] - before >= mass[q, entry]:
                before += mass[q, entry]
                entry += 1
            partly = entry < distances.shape[1] and ks[place] > before
            radii[q, place] = distances[q, entry if partly else entry - 1]


@kernel
def walk_leaders(
    codes: Indices, n_classes: int, ks: Indices, order: Indices, leaders: Indices
) -> None:
    """Find the class with most neighbours, the smallest of those that tie; `leaders` is (m, ks)."""
    keys = np.empty(n_classes, dtype=np.int64)
    for q in range(codes.shape[0]):
        for c in range(n_classes):
            keys[c] = -c
        best, entry = 0, 0
        for place in order:
            while entry < ks[place]:
                code = codes[q, entry]
                keys[code] += _VOTE
                best = max(best, keys[code])
                entry += 1
            leaders[q, place] = -best % _VOTE


@kernel
def walk_counts(
    codes: Indices,
    own: Indices,
    n_classes: int,
    log_numbers: Float64,
    losses: Float64,
    hits: Flags,
) -> None:
    """Score each row's own class among its nearest k, for every k of its list.

    Parameters
    ----------
    codes : ndarray of shape (m, k_max)
        Classes of the nearest.
    own : ndarray of shape (m,)
        Class of each row that is scored.
    n_classes : int
    log_numbers : ndarray of shape (k_max + 1,)
        Logs of 0, 1, ... k_max.
    losses : ndarray of shape (m, k_max)
        Receives minus the log of the own class's share.
    hits : ndarray of bool of shape (m, k_max)
        Receives whether it leads, as `walk_leaders` has it.
    """
    keys = np.empty(n_classes, dtype=np.int64)
    for q in range(codes.shape[0]):
        for c in range(n_classes):
            keys[c] = -c
        true, count = np.uintp(own[q]), np.uintp(0)
        mine, best = -own[q], 0
        for j in range(codes.shape[1]):
            code = np.uintp(codes[q, j])
            key = keys[code] + _VOTE
            keys[code] = key
            best = max(best, key)
            if code == true:
                mine = key
                count += np.uintp(1)
            losses[q, j] = log_numbers[j + 1] - log_numbers[count]
            hits[q, j] = mine == best


@kernel
def share_votes(votes: Float64) -> int:
    """Divide votes, of shape (m, ks, classes), by their sum, which is taken class after class.

    Return -1, or a query without a vote as soon as one is met.
    """
    for q in range(votes.shape[0]):
        for place in range(votes.shape[1]):
            total = 0.0
            for c in range(votes.shape[2]):
                total += votes[q, place, c]
            if total == 0.0:
                return q
            for c in range(votes.shape[2]):
                votes[q, place, c] /= total
    return -1


@kernel
def lead_votes(votes: Float64, leaders: Indices) -> int:
    """Find the class of the greatest share, the smallest of those that tie after rounding.

    `votes`, of shape (m, ks, classes), stay; return as `share_votes` does.
    """
    for q in range(votes.shape[0]):
        for place in range(votes.shape[1]):
            total = 0.0
            for c in range(votes.shape[2]):
                total += votes[q, place, c]
            if total == 0.0:
                return q
            leader, most = 0, votes[q, place, 0]
            for c in range(1, votes.shape[2]):
                vote = votes[q, place, c]
                if vote > most and vote / total > most / total:
                    leader, most = c, vote
            leaders[q, place] = leader
    return -1


@kernel
def score_votes(votes: Float64, own: Indices, shares: Float64, hits: Flags) -> int:
    """Find the own class's share, and whether it leads as `lead_votes` has it; return likewise."""
    for q in range(votes.shape[0]):
        true = own[q]
        for place in range(votes.shape[1]):
            total = 0.0
            for c in range(votes.shape[2]):
                total += votes[q, place, c]
            if total == 0.0:
                return q
            vote = votes[q, place, true]
            share, leads = vote / total, True
            for c in range(votes.shape[2]):
                rival = votes[q, place, c]
                # Far behind, it needs no division to be told from one that rounding lets tie.
                if rival >= vote * (1.0 - 2.0**-50) and c != true:
                    ahead = rival / total
                    if ahead > share or (ahead == share and c < true):
                        leads = False
                        break
            shares[q, place], hits[q, place] = share, leads
    return -1


@kernel
def add_moments(
    losses: Float64,
    hits: Flags,
    weights: Float64,
    least: float,
    most: float,
    right: Float64,
    mean: Float64,
    spread: Float64,
) -> None:
    """Take weighted moments over rows, for every k: (m, k_max) becomes (k_max,).

    `right` receives the weight of the hits, `mean` the mean of the losses after they are
    clipped to [least, most], and `spread` the sum of their squared deviations from it.
    """
    for q in range(losses.shape[0]):  # a loop for each step: so they vectorise
        for j in range(losses.shape[1]):
            losses[q, j] = min(max(losses[q, j], least), most)
        for j in range(losses.shape[1]):
            right[j] += weights[q] * hits[q, j]
            mean[j] += weights[q] * losses[q, j]
    total = 0.0  # a loop is compiled at once, and `sum` in a tenth of a second
    for q in range(weights.shape[0]):
        total += weights[q]
    for j in range(mean.shape[0]):
        mean[j] /= total
    for q in range(losses.shape[0]):
        for j in range(losses.shape[1]):
            deviation = losses[q, j] - mean[j]
            spread[j] += weights[q] * deviation * deviation


@kernel
def add_cells(own: Indices, weights: Float64, leaders: Indices, cells: Float64) -> None:
    """Add weights by class and leader for every k; `cells` is (k_max, classes, classes)."""
    for q in range(leaders.shape[0]):
        for j in range(leaders.shape[1]):
            cells[j, own[q], leaders[q, j]] += weights[q]
