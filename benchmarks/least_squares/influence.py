"""Cases: the influence of every row, and the boundary without each, beside statsmodels.

statsmodels' fit makes and keeps the pseudo-inverse of the columns, as large as the rows,
from which leverages are then one product away; Trivium's keeps no more than moments. So
the stages are fit and influence together, and influence alone. The coefficients without each
row statsmodels finds by as many fits, so that this case is a small one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness.peers import make_or_miss
from benchmarks.harness.results import Case
from benchmarks.harness.suite import Disagreement, run_race
from benchmarks.harness.timing import Clock, Conditions, Contender, Lap, one_step, two_steps
from benchmarks.least_squares.peers import TRIVIUM, classifier, with_ones
from benchmarks.least_squares.task import Task
from benchmarks.linear.data import Array, labelled_rows

FIT = "its fit"
STATSMODELS = "statsmodels OLSInfluence"
MOST_APART = 1e-8


class Measures(NamedTuple):
    """What every row does to the fit, each of shape (n,)."""

    leverage: Array
    loo_residuals: Array
    cooks_distance: Array


def influence_case(conditions: Conditions) -> Case:
    """Measure all rows of one table."""
    n, d = conditions.size(100_000, 1_000), conditions.size(50, 10)
    task = Task(*labelled_rows(n, d, 2), threads=conditions.threads)
    label = f"influence of every row: {task}"
    print(label, flush=True)
    rivals = [
        trivium(task),
        bare_fit(task),
        make_or_miss(STATSMODELS, "float64", lambda: statsmodels(task)),
    ]
    return Case("influence", [run_race(label, rivals, conditions, agree, items=n)])


def trivium(task: Task) -> Contender:
    """Trivium's `influence`."""

    def finish(found: Any) -> Measures:
        return Measures(found.leverage, found.loo_residuals[:, 0], found.cooks_distance)

    return two_steps(
        TRIVIUM,
        lambda: classifier().fit(task.X, task.y),
        lambda model: model.influence(task.X, task.y),
        role="subject",
        finish=finish,
    )


def bare_fit(task: Task) -> Contender:
    """Trivium's fit alone, beside either stage."""

    def lap(clock: Clock) -> Lap:
        start = clock()
        classifier().fit(task.X, task.y)
        took = clock() - start
        return {"first": took, "again": took}

    return Contender(FIT, "limit", "float64", None, lap)


def statsmodels(task: Task) -> Contender:
    """Measure by statsmodels, which computes each when it is asked for."""
    from statsmodels.api import OLS
    from statsmodels.stats.outliers_influence import OLSInfluence

    A = with_ones(task.X)

    def answer(result: Any) -> Measures:
        found = OLSInfluence(result)
        return Measures(found.hat_matrix_diag, found.resid_press, found.cooks_distance[0])

    return two_steps(STATSMODELS, lambda: OLS(task.targets, A).fit(), answer)


def boundaries_case(conditions: Conditions) -> Case:
    """Find the coefficients without each row of one table."""
    n, d = conditions.size(1_000, 100), conditions.size(50, 5)
    task = Task(*labelled_rows(n, d, 2), threads=conditions.threads)
    label = f"coefficients without each row: {task}"
    print(label, flush=True)
    rivals = [
        one_step(TRIVIUM, lambda: boundaries(task), role="subject"),
        make_or_miss(STATSMODELS, "float64", lambda: statsmodels_boundaries(task)),
    ]
    return Case("boundaries", [run_race(label, rivals, conditions, same_boundaries, items=n)])


def boundaries(task: Task) -> Array:
    """Trivium's fit, its influence, and intercepts and coefficients without each row."""
    influence = classifier().fit(task.X, task.y).influence(task.X, task.y)
    coef, intercept = influence.loo_coef(np.arange(len(task.X)))
    return np.hstack([intercept, coef[:, 0]])


def statsmodels_boundaries(task: Task) -> Contender:
    """Do the same by statsmodels."""
    from statsmodels.api import OLS
    from statsmodels.stats.outliers_influence import OLSInfluence

    A = with_ones(task.X)
    return one_step(STATSMODELS, lambda: OLSInfluence(OLS(task.targets, A).fit()).params_not_obsi)


def same_boundaries(answers: Mapping[str, Array]) -> dict[str, str]:
    """Compare with Trivium's.

    Raises
    ------
    Disagreement
        If a coefficient is off by more than `MOST_APART` of the greatest.
    """
    ours, said = answers[TRIVIUM], {}
    for name, found in answers.items():
        apart = float(np.abs(found - ours).max() / np.abs(ours).max())
        if not apart <= MOST_APART:
            raise Disagreement(f"{name}: coefficients are {apart:.1e} apart.")
        said[name] = "agree"
    return said


def agree(answers: Mapping[str, Measures]) -> dict[str, str]:
    """Compare with Trivium's.

    Raises
    ------
    Disagreement
        If a measure is off by more than `MOST_APART` of its greatest value.
    """
    said = {}
    for name, found in answers.items():
        for measure, theirs, ours in zip(Measures._fields, found, answers[TRIVIUM], strict=True):
            apart = float(np.abs(theirs - ours).max() / np.abs(ours).max())
            if not apart <= MOST_APART:
                raise Disagreement(f"{name}: {measure} is {apart:.1e} apart.")
        said[name] = "agree"
    return said
