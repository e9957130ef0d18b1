"""Tables whose columns have types: Parquet, Arrow and Feather files, data frames, Arrow tables."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables.errors import TableError, row_called
from trivium.tables.headers import checked_headers
from trivium.tables.parquet_rows import batches_between, stretches_of
from trivium.tables.pieces import WHOLE, Piece, Stretch, batches_of
from trivium.tables.texts import text_of_array, text_of_objects, type_word

ROWS_OF_A_BATCH = 16_384
_BUFFER = 1 << 16  # bytes of a column that are read at once, rather than all of a group of rows
_PIECE = 1 << 21  # bytes of a file, about, whose rows nobody has counted
STREAM = b"\xff\xff\xff\xff"
OLD_FEATHER = b"FEA1"
FEATHER = (b"ARROW1", OLD_FEATHER, STREAM)

DAMAGE = (pa.ArrowException, OSError, ValueError, LookupError, OverflowError)
"""What pyarrow raises on files that were damaged."""

Read = Callable[..., Iterable[Mapping[int, Any]]]
"""Takes numbers of columns and hands out blocks of rows, each an array or series a column."""


class TypedSource:
    """A table whose columns have types, as text.

    Parameters
    ----------
    names : sequence of str
    read : function
        Takes numbers of columns and hands out blocks of rows.
    notes : sequence of str
    n_rows : int or None
        Rows, if they are known.
    schema : Arrow schema or None
        Types of the columns, where they count: in files, of which others may have others.
    stretches : sequence of Stretch
        Of a file that can be read from other rows than the first: what `read` takes besides.
    """

    text = False
    n_bytes = 0

    def __init__(
        self,
        names: Sequence[Any],
        read: Read,
        notes: Sequence[str] = (),
        *,
        n_rows: int | None = None,
        schema: pa.Schema | None = None,
        stretches: Sequence[Stretch] = (WHOLE,),
    ) -> None:
        self.names, said = checked_headers(["" if n is None else str(n) for n in names])
        self.notes = (*notes, *said)
        self.doubt: str | None = None
        self.n_rows = n_rows
        kinds = [] if schema is None else [type_word(each) for each in schema.types]
        self.types = dict(zip(self.names, kinds, strict=False))
        self._read = read
        self._stretches = stretches

    def batches(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Hand out the rows, in order, of all columns or of those named."""
        return batches_of(self.pieces(names, numbers=numbers, plain=plain))

    def pieces(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out what makes those batches."""
        return self.pieces_of(WHOLE, names, numbers=numbers, plain=plain)

    def stretches(self, n_pieces: int) -> Iterator[tuple[Stretch, int]]:
        """Cut a file where it can be read from, and say of about how many pieces stretches are."""
        if self._stretches[0] is WHOLE:
            about = self.n_bytes // _PIECE if self.n_rows is None else self.n_rows / ROWS_OF_A_BATCH
            yield WHOLE, math.ceil(about)
            return
        begin, end = self._stretches[0]
        for first, stop in self._stretches[1:]:
            if stop - begin > n_pieces * ROWS_OF_A_BATCH:
                yield (begin, end), math.ceil((end - begin) / ROWS_OF_A_BATCH)
                begin = first
            end = stop
        yield (begin, end), math.ceil((end - begin) / ROWS_OF_A_BATCH)

    def pieces_of(
        self,
        stretch: Stretch,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out the pieces of a stretch: its first row, and the one behind its last."""
        wanted = self.names if names is None else tuple(names)
        places = [self.names.index(name) for name in wanted]
        direct = frozenset((*numbers, *plain))
        for block in self._read(places, *stretch):
            yield partial(_batch_of, [block[place] for place in places], wanted, direct)

    def place(self, row: int) -> str:
        """Name a row, counted from 0, as people do, from 1."""
        return row_called(row)

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """Name several rows in one go."""
        return {row: self.place(row) for row in rows}


def _batch_of(
    columns: Sequence[Any], names: Sequence[str], direct: Collection[str]
) -> pa.RecordBatch:
    """Return a block as text, but for columns that may be handed out as numbers."""
    made = []
    for cells, name in zip(columns, names, strict=True):
        found = _numbers(cells) if name in direct else None
        made.append(_text(cells, name) if found is None else found)
    return pa.RecordBatch.from_arrays(made, names=names)


def _numbers(cells: Any) -> pa.Array | None:
    """Return cells as float64, if they are numbers, and finite where there are any.

    Those of fewer bits are what their text says: .1 of float32 is .1.
    """
    if not isinstance(cells, pa.Array | pa.ChunkedArray):
        if not isinstance(getattr(cells, "dtype", None), np.dtype) or cells.dtype.kind not in "iuf":
            return None
        cells = pa.array(cells, from_pandas=True)
    if isinstance(cells, pa.ChunkedArray):
        cells = pa.concat_arrays(cells.chunks) if cells.num_chunks else cells.combine_chunks()
    kind = cells.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return None
    if kind != pa.float64():
        cells = pc.cast(text_of_array(cells, ""), pa.float64())
    return cells if pc.all(pc.is_finite(cells)).as_py() is not False else None


def of_arrow(table: pa.Table | pa.RecordBatch) -> TypedSource:
    """Read an Arrow table."""

    def read(places: Sequence[int]) -> Iterator[dict[int, pa.Array]]:
        for start in range(0, table.num_rows, ROWS_OF_A_BATCH):
            part = table.slice(start, ROWS_OF_A_BATCH)
            yield {place: part.column(place) for place in places}

    return TypedSource(table.schema.names, read, n_rows=table.num_rows)


def of_pandas(frame: Any) -> TypedSource:
    """Read a pandas data frame; its index is no column."""

    def read(places: Sequence[int]) -> Iterator[dict[int, Any]]:
        for start in range(0, len(frame), ROWS_OF_A_BATCH):
            part = frame.iloc[start : start + ROWS_OF_A_BATCH]
            yield {place: part.iloc[:, place] for place in places}

    return TypedSource(list(frame.columns), read, n_rows=len(frame))


def of_polars(frame: Any) -> TypedSource:
    """Read a polars data frame."""

    def read(places: Sequence[int]) -> Iterator[dict[int, pa.ChunkedArray]]:
        for part in frame.iter_slices(ROWS_OF_A_BATCH):
            yield {place: part.to_series(place).to_arrow() for place in places}

    return TypedSource(frame.columns, read, n_rows=len(frame))


def of_mapping(columns: Mapping[Any, Any]) -> TypedSource:
    """Read columns by name, each a sequence."""
    values = list(columns.values())
    lengths = {len(each) for each in values}
    if len(lengths) > 1:
        raise TableError(f"columns have different lengths: {sorted(lengths)}")

    def read(places: Sequence[int]) -> Iterator[dict[int, Any]]:
        for start in range(0, max(lengths, default=0), ROWS_OF_A_BATCH):
            yield {place: values[place][start : start + ROWS_OF_A_BATCH] for place in places}

    return TypedSource(list(columns), read, n_rows=max(lengths, default=0))


def of_parquet(path: Path) -> TypedSource:
    """Read a Parquet file, some rows at a time."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
            stretches = stretches_of(file.metadata, ROWS_OF_A_BATCH)
        names = schema.names
    except DAMAGE as error:
        raise _damaged(path, "Parquet", error) from error

    def read(places: Sequence[int], *stretch: int) -> Iterator[dict[int, Any]]:
        wanted = [names[place] for place in places]
        try:
            with parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
                for batch in batches_between(file, wanted, ROWS_OF_A_BATCH, stretch):
                    batch.validate(full=True)
                    yield {place: batch.column(names[place]) for place in places}
        except DAMAGE as error:
            raise _damaged(path, "Parquet", error) from error

    return TypedSource(names, read, n_rows=n_rows, schema=schema, stretches=stretches)


def of_feather(path: Path) -> TypedSource:
    """Read an Arrow file, also called Feather, or a stream of Arrow's, some rows at a time."""
    try:
        with open(path, "rb") as file:
            start = file.read(4)
        if start == OLD_FEATHER:
            from pyarrow import feather

            table = feather.read_table(path, memory_map=False)
            table.validate(full=True)
            return of_arrow(table)
        with _opened_ipc(path, start, None) as reader:
            schema = reader.schema
    except DAMAGE as error:
        raise _damaged(path, "Feather", error) from error

    def read(places: Sequence[int]) -> Iterator[dict[int, pa.Array]]:
        kept = sorted(places)
        try:
            with _opened_ipc(path, start, kept) as reader:
                for batch in _batches_of(reader):
                    batch.validate(full=True)
                    for first in range(0, batch.num_rows, ROWS_OF_A_BATCH):
                        part = batch.slice(first, ROWS_OF_A_BATCH)
                        yield {place: _own(part.column(kept.index(place))) for place in places}
        except DAMAGE as error:
            raise _damaged(path, "Feather", error) from error

    found = TypedSource(schema.names, read, schema=schema)
    found.n_bytes = path.stat().st_size
    return found


def _own(cells: pa.Array) -> pa.Array:
    """Return a copy of strings, so that they do not keep all bytes of a batch in memory."""
    return pa.concat_arrays([cells]) if pa.types.is_string(cells.type) else cells


@contextmanager
def _opened_ipc(path: Path, start: bytes, kept: list[int] | None) -> Iterator[Any]:
    """Open a file or a stream of Arrow's; of columns, read those that are kept."""
    options = pa.ipc.IpcReadOptions(included_fields=kept)
    with pa.OSFile(str(path)) as file:
        opened = pa.ipc.open_stream if start == STREAM else pa.ipc.open_file
        yield opened(file, options=options)


def _batches_of(reader: Any) -> Iterator[pa.RecordBatch]:
    """Hand out the batches of a file, which are called by number, or of a stream."""
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        yield from map(reader.get_batch, range(reader.num_record_batches))
    else:
        yield from reader


def _damaged(path: Path, kind: str, error: Exception) -> TableError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return TableError(f"{path} is no whole {kind} file: {reason}")


def _text(values: Any, name: str) -> pa.Array:
    """Return a block of one column as strings."""
    if isinstance(values, pa.ChunkedArray):
        chunks = [text_of_array(chunk, name) for chunk in values.chunks]
        return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    if not isinstance(values, pa.Array):
        try:
            found = pa.array(values, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return text_of_objects(values, name)  # a mix of types
        if isinstance(found.type, pa.BaseExtensionType):
            return text_of_objects(values, name)  # periods, intervals
        return _text(found, name)
    return text_of_array(values, name)
