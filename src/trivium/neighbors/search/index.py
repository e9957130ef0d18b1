"""An index over the training rows: one door to every search.

The index picks the algorithm and brings rows and queries into the metric's space. Rows in memory
are one slab, searched as they are; rows that live elsewhere come in several, each with a searcher.
"""

import sys
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.search.chosen import Chosen
from trivium.neighbors.search.costs import Choice
from trivium.neighbors.search.functions import Functions
from trivium.neighbors.search.given import Given
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.searcher import Searcher
from trivium.neighbors.search.slabs import Slab, Slabs
from trivium.neighbors.search.sphere import Sphere, unit_vectors
from trivium.rows.block import Block
from trivium.rows.source import Rows

ALGORITHMS = ("auto", "brute", "kd_tree", "ball_tree")

_A_SLAB = 1 << 30  # bytes: few searchers, and no array that memory can't find a place for


class Index:
    """Rows made ready for searching.

    Parameters
    ----------
    rows : Rows
        Read once, and kept.
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

    Attributes
    ----------
    metric : Metric
    n_rows, n_columns : int
        Of the rows in the metric's space: cosine adds a column.

    Raises
    ------
    ValueError
        If the rows make no sense to the metric.
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
    ) -> None:
        self.metric = metric
        self._algorithm, self._k, self._n_jobs = algorithm, k, n_jobs
        self._names = names
        self._columns = kept if metric.given else None
        self._slabs = [self._slab(block, kept) for block in rows.slabs(_slab_bytes(metric))]
        self.n_rows, self.n_columns = rows.shape[0], self._slabs[0].points.shape[1]
        few = len(self._slabs) == 1
        self._searcher: Searcher = self._slabs[0].searcher if few else Slabs(self._slabs)

    @property
    def choice(self) -> Choice:
        """The algorithm for many queries, and why; see `Chosen`. Of several slabs, the first's."""
        searcher = self._slabs[0].searcher
        chosen = searcher.chords if isinstance(searcher, Sphere) else searcher
        if isinstance(chosen, Chosen):
            return chosen.choice
        given = self.metric.given
        why = "distances are given" if given else f"{self.metric.name} is computed from every row"
        return Choice("brute", why)

    def points(self, queries: Floats) -> Floats:
        """Bring queries into the metric's space.

        Raises
        ------
        ValueError
            If they make no sense to the metric.
        """
        if self.metric.check is not None:
            self.metric.check(queries, None)
        return self._in_space(queries)

    def own_points(self, numbers: Indices | None = None) -> Floats:
        """Return some of the rows, in the metric's space.

        Parameters
        ----------
        numbers : ndarray of int of shape (m,) or None
            Which, in whichever order; None: all.

        Returns
        -------
        ndarray of shape (m, n_columns)
            All of them are no copy where they are one slab.
        """
        if len(self._slabs) == 1:
            points = self._slabs[0].points
            return points if numbers is None else points[numbers]
        if numbers is None:
            return np.concatenate([slab.points for slab in self._slabs])
        some = np.empty((numbers.size, self.n_columns), self._slabs[0].points.dtype)
        for slab in self._slabs:
            here = (numbers >= slab.place.start) & (numbers < slab.place.stop)
            some[here] = slab.points[numbers[here] - slab.first]
        return some

    def nearest(
        self, points: Floats | None, k: int, skip: Indices | None = None
    ) -> tuple[Float64, Indices]:
        """Find the k nearest rows of each query.

        Parameters
        ----------
        points : ndarray of shape (m, d) or None
            Queries, from `points` or `own_points`; None: the rows themselves, each left out of its
            own list.
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
        m = self.n_rows if points is None else points.shape[0]
        found = np.empty((m, k)), np.empty((m, k), dtype=np.intp)
        if points is None:
            for slab in self._slabs:
                own = found[0][slab.place], found[1][slab.place]
                self._searcher.nearest(slab.points, slab.numbers, self._n_jobs, own, own=True)
        else:
            skip = _nobody(points) if skip is None else skip
            self._searcher.nearest(points, skip, self._n_jobs, found)
        if np.isinf(found[0][:, -1:]).any():
            query = np.flatnonzero(np.isinf(found[0][:, -1]))[:1]
            point = self.own_points(query) if points is None else points[query]
            raise self._too_far(point[0], k)
        return found

    def within(
        self, points: Floats | None, radius: float | Float64
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius, one for all or each query's; see `Searcher.within`.

        Parameters
        ----------
        points : ndarray of shape (m, d) or None
            As in `nearest`.
        radius : float, or ndarray of shape (m,)
        """
        if points is not None:
            return self._searcher.within(points, radius, _nobody(points), self._n_jobs)
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), self.n_rows)
        parts = [
            self._searcher.within(slab.points, reach[slab.place], slab.numbers, self._n_jobs)
            for slab in self._slabs
        ]
        if len(parts) == 1:
            return parts[0]
        counts, distances, indices = (
            np.concatenate(each)
            for each in zip(*((np.diff(part[0]), *part[1:]) for part in parts), strict=True)
        )
        return np.concatenate([[0], np.cumsum(counts)]), distances, indices

    def _slab(self, block: Block, kept: Indices | None) -> Slab:
        """Make some of the rows ready."""
        metric = self.metric
        if metric.check is not None:
            numbers = np.arange(block.place.start, block.place.stop) if kept is None else None
            metric.check(block.X, numbers if kept is None else kept[block.place])
        points = self._in_space(block.X)
        vectors = unit_vectors(points) if metric.on_sphere else points
        if metric.given:
            searcher: Searcher = Given()
        elif metric.function is not None:
            searcher = Functions(metric.function, vectors)
        else:
            searcher = Chosen(metric, vectors, self._algorithm, self._k, self._n_jobs)
        if metric.on_sphere:
            searcher = Sphere(points, vectors, searcher)
        return Slab(block.first, points, searcher)

    def _too_far(self, point: Floats, k: int) -> ValueError:
        """Return an error that names the column in which a query lies farthest off."""
        if self.metric.function is not None:
            return ValueError(
                f"metric={self.metric.name} is infinite between a query, {point}, and all "
                f"but fewer than {k} rows: ask for fewer neighbours, or for those in a radius."
            )
        least = np.min([slab.points.min(axis=0) for slab in self._slabs], axis=0)
        greatest = np.max([slab.points.max(axis=0) for slab in self._slabs], axis=0)
        quarter = 0.25 * point.astype(np.float64)
        apart = np.maximum(np.abs(quarter - 0.25 * least), np.abs(quarter - 0.25 * greatest))
        column = int(apart.argmax())
        name = f"column {column}" if self._names is None else f"column {self._names[column]!r}"
        return ValueError(
            f"A query has fewer than {k} rows within the distances that float64 holds: its value "
            f"is {point[column]:.3g} in {name}, where rows reach from {least[column]:.3g} to "
            f"{greatest[column]:.3g}. Divide the column by a power of ten."
        )

    def _in_space(self, rows: Floats) -> Floats:
        if self._columns is not None:
            rows = rows[:, self._columns]
        return rows if self.metric.space is None else self.metric.space(rows)


def _slab_bytes(metric: Metric) -> int:
    """Size of slabs: all rows are one where the metric has to see them together.

    Distances that are given are columns, one a row. A function may take parameters from all rows
    (SciPy's variances), and its errors name rows by their numbers among them.
    """
    together = metric.given or metric.function is not None
    return sys.maxsize if together else _A_SLAB


def _nobody(points: Floats) -> Indices:
    """Leave out no row for any query."""
    return np.full(points.shape[0], -1, dtype=np.intp)
