"""Time and memory that a model may take: what runs over is stopped, and others go on."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from trivium.signals import is_delicate, raise_if_stopped
from trivium.tables.errors import TableError

_TICK = 0.5  # seconds
_ROOM = 1 << 28  # bytes


class OutOfTimeError(BaseException):
    """Time is over. No `except Exception` of a library may catch it."""


class Clock:
    """What is spent of a budget.

    Parameters
    ----------
    seconds : float
        From now on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began


@contextmanager
def limited(seconds: float, memory: int | None = None) -> Iterator[None]:
    """Stop what runs in the block when its time is over, or when it asks for too much memory.

    In the main thread of a system that has alarms, work is stopped wherever it is, but not while
    something is compiled or imported; elsewhere only where `raise_if_late` is asked. Alarms come
    again and again: one is lost if it comes while a library calls back into Python. Memory is
    limited where the system can do so.

    Parameters
    ----------
    seconds : float
    memory : int or None
        Bytes, of the whole process; no limit if it has more already.

    Raises
    ------
    OutOfTimeError
        In the block.
    MemoryError
        In the block.
    """
    with _memory_limited(memory), _alarmed(seconds):
        yield


_ends: list[float] = []


def raise_if_late() -> None:
    """Raise OutOfTimeError in a block of `limited` whose time is over."""
    if _ends and time.monotonic() >= _ends[-1]:
        raise OutOfTimeError


@contextmanager
def _alarmed(seconds: float) -> Iterator[None]:
    _ends.append(time.monotonic() + seconds)
    alarms = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, _on_alarm) if alarms else None
    try:
        if alarms:
            signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 1e-3), _TICK), _TICK)
        raise_if_late()
        yield
    finally:
        _ends.pop()  # from here on an alarm does nothing
        if alarms and not _ends:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        if alarms:
            signal.signal(signal.SIGALRM, before)


def _on_alarm(_number: int, frame: FrameType | None) -> None:
    if not is_delicate(frame):
        raise_if_stopped()
        raise_if_late()


@contextmanager
def _memory_limited(memory: int | None) -> Iterator[None]:
    if memory is None:
        yield
        return
    try:
        import resource

        addressed, resident = _pages()
    except (ImportError, OSError):  # not this system
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    allowed = addressed + max(0, memory - resident)
    resource.setrlimit(resource.RLIMIT_AS, (min(allowed, _ceiling(before[1])), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def require_memory(memory: int | None) -> None:
    """Raise unless a limit leaves room to work in.

    Linear algebra ends the whole process where it gets no room for its threads.

    Raises
    ------
    TableError
        If this process has nearly as much already.
    """
    try:
        resident = _pages()[1]
    except (ImportError, OSError):  # not this system
        return
    if memory is not None and memory < resident + _ROOM:
        raise TableError(
            f"--max-memory: this process needs {(resident + _ROOM) / 1e6:,.0f} MB at least, not "
            f"{memory / 1e6:,.0f} MB"
        )


def _ceiling(hard: int) -> int:
    import resource

    return (1 << 62) if hard == resource.RLIM_INFINITY else hard


def _pages() -> tuple[int, int]:
    """Return how many bytes this process addresses, and how many of them are in memory."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        addressed, resident = file.read().split()[:2]
    page = resource.getpagesize()
    return int(addressed) * page, int(resident) * page
