"""What the probabilities at given parameters leave: sums over rows, with their rounding."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import block_length
from trivium.blocks.scaling import comparable_weights
from trivium.blocks.workers import map_in_order
from trivium.rows.block import Block
from trivium.rows.csr import Csr, as_large_csr, can_take_sparse, takes_sparse
from trivium.rows.source import Rows
from trivium.softmax.objective.gradients import gradient_of, shared_length, shares
from trivium.softmax.objective.stored import (
    PART,
    block_of_stored,
    center_of_stored,
    logits_of,
    moved_rows,
    pull_back,
)
from trivium.softmax.objective.two_classes import gradient_of_two, variances_of_margins

Statistic = TypeVar("Statistic")

_MOST_PASSES = 100  # over what is stored, that products may be: no cost, but what they are worth

UNIT = np.finfo(np.float64).eps / 2


class Residuals(NamedTuple):
    """Sums over rows: what the probabilities at the given parameters leave.

    Attributes
    ----------
    loss : float
        Cross-entropy.
    gradient : ndarray of shape (n_classes, d)
    balance : ndarray of shape (n_classes,)
    stars : ndarray of shape (n_classes, n_classes)
        Edges p_h p_k, summed over the rows whose hub, the likeliest class, is h; of two classes
        some may count from the other, as only an edge's two directions together matter.
    size : float
        Length of p - e.
    off : float
        Probability away from the hub.
    """

    loss: float
    gradient: Float64
    balance: Float64
    stars: Float64
    size: float
    off: float

    def merge(self, other: "Residuals") -> "Residuals":
        """Take together what two sets of rows leave."""
        return Residuals(
            self.loss + other.loss,
            self.gradient + other.gradient,
            self.balance + other.balance,
            self.stars + other.stars,
            self.size + other.size,
            self.off + other.off,
        )


class Linear(NamedTuple):
    """A linear model of centred rows: what the statistics of a certificate are computed with.

    Attributes
    ----------
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
        For centred rows.
    center : ndarray of shape (d,)
        Zero where rows are not centred.
    centred : bool
    """

    coef: Float64
    intercept: Float64
    center: Float64
    centred: bool

    def columns(self, block: Block) -> Any:
        """Return a block's rows, centred, in float64 or as they are stored."""
        return moved_rows(block, self.center if self.centred else None)

    def probabilities(self, X: Float64 | Csr) -> tuple[Float64, Float64, Float64]:
        """Compute probabilities of centred rows, class by class; logits and their log-sum-exp."""
        logits = logits_of(X, self.coef)
        logits += self.intercept[:, None]
        top = logits.max(axis=0)
        p = np.exp(logits - top)
        total = p.sum(axis=0)
        p /= total
        return p, logits, top + np.log(total)

    @takes_sparse
    def residuals(self, block: Block) -> Residuals:
        """Sum what the probabilities leave of a block's rows."""
        given = block, self.center if self.centred else None, self.coef, self.intercept
        if len(self.coef) == 2:
            gradient, sums = gradient_of_two(*given)
        else:
            gradient, sums = gradient_of(*given, edges=True)
        return Residuals(sums.loss, gradient, sums.balance, sums.edges, sums.size, sums.off)

    def surplus(self, block: Block) -> Float64:
        """Compute probabilities less the indicators of the classes, with all digits."""
        p, _, _ = self.probabilities(self.columns(block))
        rest, _ = without(p, block.codes)
        rest[block.codes, np.arange(block.codes.size)] = -rest.sum(axis=0)
        return rest


class Model:
    """Rows and a linear model of them, with bounds on its rounding.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    alpha : float
    centred : bool
        Whether rows are taken about the means of their columns.

    Attributes
    ----------
    rows : Rows
        With comparable weights.
    linear : Linear
        The same parameters, for centred rows.
    total : float
        Sum of the weights.
    offset : float
        Greatest magnitude of what is added to a logit besides products with the row.
    greatest : ndarray of shape (d,)
        Of the columns, centred, by magnitude.
    summed : ndarray of shape (d,)
        Of the columns as products are formed of them.
    rounding : float
        Greatest relative error of a sum over all rows.
    """

    def __init__(
        self, rows: Rows, coef: Float64, intercept: Float64, *, alpha: float, centred: bool
    ) -> None:
        n, d = rows.shape
        summary = rows.summary()
        center = summary.means if centred else np.zeros(d)
        if rows.n_stored is not None:  # columns with zeros stay where they are
            center = center_of_stored(summary, center)
        self.greatest: Float64 = np.maximum(summary.most - center, center - summary.least)
        self.summed = self.greatest
        self.coef, self.alpha = coef, alpha
        laid = coef if rows.n_stored is None else np.asfortranarray(coef)
        self.linear = Linear(laid, intercept + coef @ center, center, centred)
        self.offset = float((np.abs(intercept) + np.abs(coef) @ np.abs(center)).max())
        weights = comparable_weights(rows.weights)
        self.rows = rows.reweighted(weights)
        self.total = float(n if weights is None else weights.sum())
        self._length = block_length(d)
        self._long = self._length if rows.n_stored is None else block_of_stored(rows)
        block, n_blocks = min(max(self._length, self._long), n), -(-n // self._length)
        self.rounding = (block + n_blocks + coef.shape[0] + 16) * UNIT

    def reduce(
        self,
        statistic: Callable[[Block], Statistic],
        merge: Callable[[Statistic, Statistic], Statistic],
    ) -> Statistic:
        """Compute a statistic of all rows, block by block."""
        length = self._long if can_take_sparse(statistic) else self._length
        return self.rows.reduce(statistic, merge, length=length)

    def sums(self) -> Residuals:
        """Sum what the probabilities leave of all rows."""
        return self.reduce(self.linear.residuals, Residuals.merge)

    def gradient(self, sums: Residuals) -> Float64:
        """Gradient of the objective by the coefficients, for rows about their center."""
        return self.alpha * self.coef + sums.gradient / self.total

    def change(self, values: Float64) -> Float64:
        """Sum the change of the gradient by the step along some values of the classes."""
        n_classes, d = self.coef.shape
        length = shared_length(n_classes, d, self.rows.shape[0], self._long)
        if self.rows.n_stored is None or not length:
            return self.reduce(_Balanced(self.linear, values), np.add)
        statistic = _Balanced(self.linear, values, length)
        return self.rows.reduce(statistic, np.add, length=self.rows.shape[0])

    def costs_more_than_steps(self, size: int) -> bool:
        """Whether products of so many columns of sparse rows cost more than a fit of theirs."""
        stored = self.rows.n_stored
        if stored is None:
            return False
        n, d = self.rows.shape
        return n * size * (size + d) > _MOST_PASSES * 4.0 * stored * len(self.coef)

    def logit_error(self) -> float:
        """Bound what rounding did to the difference of two logits of a row."""
        reach = float(np.abs(self.coef).max(axis=0) @ self.summed) + self.offset
        return float(2 * UNIT * ((self.coef.shape[1] + 4) * reach + 16))

    def loss_at_most(self, sums: Residuals) -> float:
        """Bound the loss, and with it the distance to an optimum that is not negative."""
        loss = (sums.loss + self.logit_error() * 2 * sums.size) / self.total
        penalty = 0.0
        if self.alpha > 0:  # else squares of coefficients, of tiny columns say, may leave float64
            penalty = 0.5 * self.alpha * float(np.vdot(self.coef, self.coef))
        return float((loss + penalty) * (1 + 4 * self.rounding))

    def divergence_of_rounding(self, sums: Residuals) -> float:
        """Root of the mean variance of the logits' rounding errors."""
        return float(self.logit_error() * np.sqrt(2 * sums.off / self.total))


def without(p: Float64, column: Indices) -> tuple[Float64, Float64]:
    """Probabilities with one of each row set to zero, and that one."""
    each = np.arange(p.shape[1])
    rest, one = p.copy(), p[column, each]
    rest[column, each] = 0.0
    return rest, one


@takes_sparse
@dataclass(frozen=True)
class _Balanced:
    """Change of the gradient by the step along some values of the classes, summed.

    Attributes
    ----------
    linear : Linear
    values : ndarray of shape (n_classes,)
    shared : int
        As of `gradient_of`.
    """

    linear: Linear
    values: Float64
    shared: int = 0

    def __call__(self, block: Block) -> Float64:
        """Sum over a block."""
        K = len(self.linear.coef)
        if as_large_csr(block.X) is None:
            X = self.linear.columns(block)
            change: Float64 = self._steps(block, X) @ X
        else:
            several = map_in_order(self._pulled_back, list(shares(block, self.shared)))
            back = next(several)
            for more in several:
                back += more
            change = back[:, 0] if K == 2 else back.T
        return np.outer(self.values - self.values[::-1], change) if K == 2 else change

    def _pulled_back(self, block: Block) -> Float64:
        K, d = self.linear.coef.shape
        back = np.zeros((d, 1 if K == 2 else K))
        for part in block.parts(PART):
            X = self.linear.columns(part)
            pull_back(np.atleast_2d(self._steps(part, X)), X, back)
        return back

    def _steps(self, block: Block, X: Any) -> Float64:
        """Weigh rows' steps, shape (n_classes, m); of two classes what both have, (m,)."""
        if len(self.values) == 2:  # whichever is the hub
            coef, intercept = self.linear.coef, self.linear.intercept
            by, level = coef[1] - coef[0], float(intercept[1] - intercept[0])
            return block.weigh(variances_of_margins(X, by, level))
        p, _, _ = self.linear.probabilities(X)
        hub = p.argmax(axis=0)
        step, top = without(p, hub)
        step *= self.values[:, None] - self.values[hub]
        step *= top
        step[hub, np.arange(hub.size)] = -step.sum(axis=0)
        return block.weigh(step)
