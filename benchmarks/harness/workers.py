"""Contenders in processes of their own, each with an environment of its own.

A worker keeps its task and its contenders; asked over a pipe, it answers and does laps by its
own clock. So contenders with different environments still take turns. Between races workers stay,
for what they have imported takes seconds.
"""

import atexit
import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.harness.timing import Absent, Clock, Contender, Lap

_WORKERS: "dict[frozenset[tuple[str, str]], Worker]" = {}


class WorkerLost(Exception):
    """A process ended before it answered; the text says how."""


class Worker:
    """A process that was started with some variables of the environment.

    Parameters
    ----------
    environment : mapping of str to str
        Variables beside those of this process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # Not a daemon, for joblib starts no processes in one.
        self._process = context.Process(target=_serve, args=(theirs,))
        with _variables(environment):
            self._process.start()
        theirs.close()

    def take(self, task: Any) -> None:
        """Send it a task, pickled; it forgets the last one and its contenders."""
        self._ask("take", task)

    def make(self, make: Callable[..., Any], name: str, options: Mapping[str, Any]) -> Contender:
        """Make a contender for its task there, and return one here that asks it.

        Raises
        ------
        WorkerLost
            If the process has ended.
        """
        made = self._ask("make", make, name, dict(options))
        number, role, dtype, most_rounds, compared = made

        def lap(_: Clock) -> Lap:
            found: Lap = self._ask("lap", number)
            return found

        solve = (lambda: self._ask("solve", number)) if compared else None
        return Contender(name, role, dtype, solve, lap, most_rounds)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()

    def _ask(self, what: str, *arguments: Any) -> Any:
        try:
            self._pipe.send((what, arguments))
            good, answer = self._pipe.recv()
        except (EOFError, OSError) as end:
            for key in [key for key, worker in _WORKERS.items() if worker is self]:
                del _WORKERS[key]
            self._process.join(5.0)
            raise WorkerLost(f"ended with {self._process.exitcode}") from end
        if not good:
            raise answer
        return answer


def worker_with(environment: Mapping[str, str]) -> Worker:
    """Return the worker with these variables, which is started once and lives as long as we do."""
    key = frozenset(environment.items())
    if key not in _WORKERS:
        _WORKERS[key] = Worker(environment)
    return _WORKERS[key]


@atexit.register
def dismiss() -> None:
    """End all workers."""
    while _WORKERS:
        _WORKERS.popitem()[1].close()


@contextmanager
def _variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a while, which a process that is started meanwhile inherits."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(pipe: Connection) -> None:
    """Answer until the other end is closed."""
    given: list[Any] = []
    contenders: list[Contender] = []

    def take(task: Any) -> None:
        contenders.clear()
        given[:] = [task]

    def make(function: Callable[..., Any], name: str, options: Mapping[str, Any]) -> Any:
        made = function(given[0], name, **options)
        if isinstance(made, Absent):
            raise TypeError(f"{name}: {made.reason}")
        contenders.append(made)
        number = len(contenders) - 1
        return number, made.role, made.dtype, made.most_rounds, made.solve is not None

    def lap(number: int) -> Lap:
        gc.collect()
        return contenders[number].lap(time.perf_counter)

    def solve(number: int) -> Any:
        answer = contenders[number].solve
        return None if answer is None else answer()

    work = {"take": take, "make": make, "lap": lap, "solve": solve}
    while True:
        try:
            what, arguments = pipe.recv()
        except EOFError:
            return
        try:
            reply = True, work[what](*arguments)
        except Exception as error:  # whatever it is, the other end tells it
            reply = False, error
        del arguments  # a task that is forgotten shall be gone
        pipe.send(reply)
