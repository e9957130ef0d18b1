"""Softmax regression that chooses its penalty by cross-validation."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn import config_context, get_config
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Labels
from trivium.blocks.workers import map_in_order, one_blas_thread
from trivium.class_weights import ClassWeight, class_factors
from trivium.inputs import check_labelled_rows
from trivium.left_out_scores import all_weights
from trivium.magnitudes import require_moderate
from trivium.parameters import require_choice, require_flag, require_number, require_penalties
from trivium.rows.elsewhere import elsewhere_of
from trivium.rows.labelled import LabelledRows
from trivium.scorers import routed, score_of, scorer_of
from trivium.scoring import labels_and_weights
from trivium.selection import RULES, choose_penalty
from trivium.softmax.base import SoftmaxPredictor
from trivium.softmax.classifier import LARGEST, SoftmaxRegression
from trivium.softmax.fitting import FAST_SOLVERS
from trivium.softmax.fold_paths import FoldPaths, FoldScores
from trivium.softmax.folds import Fold, check_groups, folds_of, weighed
from trivium.softmax.history import History
from trivium.softmax.objective.penalties import alpha_grid
from trivium.whole_or_nothing import whole_or_nothing

_SOLVERS = ("auto", *FAST_SOLVERS)  # gradient descent is there to be watched
_BUILT_IN = {"neg_log_loss": "log_loss", "accuracy": "accuracy", None: "accuracy"}


class SoftmaxRegressionCV(SoftmaxPredictor):
    """`SoftmaxRegression` with the penalty chosen by cross-validation.

    On the rows of each fold the model is fitted from the greatest penalty down, each time
    from where the one before ended; then once to all rows with the penalty chosen.

    Parameters
    ----------
    alphas : int or array-like of shape (n_alphas,), default=10
        The penalties to try, or how many of them, in equal ratios over eight decades: from one
        that leaves nearly nothing of any coefficient down to one that takes nearly nothing. One
        alone is the middle of these.
    cv : int, splitter or iterable of (train, test), default=5
        As in scikit-learn; a number means so many stratified folds, not shuffled, of the rows
        that weigh something. A splitter sees all rows.
    scoring : str, callable or None, default="neg_log_loss"
        The score to maximise, which `score` returns: "neg_log_loss", "accuracy", for which None
        stands too, or any scorer of scikit-learn. Of two classes the second is the positive one,
        unless a scorer has been made with another.
    rule : {"one-standard-error", "best"}, default="one-standard-error"
        "one-standard-error" takes the greatest penalty whose mean score is within one
        standard error of the best. "best" takes the best mean score.
    solver : {"auto", "newton-cg", "lbfgs", "newton"}, default="auto"
    max_iter : int, default=1000
    tol : float, default=1e-6
    fit_intercept : bool, default=True
    class_weight : dict, "balanced" or None, default=None
        As in `SoftmaxRegression`. "balanced" goes by the rows that each fold learns from. Scores
        count rows by their sample weights alone, and a class whose weight is zero is not learnt,
        but its rows are scored.
    n_jobs : int or None, default=None
        Number of folds at a time; None means every core this process may use. No result
        depends on it.

    Attributes
    ----------
    alpha_ : float
        The penalty that was chosen.
    best_score_ : float
        Its mean score.
    cv_results_ : dict of ndarray
        Of shape (n_alphas,): "alpha" (in the order given, or ascending), "log_loss" and
        "accuracy", means over the folds, and their standard errors "log_loss_se" and
        "accuracy_se". Of shape (n_alphas, n_folds): "fold_log_loss" and "fold_accuracy".
        With another scorer also "score", "score_se" and "fold_score".
    classes_, coef_, intercept_, n_iter_, solver_, n_passes_, optimality_gap_, \
separating_direction_, history_, n_features_in_, feature_names_in_
        As in `SoftmaxRegression`, of the fit to all rows.

    Notes
    -----
    A standard error is the standard deviation of the folds' scores (with n_folds - 1) over
    the root of n_folds. Sample weights count in the fits and in every score; a row of weight
    zero is neither learnt from nor scored, whichever fold it is in.

    A class that the rows of a fold to learn from lack has the probability zero in that fold.
    Where one of the fold's other rows is of that class, its log-loss counts as that of
    2.2e-16, float64's epsilon, as in scikit-learn's `log_loss`.

    With scikit-learn's metadata routing, scorers and splitters are given what they ask for; a
    scorer that is named is given the weights.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 7.10, for the rule of one standard error.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from trivium import SoftmaxRegressionCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegressionCV([1e-3, 1e-2, 0.1, 1.0], rule="best").fit(X, y)
    >>> model.cv_results_["accuracy"].round(2)
    array([0.97, 0.97, 0.95, 0.86])
    >>> model.alpha_
    0.001
    """

    # They are the splitter's.
    __metadata_request__fit: ClassVar[dict[str, str]] = {"groups": UNUSED}

    def __init__(
        self,
        alphas: int | ArrayLike = 10,
        *,
        cv: Any = 5,
        scoring: str | Callable[..., float] | None = "neg_log_loss",
        rule: Literal["one-standard-error", "best"] = "one-standard-error",
        solver: Literal["auto", "newton-cg", "lbfgs", "newton"] = "auto",
        max_iter: int = 1000,
        tol: float = 1e-6,
        fit_intercept: bool = True,
        class_weight: ClassWeight = None,
        n_jobs: int | None = None,
    ) -> None:
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.rule = rule
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Choose the penalty, and fit the model.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
        groups : array-like of shape (n_rows,) or None
            For splitters that keep groups together.
        **params : dict
            For a scorer or splitter that asks for them, with scikit-learn's metadata routing.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, a parameter is out of range, the
            rows that a fold learns from are of one class that weighs something, a fold names rows
            that there are not, or it has no score; the message names the fold. If there are
            weights, and the scorer takes none.

        Warns
        -----
        SeparationWarning, ConvergenceWarning
            As `SoftmaxRegression` warns of the fit to all rows; and if fits of the folds
            stopped early.
        """
        self._check_parameters()
        scorer = scorer_of(self, self.scoring)
        with whole_or_nothing(self):
            away = elsewhere_of(X) is not None  # whose weights come along
            everyone = check_labelled_rows(
                self, X, y, sample_weight if away else None, finite=False, sparse=True
            )
            given = everyone if away else weighed(everyone, sample_weight)
            rows, present = given.of_weight()
            rows.rows.expect_passes()
            require_moderate(self, rows, rows.rows.summary(), LARGEST)
            factors = class_factors(self.class_weight, given.classes, given.class_weights())
            learnt = given.multiplied(factors)
            alphas = self._alphas(learnt)
            self.classes_ = rows.classes
            for_splitter, for_scorer = routed(
                self,
                "fit",
                scorer,
                {
                    **params,
                    "sample_weight": all_weights(rows),
                    "groups": check_groups(groups, rows.n_given),
                },
            )
            seen = np.zeros(rows.n_given) if away else X  # by splitters
            folds = folds_of(self.cv, seen, _labels_given(everyone), rows, for_splitter)
            own = scorer if self._own_scorer() else None
            some = None if factors is None else factors[present]
            paths = FoldPaths(
                rows,
                some,
                isinstance(self.class_weight, str),
                alphas,
                self._model(rows, 0.0),
                own,
                self.scoring,
                for_scorer,
            )
            config = get_config()

            def scores_of(fold: Fold) -> FoldScores:
                with config_context(**config):  # which is each thread's own
                    return paths.scores(fold)

            with one_blas_thread():
                scores = list(map_in_order(scores_of, folds, self.n_jobs))
            self._choose(alphas, scores)
            _warn_of_unfinished(scores, alphas.size)
            self._refit(learnt)
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
        X : array-like or sparse of shape (n_queries, n_features)
        y : array-like of shape (n_queries,)
        sample_weight : array-like of shape (n_queries,) or None
        **params : dict
            For a scorer that asks for them, with scikit-learn's metadata routing.

        Returns
        -------
        float
            Greater is better.
        """
        check_is_fitted(self, "coef_")
        scorer = scorer_of(self, self.scoring)
        y, sample_weight = labels_and_weights(X, y, sample_weight)
        _, metadata = routed(self, "score", scorer, {**params, "sample_weight": sample_weight})
        return score_of(scorer, self, X, y, metadata)

    def get_metadata_routing(self) -> MetadataRouter:
        """Say what this estimator, its splitter and its scorer ask for.

        Returns
        -------
        MetadataRouter
        """
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
            .add(
                scorer=scorer_of(self, self.scoring),
                method_mapping=MethodMapping()
                .add(caller="fit", callee="score")
                .add(caller="score", callee="score"),
            )
        )

    def _check_parameters(self) -> None:
        require_choice("rule", self.rule, RULES)
        require_choice("solver", self.solver, _SOLVERS)
        require_number("max_iter", self.max_iter, least=1, integer=True)
        require_number("tol", self.tol, least=0.0)
        require_flag("fit_intercept", self.fit_intercept)

    def _own_scorer(self) -> bool:
        """Whether the score is neither log-loss nor accuracy."""
        return callable(self.scoring) or self.scoring not in _BUILT_IN

    def _alphas(self, rows: LabelledRows) -> Float64:
        """Penalties to try."""
        given = require_penalties(self.alphas)
        if isinstance(given, int):
            return alpha_grid(rows.rows, given, fit_intercept=self.fit_intercept)
        for place, alpha in enumerate(given):
            require_number(f"alphas[{place}]", alpha, least=0.0)
        return np.array(given, dtype=np.float64)

    def _model(self, rows: LabelledRows, alpha: float) -> SoftmaxRegression:
        """Return a model of the classes and columns of these rows, without coefficients."""
        model = SoftmaxRegression(
            alpha,
            solver=self.solver,
            max_iter=self.max_iter,
            tol=self.tol,
            fit_intercept=self.fit_intercept,
        )
        model.classes_, model.n_features_in_ = rows.classes, rows.rows.shape[1]
        return model

    def _choose(self, alphas: Float64, scores: list[FoldScores]) -> None:
        """Average over the folds and choose."""
        results = {"alpha": alphas}
        own = self._own_scorer()
        kinds = ["log_loss", "accuracy", *(["chosen"] if own else [])]
        for kind in kinds:
            name = "score" if kind == "chosen" else kind
            each = np.column_stack([getattr(fold, kind) for fold in scores])
            results[name] = each.mean(axis=1)
            error = np.zeros(alphas.size)
            if each.shape[1] > 1:
                with np.errstate(invalid="ignore"):  # a loss may be infinite
                    error = each.std(axis=1, ddof=1) / np.sqrt(each.shape[1])
            results[f"{name}_se"] = error
            results[f"fold_{name}"] = each
        name = "score" if own else _BUILT_IN[cast("str | None", self.scoring)]
        each = results[f"fold_{name}"]
        if not np.isfinite(each).all():
            place, fold = np.argwhere(~np.isfinite(each))[0]
            raise ValueError(
                f"scoring={self.scoring!r} is {each[place, fold]} in fold {fold} with "
                f"alpha={alphas[place]:g}: take folds in which it is a number (with every class, "
                "say), or another scorer."
            )
        score = -results[name] if name == "log_loss" else results[name]
        place = choose_penalty(alphas, score, results[f"{name}_se"], self.rule)
        self.cv_results_ = results
        self.alpha_ = float(alphas[place])
        self.best_score_ = float(score[place])

    def _refit(self, rows: LabelledRows) -> None:
        """Fit to all rows with the penalty chosen."""
        model = self._model(rows, self.alpha_)
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_
        model._learn(rows, History(), start=None, stacklevel=5)
        for name, value in vars(model).items():
            if name.endswith("_"):
                setattr(self, name, value)


def _labels_given(everyone: LabelledRows) -> Labels:
    """Return the label of each row given, those too that weigh nothing."""
    rows = everyone.rows if everyone.given is None else everyone.given
    labels: Labels = everyone.classes[rows.codes]
    return labels


def _warn_of_unfinished(scores: Sequence[FoldScores], n_alphas: int) -> None:
    """Warn of fits of the folds that stopped early."""
    unfinished = sum(fold.unfinished for fold in scores)
    if unfinished:
        warnings.warn(
            f"{unfinished} of {n_alphas * len(scores)} fits of the folds stopped with a gradient "
            "above tol: raise max_iter, tol or the least of the alphas.",
            ConvergenceWarning,
            stacklevel=3,
        )
