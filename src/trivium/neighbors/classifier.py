"""k nearest neighbours as a classifier."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Labels
from trivium.class_weights import ClassWeight
from trivium.inputs import check_labelled_rows
from trivium.lazy_predictions import lazily
from trivium.masking import rare_classes, warn_of_masked
from trivium.neighbors.base import NeighborQueries, require_neighbors
from trivium.neighbors.folds import folds_of
from trivium.neighbors.neighborhoods import available_mass, counting_weights
from trivium.neighbors.outvoted import outvoted
from trivium.neighbors.search.unread import Queries
from trivium.neighbors.votes import VoteRule
from trivium.neighbors.voting import Voters, require_ks
from trivium.parameters import require_choice
from trivium.rows.labelled import LabelledRows
from trivium.scoring import AccuracyClassifier
from trivium.whole_or_nothing import whole_or_nothing


class KNeighborsClassifier(NeighborQueries, AccuracyClassifier, BaseEstimator):
    """Class of the majority among the k nearest training rows.

    Neighbours are exact (float64 direct differences, ties by row number); a tied vote
    goes to the smallest class. Neither depends on `n_jobs`, batches or the algorithm.

    Parameters
    ----------
    n_neighbors : int, default=5
    weights : {"uniform", "distance"}, callable or None, default="uniform"
        Weight of each neighbour's vote: one, 1/distance, or what a function returns for an
        array of distances. None means one.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}, default="auto"
        "ball_tree" stands for the tree there is, a kd-tree.
    leaf_size : int, default=30
        Checked and not used: leaves have the size that is fastest, and no result depends on it.
    metric : str or callable, default="minkowski"
        "minkowski" (with `p`, Euclidean unless it is set), "euclidean" (or "l2"), "manhattan"
        ("l1", "cityblock"), "chebyshev" ("infinity"), "cosine", "haversine", "precomputed",
        another of SciPy's or a function of two rows; see `NearestNeighbors`, of sparse rows too.
    p : float, default=2
        Exponent of metric="minkowski", at least 1. Other metrics have none and leave it alone.
    metric_params : dict or None, default=None
        As in `NearestNeighbors`.
    class_weight : dict, "balanced" or None, default=None
        Factor on the weights of each class's rows, as if it had been in `sample_weight`.
        "balanced" makes all classes weigh alike. A dict may leave out classes, whose factor is
        one; the rows of a class with a factor of zero have no vote.
    n_jobs : int or None, default=None
        Number of threads; None means every core this process may use.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels given. One that only rows of weight zero carry has no vote.
    algorithm_, algorithm_reason_ : str
        Algorithm that is used, and why.
    n_samples_fit_ : int
        Number of training rows, those of weight zero not counted.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the training table had names.

    Notes
    -----
    A row that is left out of its own neighbourhood (`X` is None) takes the weight of its class
    along; of a row that stands for several, one leaves. Where `class_weight` is given, the others
    are weighed as a fit without the row would weigh them: "balanced" is their own balance.

    References
    ----------
    Cover & Hart, "Nearest neighbor pattern classification", IEEE Trans. Inf. Theory
    13 (1967).

    Examples
    --------
    >>> from trivium import KNeighborsClassifier
    >>> model = KNeighborsClassifier(n_neighbors=3)
    >>> model = model.fit([[0.0], [1.0], [2.0], [9.0]], ["low", "low", "high", "high"])
    >>> model.predict([[1.0]])
    array(['low'], dtype='<U4')
    >>> model.predict_proba([[8.0]]).round(2)
    array([[0.67, 0.33]])
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Literal["uniform", "distance"] | Callable[[Float64], Float64] | None = "uniform",
        algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto",
        leaf_size: int = 30,
        metric: str | Callable[..., float] = "minkowski",
        p: float | None = 2,
        metric_params: dict[str, Any] | None = None,
        class_weight: ClassWeight = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    def fit(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Keep and index the training rows.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_rows, n_features)
            An array of floats in C order is kept (leave it as it is); a `scan` stays in its files.
        y : array-like of shape (n_rows,) or None
            None where X is a `scan` with labels.
        sample_weight : array-like of shape (n_rows,) or None
            A row of whole weight w counts as w rows at its place: neighbours are taken
            until their weights reach `n_neighbors`. Weights that are not all whole are
            relative and brought to a mean of one first. Weight zero counts as removed.
            Where classes have weights, it is the products that count.

        Raises
        ------
        ValueError
            If the data are malformed, or weigh less than `n_neighbors`.

        Warns
        -----
        MaskedClassWarning
            If weights="uniform", and a rare class wins the vote at no row of its own: at none
            of all, or of many from all over the table where to ask all would take long.
        """
        with whole_or_nothing(self):
            given, rows = self._fit_voters(X, y, sample_weight)
            available = self._available(own=False)
            self._look_for_outvoted(given, rows, require_neighbors(self.n_neighbors, available))
        return self

    @lazily
    def predict(self, X: ArrayLike | None) -> Labels:
        """Class with the most votes, the smallest of those that tie.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself, in their order. A
            row of weight zero is a query like any other.

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        labels: Labels = self.predict_path(X, [self._own_k()])[0]
        return labels

    @lazily
    def predict_proba(self, X: ArrayLike | None) -> Float64:
        """Share of the votes for each class.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        probabilities: Float64 = self.predict_proba_path(X, [self._own_k()])[0]
        return probabilities

    @lazily
    def predict_log_proba(self, X: ArrayLike | None) -> Float64:
        """Logarithm of `predict_proba`: minus infinity for a class without votes.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict_path(self, X: ArrayLike | None, ks: Sequence[int]) -> Labels:
        """Compute `predict` for several numbers of neighbours from one search.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the rows given to ``fit``, each without itself.
        ks : sequence of int

        Returns
        -------
        ndarray of shape (len(ks), n_queries)
        """
        queries, m, ks = self._asked(X, ks)
        best = np.empty((len(ks), m), dtype=np.min_scalar_type(self.classes_.size))
        voters = self._voters_now()
        for near in self._near(queries, max(ks), self._row_weights, self._folds):
            for members, leaders in voters.leader_blocks(near, ks):
                best[:, members] = leaders.T
        labels: Labels = self.classes_[best]
        return labels

    def predict_proba_path(self, X: ArrayLike | None, ks: Sequence[int]) -> Float64:
        """Compute `predict_proba` for several numbers of neighbours from one search.

        Returns
        -------
        ndarray of shape (len(ks), n_queries, n_classes)

        Raises
        ------
        ValueError
            If `ks` is empty, or one of them is more than there are neighbours.
        TypeError
            If `ks` is not several integers.
        """
        queries, m, ks = self._asked(X, ks)
        probabilities = np.empty((len(ks), m, self.classes_.size))
        voters = self._voters_now()
        for near in self._near(queries, max(ks), self._row_weights, self._folds):
            for members, shares in voters.share_blocks(near, ks):
                probabilities[:, members] = shares.transpose(1, 0, 2)
        return probabilities

    def to_sklearn(self) -> Any:
        """Return scikit-learn's counterpart, fitted: the same votes, but for ties.

        Returns
        -------
        sklearn.neighbors.KNeighborsClassifier

        Raises
        ------
        ValueError
            If scikit-learn has nothing like it; the message says what.
        """
        check_is_fitted(self, "_index")
        from trivium.neighbors.peer import classifier  # which imports much that few need

        return classifier(self)

    def _fit_voters(
        self, X: Any, y: ArrayLike | None, sample_weight: ArrayLike | None
    ) -> tuple[LabelledRows, LabelledRows]:
        """Keep and index the training rows; return them as given, and times `class_weight`."""
        rule = self._rule()
        given = check_labelled_rows(self, X, y, sample_weight, least_classes=1, sparse=True)
        rows = given.times(self.class_weight)
        self.classes_ = rows.classes
        self._voters = Voters(rows.codes, rows.classes.size, rule, self.n_jobs)
        self._row_weights = counting_weights(rows.weights)
        self._folds = folds_of(given, self.class_weight)
        self._fit_index(rows)
        return given, rows

    def _available(self, *, own: bool) -> float:
        """Least weight of the rows that a query can choose from, itself taken out if `own`."""
        if own and self._folds is not None:
            return self._folds.least
        return available_mass(self._index, self._row_weights, own=own)

    def _look_for_outvoted(self, given: LabelledRows, rows: LabelledRows, k: int) -> None:
        """Warn of rare classes that win no vote of k neighbours at rows of their own.

        One that is rare by the weight of its class alone is meant to be.
        """
        if self._rule() != "uniform":  # else a row outvotes all others at its place
            return
        rare = rare_classes(rows, rows.class_weights())
        if self._folds is not None:
            rare = np.intersect1d(rare, rare_classes(given, given.class_weights()))
        if rare.size:
            lost, surely = outvoted(self._index, self._voters, self._row_weights, k, rare)
            warn_of_masked(
                self.classes_,
                lost,
                f"they are outvoted among {k} neighbours",
                "Fewer neighbours help, too.",
                rows="training row of their own" + ("" if surely else " that was looked at"),
                stacklevel=3,
            )

    def _rule(self) -> VoteRule:
        """Check `weights`, and return what it stands for."""
        if self.weights is None:
            return "uniform"
        if not callable(self.weights):
            require_choice("weights", self.weights, ("uniform", "distance"))
        return self.weights

    def _voters_now(self) -> Voters:
        """Return the voters under `weights` as it is now: like `n_neighbors`, it may be reset."""
        return self._voters._replace(rule=self._rule())

    def _asked(
        self, X: ArrayLike | None, ks: Sequence[int]
    ) -> tuple[Queries | None, int, list[int]]:
        """Check queries and numbers of neighbours; return how many queries there are, too."""
        check_is_fitted(self, "_index")
        queries = None if X is None else self._rows_asked(X)
        available = self._available(own=X is None)
        numbers = require_ks(ks, available, "other rows" if X is None else "rows")
        return queries, self._n_given() if queries is None else queries.shape[0], numbers

    def _own_k(self) -> int:
        """Return the number of neighbours where none is named."""
        check_is_fitted(self, "_index")
        return self.n_neighbors
