"""Where threads run, on systems that let it be said.

A thread that is woken goes where the system expects room. In a virtual machine this is often not
the core that has been idle for a while, which its host may have given to others, but the one of the
thread that woke it. Two threads then share a core until the system sees it, some milliseconds
later: longer than many a fit. So helpers are kept off their caller's core until it has nothing more
to do itself; where as much runs as there are cores, no core is idle, and it is left to the system.
"""

import ctypes
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache


def keep_off_this_core(thread_ids: Iterable[int]) -> None:
    """Let threads run on all of the caller's cores but the one it is on, if some are idle.

    Parameters
    ----------
    thread_ids : iterable of int
        The system's numbers of threads of this process; one that has ended is passed over.
    """
    where = _this_core()
    if where is None:
        return
    cores = os.sched_getaffinity(0)
    try:
        load = os.getloadavg()[0]
    except OSError:  # nobody knows what else runs
        return
    if load < len(cores):
        _allow(thread_ids, cores - {where()} or cores)


def run_anywhere(thread_ids: Iterable[int]) -> None:
    """Let threads run on all of the caller's cores."""
    if _this_core() is not None:
        _allow(thread_ids, os.sched_getaffinity(0))


def _allow(thread_ids: Iterable[int], cores: set[int]) -> None:
    for thread_id in thread_ids:
        with suppress(OSError):  # it has ended
            os.sched_setaffinity(thread_id, cores)


@lru_cache(maxsize=1)
def _this_core() -> Callable[[], int] | None:
    """Find the function that says on which core a thread runs; Python has none."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    found: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return found
