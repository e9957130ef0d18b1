"""Workers: how many, in which order their results come back, and one BLAS thread for each.

A result here never depends on the number of workers. Work is cut into pieces of a
fixed size, every piece is computed by one thread with one BLAS thread, and results
are taken in the order of the pieces.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import joblib
import scipy.linalg  # noqa: F401 - loads SciPy's BLAS, so that the controller below finds it
from threadpoolctl import ThreadpoolController

from trivium.blocks.crew import Crew

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
        jobs = None
    if jobs is None or isinstance(n_jobs, bool):
        raise TypeError(f"n_jobs={n_jobs!r}: expected an integer or None.")
    if jobs == 0:
        raise ValueError("n_jobs=0 makes no sense: use None for every core, or a number of cores.")
    return jobs if jobs > 0 else max(1, int(joblib.cpu_count()) + 1 + jobs)


def map_in_order(
    function: Callable[[Piece], Result], pieces: Sequence[Piece], n_jobs: int | None = None
) -> Iterator[Result]:
    """Apply a function to each piece on several threads; yield the results in order.

    The caller's thread is one of them. At most two results a worker wait to be taken, so
    that memory stays bounded however many pieces there are.
    """
    # Even to count cores takes as long as a small piece: not for one alone.
    if len(pieces) < 2 or (workers := worker_count(n_jobs)) == 1:
        for piece in pieces:
            yield function(piece)
        return
    crew = Crew(min(workers, len(pieces)) - 1)
    try:
        given = 0
        for wanted in range(len(pieces)):
            while given < min(wanted + 2 * workers, len(pieces)):
                crew.add(given, function, pieces[given])
                given += 1
            yield crew.result(wanted)
    finally:
        crew.close()


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
