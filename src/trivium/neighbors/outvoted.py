"""Rare classes that win no vote of k neighbours.

Whether a class has too few rows to win any vote is known from the classes' weights alone. Where
it has enough, its own rows are asked, for which it is most likely to win; but not where chance
alone would let it win at some: on that most tables are done with.
"""

import numpy as np
from scipy.special import bdtrc

from trivium.arrays import Float64, Indices
from trivium.neighbors.neighborhoods import neighborhoods
from trivium.neighbors.search.index import Index
from trivium.neighbors.voting import Voters

_SURELY = 10.0  # wins that chance alone would bring: to have none, e^-10 at most
_FIRST, _LEAST = 4, 64  # rows of a class that are asked
_MOST_WORK = 1 << 27  # values of rows that are usually measured


def can_win(mass: Float64, k: float, c: int) -> bool:
    """Whether a class can win a vote of k neighbours, wherever its rows lie.

    Parameters
    ----------
    mass : ndarray of shape (n_classes,)
        Weight of each class's rows.
    k : float
        At most their sum.
    c : int
        The class.

    Examples
    --------
    >>> import numpy as np
    >>> can_win(np.array([90.0, 2.0]), 4, 1), can_win(np.array([2.0, 90.0]), 4, 0)
    (False, True)
    >>> can_win(np.array([90.0, 2.0, 90.0]), 5, 1), can_win(np.array([90.0, 2.0, 90.0]), 6, 1)
    (True, False)
    """
    own = min(float(mass[c]), k)
    most = np.full(mass.size, own, dtype=np.float64)  # votes of the others that let it win
    if np.all(mass == np.rint(mass)):
        most[:c] -= 1.0  # a tie goes to the smallest class
    others = np.delete(np.minimum(mass, most), c).sum()
    return bool(own > 0 and own + others >= k * (1.0 - 1e-12))


def wins_by_chance(mass: Float64, count: int, k: float, c: int) -> float:
    """Count the rows of its own at which a class would win, if rows lay at random.

    The row itself has a vote; of the others, those of the class and of its greatest rival count.

    Parameters
    ----------
    mass, k, c : as in `can_win`
    count : int
        Number of the class's rows.

    Examples
    --------
    >>> import numpy as np
    >>> wins_by_chance(np.array([50.0, 50.0]), 50, 3, 1)
    37.5
    """
    rival = float(np.delete(mass, c).max())
    voters = round((k - 1.0) * (mass[c] + rival) / mass.sum())
    short = (voters - 1) // 2  # votes that are not enough
    if short < 0:
        return float(count)
    return float(count * bdtrc(short, voters, mass[c] / (mass[c] + rival)))


def outvoted(
    index: Index, voters: Voters, weights: Float64 | None, k: int, suspects: Indices
) -> tuple[Indices, bool]:
    """Return the classes that win no vote of k neighbours at training rows of their own.

    Each row is among its own neighbours, as in a prediction for the training rows.

    Parameters
    ----------
    index : Index
    voters : Voters
        With votes that are all alike.
    weights : ndarray of shape (n,) or None
        What the rows count.
    k : int
    suspects : ndarray of int
        Classes that are looked at, which have rows.

    Returns
    -------
    classes : ndarray of int
    surely : bool
        Whether that is so at all of their rows, not only at many of them.
    """
    mass = np.bincount(voters.codes, weights, minlength=voters.n_classes).astype(np.float64)
    counts = np.bincount(voters.codes, minlength=voters.n_classes)
    lost = [c for c in suspects.tolist() if not can_win(mass, k, c)]
    open_cases = [
        c
        for c in np.setdiff1d(suspects, lost).tolist()
        if wins_by_chance(mass, int(counts[c]), k, c) < _SURELY
    ]
    own = {c: _spread(np.flatnonzero(voters.codes == c)) for c in open_cases}
    asked = 0
    many = _MOST_WORK // index.n_rows // index.n_columns // max(1, len(open_cases))
    for most in (_FIRST, _LEAST, many):
        rows = np.concatenate([own[c][asked:most] for c in open_cases] or [suspects[:0]])
        if rows.size:
            won = _winners(index, voters, weights, k, rows)
            open_cases = [c for c in open_cases if c not in won]
        asked = max(asked, most)
    surely = all(own[c].size <= asked for c in open_cases)
    return np.sort(np.array(lost + open_cases, dtype=np.intp)), surely


def _spread(rows: Indices) -> Indices:
    """Put rows in an order of which every beginning lies all over them."""
    n = rows.size
    step = max(1, round(0.618 * n))
    while np.gcd(step, n) != 1:
        step += 1
    return rows[np.arange(n) * step % n]


def _winners(
    index: Index, voters: Voters, weights: Float64 | None, k: int, rows: Indices
) -> set[int]:
    """Return the classes that win at some rows, at those of their own."""
    won: set[int] = set()
    for near in neighborhoods(index, index.own_points(rows), k, weights, in_space=True):
        for members, leaders in voters.leader_blocks(near, [k]):
            own = voters.codes[rows[members]]
            won.update(own[leaders[:, 0] == own].tolist())
    return won
