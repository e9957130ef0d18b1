"""Arrow files, also called Feather, and streams of Arrow's, read a part of a batch at a time."""

import mmap
from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trivium.scanning.arrow_parts import ArrowParts, has_rows
from trivium.scanning.column_file import DAMAGE, ROWS_OF_A_BATCH, damaged, types_of
from trivium.scanning.stamp import Stamp

_STREAM = b"\xff\xff\xff\xff"
_HELD = 1 << 24  # bytes of the file that may stay mapped, which count as memory of the process


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
            mapped = _mapped(path)
            reader = _opened(mapped, None)
            schema, is_packed = reader.schema, _is_packed(mapped, reader)
            shortest = min(range(len(schema)), key=lambda j: _width(schema[j].type), default=0)
            reader = _opened(pa.OSFile(path), [shortest]) if is_packed else _opened(mapped, None)
            starts, n_rows = list[int](), 0
            for batch in _batches_of(reader, 0):
                starts.append(n_rows)
                n_rows += batch.num_rows
        except DAMAGE as error:
            raise damaged(stamp, "Arrow", error) from error
        seekable = isinstance(reader, pa.ipc.RecordBatchFileReader)
        starts = starts if seekable else [0]
        return cls(stamp, n_rows, types_of(path, schema), tuple(starts), is_packed)

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on."""
        self.stamp.require()
        first = max(bisect_right(self.starts, start) - 1, 0)
        skip = start - (self.starts[first] if self.starts else 0)
        try:
            if self.is_packed or not all(has_rows(self.types[name]) for name in names):
                yield from self._of_whole_batches(names, first, skip)
            else:
                yield from self._of_mapped_batches(names, first, skip)
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

    def _of_mapped_batches(
        self, names: Sequence[str], first: int, skip: int
    ) -> Generator[Sequence[pa.Array]]:
        """Read rows of a batch, however large it is, from where the map says that they are."""
        with open(self.stamp.path, "rb", buffering=0) as file:
            mapped = _mapped(self.stamp.path)
            parts = ArrowParts(file, mapped)
            batches = _batches_of(_opened(mapped, None), first)
            held = 0
            while True:
                self.stamp.require()  # where a batch lies is read from the map, right after this
                batch = next(batches, None)
                if batch is None:
                    return
                columns = batch.select(names).columns
                for row in range(skip, batch.num_rows, ROWS_OF_A_BATCH):
                    n = min(ROWS_OF_A_BATCH, batch.num_rows - row)
                    yield [parts.rows(cells, row, n) for cells in columns]
                skip = max(skip - batch.num_rows, 0)
                held += batch.nbytes
                if held > _HELD and hasattr(mmap, "MADV_DONTNEED"):
                    mapped.madvise(mmap.MADV_DONTNEED)
                    held = 0

    def where(self, row: int) -> str:
        """Say where a row is."""
        return f"row {row} of {self.stamp.path}"


def _mapped(path: str) -> mmap.mmap:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _opened(source: Any, kept: list[int] | None) -> Any:
    """Open a file or a stream; of columns, read those that are kept."""
    options = pa.ipc.IpcReadOptions(included_fields=kept, use_threads=False)
    if isinstance(source, mmap.mmap):
        source = pa.BufferReader(pa.py_buffer(source))
    is_stream = source.read(4) == _STREAM
    source.seek(0)
    return (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(source, options=options)


def _batches_of(reader: Any, first: int) -> Iterator[pa.RecordBatch]:
    """Hand out the batches of a file from one on, or all of a stream."""
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        yield from map(reader.get_batch, range(first, reader.num_record_batches))
    else:
        yield from reader


def _is_packed(mapped: mmap.mmap, reader: Any) -> bool:
    """Whether the first batch lies elsewhere than in the file."""
    begin = pa.py_buffer(mapped).address
    batch = next(_batches_of(reader, 0), None)
    columns = [] if batch is None else batch.columns
    buffers = [buffer for column in columns for buffer in column.buffers() if buffer]
    return any(not begin <= buffer.address < begin + len(mapped) for buffer in buffers)


def _width(kind: pa.DataType) -> int:
    """Return the bits of a cell, of those that are all of one size; else many."""
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 20
