"""Linear least squares as a classifier."""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Indices, Labels
from trivium.available import available_if
from trivium.blocks.linear_scores import ROWS_A_PIECE, bounded_scores
from trivium.class_weights import ClassWeight
from trivium.inputs import check_labelled_rows
from trivium.lazy_predictions import lazily
from trivium.least_squares.base import LARGEST
from trivium.least_squares.calibration import calibrator_of
from trivium.least_squares.calibrator import Calibrator
from trivium.least_squares.deletion.case_deletion import loo_residuals
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.partial_fit import RowsComeAndGo
from trivium.least_squares.robust import solve_robustly
from trivium.least_squares.solving.absent_classes import (
    indicator_table,
    scores_of_all,
    sums_of_all,
)
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.exact_sums import sum_exactly
from trivium.least_squares.solving.moments import few_hold_spread
from trivium.least_squares.solving.packing import load_meanwhile
from trivium.least_squares.solving.solve import Solved
from trivium.least_squares.solving.targets import decisions
from trivium.magnitudes import beyond_magnitude
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.rows.elsewhere import elsewhere_of, is_of_dask
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import Rows
from trivium.whole_or_nothing import forget, whole_or_nothing

_FAR_WEIGHTS = 1e280
# Products that exact sums may take in a fit, where rounded ones would usually do, and where they
# would not if rows go: granted, not measured.
_CHEAP, _WORTH_IT = float(1 << 24), float(1 << 34)


def _tells_probabilities(model: "LeastSquaresClassifier") -> bool:
    """Whether the fit was calibrated, or one will be; else say what brings probabilities."""
    if hasattr(model, "_calibrator") or model.calibration is not None:
        return True
    raise AttributeError(
        "Scores of least squares are no probabilities: set calibration='sigmoid', 'isotonic' or "
        "'temperature' before fit."
    )


class LeastSquaresClassifier(RowsComeAndGo):
    """Linear functions fitted to indicator targets; the greatest one names the class.

    Minimises (1/Σw)·Σ w·‖y - f(x)‖² + alpha·‖coef‖². The targets of two classes are
    -1 and +1 in one column, those of more are one 0/1 column a class. Where columns
    depend on each other, the answer of least norm is taken and `aliased_` names them.

    Parameters
    ----------
    alpha : float, default=0.0
        Penalty on the squared coefficients, in the units of the mean squared error;
        the intercept is free.
    fit_intercept : bool, default=True
    robust : bool, default=False
        Whether rows count less the longer their residual is, so that no single row can
        turn the boundary: Huber's estimator with Schweppe's weights for leverage, by
        iteratively reweighted least squares.
    calibration : {"sigmoid", "isotonic", "temperature"} or None, default=None
        Turns scores into probabilities as scikit-learn's calibrator of that name does, fitted
        to the leave-one-out scores of the training rows. They are exact; if `robust`, those
        with what counts of the other rows held. Greater scores never have lesser
        probabilities, and no far row decides. None means no `predict_proba`.
    class_weight : dict, "balanced" or None, default=None
        Factors on the weights of the rows of each class: those that a dict names, and one for the
        others; "balanced" gives all classes one weight, Σw/(n_classes · the class's own). A fit is
        the one with the products as `sample_weight`; `influence` and `calibration` leave rows out
        of that one, with the factors held, and probabilities are those of classes that weigh so.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels given. One that only rows of weight zero carry is never predicted: its
        function is zero, where two classes are given the target of the other; and its
        probability is zero.
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    rank_ : int
        Number of coefficients that data and penalty determine: the rank of the centred
        columns where alpha is 0.
    aliased_ : ndarray
        Columns that are constant or depend on those before them, by name where the table had
        names, else by number. None is left out of the model: together they share what
        the data determine only for all of them.
    masked_classes_ : ndarray
        Classes, of those that have a weight, that the model predicts for no training row.
        `partial_fit` and `forget`, which do not see all rows, drop it.
    robust_weights_ : ndarray of shape (n_rows,)
        Share of each row's weight that counts, if `robust`; of rows of weight zero, zero.
    scale_ : ndarray of shape (n_classes,)
        Of each class's residuals, if `robust`: the median of their lengths, scaled to the
        standard deviation of normal ones. Zero of a class without weight.
    n_iter_ : int
        Fits that it took, if `robust`.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the training table had names.

    Notes
    -----
    What it keeps of the rows is their moments: a matrix of n_features × n_features, and of small
    tables or after `partial_fit` some eight more of its size, which hold the same without rounding.
    From these `partial_fit` adds rows and `forget` takes them away. `influence` asks for the
    rows themselves.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.2.

    Examples
    --------
    >>> from trivium import LeastSquaresClassifier
    >>> model = LeastSquaresClassifier().fit([[0.0], [1.0], [3.0], [4.0]], ["a", "a", "b", "b"])
    >>> model.coef_.round(2), model.intercept_.round(2)
    (array([[0.6]]), array([-1.2]))
    >>> model.predict([[1.9], [2.1]])
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(
        self,
        alpha: float = 0.0,
        *,
        fit_intercept: bool = True,
        robust: bool = False,
        calibration: Literal["sigmoid", "isotonic", "temperature"] | None = None,
        class_weight: ClassWeight = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.robust = robust
        self.calibration = calibration
        self.class_weight = class_weight

    def fit(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit the linear functions.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            An integer weight counts as that many rows; zero counts as removed.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, or a parameter is out of range.

        Warns
        -----
        MaskedClassWarning
            If a class whose rows have a weight is predicted for no training row.
        ConvergenceWarning
            If the weights of `robust` do not settle; it says what was reached.
        """
        self._check_parameters()
        if not is_of_dask(X) and elsewhere_of(X) is not None:  # labels are read first
            load_meanwhile()
        with whole_or_nothing(self):
            rows = check_labelled_rows(
                self,
                X,
                y,
                sample_weight,
                finite=False,
                class_weight=self.class_weight,
                sparse=True,
            )
            self._keep_classes(rows, self.class_weight)
            table = indicator_table(rows, alone=self.robust)
            forget(self, "robust_weights_", "scale_", "n_iter_", "_calibrator")
            if self.robust:
                solved, fitted = self._solve_robustly(table, rows)
            else:
                centred = self.fit_intercept
                solved = self._solve(table, self.alpha, centred=centred, kept=rows.kept)
                taken = solved.design, solved.moments
                fitted = FittedTable(table, *taken, self.alpha, centred, most=1.0)
            moments = None if self.robust else solved.moments
            self._keep(solved.solution, moments, self.alpha, centred=self.fit_intercept)
            self._n_rows, self._sums = rows.codes.size, solved.sums
            n, d = table.shape
            if moments is not None and self._sums is None and n * (1.0 + d) ** 2 <= _WORTH_IT:
                needed = not solved.conditioned or few_hold_spread(
                    moments, table, centred=self.fit_intercept
                )
                self._sums = sum_exactly(table, budget=_WORTH_IT if needed else _CHEAP)
            if self._sums is not None:
                self._sums = sums_of_all(self._sums, rows)
            if self.calibration is not None:
                scores = table.targets() - loo_residuals(fitted)
                scores = scores_of_all(scores, rows, centred=self.fit_intercept)
                self._calibrator = calibrator_of(
                    scores, rows.codes, self.classes_.size, rows.weights, self.calibration
                )
            self._look_for_masked(rows)
        return self

    def calibrate_as(self, other: "LeastSquaresClassifier") -> Self:
        """Take the calibration of a model that was fitted to some of the same rows.

        Of very many rows some tell a calibration as well as all, in less time and memory.

        Parameters
        ----------
        other : LeastSquaresClassifier
            Fitted with a calibration, to rows of the same classes.

        Raises
        ------
        ValueError
            If it has no calibration, or other classes.
        """
        check_is_fitted(self)
        check_is_fitted(other)
        if not hasattr(other, "_calibrator"):
            raise ValueError("other was fitted without calibration: it has none to give.")
        alike = np.array_equal(self._class_weights > 0, other._class_weights > 0)
        if not np.array_equal(self.classes_, other.classes_) or not alike:
            raise ValueError("other was fitted to rows of other classes.")
        self.calibration, self._calibrator = other.calibration, other._calibrator
        return self

    @lazily
    def decision_function(self, X: ArrayLike) -> Float64:
        """Values of the fitted functions, or, fitted with `calibration`, log-odds.

        With "sigmoid" and "isotonic" these are the log-odds of each class against the rest (of two
        classes: of the second), with "temperature" logits. Either way the greatest names the
        most probable class; of two classes, their order is that of the values.

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
        if not hasattr(self, "_calibrator"):
            return super().decision_function(X)
        values: Float64 = self._of_scores(X, partial(_decisions, self._calibrator))
        return values

    @available_if(_tells_probabilities)
    @lazily
    def predict_proba(self, X: ArrayLike) -> Float64:
        """Probability of each class, with `calibration`.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        check_is_fitted(self, "_calibrator")
        probabilities: Float64 = self._of_scores(X, self._calibrator.predict_proba)
        return probabilities

    @available_if(_tells_probabilities)
    @lazily
    def predict_log_proba(self, X: ArrayLike) -> Float64:
        """Logarithm of each probability, to its digits, with `calibration`.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            -inf of a class without weight.
        """
        check_is_fitted(self, "_calibrator")
        logarithms: Float64 = self._of_scores(X, self._calibrator.predict_log_proba)
        return logarithms

    @lazily
    def predict(self, X: ArrayLike) -> Labels:
        """Class with the greatest value, or, fitted with `calibration`, the most probable one.

        Parameters
        ----------
        X : array-like or sparse of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
            The smallest of those that tie.
        """
        if not hasattr(self, "_calibrator"):
            return super().predict(X)
        labels: Labels = self.classes_[self._of_scores(X, self._calibrator.predict)]
        return labels

    def _masked(self, rows: Rows) -> Indices:
        if not hasattr(self, "_calibrator"):
            return super()._masked(rows)
        named = _Named(self.coef_, self.intercept_, self._calibrator)
        return np.flatnonzero(~rows.reduce(named, np.logical_or, length=ROWS_A_PIECE))

    def _solve_robustly(self, table: Table, rows: LabelledRows) -> tuple[Solved, FittedTable]:
        """Solve, and return the fit from which a row goes with as much of it as counted."""
        if table.rows.weights is not None:
            table = table.reweighted(_summable(table.rows.weights))
        with np.errstate(over="ignore", invalid="ignore"):  # `_keep` looks for what is not finite
            found = solve_robustly(table, self.alpha, centred=self.fit_intercept)
        if found is None:
            raise beyond_magnitude(self, table.rows, LARGEST, rows.kept)
        self._check_magnitude(table, found.solved.design.scaling, rows.kept)
        if found.falling > 0:
            warnings.warn(
                f"The weights of the rows have not settled in {found.n_iter} fits: another would "
                f"lower Huber's sum over the residuals by {found.falling:.1g} of itself.",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.robust_weights_ = np.zeros(rows.n_given)
        self.robust_weights_[slice(None) if rows.kept is None else rows.kept] = found.counted
        self.scale_ = np.zeros(self.classes_.size)
        self.scale_[np.flatnonzero(self._class_weights)] = found.scale[np.unique(table.rows.codes)]
        self.n_iter_ = found.n_iter
        weights, design = table.rows.weights, found.solved.design
        given = float(table.shape[0]) if weights is None else float(weights.sum())
        counted = float(np.ldexp(design.weight, design.scaling.weight_exponent))
        alpha = self.alpha * given / counted  # the penalty is that of all weight given
        own = found.solved.table
        fitted = FittedTable(own, design, None, alpha, self.fit_intercept, most=found.counted)
        return found.solved, fitted


def _decisions(calibrator: Calibrator, scores: Float64) -> Float64:
    return decisions(calibrator.log_odds(scores))


@takes_sparse
@dataclass(frozen=True)
class _Named:
    """Which classes are the most probable ones of a row of a block."""

    coef: Float64
    intercept: Float64
    calibrator: Calibrator

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        found = np.zeros(self.calibrator.n_classes, dtype=np.bool_)
        found[self.calibrator.predict(bounded_scores(block.X, self.coef, self.intercept))] = True
        return found


def _summable(weights: Float64) -> Float64:
    """Bring weights so large or small that only ratios are left of them away from float64's ends.

    Sums of them are finite then, and shares of them have all digits.
    """
    most = float(weights.max())
    exponent = -64 if most > _FAR_WEIGHTS else 900 if most < 1.0 / _FAR_WEIGHTS else 0
    summable: Float64 = np.ldexp(weights, exponent) if exponent else weights
    return summable
