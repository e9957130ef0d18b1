"""The search among rows that repeat: each is measured once, and its copies are written out.

Columns of few values (indicators, counts, ratings) make tables in which a row has hundreds of
equals. They are all as far from a query, so that no bound rules any of them out, and k are chosen
of them by their numbers alone. Here distinct rows are searched, in the order of their first copies.
The k nearest distinct rows are enough: a row that belongs in the list comes, by (distance, number),
behind the first copy of every distinct row that comes before its own.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.memory import working_memory
from trivium.blocks.workers import each_of, worker_count
from trivium.neighbors.search.copies import Copies
from trivium.neighbors.search.searcher import Searcher

Lists = tuple[Float64, Indices]

_MORE_AT_FIRST = 8  # distinct rows beyond twice as many as hold k rows in the mean
_ENTRIES_AT_ONCE = 1 << 16  # of lists that are written out
_BYTES_A_PLACE = 16  # a distance and a number
_BYTES_AN_ENTRY = 64  # while it is written out
_LEAST_A_PIECE, _FIRST_WITHIN, _GROWTH = 16, 1024, 8  # queries


class Repeats:
    """Rows that repeat.

    What a search holds besides its result are lists of distinct queries, lists of distinct rows
    and what is being written out: each may take a quarter of working memory.

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
            if k == wanted:
                self._search(queries, n_jobs, found)
                return
            asked = _each_alone(m)
        groups = cut(asked.first.size, _queries_at_once(_BYTES_A_PLACE * k))
        for some in groups:
            lists = _empty_lists(some.stop - some.start, k)
            self._search(queries.take(asked.first[some], axis=0), n_jobs, lists)
            whole = len(groups) == 1
            numbers = asked.numbers[asked.starts[some.start] : asked.starts[some.stop]]
            list_of = asked.group_of if whole else asked.group_of[numbers] - some.start

            def write(
                part: slice,
                lists: Lists = lists,
                list_of: Indices = list_of,
                numbers: Indices | None = None if whole else numbers,
            ) -> None:
                distances, rows = (each.take(list_of[part], axis=0) for each in lists)
                to = part if numbers is None else numbers[part]
                if k > wanted:
                    kept = rows != skip[to, None]
                    kept[kept.all(axis=1), -1] = False
                    distances, rows = (each[kept].reshape(-1, wanted) for each in (distances, rows))
                found[0][to], found[1][to] = distances, rows

            each_of(write, cut(list_of.size, max(1, _entries_at_once(n_jobs) // k)), n_jobs)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.full(queries.shape[0], radius, dtype=np.float64)
        if reach.size == 0:
            return np.zeros(1, np.intp), np.empty(0), np.empty(0, np.intp)
        counts, distances, rows = map(
            list, zip(*self._parts_within(queries, reach, skip, n_jobs), strict=True)
        )
        starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
        joined = np.concatenate(distances)
        distances.clear()  # before as much is taken for the numbers
        return starts, joined, np.concatenate(rows)

    def _parts_within(
        self, queries: Floats, reach: Float64, skip: Indices, n_jobs: int | None
    ) -> Iterator[tuple[Indices, Float64, Indices]]:
        """Yield numbers of rows, distances and rows of some queries after the others."""
        m, start = queries.shape[0], 0
        step = min(_FIRST_WITHIN, _queries_at_once(_BYTES_A_PLACE * self._counts.size))
        most = _entries_at_once(1)
        while True:
            some = slice(start, min(start + step, m))
            nobody = _nobody(some.stop - start)
            starts, distances, groups = self.distinct.within(
                queries[some], reach[some], nobody, n_jobs
            )
            ends = np.cumsum(self._counts[groups])
            ends = np.concatenate([[0], ends])[starts[1:]]  # of what each query's rows become
            last = 0
            while last < nobody.size:
                before = ends[last - 1] if last else 0
                first, last = last, max(last + 1, int(ends.searchsorted(before + most, "right")))
                of = slice(starts[first], starts[last])
                whose = np.repeat(np.arange(last - first), np.diff(starts[first : last + 1]))
                given = skip[start + first : start + last]
                yield self._all_within(whose, distances[of], groups[of], given)
            start = some.stop
            if start >= m:
                return
            mean = max(1, groups.size // nobody.size)
            step = min(_GROWTH * step, _queries_at_once(_BYTES_A_PLACE * mean))

    def _all_within(
        self, whose: Indices, distances: Float64, groups: Indices, skip: Indices
    ) -> tuple[Indices, Float64, Indices]:
        """Write all copies of distinct rows, by ascending number within each query."""
        n = self.copies.numbers.size
        counts = self._counts[groups]
        keys = np.repeat(whose * n, counts)
        keys += self._rows_of(groups, counts)
        order = np.argsort(keys)
        whose, rows = np.divmod(keys[order], n)
        kept = rows != skip[whose]
        distances = np.repeat(distances, counts)[order]
        return np.bincount(whose[kept], minlength=skip.size), distances[kept], rows[kept]

    def _search(self, queries: Floats, n_jobs: int | None, lists: Lists) -> None:
        """Find the k nearest rows of each query, none left out."""
        m, k = lists[0].shape
        most = min(k, self._counts.size)
        share = self._counts.size / self.copies.numbers.size
        few = min(most, int(2 * share * k) + _MORE_AT_FIRST)
        for some in cut(m, _queries_at_once(_BYTES_A_PLACE * few)):
            part, to = queries[some], (lists[0][some], lists[1][some])
            left = self._write(part, np.arange(part.shape[0]), few, n_jobs, to)
            for again in cut(left.size, _queries_at_once(_BYTES_A_PLACE * most)):
                places = left[again]
                self._write(part.take(places, axis=0), places, most, n_jobs, to)

    def _write(
        self, queries: Floats, places: Indices, size: int, n_jobs: int | None, lists: Lists
    ) -> Indices:
        """Write the lists of queries by so many distinct rows; return where these are too few."""
        m, k = queries.shape[0], lists[0].shape[1]
        near = _empty_lists(m, size)
        self.distinct.nearest(queries, _nobody(m), n_jobs, near)
        enough = np.ones(m, np.bool_)
        at_once = _entries_at_once(n_jobs)

        def write(piece: slice) -> None:
            left = [piece]
            while left:
                some = left.pop()
                distances, groups = near[0][some], near[1][some]
                counts = np.minimum(self._counts[groups], k)
                if size < min(k, self._counts.size):
                    nearer = counts.sum(axis=1, where=distances < distances[:, -1:])
                    enough[some] = nearer >= k
                good = enough[some]
                needed = _needed(distances, counts, k) & good[:, None]
                length = some.stop - some.start
                if length > 1 and counts.sum(where=needed) > 2 * at_once:  # many are as far away
                    half = some.start + length // 2
                    left += [slice(some.start, half), slice(half, some.stop)]
                    continue
                to = places[some][good]
                lists[0][to], lists[1][to] = self._expanded(
                    distances[good], groups[good], counts[good], needed[good], k
                )

        each_of(write, cut(m, max(1, at_once // (2 * k + size))), n_jobs)
        return places[~enough]

    def _expanded(
        self,
        distances: Float64,
        groups: Indices,
        counts: Indices,
        needed: npt.NDArray[np.bool_],
        k: int,
    ) -> Lists:
        """Write the first k copies of the nearest distinct rows by (distance, number).

        Parameters
        ----------
        distances, groups : ndarray of shape (m, p)
            Sorted by both.
        counts : ndarray of shape (m, p)
            How many copies of each may be of use.
        needed : ndarray of bool of shape (m, p)
            Those up to the distance at which there are k copies.
        """
        m, n = distances.shape[0], self.copies.numbers.size
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


def _queries_at_once(n_bytes: int) -> int:
    """Return how many queries may have lists of a size at a time."""
    return max(_LEAST_A_PIECE, int(working_memory() / 4 / n_bytes))


def _entries_at_once(n_jobs: int | None) -> int:
    """Return how many entries of lists each worker may write out at a time."""
    allowed = int(working_memory() / 4 / worker_count(n_jobs) / _BYTES_AN_ENTRY)
    return max(1, min(_ENTRIES_AT_ONCE, allowed))


def _needed(distances: Float64, counts: Indices, k: int) -> npt.NDArray[np.bool_]:
    """Say which distinct rows are no farther than the one whose copies make k rows."""
    filled = (np.cumsum(counts, axis=1) < k).sum(axis=1)
    last = np.minimum(filled, counts.shape[1] - 1)  # of lists that are too short
    return distances <= np.take_along_axis(distances, last[:, None], axis=1)


def _empty_lists(m: int, k: int) -> Lists:
    return np.empty((m, k)), np.empty((m, k), np.intp)


def _each_alone(m: int) -> Copies:
    """Say of m queries that none is like another."""
    each = np.arange(m)
    return Copies(each, each, each, np.arange(m + 1))


def _nobody(m: int) -> Indices:
    return np.full(m, -1, dtype=np.intp)
