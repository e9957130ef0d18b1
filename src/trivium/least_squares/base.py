"""What linear functions fitted to indicators do, however their penalty was found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.blocks.linear_scores import ROWS_A_PIECE, bounded_scores
from trivium.class_weights import ClassWeight
from trivium.inputs import check_labelled_rows, check_queries, check_rows
from trivium.lazy_predictions import lazily
from trivium.least_squares.deletion.case_deletion import EachLeftOut, without_each
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.deletion.influence import Influence
from trivium.least_squares.solving.absent_classes import (
    below_others,
    indicator_table,
    with_all_classes,
)
from trivium.least_squares.solving.centred_sums import is_sum_of
from trivium.least_squares.solving.design import DesignScaling, Table
from trivium.least_squares.solving.exact_sums import ExactSums
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.solution import Solution
from trivium.least_squares.solving.solve import Solved, Taken, solve, take
from trivium.least_squares.solving.targets import decisions, leading
from trivium.magnitudes import beyond_magnitude, column_name, require_finite_rows, require_magnitude
from trivium.masking import masked_classes, rare_classes, warn_of_masked
from trivium.rows.block import Block
from trivium.rows.csr import Csr, takes_sparse
from trivium.rows.elsewhere import elsewhere_of
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import Rows
from trivium.scoring import AccuracyClassifier

LARGEST = 1e300
"""Differences, and lengths of columns, stay within float64."""

_CLOSE_TO_IT = 480  # exponent of two; squares of scaled values are within float64


@dataclass(frozen=True)
class Scores:
    """Values of fitted functions.

    Attributes
    ----------
    coef : ndarray of shape (n_targets, d)
    intercept : ndarray of shape (n_targets,)
    absent : ndarray of int
        Positions of the classes that no row with a weight is of.
    """

    coef: Float64
    intercept: Float64
    absent: Indices

    def of(self, X: Floats | Csr) -> Float64:
        """Return those of some rows, of shape (m, n_targets)."""
        return below_others(bounded_scores(X, self.coef, self.intercept), self.absent)


@dataclass(frozen=True)
class Leading:
    """The class with the greatest score.

    Attributes
    ----------
    absent : ndarray of int
        Positions of the classes that no row with a weight is of.
    """

    absent: Indices

    def __call__(self, scores: Float64) -> Indices:
        """Answer for some rows."""
        return leading(scores, self.absent)


@takes_sparse
@dataclass(frozen=True)
class AnswerFromScores:
    """What is said of each row of a block, from its scores."""

    scores: Scores
    answer: Callable[[Float64], Any]

    def __call__(self, block: Block) -> Any:
        """Answer for a block."""
        return self.answer(self.scores.of(block.X))


class IndicatorFit(AccuracyClassifier, BaseEstimator):
    """Linear functions, one a target, and the rows they were fitted to."""

    classes_: Labels
    coef_: Float64
    intercept_: Float64
    _class_weights: Float64
    _moments: Moments | None
    _sums: ExactSums | None = None
    _alpha: float
    _centred: bool
    _class_weight: ClassWeight = None

    def influence(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Influence:
        """Tell what the model would be without each of its training rows, in closed form.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
            The rows it was fitted to, all of them.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            Those of the fit, whose `class_weight` comes on top.

        Returns
        -------
        Influence

        Raises
        ------
        ValueError
            If these are not the training rows, some lie so far beyond the others that rounding
            hides these, one of them weighs nothing or next to nothing, or the fit is robust (fit
            anew with `robust_weights_` as weights to look at that).

        Examples
        --------
        >>> from trivium import LeastSquaresClassifier
        >>> X, y = [[0.0], [1.0], [3.0], [4.0], [30.0]], [0, 0, 1, 1, 1]
        >>> influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        >>> influence.table(top=2)["row"]
        array([4, 0])
        """
        check_is_fitted(self)
        if hasattr(self, "robust_weights_"):
            raise ValueError(
                "influence is that of plain least squares: fit LeastSquaresClassifier() with "
                "robust_weights_ as sample_weight, and ask that."
            )
        rows = check_labelled_rows(
            self,
            X,
            y,
            sample_weight,
            finite=False,
            reset=False,
            classes=self.classes_,
            class_weight=self._class_weight,
            sparse=True,
        )
        if rows.kept is not None:
            nothing = np.setdiff1d(np.arange(rows.n_given), rows.kept)[0]
            raise ValueError(
                f"Row {nothing} weighs nothing: leave such rows out of X, y and weights."
            )
        table = Table(rows.rows)
        if self._moments is not None:
            design = self._moments.design
            if rows.weights is None and design.scaling.weight_exponent:  # as of sums of parts
                table = Table(rows.rows.reweighted(np.ones(rows.n_given)))
        else:
            design, _ = self._take(table, centred=self._centred)
        fitted = FittedTable(table, design, self._moments, self._alpha, self._centred)
        return Influence(fitted, self._without_each(fitted), self.classes_, self._absent())

    @lazily
    def decision_function(self, X: ArrayLike) -> Float64:
        """Values of the fitted functions.

        Of rows so far off that one of their values leaves float64, values in proportion of
        which the greatest magnitude is float64's greatest.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
            For two classes, positive means the second one.
        """
        values: Float64 = self._of_scores(X, decisions)
        return values

    @lazily
    def predict(self, X: ArrayLike) -> Labels:
        """Class with the greatest value, the smallest of those that tie.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        check_is_fitted(self)
        best = self._of_scores(X, Leading(self._absent()))
        labels: Labels = self.classes_[best]
        return labels

    def to_sklearn(self) -> Any:
        """Return scikit-learn's counterpart, fitted: the same values but for rounding.

        Returns
        -------
        sklearn.linear_model.RidgeClassifier; calibrated, LogisticRegression or several of it

        Raises
        ------
        ValueError
            If scikit-learn has nothing like it; the message says what.
        """
        check_is_fitted(self)
        from trivium.least_squares.peer import linear_classifier  # which imports much that few need

        return linear_classifier(self)

    def __sklearn_tags__(self) -> Tags:
        """Say that rows may be sparse."""
        super_tags: Any = super()
        tags: Tags = super_tags.__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _of_scores(self, X: ArrayLike, answer: Callable[[Float64], Any]) -> Any:
        """Answer from the values of the fitted functions, of shape (n_queries, n_targets).

        Of rows that are elsewhere nobody holds all values at once.
        """
        check_is_fitted(self)
        scores_of = Scores(self.coef_, self.intercept_, self._absent())
        if elsewhere_of(X) is None:
            return answer(scores_of.of(check_rows(self, X, sparse=True)))
        each = AnswerFromScores(scores_of, answer)
        return check_queries(self, X).each(each, length=ROWS_A_PIECE, blas=False)

    def _absent(self) -> Indices:
        """Positions of the classes that no row with a weight is of."""
        absent = np.flatnonzero(self._class_weights == 0)
        return absent if absent.size < self.classes_.size else absent[:0]

    def _keep_classes(self, rows: LabelledRows, class_weight: ClassWeight) -> None:
        """Store which classes there are, what their rows weigh, and what that was asked by."""
        self.classes_, self._class_weights = rows.classes, rows.class_weights()
        self._keep_class_weight(class_weight)

    def _keep_class_weight(self, class_weight: ClassWeight) -> None:
        if isinstance(class_weight, Mapping):
            class_weight = dict(class_weight)
        self._class_weight = class_weight

    def _take(self, table: Table, *, centred: bool, kept: Indices | None = None) -> Taken:
        """Take a table about its means, or name what is beyond float64, as `_solve`."""
        taken = take(table, centred=centred)
        if taken is None:
            raise beyond_magnitude(self, table.rows, LARGEST, kept)
        self._check_magnitude(table, taken[0].scaling, kept)
        return taken

    def _solve(
        self,
        table: Table,
        alpha: float,
        *,
        centred: bool,
        kept: Indices | None = None,
        taken: Taken | None = None,
    ) -> Solved:
        """Solve a table, or name what is beyond float64: `kept` are its rows' numbers as given."""
        solved = solve(table, alpha, centred=centred, taken=taken)
        if solved is None:
            raise beyond_magnitude(self, table.rows, LARGEST, kept)
        self._check_magnitude(table, solved.design.scaling, kept)
        return solved

    def _check_magnitude(
        self, table: Table, scaling: DesignScaling, kept: Indices | None = None
    ) -> None:
        """Refuse columns beyond `LARGEST`, where the scaling leaves it open whether there are."""
        far = np.frexp(scaling.origin)[1].max() > _CLOSE_TO_IT
        if far or scaling.exponent.max() > _CLOSE_TO_IT:
            require_magnitude(self, table.rows, LARGEST, kept)

    def _keep(
        self, solution: Solution, moments: Moments | None, alpha: float, *, centred: bool
    ) -> None:
        """Store a solution, and what it was found from, with `_class_weights` in place."""
        solution, moments = self._of_all_classes(solution, moments, centred=centred)
        if not np.isfinite(solution.coef).all():
            column = int(np.flatnonzero(~np.isfinite(solution.coef).all(axis=1))[0])
            raise ValueError(
                f"X varies so little in {column_name(self, column)} that its coefficient is "
                "beyond float64. Multiply the column by a power of ten."
            )
        self.coef_ = np.ascontiguousarray(solution.coef.T)
        self.intercept_ = solution.intercept
        self.rank_ = solution.rank
        names = getattr(self, "feature_names_in_", None)
        self.aliased_ = solution.aliased if names is None else names[solution.aliased]
        self._moments, self._alpha, self._centred = moments, alpha, centred

    def _of_all_classes(
        self, solution: Solution, moments: Moments | None, *, centred: bool
    ) -> tuple[Solution, Moments | None]:
        """Give a solution, and moments, what they lack of the classes without weight."""
        n_classes = self.classes_.size
        if n_classes > 2 and solution.coef.shape[1] < n_classes:
            present = np.flatnonzero(self._class_weights)
            return with_all_classes(solution, moments, present, n_classes, centred=centred)
        return solution, moments

    def _masked(self, rows: Rows) -> Indices:
        """Find the classes that are predicted for no row."""
        coef, intercept = self.coef_, self.intercept_
        if self.classes_.size == 2:  # a tie goes to the first
            coef, intercept = np.vstack([0.0 * coef, coef]), np.append(0.0, intercept)
        return masked_classes(rows, coef, intercept)

    def _look_for_masked(self, rows: LabelledRows) -> None:
        """Find such classes; of two, one is looked for if it is the rarer by far."""
        suspects = np.flatnonzero(self._class_weights)
        if suspects.size <= 2:
            suspects = rare_classes(rows, self._class_weights)
        masked = suspects
        if suspects.size:
            masked = np.intersect1d(suspects, self._masked(rows.rows))
        self.masked_classes_ = self.classes_[masked]
        two = self.classes_.size == 2
        warn_of_masked(
            self.classes_,
            masked,
            "the linear function has the other's sign in all of them"
            if two
            else "their linear functions are nowhere the greatest",
            "A class that lies between others is found by softmax regression and by nearest "
            "neighbours.",
            balanced=isinstance(self._class_weight, str),
            stacklevel=3,
        )

    def _without_each(self, fitted: FittedTable) -> EachLeftOut:
        left_out = without_each(
            fitted,
            self.coef_.T,
            self.intercept_,
            lambda: self._is_of(fitted.table),
        )
        if left_out is None:
            require_finite_rows(self, fitted.table.rows)
            raise ValueError(
                "These are not the rows, labels and weights that the model was fitted to."
            )
        return left_out

    def _is_of(self, table: Table) -> bool:
        """Whether the fit was made of these rows, however ill-conditioned they are."""
        if self._sums is not None:
            return is_sum_of(self._sums, table, centred=self._centred)
        n_classes = self.classes_.size
        rows = LabelledRows(table.rows, self.classes_, None, table.shape[0])
        solved = solve(indicator_table(rows), self._alpha, centred=self._centred)
        if solved is None:
            return False
        solution = solved.solution
        if n_classes > 2 and solution.coef.shape[1] < n_classes:
            present = rows.classes_of_weight()
            solution, _ = with_all_classes(
                solution, None, present, n_classes, centred=self._centred
            )
        return bool(np.array_equal(solution.coef, self.coef_.T))
