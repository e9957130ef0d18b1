"""Linear least squares as a classifier that chooses its penalty by leaving one row out."""

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.blocks.linear_scores import linear_scores
from trivium.blocks.scaling import comparable_weights
from trivium.inputs import check_labelled_rows
from trivium.least_squares.axes import principal_axes
from trivium.least_squares.base import IndicatorFit
from trivium.least_squares.classes import indicator_table
from trivium.least_squares.fitted import Fitted
from trivium.least_squares.penalties import alpha_grid, penalty_scores
from trivium.least_squares.table import targets
from trivium.parameters import require_choice, require_flag, require_number, require_penalties
from trivium.selection import choose
from trivium.whole_or_nothing import whole_or_nothing

_SCORINGS = ("accuracy", "neg_mean_squared_error")


class LeastSquaresClassifierCV(IndicatorFit):
    """`LeastSquaresClassifier` with the penalty chosen by leave-one-out.

    Every row is left out under every penalty, in closed form: one decomposition of the rows
    serves all.

    Parameters
    ----------
    alphas : int or array-like of shape (n_alphas,), default=30
        Penalties to try. A number asks for so many in equal ratios, from one that takes
        nearly all of every direction to one that takes nearly nothing of any.
    scoring : {"accuracy", "neg_mean_squared_error"}, default="accuracy"
        What is to be great, and what `score` tells.
    rule : {"one-standard-error", "best"}, default="one-standard-error"
        "one-standard-error" takes the greatest penalty, hence the smoothest model, whose mean
        score is within one standard error of the best. "best" takes the best mean score, and
        of several the greatest penalty.
    fit_intercept : bool, default=True

    Attributes
    ----------
    alpha_ : float
        The penalty chosen.
    best_score_ : float
        Its leave-one-out score: the accuracy, or minus the mean squared error over rows,
        summed over targets.
    cv_results_ : dict of ndarray of shape (n_alphas,)
        "alpha" (rising), "accuracy", "mean_squared_error", and the standard errors of these
        means, "accuracy_se" and "mean_squared_error_se".
    classes_, coef_, intercept_, rank_, aliased_, masked_classes_, n_features_in_, feature_names_in_
        As in `LeastSquaresClassifier`.

    Notes
    -----
    A weight counts rows: of a row of weight 3 one is left out, and the two others stay. Bring
    weights that are no counts to a mean of one or less, or copies tell about each other.
    Standard errors are for as many rows as are counted; where some weight is below one, for
    (Σw)²/Σw².

    References
    ----------
    Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section
    3.4.3, for the rule of one standard error; Golub, Heath & Wahba, Technometrics 21,
    1979, for leave-one-out in closed form.

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
        scoring: Literal["accuracy", "neg_mean_squared_error"] = "accuracy",
        rule: Literal["one-standard-error", "best"] = "one-standard-error",
        fit_intercept: bool = True,
    ) -> None:
        self.alphas = alphas
        self.scoring = scoring
        self.rule = rule
        self.fit_intercept = fit_intercept

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Choose the penalty, and fit the linear functions under it.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            Zero counts as removed.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, or a parameter is out of range.

        Warns
        -----
        MaskedClassWarning
            If a class is predicted for no training row.
        """
        require_choice("scoring", self.scoring, _SCORINGS)
        require_choice("rule", self.rule, ("one-standard-error", "best"))
        require_flag("fit_intercept", self.fit_intercept)
        given = self._given_alphas()
        with whole_or_nothing(self):
            rows = check_labelled_rows(self, X, y, sample_weight, finite=False)
            self._keep_classes(rows, None)
            table = indicator_table(rows)
            design, moments = self._take(table, centred=self.fit_intercept)
            axes = principal_axes(design, moments)
            alphas = alpha_grid(axes, design.weight, given) if isinstance(given, int) else given
            # Its penalty is not used.
            fitted = Fitted(design, moments, 0.0, self.fit_intercept, most=1.0)
            scores = penalty_scores(fitted, axes, alphas)
            self.cv_results_ = {
                "alpha": alphas,
                "accuracy": scores.accuracy,
                "accuracy_se": scores.accuracy_se,
                "mean_squared_error": scores.squared_error,
                "mean_squared_error_se": scores.squared_error_se,
            }
            score, error = scores.accuracy, scores.accuracy_se
            if self.scoring == "neg_mean_squared_error":
                score, error = -scores.squared_error, scores.squared_error_se
            chosen = choose(score, error, self.rule)
            self.alpha_, self.best_score_ = float(alphas[chosen]), float(score[chosen])
            solved = self._solve(table, self.alpha_, centred=self.fit_intercept)
            self._keep(solved.solution, solved.moments, self.alpha_, centred=self.fit_intercept)
            self._look_for_masked(rows)
        return self

    def score(
        self, X: ArrayLike | None, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Score predictions by `scoring`.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)
        y : array-like of shape (n_queries,)
        sample_weight : array-like of shape (n_queries,) or None

        Returns
        -------
        float
            The accuracy, or minus the mean squared error over rows, summed over targets.

        Raises
        ------
        ValueError
            If the data are malformed or `scoring` is unknown; for the squared error also if a
            label is none of the classes.
        """
        check_is_fitted(self)
        require_choice("scoring", self.scoring, _SCORINGS)
        if self.scoring == "accuracy":
            return super().score(X, y, sample_weight)
        rows = check_labelled_rows(self, X, y, sample_weight, reset=False, classes=self.classes_)
        scores = linear_scores(rows.X, self.coef_, self.intercept_)
        errors = np.square(targets(rows.codes, self.classes_.size) - scores).sum(axis=1)
        return -float(np.average(errors, weights=comparable_weights(rows.weights)))

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
