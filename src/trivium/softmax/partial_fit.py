"""Softmax regression as a classifier whose rows may come in parts."""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Labels
from trivium.blocks.workers import one_blas_thread
from trivium.class_weights import ClassWeight, require_known_beforehand
from trivium.inputs import check_labelled_rows
from trivium.labels import check_classes
from trivium.magnitudes import require_finite, require_moderate
from trivium.rows.source import Rows
from trivium.softmax.absent import finite_intercepts, of_classes_seen
from trivium.softmax.base import SoftmaxPredictor
from trivium.softmax.past import Past, go_on, nothing
from trivium.softmax.solvers.protocol import Status
from trivium.whole_or_nothing import forget, whole_or_nothing

LARGEST_UNSCALED = 1e100
"""Magnitude of rows whose columns are not brought to one."""

_MOST_PARAMETERS = 10_000  # of partial_fit, whose matrix has the square of that: 800 MB


class RowsComeInParts(SoftmaxPredictor):
    """A softmax model that goes on from the rows before, of which it keeps a quadratic."""

    alpha: float
    fit_intercept: bool
    class_weight: ClassWeight
    max_iter: int
    tol: float
    n_iter_: int
    solver_: str
    _past: Past | None

    def _check_parameters(self) -> None:
        """Check the parameters, which the estimator names."""

    def _has_diverged(self) -> bool:
        """Whether the last fit did: its parameters, finite or not, lead nowhere."""
        return bool(getattr(self, "optimality_gap_", 0.0) == np.inf)

    def partial_fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Take in more rows, of which none is kept.

        What is kept is a quadratic for the loss of all rows so far, with the square of
        n_classes·(n_features + 1) numbers. The first call is a `fit` to its rows; after
        further ones the model is near to a `fit` to all of them, in whichever order they
        came, and the same parts over and over lead to it, in practice: no proof is known.
        Parts that hold every class serve best; parts sorted by class need many rounds, and
        after a first round of single rows without a penalty the model may still be far off.

        A class of which no row with a weight has come yet has the probability zero.

        Rows count with the `class_weight` that the model has when they come, which is a dict or
        None: a balance goes by all rows.

        `solver`, `learning_rate` and `warm_start` play no part: each call goes on from the one
        before it, by Newton's method, and `solver_` is "newton".

        `fit` keeps no such quadratic, and forgets one. After it `partial_fit` starts anew: its
        rows alone count, with the parameters and, unless others are given, the classes of the
        fit to begin with.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        classes : array-like of shape (n_classes,) or None
            Every class there will be: needed in the first call on a new model, and to be left
            out or the same later.
        sample_weight : array-like of shape (n_rows,) or None
            Rows of weight zero add nothing, and neither does a part that has no others.

        Raises
        ------
        ValueError
            If the data are malformed, a label is none of the classes, classes are missing
            in the first call or others later, `fit_intercept` is not what it was in the first
            call, `class_weight` is "balanced", or the quadratic would take more than 800 MB. The
            model stays as it was.

        Warns
        -----
        ConvergenceWarning
            If the gradient is not as small as `tol`; the message says what to try.

        References
        ----------
        Mairal, Stochastic majorization-minimization algorithms, NIPS 2013.

        Examples
        --------
        >>> from trivium import SoftmaxRegression
        >>> model = SoftmaxRegression(0.1).partial_fit([[0.0], [1.0]], [0, 0], classes=[0, 1])
        >>> model.partial_fit([[2.0], [3.0]], [1, 1]).predict([[0.5], [2.5]])
        array([0, 1])
        """
        self._check_parameters()
        require_known_beforehand(self.class_weight, "partial_fit")
        past: Past | None = getattr(self, "_past", None)
        if past is not None and past.weight and past.fit_intercept != self.fit_intercept:
            raise ValueError(
                f"partial_fit goes on from rows taken in with fit_intercept={past.fit_intercept}, "
                "which cannot be changed on the way."
            )
        known = self._known_classes(classes, later=past is not None)
        anew = past is None and classes is not None
        with whole_or_nothing(self):
            rows = check_labelled_rows(
                self,
                X,
                y,
                sample_weight,
                finite=False,
                reset=anew,
                classes=known,
                allow_none_left=True,
                class_weight=self.class_weight,
                sparse=True,
            )
            if rows.rows.shape[0]:
                require_moderate(self, rows, rows.rows.summary(), LARGEST_UNSCALED)
            else:
                require_finite(self, rows.weightless()[0])
            if past is None or not past.weight:
                past = self._first_past(rows.rows, known)
            self._past = past
            if rows.rows.shape[0]:
                self._go_on(past, rows.rows)
        return self

    def _known_classes(self, classes: ArrayLike | None, *, later: bool) -> Labels:
        """Classes of `partial_fit`: those given, or those of an earlier call."""
        if classes is None:
            if not hasattr(self, "classes_"):
                raise ValueError("classes are needed in the first call of partial_fit.")
            return self.classes_
        return check_classes(classes, self.classes_ if later else None)

    def _first_past(self, rows: Rows, classes: Labels) -> Past:
        """Start `partial_fit` from nothing."""
        d = rows.shape[1]
        size = classes.size * (d + self.fit_intercept)
        if size > _MOST_PARAMETERS:
            raise ValueError(
                f"partial_fit keeps the square of {size} parameters, "
                f"{8e-9 * size**2:.1f} GB, and takes {_MOST_PARAMETERS} at most: use fit."
            )
        own = hasattr(self, "coef_") and np.array_equal(self.classes_, classes)
        if not own or self.coef_.shape[1] != d or self._has_diverged():
            self.coef_, self.intercept_ = np.zeros((classes.size, d)), np.zeros(classes.size)
        forget(self, "history_", "optimality_gap_", "n_passes_", "separating_direction_")
        self.classes_ = classes
        self.n_iter_, self.solver_ = 0, "newton"
        return nothing(rows, fit_intercept=self.fit_intercept)

    def _go_on(self, past: Past, rows: Rows) -> None:
        """Take in rows that weigh something."""
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            self._past, coef, intercept, result = go_on(
                past,
                rows,
                self.coef_,
                finite_intercepts(self.intercept_),
                alpha=self.alpha,
                max_iter=self.max_iter,
                tol=self.tol,
            )
        self.coef_, self.intercept_ = of_classes_seen(coef, intercept, self._past.seen)
        self.n_iter_ = result.n_iter
        if result.status is not Status.CONVERGED:
            warnings.warn(
                f"partial_fit stopped after {result.n_iter} steps: {result.status.value}.",
                ConvergenceWarning,
                stacklevel=3,
            )
