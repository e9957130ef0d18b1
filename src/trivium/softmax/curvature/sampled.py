"""Rows from all over a long table, from which preconditioners are made in the place of all rows.

What m rows say of a block of `size` parameters is off by about √(size/m): a step that goes by them
leaves so much of the error. Beyond some hundred thousand, more rows cost more than they save.
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.softmax.coordinates.problem import Problem, ProblemAt
from trivium.softmax.curvature.squares import SquaresOfColumns
from trivium.softmax.objective.cross_entropy import CrossEntropy

_NUMBERS = 1 << 22  # in the rows that are taken
_ROWS_A_COLUMN = 16  # at least
_TIMES = 4  # as many there have to be: of fewer all are looked at


class SampledProblem(Problem):
    """A problem of some of the rows of another one, in its coordinates.

    Parameters
    ----------
    whole : Problem
    numbers : ndarray of int
        Of the rows.
    """

    def __init__(self, whole: Problem, numbers: Indices) -> None:
        given = whole.objective
        objective = CrossEntropy(
            given.rows.subset(numbers),
            alpha=given.alpha,
            fit_intercept=given.fit_intercept,
            center=given.center,
        )
        super().__init__(objective, whole.frame, whole.dependence)
        self._whole = whole
        self._squares: Float64 | None = None

    def here(self, at: ProblemAt) -> ProblemAt:
        """Return this problem at a point of the other."""
        return ProblemAt(self, self.objective.evaluate(at.plain.parameters))

    def curvature_bound(self, column: int) -> float:
        """Bound the curvature by a column's coefficients, from all rows: one read, the first time.

        It is that where all classes are equally likely.
        """
        if self._squares is None:
            objective = self._whole.objective
            squares = objective.rows.reduce(
                SquaresOfColumns(self._whole.framed), np.add, length=objective.length
            )
            self._squares = squares / objective.total / objective.shape[0]
        return float(self._squares[column])


def rows_sampled(problem: Problem) -> Indices | None:
    """Choose rows of a problem, evenly spaced; None where all are not many times as many."""
    rows = problem.objective.rows
    n, d = rows.shape
    size = max(_ROWS_A_COLUMN * (d + 1), _NUMBERS // d)
    if rows.n_stored is not None or n < _TIMES * size:
        return None
    return np.arange(0, n, -(-n // size))
