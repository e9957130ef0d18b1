"""A fit: rows, classes and the indicator targets that the peers are given."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from benchmarks.linear.data import Array

_ROWS_OF_TRIALS = 50_000


class Fitted(NamedTuple):
    """Coefficients of shape (n_targets, d) and intercepts, for Trivium's targets."""

    coef: Array
    intercept: Array


@dataclass(frozen=True)
class Task:
    """Rows of shape (n, d), float64, and classes 0, 1, ..."""

    X: Array
    y: Array
    threads: int = 2

    @cached_property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.y.max()) + 1

    @cached_property
    def targets(self) -> Array:
        """-1 and +1 for two classes, of shape (n,), else one 0/1 column a class."""
        if self.n_classes == 2:
            return np.where(self.y == 1, 1.0, -1.0)
        return np.eye(self.n_classes)[self.y]

    def smaller(self) -> "Task":
        """Take fewer rows, some of every class, to try settings on."""
        return Task(self.X[:_ROWS_OF_TRIALS], self.y[:_ROWS_OF_TRIALS], self.threads)

    def __str__(self) -> str:
        n, d = self.X.shape
        return f"{n:,} rows, {d:,} columns, {self.n_classes} classes"
