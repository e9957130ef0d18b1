"""Threads that stay, and the pieces of work that a caller shares with them.

To start threads takes longer than many a search, so those that there are wait for the next
one. The caller works too: where helpers are busy, or none can be had, it does everything.

An interrupt (Ctrl-C) may reach the caller between any two steps. What must not be left
half done is therefore a single operation of a queue or a set written in C.
"""

import os
import sys
import threading
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import get_ident
from typing import Any, NamedTuple

from trivium.blocks.cores import keep_off_this_core, run_anywhere

_TICKETS_A_HELPER = 4  # that may wait: while helpers are busy elsewhere, callers ask for no more


class _Outcome(NamedTuple):
    """What became of a piece."""

    number: int
    result: Any
    error: BaseException | None


class Crew:
    """The pieces of one caller, and the helpers that are at them.

    Parameters
    ----------
    n_helpers : int
        At most so many threads besides the caller's.
    """

    def __init__(self, n_helpers: int) -> None:
        self._open: deque[tuple[int, Callable[[], Any]]] = deque()
        self._outcomes: SimpleQueue[_Outcome | None] = SimpleQueue()
        self._kept: dict[int, _Outcome] = {}
        self._present: set[int] = set()
        self._tickets = deque([None] * n_helpers)
        _helpers.grow_to(n_helpers)
        self._is_alone = True
        keep_off_this_core(_helpers.thread_ids)

    def add(self, number: int, function: Callable[[Any], Any], piece: Any) -> None:
        """Let anybody compute a piece, in the caller's context, which holds NumPy's settings."""
        self._open.append((number, partial(copy_context().run, function, piece)))
        if self._tickets and _helpers.call(self):
            self._tickets.pop()

    def result(self, number: int) -> Any:
        """Return the result of a piece, or raise its error; meanwhile work on what is open."""
        while number not in self._kept:
            # The caller's own interrupt is not kept for later. No name for the outcome: an error
            # would hold this frame by its traceback, and this frame the error.
            self._keep(self._finished() or self._work(Exception) or self._awaited())
        _, result, error = self._kept.pop(number)
        if error is not None:
            try:
                raise error
            finally:
                del error
        return result

    def has_work(self) -> bool:
        """Whether a piece is open that nobody has begun."""
        return bool(self._open)

    def take_ticket_back(self) -> None:
        """Be free to ask for another helper in the place of one."""
        self._tickets.append(None)

    def help(self) -> None:
        """Work on what is open; for a helper."""
        me = get_ident()
        self._present.add(me)
        while (outcome := self._work(BaseException)) is not None:
            self._outcomes.put(outcome)
        self._present.discard(me)
        self._outcomes.put(None)
        self.take_ticket_back()

    def close(self) -> None:
        """Give up what is open, and wait for the helpers that are still at a piece."""
        self._open.clear()
        while self._present:
            self._outcomes.get()
        self._kept.clear()  # errors hold frames, and these the crew
        while not self._outcomes.empty():
            self._outcomes.get()
        self._free_helpers()

    def _finished(self) -> _Outcome | None:
        """Return an outcome, if a helper has brought one."""
        with suppress(Empty):
            return self._outcomes.get_nowait()
        return None

    def _awaited(self) -> _Outcome | None:
        """Wait for an outcome, and leave the core to helpers meanwhile."""
        self._free_helpers()
        return self._outcomes.get()

    def _free_helpers(self) -> None:
        """Let helpers run on the caller's core, too, from now on."""
        if self._is_alone:
            self._is_alone = False
            run_anywhere(_helpers.thread_ids)

    def _keep(self, outcome: _Outcome | None) -> None:
        """Keep an outcome until it is wanted; helpers that leave bring none."""
        if outcome is not None:
            self._kept[outcome.number] = outcome

    def _work(self, kept: type[BaseException]) -> _Outcome | None:
        """Compute a piece, if any is open; errors of a kind belong to the outcome."""
        try:
            number, compute = self._open.popleft()
        except IndexError:
            return None
        try:
            return _Outcome(number, compute(), None)
        except kept as error:
            return _Outcome(number, None, error)


class _Helpers:
    """Threads that wait for crews which call them.

    Each has a place, and of two threads with the same place the second leaves. So it does not
    matter where an interrupt stops the caller who starts one: before it is known to be at work,
    when the next caller starts another, or after.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Crew] = SimpleQueue()
        self._at_work: dict[int, object] = {}
        self.thread_ids: list[int] = []

    def grow_to(self, count: int) -> None:
        """Have so many threads, if they can be had; they do not keep Python from ending."""
        with suppress(RuntimeError):  # no more threads, or Python is ending
            while (place := len(self._at_work)) < count:
                one = object()
                # In a single step, as `Thread.start` is not.
                work = self._at_work, place, one, self._calls, self.thread_ids
                start_new_thread(_serve, work)
                self._at_work.setdefault(place, one)

    def call(self, crew: Crew) -> bool:
        """Ask one of them to help, unless many have asked already; say whether it was asked."""
        most = _TICKETS_A_HELPER * len(self._at_work)
        if self._calls.qsize() >= most:
            self._forget_what_is_done()
            if self._calls.qsize() >= most:
                return False
        self._calls.put(crew)
        return True

    def _forget_what_is_done(self) -> None:
        """Take away calls of crews that have nothing to do: no helper was free in their time.

        They would keep others from calling, who may be at their own first piece for long.
        """
        with suppress(Empty):
            for _ in range(self._calls.qsize()):
                crew = self._calls.get_nowait()
                if crew.has_work():
                    self._calls.put(crew)
                else:
                    crew.take_ticket_back()


def _serve(
    at_work: dict[int, object],
    place: int,
    me: object,
    calls: SimpleQueue[Crew],
    thread_ids: list[int],
) -> None:
    """Help whoever calls, unless another thread has this place."""
    if at_work.setdefault(place, me) is not me:
        return
    thread_ids.append(threading.get_native_id())
    threading.current_thread().name = f"trivium-{place + 1}"
    # What `Thread` does for debuggers and for measurements of coverage.
    if trace := threading.gettrace():
        sys.settrace(trace)
    if profile := threading.getprofile():
        sys.setprofile(profile)
    while True:
        calls.get().help()


_helpers = _Helpers()


def _start_anew() -> None:
    """Forget the threads of a parent process: they did not survive the fork."""
    global _helpers
    _helpers = _Helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
