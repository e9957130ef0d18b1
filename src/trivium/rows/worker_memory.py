"""Memory of arrays that come and go on a worker: kept while blocks are computed, not given back.

Dask has its workers give back what is freed (`MALLOC_TRIM_THRESHOLD_`), and glibc then asks the
system for each array of a block anew, page by page: a third of a pass. What was kept goes back at
the end of the pass.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from trivium.blocks.locks import Lock

_TRIM, _MMAP = -1, -3  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
_NAME = "MALLOC_TRIM_THRESHOLD_"  # which Dask sets for its workers
_KEPT = 1 << 28
_MMAP_DEFAULT = 1 << 17  # glibc's

_users = 0
_lock = Lock()


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep memory meanwhile, where it is glibc's, and something has said to give it back."""
    global _users
    library = _library()
    if library is None or not os.environ.get(_NAME, "").isdigit():
        yield
        return
    with _lock.held:
        _users += 1
        library.mallopt(_TRIM, _KEPT)
        library.mallopt(_MMAP, _KEPT)
    try:
        yield
    finally:
        with _lock.held:
            _users -= 1
            if not _users:
                library.mallopt(_TRIM, int(os.environ[_NAME]))
                library.mallopt(_MMAP, _MMAP_DEFAULT)
                library.malloc_trim(0)


@lru_cache(maxsize=1)
def _library() -> Any:
    """Return the C library, if it has these functions."""
    try:
        library = ctypes.CDLL(None)
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, TypeError, AttributeError):  # other systems, other libraries
        return None
