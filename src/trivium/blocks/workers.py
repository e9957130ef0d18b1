"""Workers: how many, in which order their results come back, and one BLAS thread for each.

A result here never depends on the number of workers. Work is cut into pieces of a
fixed size, every piece is computed by one thread with one BLAS thread, and results
are taken in the order of the pieces.
"""

import operator
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from importlib import import_module
from threading import RLock, get_ident
from typing import Any, TypeVar
from weakref import ref

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
        return _cores()
    try:
        jobs = operator.index(n_jobs)
    except TypeError:
        jobs = None
    if jobs is None or isinstance(n_jobs, bool):
        raise TypeError(f"n_jobs={n_jobs!r}: expected an integer or None.")
    if jobs == 0:
        raise ValueError("n_jobs=0 makes no sense: use None for every core, or a number of cores.")
    return min(jobs, _share.get() or jobs) if jobs > 0 else max(1, _cores() + 1 + jobs)


_share: ContextVar[int | None] = ContextVar("share", default=None)


@contextmanager
def at_most(n_threads: int) -> Iterator[None]:
    """Count so many cores at most, in this thread: its share where several processes work.

    Examples
    --------
    >>> with at_most(1):
    ...     worker_count()
    1
    """
    before = _share.set(n_threads)
    try:
        yield
    finally:
        _share.reset(before)


def _cores() -> int:
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    cores = _counted(frozenset(affinity), os.environ.get("LOKY_MAX_CPU_COUNT"))
    share = _share.get()
    return cores if share is None else min(cores, share)


@lru_cache(maxsize=8)
def _counted(_affinity: frozenset[int], _limit: str | None) -> int:
    """Count cores, once while the process may use the same: joblib reads files for it."""
    import joblib  # takes a while, which who looks at a small table need not wait for

    return int(joblib.cpu_count())


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


def one_blas_thread() -> "_OneBlasThread":
    """Keep BLAS to one thread: a context manager, and a decorator.

    On blocks that fit a cache more threads cost more than they give, and the number of
    threads would show in the last bits of a product. Safe to nest, and to use from
    several threads at once, as long as each worker uses it for itself. Whatever ends it lifts
    the limit: an error, or an interrupt at any moment, on the way in and out too.
    """
    return _HELD if _limit.is_set_by(get_ident()) else _OneBlasThread()


class _OneBlasThread(ContextDecorator):
    """One use of `one_blas_thread`.

    An interrupt can stop `__exit__` before its first line, and the error then holds that frame for
    as long as somebody looks at it. So no frame holds this object: its ways in and out know a
    key alone, and the limit is lifted as soon as the `with` statement lets go of the way out.
    """

    __slots__ = ("__enter__", "__exit__")

    def __init__(self) -> None:
        key = object()
        self.__enter__: partial[None] = partial(_limit.enter, key)
        self.__exit__: partial[None] = partial(_limit.leave, key)
        _limit.expected[key] = ref(self.__exit__, partial(_limit.leave, key))

    def _recreate_cm(self) -> "_OneBlasThread":
        return one_blas_thread()


class _HeldAlready(ContextDecorator):
    """A use of `one_blas_thread` within another one of the same thread, which ends later."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        pass

    def _recreate_cm(self) -> Any:
        return one_blas_thread()


class _Limit:
    """Who wants one BLAS thread, each by a key.

    Some libraries have a number of threads for the whole process: the first to come sets the
    limit, the last to go lifts it, whichever threads they are. In others each thread has its own.

    An interrupt may end each method between any two steps, and a signal's handler may fit a
    model there. So every step can be repeated, and what was found before the limit was set is
    forgotten only when it holds again.

    Attributes
    ----------
    expected : dict of weakref.ref
        Calls `leave` for each key whose way out is dropped without having been taken.
    """

    def __init__(self) -> None:
        self.expected: dict[object, ref[Any]] = {}
        self._lock = RLock()
        self._users: dict[object, int] = {}
        self._own: dict[object, list[tuple[Any, int]]] = {}
        self._before: list[tuple[Any, int]] | None = None
        self._is_set = False

    def is_set_by(self, thread: int) -> bool:
        """Whether a `with` statement of this thread holds the limit, so that another need not."""
        return self._is_set and thread in self._users.values()

    def enter(self, key: object) -> None:
        """Set the limit."""
        if own := [each for each in _libraries() if _is_per_thread(each)]:
            self._own[key] = [(library, library.num_threads) for library in own]
            for library in own:
                library.set_num_threads(1)
        try:
            self._lock.acquire()
            self._users[key] = get_ident()
            self._set()
        finally:
            # One operation, which no interrupt comes before, as one could in a `suppress`.
            try:  # noqa: SIM105
                self._lock.release()
            except RuntimeError:  # not held: an interrupt ended the wait
                pass

    def leave(self, key: object, *_error: object) -> None:
        """Lift the limit, if nobody else wants it; for a key that has left do nothing."""
        try:
            self._leave(key)
        except BaseException:  # an interrupt: there may be more to do
            self._leave(key)
            raise

    def _leave(self, key: object) -> None:
        try:
            self._lock.acquire()
            # First, so that a handler of signals which comes now sets a limit of its own.
            self._users.pop(key, None)
            for library, n_threads in self._own.get(key, ()):
                library.set_num_threads(n_threads)
            self._own.pop(key, None)
            if not self._users:
                self._lift()
        finally:
            # One operation here, too.
            try:  # noqa: SIM105
                self._lock.release()
            except RuntimeError:  # not held: an interrupt ended the wait
                pass
        self.expected.pop(key, None)

    def _set(self) -> None:
        if self._is_set:
            return
        shared = [library for library in _libraries() if not _is_per_thread(library)]
        found = [(library, library.num_threads) for library in shared]
        if self._before is None:
            self._before = found
        for library in shared:
            _set_for_all(library, 1)
        self._is_set = True

    def _lift(self) -> None:
        if self._before is None:
            return
        self._is_set = False
        for library, n_threads in self._before:
            _set_for_all(library, n_threads)
        self._before = None

    def before_fork(self) -> None:
        """Let no other thread be at a step while the process is copied."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """Go on in the parent."""
        self._lock.release()

    def begin_in_child(self) -> None:
        """Forget the threads that did not survive the fork, and lift their limit."""
        for key, thread in list(self._users.items()):
            if thread != get_ident():
                self._users.pop(key)
        if not self._users:
            self._lift()
        self._lock.release()


def _set_for_all(library: Any, n_threads: int) -> None:
    """Set the threads of a library that the process shares.

    threadpoolctl obeys one thread at a time and ignores the others: take over, and give up
    again, so that a limit which the user set around us can be lifted.
    """
    give_up = getattr(library, "clear_controlling_thread", lambda **_: None)
    give_up(force=True)
    library.set_num_threads(n_threads)
    give_up(force=True)


_limit = _Limit()
_HELD: Any = _HeldAlready()  # which is used in the same ways
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_limit.before_fork,
        after_in_parent=_limit.after_fork,
        after_in_child=_limit.begin_in_child,
    )


@lru_cache(maxsize=1)
def _libraries() -> list[Any]:
    """BLAS libraries that NumPy and SciPy have loaded.

    threadpoolctl lists them in a callback, where an interrupt is lost, and a library with it: the
    list is complete when it comes out twice.
    """
    found, again = _listed(), _listed()
    while [each.filepath for each in found] != [each.filepath for each in again]:
        found, again = again, _listed()
    return again


def _listed() -> list[Any]:
    from threadpoolctl import ThreadpoolController

    import_module("scipy.linalg")  # loads SciPy's BLAS, so that the controller finds it
    libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return libraries


def _is_per_thread(library: Any) -> bool:
    """Whether each thread has its own limit, as with MKL, and OpenBLAS upon OpenMP."""
    by_openmp = getattr(library, "threading_layer", None) == "openmp"
    return by_openmp or getattr(library, "internal_api", None) == "mkl"
