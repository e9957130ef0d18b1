"""Text files of rows and fields: CSV and its kin."""

import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv

from trivium.tables import dialect, encodings
from trivium.tables.edges import header_below, title_above
from trivium.tables.errors import TableError, row_called
from trivium.tables.headers import checked_headers
from trivium.tables.line_blocks import blocks_of_lines
from trivium.tables.pieces import WHOLE, Piece, Stretch, batches_of, whole
from trivium.tables.streams import Utf8, compression_of, open_plain

_START = 1 << 18
_LONGEST_START = 1 << 26
_BLOCK = 1 << 21
_LONGEST_BLOCK = 1 << 30
_PACKED = 8  # times a compressed file of rows is as long when it is read
_NO_NUMBER = "conversion error to double"


class CsvSource:
    """A text file as text cells.

    Parameters
    ----------
    path : path

    Raises
    ------
    TableError
        If it is empty, no text, or damaged, or if its header is.
    """

    n_rows: int | None = None  # which nobody knows without reading it
    text = True
    types: Mapping[str, str | None] = {}

    def __init__(self, path: Path) -> None:
        self.path = path
        found = encodings.survey(path)
        self.encoding = found.encoding
        self.dialect = self._sniff()
        quotes = found.quotes if found.quotes >= 0 else self._count_quotes()
        self._quotes = quotes > 0
        # Then each quotation mark begins a quotation or ends one, and what ends lines is certain.
        self._tidy = found.is_tidy(self.dialect.separator)
        if quotes and not self._tidy:
            self._refuse_text_behind_quotation()
        if quotes % 2:
            self._refuse_open_quotation()
        self.names, said = checked_headers(self.dialect.headers)
        self.separator = None if self.dialect.alone else self.dialect.separator
        self.n_bytes = path.stat().st_size * (_PACKED if self._is_packed() else 1)
        doubts = () if self.doubt is None else (self.doubt,)
        self.notes = (*self._what_it_is(found), *said, *doubts)

    def batches(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),  # a text file has none
        plain: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Hand out the rows, in order, of all columns or of those named.

        Raises
        ------
        TableError
            If a line has more or fewer fields than the header.
        """
        return batches_of(self.pieces(names, numbers=numbers, plain=plain))

    def pieces(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out what makes those batches, and what raises where one cannot be made."""
        wanted = self.names if names is None else tuple(names)
        floats = {self.names.index(name) for name in plain if name in wanted}
        if self._quotes and not self._tidy:
            for batch in self._streamed(wanted, floats):
                yield partial(whole, batch)
            return
        with self._open_bytes() as stream:
            for block in blocks_of_lines(stream, _BLOCK, quoted=self._quotes):
                yield partial(self._parsed, block, wanted, floats)

    def stretches(self, n_pieces: int) -> Iterator[tuple[Stretch, int]]:
        """Cut the file into stretches of so many pieces, and say how many these are.

        Where each ends is found by its line ends; a file that is packed, of another encoding, or
        with marks that are no quotations is one stretch.
        """
        size = self.path.stat().st_size
        streamed = self._quotes and not self._tidy
        if streamed or size <= n_pieces * _BLOCK or self._is_changed():
            yield WHOLE, -(-size // _BLOCK)
            return
        with self._open_bytes() as stream:
            begin = stream.tell()
            blocks = blocks_of_lines(stream, _BLOCK, quoted=self._quotes)
            while lengths := [len(block) for block in islice(blocks, n_pieces)]:
                yield (begin, *lengths), len(lengths)
                begin += sum(lengths)

    def pieces_of(
        self,
        stretch: Stretch,
        names: Iterable[str],
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out the pieces of a stretch: its first byte, and the bytes of each piece."""
        wanted = tuple(names)
        floats = {self.names.index(name) for name in plain if name in wanted}
        begin, *lengths = stretch
        with open(self.path, "rb") as file:
            file.seek(begin)
            for length in lengths:
                yield partial(self._parsed, file.read(length), wanted, floats)

    def _parsed(self, block: bytes, wanted: tuple[str, ...], floats: set[int]) -> pa.RecordBatch:
        """Read a block of whole lines; where it has other cells than numbers, there are no floats.

        Pieces share the set of floats: what is no number in one of them may be none in the next.
        """
        while True:
            chosen = frozenset(floats)
            try:
                table = csv.read_csv(
                    pa.BufferReader(block), **self._options(wanted, len(block) + 1, chosen)
                )
                # To combine would copy a chunk that is alone.
                chunks = [c.chunk(0) if c.num_chunks == 1 else c.combine_chunks() for c in table]
                batch = pa.RecordBatch.from_arrays(chunks, names=wanted)
                _require_finite(batch)
                return batch
            except pa.ArrowInvalid as error:
                if not (chosen and _NO_NUMBER in str(error)):
                    raise self._refusal(error) from error
                floats.clear()

    def _streamed(self, wanted: tuple[str, ...], floats: set[int]) -> Iterator[pa.RecordBatch]:
        """Read a file in which lines may end within cells, with marks that are no quotations."""
        block, done = _BLOCK, 0
        while True:
            skip = done
            try:
                for batch in self._read(wanted, block, floats):
                    if skip >= batch.num_rows:
                        skip -= batch.num_rows
                        continue
                    rest = batch.slice(skip)
                    _require_finite(rest)
                    skip, done = 0, done + rest.num_rows
                    yield pa.RecordBatch.from_arrays(rest.columns, names=wanted)
                return
            except pa.ArrowInvalid as error:
                if "Empty CSV file" in str(error):
                    return
                if floats and _NO_NUMBER in str(error):
                    floats = set()  # from that row on all is text, of which others judge
                    continue
                if "straddling" not in str(error) or block >= _LONGEST_BLOCK:
                    raise self._refusal(error) from error
            block *= 16

    def place(self, row: int) -> str:
        """Name the line of a row, counted from 0."""
        return self.places([row])[row]

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """Name the lines of several rows, reading the file once."""
        wanted = {row: row_called(row) for row in rows}
        if wanted:
            last = max(wanted)
            with self._open() as stream:
                for number, record in enumerate(self._records(stream)):
                    if number in wanted:
                        wanted[number] = f"line {record.line + self.dialect.line - 1}"
                    if number == last:
                        break
        return wanted

    def _open(self) -> BinaryIO:
        """Open the file, in UTF-8, at its first row."""
        stream = io.BufferedReader(Utf8(open_plain(self.path), self.path, self.encoding), _BLOCK)
        try:
            left = len(self._before)
            while left and (part := stream.read(min(left, _BLOCK))):
                left -= len(part)
        except BaseException:
            stream.close()
            raise
        return stream

    def _sniff(self) -> dialect.Dialect:
        size = _START
        while True:
            with io.BufferedReader(Utf8(open_plain(self.path), self.path, self.encoding)) as stream:
                start = stream.read(size)
            complete = len(start) < size
            text = start.decode("utf-8", "ignore")  # its last character may be cut
            try:
                found = dialect.dialect_of(text, complete)
            except TableError:
                if complete or size >= _LONGEST_START:
                    raise
            else:
                ended = text[: found.skipped].endswith(("\n", "\r")) and found.skipped < len(text)
                if complete or ended or size >= _LONGEST_START:
                    self._before = text[: found.skipped].encode()
                    self.doubt = header_below(text) if found.alone else title_above(found.headers)
                    return found
            size *= 8

    def _read(
        self, wanted: tuple[str, ...], block: int, floats: Collection[int]
    ) -> Iterator[pa.RecordBatch]:
        """Stream the rows as pyarrow reads them, text but for some columns."""
        with pa.PythonFile(self._open_bytes(), mode="r") as file:
            yield from csv.open_csv(file, **self._options(wanted, block, floats))

    def _options(
        self, wanted: tuple[str, ...], block: int, floats: Collection[int]
    ) -> dict[str, Any]:
        """Say to pyarrow how to read."""
        numbers = [str(j) for j in range(len(self.names))]
        return {
            "read_options": csv.ReadOptions(
                column_names=numbers, block_size=block, use_threads=False
            ),
            "parse_options": csv.ParseOptions(
                delimiter=self.dialect.separator, newlines_in_values=self._quotes
            ),
            "convert_options": csv.ConvertOptions(
                column_types={
                    number: pa.float64() if j in floats else pa.string()
                    for j, number in enumerate(numbers)
                },
                include_columns=[numbers[self.names.index(name)] for name in wanted],
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        }

    def _is_packed(self) -> bool:
        with open(self.path, "rb") as file:
            return compression_of(file.read(8)) is not None

    def _is_changed(self) -> bool:
        return self._is_packed() or self.encoding not in ("utf-8", "utf-8-sig")

    def _open_bytes(self) -> BinaryIO:
        """Open the file as `_open` does; where it is UTF-8 as it stands, its own bytes."""
        if self._is_changed():
            return self._open()
        file = io.FileIO(self.path)
        file.seek((3 if self.encoding == "utf-8-sig" else 0) + len(self._before))
        return cast(BinaryIO, file)

    def _records(self, stream: BinaryIO) -> Iterator[dialect.Record]:
        lines = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        return dialect.records(lines, self.dialect.separator)

    def _count_quotes(self) -> int:
        count = 0
        with self._open() as stream:
            while block := stream.read(_BLOCK):
                count += block.count(b'"')
        return count

    def _refuse_open_quotation(self) -> None:
        with self._open() as stream:
            for record in self._records(stream):
                if record.open:
                    line = record.opened + self.dialect.line - 1
                    raise TableError(f"the quotation that begins in line {line} does not end")

    def _refuse_text_behind_quotation(self) -> None:
        stream = io.BufferedReader(Utf8(open_plain(self.path), self.path, self.encoding), _BLOCK)
        with io.TextIOWrapper(stream, encoding="utf-8", newline="") as lines:
            line = dialect.line_of_text_behind_quotation(lines, self.dialect.separator)
        if line is not None:
            raise TableError(
                f"line {line} has text behind a quotation that has ended: a quotation mark within "
                "a quoted cell has to be doubled"
            )

    def _refusal(self, error: Exception) -> TableError:
        """Find the line that has the wrong number of fields."""
        expected = len(self.names)
        with self._open() as stream:
            for record in self._records(stream):
                if record.fields != expected:
                    line = record.line + self.dialect.line - 1
                    return TableError(
                        f"line {line} has {_counted(record.fields, 'field')} where the header "
                        f"names {_counted(expected, 'column')}"
                    )
        return TableError(f"{self.path} cannot be read: {str(error).splitlines()[0]}")

    def _what_it_is(self, found: encodings.Survey) -> list[str]:
        notes = []
        name = encodings.NAMES.get(found.encoding, found.encoding)
        if found.guessed:
            notes.append(f"the file is not UTF-8: it is read as {name}, to go by its letters")
        elif found.encoding != "utf-8":
            notes.append(f"the file is {name}")
        if self.separator not in (",", None):
            what = dialect.NAMES.get(self.separator, repr(self.separator))
            notes.append(f"fields are separated by {what}")
        return notes


def _require_finite(batch: pa.RecordBatch) -> None:
    """Raise at words such as NaN and inf, which pyarrow takes for numbers."""
    for column in batch.columns:
        if not pa.types.is_floating(column.type):
            continue
        whole = column.drop_null() if column.null_count else column
        if not np.isfinite(whole.to_numpy()).all():
            raise pa.ArrowInvalid(_NO_NUMBER)


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
