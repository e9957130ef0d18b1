"""Settings of a peer, and which of them is its best on a task.

A setting is data: variables of the environment, which a library reads when it is loaded, and
options that its maker takes. Each is tried once on a small task; those with variables in a
process of their own.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.harness.machine import AVX2, AVX512, instructions
from benchmarks.harness.timing import AS_IT_COMES, Absent, Contender
from benchmarks.harness.workers import Worker, WorkerLost, worker_with

_LEAST_GAIN = 0.05  # less is noise, and no other setting is raced
_LAPS, _LONG = 12, 0.4

_KERNELS = {AVX512: ("SkylakeX", "Haswell", "Zen"), AVX2: ("Haswell", "Zen")}
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

Make = Callable[..., Contender | Absent]
"""Takes a task, the name of a contender and options of a setting, and says who is absent; a
function of a module, so that another process finds it."""


@dataclass(frozen=True)
class Setting:
    """Variables of the environment and options of the maker, with words for the table."""

    words: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """The best setting of a peer, None where that is as it comes, and how many were tried."""

    setting: Setting | None
    tried: int

    @property
    def words(self) -> str:
        """What the table says of it."""
        best = self.setting.words if self.setting else "as it comes"
        return f"{best}, the best of {self.tried}"


def kernels() -> list[Setting]:
    """Kernels of OpenBLAS that this processor may run, beside those that were asked for here."""
    asked = os.environ.get("OPENBLAS_CORETYPE")
    here = [name for name in _KERNELS.get(instructions(), ()) if name != asked]
    return [Setting(f"{name} kernels", {"OPENBLAS_CORETYPE": name}) for name in here]


def kernels_and_threads() -> list[Setting]:
    """Those kernels, and a single thread."""
    return [*kernels(), Setting("one thread", _ONE_THREAD)]


def options(name: str, values: Iterable[Any]) -> list[Setting]:
    """Values of one option of a maker."""
    return [Setting(f"{name} = {value}", options={name: value}) for value in values]


def choose(
    task: Any, names: Iterable[str], make: Make, settings: Mapping[str, Sequence[Setting]]
) -> dict[str, Choice]:
    """Try the settings of some contenders on a small task.

    Parameters
    ----------
    task : object
        Pickled for other processes.
    names : iterable of str
    make : Make
    settings : mapping of str to sequence of Setting
        Settings beside "as it comes", by name of contender; without any nothing is tried.

    Returns
    -------
    dict of str to Choice
        For the contenders that are installed and have settings.
    """
    usual: dict[str, float] = {}
    for name in names:
        if name not in settings:
            continue
        made = make(task, name)
        if isinstance(made, Contender):
            usual[name] = _seconds(made)
    found: dict[str, list[tuple[float, Setting]]] = {name: [] for name in usual}
    for environment in _environments(settings[name] for name in usual):
        try:
            worker = _given(task, environment)
            for name in usual:
                for setting in settings[name]:
                    if setting.environment == environment:
                        made = _make(task, name, make, setting, worker)
                        found[name].append((_seconds(made), setting))
        except WorkerLost as lost:  # such as kernels that this processor cannot run
            print(f"{environment}: {lost}", flush=True)
    return {name: _best(usual[name], found[name]) for name in usual}


def line_up(
    task: Any, names: Iterable[str], make: Make, choices: Mapping[str, Choice]
) -> list[Contender | Absent]:
    """Make contenders, each at its best setting; as it comes beside it where that is another.

    Those whose setting has variables of the environment are made in processes of their own.
    """
    workers: dict[str, Worker | None] = {}
    everyone: list[Contender | Absent] = []
    for name in names:
        usual = make(task, name)
        choice = choices.get(name)
        if choice is None or isinstance(usual, Absent):
            everyone.append(usual)
        elif choice.setting is None:
            everyone.append(replace(usual, setting=choice.words))
        else:
            setting = choice.setting
            place = str(setting.environment)
            if place not in workers:
                workers[place] = _given(task, setting.environment)
            made = _make(task, name, make, setting, workers[place])
            everyone.append(replace(made, setting=choice.words))
            everyone.append(replace(usual, name=f"{name}{AS_IT_COMES}"))
    return everyone


def _environments(settings: Iterable[Sequence[Setting]]) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for setting in (each for some in settings for each in some):
        if setting.environment not in found:
            found.append(setting.environment)
    return found


def _given(task: Any, environment: Mapping[str, str]) -> Worker | None:
    """Return the worker with these variables, the task given to it; None where there are none."""
    if not environment:
        return None
    worker = worker_with(environment)
    worker.take(task)
    return worker


def _make(task: Any, name: str, make: Make, setting: Setting, worker: Worker | None) -> Contender:
    if worker is not None:
        return worker.make(make, name, setting.options)
    made = make(task, name, **setting.options)
    assert isinstance(made, Contender)  # noqa: S101 - it was one as it comes
    return made


def _seconds(contender: Contender) -> float:
    """Least time of some laps, of which the first warms up."""
    took: list[float] = []
    while len(took) < _LAPS and (len(took) < 2 or sum(took) < _LONG):
        lap = contender.lap(time.perf_counter)
        took.append(lap.get("again", lap.get("total", 0.0)))
    return min(took)


def _best(usual: float, found: Sequence[tuple[float, Setting]]) -> Choice:
    least, setting = min(found, key=lambda each: each[0], default=(usual, None))
    better = least < (1.0 - _LEAST_GAIN) * usual
    return Choice(setting if better else None, 1 + len(found))
