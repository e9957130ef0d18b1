"""Arrow files, also called Feather, and streams of Arrow's, read a part of a batch at a time."""

from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pyarrow as pa

from trivium.scanning.arrow_parts import ArrowBytes, has_rows
from trivium.scanning.column_file import DAMAGE, ROWS_OF_A_BATCH, damaged, types_of
from trivium.scanning.stamp import Stamp

_STREAM = b"\xff\xff\xff\xff"


@dataclass(frozen=True)
class ArrowColumns:
    """An Arrow file, as `ColumnFile`.

    Attributes
    ----------
    stamp, n_rows, types, starts
        As of `ColumnFile`; reading begins at batches, and in a stream at the first row.
    is_packed : bool
        Whether batches are compressed, so that all of a column's are unpacked at once.
    """

    stamp: Stamp
    n_rows: int
    types: Mapping[str, pa.DataType]
    starts: Sequence[int]
    is_packed: bool

    @classmethod
    def opened(cls, path: str) -> "ArrowColumns":
        """Read what a file says of itself.

        Raises
        ------
        ValueError
            If it is damaged, or two columns have one name.
        """
        stamp = Stamp.of(path)
        try:
            with closing(ArrowBytes(path)) as file:
                reader = _opened(pa.PythonFile(file, "r"), None)
                schema = reader.schema
                sizes = _sizes(reader, file)
            seekable = isinstance(reader, pa.ipc.RecordBatchFileReader)
            if file.is_packed:
                shortest = min(range(len(schema)), key=lambda j: _width(schema[j].type), default=0)
                with pa.OSFile(path) as whole:
                    sizes = [b.num_rows for b in _batches_of(_opened(whole, [shortest]), 0)]
        except DAMAGE as error:
            raise damaged(stamp, "Arrow", error) from error
        starts = [0, *accumulate(sizes)]
        kept = tuple(starts[:-1]) if seekable else (0,)
        return cls(stamp, starts[-1], types_of(path, schema), kept, file.is_packed)

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on."""
        self.stamp.require()
        first = max(bisect_right(self.starts, start) - 1, 0)
        skip = start - (self.starts[first] if self.starts else 0)
        try:
            if self.is_packed or not all(has_rows(self.types[name]) for name in names):
                yield from self._of_whole_batches(names, first, skip)
            else:
                yield from self._of_parts_of_batches(names, first, skip)
        except DAMAGE as error:
            raise damaged(self.stamp, "Arrow", error) from error

    def _of_whole_batches(
        self, names: Sequence[str], first: int, skip: int
    ) -> Generator[Sequence[pa.Array]]:
        """Read the columns of a batch at once, and unpack them."""
        kept = sorted(map(list(self.types).index, names))
        with pa.OSFile(self.stamp.path) as file:
            for batch in _batches_of(_opened(file, kept), first):
                batch.validate()
                for row in range(skip, batch.num_rows, ROWS_OF_A_BATCH):
                    yield batch.select(names).slice(row, ROWS_OF_A_BATCH).columns
                skip = max(skip - batch.num_rows, 0)

    def _of_parts_of_batches(
        self, names: Sequence[str], first: int, skip: int
    ) -> Generator[Sequence[pa.Array]]:
        """Read rows of a batch, however large it is."""
        with closing(ArrowBytes(self.stamp.path)) as file:
            for batch in _batches_of(_opened(pa.PythonFile(file, "r"), None), first):
                columns = batch.select(names).columns
                for row in range(skip, batch.num_rows, ROWS_OF_A_BATCH):
                    n = min(ROWS_OF_A_BATCH, batch.num_rows - row)
                    yield [file.rows(cells, row, n) for cells in columns]
                skip = max(skip - batch.num_rows, 0)
                self.stamp.require()

    def where(self, row: int) -> str:
        """Say where a row is."""
        return f"row {row} of {self.stamp.path}"


def _opened(source: Any, kept: list[int] | None) -> Any:
    """Open a file or a stream; of columns, read those that are kept."""
    options = pa.ipc.IpcReadOptions(included_fields=kept, use_threads=False)
    is_stream = source.read(4) == _STREAM
    source.seek(0)
    return (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(source, options=options)


def _batches_of(reader: Any, first: int) -> Iterator[pa.RecordBatch]:
    """Hand out the batches of a file from one on, or all of a stream."""
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        yield from map(reader.get_batch, range(first, reader.num_record_batches))
    else:
        yield from reader


def _sizes(reader: Any, file: ArrowBytes) -> list[int]:
    """Return the rows of each batch, as far as none is compressed."""
    sizes = list[int]()
    for batch in _batches_of(reader, 0):
        sizes.append(batch.num_rows)
        if file.is_packed:
            break
    return sizes


def _width(kind: pa.DataType) -> int:
    """Return the bits of a cell, of those that are all of one size; else many."""
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 20
