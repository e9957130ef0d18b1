"""k nearest neighbours as a classifier that chooses k by leaving one row out."""

import numbers
from collections.abc import Callable, Iterator
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.class_weights import ClassWeight
from trivium.inputs import LabelledRows
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.neighborhoods import Neighborhood, neighborhoods
from trivium.neighbors.sweeps import Voters, own_scores
from trivium.parameters import require_choice, require_number
from trivium.scorers import score_of, scorer_of
from trivium.selection import choose
from trivium.whole_or_nothing import whole_or_nothing

_MANY_NEIGHBORS = 200
_SCORINGS = ("accuracy", "neg_log_loss")


class KNeighborsClassifierCV(KNeighborsClassifier):
    """`KNeighborsClassifier` with the number of neighbours chosen by leave-one-out.

    Every training row is told by the others, with 1, 2, ... and `k_max` neighbours. That
    is exact and takes one search, of the `k_max` neighbours of each row.

    Parameters
    ----------
    k_max : int or None, default=None
        Greatest number of neighbours that is tried. None means 200, or as many as a row
        has others.
    scoring : {"accuracy", "neg_log_loss"}, default="accuracy"
        What is to be great, and what `score` tells. The log-loss clips shares as
        scikit-learn's does.
    rule : {"one-standard-error", "best"}, default="one-standard-error"
        "one-standard-error" takes the most neighbours, hence the smoothest model, whose
        mean score is within one standard error of the best. "best" takes the best mean
        score, and of several the fewest neighbours.
    weights : {"uniform", "distance"}, callable or None, default="uniform"
        As in `KNeighborsClassifier`. A callable is asked once for every k.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}, default="auto"
        "ball_tree" stands for the tree there is, a kd-tree.
    leaf_size : int, default=30
        Checked and not used: leaves have the size that is fastest, and no result depends on it.
    metric : str, default="euclidean"
        "euclidean" (or "l2"), "manhattan" ("l1", "cityblock"), "chebyshev" ("infinity"),
        "minkowski" (with `p`), "cosine", "haversine" or "precomputed"; see `NearestNeighbors`.
    p : float, default=2
        Exponent of metric="minkowski", at least 1.
    metric_params : dict or None, default=None
        May hold "p" too.
    class_weight : dict, "balanced" or None, default=None
        As in `KNeighborsClassifier`. Scores count rows by `sample_weight` alone.
    n_jobs : int or None, default=None
        Number of threads; None means every core this process may use. No score depends
        on it.

    Attributes
    ----------
    n_neighbors_ : int
        Number of neighbours that was chosen; predictions use it.
    best_score_ : float
        Its leave-one-out score: the accuracy, or minus the log-loss.
    cv_results_ : dict of ndarray of shape (k_max,)
        "n_neighbors" (1, 2, ...), "accuracy", "log_loss", and the standard errors of
        these means, "accuracy_se" and "log_loss_se".
    classes_, algorithm_, algorithm_reason_, n_samples_fit_, n_features_in_, feature_names_in_
        As in `KNeighborsClassifier`.

    Notes
    -----
    A standard error is the standard deviation of the rows' scores (with n - 1) over the
    root of n. Sample weights count rows there as they do among neighbours: a row of
    weight 3 is three rows, each of which meets the two others.

    References
    ----------
    Breiman, Friedman, Olshen & Stone, "Classification and Regression Trees" (1984),
    section 3.4.3, for the rule of one standard error.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium import KNeighborsClassifierCV
    >>> X = np.arange(12.0)[:, None]
    >>> y = [0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1]
    >>> model = KNeighborsClassifierCV(k_max=6, rule="best").fit(X, y)
    >>> model.cv_results_["accuracy"].round(2)
    array([0.58, 0.5 , 0.75, 0.67, 0.58, 0.58])
    >>> model.n_neighbors_
    3
    >>> model.predict([[2.0]])
    array([0])
    """

    def __init__(
        self,
        k_max: int | None = None,
        *,
        scoring: Literal["accuracy", "neg_log_loss"] = "accuracy",
        rule: Literal["one-standard-error", "best"] = "one-standard-error",
        weights: Literal["uniform", "distance"] | Callable[[Float64], Float64] | None = "uniform",
        algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto",
        leaf_size: int = 30,
        metric: str = "euclidean",
        p: float | None = 2,
        metric_params: dict[str, Any] | None = None,
        class_weight: ClassWeight = None,
        n_jobs: int | None = None,
    ) -> None:
        self.k_max = k_max
        self.scoring = scoring
        self.rule = rule
        self.weights = weights
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Keep and index the training rows, and choose the number of neighbours.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            A C-ordered array of float64 or float32 is kept, not copied: leave it as it is.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            As in `KNeighborsClassifier`.

        Raises
        ------
        ValueError
            If the data are malformed, if `k_max` is more than a row
            has others, or if a parameter is unknown.

        Warns
        -----
        MaskedClassWarning
            As `KNeighborsClassifier` does, with the number of neighbours that was chosen.
        """
        require_choice("scoring", self.scoring, _SCORINGS)
        require_choice("rule", self.rule, ("one-standard-error", "best"))
        with whole_or_nothing(self):
            given, rows = self._fit_voters(X, y, sample_weight)
            k_max = self._most()
            near = self._left_out(given, k_max)
            scores = own_scores(near, self._voters, given, k_max)
            accuracy, accuracy_se = scores.accuracy()
            log_loss, log_loss_se = scores.log_loss()
            self.cv_results_ = {
                "n_neighbors": np.arange(1, accuracy.size + 1),
                "accuracy": accuracy,
                "accuracy_se": accuracy_se,
                "log_loss": log_loss,
                "log_loss_se": log_loss_se,
            }
            score, error = accuracy, accuracy_se
            if self.scoring == "neg_log_loss":
                score, error = -log_loss, log_loss_se
            self.n_neighbors_ = choose(score, error, self.rule, tied=0) + 1
            self.best_score_ = float(score[self.n_neighbors_ - 1])
            self._look_for_outvoted(given, rows, self.n_neighbors_)
        return self

    def score(
        self, X: ArrayLike | None, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Score predictions by `scoring`.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features) or None
            None asks for the training rows, each told by the others.
        y : array-like of shape (n_queries,)
        sample_weight : array-like of shape (n_queries,) or None

        Returns
        -------
        float
            The accuracy, or minus the log-loss.

        Raises
        ------
        ValueError
            If the data are malformed, or `scoring` is unknown.
        """
        check_is_fitted(self, "n_neighbors_")
        require_choice("scoring", self.scoring, _SCORINGS)
        if self.scoring == "accuracy":
            return super().score(X, y, sample_weight)
        weights = {"sample_weight": sample_weight}
        return score_of(scorer_of(self, self.scoring), self, X, y, weights)

    def kneighbors(
        self,
        X: ArrayLike | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """Find the nearest training rows of each query, as `KNeighborsClassifier` does.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features) or None
            None asks for the neighbours of the training rows, each without itself.
        n_neighbors : int or None
            None means `n_neighbors_`.
        return_distance : bool, default=True

        Returns
        -------
        distances, indices : ndarray of shape (n_queries, n_neighbors)
            `distances` only if `return_distance`.
        """
        k = self._own_k() if n_neighbors is None else n_neighbors
        return super().kneighbors(X, k, return_distance)

    def _expected_neighbors(self, n_rows: int) -> int:
        given = self.k_max if isinstance(self.k_max, numbers.Integral) else _MANY_NEIGHBORS
        return max(1, min(given, n_rows - 1))

    def _left_out(self, given: LabelledRows, k: int) -> Iterator[Neighborhood]:
        """Neighbourhoods of all rows with a sample weight, each without itself.

        Their members are numbered as these rows are.
        """
        if self._folds is None:
            yield from neighborhoods(self._index, None, k, self._row_weights)
            return
        voting = self._folds.voting
        for near in self._folds.neighborhoods(self._index, k):
            yield near._replace(members=voting[near.members])
        silent = np.delete(np.arange(given.X.shape[0]), voting)  # which are told all the same
        for near in neighborhoods(self._index, given.X[silent], k, self._row_weights):
            yield near._replace(members=silent[near.members])

    def _voters_now(self) -> Voters:
        """Return the voters that `n_neighbors_` was chosen with."""
        return self._voters

    def _most(self) -> int:
        """Greatest number of neighbours to try."""
        others = int(self._available(own=True) * (1.0 + 1e-12))
        if others < 1:
            raise ValueError(
                f"To leave one out takes a row and others: there is n_samples = "
                f"{self.n_samples_fit_} with a weight."
            )
        if self.k_max is None:
            return min(others, _MANY_NEIGHBORS)
        k_max = int(require_number("k_max", self.k_max, least=1, integer=True))
        if k_max > others:
            raise ValueError(f"k_max={k_max} is more than a row has others: there are {others}.")
        return k_max

    def _own_k(self) -> int:
        check_is_fitted(self, "n_neighbors_")
        return self.n_neighbors_
