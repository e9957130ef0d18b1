r"""The objective of softmax regression, its gradient and its curvature in one place.

For row x with label y and logits g = Wx + b,

    loss = (1/Σw)·Σ w·(log Σ_j exp g_j - g_y) + alpha/2·‖W‖²,
    ∂loss/∂g_j = w/Σw·(p_j - [j = y]),    p = softmax(g),
    Hessian: w/Σw·(diag p - p pᵀ) in the logits of each row, plus alpha on W.

Each is computed block of rows by block of rows; X is read once for loss and gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import comparable_weights
from trivium.blocks.workers import one_blas_thread


def softmax(logits: Float64) -> tuple[Float64, Float64]:
    """Probabilities of each row of logits, and the logarithm of the sum of exponentials.

    Each row's own maximum is subtracted first, so that nothing overflows and the
    greatest probability never underflows. The argument is left as it is.

    Parameters
    ----------
    logits : ndarray of shape (m, n_classes)

    Returns
    -------
    probabilities : ndarray of shape (m, n_classes)
    log_sum : ndarray of shape (m,)

    Examples
    --------
    >>> import numpy as np
    >>> probabilities, log_sum = softmax(np.array([[0.0, 1e4], [2.0, 2.0]]))
    >>> probabilities
    array([[0. , 1. ],
           [0.5, 0.5]])
    """
    top = logits.max(axis=1, keepdims=True)
    probabilities = np.exp(logits - top)
    total = probabilities.sum(axis=1, keepdims=True)
    probabilities /= total
    return probabilities, (top + np.log(total))[:, 0]


class _Sums(NamedTuple):
    """Loss, gradient and rows predicted right, summed over rows; two of them merge."""

    loss: float
    gradient: Float64
    right: float

    def merge(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.loss + other.loss, self.gradient + other.gradient, self.right + other.right
        )


@dataclass(frozen=True)
class CrossEntropyAt:
    """The objective at one point.

    Attributes
    ----------
    loss : float
    gradient : ndarray of shape (n_classes, n_parameters)
    accuracy : float
        Share of the weight that is predicted right.
    """

    loss: float
    gradient: Float64
    accuracy: float
    _objective: "CrossEntropy"
    _probabilities: Float64

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction of the parameters' shape."""
        return self._objective._hessian_product(self._probabilities, direction)


class CrossEntropy:
    """Penalised mean cross-entropy of a linear softmax model.

    Parameters have the shape (n_classes, d + 1), the intercepts in the last column, or
    (n_classes, d) without intercepts.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    codes : ndarray of shape (n,)
        Class of each row, from 0.
    n_classes : int
    weights : ndarray of shape (n,) or None
    alpha : float, default=0.0
    fit_intercept : bool, default=True
    center : ndarray of shape (d,) or None
        Subtracted from every row, which changes the intercepts and nothing else.

    Examples
    --------
    >>> import numpy as np
    >>> objective = CrossEntropy(np.array([[0.0], [1.0]]), np.array([0, 1]), 2)
    >>> at = objective.evaluate(np.zeros((2, 2)))
    >>> round(at.loss, 4)
    0.6931
    >>> at.gradient
    array([[ 0.25,  0.  ],
           [-0.25,  0.  ]])
    """

    def __init__(
        self,
        X: Floats,
        codes: Indices,
        n_classes: int,
        *,
        weights: Float64 | None = None,
        alpha: float = 0.0,
        fit_intercept: bool = True,
        center: Float64 | None = None,
    ) -> None:
        self._X = X
        self._codes = codes
        self._weights = comparable_weights(weights)
        self._total = float(X.shape[0] if self._weights is None else self._weights.sum())
        self._alpha = alpha
        self._fit_intercept = fit_intercept
        self._center = center
        self._blocks = row_blocks(*X.shape)
        self.shape = (n_classes, X.shape[1] + fit_intercept)

    def evaluate(self, parameters: Float64) -> CrossEntropyAt:
        """Evaluate loss, gradient and accuracy.

        Parameters
        ----------
        parameters : ndarray of shape (n_classes, n_parameters)

        Returns
        -------
        CrossEntropyAt
        """
        probabilities = np.empty((self._X.shape[0], self.shape[0]))

        def statistic(rows: slice) -> _Sums:
            X, codes, each = self._rows(rows), self._codes[rows], np.arange(rows.stop - rows.start)
            logits = self._logits(X, parameters)
            p, log_sum = softmax(logits)
            probabilities[rows] = p
            lost = log_sum - logits[each, codes]
            right = (logits.argmax(axis=1) == codes).astype(np.float64)
            p[each, codes] -= 1.0
            if self._weights is not None:
                w = self._weights[rows]
                lost, right = w * lost, w * right
                p *= w[:, None]
            return _Sums(float(lost.sum()), self._pulled_back(X, p), float(right.sum()))

        with one_blas_thread():
            sums = map_reduce(statistic, self._blocks, _Sums.merge)
        W = self._penalised(parameters)
        loss = sums.loss / self._total + 0.5 * self._alpha * float(np.vdot(W, W))
        gradient = sums.gradient / self._total + self._alpha * W
        return CrossEntropyAt(loss, gradient, sums.right / self._total, self, probabilities)

    def _hessian_product(self, probabilities: Float64, direction: Float64) -> Float64:
        def statistic(rows: slice) -> Float64:
            X, p = self._rows(rows), probabilities[rows]
            change = self._logits(X, direction)
            change -= np.einsum("ij,ij->i", p, change)[:, None]
            change *= p
            if self._weights is not None:
                change *= self._weights[rows][:, None]
            return self._pulled_back(X, change)

        with one_blas_thread():
            total = map_reduce(statistic, self._blocks, np.add)
        product: Float64 = total / self._total + self._alpha * self._penalised(direction)
        return product

    def curvature_bound(self) -> Float64:
        """Bound the Hessian from above, the same for every class.

        diag p - p pᵀ is at most (1/2)·(I - 11ᵀ/n_classes) for any p (Böhning,
        "Multinomial logistic regression algorithm", Ann. Inst. Stat. Math. 44, 1992),
        so the Hessian is at most I ⊗ (X̃ᵀX̃/(2·Σw) + alpha), with X̃ the rows with a one.

        Returns
        -------
        ndarray of shape (n_parameters, n_parameters)
        """

        def statistic(rows: slice) -> Float64:
            X = self._rows(rows)
            if self._fit_intercept:
                X = np.column_stack([X, np.ones(X.shape[0])])
            weighted = X if self._weights is None else X * self._weights[rows][:, None]
            gram: Float64 = X.T @ weighted
            return gram

        with one_blas_thread():
            gram = map_reduce(statistic, self._blocks, np.add)
        bound: Float64 = 0.5 * gram / self._total
        bound[np.diag_indices(self._X.shape[1])] += self._alpha
        return bound

    def _rows(self, rows: slice) -> Float64:
        """One block in float64: a view where nothing is to be done."""
        X: Float64 = np.asarray(self._X[rows], dtype=np.float64)
        return X if self._center is None else X - self._center

    def _logits(self, X: Float64, parameters: Float64) -> Float64:
        d = X.shape[1]
        logits: Float64 = X @ parameters[:, :d].T
        if self._fit_intercept:
            logits += parameters[:, d]
        return logits

    def _pulled_back(self, X: Float64, residual: Float64) -> Float64:
        """Turn derivatives in the logits into derivatives in the parameters."""
        gradient = np.empty(self.shape)
        gradient[:, : X.shape[1]] = residual.T @ X
        if self._fit_intercept:
            gradient[:, -1] = residual.sum(axis=0)
        return gradient

    def _penalised(self, parameters: Float64) -> Float64:
        """Return the parameters with the intercepts, which are free, set to zero."""
        if not self._fit_intercept:
            return parameters
        W = parameters.copy()
        W[:, -1] = 0.0
        return W


def inverse_of(bound: Float64) -> Callable[[Float64], Float64]:
    """Solver for a symmetric positive semidefinite matrix, applied to rows.

    The matrix is brought to a unit diagonal and lifted by 1e-10, which keeps it
    invertible where columns depend on each other; as a preconditioner it may be inexact.
    """
    diagonal = np.diagonal(bound)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    matrix = bound * scale * scale[:, None]
    matrix[np.diag_indices_from(matrix)] += 1e-10
    factor = scipy.linalg.cho_factor(matrix)

    def solve(rows: Float64) -> Float64:
        solved: Float64 = scale * scipy.linalg.cho_solve(factor, (rows * scale).T).T
        return solved

    return solve
