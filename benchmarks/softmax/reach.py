"""How each contender gets to the same gradient: which tolerance, how many iterations.

Every library stops by a rule of its own. So its tolerance is lowered in powers of ten,
outside the clock, until the gradient recomputed from its parameters is small enough;
what is timed is the fit with that tolerance.
"""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.harness.tables import show_seconds
from benchmarks.harness.timing import Contender, one_step
from benchmarks.softmax.peers import Approach, approaches
from benchmarks.softmax.problem import Problem, Quality

_LEAST_ITERATIONS, _MOST_ITERATIONS = 20, 100_000
_SOME = 5
_LONG = 10.0  # seconds of a fit that is not repeated


class Unreached(Exception):
    """A contender did not get to the gradient; the text says how far it came."""


@dataclass(frozen=True)
class Reached:
    """The loosest tolerance that is enough, and where it leads.

    `passes` and `gap` are what Trivium says of itself, where it does.
    """

    tolerance: float
    most_iterations: int
    quality: Quality
    iterations: int
    seconds: float
    passes: float | None = None
    gap: float | None = None


def reach(approach: Approach, problem: Problem, budget: float) -> Reached:
    """Find the tolerance.

    Parameters
    ----------
    approach : Approach
    problem : Problem
    budget : float
        Seconds that one fit may take, about; all of them may take three times that.

    Raises
    ------
    Unreached
        If no tolerance leads there in that time.
    """
    if approach.most_unknowns is not None and problem.n_unknowns > approach.most_unknowns:
        raise Unreached(f"left out: a matrix of {problem.n_unknowns:,} rows and columns")
    most = _iterations_within(budget, approach, problem)
    spent, least = 0.0, np.inf
    for tolerance in approach.tolerances:
        found = fit_with(approach, problem, tolerance, most)
        if found.quality.gradient <= problem.gradient:
            return found
        spent, least = spent + found.seconds, min(least, found.quality.gradient)
        if found.iterations >= most or spent > 3 * budget:
            break
    raise Unreached(f"did not reach it: {least:.0e} after {show_seconds(spent)}")


def _iterations_within(budget: float, approach: Approach, problem: Problem) -> int:
    """Compare some iterations with a single one, after a fit of few rows that only warms up."""
    tightest = approach.tolerances[-1]
    _timed_fit(approach, problem.smaller(), tightest, 1)
    _, one = _timed_fit(approach, problem, tightest, 1)
    if one > budget / _SOME:
        raise Unreached(f"left out: {show_seconds(one)} for one iteration")
    model, some = _timed_fit(approach, problem, tightest, _SOME)
    an_iteration = max((some - one) / max(_iterations(model) - 1, 1), 1e-6)
    return int(np.clip(budget / an_iteration, _LEAST_ITERATIONS, _MOST_ITERATIONS))


def _iterations(model: Any) -> int:
    return int(np.max(model.n_iter_))


def _timed_fit(
    approach: Approach, problem: Problem, tolerance: float, most_iterations: int
) -> tuple[Any, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is measured
        start = time.perf_counter()
        model = approach.make(tolerance, most_iterations).fit(problem.X, problem.y)
        return model, time.perf_counter() - start


def fit_with(
    approach: Approach, problem: Problem, tolerance: float, most_iterations: int
) -> Reached:
    """Fit once, and judge the parameters."""
    model, seconds = _timed_fit(approach, problem, tolerance, most_iterations)
    return Reached(
        tolerance,
        most_iterations,
        problem.judge(model.coef_, model.intercept_),
        _iterations(model),
        seconds,
        getattr(model, "n_passes_", None),
        getattr(model, "optimality_gap_", None),
    )


def contender(approach: Approach, problem: Problem, reached: Reached) -> Contender:
    """Make a contender that fits with the tolerance that was found."""

    def fit() -> None:
        _timed_fit(approach, problem, reached.tolerance, reached.most_iterations)

    made = one_step(
        approach.name,
        fit,
        role=approach.role,
        most_rounds=1 if reached.seconds > _LONG else None,
    )
    return replace(made, solve=lambda: reached)


@dataclass(frozen=True)
class Fits:
    """A problem, and how those got to the gradient who do."""

    problem: Problem
    reached: Mapping[str, Reached]


def make(fits: Fits, name: str) -> Contender:
    """Make one of them again, whose answer is what it reaches here."""
    (approach,) = (each for each in approaches(fits.problem) if each.name == name)
    found = fits.reached[name]
    made = contender(approach, fits.problem, found)

    def solve() -> Reached:
        return fit_with(approach, fits.problem, found.tolerance, found.most_iterations)

    return replace(made, solve=solve)
