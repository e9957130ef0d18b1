"""An index over the training rows: one door to every search.

The index picks the algorithm and brings rows and queries into the metric's space. Rows in memory
are slabs with a searcher each, an array one, searched as it is; rows that live elsewhere are read
slab by slab for every search (`Streamed`).
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.neighbors.search.costs import Choice
from trivium.neighbors.search.metrics import NAMES, Metric, require_sparse
from trivium.neighbors.search.searcher import Points, Searcher
from trivium.neighbors.search.slab_maker import SlabMaker, choice_of
from trivium.neighbors.search.slabs import Slab, Slabs, one_after_the_other
from trivium.neighbors.search.sparse.searcher import SparseSearch
from trivium.neighbors.search.streamed import Streamed, queries_at_once
from trivium.neighbors.search.unread import Queries, Unread
from trivium.rows.csr import Csr, as_csr, dense
from trivium.rows.source import Rows

ALGORITHMS = ("auto", "brute", "kd_tree", "ball_tree")

_NUMBERS_A_PIECE = 1 << 20  # of sparse queries that are made dense
_ROWS_CHECKED = 1 << 20  # at once
_A_SLAB = 1 << 30  # bytes: few searchers, and no array that memory can't find a place for


class Index:
    """Rows made ready for searching.

    Parameters
    ----------
    rows : Rows
        Read once, and kept; those that are not in memory are read for every search.
    metric : Metric
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}
        The tree is a kd-tree by either name.
    n_jobs : int or None
    k : int
        Number of neighbours that will be asked for, which "auto" goes by.
    names : ndarray of str or None
        What an error calls the columns.
    kept : ndarray of shape (n,) or None
        What an error calls the rows, and which columns of distances that are given are those to
        them; None: 0, 1, ...
    in_space : bool
        Whether the rows are in the metric's space already, as `own_points` returns them.

    Attributes
    ----------
    metric : Metric
    n_rows, n_columns : int
        Of the rows in the metric's space: cosine adds a column.

    Raises
    ------
    ValueError
        If the rows make no sense to the metric, or it needs them in memory and they are not.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        metric: Metric,
        algorithm: str,
        n_jobs: int | None,
        k: int = 5,
        names: Any = None,
        kept: Indices | None = None,
        in_space: bool = False,
    ) -> None:
        self.metric = metric
        self._n_jobs = n_jobs
        self._names = names
        self._columns = kept if metric.given else None
        self.n_rows = rows.shape[0]
        self._slabs: list[Slab] = []
        self._streamed: Streamed | None = None
        self._searcher: Searcher
        if not rows.in_memory:
            self._require_streamed(metric)
            self._rows, self._is_sparse = rows, False
            self.n_columns = self._in_space(np.zeros((1, rows.shape[1]))).shape[1]
            for first, X in Unread(rows).pieces(_ROWS_CHECKED) if metric.check else ():
                self._check(X, first, kept)
            make = SlabMaker(metric, k, n_jobs, once=True)
            self._searcher = self._streamed = Streamed(rows, metric, algorithm, make)
            return
        make = SlabMaker(metric, k, n_jobs, once=False)
        for block in rows.slabs(_slab_bytes(metric)):
            self._check(block.X, block.first, kept)
            if as_csr(block.X) is not None:
                require_sparse(metric)
            if not in_space:
                block = block._replace(X=self._in_space(block.X))
            self._slabs.append(make(block, algorithm, in_space=True))
        self.n_columns = self._slabs[0].points.shape[1]
        self._is_sparse = as_csr(self._slabs[0].points) is not None
        few = len(self._slabs) == 1
        self._searcher = self._slabs[0].searcher if few else Slabs(self._slabs)

    @property
    def is_streamed(self) -> bool:
        """Whether the rows are not in memory, and are read for every search."""
        return self._streamed is not None

    @property
    def place(self) -> str:
        """Where the rows are, in words."""
        return "in memory" if self._streamed is None else self._rows.place

    @property
    def choice(self) -> Choice:
        """The algorithm for many queries, and why; see `Chosen`. Of several slabs, the first's."""
        if self._streamed is not None:
            return self._streamed.choice
        searcher = self._slabs[0].searcher
        choice = choice_of(searcher)
        if choice is not None:
            return choice
        if isinstance(searcher, SparseSearch):
            return Choice("brute", "rows are sparse: all that is stored is looked through")
        given = self.metric.given
        why = "distances are given" if given else f"{self.metric.name} is computed from every row"
        return Choice("brute", why)

    def points(self, queries: Points, first: int = 0) -> Points:
        """Bring queries into the metric's space.

        Parameters
        ----------
        queries : ndarray or Csr of shape (m, d)
        first : int
            Number of the first, in an error.

        Raises
        ------
        ValueError
            If they make no sense to the metric.
        """
        if isinstance(queries, Csr):
            require_sparse(self.metric)
        elif self._is_sparse:
            queries = Csr.of_array(queries)
        else:
            self._check(queries, first)
        points: Points = self._in_space(queries)
        return points

    def own_points(self, numbers: Indices | None = None) -> Queries:
        """Return some of the rows, in the metric's space, or unread where they are not in memory.

        Parameters
        ----------
        numbers : ndarray of int of shape (m,) or None
            Which, in whichever order; None: all.

        Returns
        -------
        ndarray, Csr or Unread of shape (m, n_columns)
            All of them are no copy where they are one slab.
        """
        if self._streamed is not None:
            return Unread(self._rows, numbers)
        if len(self._slabs) == 1:
            points = self._slabs[0].points
            return points if numbers is None else points.take(numbers, axis=0)
        if numbers is None:
            numbers = np.arange(self.n_rows)
        slab_of = np.searchsorted([slab.place.stop for slab in self._slabs], numbers, side="right")
        order = np.argsort(slab_of, kind="stable")
        parts = [
            slab.points.take(numbers[slab_of == place] - slab.first, axis=0)
            for place, slab in enumerate(self._slabs)
        ]
        some: Points = _stacked(parts).take(np.argsort(order), axis=0)
        return some

    def nearest(
        self, points: Queries | None, k: int, skip: Indices | None = None
    ) -> tuple[Float64, Indices]:
        """Find the k nearest rows of each query.

        Parameters
        ----------
        points : ndarray, Csr or Unread of shape (m, d) or None
            Queries, from `points` or `own_points`, or unread; None: the rows themselves, each left
            out of its own list.
        k : int
            At most the number of rows, less one where they are left out or `skip` is given.
        skip : ndarray of shape (m,) or None
            A row number to leave out for each query.

        Returns
        -------
        distances : ndarray of shape (m, k)
        indices : ndarray of shape (m, k)
            Both sorted by (distance, row number).

        Raises
        ------
        ValueError
            If one of them is so far off that its distance is beyond float64, where order ends.
        """
        if points is None and self.is_streamed:
            points, skip = self.own_points(), np.arange(self.n_rows)
        m = self.n_rows if points is None else points.shape[0]
        found = np.empty((m, k)), np.empty((m, k), dtype=np.intp)
        if points is None:
            for slab in self._slabs:
                own = found[0][slab.place], found[1][slab.place]
                self._searcher.nearest(slab.points, slab.numbers, self._n_jobs, own, own=True)
        else:
            skip = _nobody(m) if skip is None else skip
            for place, some in self._pieces(points, k):
                near = found[0][place], found[1][place]
                self._searcher.nearest(some, skip[place], self._n_jobs, near)
        far = np.flatnonzero(np.isinf(found[0][:, -1:]))[:1]
        if far.size:
            point = self.own_points(far) if points is None else points.take(far, axis=0)
            ((_, piece),) = self._pieces(point, k)
            raise self._too_far(dense(piece)[0], k)
        return found

    def within(
        self, points: Queries | None, radius: float | Float64
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius, one for all or each query's; see `Searcher.within`.

        Parameters
        ----------
        points : ndarray, Csr or Unread of shape (m, d) or None
            As in `nearest`.
        radius : float, or ndarray of shape (m,)
        """
        skip = None
        if points is None and self.is_streamed:
            points, skip = self.own_points(), np.arange(self.n_rows)
        if points is None:
            reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), self.n_rows)
            parts = [
                self._searcher.within(slab.points, reach[slab.place], slab.numbers, self._n_jobs)
                for slab in self._slabs
            ]
            return one_after_the_other(parts)
        m = points.shape[0]
        skip = _nobody(m) if skip is None else skip
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), m)
        return one_after_the_other(
            [
                self._searcher.within(some, reach[place], skip[place], self._n_jobs)
                for place, some in self._pieces(points)
            ]
        )

    def _check(self, X: Any, first: int, kept: Indices | None = None) -> None:
        """Raise where rows, of which the first has a number, make no sense to the metric."""
        if self.metric.check is not None and as_csr(X) is None:
            numbers = np.arange(first, first + X.shape[0])
            self.metric.check(X, numbers if kept is None else kept[numbers])

    def _too_far(self, point: Floats, k: int) -> ValueError:
        """Return an error that names the column in which a query lies farthest off."""
        if self.metric.function is not None:
            return ValueError(
                f"metric={self.metric.name} is infinite between a query, {point}, and all "
                f"but fewer than {k} rows: ask for fewer neighbours, or for those in a radius."
            )
        if self.is_streamed:
            known = self._rows.summary()
            ranges: list[tuple[Floats, Floats]] = [(known.least, known.most)]
        else:
            ranges = [_column_ranges(slab.points) for slab in self._slabs]
        least = np.min([each[0] for each in ranges], axis=0)
        greatest = np.max([each[1] for each in ranges], axis=0)
        quarter = 0.25 * point.astype(np.float64)
        apart = np.maximum(np.abs(quarter - 0.25 * least), np.abs(quarter - 0.25 * greatest))
        column = int(apart.argmax())
        name = f"column {column}" if self._names is None else f"column {self._names[column]!r}"
        return ValueError(
            f"A query has fewer than {k} rows within the distances that float64 holds: its value "
            f"is {point[column]:.3g} in {name}, where rows reach from {least[column]:.3g} to "
            f"{greatest[column]:.3g}. Divide the column by a power of ten."
        )

    def _in_space(self, rows: Any) -> Any:
        if self._columns is not None:
            rows = rows[:, self._columns]
        return self.metric.brought(rows)

    def _require_streamed(self, metric: Metric) -> None:
        """Raise a ValueError where the metric has to see all rows at once."""
        if not metric.has_trees:
            known = metric.name if metric.function else repr(metric.name)
            names = [name for name, each in NAMES.items() if each.has_trees]
            raise ValueError(
                f"metric={known} needs all rows in memory, and those of X are not: fit to an array "
                f"of them, or use one of {', '.join(map(repr, names))}."
            )

    def _pieces(self, points: Queries, k: int = 1) -> Iterator[tuple[slice, Points]]:
        """Cut queries into pieces, which are read or made dense in turn where that takes memory."""
        m, d = points.shape
        length = m
        if isinstance(points, Unread):
            for first, X in points.pieces(queries_at_once(d, k)):
                place = slice(first, first + X.shape[0])
                yield place, self._alike(self.points(X, first))
            return
        if self.is_streamed:
            length = queries_at_once(d, k)
        if isinstance(points, Csr) and not self._is_sparse:
            length = min(length, _NUMBERS_A_PIECE // d)
        for place in cut(m, max(1, length)) if length < m else [slice(0, m)]:
            yield place, self._alike(points if length >= m else points[place])

    def _alike(self, points: Points) -> Points:
        """Return queries as rows are, sparse or not."""
        return points if self._is_sparse else dense(points)


def _slab_bytes(metric: Metric) -> int:
    """Size of slabs: all rows are one where the metric has to see them together.

    Distances that are given are columns, one a row. A function may take parameters from all rows
    (SciPy's variances), and its errors name rows by their numbers among them.
    """
    together = metric.given or metric.function is not None
    return sys.maxsize if together else _A_SLAB


def _column_ranges(points: Points) -> tuple[Floats, Floats]:
    if isinstance(points, Csr):
        return points.column_ranges()
    return points.min(axis=0), points.max(axis=0)


def _stacked(parts: list[Any]) -> Any:
    """Put points one below the other."""
    return Csr.stack(parts) if isinstance(parts[0], Csr) else np.concatenate(parts)


def _nobody(m: int) -> Indices:
    """Leave out no row for any query."""
    return np.full(m, -1, dtype=np.intp)
