"""k nearest neighbours as a classifier that chooses k by leaving one row out."""

import numbers
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.class_weights import ClassWeight
from trivium.left_out_scores import LeftOutScorer, all_weights
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.loo_scores import own_scores
from trivium.neighbors.neighborhoods import Neighborhood, neighborhoods
from trivium.neighbors.scored import cells_for, scores_of_cells, scores_of_rows
from trivium.neighbors.voting import Voters
from trivium.parameters import require_choice, require_number
from trivium.rows.labelled import LabelledRows
from trivium.scorers import Scorer, routed, score_of, scorer_of
from trivium.scoring import labels_and_weights
from trivium.selection import RULES, choose
from trivium.whole_or_nothing import whole_or_nothing

_MANY_NEIGHBORS = 200
_BUILT_IN = {"accuracy": "accuracy", None: "accuracy", "neg_log_loss": "log_loss"}


class KNeighborsClassifierCV(KNeighborsClassifier):
    """`KNeighborsClassifier` with the number of neighbours chosen by leave-one-out.

    Each training row is classified by the others, for every k up to `k_max`, exactly and from a
    single search of the `k_max` neighbours of each row; a scorer of shares takes a few searches
    more where the shares for every k do not fit in memory together.

    Parameters
    ----------
    k_max : int or None, default=None
        Greatest number of neighbours that is tried. None means 200, or as many as a row
        has others.
    scoring : str, callable or None, default="accuracy"
        The score to maximise, which `score` returns: "accuracy", for which None stands too,
        "neg_log_loss", which clips shares as scikit-learn's does, or any scorer of scikit-learn.
        Of two classes the second is the positive one, unless a scorer has been made with another.
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
    metric : str or callable, default="minkowski"
        "minkowski" (with `p`, Euclidean unless it is set), "euclidean" (or "l2"), "manhattan"
        ("l1", "cityblock"), "chebyshev" ("infinity"), "cosine", "haversine", "precomputed",
        another of SciPy's or a function of two rows; see `NearestNeighbors`, of sparse rows too.
    p : float, default=2
        Exponent of metric="minkowski", at least 1. Other metrics have none and leave it alone.
    metric_params : dict or None, default=None
        As in `NearestNeighbors`.
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
        Its leave-one-out score.
    cv_results_ : dict of ndarray of shape (k_max,)
        "n_neighbors" (1, 2, ...), "accuracy", "log_loss", and the standard errors of
        these means, "accuracy_se" and "log_loss_se". With another scorer also "score" and
        "score_se", which is NaN but for the best score, of which alone it is asked.
    classes_, algorithm_, algorithm_reason_, n_samples_fit_, n_features_in_, feature_names_in_
        As in `KNeighborsClassifier`.

    Notes
    -----
    A standard error is the standard deviation of the rows' scores (with n - 1) over the
    root of n. Sample weights count rows there as they do among neighbours: a row of
    weight 3 is three rows, each of which meets the two others.

    Other scorers see all rows together, as one test set that is predicted by leave-one-out; so
    they need not be means over rows. Their standard errors are the jackknife's: over rows for
    scikit-learn's metrics of labels, which depend only on how many rows of each class are predicted
    as each class, and over twenty groups of rows for others. Of a mean over rows the former is the
    usual one. A callable is given a model that predicts all training rows, and no others; for the
    standard error of the best score, also twenty times all but a twentieth of them.

    With scikit-learn's metadata routing, scorers are given what they ask for; a scorer that is
    named is given the weights.

    References
    ----------
    Breiman, Friedman, Olshen & Stone, "Classification and Regression Trees" (1984),
    section 3.4.3, for the rule of one standard error. Efron & Tibshirani, "An Introduction to
    the Bootstrap" (1993), chapter 11, for the jackknife.

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
        scoring: str | Callable[..., float] | None = "accuracy",
        rule: Literal["one-standard-error", "best"] = "one-standard-error",
        weights: Literal["uniform", "distance"] | Callable[[Float64], Float64] | None = "uniform",
        algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto",
        leaf_size: int = 30,
        metric: str | Callable[..., float] = "minkowski",
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

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Keep and index the training rows, and choose the number of neighbours.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_rows, n_features)
            An array of floats in C order is kept (leave it as it is); a `scan` stays in its files.
        y : array-like of shape (n_rows,) or None
            None where X is a `scan` with labels.
        sample_weight : array-like of shape (n_rows,) or None
            As in `KNeighborsClassifier`.
        **params : dict
            For a scorer that asks for them, with scikit-learn's metadata routing.

        Raises
        ------
        ValueError
            If the data are malformed, if `k_max` is more than a row has others, if a parameter
            is unknown, or if the scorer fails or finds no number; the message names the number
            of neighbours. If there are weights, and the scorer takes none.
        TypeError
            If a parameter is of a wrong kind.

        Warns
        -----
        MaskedClassWarning
            As `KNeighborsClassifier` does, with the number of neighbours that was chosen.
        """
        scorer = scorer_of(self, self.scoring)
        require_choice("rule", self.rule, RULES)
        with whole_or_nothing(self):
            given, rows = self._fit_voters(X, y, sample_weight)
            metadata = self._routed("fit", scorer, all_weights(given), params)
            asked = None
            if not self._is_built_in():
                asked = LeftOutScorer(scorer, self.scoring, given, metadata)
            self._choose(given, asked)
            self._look_for_outvoted(given, rows, self.n_neighbors_)
        return self

    def score(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> float:
        """Score predictions by `scoring`.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
            None asks for the training rows, each predicted by the others.
        y : array-like of shape (n_queries,) or None
            None where X is a `scan` with labels.
        sample_weight : array-like of shape (n_queries,) or None
        **params : dict
            For a scorer that asks for them, with scikit-learn's metadata routing.

        Returns
        -------
        float
            Greater is better.

        Raises
        ------
        ValueError
            If the data are malformed, `scoring` is unknown, or there are weights and the scorer
            takes none.
        """
        check_is_fitted(self, "n_neighbors_")
        scorer = scorer_of(self, self.scoring)
        is_accuracy = self._is_built_in() and self.scoring in ("accuracy", None)
        if not is_accuracy:
            y, sample_weight = labels_and_weights(X, y, sample_weight)
        metadata = self._routed("score", scorer, sample_weight, params)
        if is_accuracy:
            return super().score(X, y, sample_weight)
        return score_of(scorer, self, X, y, metadata)

    def get_metadata_routing(self) -> MetadataRouter:
        """Say what this estimator and its scorer ask for.

        Returns
        -------
        MetadataRouter
        """
        both = MethodMapping().add(caller="fit", callee="score").add(caller="score", callee="score")
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(scorer=scorer_of(self, self.scoring), method_mapping=both)
        )

    def kneighbors(
        self,
        X: ArrayLike | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """Find the nearest training rows of each query, as `KNeighborsClassifier` does.

        Parameters
        ----------
        X : array-like, sparse or `scan` of shape (n_queries, n_features) or None
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

    def _routed(
        self, method: str, scorer: Scorer, weights: Any, params: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what a scorer is given of a method's arguments."""
        groups, metadata = routed(self, method, scorer, {**params, "sample_weight": weights})
        if groups:
            raise ValueError(f"{type(self).__name__} leaves rows out, one by one: not groups.")
        return metadata

    def _choose(self, given: LabelledRows, asked: LeftOutScorer | None) -> None:
        """Score every number of neighbours, by a scorer too if one is asked, and choose."""
        k_max = self._most()
        cells = None if asked is None else cells_for(asked, given, k_max)
        also = None if cells is None else cells.add
        found = own_scores(self._left_out(given, k_max), self._voters, given, k_max, also)
        results: dict[str, Any] = {"n_neighbors": np.arange(1, k_max + 1)}
        results["accuracy"], results["accuracy_se"] = found.accuracy()
        results["log_loss"], results["log_loss_se"] = found.log_loss()
        if asked is None:
            name = _BUILT_IN[cast("str | None", self.scoring)]
        else:
            name, leave_out = "score", partial(self._left_out, given)
            results["score"], results["score_se"] = (
                scores_of_rows(asked, leave_out, self._voters, given, k_max, self.rule)
                if cells is None
                else scores_of_cells(asked, cells, given.weights, self.rule)
            )
        score = -results[name] if name == "log_loss" else results[name]
        self.cv_results_ = results
        self.n_neighbors_ = choose(score, results[f"{name}_se"], self.rule, tied=0) + 1
        self.best_score_ = float(score[self.n_neighbors_ - 1])

    def _is_built_in(self) -> bool:
        """Whether the score is one of those that every fit finds."""
        return not callable(self.scoring) and self.scoring in _BUILT_IN

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
        silent = np.delete(np.arange(given.rows.shape[0]), voting)  # predicted all the same
        numbers = silent if given.kept is None else given.kept[silent]
        places = np.searchsorted(self._weightless_numbers, numbers)
        queries = self._weightless.take(places, axis=0)
        for near in neighborhoods(self._index, queries, k, self._row_weights):
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
