"""Several tasks at a time, each in a process of its own: drawing holds Python's lock."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from trivium.sheet.rendering import Advance, Rendered, render_task
from trivium.signals import held_back, not_for_children

_QUICKEST = 2  # started last, so that no long task is left over at the end


class TaskProcess(SpawnProcess):
    """A process of tasks, told apart from others that the caller may have, which live on."""


class _Context(SpawnContext):
    """Starts them afresh rather than by a fork, which would copy locks that threads may hold."""

    Process = TaskProcess


def render_in_processes(numbers: Sequence[int], advance: Advance, processes: int) -> list[Rendered]:
    """Render tasks in processes of their own; return them in the order of `numbers`.

    If anything is raised meanwhile, an interruption too, the processes are ended.
    """
    context = _Context()
    with not_for_children():  # one of which keeps an account of semaphores
        news = context.SimpleQueue()
    with ProcessPoolExecutor(
        min(processes, len(numbers)), mp_context=context, initializer=_begin, initargs=(news,)
    ) as pool:
        try:
            started = sorted(numbers, key=lambda number: number == _QUICKEST)
            with not_for_children():
                futures = {number: pool.submit(_render, number) for number in started}
            waiting = set(futures.values())
            while waiting:
                _, waiting = wait(waiting, timeout=0.05)
                while not news.empty():
                    advance(*news.get())
            return [futures[number].result() for number in numbers]
        except BaseException:
            with held_back():
                for child in multiprocessing.active_children():
                    if isinstance(child, TaskProcess):
                        child.terminate()
            raise


_news: Any = None


def _begin(news: Any) -> None:
    """Take the queue that reports progress to the parent, leave Ctrl-C to it, and end with it.

    Garbage is not collected: it is little, and the process ends soon. Collections took a
    seventh of the time.
    """
    global _news
    _news = news
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End the process when its parent has ended, however that was: nobody wants the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _render(number: int) -> Rendered:
    return render_task(number, lambda *progress: _news.put(progress))
