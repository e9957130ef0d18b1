r"""The objective of softmax regression, its gradient and its curvature in one place.

For row x with label y and logits g = Wx + b,

    loss = (1/Σw)·Σ w·(log Σ_j exp g_j - g_y) + alpha/2·‖W‖²,
    ∂loss/∂g_j = w/Σw·(p_j - [j = y]),    p = softmax(g),
    Hessian: w/Σw·(diag p - p pᵀ) in the logits of each row, plus alpha on W.

Each is computed block of rows by block of rows; the rows are read once for loss and gradient.
"""

from functools import cached_property

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.memory import working_memory
from trivium.blocks.products import add_multiple, greatest, inner
from trivium.blocks.scaling import comparable_weights
from trivium.rows.source import Rows
from trivium.softmax.objective.gradients import shared_length, slab_of_many_classes
from trivium.softmax.objective.statistics import (
    Gram,
    HessianProduct,
    LossAndGradient,
    MeanCurvature,
    Probabilities,
    Sums,
    mean_curvature,
)
from trivium.softmax.objective.stored import block_of_stored
from trivium.softmax.objective.two_classes import slab_length

_BLOCK_VALUES = 1 << 17
_LEAST_ROWS, _MOST_ROWS = 256, 4096
_FEW_ROWS, _FEW_RESIDUALS = 1 << 15, 1 << 13  # kept for the Hessian: steps may be Newton's
_MOST_CLASSES = 512  # whose pairs have a number each


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


def _is_of_stored(center: Float64 | None, n_stored: int, n_rows: int) -> bool:
    """Whether a center may be that of columns alone that are stored in full."""
    return center is None or bool(np.count_nonzero(center) * n_rows <= n_stored)


class CrossEntropyAt:
    """The objective at one point.

    Attributes
    ----------
    objective : CrossEntropy
    parameters : ndarray of shape (n_classes, n_parameters)
    loss : float
    gradient : ndarray of shape (n_classes, n_parameters)
    accuracy : float
        Share of the weight that is predicted right.
    residual : ndarray of shape (n_classes,)
        Root of the mean square of p_j - [j = y].
    sums : RowSums
        Over all rows.
    kept : ndarray or None
        Of few rows, what the Hessian needs: of two classes p(1 - p) times the weights, shape
        (n,); of more, if no row has a weight, p - e, shape (n, n_classes).
    """

    def __init__(
        self,
        objective: "CrossEntropy",
        parameters: Float64,
        sums: Sums,
        kept: Float64 | None = None,
    ) -> None:
        self.objective, self.parameters, self.sums = objective, parameters, sums.rows
        self.kept = kept
        self._probabilities: Float64 | None = None
        self._curved = False
        alpha, total = objective.alpha, objective.total
        self.gradient = sums.gradient  # which nobody else has
        self.gradient /= total
        W, own = parameters, self.gradient
        if parameters.flags.f_contiguous:  # what is free is at the end, so that nothing is copied
            d = objective.rows.shape[1]
            W, own = W[:, :d], own[:, :d]
        else:
            W = objective.penalised(parameters)
        self.loss = sums.rows.loss / total
        if alpha > 0:  # else squares of coefficients, of tiny columns say, may leave float64
            self.loss += 0.5 * alpha * inner(W, W)
        if own.T.flags.c_contiguous:
            add_multiple(alpha, W.T.reshape(-1), own.T.reshape(-1))
        else:
            own += alpha * W
        self.accuracy = max(0.0, 1.0 - sums.rows.wrong / total)
        self.residual: Float64 = np.sqrt(sums.rows.squares / total)

    @cached_property
    def norm(self) -> float:
        """Greatest entry of the gradient."""
        return greatest(self.gradient)

    @property
    def beside(self) -> tuple[Float64, ...]:
        """Probabilities of each row, shape (n, n_classes), which are kept from the first request.

        They go beside the rows to statistics of the curvature; nothing does where they would
        outgrow scikit-learn's setting ``working_memory``, and those statistics compute them again.
        """
        kept = self._kept()
        return () if kept is None else (kept.T,)

    def probabilities_of(self, classes: slice) -> Float64:
        """Probabilities of some classes, one after the other, shape (n_some, n)."""
        kept = self._kept()
        if kept is not None:
            return kept[classes]
        return self.objective.probabilities(self.parameters, classes)

    def curvature(self) -> Float64:
        """Mean over the classes of p(1 - p), shape (n,)."""
        # That of two classes is read as fast as their probabilities.
        two = self.objective.shape[0] == 2
        kept = self._probabilities if two else self._kept()
        if kept is not None:
            return mean_curvature(kept)
        if two:
            self._count()
        return self.objective.mean_curvature(self.parameters)

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of the Hessian with a direction of the parameters' shape."""
        return self.objective.hessian_product(self.parameters, direction, self.beside)

    def _count(self) -> None:
        """Count, once, what curvature costs."""
        if not self._curved:
            self._curved = True
            self.objective.cost += 1.0

    def _kept(self) -> Float64 | None:
        objective = self.objective
        self._count()
        if self._probabilities is None and objective.may_keep_probabilities():
            self._probabilities = objective.probabilities(self.parameters)
        return self._probabilities


class CrossEntropy:
    """Penalised mean cross-entropy of a linear softmax model.

    Parameters have the shape (n_classes, d + 1), the intercepts in the last column, or
    (n_classes, d) without intercepts.

    Parameters
    ----------
    rows : Rows
        With their classes.
    alpha : float, default=0.0
    fit_intercept : bool, default=True
    center : ndarray of shape (d,) or None
        Subtracted from every row, which changes the intercepts and nothing else.

    Attributes
    ----------
    rows : Rows
        With weights of which the greatest is about one.
    total : float
        Sum of these weights.
    length : int
        Rows of a block.
    long : int
        Rows of a block for what goes through sparse rows in parts; else the same.
    slab : int
        Rows of a block for loss and gradient.
    shared : int
        Rows of it that a thread takes at a time, if it is shared; else zero.
    by_columns : bool
        Whether parameters and gradients lie column by column in memory.
    cost : float
        What evaluations and products with the Hessian have cost so far, in evaluations. The
        probabilities that a point's products need cost one, whether they are kept or not.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.array([[0.0], [1.0]]), np.array([0, 1]), 2)
    >>> at = CrossEntropy(rows).evaluate(np.zeros((2, 2)))
    >>> round(at.loss, 4)
    0.6931
    >>> at.gradient
    array([[ 0.25,  0.  ],
           [-0.25,  0.  ]])
    """

    def __init__(
        self,
        rows: Rows,
        *,
        alpha: float = 0.0,
        fit_intercept: bool = True,
        center: Float64 | None = None,
    ) -> None:
        weights = comparable_weights(rows.weights)
        n, d = rows.shape
        self.rows = rows.reweighted(weights)
        self.total = float(n if weights is None else weights.sum())
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.center = center
        self.length = min(max(_LEAST_ROWS, _BLOCK_VALUES // d // 64 * 64), _MOST_ROWS)
        self.long = self.length
        if rows.n_stored is not None and _is_of_stored(center, rows.n_stored, n):
            self.long = block_of_stored(rows)
        self.slab = self.long
        if rows.n_stored is None:
            self.slab = (slab_length if rows.n_classes == 2 else slab_of_many_classes)(n, d)
        self.shape = (rows.n_classes, d + fit_intercept)
        self._kept_shape: tuple[int, ...] = ()
        if rows.in_memory and rows.n_stored is None and n <= _FEW_ROWS:
            if rows.n_classes == 2:
                self._kept_shape = (n,)
            elif n * rows.n_classes <= _FEW_RESIDUALS and weights is None:
                self._kept_shape = rows.n_classes, n
        # Of two classes one row is read: the second's less the first's.
        self.by_columns = rows.n_stored is not None and rows.n_classes > 2
        self.shared = 0
        if self.by_columns and (shared := shared_length(rows.n_classes, d, n, self.long)):
            self.slab, self.shared = n, shared
        self.cost = 0.0

    def evaluate(self, parameters: Float64) -> CrossEntropyAt:
        """Evaluate loss, gradient and accuracy.

        Parameters
        ----------
        parameters : ndarray of shape (n_classes, n_parameters)

        Returns
        -------
        CrossEntropyAt
        """
        self.cost += 1.0
        given = self._laid(parameters), self.center, self.fit_intercept
        # Of sparse rows edges cost little beside the columns; a certificate needs them.
        edges = self.by_columns and self.shape[0] <= _MOST_CLASSES
        statistic = LossAndGradient(*given, edges, self.shared)
        kept = np.empty(self._kept_shape).T if self._kept_shape else None
        beside = () if kept is None else (kept,)
        sums = self.rows.reduce(statistic, Sums.merge, length=self.slab, beside=beside)
        return CrossEntropyAt(self, parameters, sums, kept)

    def probabilities(self, parameters: Float64, classes: slice | None = None) -> Float64:
        """Compute the probability of each class, or of some, for every row.

        Parameters
        ----------
        parameters : ndarray of shape (n_classes, n_parameters)
        classes : slice or None

        Returns
        -------
        ndarray of shape (n_some, n)
        """
        some = slice(None) if classes is None else classes
        n_some = len(range(*some.indices(self.shape[0])))
        probabilities = np.empty((n_some, self.rows.shape[0]))
        statistic = Probabilities(self._laid(parameters), self.center, self.fit_intercept, some)
        self.rows.each(statistic, length=self.length, out=probabilities.T)
        return probabilities

    def mean_curvature(self, parameters: Float64) -> Float64:
        """Compute the mean over the classes of p(1 - p) for every row, shape (n,)."""
        statistic = MeanCurvature(self._laid(parameters), self.center, self.fit_intercept)
        curvature: Float64 = self.rows.each(statistic, length=self.length)
        return curvature

    def may_keep_probabilities(self) -> bool:
        """Whether those of every row and class fit scikit-learn's setting ``working_memory``.

        Beside rows that are not in memory none are kept: these have no room for theirs.
        """
        return self.rows.in_memory and 8 * self.shape[0] * self.rows.shape[0] <= working_memory()

    def hessian_product(
        self, parameters: Float64, direction: Float64, beside: tuple[Float64, ...] = ()
    ) -> Float64:
        """Compute the product of the Hessian at some parameters.

        Parameters
        ----------
        parameters, direction : ndarray of shape (n_classes, n_parameters)
        beside : tuple of ndarray
            The probabilities there, shape (n, n_classes), if they are known.
        """
        self.cost += 1.0
        given = self._laid(parameters), self.center, self.fit_intercept, self._laid(direction)
        statistic = HessianProduct(*given)
        total = self.rows.reduce(statistic, np.add, length=self.long, beside=beside)
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
        statistic = Gram(self.center, self.fit_intercept)
        gram = self.rows.reduce(statistic, np.add, length=self.length)
        bound: Float64 = 0.5 * gram / self.total
        bound[np.diag_indices(self.rows.shape[1])] += self.alpha
        return bound

    def _laid(self, parameters: Float64) -> Float64:
        """Lay parameters as sparse rows read them, a column's side by side; else leave them."""
        return np.asfortranarray(parameters) if self.by_columns else parameters

    def penalised(self, parameters: Float64) -> Float64:
        """Return the parameters with the intercepts, which are free, set to zero."""
        if not self.fit_intercept:
            return parameters
        W = parameters.copy("K")
        W[:, -1] = 0.0
        return W
