"""Linear least squares as a classifier."""

import warnings
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.blocks.linear_scores import bounded_scores
from trivium.class_weights import ClassWeight, require_known_beforehand
from trivium.inputs import (
    LabelledRows,
    beyond_magnitude,
    check_labelled_rows,
    require_finite,
    require_magnitude,
)
from trivium.labels import check_classes
from trivium.least_squares.base import LARGEST, IndicatorFit
from trivium.least_squares.by_sums import solve_sums
from trivium.least_squares.calibration import METHODS, calibrator_of
from trivium.least_squares.centred import sums_of_moments
from trivium.least_squares.classes import (
    indicator_table,
    scores_of_all,
    sums_of_all,
    without,
)
from trivium.least_squares.exact import ExactSums, empty_sums, sum_exactly
from trivium.least_squares.fitted import Fitted
from trivium.least_squares.gram import few_hold_spread
from trivium.least_squares.online import removed, warn_of_hidden
from trivium.least_squares.robust import solve_robustly
from trivium.least_squares.solve import Solved
from trivium.least_squares.table import Table
from trivium.least_squares.without_each import loo_residuals
from trivium.parameters import require_choice, require_flag, require_number
from trivium.whole_or_nothing import whole_or_nothing

_FAR_WEIGHTS = 1e280
# Products that exact sums may take in a fit, where rounded ones would do as a rule, and where they
# would not if rows go.
_CHEAP, _WORTH_IT = float(1 << 24), float(1 << 34)


def _adds_rows(model: "LeastSquaresClassifier") -> bool:
    """Whether rows can be added and taken away."""
    if model.robust or model.calibration is not None:
        reason = "robust" if model.robust else "calibration"
        raise AttributeError(f"partial_fit and forget do not see all rows, as {reason} needs.")
    return True


def _tells_probabilities(model: "LeastSquaresClassifier") -> bool:
    """Whether the fit was calibrated, or one will be."""
    return hasattr(model, "_calibrator") or model.calibration is not None


def _weighs_nothing(sample_weight: ArrayLike | None) -> bool:
    """Whether there are weights, and all are zero."""
    if sample_weight is None or np.ma.isMaskedArray(sample_weight):
        return False
    weights = np.asarray(sample_weight)
    return weights.dtype.kind in "biuf" and weights.size > 0 and not weights.any()


class LeastSquaresClassifier(IndicatorFit):
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
        the one with the products as `sample_weight`.

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

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the linear functions.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
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
        with whole_or_nothing(self):
            rows = check_labelled_rows(
                self, X, y, sample_weight, finite=False, class_weight=self.class_weight
            )
            self._keep_classes(rows, self.class_weight)
            table = indicator_table(rows, alone=self.robust)
            for name in ("robust_weights_", "scale_", "n_iter_", "_calibrator"):
                self.__dict__.pop(name, None)
            if self.robust:
                solved, fitted = self._solve_robustly(table, rows)
            else:
                solved = self._solve(table, self.alpha, centred=self.fit_intercept)
                fitted = Fitted(
                    solved.design, solved.moments, self.alpha, self.fit_intercept, most=1.0
                )
            moments = None if self.robust else solved.moments
            self._keep(solved.solution, moments, self.alpha, centred=self.fit_intercept)
            self._n_rows, self._sums = len(rows.X), solved.sums
            if moments is not None and self._sums is None:
                needed = not solved.conditioned or few_hold_spread(
                    moments, table, centred=self.fit_intercept
                )
                self._sums = sum_exactly(table, budget=_WORTH_IT if needed else _CHEAP)
            if self._sums is not None:
                self._sums = sums_of_all(self._sums, rows)
            if self.calibration is not None:
                scores = scores_of_all(
                    table.targets(slice(None)) - loo_residuals(fitted),
                    rows,
                    centred=self.fit_intercept,
                )
                self._calibrator = calibrator_of(
                    scores, rows.codes, self.classes_.size, rows.weights, self.calibration
                )
            self._look_for_masked(rows)
        return self

    @available_if(_adds_rows)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Add rows to those that the model was fitted to.

        The answer is that of one fit to all rows, whatever the parts: of the rows sums are kept
        that are not rounded. Only after a fit to so many rows that such sums would have cost
        much are they rounded once; where a few rows hold nearly all of a column's squares, or
        columns nearly depend on each other, much more is spent before they are.

        Rows count with the `class_weight` that the model has when they come, which is a dict or
        None: a balance goes by all rows. `forget` takes away what it gives them then.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        classes : array-like of shape (n_classes,) or None
            Every class there will be: needed in the first call on a new model, and to be
            left out or the same later.
        sample_weight : array-like of shape (n_rows,) or None
            Rows of weight zero add nothing, even if all are.

        Raises
        ------
        ValueError
            If the data are malformed, a label is none of the classes, `class_weight` is
            "balanced", or the fit so far has kept no moments (robust ones, and those with more
            columns than rows and more than a thousand).

        Warns
        -----
        RuntimeWarning
            If the fit before was to so many rows that their sums were rounded, and a column beside
            the others cannot be told from that any more.
        """
        self._check_parameters()
        require_known_beforehand(self.class_weight, "partial_fit")
        first = not hasattr(self, "coef_")
        so_far = None if first else self._kept_sums("partial_fit")
        if first and classes is None:
            raise ValueError("classes are needed in the first call of partial_fit.")
        if classes is None:
            known = self.classes_
        else:
            known = check_classes(classes, None if first else self.classes_)
        with whole_or_nothing(self):
            new, weights = self._sums_of(X, y, sample_weight, known, so_far, reset=first)
            self.classes_ = known
            with np.errstate(over="ignore"):
                self._class_weights = weights if first else self._class_weights + weights
            self._keep_sums(new if so_far is None else so_far.merge(new))
        return self

    @available_if(_adds_rows)  # type: ignore[untyped-decorator]
    def forget(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Take rows away from those that the model was fitted to.

        The answer is that of a fit without them, if they are given as they came.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows of earlier calls. That they are cannot be checked in full.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            As much of their weight as is to go; none may.

        Raises
        ------
        ValueError
            If the data are malformed, more would go than there is, in all, of a class or of a
            column's spread, `class_weight` is "balanced", or the fit so far has kept no moments.

        Warns
        -----
        RuntimeWarning
            If a fit to many rows came before, whose sums were rounded, and the rows forgotten
            spread so far that what is left of a column has lost half of its digits, or of one
            beside the others cannot be told from rounding.
        """
        check_is_fitted(self)
        self._check_parameters()
        require_known_beforehand(self.class_weight, "forget")
        so_far = self._kept_sums("forget")
        with whole_or_nothing(self):
            gone, weights = self._sums_of(X, y, sample_weight, self.classes_, so_far, reset=False)
            if gone.n_rows:
                so_far = removed(self, so_far, gone, self.classes_, centred=self.fit_intercept)
                self._class_weights = without(self._class_weights, weights)
            self._keep_sums(so_far)
        return self

    def decision_function(self, X: ArrayLike) -> Float64:
        """Values of the fitted functions, or, fitted with `calibration`, log-odds.

        With "sigmoid" and "isotonic" these are the log-odds of each class against the rest (of two
        classes: of the second), with "temperature" logits. Either way the greatest names the
        most probable class; of two classes, their order is that of the values.

        Of rows so far off that one of their values leaves float64, values in proportion of
        which the greatest magnitude is float64's greatest.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
            For two classes, positive means the second one.
        """
        if not hasattr(self, "_calibrator"):
            return super().decision_function(X)
        odds = self._calibrator.log_odds(self._scores(X))
        return odds[:, 0] if self.classes_.size == 2 else odds

    @available_if(_tells_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Float64:
        """Probability of each class, with `calibration`.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        check_is_fitted(self, "_calibrator")
        return self._calibrator.predict_proba(self._scores(X))

    @available_if(_tells_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: ArrayLike) -> Float64:
        """Logarithm of each probability, to its digits, with `calibration`.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            -inf of a class without weight.
        """
        check_is_fitted(self, "_calibrator")
        return self._calibrator.predict_log_proba(self._scores(X))

    def predict(self, X: ArrayLike) -> Labels:
        """Class with the greatest value, or, fitted with `calibration`, the most probable one.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
            The smallest of those that tie.
        """
        if not hasattr(self, "_calibrator"):
            return super().predict(X)
        labels: Labels = self.classes_[self._calibrator.predict(self._scores(X))]
        return labels

    def _masked(self, X: Floats) -> Indices:
        if not hasattr(self, "_calibrator"):
            return super()._masked(X)
        scores = bounded_scores(X, self.coef_, self.intercept_)
        return np.setdiff1d(np.arange(self.classes_.size), self._calibrator.predict(scores))

    def _check_parameters(self) -> None:
        require_number("alpha", self.alpha, least=0.0)
        require_flag("fit_intercept", self.fit_intercept)
        require_flag("robust", self.robust)
        if self.calibration is not None:
            require_choice("calibration", self.calibration, METHODS)

    def _solve_robustly(self, table: Table, rows: LabelledRows) -> tuple[Solved, Fitted]:
        """Solve, and return the fit from which a row goes with as much of it as counted."""
        if table.weights is not None:
            table = table._replace(weights=_summable(table.weights))
        with np.errstate(over="ignore", invalid="ignore"):  # `_keep` looks for what is not finite
            found = solve_robustly(table, self.alpha, centred=self.fit_intercept)
        if found is None:
            raise beyond_magnitude(self, table.X, LARGEST)
        self._check_magnitude(table.X, found.solved.design.frame)
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
        self.scale_[np.flatnonzero(self._class_weights)] = found.scale[np.unique(table.codes)]
        self.n_iter_ = found.n_iter
        design = found.solved.design
        given = float(table.X.shape[0]) if table.weights is None else float(table.weights.sum())
        counted = float(np.ldexp(design.weight, design.frame.weight_exponent))
        alpha = self.alpha * given / counted  # the penalty is that of all weight given
        fitted = Fitted(design, None, alpha, self.fit_intercept, most=found.counted)
        return found.solved, fitted

    def _keep_sums(self, sums: ExactSums) -> None:
        """Store sums, and their solution."""
        solution, moments = solve_sums(sums, self.alpha, centred=self.fit_intercept)
        if moments is not None and hasattr(self, "aliased_"):
            columns = getattr(self, "feature_names_in_", np.arange(len(moments.center)))
            before = np.flatnonzero(np.isin(columns, self.aliased_))
            warn_of_hidden(self, moments, solution.aliased, before)
        self._keep(solution, moments, self.alpha, centred=self.fit_intercept)
        self._sums, self._n_rows = sums, sums.n_rows
        self._keep_class_weight(self.class_weight)
        for name in ("masked_classes_", "_calibrator"):
            self.__dict__.pop(name, None)

    def _sums_of(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        classes: Labels,
        so_far: ExactSums | None,
        *,
        reset: bool,
    ) -> tuple[ExactSums, Float64]:
        """Take the sums of rows with known classes, and what each class's rows weigh."""
        nothing = _weighs_nothing(sample_weight)
        rows = check_labelled_rows(
            self,
            X,
            y,
            np.ones_like(sample_weight, dtype=np.float64) if nothing else sample_weight,
            finite=nothing,
            reset=reset,
            classes=classes,
            weightless=True,
            class_weight=self.class_weight,
        )
        if not len(rows.X):
            require_finite(self, rows.weightless()[0])
        if nothing or not len(rows.X):
            return empty_sums(rows.X.shape[1], classes.size), np.zeros(classes.size)
        table = Table(rows.X, rows.codes, classes.size, rows.weights)
        sums = sum_exactly(table, so_far)
        if sums is None:
            raise beyond_magnitude(self, rows.X, LARGEST)
        require_magnitude(self, rows.X, LARGEST)
        return sums, rows.class_weights()

    def _kept_sums(self, what: str) -> ExactSums:
        if self._centred != self.fit_intercept:
            raise ValueError(
                f"{what} goes on from a fit with fit_intercept={self._centred}, which cannot be "
                "changed on the way."
            )
        if hasattr(self, "robust_weights_"):
            raise ValueError(f"{what} cannot go on from a robust fit: fit again.")
        if self._sums is not None:
            return self._sums
        if self._moments is None:
            raise ValueError(
                f"{what} needs the moments of the columns, which a fit to fewer rows than columns "
                "does not keep where columns are many. Fit to all rows again."
            )
        return sums_of_moments(self._moments, self._n_rows, self.classes_.size)


def _summable(weights: Float64) -> Float64:
    """Bring weights so large or small that only ratios are left of them away from float64's ends.

    Sums of them are finite then, and shares of them have all digits.
    """
    most = float(weights.max())
    exponent = -64 if most > _FAR_WEIGHTS else 900 if most < 1.0 / _FAR_WEIGHTS else 0
    summable: Float64 = np.ldexp(weights, exponent) if exponent else weights
    return summable
