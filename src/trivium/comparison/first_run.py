"""The first run of all models over the same folds, and what comes of those that do not end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trivium.comparison.limits import Clock, OutOfTimeError, limited
from trivium.comparison.settings import FIRST_RUN, Settings
from trivium.signals import pardon_interrupt
from trivium.tabular.choice import FLOOR
from trivium.tabular.folds import Split
from trivium.tabular.task import Part, Task
from trivium.tabular.training import Training
from trivium.tabular.validation import Progress, Trial, Validation

Learner = Callable[[Training], Any]

FOR_RUNS = 0.85
"""Of a budget; the rest is for checks and the report."""
_LEAST_FOLDS = 2  # of which something can be said
_PATIENCE, _LEAST_PATIENCE = 20.0, 3.0  # times the slowest fold so far, which counts as so long


class Run(NamedTuple):
    """Rows predicted once, by models that have the same folds.

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
    n_dealt : int
        Folds of a run, of which the first may have done fewer.
    """

    runs: list[Run] = field(default_factory=list)
    failed: dict[str, tuple[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    n_dealt: int = 0


def run_once(
    task: Task,
    learners: Mapping[str, Learner],
    settings: Settings,
    clock: Clock,
    progress: Progress,
) -> Runs:
    """Run every model over the same folds.

    It goes fold by fold, so that what time has been enough for is the same folds for all. A model
    that takes more than its share of the time in its first fold, or far longer than ever before in
    a later one, is dropped.

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
    return _FirstRun(task, learners, settings, clock).run(progress)


class _FirstRun:
    def __init__(
        self, task: Task, learners: Mapping[str, Learner], settings: Settings, clock: Clock
    ) -> None:
        self._task, self._settings, self._clock = task, settings, clock
        self._splits = task.splits(settings.folds, settings.seed)
        self._floor = Trial(task)
        self._trials = {name: Trial(task, learner) for name, learner in learners.items()}
        self._slowest: dict[str, float] = {}
        self._done = Runs(n_dealt=len(self._splits))

    def run(self, progress: Progress) -> Runs:
        whole = 0
        try:
            for split in self._splits:
                self._fold(split, progress)
                whole += 1
                if not self._living():
                    break
        except OutOfTimeError:
            self._note("Time was over", whole)
        except (SystemExit, KeyboardInterrupt):
            if whole < _LEAST_FOLDS or not self._living() or not pardon_interrupt():
                raise  # nothing is there to be shown
            self._done.interrupted = True
            self._note("You ended the runs", whole)
        self._done.runs.append(self._kept(whole))
        return self._done

    def _living(self) -> list[str]:
        return [name for name in self._trials if name not in self._done.failed]

    def _left(self) -> float:
        """Return how many seconds the run may go on."""
        budget = self._settings.budget
        whole = FIRST_RUN if budget is None else FOR_RUNS * budget
        return max(0.0, whole - self._clock.spent)

    def _fold(self, split: Split, progress: Progress) -> None:
        with limited(self._left(), self._settings.max_memory):
            part = self._task.part(*split)
        self._floor.run(part)
        for name in self._living():
            number = self._floor.n_folds
            progress(f"{name}, fold {number} of {len(self._splits)}")
            self._try(name, self._trials[name], part)

    def _try(self, name: str, trial: Trial, part: Part) -> None:
        """Let a model do one fold, and drop it if it fails or takes too long."""
        began, left = time.monotonic(), self._left()
        patience = left
        if name in self._slowest:
            patience = min(left, _PATIENCE * max(self._slowest[name], _LEAST_PATIENCE))
        else:
            patience = left / sum(each not in self._slowest for each in self._living())
        try:
            with limited(patience, self._settings.max_memory):
                trial.run(part)
        except (OutOfTimeError, Exception) as error:
            over = isinstance(error, OutOfTimeError) and patience == left
            if over and self._floor.n_folds > 1:
                raise  # the time of all
            self._drop(name, error)
        self._slowest[name] = max(self._slowest.get(name, 0.0), time.monotonic() - began)

    def _drop(self, name: str, error: BaseException) -> None:
        n_done = self._trials[name].n_folds
        self._done.failed[name] = (
            reason_of(error, self._settings, n_done, len(self._splits)),
            n_done,
        )

    def _note(self, why: str, whole: int) -> None:
        if self._living() and whole >= _LEAST_FOLDS:
            self._done.notes.append(
                f"{why} after {whole} of {len(self._splits)} folds: scores and the verdict are of "
                "the rows of these."
            )

    def _kept(self, whole: int) -> Run:
        """Keep the folds that all models have done that were not dropped."""
        if whole < min(_LEAST_FOLDS, len(self._splits)):
            for name in self._living():
                self._drop(name, OutOfTimeError())
        if not self._living():
            floor = Trial(self._task)
            for learn, test in self._splits:
                floor.run(Part(learn, test, None, None))
            return Run(self._splits, {FLOOR: floor.validation(self._splits)})
        kept = self._splits[:whole]
        found = {name: self._trials[name].validation(kept) for name in self._living()}
        return Run(kept, {FLOOR: self._floor.validation(kept), **found})


def reason_of(error: BaseException, settings: Settings, n_done: int, n_folds: int) -> str:
    """Say why a model has not come to its end, without the value of any cell.

    Parameters
    ----------
    error : BaseException
    settings : Settings
    n_done, n_folds : int
        Folds.
    """
    if isinstance(error, OutOfTimeError):
        limit = FIRST_RUN if settings.budget is None else settings.budget
        return (
            f"out of time after {n_done} of {n_folds} folds ({limit:g} s for all models): name a "
            "greater --budget"
        )
    if isinstance(error, MemoryError):
        if settings.max_memory is None:
            return "memory ran out"
        return f"needs more memory than {settings.max_memory / 1e6:,.0f} MB"
    words = f": {error}" if settings.show_rows else ""
    return f"failed in fold {n_done + 1} of {n_folds} ({type(error).__name__}{words})"
