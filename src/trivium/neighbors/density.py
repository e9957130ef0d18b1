"""k nearest neighbours as an estimate of densities."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.inputs import check_labelled_rows, check_unlabelled_rows
from trivium.labels import shown
from trivium.lazy_predictions import lazily
from trivium.neighbors.balls import Balls
from trivium.neighbors.base import NeighborQueries
from trivium.neighbors.class_balls import ClassBalls, SharedBalls
from trivium.neighbors.estimates import (
    counts_of,
    log_marginal,
    log_posterior,
    posterior,
    require_volumes,
    warn_of_infinity,
)
from trivium.neighbors.neighborhoods import counting_weights
from trivium.neighbors.search.unread import Queries
from trivium.neighbors.voting import require_ks
from trivium.parameters import require_choice, require_flag
from trivium.rows.elsewhere import has_labels
from trivium.rows.labelled import LabelledRows
from trivium.whole_or_nothing import forget, whole_or_nothing


class KNeighborsDensity(NeighborQueries, DensityMixin, BaseEstimator):
    """Densities p(x) and p(x given c), priors p(c) and posteriors p(c given x).

    Parameters
    ----------
    n_neighbors : int, default=10
        Number k of neighbours. The estimate's relative standard deviation is about
        1/sqrt(k - 2) where the density is constant.
    unbiased : bool, default=True
        Estimate by (k - 1)/(nV), which is unbiased where the density is constant and x
        is not one of the rows; False is the textbooks' k/(nV).
    volume : {"shared", "per_class"}, default="shared"
        "shared": one ball holds the k nearest rows of any class, and p(x given c)
        counts those of class c in it, so that p(c given x) is the share of the votes.
        "per_class": each class has its own ball, which holds its own k nearest rows.
        Either way p(c given x)·p(x) = p(x given c)·p(c). To change it takes a new fit.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}, default="auto"
        "ball_tree" stands for the tree there is, a kd-tree.
    leaf_size : int, default=30
        Checked and not used: leaves have the size that is fastest, and no result depends on it.
    metric : str, default="minkowski"
        "minkowski" (with `p`, Euclidean unless it is set), "euclidean" (or "l2"), "manhattan"
        ("l1", "cityblock"), "chebyshev" ("infinity"), whose balls have the volumes, or
        "haversine": caps of the sphere whose radius is one.
    p : float, default=2
        Exponent of metric="minkowski", at least 1. Other metrics have none and leave it alone.
    metric_params : dict or None, default=None
        May hold "p" too.
    n_jobs : int or None, default=None
        Number of threads; None means every core this process may use.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Only if fitted with labels.
    class_prior_ : ndarray of shape (n_classes,)
        p(c), the weight of each class among the training rows. Where it is zero, log p(x given
        c) is minus infinity.
    algorithm_, algorithm_reason_, n_samples_fit_, n_features_in_, feature_names_in_
        As in `KNeighborsClassifier`.

    Notes
    -----
    This is no classifier (`score` is a log-likelihood): `KNeighborsClassifier` is.
    Everything is in log space, so that 500 columns neither over- nor underflow. Where
    k rows lie exactly at x, the density is infinite: a warning says so, and the score
    is +inf. For ``X=None`` each training row is left out of its own neighbourhood, n
    counts the other rows, and class counts shrink in the same proportion.

    References
    ----------
    Loftsgaarden & Quesenberry (1965); Fukunaga (1990), section 6.2.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium import KNeighborsDensity
    >>> X = np.linspace(0, 1, 101)[:, None]
    >>> model = KNeighborsDensity(n_neighbors=20).fit(X)
    >>> np.exp(model.score_samples([[0.505]])).round(1)
    array([1.])

    The leave-one-out log-likelihood of several numbers of neighbours, from one search:

    >>> ks = [2, 5, 10, 20, 40]
    >>> model.score_samples_path(None, ks).mean(axis=1).round(2)
    array([-0.71, -0.42, -0.15, -0.13, -0.19])
    """

    _by_class: SharedBalls | ClassBalls | None

    def __init__(
        self,
        n_neighbors: int = 10,
        *,
        unbiased: bool = True,
        volume: Literal["shared", "per_class"] = "shared",
        algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto",
        leaf_size: int = 30,
        metric: str = "minkowski",
        p: float | None = 2,
        metric_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.unbiased = unbiased
        self.volume = volume
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def fit(
        self, X: ArrayLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Keep and index the training rows.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_rows, n_features)
            An array of floats in C order is kept (leave it as it is); a `scan` stays in its files.
        y : array-like of shape (n_rows,) or None
            Without labels, which a `scan` may bring, there is p(x) alone.
        sample_weight : array-like of shape (n_rows,) or None
            A row of whole weight w counts as w rows at its place; weights that are not
            all whole are relative and brought to a mean of one. Zero counts as removed.

        Raises
        ------
        ValueError
            If the data are malformed or weigh less than `n_neighbors` (with
            volume="per_class": in any class), a parameter is unknown, or
            `n_neighbors` is 1 with unbiased=True.
        """
        require_choice("volume", self.volume, ("shared", "per_class"))
        require_volumes(self._metric(), self.metric)
        require_flag("unbiased", self.unbiased)
        with whole_or_nothing(self):
            labelled = y is not None or has_labels(X)
            given = (
                check_labelled_rows(self, X, y, sample_weight, least_classes=1, sparse=True)
                if labelled
                else check_unlabelled_rows(self, X, sample_weight, sparse=True)
            )
            weights = counting_weights(given.weights)
            self._fit_index(given)
            self._balls = Balls(self._index, weights)
            self._check_neighbors(self._balls, None, own=False)
            if not labelled:
                self._by_class = None
                forget(self, "classes_", "class_prior_")
                return self
            self.classes_ = given.classes
            mass = np.bincount(given.codes, weights, minlength=self.classes_.size)
            self.class_prior_ = mass / mass.sum()
            if self.volume == "shared":
                self._by_class = SharedBalls(self._balls, given.codes, self.class_prior_)
            else:
                self._by_class = self._class_balls(given, weights)
        return self

    @lazily
    def score_samples(self, X: ArrayLike | None) -> Float64:
        """Log p(x).

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries,)
            In units of log(1/length^d).
        """
        scores: Float64 = warn_of_infinity(self._marginals(X, None), stacklevel=4)[0]
        return scores

    def score_samples_path(self, X: ArrayLike | None, ks: Sequence[int]) -> Float64:
        """Compute `score_samples` for several numbers of neighbours from one search.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself: the mean of their scores
            is the leave-one-out log-likelihood of each k.
        ks : sequence of int

        Returns
        -------
        ndarray of shape (len(ks), n_queries)

        Raises
        ------
        ValueError
            If `ks` is empty or holds a number that ``fit`` would refuse.
        TypeError
            If `ks` is not several integers.
        """
        return warn_of_infinity(self._marginals(X, ks))

    def class_score_samples(self, X: ArrayLike | None) -> Float64:
        """Log p(x given c).

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.

        Raises
        ------
        ValueError
            If the model was fitted without labels.
        """
        scores: Float64 = warn_of_infinity(self._conditionals(X, None))[0]
        return scores

    def class_score_samples_path(self, X: ArrayLike | None, ks: Sequence[int]) -> Float64:
        """Compute `class_score_samples` for several numbers of neighbours from one search.

        Parameters
        ----------
        X, ks : as in `score_samples_path`

        Returns
        -------
        ndarray of shape (len(ks), n_queries, n_classes)

        Raises
        ------
        ValueError, TypeError
            If the model was fitted without labels, or as in `score_samples_path`.
        """
        return warn_of_infinity(self._conditionals(X, ks))

    @lazily
    def predict_proba(self, X: ArrayLike | None) -> Float64:
        """p(c given x).

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.

        Raises
        ------
        ValueError
            If the model was fitted without labels.
        """
        probabilities: Float64 = self._posteriors(X, None, stacklevel=5)[0]
        return probabilities

    @lazily
    def predict_log_proba(self, X: ArrayLike | None) -> Float64:
        """Log p(c given x), which has digits where p(c given x) is too small for any.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.

        Raises
        ------
        ValueError
            If the model was fitted without labels.
        """
        check_is_fitted(self, "_balls")
        if not isinstance(self._by_class, ClassBalls):
            with np.errstate(divide="ignore"):
                logs: Float64 = np.log(self._posteriors(X, None, stacklevel=5)[0])
            return logs
        scores = warn_of_infinity(self._conditionals(X, None), stacklevel=4)[0]
        return log_posterior(scores, self.class_prior_)

    def predict_proba_path(self, X: ArrayLike | None, ks: Sequence[int]) -> Float64:
        """Compute `predict_proba` for several numbers of neighbours from one search.

        Parameters
        ----------
        X, ks : as in `score_samples_path`

        Returns
        -------
        ndarray of shape (len(ks), n_queries, n_classes)

        Raises
        ------
        ValueError, TypeError
            If the model was fitted without labels, or as in `score_samples_path`.
        """
        return self._posteriors(X, ks)

    def score(self, X: ArrayLike | None, y: object = None) -> float:
        """Sum of log p(x) over the rows of X."""
        return float(self.score_samples(X).sum())

    def _marginals(self, X: ArrayLike | None, ks: Sequence[int] | None) -> Float64:
        """Log p(x) for each k, of shape (len(ks), m); None stands for the estimator's own."""
        check_is_fitted(self, "_balls")
        queries, by_class = None if X is None else self._rows_asked(X), self._by_class

        def answer(queries: Queries | None) -> Float64:
            if isinstance(by_class, ClassBalls):
                paths = self._log_densities(by_class, queries, ks)
                return np.stack([log_marginal(scores, self.class_prior_) for scores in paths])
            numbers = self._check_neighbors(self._balls, ks, own=queries is None)
            counts = counts_of(numbers, unbiased=self.unbiased)
            return self._balls.log_density(queries, numbers, counts)

        return self._of_rows_given(queries, answer)

    def _conditionals(self, X: ArrayLike | None, ks: Sequence[int] | None) -> Float64:
        """Log p(x given c) for each k, of shape (len(ks), m, n_classes)."""
        queries, balls = self._labelled(X)
        return self._of_rows_given(queries, lambda some: self._log_densities(balls, some, ks))

    def _posteriors(self, X: ArrayLike | None, ks: Any, stacklevel: int = 4) -> Float64:
        """p(c given x) for each k, of shape (len(ks), m, n_classes)."""
        queries, balls = self._labelled(X)
        if isinstance(balls, ClassBalls):
            paths = warn_of_infinity(self._conditionals(X, ks), stacklevel)
            return np.stack([posterior(scores, self.class_prior_) for scores in paths])

        def answer(queries: Queries | None) -> Float64:
            numbers = self._check_neighbors(self._balls, ks, own=queries is None)
            return balls.shares(queries, numbers)

        return self._of_rows_given(queries, answer)

    def _log_densities(
        self, balls: SharedBalls | ClassBalls, queries: Queries | None, ks: Any
    ) -> Float64:
        own = queries is None
        numbers = self._check_neighbors(self._balls, ks, own=own)
        if isinstance(balls, ClassBalls):
            for c, each in balls.balls.items():
                self._check_neighbors(each, numbers, own=own, what=self._rows_of(c))
        return balls.log_densities(queries, numbers, counts_of(numbers, unbiased=self.unbiased))

    def _check_neighbors(
        self, balls: Balls, ks: Sequence[int] | None, *, own: bool, what: str = "rows"
    ) -> list[int]:
        require_flag("unbiased", self.unbiased)  # it may have been reset since `fit`
        asked = [self.n_neighbors] if ks is None else ks
        numbers = require_ks(asked, balls.total(own=own), "other " * own + what)
        counts_of(numbers, unbiased=self.unbiased)  # which raises where nothing is left
        return numbers

    def _labelled(self, X: ArrayLike | None) -> tuple[Queries | None, SharedBalls | ClassBalls]:
        """Check queries about classes; return what answers them, too."""
        check_is_fitted(self, "_balls")
        if self._by_class is None:
            raise ValueError(
                "This KNeighborsDensity was fitted without labels; it knows p(x) alone."
            )
        return None if X is None else self._rows_asked(X), self._by_class

    def _class_balls(self, given: LabelledRows, weights: Float64 | None) -> ClassBalls:
        """Index the rows of each class that has some."""
        balls = {}
        for c in np.flatnonzero(self.class_prior_).tolist():
            members = np.flatnonzero(given.codes == c)
            index = self._index_of(given.rows.subset(members), self._index.metric)
            balls[c] = Balls(index, None if weights is None else weights[members])
            self._check_neighbors(balls[c], None, own=False, what=self._rows_of(c))
        return ClassBalls(self._index, balls, given.codes, self.class_prior_)

    def _rows_of(self, c: int) -> str:
        return f"rows of class {shown(self.classes_[c])}"
