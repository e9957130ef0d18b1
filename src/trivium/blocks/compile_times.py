"""Say so when a process has compiled for long: who waits may know why, and that it ends."""

import logging
import time
from collections.abc import Callable
from typing import Any

from numba.core import event

_log = logging.getLogger("trivium")


_events: Any = event  # Numba publishes no types.


class CompileClock(event.Listener):
    """Adds up the seconds that Trivium's kernels take to compile, and says so once.

    Numba calls it at the beginning and the end of each function's compilation, one of which
    may fall within another's, and holds its lock meanwhile: no two threads call at once.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    long : float
        After how many seconds it says so.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, *, long: float = 2.0
    ) -> None:
        self._clock = clock
        self._long = long
        self._open: list[bool] = []  # of each function that is being compiled, is it for ours?
        self._began = 0.0
        self._before = 0.0
        self._said = False

    def on_start(self, event: Any) -> None:
        """Begin to count with one of our kernels, and go on with what it calls."""
        kernel = event.data["dispatcher"]
        module = kernel.py_func.__module__ or ""  # None, where a function was made by hand
        ours = self._open[0] if self._open else module.startswith("trivium.")
        if not self._open:
            self._began = self._clock()
        self._open.append(ours)
        self._say_if_long(kernel)

    def on_end(self, event: Any) -> None:
        """Add what the kernel took."""
        self._say_if_long(event.data["dispatcher"])
        if self._open.pop() and not self._open:
            self._before += self._clock() - self._began

    def _say_if_long(self, kernel: Any) -> None:
        if self._said or not self._open[0] or self._seconds() < self._long:
            return
        self._said = True
        folder = kernel.stats.cache_path
        kept = (
            "No folder for it can be written, so that every process does it anew; "
            "name one as NUMBA_CACHE_DIR."
            if folder is None
            else f"That is done once and kept in {folder}."
        )
        _log.info("Compiling loops for this processor: %.1f s so far. %s", self._seconds(), kept)

    def _seconds(self) -> float:
        return self._before + self._clock() - self._began


def watch_compiler() -> None:
    """Say so from now on, in this process."""
    _events.register("numba:compile", CompileClock())
