"""Rows that come and go after a fit, whose sums are not rounded."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Labels
from trivium.available import available_if
from trivium.class_weights import ClassWeight, require_known_beforehand
from trivium.inputs import check_labelled_rows
from trivium.labels import check_classes
from trivium.least_squares.base import LARGEST, IndicatorFit
from trivium.least_squares.calibration import METHODS
from trivium.least_squares.removal import removed, warn_of_hidden
from trivium.least_squares.solving.absent_classes import without
from trivium.least_squares.solving.by_sums import solve_sums
from trivium.least_squares.solving.centred_sums import sums_of_moments
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.exact_sums import ExactSums, empty_sums, sum_exactly
from trivium.least_squares.solving.solve import require_room
from trivium.magnitudes import beyond_magnitude, require_finite, require_magnitude
from trivium.parameters import require_choice, require_flag, require_number
from trivium.whole_or_nothing import forget, whole_or_nothing


def _adds_rows(model: "RowsComeAndGo") -> bool:
    """Whether rows can be added and taken away."""
    if model.robust or model.calibration is not None:
        reason = "robust" if model.robust else "calibration"
        raise AttributeError(f"partial_fit and forget do not see all rows, as {reason} needs.")
    return True


def _weighs_nothing(sample_weight: ArrayLike | None) -> bool:
    """Whether there are weights, and all are zero."""
    if sample_weight is None or np.ma.isMaskedArray(sample_weight):
        return False
    weights = np.asarray(sample_weight)
    return weights.dtype.kind in "biuf" and weights.size > 0 and not weights.any()


class RowsComeAndGo(IndicatorFit):
    """Linear functions fitted to indicators, to which rows are added and from which some are taken.

    Subclasses have these parameters, and `fit`.
    """

    alpha: float
    fit_intercept: bool
    robust: bool
    calibration: str | None
    class_weight: ClassWeight
    _n_rows: int

    @available_if(_adds_rows)
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
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
        X : array-like or sparse of shape (n_rows, n_features)
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

    @available_if(_adds_rows)
    def forget(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Take rows away from those that the model was fitted to.

        The answer is that of a fit without them, if they are given as they came.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
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

    def _check_parameters(self) -> None:
        require_number("alpha", self.alpha, least=0.0)
        require_flag("fit_intercept", self.fit_intercept)
        require_flag("robust", self.robust)
        if self.calibration is not None:
            require_choice("calibration", self.calibration, METHODS)

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
        forget(self, "masked_classes_", "_calibrator")

    def _sums_of(
        self,
        X: Any,
        y: ArrayLike | None,
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
            allow_none_left=True,
            class_weight=self.class_weight,
            sparse=True,
        )
        n, d = rows.rows.shape
        require_room(Table(rows.rows), squares=True)
        if not n:
            require_finite(self, rows.weightless()[0])
        if nothing or not n:
            return empty_sums(d, classes.size), np.zeros(classes.size)
        sums = sum_exactly(Table(rows.rows), so_far)
        if sums is None:
            raise beyond_magnitude(self, rows.rows, LARGEST, rows.kept)
        require_magnitude(self, rows.rows, LARGEST, rows.kept)
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
                f"{what} needs the moments of the columns, which a fit to fewer rows than columns, "
                "or to sparse rows, does not keep where columns are many, nor does a file. Fit to "
                "all rows again."
            )
        return sums_of_moments(self._moments, self._n_rows, self.classes_.size)
