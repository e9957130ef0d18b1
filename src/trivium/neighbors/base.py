"""The questions that every neighbours estimator answers about its training rows."""

import numbers
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Indices
from trivium.blocks.workers import worker_count
from trivium.inputs import check_queries, check_rows
from trivium.magnitudes import require_finite_block
from trivium.neighbors.folds import Folds
from trivium.neighbors.neighborhoods import Neighborhood, neighborhoods
from trivium.neighbors.search.index import ALGORITHMS, Index
from trivium.neighbors.search.metrics import NAMES, Metric, metric_of
from trivium.neighbors.search.unread import Queries, Unread
from trivium.parameters import require_choice, require_number
from trivium.rows.csr import as_csr, dense
from trivium.rows.elsewhere import elsewhere_of
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import Rows

_CHECKED_AT_ONCE = 1 << 20  # rows


def require_neighbors(n_neighbors: object, available: float, what: str = "rows") -> int:
    """Check a number of neighbours against the rows there are.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is less than one, or greater than `available`.
    """
    k = int(require_number("n_neighbors", n_neighbors, least=1, integer=True))
    if k > available * (1.0 + 1e-12):  # a sum of weights is right to rounding only
        raise ValueError(
            f"n_neighbors={k} is more than there are {what}: n_samples = {available:g}."
        )
    return k


class NeighborQueries:
    """`kneighbors` and `kneighbors_graph` for an estimator that has fitted an index."""

    n_neighbors: int
    algorithm: str
    leaf_size: int
    metric: str | Callable[..., float]
    p: float | None
    metric_params: dict[str, Any] | None
    n_jobs: int | None
    _index: Index
    _kept: Indices | None
    _weightless: Queries
    _weightless_numbers: Indices

    def _fit_index(self, given: LabelledRows) -> None:
        """Index the rows that weigh something; the others are queries only."""
        metric = self._metric()
        worker_count(self.n_jobs)  # raises where it makes no sense, even for little work
        n_columns = given.rows.shape[1]
        if metric.given and n_columns != given.n_given:
            raise ValueError(
                f"metric='precomputed' takes a distance for each pair of rows, a square matrix; X "
                f"has shape ({given.n_given}, {n_columns})."
            )
        self._index = self._index_of(given.rows, metric, given.kept)
        self._kept = given.kept
        self._weightless, self._weightless_numbers = _weightless(given)
        if as_csr(self._weightless) is not None and self.algorithm in ("kd_tree", "ball_tree"):
            warnings.warn(
                f"algorithm={self.algorithm!r} makes a tree of dense rows, and X is sparse: all "
                "that is stored is looked through instead.",
                UserWarning,
                stacklevel=3,
            )
        if metric.check is not None and isinstance(self._weightless, Unread):
            for first, X in self._weightless.pieces(_CHECKED_AT_ONCE):
                metric.check(X, self._weightless_numbers[first : first + len(X)])
        elif metric.check is not None:
            metric.check(dense(self._weightless), self._weightless_numbers)

    def _index_of(self, rows: Rows, metric: Metric, kept: Indices | None = None) -> Index:
        """Index rows by the parameters of the search; `kept` are their numbers, if others."""
        return Index(
            rows,
            metric=metric,
            algorithm=self.algorithm,
            n_jobs=self.n_jobs,
            k=self._expected_neighbors(rows.shape[0]),
            names=getattr(self, "feature_names_in_", None),
            kept=kept,
        )

    def _metric(self) -> Metric:
        """Check the parameters of the search, and return the metric."""
        require_choice("algorithm", self.algorithm, ALGORITHMS)
        require_number("leaf_size", self.leaf_size, least=1, integer=True)
        metric = metric_of(self.metric, self.p, self.metric_params)
        trees = ("kd_tree", "ball_tree") if metric.given else ("kd_tree",)
        if not metric.has_trees and self.algorithm in trees:
            raise ValueError(
                f"algorithm={self.algorithm!r} makes a tree of rows, and metric={self.metric!r} "
                "knows distances alone: use 'auto' or 'brute'."
            )
        return metric

    def __sklearn_tags__(self) -> Tags:
        """Say whether rows are distances, of which folds take both ways, and may be sparse."""
        super_tags: Any = super()
        tags: Tags = super_tags.__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        tags.input_tags.positive_only = tags.input_tags.pairwise
        names = [name for name, metric in NAMES.items() if metric.takes_sparse]
        tags.input_tags.sparse = isinstance(self.metric, str) and self.metric in names
        return tags

    def _expected_neighbors(self, n_rows: int) -> int:
        """How many neighbours to choose the algorithm for, before any are asked for."""
        given: Any = self.n_neighbors  # not checked yet
        return max(1, min(int(given), n_rows)) if isinstance(given, numbers.Integral) else 1

    @property
    def algorithm_(self) -> str:
        """Algorithm that answers many queries: "brute" or "kd_tree".

        It is settled when enough has been asked for it to pay, or when this is read. Until
        then every row is measured, with the same result.
        """
        check_is_fitted(self, "_index")
        return self._index.choice.algorithm

    @property
    def algorithm_reason_(self) -> str:
        """Why `algorithm_` was chosen."""
        check_is_fitted(self, "_index")
        return self._index.choice.reason

    @property
    def n_samples_fit_(self) -> int:
        """Number of training rows, those of weight zero not counted."""
        check_is_fitted(self, "_index")
        return self._index.n_rows

    def kneighbors(
        self,
        X: ArrayLike | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """Find the nearest training rows of each query.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the neighbours of the rows given to ``fit``, each without itself:
            left out by its number, so that a duplicate of it is found. A row of weight zero
            is a query like any other, and nobody's neighbour.
        n_neighbors : int or None
            None means the estimator's own.
        return_distance : bool, default=True

        Returns
        -------
        distances : ndarray of shape (n_queries, n_neighbors)
            Only if `return_distance`.
        indices : ndarray of shape (n_queries, n_neighbors)
            Numbers of training rows. Each list is sorted by (distance, row number).

        Raises
        ------
        ValueError
            If there are fewer rows than neighbours asked for, or X is malformed.
        """
        queries = self._queries(X)
        k = require_neighbors(
            self.n_neighbors if n_neighbors is None else n_neighbors,
            self.n_samples_fit_ - (X is None),
            "other rows" if X is None else "rows",
        )
        distances, indices = self._index.nearest(queries, k)
        if X is None and self._weightless_numbers.size:
            more = self._index.nearest(self._points(self._weightless), k)
            distances = self._in_order_given(distances, more[0])
            indices = self._in_order_given(indices, more[1])
        indices = self._numbers(indices)
        return (distances, indices) if return_distance else indices

    def kneighbors_graph(
        self,
        X: ArrayLike | None = None,
        n_neighbors: int | None = None,
        mode: Literal["connectivity", "distance"] = "connectivity",
    ) -> csr_matrix:
        """Neighbours of each query as a sparse matrix.

        Parameters
        ----------
        X, n_neighbors : as in `kneighbors`
        mode : {"connectivity", "distance"}
            Whether an entry is one, or the distance.

        Returns
        -------
        csr_matrix of shape (n_queries, n_rows)
            ``n_rows`` counts the rows given to ``fit``.

        Raises
        ------
        ValueError
            If `mode` is unknown, or as in `kneighbors`.
        """
        distances, indices = self.kneighbors(X, n_neighbors)
        m, k = indices.shape
        return self._graph(
            mode, distances.reshape(-1), indices.reshape(-1), np.arange(0, m * k + 1, k)
        )

    def _graph(
        self, mode: str, distances: Float64, indices: Indices, starts: Indices
    ) -> csr_matrix:
        if mode not in ("connectivity", "distance"):
            raise ValueError(f"mode={mode!r}: expected 'connectivity' or 'distance'.")
        values = distances if mode == "distance" else np.ones(indices.size)
        return csr_matrix((values, indices, starts), shape=(starts.size - 1, self._n_given()))

    def _queries(self, X: Any) -> Queries | None:
        """Points to search from; None stands for the training rows, each without itself."""
        check_is_fitted(self, "_index")
        return None if X is None else self._points(self._rows_asked(X))

    def _rows_asked(self, X: Any) -> Queries:
        """Check queries; those that are not in memory are read when they are searched for.

        Raises
        ------
        ValueError, TypeError
            As `inputs.check_rows`.
        """
        if elsewhere_of(X) is None:
            return check_rows(self, X, sparse=True)
        rows = check_queries(self, X)
        return Unread(rows, check=partial(require_finite_block, self, rows.where))

    def _points(self, queries: Queries) -> Queries:
        return queries if isinstance(queries, Unread) else self._index.points(queries)

    @property
    def _reads_rows(self) -> bool:
        """Whether rows given to ``fit`` are not in memory, so that it cannot be sent to workers."""
        return self._index.is_streamed or isinstance(self._weightless, Unread)

    @property
    def _rows_place(self) -> str:
        """Where the rows are, in words; those that weigh nothing, if they alone are elsewhere."""
        light = self._weightless
        if isinstance(light, Unread) and not self._index.is_streamed:
            return light.place
        return self._index.place

    def _n_given(self) -> int:
        """Count the rows given to ``fit``."""
        return self._index.n_rows + self._weightless_numbers.size

    def _in_order_given(self, own: Any, weightless: Any, axis: int = 0) -> Any:
        """Put answers for rows with a weight and for those without in the order given."""
        if self._kept is None:
            return own
        order = np.argsort(np.concatenate([self._kept, self._weightless_numbers]))
        return np.concatenate([own, weightless], axis=axis).take(order, axis=axis)

    def _of_rows_given(
        self,
        queries: Queries | None,
        answer: Callable[[Queries | None], Float64],
    ) -> Float64:
        """Answer for queries, (len(ks), m, ...); None asks for all rows given to ``fit``."""
        if queries is not None or self._weightless_numbers.size == 0:
            return answer(queries)
        answers: Float64 = self._in_order_given(answer(None), answer(self._weightless), axis=1)
        return answers

    def _near(
        self,
        queries: Queries | None,
        k: int,
        weights: Float64 | None,
        folds: Folds | None = None,
    ) -> Iterator[Neighborhood]:
        """Neighbourhoods of queries; None asks for the rows given, each without itself.

        In the folds that rows are left out in, if there are any, other weights count.
        """
        if queries is not None:
            yield from neighborhoods(self._index, queries, k, weights)
            return
        if folds is None:
            own = neighborhoods(self._index, None, k, weights)
        else:
            own = folds.neighborhoods(self._index, k)
        if self._kept is None:
            yield from own
            return
        for near in own:
            yield near._replace(members=self._kept[near.members])
        for near in neighborhoods(self._index, self._weightless, k, weights):
            yield near._replace(members=self._weightless_numbers[near.members])

    def _numbers(self, indices: Indices) -> Indices:
        """Translate numbers of the index into numbers of the rows given to ``fit``."""
        return indices if self._kept is None else self._kept[indices]


def _weightless(given: LabelledRows) -> tuple[Queries, Indices]:
    """Return the rows given that weigh nothing, and their numbers."""
    every = given.rows if given.given is None else given.given
    if every.in_memory:
        return given.weightless()
    numbers = given.weightless_numbers()
    return Unread(every, numbers), numbers
