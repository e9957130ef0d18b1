"""Where to begin: at the optimum of some rows, evenly spaced, which costs a few of their passes.

With m rows for each parameter it is off by about 1/√m. From there the solver of all rows needs
fewer steps, and its first preconditioner is of nearly the right curvature. Where there are very
many rows, more of them are taken than are needed: they cost little beside the steps they save.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.rows.source import Rows
from trivium.softmax.coordinates.problem import Problem, ProblemAt
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers.protocol import Result, Status

_LEAST_ROWS, _ROWS_A_PARAMETER = 1024, 16
_MORE = 4  # times as many rows, where there are enough
# Times fewer rows than there are: else they would cost as much as they save. Found by trial.
_FEWER = 12
_MOST_STEPS = 20
_OF_NOISE = 0.1  # what is left of the gradient, of its standard deviation

Minimise = Callable[..., Result]
"""A solver of `fitting`, which takes a problem, where to begin, tol, and options."""


def pilot_rows(rows: Rows) -> Rows | None:
    """Take some rows; None where all are not many times as many, or a class would be lost."""
    n, d = rows.shape
    m = max(_LEAST_ROWS, _ROWS_A_PARAMETER * (rows.n_classes - 1) * (d + 1))
    if n < _FEWER * m:
        return None
    m = min(n // _FEWER, _MORE * m)
    numbers = np.arange(0, n, n // m)
    counts = np.bincount(rows.codes[numbers], minlength=rows.n_classes)
    return rows.subset(numbers) if counts.all() else None


def pilot_start(problem: Problem, some: Rows, minimise: Minimise) -> Float64:
    """Minimise the penalised loss of some rows, in a problem's coordinates.

    Parameters
    ----------
    problem : Problem
        Of all rows.
    some : Rows
    minimise : callable
    """
    given = problem.objective
    objective = CrossEntropy(
        some, alpha=given.alpha, fit_intercept=given.fit_intercept, center=given.center
    )
    pilot = Problem(objective, problem.frame, problem.dependence)
    tol = _OF_NOISE / some.shape[0] ** 0.5

    def stop(at: ProblemAt) -> Status | None:
        return Status.CONVERGED if np.abs(at.gradient).max() <= tol else None

    def observe(*_: Any) -> None:
        return None

    zeros = np.zeros(given.shape)
    return minimise(pilot, zeros, tol, max_iter=_MOST_STEPS, stop=stop, observe=observe).parameters
