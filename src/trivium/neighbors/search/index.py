"""An index over the training rows: one door to every search.

The index picks the algorithm and brings rows and queries into the metric's space.
"""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.search.chosen import Chosen
from trivium.neighbors.search.costs import Choice
from trivium.neighbors.search.functions import Functions
from trivium.neighbors.search.given import Given
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.searcher import Searcher
from trivium.neighbors.search.sphere import Sphere, unit_vectors

ALGORITHMS = ("auto", "brute", "kd_tree", "ball_tree")


class Index:
    """Rows made ready for searching.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    metric : Metric
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}
        The tree is a kd-tree by either name.
    n_jobs : int or None
    k : int
        Number of neighbours that will be asked for, which "auto" goes by.
    names : ndarray of str or None
        What an error calls the columns.
    columns : ndarray of int or None
        Of distances that are given: those to these rows; None: all.

    Attributes
    ----------
    rows : ndarray of shape (n, d) or, for cosine, (n, d + 1)
        The rows in the metric's space.
    """

    def __init__(
        self,
        rows: Floats,
        *,
        metric: Metric,
        algorithm: str,
        n_jobs: int | None,
        k: int = 5,
        names: Any = None,
        columns: Indices | None = None,
    ) -> None:
        self.metric = metric
        self._n_jobs = n_jobs
        self._names = names
        self._columns = columns
        self.rows = self._in_space(rows)
        vectors = unit_vectors(self.rows) if metric.on_sphere else self.rows
        self._chosen: Chosen | None = None
        if metric.given:
            self._searcher: Searcher = Given()
        elif metric.function is not None:
            self._searcher = Functions(metric.function, vectors)
        else:
            self._searcher = self._chosen = Chosen(metric, vectors, algorithm, k, n_jobs)
        if metric.on_sphere:
            self._searcher = Sphere(self.rows, vectors, self._searcher)

    @property
    def choice(self) -> Choice:
        """The algorithm for many queries, and why; see `Chosen`."""
        if self._chosen is not None:
            return self._chosen.choice
        given = self.metric.given
        why = "distances are given" if given else f"{self.metric.name} is computed from every row"
        return Choice("brute", why)

    def points(self, queries: Floats | None) -> Floats:
        """Bring queries into the space of `rows`; None stands for the rows themselves.

        Raises
        ------
        ValueError
            If they make no sense to the metric.
        """
        if queries is None:
            return self.rows
        if self.metric.check is not None:
            self.metric.check(queries, None)
        return self._in_space(queries)

    def nearest(
        self, points: Floats, k: int, skip: Indices | None = None
    ) -> tuple[Float64, Indices]:
        """Find the k nearest rows of each query.

        Parameters
        ----------
        points : ndarray of shape (m, d)
            Queries, from `points`.
        k : int
            At most the number of rows, less one where `skip` is given.
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
        found = np.empty((points.shape[0], k)), np.empty((points.shape[0], k), dtype=np.intp)
        skip = _nobody(points) if skip is None else skip
        self._searcher.nearest(points, skip, self._n_jobs, found)
        if np.isinf(found[0][:, -1:]).any():
            raise self._too_far(points, int(np.isinf(found[0][:, -1]).argmax()), k)
        return found

    def within(
        self, points: Floats, radius: float | Float64, skip: Indices | None = None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius, one for all or each query's; see `Searcher.within`."""
        skip = _nobody(points) if skip is None else skip
        return self._searcher.within(points, radius, skip, self._n_jobs)

    def _too_far(self, points: Floats, query: int, k: int) -> ValueError:
        """Return an error that names the column in which a query lies farthest off."""
        if self.metric.function is not None:
            return ValueError(
                f"metric={self.metric.name} is infinite between a query, {points[query]}, and all "
                f"but fewer than {k} rows: ask for fewer neighbours, or for those in a radius."
            )
        apart = np.abs(0.25 * points[query].astype(np.float64) - 0.25 * self.rows).max(axis=0)
        column = int(apart.argmax())
        name = f"column {column}" if self._names is None else f"column {self._names[column]!r}"
        least, greatest = self.rows[:, column].min(), self.rows[:, column].max()
        return ValueError(
            f"A query has fewer than {k} rows within the distances that float64 holds: its value "
            f"is {points[query, column]:.3g} in {name}, where rows reach from {least:.3g} to "
            f"{greatest:.3g}. Divide the column by a power of ten."
        )

    def _in_space(self, rows: Floats) -> Floats:
        if self._columns is not None:
            rows = rows[:, self._columns]
        return rows if self.metric.space is None else self.metric.space(rows)


def _nobody(points: Floats) -> Indices:
    """Leave out no row for any query."""
    return np.full(points.shape[0], -1, dtype=np.intp)
