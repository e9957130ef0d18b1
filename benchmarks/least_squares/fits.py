"""Cases that race fits: tall, wide and narrow tables."""

from collections.abc import Sequence

import numpy as np

from benchmarks.harness.results import Case, Race
from benchmarks.harness.settings import choose, line_up
from benchmarks.harness.suite import Disagreement, run_race
from benchmarks.harness.timing import Conditions
from benchmarks.least_squares.peers import ALL, TRIVIUM, make, settings
from benchmarks.least_squares.task import Fitted, Task
from benchmarks.linear.data import labelled_rows

MOST_APART = 1e-8
"""How far coefficients may be apart, of the greatest of them."""


CLASSES = (2, 5)


def tall_case(conditions: Conditions) -> Case:
    """Fit many rows of fifty columns, and of a hundred."""
    n = conditions.size(200_000, 4_000)
    columns = conditions.size(50, 10), conditions.size(100, 20)
    return Case(
        "tall", [_race_of_size(n, d, each, conditions) for d in columns for each in CLASSES]
    )


def wide_case(conditions: Conditions) -> Case:
    """Fit a thousand columns."""
    size = conditions.size(20_000, 1_000), conditions.size(1_000, 100)
    return Case("wide", [_race_of_size(*size, each, conditions) for each in CLASSES])


def narrow_case(conditions: Conditions) -> Case:
    """Fit twenty columns."""
    n = conditions.size(100_000, 3_000)
    return Case("narrow", [_race_of_size(n, 20, each, conditions) for each in CLASSES])


def _race_of_size(n: int, d: int, n_classes: int, conditions: Conditions) -> Race:
    task = Task(*labelled_rows(n, d, n_classes), threads=conditions.threads)
    return race_fits(task, ALL, conditions)


def race_fits(task: Task, names: Sequence[str], conditions: Conditions) -> Race:
    """Race contenders at a fit, each at its best setting."""
    label = f"fit: {task}"
    print(label, flush=True)
    choices = choose(task.smaller(), names, make, settings())
    everyone = line_up(task, names, make, choices)
    return run_race(label, everyone, conditions, agree, items=len(task.X))


def agree(answers: dict[str, Fitted]) -> dict[str, str]:
    """Compare everyone's coefficients and intercepts with Trivium's.

    Raises
    ------
    Disagreement
        If some are further apart than `MOST_APART`.
    """
    said = {}
    for name, found in answers.items():
        apart = float(np.max([*map(_apart, found, answers[TRIVIUM])]))
        if not apart <= MOST_APART:  # NaN is far, too
            raise Disagreement(f"{name}: coefficients are {apart:.1e} apart.")
        said[name] = "" if name == TRIVIUM else f"{apart:.0e} apart"
    return said


def _apart(found: np.ndarray, ours: np.ndarray) -> float:
    return float(np.abs(found - ours).max() / np.abs(ours).max())
