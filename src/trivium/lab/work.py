"""Work off the event loop: one job at a time, and of those that wait only the last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_log = logging.getLogger("trivium")
_BREATH = 0.005  # seconds in which what a hand has done meanwhile is heard


class Worker(Generic[Job, Result]):
    """Does the last job that was asked for, in a thread.

    While one is done, others replace each other: a stream of moves that is faster than the fits
    never piles up, and its last move is always fitted.

    Parameters
    ----------
    work : callable
        Does a job, in a thread of `threads`.
    done : callable
        Called in the event loop with each job and its result, in order.
    failed : callable
        Called in the event loop with a job and the exception that it raised.
    threads : Executor
    """

    def __init__(
        self,
        work: Callable[[Job], Result],
        done: Callable[[Job, Result], None],
        failed: Callable[[Job, Exception], None],
        threads: Executor,
    ) -> None:
        self._work, self._done, self._failed = work, done, failed
        self._threads = threads
        self._waiting: list[Job] = []  # one, or none
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether a job is being done or waits."""
        return self._task is not None

    def ask(self, job: Job) -> None:
        """Have a job done, in the place of one that still waits."""
        if self._closed:
            return
        self._waiting[:] = [job]
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go_on())

    def close(self) -> None:
        """Begin no other job, and tell no other result."""
        self._closed = True
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                job = self._waiting.pop()
                try:
                    result = await loop.run_in_executor(self._threads, self._work, job)
                except Exception as error:  # told to who asked; the page goes on
                    _log.debug("A job of the lab failed.", exc_info=True)
                    self._failed(job, error)
                else:
                    self._done(job, result)
                await asyncio.sleep(_BREATH)
        finally:
            self._task = None
