"""Contenders, and the rounds in which they are timed in turn."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

Lap = dict[str, float]
"""Seconds of one round by stage."""

Role = Literal["subject", "peer", "limit"]
"""Trivium; another library; work that Trivium cannot do without."""

AS_IT_COMES = ", as it comes"
"""What the name of a contender ends with that is there at its best setting, too."""

Clock = Callable[[], float]

_MOST_TIMES_THE_ROUNDS = 4


def base_name(name: str) -> str:
    """Name of a contender without what tells its setting."""
    return name.removesuffix(AS_IT_COMES)


@dataclass(frozen=True)
class Contender:
    """One library at one task.

    `solve` gives the answer that is compared with those of the others, and warms up;
    None where there is nothing to compare. `lap` does the same work under the clock.
    `setting` says which of its settings it has, where there are several.
    """

    name: str
    role: Role
    dtype: str
    solve: Callable[[], Any] | None
    lap: Callable[[Clock], Lap]
    most_rounds: int | None = None
    setting: str | None = None


@dataclass(frozen=True)
class Absent:
    """A contender that cannot take part, and why."""

    name: str
    role: Role
    dtype: str
    reason: str


@dataclass(frozen=True)
class Conditions:
    """What a run was asked for.

    `budget` are seconds after which a race starts no further round, those of contenders
    with fewer rounds not counted. A race that has done its rounds within `steady` seconds
    goes on until then, for short laps scatter more.
    `pause` are seconds before each lap, in which idle workers of the last contender stop
    spinning.
    """

    threads: int = 2
    rounds: int = 5
    budget: float = 80.0
    steady: float = 4.0
    pause: float = 0.05
    quick: bool = False
    calls: int = 100_000

    def size(self, full: int, quick: int) -> int:
        """Choose a size by the kind of the run."""
        return quick if self.quick else full


def two_steps(
    name: str,
    prepare: Callable[[], Any],
    answer: Callable[[Any], Any],
    *,
    role: Role = "peer",
    dtype: str = "float64",
    finish: Callable[[Any], Any] = lambda found: found,
) -> Contender:
    """Make a contender that prepares once and answers twice.

    Its stages are "first" (preparing and the first answer, for who prepares late shall
    not gain by it), "prepare" (the share of it before that answer) and "again" (another
    answer of the same object). `finish` is outside the clock.
    """

    def lap(clock: Clock) -> Lap:
        start = clock()
        prepared = prepare()
        ready = clock()
        answer(prepared)
        first = clock()
        answer(prepared)
        return {"prepare": ready - start, "first": first - start, "again": clock() - first}

    return Contender(name, role, dtype, lambda: finish(answer(prepare())), lap)


def one_step(
    name: str,
    work: Callable[[], Any],
    *,
    role: Role = "peer",
    dtype: str = "float64",
    compared: bool = True,
    most_rounds: int | None = None,
    finish: Callable[[Any], Any] = lambda found: found,
) -> Contender:
    """Make a contender with the single stage "total"; `finish` is outside the clock."""

    def lap(clock: Clock) -> Lap:
        start = clock()
        work()
        return {"total": clock() - start}

    solve = (lambda: finish(work())) if compared else None
    return Contender(name, role, dtype, solve, lap, most_rounds)


def race(
    contenders: Sequence[Contender],
    conditions: Conditions,
    *,
    clock: Clock = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> list[list[Lap]]:
    """Time the contenders in turn, A B C A B C.

    Returns
    -------
    list of list of dict
        For each contender the laps of its rounds, in their order.
    """
    laps: list[list[Lap]] = [[] for _ in contenders]
    start, apart = clock(), 0.0
    for number in range(_MOST_TIMES_THE_ROUNDS * conditions.rounds):
        most = conditions.budget if number < conditions.rounds else conditions.steady
        if number and clock() - start - apart >= most:
            break
        for own, contender in zip(laps, contenders, strict=True):
            if contender.most_rounds is not None and number >= contender.most_rounds:
                continue
            gc.collect()
            begun = clock()
            sleep(conditions.pause)
            own.append(contender.lap(clock))
            if contender.most_rounds is not None:
                apart += clock() - begun
    return laps


def interleaved_medians(
    functions: dict[str, Callable[[Any], Any]],
    X: Any,
    calls: int,
    clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """Median seconds of a call on one row, the functions taking turns at every row."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(calls):
        row = X[number % len(X)][None]
        for name, function in functions.items():
            start = clock()
            function(row)
            times[name].append(clock() - start)
    return {name: median(each) for name, each in times.items()}
