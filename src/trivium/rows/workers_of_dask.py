"""A cluster of Dask's workers, by the few things that rows need of it.

Another engine has to do the same: keep what a function returns, say who keeps it, do work there,
and end in an error rather than never.
"""

import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import numpy as np

from trivium.blocks.locks import Lock
from trivium.rows.clients import require_client, require_open
from trivium.rows.partitions import Work, work_on

_PATIENCE = 30.0  # seconds without any worker
_LOOK = 2.0  # seconds between two looks for workers
_STALL = 16.0  # seconds in which no worker does anything, and nothing ends
_sending = Lock()  # for settings of Dask's, which are those of all threads
_NO_WARNING = {"distributed.admin.large-graph-warning-threshold": "1TB"}


_log = logging.getLogger("trivium")


class LostError(RuntimeError):
    """Rows or workers that are lost, in one line that says what to do."""


class StalledError(LostError):
    """Nothing ends any more, and no worker does anything."""


class Workers:
    """Dask's workers.

    Parameters
    ----------
    client : distributed.Client

    Raises
    ------
    TypeError
        If it is no client.
    RuntimeError
        If it is closed.
    """

    def __init__(self, client: Any) -> None:
        require_client(client)
        require_open(client)
        self.client = client
        self._futures: list[weakref.ref[Any]] = []

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to be pickled: rows that workers keep belong to this process and its client."""
        raise TypeError(
            "Rows on a cluster cannot be pickled or copied: they belong to this process's client. "
            "Fit nearest neighbours to an array of the rows, or fit again where they are."
        )

    @classmethod
    def current(cls) -> "Workers":
        """Return those of the current client.

        Raises
        ------
        ImportError
            If `distributed` is not installed.
        ValueError
            If there is no client.
        """
        try:
            import distributed
        except ImportError as error:
            raise ImportError(
                "Rows of Dask are learnt from by its workers, and `distributed` is not installed: "
                'pip install "trivium[dask]".'
            ) from error
        current: Any = distributed.default_client  # without types
        try:
            return cls(current())
        except ValueError as error:
            raise ValueError(
                "Rows of Dask are learnt from by its workers, and no client is there. Start both: "
                "from distributed import Client, LocalCluster; client = Client(LocalCluster())."
            ) from error

    def addresses(self) -> list[str]:
        """Return where the workers are, in the order of their addresses."""
        return sorted(self.client.nthreads())

    def keep(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        key: str | None = None,
        worker: str | None = None,
    ) -> Any:
        """Let a worker compute something and keep it while the future returned lives.

        What is sent along is computed with again where a worker is lost.
        """
        import dask

        require_open(self.client)
        where = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
        name = key or f"trivium-{getattr(function, '__name__', 'work')}-{uuid4()}"
        with _sending.held, dask.config.set(_NO_WARNING), _clearly():
            future = self.client.submit(function, *arguments, key=name, pure=False, **where)
        self.watch([future])
        return future

    def watch(self, futures: Sequence[Any]) -> None:
        """Let go of these, too, where an interrupt ends the work."""
        self._futures = [each for each in self._futures if each() is not None]
        self._futures.extend(map(weakref.ref, futures))

    def holders(self, futures: Sequence[Any]) -> list[str | None]:
        """Say of each future which worker keeps it: of several the one that has fewest to keep."""
        require_open(self.client)
        with _clearly():
            who_has = self.client.who_has(list(futures))
        n_kept: dict[str, int] = {}
        chosen = []
        for future in futures:
            own = sorted(who_has.get(future.key) or ())
            holder = min(own, key=lambda one: n_kept.get(one, 0), default=None)
            if holder is not None:
                n_kept[holder] = n_kept.get(holder, 0) + 1
            chosen.append(holder)
        return chosen

    def answers(
        self,
        action: Callable[..., Any],
        data: Sequence[Any],
        known: Sequence[Any],
        firsts: Sequence[int],
        beside: Sequence[tuple[Any, ...]],
    ) -> list[Any]:
        """Let each worker do something with the partitions that it keeps: one task a worker.

        A task may go to another worker, which is needed where the first is lost: there the
        partitions are loaded again.

        Parameters
        ----------
        action : callable
            As of `Work`.
        data, known : sequence of future
            Numbers of each partition; and what is known of the rows besides, or None.
        firsts, beside
            As of `Work`.

        Returns
        -------
        list
            One answer a partition, in their order.

        Raises
        ------
        LostError
            If rows are lost with their worker, no worker is left, or all stand still: tasks that
            do are asked for once more.
        """
        try:
            return self._answers(action, data, known, firsts, beside)
        except StalledError:
            return self._answers(action, data, known, firsts, beside)

    def _answers(
        self,
        action: Callable[..., Any],
        data: Sequence[Any],
        known: Sequence[Any],
        firsts: Sequence[int],
        beside: Sequence[tuple[Any, ...]],
    ) -> list[Any]:
        """Ask once."""
        of_worker: dict[str | None, list[int]] = {}
        for place, holder in enumerate(self.holders(data)):
            of_worker.setdefault(holder, []).append(place)
        tasks = []
        for holder, places in of_worker.items():
            own_firsts, own_beside = [firsts[p] for p in places], [beside[p] for p in places]
            work = Work(action, own_firsts, own_beside, np.geterr())
            own = [data[p] for p in places], [known[p] for p in places]
            tasks.append(self.keep(work_on, work, *own, worker=holder))
        found: list[Any] = [None] * len(data)
        for places, answers in zip(of_worker.values(), self.gather(tasks), strict=True):
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        return found

    def gather(self, futures: Sequence[Any]) -> list[Any]:
        """Wait for results, and bring them here; whatever ends the wait cancels the tasks.

        Of several that fail, the first in their order says why.

        Raises
        ------
        LostError
            As `answers`.
        """
        try:
            with _clearly():
                self._wait(futures)
                failed = [future for future in futures if future.status == "error"]
                found: list[Any] = self.client.gather(failed[:1] or list(futures))
            return found
        except BaseException as error:
            self.cancel(futures)
            if not isinstance(error, Exception):
                self._let_go()
            raise

    def cancel(self, futures: Sequence[Any]) -> None:
        """Cancel tasks that nobody waits for any more; where the cluster is gone, so are they."""
        try:
            self.client.cancel(list(futures))
        except Exception:  # of Dask's, tornado's or the system's: another error is on its way
            _log.debug("Tasks could not be cancelled.", exc_info=True)

    def run(self, function: Callable[[], object]) -> None:
        """Let each worker do something that it can do without; where they are gone, nothing."""
        try:
            self.client.run(function, on_error="ignore")
        except Exception:  # as in `cancel`
            _log.debug("Workers could not be told.", exc_info=True)

    def _wait(self, futures: Sequence[Any]) -> None:
        """Wait until all are done or the first failure is known, as long as there are workers.

        Dask's own `wait` raises an error when the time is up, whose frames would keep the rows.
        """
        one_done = threading.Semaphore(0)
        for future in futures:
            future.add_done_callback(lambda _: one_done.release())
        n_done, lonely, idle = 0, 0.0, 0.0
        while n_done < len(futures):
            if one_done.acquire(timeout=_LOOK):
                n_done, lonely, idle = n_done + 1, 0.0, 0.0
                if _is_settled([future.status for future in futures]):
                    return
            elif not self.client.nthreads():
                lonely += _LOOK
            else:
                lonely, idle = 0.0, 0.0 if self._is_at_work() else idle + _LOOK
            if lonely >= _PATIENCE:
                raise LostError(
                    f"No worker is left at {self.client.scheduler.address}, and none has come for "
                    f"{_PATIENCE:.0f} seconds. Start workers, and begin again."
                )
            if idle >= _STALL:
                raise StalledError(
                    f"The workers of {self.client.scheduler.address} stand still, as they may "
                    "where one was lost while another fetched its rows. Start the cluster anew "
                    "(client.restart()), and begin again."
                )

    def _is_at_work(self) -> bool:
        """Whether some worker is at something, or has died while it was asked."""
        from distributed.comm.core import CommClosedError

        try:
            return bool(self.client.call_stack())
        except CommClosedError:
            return True

    def _let_go(self) -> None:
        """Release all that is kept."""
        for each in self._futures:
            future = each()
            if future is not None:
                future.release()
        self._futures = []


def _is_settled(statuses: Sequence[str]) -> bool:
    """Whether something is lost or cancelled, or has failed and nothing before it may still fail.

    Examples
    --------
    >>> _is_settled(["finished", "error", "pending"]), _is_settled(["pending", "error"])
    (True, False)
    """
    if set(statuses) - {"pending", "finished", "error"}:
        return True
    decided = next((status for status in statuses if status != "finished"), "pending")
    return decided == "error"


@contextmanager
def _clearly() -> Iterator[None]:
    """Say in one line what became of rows or tasks that Dask has lost."""
    from distributed.scheduler import KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise LostError(
            f"Workers died at the same rows, {error.allowed_failures + 1} of them in turn, "
            "as they do where these outgrow their memory. Cut the rows into smaller "
            "partitions, or start workers with more memory, and begin again."
        ) from error
    except CancelledError as error:
        raise LostError(
            "Rows that were sent from this process are lost with their worker, or the cluster is "
            "closed. Load rows from files (trivium.scan, or Dask's readers), which workers can do "
            "again, and begin again."
        ) from error
