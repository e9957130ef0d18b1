"""Linear least squares as a classifier that chooses its penalty by leaving one row out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.blocks.linear_scores import ROWS_A_PIECE, linear_scores
from trivium.blocks.scaling import comparable_weights
from trivium.class_weights import ClassWeight
from trivium.inputs import check_labelled_rows
from trivium.least_squares.base import IndicatorFit
from trivium.least_squares.deletion.folds import Folds, folds_of
from trivium.least_squares.deletion.penalties import alpha_grid, left_out_values, penalty_scores
from trivium.least_squares.solving.svd import principal_axes
from trivium.least_squares.solving.targets import decisions, targets
from trivium.left_out import LeftOut
from trivium.left_out_scores import LeftOutScorer, all_weights, error_of_best
from trivium.magnitudes import require_finite_rows
from trivium.parameters import require_choice, require_flag, require_number, require_penalties
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.rows.source import Rows
from trivium.scorers import Scorer, routed, score_of, scorer_of
from trivium.scoring import labels_and_weights
from trivium.selection import RULES, choose
from trivium.whole_or_nothing import whole_or_nothing

_MOST_CELLS = 1 << 24  # of all penalties: 128 megabytes
_BUILT_IN = ("accuracy", "neg_mean_squared_error", None)


class LeastSquaresClassifierCV(IndicatorFit):
    """`LeastSquaresClassifier` with the penalty chosen by leave-one-out.

    Every row is left out under every penalty, in closed form: one decomposition of the rows
    serves all.

    Parameters
    ----------
    alphas : int or array-like of shape (n_alphas,), default=30
        Penalties to try. A number asks for so many in equal ratios, from one that takes
        nearly all of every direction to one that takes nearly nothing of any.
    scoring : str, callable or None, default="accuracy"
        The score to maximise, which `score` returns: "accuracy", for which None stands too,
        "neg_mean_squared_error", which is that of the functions' values, or any scorer of
        scikit-learn that goes by labels or decision values. It is asked once for every penalty,
        about all rows together, each predicted by the model without it. Of two classes the second
        is the positive one, unless a scorer has been made with another.
    rule : {"one-standard-error", "best"}, default="one-standard-error"
        "one-standard-error" takes the greatest penalty, hence the smoothest model, whose mean
        score is within one standard error of the best. "best" takes the best mean score, and
        of several the greatest penalty.
    fit_intercept : bool, default=True
    class_weight : dict, "balanced" or None, default=None
        As in `LeastSquaresClassifier`. A row is left out with all its class's weight, and
        "balanced" goes by the rows that stay. Scores count rows by their sample weights alone, and
        rows of a class whose weight is zero are predicted by the fit to the others.

    Attributes
    ----------
    alpha_ : float
        The penalty chosen.
    best_score_ : float
        Its leave-one-out score: the accuracy, minus the mean squared error over rows, summed over
        targets, or what the scorer says.
    cv_results_ : dict of ndarray of shape (n_alphas,)
        "alpha" (rising), "accuracy", "mean_squared_error", and the standard errors of these
        means, "accuracy_se" and "mean_squared_error_se". With another scorer also "score" and
        "score_se": the standard error of the best score, which takes many askings, and NaN beside
        it.
    classes_, coef_, intercept_, rank_, aliased_, masked_classes_, n_features_in_, feature_names_in_
        As in `LeastSquaresClassifier`.

    Notes
    -----
    A weight counts rows: of a row of weight 3 one is left out, and the two others stay. Bring
    weights that are no counts to a mean of one or less, or copies predict each other.
    Standard errors are for as many rows as are counted; where some weight is below one, for
    (Σw)²/Σw². That of another scorer is the jackknife's: how far the score moves without each row,
    where it is a metric of scikit-learn of labels, and else without each of twenty groups of rows.
    A callable is given a model that predicts all training rows, and no others; for the standard
    error also twenty times all but a twentieth of them.

    With class_weight="balanced" there is a decomposition for each class, which counts one row less
    where one of its own is left out; where rows weigh less than one, for each weight of each class.

    With scikit-learn's metadata routing, scorers are given what they ask for; a scorer that is
    named is given the weights.

    References
    ----------
    Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section
    3.4.3, for the rule of one standard error; Golub, Heath & Wahba, Technometrics 21,
    1979, for leave-one-out in closed form; Efron & Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 11, for the jackknife.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from trivium import LeastSquaresClassifierCV
    >>> X, y = load_wine(return_X_y=True)
    >>> model = LeastSquaresClassifierCV(rule="best").fit(X, y)
    >>> round(model.best_score_, 3)
    0.989
    """

    def __init__(
        self,
        alphas: int | Sequence[float] | Float64 = 30,
        *,
        scoring: str | Callable[..., float] | None = "accuracy",
        rule: Literal["one-standard-error", "best"] = "one-standard-error",
        fit_intercept: bool = True,
        class_weight: ClassWeight = None,
    ) -> None:
        self.alphas = alphas
        self.scoring = scoring
        self.rule = rule
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Choose the penalty, and fit the linear functions under it.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            Zero counts as removed.
        **params : dict
            For a scorer that asks for them, with scikit-learn's metadata routing.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, a parameter is out of range, one row
            alone has a weight, or the scorer goes by probabilities, takes no weights where there
            are some, or fails; the message names the penalty.

        Warns
        -----
        MaskedClassWarning
            If a class is predicted for no training row.
        """
        require_choice("rule", self.rule, RULES)
        require_flag("fit_intercept", self.fit_intercept)
        scorer, given = self._own_scorer(), self._given_alphas()
        with whole_or_nothing(self):
            scored = check_labelled_rows(self, X, y, sample_weight, finite=False, sparse=True)
            folds = folds_of(
                scored,
                self.class_weight,
                lambda table, kept: self._take(table, centred=self.fit_intercept, kept=kept),
                centred=self.fit_intercept,
            )
            self._require_finite(folds)
            self._keep_classes(folds.learnt, self.class_weight)
            alphas = self._alphas(given, folds)
            _, metadata = routed(
                self,
                "fit",
                scorer_of(self, "accuracy") if scorer is None else scorer,
                {**params, "sample_weight": all_weights(scored)},
            )
            if scorer is None:
                asked = None
            else:
                asked = LeftOutScorer(scorer, self.scoring, scored, metadata)
            self._choose(folds, alphas, asked)
            solved = self._solve(
                folds.table, self.alpha_, centred=self.fit_intercept, taken=folds.taken
            )
            self._keep(solved.solution, solved.moments, self.alpha_, centred=self.fit_intercept)
            self._look_for_masked(folds.learnt)
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
            Greater is better: the accuracy, minus the mean squared error over rows, summed over
            targets, or what the scorer says.

        Raises
        ------
        ValueError
            If the data are malformed or `scoring` is unknown; for the squared error also if a
            label is none of the classes.
        """
        check_is_fitted(self)
        scorer = self._own_scorer()
        if scorer is not None:
            y, sample_weight = labels_and_weights(X, y, sample_weight)
            given = {**params, "sample_weight": sample_weight}
            _, metadata = routed(self, "score", scorer, given)
            return score_of(scorer, self, X, y, metadata)
        routed(self, "score", scorer_of(self, "accuracy"), params)
        if self.scoring != "neg_mean_squared_error":
            return super().score(X, y, sample_weight)
        rows = check_labelled_rows(
            self, X, y, sample_weight, reset=False, classes=self.classes_, sparse=True
        )
        scores = _scores_of(rows.rows, self.coef_, self.intercept_)
        errors = np.square(targets(rows.codes, self.classes_.size) - scores).sum(axis=1)
        return -float(np.average(errors, weights=comparable_weights(rows.weights)))

    def get_metadata_routing(self) -> MetadataRouter:
        """Say what this estimator and its scorer ask for.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="score")
        mapping.add(caller="score", callee="score")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(scorer=scorer_of(self, self.scoring), method_mapping=mapping)

    def _own_scorer(self) -> Scorer | None:
        """Return a scorer that is neither accuracy nor the squared error; None of these two.

        Raises
        ------
        ValueError, TypeError
            As `scorer_of`, or if it asks for probabilities alone.
        """
        if not callable(self.scoring) and self.scoring in _BUILT_IN:
            return None
        scorer = scorer_of(self, self.scoring)
        methods = getattr(scorer, "_response_method", "predict")
        methods = (methods,) if isinstance(methods, str) else methods
        if not {"predict", "decision_function"} & set(methods):
            raise ValueError(
                f"scoring={self.scoring!r} goes by {' or '.join(methods)}, which "
                f"{type(self).__name__} does not have: take a scorer of labels or of decision "
                "values, or SoftmaxRegressionCV."
            )
        return scorer

    def _choose(self, folds: Folds, alphas: Float64, scorer: LeftOutScorer | None) -> None:
        """Score the penalties, and choose one."""
        rest = folds.scored.rows.subset(folds.weightless)

        def weightless(alpha: float) -> Float64:
            solution = self._solve(folds.table, alpha, centred=self.fit_intercept).solution
            solution, _ = self._of_all_classes(solution, None, centred=self.fit_intercept)
            return _scores_of(rest, solution.coef.T, solution.intercept)

        in_cells = None
        few_cells = alphas.size * self.classes_.size**2 <= _MOST_CELLS
        if scorer is not None and scorer.by_cells and few_cells:
            weights = scorer.weights
            in_cells = np.ones(folds.scored.codes.size) if weights is None else weights
        scores = penalty_scores(folds, alphas, weightless, in_cells)
        self.cv_results_ = {
            "alpha": alphas,
            "accuracy": scores.accuracy,
            "accuracy_se": scores.accuracy_se,
            "mean_squared_error": scores.squared_error,
            "mean_squared_error_se": scores.squared_error_se,
        }
        score, error = scores.accuracy, scores.accuracy_se
        if scorer is not None:
            if scores.cells is not None:
                score, error = _by_cells(scorer, alphas, scores.cells, self.rule)
            else:
                score, error = _by_rows(scorer, alphas, folds, weightless, self.rule)
            self.cv_results_.update(score=score, score_se=error)
        elif self.scoring == "neg_mean_squared_error":
            score, error = -scores.squared_error, scores.squared_error_se
        chosen = choose(score, error, self.rule)
        self.alpha_, self.best_score_ = float(alphas[chosen]), float(score[chosen])

    def _alphas(self, given: Float64 | int, folds: Folds) -> Float64:
        """Penalties to try, from the rows with all their weights."""
        if not isinstance(given, int):
            return given
        part = folds.parts[0]
        axes, weight = part.axes, part.fitted.design.weight
        if part.numbers is not None:
            design, moments = self._take(folds.table, centred=self.fit_intercept)
            axes, weight = principal_axes(folds.table, design, moments), design.weight
        return alpha_grid(axes, weight, given)

    def _require_finite(self, folds: Folds) -> None:
        """Look for values that are not finite in the rows that are not learnt from."""
        numbers, kept = folds.weightless, folds.scored.kept
        if numbers.size:
            rest = folds.scored.rows.subset(numbers)
            require_finite_rows(self, rest, numbers if kept is None else kept[numbers])

    def _given_alphas(self) -> Float64 | int:
        """Check `alphas`: penalties, which are put in order, or their number."""
        given = require_penalties(self.alphas)
        if isinstance(given, int):
            return given
        numbers = [
            require_number(f"alphas[{place}]", alpha, least=0.0)
            for place, alpha in enumerate(given)
        ]
        return np.unique(numbers)


@takes_sparse
@dataclass(frozen=True)
class _Scores:
    """Values of linear functions in a block of rows."""

    coef: Float64
    intercept: Float64

    def __call__(self, block: Block) -> Float64:
        return linear_scores(block.X, self.coef, self.intercept)


def _scores_of(rows: Rows, coef: Float64, intercept: Float64) -> Float64:
    """Values of linear functions in rows, of shape (n, n_targets)."""
    scores: Float64 = rows.each(_Scores(coef, intercept), length=ROWS_A_PIECE)
    return scores


def _by_cells(
    scorer: LeftOutScorer, alphas: Float64, cells: Float64, rule: str
) -> tuple[Float64, Float64]:
    """Scores of the penalties, and the best one's standard error, by the cells."""
    scores = np.array(
        [
            scorer.of_cells(own, f"with alpha={alpha:g}")
            for alpha, own in zip(alphas.tolist(), cells, strict=True)
        ]
    )

    def error_of(place: int) -> float:
        return scorer.error_of_cells(cells[place], float(scores[place]), scorer.worth)

    return scores, error_of_best(scores, error_of, rule)


def _by_rows(
    scorer: LeftOutScorer,
    alphas: Float64,
    folds: Folds,
    weightless: Callable[[float], Float64],
    rule: str,
) -> tuple[Float64, Float64]:
    """Do the same by all rows."""
    X, classes = folds.scored.in_memory(), folds.scored.classes

    def told(some: Float64) -> Iterator[LeftOut]:
        for values, leaders in left_out_values(folds, some, weightless):
            yield LeftOut(X, classes, leaders, None, decisions(values))

    scores = np.array(
        [
            scorer.of_rows(own, f"with alpha={alpha:g}")
            for alpha, own in zip(alphas.tolist(), told(alphas), strict=True)
        ]
    )

    def error_of(place: int) -> float:
        return scorer.error_of_rows(next(told(alphas[place : place + 1])))

    return scores, error_of_best(scores, error_of, rule)
