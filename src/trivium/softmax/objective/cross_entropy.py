r"""The objective of softmax regression, its gradient and its curvature in one place.

For row x with label y and logits g = Wx + b,

    loss = (1/Σw)·Σ w·(log Σ_j exp g_j - g_y) + alpha/2·‖W‖²,
    ∂loss/∂g_j = w/Σw·(p_j - [j = y]),    p = softmax(g),
    Hessian: w/Σw·(diag p - p pᵀ) in the logits of each row, plus alpha on W.

Each is computed block of rows by block of rows; X is read once for loss and gradient. Inside
a block, logits lie class by class: what is done to every row then runs along memory.
"""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce
from trivium.blocks.scaling import comparable_weights
from trivium.blocks.workers import one_blas_thread

_BLOCK_VALUES = 1 << 17
_LEAST_ROWS, _MOST_ROWS = 256, 4096


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
    """Loss, gradient, weight of rows predicted wrong and squared residuals, over rows."""

    loss: float
    gradient: Float64
    wrong: float
    squares: Float64

    def merge(self, other: "_Sums") -> "_Sums":
        np.add(self.gradient, other.gradient, out=self.gradient)
        return _Sums(
            self.loss + other.loss,
            self.gradient,
            self.wrong + other.wrong,
            self.squares + other.squares,
        )


class CrossEntropyAt:
    """The objective at one point.

    Attributes
    ----------
    loss : float
    gradient : ndarray of shape (n_classes, n_parameters)
    accuracy : float
        Share of the weight that is predicted right.
    residual : ndarray of shape (n_classes,)
        Root of the mean square of p_j - [j = y].
    """

    def __init__(self, objective: "CrossEntropy", parameters: Float64, sums: _Sums) -> None:
        self._objective, self._parameters = objective, parameters
        self._probabilities: Float64 | None = None
        W = objective.penalised(parameters)
        alpha, total = objective.alpha, objective.total
        self.loss = sums.loss / total + 0.5 * alpha * float(np.vdot(W, W))
        self.gradient: Float64 = sums.gradient / total + alpha * W
        self.accuracy = max(0.0, 1.0 - sums.wrong / total)
        self.residual: Float64 = np.sqrt(sums.squares / total)

    @property
    def probabilities(self) -> Float64:
        """Probability of each class, shape (n_classes, n); the first request reads X, then kept."""
        if self._probabilities is None:
            self._probabilities = self._objective.probabilities(self._parameters)
        return self._probabilities

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction of the parameters' shape."""
        return self._objective.hessian_product(self.probabilities, direction)


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

    Attributes
    ----------
    passes : float
        How often X was read; a part of its rows counts as that part.

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
        self.X, self.codes = X, codes
        self.weights = comparable_weights(weights)
        self.total = float(X.shape[0] if self.weights is None else self.weights.sum())
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.center = center
        self.blocks = _blocks(*X.shape)
        self.shape = (n_classes, X.shape[1] + fit_intercept)
        self.passes = 0.0

    def evaluate(self, parameters: Float64) -> CrossEntropyAt:
        """Evaluate loss, gradient and accuracy.

        Parameters
        ----------
        parameters : ndarray of shape (n_classes, n_parameters)

        Returns
        -------
        CrossEntropyAt
        """

        def statistic(rows: slice) -> _Sums:
            X, codes = self.rows(rows), self.codes[rows]
            logits = self._logits(X, parameters)
            each = np.arange(logits.shape[1])
            best = logits.argmax(axis=0)
            right = best == codes
            own = logits[codes, each]
            top, others = _exponentiate(logits, best, each)
            # Where a class is all but certain, what the others leave it has all its digits.
            lost = np.log1p(others) + (top - own)
            logits /= 1.0 + others
            at_own = logits[codes, each] - 1.0
            logits[codes, each] = np.where(right, -others / (1.0 + others), at_own)
            if self.weights is None:
                squares = np.einsum("ij,ij->i", logits, logits)
                return _Sums(
                    float(lost.sum()),
                    self._pulled_back(X, logits),
                    float(np.count_nonzero(~right)),
                    squares,
                )
            w = self.weights[rows]
            weighed = w * logits
            squares = np.einsum("ij,ij->i", weighed, logits)
            gradient = self._pulled_back(X, weighed)
            return _Sums(float(w @ lost), gradient, float(w @ ~right), squares)

        self.passes += 1.0
        with one_blas_thread():
            sums = map_reduce(statistic, self.blocks, _Sums.merge)
        return CrossEntropyAt(self, parameters, sums)

    def probabilities(self, parameters: Float64) -> Float64:
        """Compute the probability of each class for every row, shape (n_classes, n)."""
        probabilities = np.empty((self.shape[0], self.X.shape[0]))

        def write(rows: slice) -> None:
            logits = self._logits(self.rows(rows), parameters)
            each = np.arange(logits.shape[1])
            _, others = _exponentiate(logits, logits.argmax(axis=0), each)
            np.divide(logits, 1.0 + others, out=probabilities[:, rows])

        self.passes += 1.0
        with one_blas_thread():
            map_reduce(write, self.blocks, lambda *_: None)
        return probabilities

    def hessian_product(self, probabilities: Float64, direction: Float64) -> Float64:
        """Compute the product of the Hessian, where these are the probabilities."""

        def statistic(rows: slice) -> Float64:
            X, p = self.rows(rows), probabilities[:, rows]
            change = self._logits(X, direction)
            change -= np.einsum("ij,ij->j", p, change)
            change *= p
            if self.weights is not None:
                change *= self.weights[rows]
            return self._pulled_back(X, change)

        self.passes += 1.0
        with one_blas_thread():
            total = map_reduce(statistic, self.blocks, np.add)
        product: Float64 = total / self.total + self.alpha * self.penalised(direction)
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
            X = self.rows(rows)
            if self.fit_intercept:
                X = np.column_stack([X, np.ones(X.shape[0])])
            weighted = X if self.weights is None else X * self.weights[rows][:, None]
            gram: Float64 = X.T @ weighted
            return gram

        self.passes += 1.0
        with one_blas_thread():
            gram = map_reduce(statistic, self.blocks, np.add)
        bound: Float64 = 0.5 * gram / self.total
        bound[np.diag_indices(self.X.shape[1])] += self.alpha
        return bound

    def rows(self, rows: slice) -> Float64:
        """One block in float64: a view where nothing is to be done."""
        X: Float64 = np.asarray(self.X[rows], dtype=np.float64)
        return X if self.center is None else X - self.center

    def penalised(self, parameters: Float64) -> Float64:
        """Return the parameters with the intercepts, which are free, set to zero."""
        if not self.fit_intercept:
            return parameters
        W = parameters.copy()
        W[:, -1] = 0.0
        return W

    def _logits(self, X: Float64, parameters: Float64) -> Float64:
        """Logits of a block, shape (n_classes, m)."""
        d = X.shape[1]
        logits: Float64 = parameters[:, :d] @ X.T
        if self.fit_intercept:
            logits += parameters[:, d:]
        return logits

    def _pulled_back(self, X: Float64, residual: Float64) -> Float64:
        """Turn derivatives in the logits into derivatives in the parameters."""
        gradient = np.empty(self.shape)
        gradient[:, : X.shape[1]] = residual @ X
        if self.fit_intercept:
            gradient[:, -1] = residual.sum(axis=1)
        return gradient


def _blocks(n_rows: int, n_columns: int) -> list[slice]:
    """Cut rows into blocks that fit a cache and are worth a thread's while."""
    length = min(max(_LEAST_ROWS, _BLOCK_VALUES // n_columns // 64 * 64), _MOST_ROWS)
    return [slice(start, min(start + length, n_rows)) for start in range(0, n_rows, length)]


def _exponentiate(logits: Float64, best: Indices, each: Indices) -> tuple[Float64, Float64]:
    """Replace a block's logits by exponentials of what each row's greatest one is above them.

    Returns
    -------
    top : ndarray of shape (m,)
        Greatest logit of each row.
    others : ndarray of shape (m,)
        Sum of all exponentials but its own, which is one.
    """
    top: Float64 = logits[best, each]
    logits -= top
    np.exp(logits, out=logits)
    logits[best, each] = 0.0
    others: Float64 = logits.sum(axis=0)
    logits[best, each] = 1.0
    return top, others
