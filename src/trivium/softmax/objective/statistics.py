"""What the objective and its curvature sum over rows, one block at a time.

Inside a block, logits lie class by class: what is done to every row then runs along memory.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import Csr, as_csr, takes_sparse
from trivium.rows.products import add_one_there_and_back
from trivium.softmax.objective.gradients import gradient_of
from trivium.softmax.objective.row_sums import RowSums
from trivium.softmax.objective.stored import PART, add_curved, logits_of, moved_rows
from trivium.softmax.objective.two_classes import gradient_of_two, variances_of_margins


class Sums(NamedTuple):
    """Gradient and other sums over rows.

    Attributes
    ----------
    gradient : ndarray of shape (n_classes, n_parameters)
    rows : RowSums
        With edges where there are two classes.
    """

    gradient: Float64
    rows: RowSums

    def merge(self, other: "Sums") -> "Sums":
        """Sum over both sets of rows."""
        return Sums(self.gradient + other.gradient, self.rows.merge(other.rows))


@takes_sparse
@dataclass(frozen=True)
class Linear:
    """Logits that are linear in rows, and derivatives in them.

    Attributes
    ----------
    parameters : ndarray of shape (n_classes, d [+ 1])
    center : ndarray of shape (d,) or None
        Subtracted from every row.
    fit_intercept : bool
        Whether the last column of the parameters are intercepts.
    """

    parameters: Float64
    center: Float64 | None
    fit_intercept: bool

    def columns(self, block: Block) -> Any:
        """Rows of a block: an array in float64, or as they are stored."""
        return moved_rows(block, self.center)

    def logits(self, X: Float64 | Csr, parameters: Float64) -> Float64:
        """Logits of rows, shape (n_classes, m)."""
        d = X.shape[1]
        logits = logits_of(X, parameters[:, :d])
        if self.fit_intercept:
            logits += parameters[:, d:]
        return logits

    def probabilities(self, X: Float64 | Csr) -> Float64:
        """Probabilities of rows at the parameters, shape (n_classes, m)."""
        logits = self.logits(X, self.parameters)
        each = np.arange(logits.shape[1])
        _, others = _exponentiate(logits, logits.argmax(axis=0), each)
        logits /= 1.0 + others
        return logits

    def variances(self, X: Float64 | Csr) -> Float64:
        """Compute p(1 - p) of rows at the parameters, of two classes, shape (m,)."""
        by = self.parameters[1] - self.parameters[0]
        level = float(by[-1]) if self.fit_intercept else 0.0
        return variances_of_margins(X, by[: X.shape[1]], level)

    def pulled_back(self, X: Float64, residual: Float64) -> Float64:
        """Turn derivatives in the logits into derivatives in the parameters."""
        gradient = np.empty((residual.shape[0], X.shape[1] + self.fit_intercept))
        gradient[:, : X.shape[1]] = residual @ X
        if self.fit_intercept:
            gradient[:, -1] = residual.sum(axis=1)
        return gradient


@dataclass(frozen=True)
class LossAndGradient(Linear):
    """Cross-entropy of rows, its gradient, and what else an evaluation gives.

    Attributes
    ----------
    edges : bool
        Whether edges are wanted of more than two classes.
    shared : int
        As of `gradient_of`.
    """

    edges: bool = False
    shared: int = 0

    def __call__(self, block: Block, kept: Float64 | None = None) -> Sums:
        """Sum over a block.

        Parameters
        ----------
        block : Block
        kept : ndarray of shape (m,) or (m, n_classes), or None
            Where to write p(1 - p) of two classes, or p - e of more, times the weights.
        """
        d, one = block.X.shape[1], self.fit_intercept
        intercept = self.parameters[:, d] if one else np.zeros(len(self.parameters))
        coef = self.parameters[:, :d]
        given = block, self.center, coef, intercept
        if len(coef) == 2:
            gradient, sums = gradient_of_two(*given, room=one, variances=kept)
        else:
            gradient, sums = gradient_of(
                *given, edges=self.edges, room=one, residuals=kept, shared=self.shared
            )
        if one:
            gradient[:, d] = sums.balance
        return Sums(gradient, sums)


@dataclass(frozen=True)
class Probabilities(Linear):
    """Probabilities of some classes, for each row.

    Attributes
    ----------
    classes : slice
    """

    classes: slice = field(default_factory=lambda: slice(None))

    def __call__(self, block: Block) -> Float64:
        """Compute them for a block, shape (m, n_classes)."""
        return self.probabilities(self.columns(block))[self.classes].T


@dataclass(frozen=True)
class MeanCurvature(Linear):
    """Mean over the classes of p(1 - p), for each row."""

    def __call__(self, block: Block) -> Float64:
        """Compute it for a block, shape (m,)."""
        if len(self.parameters) == 2:
            return self.variances(self.columns(block))
        return mean_curvature(self.probabilities(self.columns(block)))


@dataclass(frozen=True)
class HessianProduct(Linear):
    """Product of the Hessian of the cross-entropy with a direction.

    Attributes
    ----------
    direction : ndarray of the parameters' shape
    """

    direction: Float64

    def __call__(self, block: Block, probabilities: Float64 | None = None) -> Float64:
        """Sum over a block.

        Parameters
        ----------
        block : Block
        probabilities : ndarray of shape (m, n_classes) or None
            At the parameters; None means that they are not known.
        """
        X = self.columns(block)
        if as_csr(X) is not None:
            return self._of_stored(block, probabilities)
        p = self.probabilities(X) if probabilities is None else probabilities.T
        if p.shape[1] == 1:  # sums of numbers that lie side by side would run in another order
            p = np.repeat(p, 2, axis=1)[:, :1]
        change = self.logits(X, self.direction)
        change -= np.einsum("ij,ij->j", p, change)
        change *= p
        if block.weights is not None:
            change *= block.weights
        return self.pulled_back(X, change)

    def _of_stored(self, block: Block, probabilities: Float64 | None) -> Float64:
        """Sum over a block of sparse rows, part by part."""
        K, d = len(self.parameters), block.X.shape[1]
        none: Float64 = np.empty(0)
        two, one = K == 2, self.fit_intercept
        by = self.direction[1:] - self.direction[:1] if two else self.direction
        level = by[:, d].copy() if one else np.zeros(len(by))
        back, totals = np.zeros((d + one, len(by))), np.zeros(len(by))
        columns, values = np.ascontiguousarray(by[:, :d].T), np.empty(K)
        for part in block.parts(PART):
            X = self.columns(part)
            places = X.data, X.indices, X.indptr
            start = part.first - block.first
            p = self.probabilities(X).T if probabilities is None else probabilities[start:]
            p = np.ascontiguousarray(p[: X.shape[0]])
            if two:
                curvature = part.weigh(p[:, 0] * p[:, 1])
                given = *places, none, curvature, NO_CODES
                add_one_there_and_back(*given, level, columns[:, 0], back[:, 0], totals)
            else:
                weights = none if part.weights is None else part.weights
                add_curved(*places, weights, p, columns, level, values, back, totals)
        if one:
            back[d] = totals
        return np.vstack([-back.T, back.T]) if two else back.T


@dataclass(frozen=True)
class Gram:
    """Products of columns, with a column of ones for intercepts.

    Attributes
    ----------
    center : ndarray of shape (d,) or None
        Subtracted from every row.
    fit_intercept : bool
    """

    center: Float64 | None
    fit_intercept: bool

    def __call__(self, block: Block) -> Float64:
        """Sum over a block."""
        X = centred(block, self.center)
        if self.fit_intercept:
            X = np.column_stack([X, np.ones(X.shape[0])])
        weighted = X if block.weights is None else X * block.weights[:, None]
        gram: Float64 = X.T @ weighted
        return gram


def centred(block: Block, center: Float64 | None) -> Float64:
    """Rows of a block in float64, less a center: a view where nothing is to be done."""
    X: Float64 = np.asarray(block.X, dtype=np.float64)
    return X if center is None else X - center


def mean_curvature(probabilities: Float64) -> Float64:
    """Mean over the classes of p(1 - p), for each row.

    Parameters
    ----------
    probabilities : ndarray of shape (n_classes, m)
    """
    curvature: Float64 = (
        np.einsum("ij,ij->j", probabilities, 1.0 - probabilities) / probabilities.shape[0]
    )
    return curvature


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
