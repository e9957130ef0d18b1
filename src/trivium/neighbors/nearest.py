"""The search alone, as an estimator."""

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Indices
from trivium.containers import as_numbers
from trivium.inputs import check_unlabelled_rows
from trivium.neighbors.base import NeighborQueries
from trivium.parameters import require_number
from trivium.whole_or_nothing import whole_or_nothing


class NearestNeighbors(NeighborQueries, BaseEstimator):
    """Exact nearest neighbours of any row.

    Distances are float64 direct differences; neighbours at the same distance are in
    the order of their row numbers. Results do not depend on `n_jobs`, on how queries
    are batched, or on the algorithm.

    Parameters
    ----------
    n_neighbors : int, default=5
    radius : float, default=1.0
        For `radius_neighbors`, in the units of the metric.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}, default="auto"
        "ball_tree" stands for the tree there is, a kd-tree, or for none where a metric has none.
    leaf_size : int, default=30
        Checked and not used: leaves have the size that is fastest, and no result depends on it.
    metric : str or callable, default="minkowski"
        "minkowski" (with `p`, Euclidean unless it is set), "euclidean" (or "l2"), "manhattan"
        ("l1", "cityblock"), "chebyshev" ("infinity"), "cosine", "haversine" or "precomputed".
        "cosine" is one minus the cosine of the angle; a row of zeros has no angle and is at
        distance 1 from every other row, but 0 from other rows of zeros. "haversine" is the angle
        between places on a sphere, whose two columns are latitude and longitude in radians.
        "precomputed": X holds distances, ``fit`` those between all rows, a search those from
        queries to them.
        Any other metric that scikit-learn has of SciPy's ("hamming", "jaccard", "canberra", ...)
        and a function of two rows are taken, too; these compute the distance of every pair, and
        without `metric_params` "seuclidean" and "mahalanobis" take the (co)variances of the
        training rows. Sparse rows go with Minkowski distances of any p and with "cosine".
    p : float, default=2
        Exponent of metric="minkowski", at least 1. Other metrics have none and leave it alone.
    metric_params : dict or None, default=None
        For "minkowski" "p" and weights of the columns "w", for SciPy's metrics what they take, for
        a function its keyword arguments.
    n_jobs : int or None, default=None
        Number of threads; None means every core this process may use.

    Attributes
    ----------
    algorithm_ : str
        Algorithm that is used.
    algorithm_reason_ : str
        Why.
    n_samples_fit_ : int
        Number of rows.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, where a table had them.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium import NearestNeighbors
    >>> search = NearestNeighbors(n_neighbors=2).fit([[0.0], [1.0], [3.0], [3.0]])
    >>> distances, indices = search.kneighbors([[2.0]])
    >>> distances
    array([[1., 1.]])
    >>> indices
    array([[1, 2]])
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        radius: float = 1.0,
        algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto",
        leaf_size: int = 30,
        metric: str | Callable[..., float] = "minkowski",
        p: float | None = 2,
        metric_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.radius = radius
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Index the rows.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_rows, n_features)
            An array of floats in C order is kept (leave it as it is); a `scan` stays in its files.
        y : ignored

        Raises
        ------
        ValueError
            If X is malformed or a parameter is out of range.
        """
        require_number("n_neighbors", self.n_neighbors, least=1, integer=True)
        _require_reach(self.radius)
        with whole_or_nothing(self):
            self._fit_index(check_unlabelled_rows(self, X, sparse=True))
        return self

    def radius_neighbors(
        self,
        X: ArrayLike | None = None,
        radius: float | ArrayLike | None = None,
        return_distance: bool = True,
        sort_results: bool = False,
    ) -> Any:
        """Find every training row within a radius of each query, the radius included.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the training rows, each without itself.
        radius : float, array-like of shape (n_queries,) or None
            One for all queries, or each one's own; infinity finds every row. None means the
            estimator's.
        return_distance : bool, default=True
        sort_results : bool, default=False
            Sort each list by (distance, row number); otherwise by row number.

        Returns
        -------
        distances : ndarray of shape (n_queries,) of arrays
            Only if `return_distance`.
        indices : ndarray of shape (n_queries,) of arrays

        Raises
        ------
        ValueError
            If a radius is negative or NaN (the message names its query), they are not one a
            query, or X is malformed.
        TypeError
            If a radius is no number.
        """
        starts, distances, indices = self._within(X, radius, sort_results)
        lists = _ragged(indices, starts)
        return (_ragged(distances, starts), lists) if return_distance else lists

    def radius_neighbors_graph(
        self,
        X: ArrayLike | None = None,
        radius: float | ArrayLike | None = None,
        mode: Literal["connectivity", "distance"] = "connectivity",
        sort_results: bool = False,
    ) -> csr_matrix:
        """Rows within a radius of each query as a sparse matrix.

        Parameters
        ----------
        X, radius, sort_results : as in `radius_neighbors`
        mode : {"connectivity", "distance"}
            Whether an entry is one, or the distance.

        Returns
        -------
        csr_matrix of shape (n_queries, n_rows)

        Raises
        ------
        ValueError
            If `mode` is unknown, or as in `radius_neighbors`.
        """
        starts, distances, indices = self._within(X, radius, sort_results)
        return self._graph(mode, distances, indices, starts)

    def to_sklearn(self) -> Any:
        """Return scikit-learn's counterpart, fitted: the same neighbours, but for ties.

        Returns
        -------
        sklearn.neighbors.NearestNeighbors

        Raises
        ------
        ValueError
            If scikit-learn has nothing like it; the message says what.
        """
        check_is_fitted(self, "_index")
        from trivium.neighbors.peer import nearest  # which imports much that few need

        return nearest(self)

    def _within(
        self, X: ArrayLike | None, radius: float | ArrayLike | None, sort_results: bool
    ) -> tuple[Indices, Float64, Indices]:
        """Rows within reach of all queries, one after the other, and where each one's start."""
        queries = self._queries(X)
        n_queries = self._index.n_rows if queries is None else queries.shape[0]
        reach = _require_radius(self.radius if radius is None else radius, n_queries)
        starts, distances, indices = self._index.within(queries, reach)
        if sort_results:
            queries_of = np.repeat(np.arange(starts.size - 1), np.diff(starts))
            order = np.lexsort((distances, queries_of))  # stable: ties stay by row number
            distances, indices = distances[order], indices[order]
        return starts, distances, indices


def _require_radius(radius: Any, n_queries: int) -> float | Float64:
    """Check a radius for all queries, or one for each."""
    if np.ndim(radius) == 0:
        return _require_reach(radius)
    each = as_numbers(radius, "radius", each="query")
    if each.shape != (n_queries,):
        raise ValueError(
            f"radius has shape {each.shape}; expected a number, or ({n_queries},), one a query."
        )
    bad = np.flatnonzero(~(each >= 0.0))
    if bad.size:
        raise ValueError(
            f"radius must be a number at least 0; that of query {bad[0]} is {each[bad[0]]}."
        )
    return each


def _require_reach(radius: Any) -> float:
    """Check a number, which may be infinite."""
    everywhere = isinstance(radius, (float, np.floating)) and radius == np.inf
    return np.inf if everywhere else require_number("radius", radius, least=0.0)


def _ragged(values: Any, starts: Indices) -> Any:
    """Make an array of arrays, even where all of them have the same length."""
    ragged = np.empty(starts.size - 1, dtype=object)
    for place in range(ragged.size):
        ragged[place] = values[starts[place] : starts[place + 1]].copy()
    return ragged
