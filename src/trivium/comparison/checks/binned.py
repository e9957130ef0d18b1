"""Columns as few levels, and how well one column alone tells the classes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from trivium.arrays import Float64, Indices
from trivium.preparation.levels import Levels
from trivium.preparation.parsing import Values
from trivium.tables.column_names import tokens_of

_MOST_BINS, _MOST_RANKS = 512, 4096
_LEVELS_A_WORD = 5
_ROWS_A_BIN, _ROWS_A_VALUE = 20, 4


class Binned(NamedTuple):
    """A column as levels.

    Attributes
    ----------
    codes : ndarray of int of shape (n,)
        Levels from 1; 0 where a cell is missing.
    n_levels : int
        With that of missing cells.
    """

    codes: Indices
    n_levels: int

    @property
    def missing(self) -> Indices:
        """1 where a cell is missing."""
        found: Indices = (self.codes == 0).astype(np.intp)
        return found


def binned(values: Values) -> Binned:
    """Cut numbers by quantiles, unless few different ones are there.

    Bins go by the numbers alone and no label, so they may be those of all rows.

    Parameters
    ----------
    values : ndarray of shape (n,) or Levels

    Examples
    --------
    >>> import numpy as np
    >>> binned(np.array([3.0, np.nan, 3.0, 7.0])).codes
    array([1, 0, 1, 2])
    """
    if isinstance(values, Levels):
        return Binned(values.codes.astype(np.intp) + 1, len(values.words) + 1)
    there = ~np.isnan(values)
    known = values[there]
    codes = np.zeros(values.size, dtype=np.intp)
    if known.size == 0:
        return Binned(codes, 1)
    ordered = np.sort(known)
    different = ordered[np.append(True, np.diff(ordered) > 0)]
    edges = different
    if different.size > min(_MOST_BINS, known.size / _ROWS_A_VALUE):
        # Cut between values, so that what comes often has a bin of its own.
        n_bins = int(np.clip(known.size / _ROWS_A_BIN, 8, _MOST_BINS))
        places = np.arange(n_bins) * known.size // n_bins
        starts = ordered[places]
        often = starts[1:][np.diff(starts) == 0]
        after = np.searchsorted(different, often, side="right")
        edges = np.unique(np.concatenate([starts, different[after[after < different.size]]]))
    codes[there] = np.searchsorted(edges, known, side="right")
    return Binned(codes, edges.size + 1)


def ranked(values: Float64) -> tuple[Binned, Float64]:
    """Give different numbers a level each, in their order; of very many, neighbours share one.

    Parameters
    ----------
    values : ndarray of shape (n,)

    Returns
    -------
    Binned
    ndarray of shape (n_levels - 1,)
        Where each level but that of missing cells begins.

    Examples
    --------
    >>> import numpy as np
    >>> column, begins = ranked(np.array([3.5, np.nan, 3.0, 7.0]))
    >>> column.codes, begins
    (array([2, 0, 1, 3]), array([3. , 3.5, 7. ]))
    """
    there = ~np.isnan(values)
    codes = np.zeros(values.size, dtype=np.intp)
    edges = np.unique(values[there])
    if edges.size > _MOST_RANKS:
        edges = edges[np.arange(_MOST_RANKS) * edges.size // _MOST_RANKS]
    codes[there] = np.searchsorted(edges, values[there], side="right")
    return Binned(codes, edges.size + 1), edges


class Told(NamedTuple):
    """How well something tells the classes of rows that it was not learnt from.

    Attributes
    ----------
    hits : int
    rows : int
        That were tested.
    """

    hits: int
    rows: int

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.hits / self.rows

    def beyond(self, floor: "Told") -> float:
        """Return the share of the floor's errors that vanish; below 0 where there are more."""
        errors = floor.rows - floor.hits
        return 0.0 if errors == 0 else 1.0 - (self.rows - self.hits) / errors


def told_by(column: Binned, classes: Indices, n_classes: int, fold: Indices) -> Told:
    """Cross-validate the most frequent class of each level.

    A level that the other folds lack, or have of two classes alike, is answered by the class that
    is more frequent in all.

    Parameters
    ----------
    column : Binned
    classes : ndarray of int of shape (n,)
    n_classes : int
    fold : ndarray of int of shape (n,)
        From 0; rows of -1 are learnt from and not tested.

    Examples
    --------
    >>> import numpy as np
    >>> fold, classes = np.arange(6) % 3, np.array([0, 0, 0, 1, 1, 1])
    >>> told_by(Binned(classes + 1, 3), classes, 2, fold)
    Told(hits=6, rows=6)
    """
    cell = column.codes * n_classes + classes
    shape = (column.n_levels, n_classes)
    whole = np.bincount(cell, minlength=shape[0] * shape[1])
    hits = rows = 0
    for number in range(int(fold.max()) + 1):
        tested = np.bincount(cell[fold == number], minlength=whole.size)
        learnt = (whole - tested).reshape(shape)
        by_class = learnt.sum(axis=0)
        rank = np.argsort(np.argsort(by_class, kind="stable"), kind="stable")
        answers = (learnt * n_classes + rank).argmax(axis=1)
        hits += int(tested.reshape(shape)[np.arange(shape[0]), answers].sum())
        rows += int(tested.sum())
    return Told(hits, rows)


def told_by_threshold(
    column: Binned, begins: Float64, classes: Indices, n_classes: int, fold: Indices
) -> Told:
    """Cross-validate one threshold, with the most frequent class of either side.

    In the other folds it is right for most rows; where several are, it is half-way between the
    numbers around the first of them. Missing cells are answered by the most frequent class.

    Parameters
    ----------
    column : Binned
    begins : ndarray of shape (n_levels - 1,)
        As `ranked` returns them.
    classes, n_classes, fold
        As in `told_by`.

    Examples
    --------
    >>> import numpy as np
    >>> fold = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    >>> classes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> told_by_threshold(*ranked(np.arange(8.0)), classes, 2, fold)
    Told(hits=8, rows=8)
    """
    shape = (column.n_levels, n_classes)
    cell = column.codes * n_classes + classes
    whole = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    hits = rows = 0
    for number in range(int(fold.max()) + 1):
        tested = np.bincount(cell[fold == number], minlength=whole.size).reshape(shape)
        learnt = whole - tested
        below = np.cumsum(learnt[1:], axis=0)
        all_there = learnt[1:].sum(axis=0)
        above = all_there - below
        right = below.max(axis=1) + above.max(axis=1)
        answers = np.full(shape[0], int(learnt.sum(axis=0).argmax()))
        if right.size:
            best = np.flatnonzero(right == right.max())
            cut = end = int(best[np.argmax(np.append(np.diff(best) > 1, True))])
            if end + 1 < begins.size:
                half_way = 0.5 * begins[best[0]] + 0.5 * begins[end + 1]
                cut = int(np.searchsorted(begins, half_way, side="right")) - 1
            answers[1 : cut + 2] = int(below[cut].argmax())
            last = above[cut] if above[cut].any() else below[cut]
            answers[cut + 2 :] = int(last.argmax())
        hits += int(tested[np.arange(shape[0]), answers].sum())
        rows += int(tested.sum())
    return Told(hits, rows)


def told_by_words(levels: Sequence[str], classes: Indices) -> Told:
    """Tell the class of each level by one word of it that levels of one class alone have.

    Words are those of five levels or more; levels without such a word are of the most frequent
    class of such levels.

    Parameters
    ----------
    levels : sequence of str
    classes : ndarray of int of shape (n_levels,)

    Examples
    --------
    >>> import numpy as np
    >>> told_by_words([f"{'died' if n % 2 else 'left'} {n}" for n in range(20)], np.arange(20) % 2)
    Told(hits=20, rows=20)
    """
    places: dict[str, list[int]] = {}
    for place, level in enumerate(levels):
        for word in set(tokens_of(level)):
            places.setdefault(word, []).append(place)
    answers = np.full(classes.size, -1)
    for some in places.values():
        if len(some) >= _LEVELS_A_WORD and np.unique(classes[some]).size == 1:
            answers[some] = classes[some[0]]
    rest = answers < 0
    hits = int((answers == classes).sum())
    if rest.any():
        hits += int(np.bincount(classes[rest]).max())
    return Told(hits, classes.size)


def chance_of(told: Told, floor: Told) -> float:
    """Return the probability of so many hits where each is as likely as one of the floor."""
    return float(stats.binom.sf(told.hits - 1, told.rows, floor.accuracy))


def association(levels: Indices, n_levels: int, classes: Indices, n_classes: int) -> Float64:
    """Return p of the chi-squared test of independence, and Cramér's V.

    Parameters
    ----------
    levels, classes : ndarray of int of shape (n,)
    n_levels, n_classes : int

    Returns
    -------
    ndarray of shape (2,)
        1 and 0 where there are not two levels and two classes.

    References
    ----------
    Cramér, Mathematical Methods of Statistics, 1946, section 21.9.
    """
    table = np.bincount(levels * n_classes + classes, minlength=n_levels * n_classes)
    table = table.reshape(n_levels, n_classes).astype(np.float64)
    table = table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)]
    if min(table.shape) < 2:
        return np.array([1.0, 0.0])
    n = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    squared = float(((table - expected) ** 2 / expected).sum())
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    p = float(stats.chi2.sf(squared, freedom))
    return np.array([p, np.sqrt(squared / (n * (min(table.shape) - 1)))])
