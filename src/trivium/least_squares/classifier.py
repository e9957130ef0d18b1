"""Linear least squares as a classifier."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64, Labels
from trivium.blocks.linear_scores import linear_scores
from trivium.inputs import (
    beyond_magnitude,
    check_labelled_rows,
    check_rows,
    column_name,
    require_flag,
    require_number,
)
from trivium.least_squares.solve import solve
from trivium.least_squares.table import Table

_LARGEST = 8e307  # the difference of two such numbers is finite


class LeastSquaresClassifier(ClassifierMixin, BaseEstimator):
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

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    rank_ : int
        Number of coefficients that data and penalty determine: the rank of the centred
        columns where alpha is 0.
    aliased_ : ndarray
        Columns that are constant or depend on others, by name where the table had
        names, else by number. None is left out of the model: together they share what
        the data determine only for all of them.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the training table had names.

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

    def __init__(self, alpha: float = 0.0, *, fit_intercept: bool = True) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept

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
            If the data are malformed or hold one class only, or alpha is negative.
        """
        alpha = require_number("alpha", self.alpha, least=0.0)
        require_flag("fit_intercept", self.fit_intercept)
        rows = check_labelled_rows(self, X, y, sample_weight, finite=False)
        self.classes_ = rows.classes
        table = Table(rows.X, rows.codes, rows.classes.size, rows.weights)
        solved = solve(table, alpha, centred=self.fit_intercept)
        if solved is None:
            raise beyond_magnitude(self, rows.X, _LARGEST)
        solution, self._moments = solved
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
        return self

    def decision_function(self, X: ArrayLike) -> Float64:
        """Values of the fitted functions.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) for two classes, else (n_queries, n_classes)
            For two classes, positive means the second one.
        """
        check_is_fitted(self)
        scores = linear_scores(check_rows(self, X), self.coef_, self.intercept_)
        return scores[:, 0] if self.classes_.size == 2 else scores

    def predict(self, X: ArrayLike) -> Labels:
        """Class with the greatest value, the smallest of those that tie.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        scores = self.decision_function(X)
        best = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: Labels = self.classes_[best]
        return labels
