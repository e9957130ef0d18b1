"""Softmax regression as a classifier."""

import warnings
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, column_or_1d

from trivium.arrays import Float64, Labels
from trivium.blocks.linear_scores import linear_scores
from trivium.blocks.scaling import column_centers
from trivium.blocks.workers import one_blas_thread
from trivium.inputs import (
    check_labelled_rows,
    check_rows,
    require_choice,
    require_flag,
    require_magnitude,
    require_number,
    shown,
)
from trivium.softmax.cross_entropy import CrossEntropy, inverse_of, softmax
from trivium.softmax.history import History
from trivium.softmax.solvers.gradient_descent import gradient_descent
from trivium.softmax.solvers.newton_cg import newton_cg
from trivium.softmax.solvers.protocol import Result, Status

_LARGEST = 1e100  # squares, summed over many rows, stay within float64


class SoftmaxRegression(ClassifierMixin, BaseEstimator):
    """Linear logits, probabilities by softmax, fitted by penalised maximum likelihood.

    Minimises (1/Σw)·Σ w·cross-entropy + alpha/2·‖coef‖², the intercepts free. All
    classes are treated alike, two classes too: each has its own row of `coef_`.

    Parameters
    ----------
    alpha : float, default=1e-4
        Penalty. Equals scikit-learn's ``LogisticRegression(C=1/(alpha*n))`` for three
        classes and more, and ``C=2/(alpha*n)`` for two, whose model has one row.
    solver : {"newton-cg", "gradient-descent"}, default="newton-cg"
        "newton-cg" goes to the optimum in few steps; "gradient-descent" is the
        textbook's path, started at zero.
    learning_rate : float or "auto", default="auto"
        For gradient descent. "auto" is one over a bound on the curvature, with which
        every step lowers the loss.
    max_iter : int, default=1000
        Steps at most.
    tol : float, default=1e-6
        Stop when no entry of the gradient is greater.
    fit_intercept : bool, default=True

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (n_classes, n_features)
    intercept_ : ndarray of shape (n_classes,)
    n_iter_ : int
        Steps taken.
    history_ : dict of ndarray of shape (n_iter_ + 1,)
        "loss" (the one minimised), "gradient_norm" (its greatest entry), "step" (length),
        "train_accuracy", and with validation rows "validation_loss" (without penalty)
        and "validation_accuracy". Entry 0 is the start.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the training table had names.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 4.4; Böhning, Ann. Inst. Stat. Math. 44 (1992).

    Examples
    --------
    >>> from trivium import SoftmaxRegression
    >>> model = SoftmaxRegression(alpha=0.01)
    >>> model = model.fit([[0.0], [1.0], [2.0], [3.0]], ["a", "a", "b", "b"])
    >>> model.predict_proba([[1.5]]).round(3)
    array([[0.5, 0.5]])
    >>> model.predict([[1.0], [2.0]])
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(
        self,
        alpha: float = 1e-4,
        *,
        solver: Literal["newton-cg", "gradient-descent"] = "newton-cg",
        learning_rate: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        tol: float = 1e-6,
        fit_intercept: bool = True,
    ) -> None:
        self.alpha = alpha
        self.solver = solver
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,) or None
            An integer weight counts as that many rows; zero counts as removed.
        X_val, y_val : array-like of shape (m, n_features) and (m,), or None
            Rows to watch in `history_`; the fit does not depend on them.

        Raises
        ------
        ValueError
            If the data are malformed or hold one class only, a validation label is
            unknown, or a parameter is out of range.

        Warns
        -----
        ConvergenceWarning
            If the gradient is not as small as `tol`; the message says what to try.
        """
        self._check_parameters()
        rows = check_labelled_rows(self, X, y, sample_weight)
        require_magnitude(self, rows.X, _LARGEST)
        self.classes_ = rows.classes
        newton = self.solver == "newton-cg"
        # Centring changes the path of gradient descent, which is there to be watched.
        center = column_centers(rows.X) if newton and self.fit_intercept else None
        objective = CrossEntropy(
            rows.X,
            rows.codes,
            rows.classes.size,
            weights=rows.weights,
            alpha=self.alpha,
            fit_intercept=self.fit_intercept,
            center=center,
        )
        history = History(self._validation(X_val, y_val, center))
        # A step too far overflows; the solver notices, and says so in its own words.
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            result = self._minimise(objective, history)
            self._keep(result, center)
        self.history_ = history.arrays()
        if result.status is not Status.CONVERGED:
            warnings.warn(
                f"{self.solver} stopped after {result.n_iter} steps with a gradient of "
                f"{self.history_['gradient_norm'][-1]:.2g}: {result.status.value}.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def decision_function(self, X: ArrayLike) -> Float64:
        """Logits; for two classes, the second's less the first's.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if self.classes_.size == 2 else logits

    def predict_proba(self, X: ArrayLike) -> Float64:
        """Probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
            Columns in the order of `classes_`.
        """
        probabilities, _ = softmax(self._logits(X))
        return probabilities

    def predict_log_proba(self, X: ArrayLike) -> Float64:
        """Logarithm of each probability, exact where the probability itself underflows.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
        """
        logits = self._logits(X)
        _, log_sum = softmax(logits)
        return logits - log_sum[:, None]

    def predict(self, X: ArrayLike) -> Labels:
        """Most probable class, the smallest of those that tie.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        best = self._logits(X).argmax(axis=1)
        labels: Labels = self.classes_[best]
        return labels

    def _check_parameters(self) -> None:
        require_number("alpha", self.alpha, least=0.0)
        require_number("max_iter", self.max_iter, least=1, integer=True)
        require_number("tol", self.tol, least=0.0)
        require_choice("solver", self.solver, ("newton-cg", "gradient-descent"))
        require_flag("fit_intercept", self.fit_intercept)
        if not isinstance(self.learning_rate, str) or self.learning_rate != "auto":
            require_number("learning_rate", self.learning_rate, least=0.0, above=True)

    def _validation(
        self, X_val: ArrayLike | None, y_val: ArrayLike | None, center: Float64 | None
    ) -> CrossEntropy | None:
        """Objective of the validation rows."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val go together: one of them is missing.")
        X, labels = check_rows(self, X_val, name="X_val"), column_or_1d(y_val)
        if labels.shape[0] != X.shape[0]:
            raise ValueError(f"X_val has {X.shape[0]} rows, but y_val has {labels.shape[0]}.")
        code_of = {label: code for code, label in enumerate(self.classes_.tolist())}
        codes = np.array([code_of.get(label, -1) for label in labels.tolist()], dtype=np.intp)
        if codes.min() < 0:
            row = np.flatnonzero(codes < 0)[0]
            raise ValueError(
                f"y_val holds {shown(labels[row])} in row {row}, a class that y has not."
            )
        return CrossEntropy(
            X, codes, self.classes_.size, fit_intercept=self.fit_intercept, center=center
        )

    def _minimise(self, objective: CrossEntropy, history: History) -> Result:
        start = np.zeros(objective.shape)
        if self.solver == "newton-cg":
            return newton_cg(
                objective,
                start,
                precondition=inverse_of(objective.curvature_bound()),
                max_iter=self.max_iter,
                tol=self.tol,
                observe=history,
            )
        rate = self.learning_rate
        if rate == "auto":
            curvature = float(np.linalg.eigvalsh(objective.curvature_bound())[-1])
            rate = 1.0 / curvature if curvature > 0 else 1.0  # flat: no step leads anywhere
        return gradient_descent(
            objective,
            start,
            learning_rate=rate,
            max_iter=self.max_iter,
            tol=self.tol,
            observe=history,
        )

    def _keep(self, result: Result, center: Float64 | None) -> None:
        """Store the parameters, the intercepts for rows as they come."""
        self.n_iter_ = result.n_iter
        self.coef_ = np.ascontiguousarray(result.parameters[:, : self.n_features_in_])
        self.intercept_ = np.zeros(self.classes_.size)
        if self.fit_intercept:
            self.intercept_ = result.parameters[:, -1].copy()
        if center is not None:
            self.intercept_ -= self.coef_ @ center

    def _logits(self, X: ArrayLike) -> Float64:
        check_is_fitted(self)
        return linear_scores(check_rows(self, X), self.coef_, self.intercept_)
