"""What the probabilities at given parameters leave: sums over rows, with their rounding."""

from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import row_blocks
from trivium.blocks.scaling import column_centers, comparable_weights

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
        Edges p_h p_k of the rows whose hub is h.
    size : float
        Length of p - e.
    off : float
        Probability away from the hub.
    greatest : ndarray of shape (d,)
        Of the columns, centred, by magnitude.
    """

    loss: float
    gradient: Float64
    balance: Float64
    stars: Float64
    size: float
    off: float
    greatest: Float64

    def merge(self, other: "Residuals") -> "Residuals":
        """Take together what two sets of rows leave."""
        return Residuals(
            self.loss + other.loss,
            self.gradient + other.gradient,
            self.balance + other.balance,
            self.stars + other.stars,
            self.size + other.size,
            self.off + other.off,
            np.maximum(self.greatest, other.greatest),
        )


class Model:
    """Rows, labels and weights, and parameters for rows that are centred."""

    def __init__(
        self,
        X: Floats,
        codes: Indices,
        weights: Float64 | None,
        coef: Float64,
        intercept: Float64,
        *,
        alpha: float,
        centred: bool,
    ) -> None:
        self.X, self.codes, self.coef, self.alpha = X, codes, coef, alpha
        self.centred = centred
        self.center = column_centers(X) if centred else np.zeros(X.shape[1])
        self.intercept = intercept + coef @ self.center
        # What may have been rounded on the way to a logit, besides products with the row.
        self.offset = float((np.abs(intercept) + np.abs(coef) @ np.abs(self.center)).max())
        self.weights = comparable_weights(weights)
        self.total = float(X.shape[0] if self.weights is None else self.weights.sum())
        self.blocks = row_blocks(*X.shape)
        block = self.blocks[0].stop - self.blocks[0].start
        self.rounding = (block + len(self.blocks) + coef.shape[0] + 16) * UNIT

    def rows(self, rows: slice) -> Float64:
        """One block of rows, centred, in float64."""
        X = np.asarray(self.X[rows], dtype=np.float64)
        return X - self.center if self.centred else X

    def weigh(self, values: Float64, rows: slice) -> Float64:
        """Multiply one block's values, one or more a row, by the weights."""
        return values if self.weights is None else values * self.weights[rows]

    def probabilities(self, X: Float64) -> tuple[Float64, Float64, Float64]:
        """Probabilities of one block, class by class, with the logits and their log-sum-exp."""
        logits = self.coef @ X.T
        logits += self.intercept[:, None]
        top = logits.max(axis=0)
        p = np.exp(logits - top)
        total = p.sum(axis=0)
        p /= total
        return p, logits, top + np.log(total)

    def residuals(self, rows: slice) -> Residuals:
        """Statistic of one block of rows at the given parameters."""
        X, codes = self.rows(rows), self.codes[rows]
        each = np.arange(X.shape[0])
        p, logits, log_sum = self.probabilities(X)
        hub = p.argmax(axis=0)
        rest, top = without(p, hub)
        off = rest.sum(axis=0)
        rest *= top
        stars = _sum_by_class(self.weigh(rest, rows), hub)
        rest, own = without(p, codes)
        wrong = rest.sum(axis=0)
        lost = np.where(own > 0.5, -np.log1p(-wrong), log_sum - logits[codes, each])
        rest[codes, each] = -wrong
        size = float(self.weigh(np.sqrt(np.einsum("ij,ij->j", rest, rest)), rows).sum())
        rest = self.weigh(rest, rows)
        return Residuals(
            float(self.weigh(lost, rows).sum()),
            rest @ X,
            rest.sum(axis=1),
            stars,
            size,
            float(self.weigh(off, rows).sum()),
            np.maximum(X.max(axis=0), -X.min(axis=0)),
        )

    def surplus(self, rows: slice) -> Float64:
        """Probabilities less the indicators of the classes, with all digits."""
        codes = self.codes[rows]
        p, _, _ = self.probabilities(self.rows(rows))
        rest, _ = without(p, codes)
        rest[codes, np.arange(codes.size)] = -rest.sum(axis=0)
        return rest

    def logit_error(self, sums: Residuals) -> float:
        """Bound what rounding did to the difference of two logits of a row."""
        reach = float(np.abs(self.coef).max(axis=0) @ sums.greatest) + self.offset
        return float(2 * UNIT * ((self.coef.shape[1] + 4) * reach + 16))

    def loss_at_most(self, sums: Residuals) -> float:
        """Bound the loss, and with it the distance to an optimum that is not negative."""
        loss = (sums.loss + self.logit_error(sums) * 2 * sums.size) / self.total
        penalty = 0.5 * self.alpha * float(np.vdot(self.coef, self.coef))
        return float((loss + penalty) * (1 + 4 * self.rounding))

    def divergence_of_rounding(self, sums: Residuals) -> float:
        """Root of the mean variance of the logits' rounding errors."""
        return float(self.logit_error(sums) * np.sqrt(2 * sums.off / self.total))


def without(p: Float64, column: Indices) -> tuple[Float64, Float64]:
    """Probabilities with one of each row set to zero, and that one."""
    each = np.arange(p.shape[1])
    rest, one = p.copy(), p[column, each]
    rest[column, each] = 0.0
    return rest, one


def _sum_by_class(values: Float64, group: Indices) -> Float64:
    """Sum rows' values, which lie class by class, over the rows of each group."""
    total = np.zeros((values.shape[0], values.shape[0]))
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    total[groups] = np.add.reduceat(values[:, order], starts, axis=1).T
    return total
