"""Rows dealt into folds: classes evenly, copies of a row and groups to one fold, or by time."""

import heapq
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trivium.arrays import Float64, Indices
from trivium.preparation.levels import Levels
from trivium.preparation.parsing import Values

Split = tuple[Indices, Indices]
"""Rows to learn from and rows to test."""

_FEW = 30  # different rows


def copies_of(columns: Sequence[Values]) -> tuple[Indices, float]:
    """Find rows whose cells are the same.

    Parameters
    ----------
    columns : sequence of ndarray of shape (n,) or Levels
        Cells; missing ones are the same.

    Returns
    -------
    groups : ndarray of int of shape (n,)
        Of each row the first that is like it.
    combinations : float
        How many different rows there could be of the cells that each column has.
    """
    groups: Indices | None = None
    n_groups, combinations = 0, 1.0
    for values in columns:
        cells = values.codes if isinstance(values, Levels) else values
        own, codes = np.unique(cells, return_inverse=True)
        combinations *= float(own.size)
        if groups is not None:
            if n_groups == codes.size:
                continue  # all rows differ already
            codes = groups * own.size + codes
        _, first, groups = np.unique(codes, return_index=True, return_inverse=True)
        n_groups = first.size
    if groups is None:
        return np.empty(0, dtype=np.intp), combinations
    return first[groups], combinations


def come_by_chance(groups: Indices, combinations: float) -> bool:
    """Whether copies say no more than that few different rows are possible.

    Parameters
    ----------
    groups : ndarray of int of shape (n,)
    combinations : float
        As of `copies_of`.
    """
    return combinations <= groups.size and np.unique(groups).size < _FEW


def folds_of(codes: Indices, groups: Indices, n_folds: int, seed: int) -> Indices:
    """Deal rows into folds.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Classes. Each fold has as many rows of a class as others, give or take one, where groups
        are of one row.
    groups : ndarray of int of shape (n,)
        Rows of a group come into one fold.
    n_folds : int
        At most as many as there are groups.
    seed : int

    Returns
    -------
    ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> folds_of(np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 2, 3, 4, 5]), 2, seed=0)
    array([0, 0, 1, 1, 1, 0])
    """
    _, first, members, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.random.default_rng(seed).permutation(first.size)
    # Class by class, great groups first, each to the fold that has the fewest rows.
    own = codes[first]
    order = order[np.lexsort((-sizes[order], own[order]))]
    fold, totals = np.empty(first.size, dtype=np.intp), [0] * n_folds
    for code in np.unique(own).tolist():
        fullness = [(0, total, number) for number, total in enumerate(totals)]
        heapq.heapify(fullness)
        groups_of_class = order[own[order] == code]
        sizes_of_class = sizes[groups_of_class].tolist()
        for group, size in zip(groups_of_class.tolist(), sizes_of_class, strict=True):
            of_class, total, number = fullness[0]
            heapq.heapreplace(fullness, (of_class + size, total + size, number))
            fold[group] = number
            totals[number] += size
    dealt: Indices = fold[members]
    return dealt


def joined(first: Indices, second: Indices) -> Indices:
    """Join what is together by one of two divisions into groups, and by chains of them.

    Parameters
    ----------
    first, second : ndarray of int of shape (n,)
        Rows of a group have the same number.

    Returns
    -------
    ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> joined(np.array([0, 0, 2, 3, 4]), np.array([5, 6, 6, 7, 8]))
    array([0, 0, 0, 1, 2])
    """
    n_first, own = _numbered(first)
    n_second, other = _numbered(second)
    pairs = coo_array((np.ones(own.size), (own, n_first + other)), shape=(n_first + n_second,) * 2)
    component = connected_components(pairs, directed=False)[1].astype(np.intp)
    return _numbered(component[own])[1]


def _numbered(groups: Indices) -> tuple[int, Indices]:
    different, numbers = np.unique(groups, return_inverse=True)
    return different.size, numbers


def split_rows(codes: Indices, groups: Indices, n_folds: int, seed: int) -> list[Split]:
    """Return rows to learn from and rows to test, fold by fold.

    Parameters
    ----------
    codes, groups, n_folds, seed
        As of `folds_of`.
    """
    fold = folds_of(codes, groups, n_folds, seed)
    return [
        (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in range(n_folds)
    ]


def taken(rows: Indices, splits: Sequence[Split]) -> list[Split]:
    """Return splits of some rows, by their places among them, as splits of the rows themselves."""
    return [(rows[learn], rows[test]) for learn, test in splits]


def splits_in_time(when: Float64, groups: Indices, n_folds: int) -> list[Split]:
    """Return rows to learn from and later rows to test.

    The rows are cut into one part more than there are folds, of about the same size and with rows
    of one time in one part; each part but the first is tested by what was learnt of all parts
    before it.

    Parameters
    ----------
    when : ndarray of shape (n,)
        Times; a row whose time is NaN is in no part.
    groups : ndarray of int of shape (n,)
        Rows of a group that is tested are not learnt from.
    n_folds : int
        Fewer where there are fewer times.

    Examples
    --------
    >>> import numpy as np
    >>> times = np.array([4.0, 1.0, 2.0, 3.0])
    >>> for learn, test in splits_in_time(times, np.arange(4), 2):
    ...     print(learn, test)
    [1] [2]
    [1 2] [0 3]
    """
    known = np.sort(when[~np.isnan(when)])
    if known.size == 0:
        return []
    places = [known.size * number // (n_folds + 1) for number in range(1, n_folds + 1)]
    starts = np.unique(known[places])
    splits = []
    for start, end in zip(starts, [*starts[1:], np.inf], strict=True):
        tested = (when >= start) & ((when < end) | np.isposinf(end))
        learn = (when < start) & ~np.isin(groups, groups[tested])
        if learn.any():
            splits.append((np.flatnonzero(learn), np.flatnonzero(tested)))
    return splits


def splits_of(codes: Indices, groups: Indices, n_folds: int, seed: int) -> list[Split]:
    """Return rows to learn from and rows to score, fold by fold, with every class among the former.

    Parameters
    ----------
    codes, groups, n_folds, seed
        As of `folds_of`. A class whose rows are all in one group is learnt from in every fold.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        None of a fold that would score no row.
    """
    always = np.zeros(codes.size, dtype=np.bool_)
    for code in np.unique(codes):
        own = codes == code
        always |= own & (groups[own] == groups[own][0]).all()
    rest = np.flatnonzero(~always)
    if rest.size == 0:
        return []
    n_folds = min(n_folds, np.unique(groups[rest]).size)
    fold = np.full(codes.size, -1)
    fold[rest] = folds_of(codes[rest], groups[rest], n_folds, seed)
    splits = []
    for number in range(n_folds):
        learn, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if np.unique(codes[learn]).size == np.unique(codes).size:
            splits.append((learn, test))
    return splits
