"""Rows of a Parquet file from some row on, in the batches that reading all of it makes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.tables.pieces import WHOLE, Stretch


def stretches_of(metadata: Any, length: int) -> list[Stretch]:
    """Cut a file where its groups of rows begin: at the first batch that begins within each.

    So nobody reads a group to its end who wants its last rows alone.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    length : int
        Rows of a batch.

    Returns
    -------
    list of (first row, row behind the last)
        Or of `WHOLE` alone.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> groups = [SimpleNamespace(num_rows=n) for n in (250, 10, 300)]
    >>> stretches_of(SimpleNamespace(num_row_groups=3, row_group=groups.__getitem__), 100)
    [(0, 300), (300, 560)]
    """
    begins = _begins(metadata)
    n_rows = int(begins[-1])
    firsts = sorted({-(-begin // length) * length for begin in begins.tolist()[:-1]})
    stops = [*firsts[1:], n_rows]
    found: list[Stretch] = [
        (first, min(stop, n_rows)) for first, stop in zip(firsts, stops, strict=True)
    ]
    some = [each for each in found if each[0] < each[1]]
    return some if some[1:] else [WHOLE]


def batches_between(
    file: Any, names: Sequence[str], length: int, stretch: Stretch = WHOLE
) -> Iterator[Any]:
    """Read a stretch of a file in batches.

    Reading cuts the file at every so many rows, and where it cannot join the parts of a batch,
    which are of several groups, at each group: dictionaries differ.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    names : sequence of str
    length : int
        Rows of a batch.
    stretch : Stretch
        Its first row is at a multiple of the length.

    Yields
    ------
    pyarrow.RecordBatch or pyarrow.Table
    """
    if stretch is WHOLE:
        yield from file.iter_batches(length, columns=names)
        return
    begins = _begins(file.metadata)
    row, stop = stretch
    begin, end = bisect_right(begins, row) - 1, bisect_left(begins, stop)
    kinds = [file.schema_arrow.field(name).type for name in names]
    joins = not any(map(pa.types.is_dictionary, kinds))
    held: list[Any] = []
    n_held, skip = 0, row - int(begins[begin])
    for batch in file.iter_batches(length, row_groups=range(begin, end), columns=names):
        rest = batch.slice(skip)
        skip -= batch.num_rows - rest.num_rows
        while rest.num_rows and row < stop:
            cut = min(row // length * length + length, stop)
            if not joins:
                cut = min(cut, int(begins[bisect_right(begins, row)]))
            part = rest.slice(0, cut - row - n_held)
            held.append(part)
            n_held, rest = n_held + part.num_rows, rest.slice(part.num_rows)
            if row + n_held == cut:
                yield held[0] if len(held) == 1 else pa.Table.from_batches(held)
                held, n_held, row = [], 0, cut
        if row >= stop:
            return


def _begins(metadata: Any) -> Any:
    """Return the first row of each group, and the number of rows."""
    groups = range(metadata.num_row_groups)
    return np.cumsum([0, *(metadata.row_group(group).num_rows for group in groups)])
