"""Models run over the same folds, again and again while there is time."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trivium.comparison.limits import Clock, OutOfTimeError, limited, raise_if_late
from trivium.comparison.settings import BUDGET, FIRST_RUN, Settings
from trivium.signals import pardon_interrupt
from trivium.tabular.choice import FLOOR
from trivium.tabular.folds import Split
from trivium.tabular.task import Parts, Task
from trivium.tabular.training import Training
from trivium.tabular.validation import Progress, Validation, validate, validate_floor

Learner = Callable[[Training], Any]

_MOST_REPEATS = 10
_FOR_RUNS = 0.85  # of a budget; the rest is for checks and the report


class Run(NamedTuple):
    """All rows predicted once, by models that have the same folds.

    Attributes
    ----------
    splits : list of (ndarray of int, ndarray of int)
    found : mapping
        From names of models, and "floor", to what was found.
    """

    splits: list[Split]
    found: Mapping[str, Validation]


@dataclass
class Runs:
    """What came of all runs.

    Attributes
    ----------
    runs : list of Run
        Of the models that have come to the end of the first one.
    failed : dict of str to (str, int)
        Of the others the reason, and how many folds were done.
    notes : list of str
    interrupted : bool
        Whether the user has ended the runs.
    """

    runs: list[Run] = field(default_factory=list)
    failed: dict[str, tuple[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False


def run_once(
    task: Task,
    learners: Mapping[str, Learner],
    settings: Settings,
    clock: Clock,
    progress: Progress,
) -> Runs:
    """Run every model over the same folds.

    Parameters
    ----------
    task : Task
    learners : mapping
        From names of models, from the one that takes the least time, to what fits them.
    settings : Settings
    clock : Clock
        Of the whole comparison.
    progress : callable
    """
    done = Runs()
    splits = task.splits(settings.folds, settings.seed)
    done.runs.append(_first_run(task, splits, learners, settings, clock, done, progress))
    return done


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
    if task.when is not None or len(done.runs[0].found) == 1 or done.interrupted:
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
    """Estimate how long the three take for ten folds, on two cores of a present machine.

    Parameters
    ----------
    task : Task
    width : int
        Columns of the prepared rows.
    """
    n, columns, n_classes = task.codes.size, max(width, 1), task.n_classes
    enough = min(n, 20_000)
    least_squares = 4e-6 * n * columns + 5e-9 * n * columns**2
    softmax = (5e-6 * columns + 5e-5) * n_classes * (n if n == enough else n / 3.0)
    votes = (1e-4 + 4e-5 * n_classes) * (3.0 if task.balanced else 1.0)
    neighbors = enough * (votes + 1e-9 * n * columns)
    return 0.6 + least_squares + softmax + neighbors


def _first_run(
    task: Task,
    splits: list[Split],
    learners: Mapping[str, Learner],
    settings: Settings,
    clock: Clock,
    done: Runs,
    progress: Progress,
) -> Run:
    parts = Parts(task, splits)
    found = {FLOOR: validate_floor(parts)}
    for place, (name, learner) in enumerate(learners.items()):
        seconds = FIRST_RUN
        if settings.budget is not None:
            seconds = (_FOR_RUNS * settings.budget - clock.spent) / (len(learners) - place)
        steps = _Steps(progress)
        try:
            with limited(max(seconds, 0.0), settings.max_memory):
                found[name] = validate(parts, name, learner, steps)
        except (OutOfTimeError, Exception) as error:
            done.failed[name] = (_reason(error, settings, steps, len(splits)), steps.done)
        except (SystemExit, KeyboardInterrupt):
            if len(found) == 1 or not pardon_interrupt():
                raise  # nothing is there to be shown
            done.interrupted = True
            done.failed[name] = ("stopped by you", steps.done)
            for later in list(learners)[place + 1 :]:
                done.failed[later] = ("stopped by you before it began", 0)
            break
    return Run(splits, found)


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
    seconds = math.inf if settings.repeats else _FOR_RUNS * _budget(settings) - clock.spent
    if seconds <= 0.0:
        return None
    splits = task.splits(settings.folds, settings.seed + number)
    parts = Parts(task, splits)
    found = {FLOOR: validate_floor(parts)}
    tell = _Steps(lambda doing: progress(f"run {number + 1}: {doing}"))
    try:
        with limited(min(seconds, FIRST_RUN), settings.max_memory):
            for name in learners:
                if name in done.runs[0].found:
                    found[name] = validate(parts, name, learners[name], tell)
    except (OutOfTimeError, Exception):
        return None
    except (SystemExit, KeyboardInterrupt):
        if not pardon_interrupt():
            raise
        done.interrupted = True
        return None
    return Run(splits, found)


def _budget(settings: Settings) -> float:
    return BUDGET if settings.budget is None else settings.budget


class _Steps:
    """Counts folds, and looks at the clock before each."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._begun = progress, 0

    def __call__(self, doing: str) -> None:
        raise_if_late()
        self._progress(doing)
        self._begun += 1

    @property
    def done(self) -> int:
        return max(0, self._begun - 1)


def _reason(error: BaseException, settings: Settings, steps: _Steps, n_folds: int) -> str:
    """Say why a model has not come to its end, without the value of any cell."""
    if isinstance(error, OutOfTimeError):
        limit = FIRST_RUN if settings.budget is None else settings.budget
        share = "" if settings.budget is None else "its share of "
        return (
            f"out of time after {steps.done} of {n_folds} folds ({share}{limit:g} s): "
            "name a greater --budget"
        )
    if isinstance(error, MemoryError):
        if settings.max_memory is None:
            return "memory ran out"
        return f"needs more memory than {settings.max_memory / 1e6:,.0f} MB"
    words = f": {error}" if settings.show_rows else ""
    return f"failed in fold {steps.done + 1} of {n_folds} ({type(error).__name__}{words})"
