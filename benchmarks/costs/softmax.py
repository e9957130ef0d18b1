"""What fits of softmax regression take."""

from functools import partial

import numpy as np
from scipy.linalg.lapack import dpstrf

from benchmarks.costs.experiments import Watch, fitted
from trivium.rows.memory import ArrayRows
from trivium.softmax.coordinates import scaling
from trivium.softmax.coordinates.problem import Problem
from trivium.softmax.coordinates.row_space import row_space
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.curvature.preconditioner import common_block, common_diagonal
from trivium.softmax.objective import row_sums, two_classes
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.solvers import lbfgs as steps
from trivium.softmax.solvers.lbfgs import lbfgs
from trivium.softmax.solvers.protocol import small_gradient


def problem(n: int, d: int, n_classes: int) -> Problem:
    """Rows whose classes overlap."""
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(n, d)), rng.integers(0, n_classes, n)
    rows = ArrayRows(X + 0.1 * codes[:, None], codes, n_classes)
    frame = frame_of(rows.summary(), centred=True)
    return Problem(CrossEntropy(rows, alpha=1e-3, center=frame.center), frame)


def wait_for_nothing() -> None:
    """Let passes run compiled loops at once."""
    for each in (row_sums, two_classes, scaling, steps):
        each.patience.limit = 0.0


def passes(watch: Watch) -> dict[str, float]:
    """Time passes as fits have them: loss, gradient and the step that a solver makes of them."""
    wait_for_nothing()
    counts, times = [], []
    for n, d, n_classes in ((60, 3, 3), (200, 5, 3), (1_000, 200, 5), (1_000, 400, 10)):
        fit = _Fit(problem(n, d, n_classes))
        times.append(watch(fit) / fit.n_passes)
        counts.append((1.0, 4.0 * n * (d + 1) * n_classes))
    return fitted(["pass_start", "number"], counts, times)


class _Fit:
    """Some steps of L-BFGS by the diagonal.

    Attributes
    ----------
    n_passes : float
        Of the last call.
    """

    def __init__(self, problem: Problem, n_steps: int = 30) -> None:
        self._problem, self._n_steps = problem, n_steps
        self._diagonal = common_diagonal(problem)
        self.n_passes = 0.0

    def __call__(self) -> None:
        before = self._problem.objective.cost
        lbfgs(
            self._problem,
            np.zeros(self._problem.objective.shape),
            renew=lambda step, _: None if step else self._diagonal,
            max_iter=self._n_steps,
            stop=small_gradient(0.0),
            observe=lambda *_: None,
        )
        self.n_passes = self._problem.objective.cost - before


def blocks(watch: Watch) -> dict[str, float]:
    """Time blocks of the preconditioner."""
    wait_for_nothing()
    counts, times = [], []
    for size, rounds in ((8, 10), (100, 1), (200, 1), (400, 1)):  # what is brief is soon disturbed
        for n in (2 * size, 16 * size):
            work = partial(common_block, problem(n, size - 1, 3), n)
            times.append(min(watch(work) for _ in range(rounds)))
            counts.append((1.0, n * size**2, size**3))
    return fitted(["block_start", "gram", "inverse"], counts, times)


def space(watch: Watch) -> dict[str, float]:
    """Time the space that rows span, and the factor of products alone."""
    n, d = 256, 4_096
    objective, frame = (wide := problem(n, d, 3)).objective, wide.frame
    factor = _factor(watch, n)
    whole = watch(partial(row_space, objective.rows, frame, 0.0))
    return {
        "space_product": (whole - factor) / (n * n * d),
        "space_factor": _factor(watch, 1_000) / 1_000**3,
    }


def _factor(watch: Watch, n: int) -> float:
    X = np.random.default_rng(0).normal(size=(n, 2 * n))
    products = np.asfortranarray(X @ X.T)
    return watch(lambda: dpstrf(products, lower=1))
