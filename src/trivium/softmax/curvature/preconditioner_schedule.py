"""When a better preconditioner is worth its price."""

import math

from trivium.blocks.costs import SOFTMAX
from trivium.blocks.properties import cached_property
from trivium.softmax.coordinates.problem import Problem, ProblemAt
from trivium.softmax.curvature.preconditioner import class_blocks, common_block, common_diagonal
from trivium.softmax.curvature.sampled import SampledProblem, rows_sampled
from trivium.softmax.solvers.protocol import Inverse

# How much to spend, by trial: these are no costs.
_ROWS, _ROWS_OF_TWO = 4, 16  # times n/size, which costs less than a pass each
_FIRST = 5.0  # passes, until probabilities say where the curvature is
_GROWTH = 1.5
_MOST_PASSES = 200  # that a preconditioner may cost
_DEAR = 40.0  # passes, above which the first one is to prove its worth


class PreconditionerSchedule:
    """Renews the preconditioner when the steps since the last time have cost as much.

    So the sum of both is at most twice what it need be; and none is made for the few passes
    that the present rate of convergence leaves. For the same reason a block that costs many passes
    is not made before the diagonal has been tried for as many.

    Parameters
    ----------
    problem : Problem
    tol : float
    warm : bool
        Whether the start is a guess better than zero.
    known : Inverse or None
        The first one, if it is known from elsewhere.
    """

    def __init__(
        self, problem: Problem, tol: float, *, warm: bool, known: Inverse | None = None
    ) -> None:
        n, n_classes = problem.objective.rows.shape[0], problem.objective.shape[0]
        size = problem.unit.size
        self._problem, self._tol, self._warm, self._known = problem, tol, warm, known
        self._numbers = rows_sampled(problem)
        n_looked_at = n if self._numbers is None else self._numbers.size
        two = n_classes == 2  # whose one block is all of the curvature, but for what is left out
        most = _ROWS_OF_TWO if two else _ROWS
        share = n_looked_at / size
        self._rows = int(min(n_looked_at, max(2 * size, min(32 * share, 8 * size), most * share)))
        self._common_rows = 16 * size
        stored = problem.objective.rows.n_stored
        n_blocks = 1 if two else n_classes
        numbers = n * size if stored is None else stored
        one_pass = SOFTMAX.pass_start + 4.0 * SOFTMAX.number * numbers * n_blocks
        self._common = _of_block(min(n, 16 * size), size) / one_pass
        self._blocks = n_blocks * _of_block(self._rows, size) / one_pass + 1.0
        self._interval = max(_FIRST, self._blocks)
        # The one of a pilot fit has little to gain.
        self._wait = max(_FIRST, 0.2 * self._blocks) if known is None else 2.0 * self._interval
        if known is None and self._tries_diagonal:
            self._wait = self._interval
        self._since = 0.0
        self._norm = math.inf

    @property
    def is_diagonal(self) -> bool:
        """Whether all that it ever answers with is the diagonal."""
        return self._common > _MOST_PASSES

    @property
    def _tries_diagonal(self) -> bool:
        """Whether it begins with the diagonal, as the block costs many passes."""
        return self._common > _DEAR and (not self._warm or self._blocks > _DEAR)

    def __call__(self, step: int, at: ProblemAt) -> Inverse | None:
        """Return a new preconditioner if one is due."""
        passed = self._problem.objective.cost - self._since
        norm = at.seen.norm
        if step == 0:
            made: Inverse = self._first(at)
        elif (
            self.is_diagonal
            or passed < self._wait
            or self._remaining(passed, norm) < 0.5 * self._blocks
        ):
            return None
        else:
            self._wait, self._interval = self._interval, self._interval * _GROWTH
            made = self._blocks_at(at)
        self._since, self._norm = self._problem.objective.cost, norm
        return made

    def _first(self, at: ProblemAt) -> Inverse:
        if self._known is not None:
            return self._known
        if self.is_diagonal or self._tries_diagonal:
            return common_diagonal(self._problem)
        if self._warm and self._blocks <= _MOST_PASSES:
            return self._blocks_at(at)
        return common_block(self._sample or self._problem, self._common_rows)

    def _blocks_at(self, at: ProblemAt) -> Inverse:
        if self._sample is not None:
            return class_blocks(self._sample, self._sample.here(at), self._rows)
        return class_blocks(self._problem, at, self._rows)

    @cached_property
    def _sample(self) -> SampledProblem | None:
        """Take the rows that stand for all, when they are first wanted."""
        return None if self._numbers is None else SampledProblem(self._problem, self._numbers)

    def _remaining(self, passed: float, norm: float) -> float:
        """Estimate the passes to come by the rate since the last renewal."""
        if not norm < self._norm or not 0 < self._tol < norm:
            return math.inf
        return passed * math.log(norm / self._tol) / math.log(self._norm / norm)


def _of_block(n_rows: int, size: int) -> float:
    """Return what a block takes."""
    return SOFTMAX.block_start + (SOFTMAX.gram * n_rows + SOFTMAX.inverse * size) * size**2
