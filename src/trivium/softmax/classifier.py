"""Softmax regression as a classifier."""

from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.callback import CallbackSupportMixin, with_callbacks

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.workers import one_blas_thread
from trivium.class_weights import ClassWeight
from trivium.inputs import check_labelled_rows
from trivium.magnitudes import require_moderate
from trivium.parameters import require_choice, require_flag, require_number
from trivium.rows.labelled import LabelledRows
from trivium.softmax.absent import (
    finite_intercepts,
    warn_of_unpredicted,
    with_absent,
)
from trivium.softmax.assessment import direction_of, warn_of
from trivium.softmax.callbacks import Steps
from trivium.softmax.distinct import distinct
from trivium.softmax.fitting import SOLVERS
from trivium.softmax.history import History, validation_of
from trivium.softmax.partial_fit import LARGEST_UNSCALED, RowsComeInParts
from trivium.softmax.small_columns import warn_of_small_columns
from trivium.softmax.unpenalised import fit_and_assess
from trivium.whole_or_nothing import whole_or_nothing

LARGEST = 1e150
"""Squares, summed over many rows, stay within float64."""


class SoftmaxRegression(CallbackSupportMixin, RowsComeInParts):
    """Linear logits, probabilities by softmax, fitted by penalised maximum likelihood.

    Minimises (1/Σw)·Σ w·cross-entropy + alpha/2·‖coef‖², the intercepts free. All
    classes are treated alike, two classes too: each has its own row of `coef_`.

    Parameters
    ----------
    alpha : float, default=1e-4
        Penalty. Equals scikit-learn's ``LogisticRegression(C=1/(alpha*n))`` for three
        classes and more, and ``C=2/(alpha*n)`` for two, whose model has one row.
    solver : {"auto", "newton-cg", "lbfgs", "newton", "gradient-descent"}, default="auto"
        "auto" chooses the first, the second or the third by cost; all three go to the
        optimum in few steps. "gradient-descent" is the textbook's path.
    learning_rate : float or "auto", default="auto"
        For gradient descent. "auto" is one over a bound on the curvature, with which
        every step lowers the loss.
    max_iter : int, default=1000
        Steps at most.
    tol : float, default=1e-6
        Stop when no entry of the gradient is greater: of the mean loss minimised, by the entries
        of `coef_` and `intercept_`, for the columns as they come. So it is in the units of the
        columns, and with a penalty small columns need a smaller one. Where alpha is 0, go on
        until the loss is no more than this above its optimum or, where the classes are
        separated and the loss falls for ever, above the value that it tends to, as far as
        that can be proved (except for gradient descent).
    fit_intercept : bool, default=True
    warm_start : bool, default=False
        Start `fit` where the one before it ended, in place of zero.
    class_weight : dict, "balanced" or None, default=None
        Factors on the weights of the rows of each class: those that a dict names, and one for the
        others; "balanced" gives all classes one weight, Σw/(n_classes · the class's own). A fit is
        the one with the products as `sample_weight`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels given. One that only rows of weight zero carry has the probability zero.
    coef_ : ndarray of shape (n_classes, n_features)
        Zero of a class without weight.
    intercept_ : ndarray of shape (n_classes,)
        -inf of a class without weight.
    n_iter_ : int
        Steps taken.
    solver_ : str
        The solver that ran.
    n_passes_ : float
        How often the rows that weigh something were read, from the check for values that are not
        finite to the last warning; some of the rows or columns count as that part. Where
        fewer rows than columns are fitted in the space that they span, steps there read no rows.
    optimality_gap_ : float
        Upper bound on the loss less the least loss there is, proved by duality; rounding
        is allowed for. Where alpha is 0 and the classes are separated, there is no least loss,
        and it bounds the loss less its infimum. Where alpha is 0 it may be the loss itself, if
        nothing better can be proved: if classes overlap by a hair, columns nearly depend on
        each other, a row lies far beyond the others, or weights differ beyond all measure.
    separating_direction_ : ndarray of shape (n_classes, n_features) or None
        Where alpha is 0 and the classes are separated: coefficients along which the loss
        falls for ever. The greatest of them, times its column's spread, is one.
    history_ : dict of ndarray of shape (n_iter_ + 1,)
        "loss" (the one minimised), "gradient_norm" (its greatest entry), "step" (length),
        "train_accuracy", and with validation rows "validation_loss" (without penalty)
        and "validation_accuracy". Entry 0 is the start: zero, or of many rows the optimum of some.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the training table had names.

    Notes
    -----
    After `partial_fit` the attributes that describe one fit are gone: `history_`,
    `n_passes_`, `optimality_gap_` and `separating_direction_`.

    Callbacks of scikit-learn's protocol, given by `set_callbacks`, are called at every step.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.4; Böhning, Ann. Inst. Stat. Math. 44 (1992). Separated classes: Albert &
    Anderson, Biometrika 71 (1984).

    Examples
    --------
    >>> from trivium import SoftmaxRegression
    >>> model = SoftmaxRegression(alpha=0.01)
    >>> model = model.fit([[0.0], [1.0], [2.0], [3.0]], ["a", "a", "b", "b"])
    >>> model.predict_proba([[1.5]]).round(3)
    array([[0.5, 0.5]])
    >>> model.predict([[1.0], [2.0]])
    array(['a', 'b'], dtype='<U1')
    >>> model.optimality_gap_ < 1e-8
    True
    """

    def __init__(
        self,
        alpha: float = 1e-4,
        *,
        solver: Literal["auto", "newton-cg", "lbfgs", "newton", "gradient-descent"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        tol: float = 1e-6,
        fit_intercept: bool = True,
        warm_start: bool = False,
        class_weight: ClassWeight = None,
    ) -> None:
        self.alpha = alpha
        self.solver = solver
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.warm_start = warm_start
        self.class_weight = class_weight

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like or sparse of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            An integer weight counts as that many rows; zero counts as removed.
        X_val, y_val : array-like of shape (m, n_features) and (m,), or None
            X_val may be sparse.
            Rows to watch in `history_`; the fit does not depend on them.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, a validation label is
            unknown, a parameter is out of range, or a warm start was fitted to other
            classes or columns.

        Warns
        -----
        MaskedClassWarning
            If a class whose rows have a weight is predicted for no training row.
        SeparationWarning
            If alpha is 0 and classes can be separated without error, so that there is no
            optimum; the message names them and the columns that do it, and says how far above
            its infimum the loss may be if that is more than `tol`.
        ConvergenceWarning
            If the gradient is not as small as `tol`, unless the loss is known to be at its
            optimum to rounding all the same; or if it is only because a column is so small
            that this says little, and the loss is known to fall further; or if alpha is 0, it
            is, and nothing better than the loss itself could be proved (for all solvers but
            "gradient-descent"). The message says what to try.
        """
        self._check_parameters()
        context = self._init_callback_context(max_subtasks=self.max_iter + 1)
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        context.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata=metadata)
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
            start = self._start(rows)
            self.classes_ = rows.classes
            history = History(validation_of(self, X_val, y_val, rows.classes_of_weight()))
            steps = None
            if hasattr(self, "_skl_callbacks"):
                steps = Steps(context, self, X, y, metadata)
            self._learn(rows, history, start=start, steps=steps, stacklevel=5)
            context.call_on_fit_task_end(
                estimator=self, X=X, y=y, metadata=metadata, reconstruction_attributes={}
            )
        return self

    def _check_parameters(self) -> None:
        require_number("alpha", self.alpha, least=0.0)
        require_number("max_iter", self.max_iter, least=1, integer=True)
        require_number("tol", self.tol, least=0.0)
        require_choice("solver", self.solver, SOLVERS)
        require_flag("fit_intercept", self.fit_intercept)
        require_flag("warm_start", self.warm_start)
        if not isinstance(self.learning_rate, str) or self.learning_rate != "auto":
            require_number("learning_rate", self.learning_rate, least=0.0, above=True)

    def _start(self, rows: LabelledRows) -> Float64 | None:
        """Parameters to start from; None means zero."""
        if not self.warm_start or not hasattr(self, "coef_"):
            return None
        if not np.array_equal(self.classes_, rows.classes):
            raise ValueError(
                f"warm_start=True goes on from a model of the classes {self.classes_.tolist()!r}, "
                f"and y holds {rows.classes.tolist()!r}."
            )
        d = rows.rows.shape[1]
        if self.coef_.shape[1] != d:
            raise ValueError(
                f"warm_start=True goes on from a model of {self.coef_.shape[1]} columns, and X "
                f"has {d}."
            )
        if self._has_diverged():
            return None
        present = rows.classes_of_weight()
        coef, intercept = self.coef_[present], finite_intercepts(self.intercept_[present])
        return np.column_stack([coef, intercept]) if self.fit_intercept else coef

    def _learn(
        self,
        rows: LabelledRows,
        history: History,
        *,
        start: Float64 | None,
        steps: Steps | None = None,
        stacklevel: int,
    ) -> None:
        """Fit to rows that are checked, and store what came of it.

        Classes without weight play no part, and are added to the outcome; `start` has none.
        """
        given = rows.classes
        rows, present = rows.of_weight()
        self.classes_ = rows.classes
        rows = replace(rows, rows=rows.rows.counted_anew())
        plain_descent = self.solver == "gradient-descent"
        most = LARGEST_UNSCALED if plain_descent else LARGEST

        def observe(parameters: Float64, at: Any, step: float) -> bool:
            history(parameters, at, step)
            return steps is not None and steps(parameters, at, step)

        rows.rows.expect_passes()
        with one_blas_thread():
            merged = distinct(rows.rows)
            require_moderate(self, rows, merged.summary(), most)
            # A step too far overflows; the solver notices, and says so in its own words.
            with np.errstate(over="ignore", invalid="ignore"):
                fitted, assessment = fit_and_assess(
                    merged,
                    alpha=self.alpha,
                    fit_intercept=self.fit_intercept,
                    solver=self.solver,
                    learning_rate=self.learning_rate,
                    max_iter=self.max_iter,
                    tol=self.tol,
                    start=start,
                    observe=observe,
                )
            if steps is not None:
                steps.close()
        self.coef_, self.intercept_ = fitted.coef, fitted.intercept
        self.n_iter_, self.solver_ = fitted.n_iter, fitted.solver
        history.amend(fitted.loss, fitted.gradient, fitted.accuracy)
        self.history_ = history.arrays()
        self.optimality_gap_ = assessment.certificate.gap
        self.separating_direction_ = direction_of(assessment)
        self._past = None
        gradient = float(self.history_["gradient_norm"][-1])
        warn_of(self, assessment, fitted, gradient, stacklevel=stacklevel)
        if present.size > 1:
            if self.separating_direction_ is None:
                warn_of_small_columns(self, fitted, self.optimality_gap_, stacklevel=stacklevel)
            warn_of_unpredicted(rows, fitted, given, present, stacklevel=stacklevel)
        self.n_passes_ = rows.rows.reads
        self._add_classes(given, present)

    def _add_classes(self, given: Labels, present: Indices) -> None:
        """Add the classes without weight to a model of those that have one."""
        self.classes_ = given
        if present.size < given.size:
            parameters = with_absent(self.coef_, self.intercept_, present, given.size)
            self.coef_, self.intercept_ = parameters
            if self.separating_direction_ is not None:
                direction = np.zeros(self.coef_.shape)
                direction[present] = self.separating_direction_
                self.separating_direction_ = direction
