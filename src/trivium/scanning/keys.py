"""Folders `key=value`: columns that have one value in all rows of a file."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.scanning.column_file import ROWS_OF_A_BATCH, ColumnFile, plain_cells
from trivium.scanning.stamp import Stamp

Keys = Mapping[str, str | None]
_INTEGERS = ((pa.int64(), np.iinfo(np.int64)), (pa.uint64(), np.iinfo(np.uint64)))
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class WithKeys:
    """A file with the columns that its folders name, as `ColumnFile`.

    Attributes
    ----------
    file : ColumnFile
    cells : mapping of str to Array
        Of each of these columns one cell.
    known : mapping of str to str or None
        What folders say of columns that the file has itself: each of their cells has to be this.
    """

    file: ColumnFile
    cells: Mapping[str, pa.Array]
    known: Keys

    @property
    def stamp(self) -> Stamp:
        """That of the file."""
        return self.file.stamp

    @property
    def n_rows(self) -> int | None:
        """That of the file."""
        return self.file.n_rows

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """Types of all columns: of those that the file has itself, its own."""
        return {**self.file.types, **{name: one.type for name, one in self.cells.items()}}

    @property
    def starts(self) -> Sequence[int]:
        """That of the file."""
        return self.file.starts

    def batches(self, names: Sequence[str], start: int = 0) -> Generator[Sequence[pa.Array]]:
        """Read some columns from a row on."""
        inside = [name for name in names if name not in self.cells]
        if not inside:
            if self.n_rows is not None:
                self.stamp.require()
                for first in range(start, self.n_rows, ROWS_OF_A_BATCH):
                    size = min(ROWS_OF_A_BATCH, self.n_rows - first)
                    yield [self._repeated(name, size) for name in names]
                return
            inside = [next(iter(self.file.types))]
        row = start
        with closing(self.file.batches(inside, start)) as batches:
            for batch in batches:
                of_name = dict(zip(inside, batch, strict=True))
                for name in self.known.keys() & of_name:
                    self._require_known(name, of_name[name], row)
                size = len(batch[0])
                row += size
                yield [
                    self._repeated(name, size) if name in self.cells else of_name[name]
                    for name in names
                ]

    def where(self, row: int) -> str:
        """Say where a row is."""
        return self.file.where(row)

    def _require_known(self, name: str, cells: pa.Array, row: int) -> None:
        """Raise a ValueError unless cells of the file are what its folder says."""
        cells, text = plain_cells(cells), self.known[name]
        try:
            said = pa.scalar(text, pa.string()).cast(cells.type)
            same = pc.is_null(cells) if text is None else pc.fill_null(pc.equal(cells, said), False)
        except pa.ArrowException:  # a word, where the file has numbers
            same = pa.repeat(False, len(cells))
        place = pc.index(same, False).as_py()
        if place < 0:
            return
        raise ValueError(
            f"Column {name!r} holds {cells[place].as_py()!r} in {self.where(row + place)}, but its "
            f"folder says {text!r}: rename the folder, or take the column out of the file."
        )

    def _repeated(self, name: str, size: int) -> pa.Array:
        (cell,) = self.cells[name]
        return pa.repeat(cell, size)


def with_keys(files: Sequence[ColumnFile], keys: Sequence[Keys]) -> list[ColumnFile]:
    """Give files the columns that their folders name.

    They are integers where all values of a key are, numbers where all are, and else strings. A
    column of the same name in a file has to say the same, which is seen when it is read.
    """
    values: dict[str, list[str]] = {}
    for of_file in keys:
        for name, value in of_file.items():
            values.setdefault(name, []).extend([] if value is None else [value])
    types = {name: _type_of(texts) for name, texts in values.items()}
    made: list[ColumnFile] = []
    for file, of_file in zip(files, keys, strict=True):
        cells = {
            name: pa.array([value]).cast(types[name])
            for name, value in of_file.items()
            if name not in file.types
        }
        known = {name: value for name, value in of_file.items() if name in file.types}
        made.append(WithKeys(file, cells, known) if of_file else file)
    return made


def _type_of(texts: Sequence[str]) -> pa.DataType:
    if all(map(_WHOLE.fullmatch, texts)):
        values = [int(text) for text in texts]
        for kind, limits in _INTEGERS:
            if limits.min <= min(values, default=0) and max(values, default=0) <= limits.max:
                return kind
        return pa.string()  # labels of so many digits may differ where their float64 do not
    return pa.float64() if all(map(_NUMBER.fullmatch, texts)) else pa.string()
