"""One way through a table in files: threads read the next chunk while they work on the last one."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from trivium.arrays import Floats
from trivium.blocks.workers import map_in_order, worker_count
from trivium.rows.number_table import NumberTable

Result = TypeVar("Result")

CHUNK_BYTES = 1 << 24
"""Of rows that are read at once; two such chunks are held, of the one of them no thread reads."""


def chunk_length(table: NumberTable, length: int, n_bytes: int = CHUNK_BYTES) -> int:
    """Return how many rows a chunk has: so many blocks of a length as fit, one at least."""
    size = max(table.dtype.itemsize * table.shape[1], 1)
    return min(max(1, n_bytes // size // length) * length, max(table.shape[0], 1))


def pass_through(
    table: NumberTable,
    n_rows: int,
    tasks_of: Callable[[int, Floats], Sequence[Callable[[], Result]]],
    *,
    n_jobs: int | None = None,
    fresh: bool = False,
) -> Iterator[Result]:
    """Read a table chunk by chunk; yield what the tasks of each chunk return, in order.

    Parameters
    ----------
    table : NumberTable
        With rows.
    n_rows : int
        Of a chunk.
    tasks_of : callable
        Takes the number of a chunk's first row, and its rows; they are overwritten once its
        tasks are done, unless they are `fresh`.
    n_jobs : int or None
    fresh : bool
        Whether each chunk has memory of its own, and is read when those before are done with.
    """
    n, d = table.shape
    readers = table.readers(min(worker_count(n_jobs), d))
    try:
        spare = [np.empty((n_rows, d), dtype=table.dtype) for _ in range(0 if fresh else 2)]
        tasks: Sequence[Callable[[], Any]] = ()
        for number, first in enumerate([*range(0, n, n_rows), n]):
            m = min(n_rows, n - first)
            rows = np.empty((m, d), table.dtype) if fresh else spare[number % 2][:m]
            fills = [partial(reader.fill, rows) for reader in readers] if m else []
            work: list[Callable[[], Any]] = [*fills, *tasks]
            results = map_in_order(_call, work, n_jobs)
            for _ in fills:
                next(results)
            yield from results
            tasks = tasks_of(first, rows) if m else ()
            if fresh:
                yield from map_in_order(_call, tasks, n_jobs)
                tasks = ()
    finally:
        for reader in readers:
            reader.close()


def _call(task: Callable[[], Any]) -> Any:
    return task()
