"""Models run over other folds, again and again while there is time."""

import math
from collections.abc import Mapping

from trivium.blocks.costs import COMPARISON
from trivium.comparison.first_run import FOR_RUNS, Learner, Run, Runs
from trivium.comparison.limits import Clock, OutOfTimeError, limited, raise_if_late
from trivium.comparison.settings import BUDGET, FIRST_RUN, Settings
from trivium.signals import pardon_interrupt
from trivium.tabular.choice import FLOOR
from trivium.tabular.task import Task
from trivium.tabular.validation import Progress, Trial

_MOST_REPEATS = 10
_ALIKE = 3.0  # times the votes, where classes weigh alike


def run_again(
    done: Runs,
    task: Task,
    learners: Mapping[str, Learner],
    settings: Settings,
    clock: Clock,
    width: int,
    progress: Progress,
) -> None:
    """Run the models that have come to an end over other folds, while there is time.

    How many times is decided by counted work, so that it is the same in every run; the clock only
    stops what takes far longer.

    Parameters
    ----------
    done : Runs
        Of the first run; it takes the others, too.
    task, learners, settings, clock
        As of `run_once`.
    width : int
        Columns of the prepared rows.
    progress : callable
    """
    wanted = settings.repeats or planned_repeats(task, width, _budget(settings))
    first = done.runs[0]
    cut = len(first.splits) < done.n_dealt
    if task.when is not None or len(first.found) == 1 or done.interrupted or cut:
        wanted = 1
    for number in range(1, wanted):
        again = _another_run(task, learners, settings, clock, done, number, progress)
        if again is None:
            done.notes.append(
                f"Only {number} of {wanted} runs came to their end: the rest is left out."
            )
            break
        done.runs.append(again)


def planned_repeats(task: Task, width: int, budget: float) -> int:
    """Return how many runs a budget has room for, by counted work.

    Parameters
    ----------
    task : Task
    width : int
    budget : float
        Seconds.

    Returns
    -------
    int
        From 1 to 10.
    """
    return max(1, min(_MOST_REPEATS, int(0.5 * budget / seconds_of_a_run(task, width))))


def seconds_of_a_run(task: Task, width: int) -> float:
    """Estimate how long the three take for ten folds, on one core.

    Parameters
    ----------
    task : Task
    width : int
        Columns of the prepared rows.
    """
    n, columns, n_classes = task.codes.size, max(width, 1), task.n_classes
    enough = min(n, 20_000)
    cost = COMPARISON
    squares = n * columns * (cost.squares_number + cost.squares_pair * columns)
    on_paths = n if n == enough else n / 3.0
    softmax = on_paths * n_classes * (cost.softmax_number * columns + cost.softmax_row)
    votes = cost.votes + cost.votes_class * n_classes
    votes *= _ALIKE if task.balanced else 1.0
    neighbors = enough * (votes + cost.distance * n * columns)
    return 1e-9 * (cost.run + squares + softmax + neighbors)


def _another_run(
    task: Task,
    learners: Mapping[str, Learner],
    settings: Settings,
    clock: Clock,
    done: Runs,
    number: int,
    progress: Progress,
) -> Run | None:
    """Run the models that have come to an end before, or return None if one has not this time."""
    seconds = math.inf if settings.repeats else FOR_RUNS * _budget(settings) - clock.spent
    if seconds <= 0.0:
        return None
    splits = task.splits(settings.folds, settings.seed + number)
    names = [name for name in learners if name in done.runs[0].found]
    trials = {FLOOR: Trial(task), **{name: Trial(task, learners[name]) for name in names}}
    try:
        with limited(min(seconds, FIRST_RUN), settings.max_memory):
            for fold, split in enumerate(splits, start=1):
                part = task.part(*split)
                for name, trial in trials.items():
                    raise_if_late()
                    progress(f"run {number + 1}: {name}, fold {fold} of {len(splits)}")
                    trial.run(part)
    except (OutOfTimeError, Exception):
        return None
    except (SystemExit, KeyboardInterrupt):
        if not pardon_interrupt():
            raise
        done.interrupted = True
        return None
    return Run(splits, {name: trial.validation(splits) for name, trial in trials.items()})


def _budget(settings: Settings) -> float:
    return BUDGET if settings.budget is None else settings.budget
