"""Rows in files, loaded by the workers of a cluster: each reads its partitions from the files."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.arrays import Floats
from trivium.rows.cluster import DaskRows, Shard
from trivium.rows.number_table import NumberTable
from trivium.rows.workers_of_dask import Workers

_MOST_BYTES = 1 << 26  # of a partition, where reading may begin so often
_AT_LEAST = 16  # partitions, of a small table


def rows_on_workers(client: Any, table: NumberTable) -> DaskRows:
    """Let workers read a table; where one is lost, others read its partitions from the files again.

    Parameters
    ----------
    client : distributed.Client
    table : NumberTable

    Raises
    ------
    ValueError
        If the files are no longer what they were, or a worker finds none there.
    RuntimeError
        If no worker is there, or the client is closed.
    """
    workers = Workers(client)
    shards = []
    for start, stop in partitions_of(table):  # for whichever workers there are, and will be
        shards.append(Shard(workers.keep(loaded, table, start, stop), stop - start))
    return DaskRows(workers, shards, table.shape[1], table.dtype, where=table.where)


def partitions_of(table: NumberTable) -> list[tuple[int, int]]:
    """Cut a table where reading may begin, into partitions of about the same size.

    They do not depend on the workers, so that these do not show in the last bits of a fit.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> files = SimpleNamespace(shape=(64, 2), dtype=np.dtype(float), starts=(0, 3, 7, 9, 60))
    >>> partitions_of(files)
    [(0, 7), (7, 60), (60, 64)]
    """
    n, d = table.shape
    starts: Sequence[int] = table.starts
    length = min(-(-n // _AT_LEAST), _MOST_BYTES // (d * table.dtype.itemsize))
    firsts = [0]
    while True:
        place = bisect_left(starts, firsts[-1] + max(length, 1))
        if place == len(starts) or starts[place] >= n:
            return list(zip(firsts, [*firsts[1:], n], strict=True))
        firsts.append(starts[place])


def loaded(table: NumberTable, start: int, stop: int) -> Floats:
    """Read some rows, from one of the table's `starts` on."""
    out = np.empty((stop - start, table.shape[1]), dtype=table.dtype)
    readers = table.readers(1, start)
    try:
        for reader in readers:
            reader.fill(out)
    finally:
        for reader in readers:
            reader.close()
    return out
