"""The search among rows that repeat: each is measured once, and its copies are written out.

Columns of few values (indicators, counts, ratings) make tables in which a row has hundreds of
equals. They are all as far from a query, so that no bound rules any of them out, and k are chosen
of them by their numbers alone. Here distinct rows are searched, in the order of their first copies.
The k nearest distinct rows are enough: a row that belongs in the list comes, by (distance, number),
behind the first copy of every distinct row that comes before its own.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import each_of
from trivium.neighbors.search.copies import Copies
from trivium.neighbors.search.searcher import Searcher

Lists = tuple[Float64, Indices]

_MORE_AT_FIRST = 8  # distinct rows beyond twice as many as hold k rows in the mean
_ENTRIES_AT_ONCE = 1 << 16  # of lists that are written out


class Repeats:
    """Rows that repeat.

    Parameters
    ----------
    copies : Copies
        Of all rows.
    distinct : Searcher
        Of the first row of each group.
    """

    def __init__(self, copies: Copies, distinct: Searcher) -> None:
        self.copies = copies
        self.distinct = distinct
        self._counts = np.diff(copies.starts)

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: Lists,
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        m, wanted = found[0].shape
        k = wanted + bool((skip >= 0).any())
        asked = self.copies if own else Copies.of(queries)
        if asked is None:
            lists, list_of = self._lists(queries, k, n_jobs), np.arange(m)
        else:
            lists = self._lists(queries.take(asked.first, axis=0), k, n_jobs)
            list_of = asked.group_of

        def write(some: slice) -> None:
            distances, rows = (each.take(list_of[some], axis=0) for each in lists)
            if k > wanted:
                kept = rows != skip[some, None]
                kept[kept.all(axis=1), -1] = False
                distances, rows = distances[kept], rows[kept]
            found[0][some], found[1][some] = (
                each.reshape(-1, wanted) for each in (distances, rows)
            )

        each_of(write, cut(m, max(1, _ENTRIES_AT_ONCE // k)), n_jobs)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        m, n = queries.shape[0], self.copies.numbers.size
        starts, distances, groups = self.distinct.within(queries, radius, _nobody(m), n_jobs)
        counts = self._counts[groups]
        keys = np.repeat(np.repeat(np.arange(m), np.diff(starts)) * n, counts)
        keys += self._rows_of(groups, counts)
        order = np.argsort(keys)
        whose, rows = np.divmod(keys[order], n)
        kept = rows != skip[whose]
        counts = np.bincount(whose[kept], minlength=m)
        distances = np.repeat(distances, self._counts[groups])[order]
        return np.concatenate([[0], np.cumsum(counts)]), distances[kept], rows[kept]

    def _lists(self, queries: Floats, k: int, n_jobs: int | None) -> Lists:
        """Find the k nearest rows of each query, none left out."""
        m, most = queries.shape[0], min(k, self._counts.size)
        lists = np.empty((m, k)), np.empty((m, k), np.intp)
        share = self._counts.size / self.copies.numbers.size
        few = min(most, int(2 * share * k) + _MORE_AT_FIRST)
        left = self._write(queries, np.arange(m), few, n_jobs, lists)
        if left.size and few < most:
            self._write(queries.take(left, axis=0), left, most, n_jobs, lists)
        return lists

    def _write(
        self, queries: Floats, places: Indices, size: int, n_jobs: int | None, lists: Lists
    ) -> Indices:
        """Write the lists of queries by so many distinct rows; return where these are too few."""
        m, k = queries.shape[0], lists[0].shape[1]
        near = np.empty((m, size)), np.empty((m, size), np.intp)
        self.distinct.nearest(queries, _nobody(m), n_jobs, near)
        enough = np.ones(m, np.bool_)

        def write(some: slice) -> None:
            distances, groups = near[0][some], near[1][some]
            counts = np.minimum(self._counts[groups], k)
            if size < min(k, self._counts.size):
                nearer = counts.sum(axis=1, where=distances < distances[:, -1:])
                enough[some] = nearer >= k
            good = enough[some]
            to = places[some][good]
            lists[0][to], lists[1][to] = self._expanded(
                distances[good], groups[good], counts[good], k
            )

        each_of(write, cut(m, max(1, _ENTRIES_AT_ONCE // (2 * k + size))), n_jobs)
        return places[~enough]

    def _expanded(self, distances: Float64, groups: Indices, counts: Indices, k: int) -> Lists:
        """Write the first k copies of the nearest distinct rows by (distance, number).

        Parameters
        ----------
        distances, groups : ndarray of shape (m, p)
            Sorted by both.
        counts : ndarray of shape (m, p)
            How many copies of each may be of use.
        """
        m, n = distances.shape[0], self.copies.numbers.size
        filled = (np.cumsum(counts, axis=1) < k).sum(axis=1)
        needed = distances <= np.take_along_axis(distances, filled[:, None], axis=1)
        whose, counts, near = np.nonzero(needed)[0], counts[needed], distances[needed]
        rows = self._rows_of(groups[needed], counts)
        # Copies of a distinct row rise; of several that are as far away all are sorted together.
        steps = np.ones(near.size, np.bool_)
        steps[1:] = (near[1:] != near[:-1]) | (whose[1:] != whose[:-1])
        ties = np.cumsum(steps) - 1
        keys = np.repeat(ties * n, counts) + rows
        if ties.size and ties[-1] + 1 < ties.size:
            keys.sort()
        sizes = np.bincount(whose, counts, minlength=m).astype(np.intp)
        first = np.cumsum(sizes) - sizes
        tie, rows = np.divmod(keys[first[:, None] + np.arange(k)], n)
        return near[steps][tie], rows

    def _rows_of(self, groups: Indices, counts: Indices) -> Indices:
        """Return the numbers of the first copies of some groups, one group after the other."""
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if ends.size else 0)
        places += np.repeat(self.copies.starts[groups] - (ends - counts), counts)
        return self.copies.numbers.take(places)


def _nobody(m: int) -> Indices:
    return np.full(m, -1, dtype=np.intp)
