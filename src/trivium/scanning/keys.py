"""Folders `key=value`: columns that have one value in all rows of a file."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import pyarrow as pa

from trivium.scanning.column_file import ROWS_OF_A_BATCH, ColumnFile
from trivium.scanning.stamp import Stamp

Keys = Mapping[str, str | None]
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class WithKeys:
    """A file with the columns that its folders name, as `ColumnFile`.

    Attributes
    ----------
    file : ColumnFile
    cells : mapping of str to Array
        Of each of these columns one cell.
    """

    file: ColumnFile
    cells: Mapping[str, pa.Array]

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
        """Types of all columns: what the file holds itself counts."""
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
        with closing(self.file.batches(inside, start)) as batches:
            for batch in batches:
                of_name = dict(zip(inside, batch, strict=True))
                size = len(batch[0])
                yield [
                    self._repeated(name, size) if name in self.cells else of_name[name]
                    for name in names
                ]

    def where(self, row: int) -> str:
        """Say where a row is."""
        return self.file.where(row)

    def _repeated(self, name: str, size: int) -> pa.Array:
        (cell,) = self.cells[name]
        return pa.repeat(cell, size)


def with_keys(files: Sequence[ColumnFile], keys: Sequence[Keys]) -> list[ColumnFile]:
    """Give files the columns that their folders name.

    They are integers where all values of a key are, numbers where all are, and else strings; a
    column of the same name in a file counts instead.
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
        made.append(WithKeys(file, cells) if cells else file)
    return made


def _type_of(texts: Sequence[str]) -> pa.DataType:
    for pattern, kind in ((_WHOLE, pa.int64()), (_NUMBER, pa.float64())):
        if all(map(pattern.fullmatch, texts)):
            return kind
    return pa.string()
