"""How the command line ends when it is told to.

A signal becomes an exception, so that nothing half-written stays behind.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_stopped_by: list[int] = []
_held_back = 0
_may_go_on = 0
_LOCKED = frozenset({"numba", "llvmlite", "importlib", "logging"})


def obey() -> None:
    """End tidily when told to, and silently when nobody reads the output any more."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and _is_ignored(number)):  # as by nohup
            signal.signal(number, stop)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) == signal.SIG_IGN


def stop(number: int, frame: FrameType | None) -> None:
    """Leave by an exception.

    It is lost if the signal comes while a library calls back into Python; `raise_if_stopped`
    makes up for it.
    """
    _stopped_by.append(number)
    if not _held_back and not (_may_go_on and is_delicate(frame)):
        raise_if_stopped()


def raise_if_stopped() -> None:
    """Raise SystemExit, with a shell's code for the signal, if one has come."""
    if _stopped_by:
        raise SystemExit(128 + _stopped_by[0])


@contextmanager
def held_back() -> Iterator[None]:
    """Obey signals at the end of the outermost block, which has to be done whole, and is soon."""
    global _held_back
    _held_back += 1
    try:
        yield
    finally:
        _held_back -= 1
    if not _held_back:
        raise_if_stopped()


@contextmanager
def pipes_may_break() -> Iterator[None]:
    """Raise where a process at the other end of a pipe has gone, instead of ending silently."""
    if not hasattr(signal, "SIGPIPE"):
        yield
        return
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, before)


@contextmanager
def not_for_children() -> Iterator[None]:
    """Keep from processes that are started in the block what a terminal tells all of them.

    Their parent is told, and ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_delicate(frame: FrameType | None) -> bool:
    """Whether code runs that an exception between two steps would leave half done for ever.

    Compiling and importing hold locks of the whole process: what is torn out of them may keep one,
    and whoever compiles next waits without end.
    """
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _LOCKED:
            return True
        frame = frame.f_back
    return False


@contextmanager
def work_may_go_on() -> Iterator[None]:
    """Have a signal wait where it would do harm to what comes after the block.

    It is the block's part to call `raise_if_stopped` now and then.
    """
    global _may_go_on
    _may_go_on += 1
    try:
        yield
    finally:
        _may_go_on -= 1


def pardon_interrupt() -> bool:
    """Forget that the user has pressed Ctrl-C, once; return whether that is all that has come."""
    if _stopped_by != [signal.SIGINT]:
        return False
    _stopped_by.clear()
    return True
