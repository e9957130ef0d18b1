"""Rows of a table that are prepared as they are read: numbers for estimators, never all at once."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from trivium.arrays import Float64, Floats
from trivium.preparation.levels import LevelPlan
from trivium.preparation.parsing import column_values
from trivium.preparation.plan import Plan
from trivium.preparation.reading import as_numbers
from trivium.tables.errors import CellError
from trivium.tables.many_files import ManyFiles
from trivium.tables.pieces import Piece
from trivium.tables.protocol import Source
from trivium.tables.source import open_parts
from trivium.tables.watched import Watched


class PreparedTable:
    """What a plan makes of the rows of a source, as `NumberTable`.

    Parameters
    ----------
    source : Source
    plan : Plan
    kept : ndarray of bool of shape (n_read,) or None
        Rows of the source that count; None means all.
    n_read : int
        Rows of the source.
    """

    names = None
    is_raw = False
    dtype = np.dtype(np.float64)

    def __init__(self, source: Source, plan: Plan, kept: Any, n_read: int) -> None:
        self.source, self.plan, self.kept = source, plan, kept
        n = n_read if kept is None else int(np.count_nonzero(kept))
        self.shape = (n, plan.width)
        self._begins = [0]  # rows of the source before each file
        if isinstance(source, ManyFiles):
            self._begins = np.cumsum([0, *(file.n_rows for file in source.files[:-1])]).tolist()
        self._firsts = self._begins  # rows of this table before each file
        if kept is not None:
            self._firsts = [int(np.count_nonzero(kept[:begin])) for begin in self._begins]
        self.starts: Sequence[int] = sorted({first for first in self._firsts if first < n} | {0})

    def __getstate__(self) -> dict[str, Any]:
        """Say what another process needs: the names of the files, which are opened there."""
        source = self.source
        if not isinstance(source, ManyFiles):
            raise TypeError("rows that are in no files cannot be sent to another process")
        files = [(file.part, file.stamp) for file in source.files]
        return {**vars(self), "source": files}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the files, which are to be what they were.

        Raises
        ------
        TableError
            If one is gone, or has changed.
        """
        parts = [part for part, _ in state["source"]]
        for part, stamp in state["source"]:
            stamp.require(part.path)
        vars(self).update(state, source=open_parts(parts))

    def readers(self, most: int, start: int = 0) -> list["PreparedReader"]:
        """Open the table at a row: some columns a reader, of a text file all for one."""
        n = len(self.plan.columns)
        n_readers = 1 if self.source.text else max(1, min(most, n))
        cuts = [n * number // n_readers for number in range(n_readers + 1)]
        first = len(self._firsts) - 1 - self._firsts[::-1].index(start)
        return [PreparedReader(self, range(cuts[j], cuts[j + 1]), first) for j in range(n_readers)]

    def pieces(self, names: Sequence[str], numbers: dict[str, Any], first: int) -> Iterator[Piece]:
        """Read some columns from a file on."""
        if isinstance(self.source, ManyFiles):
            return self.source.pieces_from(first, names, **numbers)
        return self.source.pieces(names, **numbers)

    def begin(self, first: int) -> int:
        """Return the number, in the source, of the first row of a file."""
        return self._begins[first]

    def where(self, row: int) -> str:
        """Say where a row is."""
        place = row if self.kept is None else int(np.flatnonzero(self.kept)[row])
        return self.source.place(place)


class PreparedReader:
    """Prepares some columns of the next rows, as `number_table.Reader`.

    Parameters
    ----------
    table : PreparedTable
    places : range
        Which columns of its plan.
    first : int
        The file that is read first.
    """

    def __init__(self, table: PreparedTable, places: range, first: int) -> None:
        plan = table.plan
        self._table = table
        self._columns = [plan.columns[place] for place in places]
        self._parts = [plan.parts[place] for place in places]
        self._to = [plan.places[place] for place in places]
        names = [column.name for column in self._columns]
        self._pieces = table.pieces(names, as_numbers(self._columns), first)
        self._read = table.begin(first)  # rows of the source before the next batch
        self._batch: pa.RecordBatch | None = None

    def fill(self, out: Floats) -> None:
        """Prepare the next rows."""
        done = 0
        while done < len(out):
            if self._batch is None or not self._batch.num_rows:
                self._batch = self._next()
            some = self._batch.slice(0, len(out) - done)
            self._prepare(some, out[done : done + some.num_rows])
            self._batch = self._batch.slice(some.num_rows)
            done += some.num_rows

    def close(self) -> None:
        """Close what is open."""
        self._batch = None
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()

    def _next(self) -> pa.RecordBatch:
        batch = next(self._pieces)()
        begin, self._read = self._read, self._read + batch.num_rows
        kept = self._table.kept
        return batch if kept is None else batch.filter(pa.array(kept[begin : self._read]))

    def _prepare(self, batch: pa.RecordBatch, out: Floats) -> None:
        for column, part, place, cells in zip(
            self._columns, self._parts, self._to, batch.columns, strict=True
        ):
            own: Any = out[:, place]
            try:
                values: Any = column_values(cells, column)
            except CellError as error:
                raise error.at("a row that was not so when it was first read") from error
            if isinstance(part, LevelPlan):
                own[:] = 0.0
            part.fill(values, own)


def read_columns(source: Watched, kept: Any, column: Any) -> Iterator[Any]:
    """Read the cells of a column in the rows that count, some at a time.

    Parameters
    ----------
    source : Watched
    kept : ndarray of bool or None
    column : Column
    """
    begin = 0
    for batch in source.batches([column.name], **as_numbers([column])):
        end = begin + batch.num_rows
        if kept is not None:
            batch = batch.filter(pa.array(kept[begin:end]))
        begin = end
        yield column_values(batch.column(0), column)


def learnt(source: Watched, columns: Sequence[Any], kept: Any, room: Float64) -> Plan:
    """Learn a plan from the rows of a source that count, a column at a time.

    Parameters
    ----------
    source : Watched
    columns : sequence of Column
    kept : ndarray of bool or None
    room : ndarray of shape (n_read,)
        It is overwritten.
    """
    return Plan.learn_read(columns, partial(read_columns, source, kept), room)
