"""Workers: how many, in which order their results come back, and one BLAS thread for each.

A result here never depends on the number of workers. Work is cut into pieces of a
fixed size, every piece is computed by one thread with one BLAS thread, and results
are taken in the order of the pieces.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import joblib
import scipy.linalg  # noqa: F401 - loads SciPy's BLAS, so that the controller below finds it
from threadpoolctl import ThreadpoolController

_PIECES_WORTH_THREADS = 4

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def worker_count(n_jobs: int | None = None) -> int:
    """Return the number of threads to use.

    Parameters
    ----------
    n_jobs : int or None
        None and -1 mean every core that this process may use (affinity and control
        groups respected), -2 all but one, and so on.

    Raises
    ------
    ValueError
        If `n_jobs` is zero.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs=0 makes no sense: use None for every core, or a number of cores.")
    if n_jobs is None or n_jobs < 0:
        return max(1, int(joblib.cpu_count()) + 1 + (-1 if n_jobs is None else n_jobs))
    return n_jobs


def map_in_order(
    function: Callable[[Piece], Result], pieces: Sequence[Piece], n_jobs: int | None = None
) -> Iterator[Result]:
    """Apply a function to each piece on several threads; yield the results in order.

    At most two results a worker wait to be taken, so that memory stays bounded
    however many pieces there are.
    """
    # Starting threads costs about as much as a few pieces.
    workers = 1 if len(pieces) < _PIECES_WORTH_THREADS else worker_count(n_jobs)
    with one_blas_thread():
        if workers == 1:
            yield from map(function, pieces)
            return
        waiting: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            try:
                for piece in pieces:
                    if len(waiting) == 2 * workers:
                        yield waiting.popleft().result()
                    # In the caller's context, which holds NumPy's handling of errors.
                    waiting.append(pool.submit(copy_context().run, function, piece))
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


class _BlasLimit:
    """Counts who wants one BLAS thread; the first sets the limit, the last lifts it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._limiter: Any = None

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limiter = _controller().limit(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limiter.restore_original_limits()


_limit = _BlasLimit()


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread.

    On blocks that fit a cache more threads cost more than they give, and the number of
    threads would show in the last bits of a product.
    Safe to nest, and to use from several threads at once.
    """
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()
