"""A penalised likelihood, and how good parameters are: recomputed in plain NumPy."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from benchmarks.linear.data import Array

GRADIENT = 1e-7
"""What the greatest entry of the mean loss's gradient is to be, unless a problem says another."""


class Quality(NamedTuple):
    """The objective at some parameters, and the greatest entry of its gradient."""

    objective: float
    gradient: float


@dataclass(frozen=True)
class Problem:
    """Rows of shape (n, d), float64, sparse or not, and classes 0, 1, ..., two or more.

    The objective is the mean cross-entropy + alpha/2·‖coef‖², the intercepts free, with alpha = 1/n
    unless `penalty` says another: scikit-learn's with C = 1/(alpha·n), over n. Of two classes
    scikit-learn has one row of coefficients, twice the second's here, and C is twice that.
    """

    name: str
    X: Any
    y: Array
    threads: int = 2
    penalty: float | None = None
    gradient: float = GRADIENT

    @property
    def alpha(self) -> float:
        """The penalty."""
        return 1.0 / self.X.shape[0] if self.penalty is None else self.penalty

    @property
    def C(self) -> float:
        """scikit-learn's word for it."""
        return (2.0 if self.n_classes == 2 else 1.0) / (self.alpha * self.X.shape[0])

    @cached_property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.y.max()) + 1

    @property
    def n_unknowns(self) -> int:
        """Number of coefficients and intercepts."""
        return self.n_classes * (self.X.shape[1] + 1)

    def smaller(self) -> "Problem":
        """Take a few rows of every class."""
        rows = np.concatenate([np.flatnonzero(self.y == c)[:5] for c in range(self.n_classes)])
        return replace(self, X=self.X[rows], y=self.y[rows])

    def judge(self, coef: Array, intercept: Array) -> Quality:
        """Recompute the objective and its gradient.

        Parameters
        ----------
        coef : ndarray of shape (n_classes, d)
            Or of two classes the second's less the first's, of shape (1, d).
        intercept : ndarray of shape (n_classes,) or (1,)
        """
        if len(coef) < self.n_classes:
            coef = np.vstack([-0.5 * coef, 0.5 * coef])
            intercept = np.append(-0.5 * intercept, 0.5 * intercept)
        n = self.X.shape[0]
        logits = self.X @ coef.T + intercept
        log_sums = logsumexp(logits, axis=1)
        own = logits[np.arange(n), self.y]
        objective = np.mean(log_sums - own) + 0.5 * self.alpha * np.vdot(coef, coef)
        missing = np.exp(logits - log_sums[:, None])
        missing[np.arange(n), self.y] -= 1.0
        by_coef = (self.X.T @ missing).T / n + self.alpha * coef
        by_intercept = missing.mean(axis=0)
        return Quality(
            float(objective), float(max(np.abs(by_coef).max(), np.abs(by_intercept).max()))
        )

    def __str__(self) -> str:
        n, d = self.X.shape
        return f"{self.name}: {n:,} rows, {d} columns, {self.n_classes} classes"
