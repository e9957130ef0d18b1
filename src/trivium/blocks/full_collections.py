"""No search of the whole memory for garbage while Trivium's loops are compiled.

Numba makes hundreds of thousands of small objects that stay, and each of Python's full
collections walks over all of them: a fifth of the time that a first answer takes. Young
objects are searched as ever.
"""

import gc
from typing import Any

from numba.core import event

_events: Any = event  # Numba publishes no types.

_SELDOM = 1 << 20  # collections of the middle generation before a full one


class NoFullCollections(event.Listener):
    """Puts full collections off from the start of a kernel's compilation until its end.

    Numba calls it for each function, one of which may be compiled within another, and holds
    its lock meanwhile. Should an interrupt come between, full collections stay seldom, which
    changes no result. Whoever has set other thresholds meanwhile keeps them.

    Parameters
    ----------
    package : str
        Whose kernels these are; nothing is changed while those of others are compiled.
    """

    def __init__(self, package: str = "trivium") -> None:
        self._prefix = f"{package}."
        self._outermost: Any = None
        self._before = 0
        self._meanwhile = (0, 0, 0)

    def on_start(self, event: Any) -> None:
        """Put full collections off, if this is the outermost function."""
        if self._outermost is not None:
            return
        self._outermost = event.data
        young, middle, self._before = self._meanwhile = gc.get_threshold()
        module = event.data["dispatcher"].py_func.__module__ or ""  # None: made by hand
        if module.startswith(self._prefix):
            self._meanwhile = young, middle, _SELDOM
            gc.set_threshold(*self._meanwhile)

    def on_end(self, event: Any) -> None:
        """Let them come as before, if this was the outermost function."""
        if event.data is not self._outermost:
            return
        if gc.get_threshold() == self._meanwhile:
            gc.set_threshold(*self._meanwhile[:2], self._before)
        self._outermost = None


def put_full_collections_off() -> None:
    """Do so from now on, in this process."""
    _events.register("numba:compile", NoFullCollections())
