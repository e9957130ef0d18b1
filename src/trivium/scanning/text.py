"""Text files as columns: how numbers are written is decided by the first rows, and then holds."""

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from trivium.scanning.column_file import ROWS_OF_A_BATCH, advice
from trivium.scanning.stamp import Stamp
from trivium.tables.cells import Cells
from trivium.tables.csv_source import CsvSource
from trivium.tables.decide import decide
from trivium.tables.errors import CellError, TableError
from trivium.tables.findings import Finding, Hints
from trivium.tables.kinds import Column, Kind
from trivium.tables.overrides import decide_as
from trivium.tables.values import is_plain, values_of
from trivium.tables.words import ONE, ZERO


@dataclass(frozen=True)
class TextColumns:
    """A text file, as `ColumnFile`: columns are text but for those that are known to be numbers.

    Attributes
    ----------
    stamp : Stamp
    source : CsvSource
    numbers : mapping of str to Column
        How numbers are written, by the names of columns.
    """

    stamp: Stamp
    source: CsvSource
    numbers: Mapping[str, Column]

    n_rows = None
    starts = (0,)

    @classmethod
    def opened(cls, path: str) -> "TextColumns":
        """Look at a file's bytes, and at its header.

        Raises
        ------
        ValueError
            If it is damaged, or its header is.
        """
        stamp = Stamp.of(path)
        with _named(path):
            return cls(stamp, CsvSource(Path(path)), {})

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """Types of all columns, in order."""
        return {
            name: pa.float64() if name in self.numbers else pa.string()
            for name in self.source.names
        }

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on; those before it are read, too."""
        self.stamp.require()
        plain = {name for name in names if name in self.numbers and is_plain(self.numbers[name])}
        row = 0
        with _named(self.stamp.path), closing(_batches(self.source, names, plain)) as batches:
            for batch in batches:
                for first in range(max(start - row, 0), batch.num_rows, ROWS_OF_A_BATCH):
                    part = batch.slice(first, ROWS_OF_A_BATCH)
                    yield [self._read(part.column(name), name, row + first) for name in names]
                row += batch.num_rows

    def where(self, row: int) -> str:
        """Name the line of a row."""
        return f"{self.source.place(row)} of {self.stamp.path}"

    def head(self, names: Sequence[str]) -> pa.RecordBatch | None:
        """Return the first rows of some columns as text; None where there are none."""
        with _named(self.stamp.path), closing(_batches(self.source, names, ())) as batches:
            return next((batch for batch in batches if batch.num_rows), None)

    def _read(self, cells: pa.Array, name: str, row: int) -> pa.Array:
        """Return cells as what their column holds; a number that is missing is null."""
        if name not in self.numbers:
            return cells
        try:
            return pa.array(values_of(cells, self.numbers[name]), from_pandas=True)
        except CellError as error:
            raise TableError(_said(error, self.where(row + error.row))) from error


def with_numbers(
    files: Sequence[TextColumns], names: Sequence[str], weight: str | None = None
) -> list[TextColumns]:
    """Decide by the first rows there are how the numbers of some columns are written.

    Parameters
    ----------
    files : sequence of TextColumns
    names : sequence of str
        Columns; one that a file lacks is left out of it.
    weight : str, optional
        The one of them that holds weights.

    Raises
    ------
    ValueError
        If a column holds something else; the message names the line.
    """
    columns: dict[str, Column] = {name: Column(name, Kind.NUMERIC) for name in names}
    for file in files:
        there = [name for name in names if name in file.source.names]
        head = file.head(there) if there else None
        if head is not None:
            cells = {name: Cells(_chunked(head, name)) for name in there}
            columns |= _decided(file, cells, weight)
            break
    return [
        replace(file, numbers={name: columns[name] for name in names if name in file.source.names})
        for file in files
    ]


def _decided(
    file: TextColumns, cells: Mapping[str, Cells], weight: str | None
) -> dict[str, Column]:
    """Decide columns alone, and then, as `look` does, those in doubt by what the others tell."""
    try:
        found = {name: decide(name, of_name, Hints()) for name, of_name in cells.items()}
        told = {finding.evidence for finding in found.values()} & {".", ","}
        decimal = told.pop() if len(told) == 1 else None
        by_separator = "," if file.source.separator == ";" else None
        hints = {
            "comma": Hints(decimal=decimal or by_separator),
            "point": Hints(decimal="," if decimal == "," else None),
        }
        return {
            name: _as_number(name, cells[name], finding, hints.get(str(finding.doubt), Hints()))
            for name, finding in found.items()
        }
    except CellError as error:
        raise TableError(
            f"{_said(error, file.where(error.row))}: {advice(error.column == weight)}."
        ) from error


def _said(error: CellError, place: str) -> str:
    """Say what is wrong with a cell, without the option that commands have for it."""
    return str(error.at(place)).replace(" (--decimal)", "")


def _as_number(name: str, cells: Cells, finding: Finding, hints: Hints) -> Column:
    if cells.empty == cells.rows:
        return Column(name, Kind.NUMERIC)  # the first cell will be said to be missing
    column = finding.column
    if _are_truths(cells):  # of two words, the other one may come later
        column = Column(name, Kind.BOOLEAN, truths=("true",), falsehoods=("false",))
    if column.kind is Kind.BOOLEAN and ONE not in column.truths:
        truths, falsehoods = (*column.truths, ONE), (*column.falsehoods, ZERO)
        return replace(column, truths=truths, falsehoods=falsehoods)
    return decide_as(name, cells, Kind.NUMERIC, hints).column


def _are_truths(cells: Cells) -> bool:
    """Whether each cell is the word for true or that for false."""
    texts = cells.texts.slice(0, 3).to_pylist()
    return {text.strip().lower() for text in texts} <= {"true", "false"}


def _chunked(batch: pa.RecordBatch, name: str) -> pa.ChunkedArray:
    return pa.chunked_array([batch.column(name)])


def _batches(
    source: CsvSource, names: Iterable[str], plain: Collection[str]
) -> Generator[pa.RecordBatch]:
    """Hand out batches by a generator, which can be closed early."""
    batches: Any = source.batches(names, plain=plain)
    with closing(batches):
        yield from batches


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Have errors name the file."""
    try:
        yield
    except TableError as error:
        if path in str(error):
            raise
        raise TableError(f"{path}: {error}") from error
