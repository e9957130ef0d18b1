"""A certificate's sums from the evaluation where a fit has ended, if it has edges.

There rows are summed as they come, not about their means. With s = Σ w·(q - e), which is made to
vanish, Σ w·(q - e)·(x - c)ᵀ is Σ w·(q - e)·xᵀ - s·cᵀ: so the gradient is brought about the means c
afterwards, and only rounding goes by the columns' magnitudes about zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.rows.block import Block
from trivium.rows.csr import takes_sparse
from trivium.softmax.certificate.residuals import UNIT, Model, Residuals
from trivium.softmax.objective.cross_entropy import CrossEntropyAt
from trivium.softmax.objective.two_classes import MarginSums, sums_of_margins, terms_of_slabs


class Evaluated(Model):
    """A model whose sums are those of an evaluation.

    Parameters
    ----------
    at : CrossEntropyAt
        Of rows as they come, with edges: of two classes, or of sparse rows.
    coef, intercept : ndarray
        The evaluation's parameters.
    """

    def __init__(self, at: CrossEntropyAt, coef: Float64, intercept: Float64) -> None:
        objective = at.objective
        rows, centred = objective.rows, objective.fit_intercept
        coef = at.parameters[:, : coef.shape[1]]  # as it lies there, sparse rows read it
        super().__init__(rows, coef, intercept, alpha=objective.alpha, centred=centred)
        self._at = at
        self.summed = rows.summary().greatest
        self.offset = float(np.abs(intercept).max())
        if rows.n_stored is None:
            terms = terms_of_slabs(*rows.shape)
        else:
            terms = min(objective.slab, rows.shape[0]) - (-rows.shape[0] // objective.slab)
        self.rounding = (terms + len(coef) + 16) * UNIT

    def sums(self) -> Residuals:
        """Sum what the probabilities leave of all rows."""
        sums, nothing = self._at.sums, np.empty((len(self.coef), 0))
        return Residuals(sums.loss, nothing, sums.balance, sums.edges, sums.size, sums.off)

    def gradient(self, sums: Residuals) -> Float64:
        """Gradient of the objective by the coefficients, for rows about their center."""
        gradient = self._at.gradient[:, : self.coef.shape[1]]
        if not self.linear.center.any():
            return gradient
        return gradient - sums.balance[:, None] / self.total * self.linear.center

    def change(self, values: Float64) -> Float64:
        """Sum the change of the gradient by the step along some values of the classes."""
        if len(values) > 2:
            return super().change(values)
        coef, intercept = self._at.parameters[:, :-1], self._at.parameters[:, -1]
        curved = _Curved(coef[1] - coef[0], float(intercept[1] - intercept[0]))
        objective = self._at.objective
        sums = objective.rows.reduce(curved, MarginSums.merge, length=objective.slab)
        return np.outer(values - values[::-1], sums.products - sums.variance * self.linear.center)


@takes_sparse
@dataclass(frozen=True)
class _Curved:
    """Sums of rows, weighed by p(1 - p), as they come.

    Attributes
    ----------
    by : ndarray of shape (d,)
        The second class's coefficients less the first's.
    level : float
        The intercepts' difference.
    """

    by: Float64
    level: float

    def __call__(self, block: Block) -> Any:
        """Sum over a block."""
        return sums_of_margins(block, None, self.by, self.level, curved=True)
