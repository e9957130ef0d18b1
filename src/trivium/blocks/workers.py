"""Workers: how many, in which order their results come back, and one BLAS thread for each.

A result here never depends on the number of workers. Work is cut into pieces of a
fixed size, every piece is computed by one thread with one BLAS thread, and results
are taken in the order of the pieces.
"""

import operator
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Generic, TypeVar

import joblib
import scipy.linalg  # noqa: F401 - loads SciPy's BLAS, so that the controller below finds it
from threadpoolctl import ThreadpoolController

_PIECES_WORTH_THREADS = 2

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
    TypeError
        If it is not an integer.
    """
    if n_jobs is None:
        return int(joblib.cpu_count())
    try:
        jobs = operator.index(n_jobs)
    except TypeError:
        raise TypeError(f"n_jobs={n_jobs!r}: expected an integer or None.") from None
    if jobs == 0:
        raise ValueError("n_jobs=0 makes no sense: use None for every core, or a number of cores.")
    return jobs if jobs > 0 else max(1, int(joblib.cpu_count()) + 1 + jobs)


def map_in_order(
    function: Callable[[Piece], Result], pieces: Sequence[Piece], n_jobs: int | None = None
) -> Iterator[Result]:
    """Apply a function to each piece on several threads; yield the results in order.

    The caller's thread is one of them; the others stay for the next call, because to
    start them takes longer than many a search. At most two results a worker wait to be
    taken, so that memory stays bounded however many pieces there are.
    """
    # Waking threads, and even counting cores, costs about as much as a few pieces.
    few = len(pieces) < _PIECES_WORTH_THREADS
    if few or (workers := worker_count(n_jobs)) == 1:
        yield from map(function, pieces)
        return
    helpers = _helpers(min(workers, len(pieces)) - 1)
    waiting: deque[_Task[Piece, Result]] = deque()
    try:
        for piece in pieces:
            if len(waiting) == 2 * workers:
                yield _first_result(waiting)
            task = _Task(function, piece)
            waiting.append(task)
            with suppress(RuntimeError):  # no more threads, or Python is ending: the caller works
                # In the caller's context, which holds NumPy's handling of errors.
                helpers.submit(copy_context().run, task.run)
        while waiting:
            yield _first_result(waiting)
    finally:
        for task in waiting:
            task.drop()


class _Task(Generic[Piece, Result]):
    """One piece, to be computed by the first thread that comes to it."""

    def __init__(self, function: Callable[[Piece], Result], piece: Piece) -> None:
        self._function = function
        self._piece = piece
        self._taken = Lock()
        self._future: Future[Result] = Future()

    def run(self) -> None:
        """Compute the result, unless another thread does."""
        if self._taken.acquire(blocking=False):
            try:
                self._future.set_result(self._function(self._piece))
            except BaseException as error:
                self._future.set_exception(error)

    def done(self) -> bool:
        """Say whether the result is there."""
        return self._future.done()

    def result(self) -> Result:
        """Wait for the result; raise what was raised when it was computed."""
        return self._future.result()

    def drop(self) -> None:
        """Make sure that nobody computes this piece, or still does so, from now on."""
        if not self._taken.acquire(blocking=False):
            wait([self._future])


def _first_result(waiting: deque[_Task[Piece, Result]]) -> Result:
    """Take the first result; while another thread is at it, compute some of the next ones."""
    first = waiting.popleft()
    first.run()
    for task in waiting:
        if first.done():
            break
        task.run()
    return first.result()


@cache
def _helpers(n_threads: int) -> ThreadPoolExecutor:
    """Threads that wait for work."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="trivium")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)  # threads do not survive a fork


def each_of(
    function: Callable[[Piece], object], pieces: Sequence[Piece], n_jobs: int | None = None
) -> None:
    """Apply a function that writes its own results to each piece on several threads."""
    for _ in map_in_order(function, pieces, n_jobs):
        pass


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread.

    On blocks that fit a cache more threads cost more than they give, and the number of
    threads would show in the last bits of a product. Safe to nest, and to use from
    several threads at once, as long as each worker uses it for itself.
    """
    own = [(library, library.num_threads) for library in _libraries() if _is_per_thread(library)]
    for library, _ in own:
        library.set_num_threads(1)
    _process_limit.enter()
    try:
        yield
    finally:
        _process_limit.leave()
        for library, n_threads in own:
            library.set_num_threads(n_threads)


class _ProcessLimit:
    """Counts who wants one thread of the libraries whose threads the whole process shares.

    The first to come sets the limit, the last to go lifts it, whichever threads they are.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._before: list[tuple[Any, int]] = []

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                shared = [library for library in _libraries() if not _is_per_thread(library)]
                self._before = [(library, library.num_threads) for library in shared]
                self._set([(library, 1) for library in shared])
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._set(self._before)

    @staticmethod
    def _set(limits: list[tuple[Any, int]]) -> None:
        for library, n_threads in limits:
            # threadpoolctl obeys one thread at a time and ignores the others: take over, and
            # give up again, so that a limit which the user set around us can be lifted.
            give_up = getattr(library, "clear_controlling_thread", lambda **_: None)
            give_up(force=True)
            library.set_num_threads(n_threads)
            give_up(force=True)


_process_limit = _ProcessLimit()


@lru_cache(maxsize=1)
def _libraries() -> list[Any]:
    """BLAS libraries that NumPy and SciPy have loaded."""
    libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return libraries


def _is_per_thread(library: Any) -> bool:
    """Whether each thread has its own limit, as with OpenBLAS upon OpenMP."""
    return getattr(library, "threading_layer", None) == "openmp"
