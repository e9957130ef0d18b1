"""Locks that a fork cannot leave held."""

import os
from threading import RLock
from typing import Any
from weakref import WeakSet

_locks: WeakSet["Lock"] = WeakSet()


class Lock:
    """A lock among the threads of one process.

    A child that was forked while another thread held it finds it open: that thread is not there
    to release it. What the lock guards must therefore be true between any two steps, as with
    results that are kept once they are whole. Whoever holds it may take it again, as a signal's
    handler does.

    Attributes
    ----------
    held : context manager
        Holds the lock within ``with``; written in C, so that no interrupt comes in between.
    """

    def __init__(self) -> None:
        self.held: Any = RLock()
        _locks.add(self)


def _open_all() -> None:
    for lock in _locks:
        lock.held = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_all)
