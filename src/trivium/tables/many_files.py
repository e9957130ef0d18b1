"""Several files as one table: their rows one below the other, their columns by name."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from trivium.tables.errors import CellError, TableError
from trivium.tables.file_names import Part
from trivium.tables.pieces import WHOLE, Piece, Stretch, batches_of
from trivium.tables.protocol import Source
from trivium.tables.unchanged import Stamp

_MOST_NAMED = 3


class File:
    """A file of several: its source, its name in errors, and what its folders say.

    Parameters
    ----------
    part : Part
    source : Source
    """

    def __init__(self, part: Part, source: Source) -> None:
        self.part, self.source = part, source
        self.path, self.cells = part.path, part.folder_cells
        self.stamp = Stamp.of(part.path)
        self._n_rows: int | None = source.n_rows

    @property
    def n_rows(self) -> int:
        """Rows, counted the first time they are asked for."""
        if self._n_rows is None:
            first = self.source.names[:1]
            with self.named():
                self._n_rows = sum(batch.num_rows for batch in self.source.batches(first))
        return self._n_rows

    @contextmanager
    def named(self) -> Iterator[None]:
        """Have errors name the file."""
        try:
            yield
        except CellError:
            raise
        except TableError as error:
            if str(self.path) in str(error):
                raise
            raise TableError(f"{self.path}: {error}") from error

    def pieces(
        self,
        wanted: Sequence[str],
        numbers: Collection[str],
        plain: Collection[str],
        stretch: Stretch = WHOLE,
    ) -> Iterator[Piece]:
        """Hand out what makes the batches of the file, or of a stretch of it."""
        own = [name for name in wanted if name not in self.cells] or self.source.names[:1]
        with self.named():
            self.stamp.require(self.path)
            if stretch is WHOLE:
                some = self.source.pieces(own, numbers=numbers, plain=plain)
            else:
                source: Any = self.source  # which has cut itself
                some = source.pieces_of(stretch, own, numbers=numbers, plain=plain)
            for piece in some:
                yield partial(_whole, piece, self, wanted)


class ManyFiles:
    """Files that are one table, as `Source`.

    Parameters
    ----------
    files : sequence of File
        One at least. Columns are those of the first; others may have them in another order.
    empty : sequence of Path
        Files that were left out, for they have nothing in them.

    Raises
    ------
    TableError
        If a file lacks a column, or has one more, or one of another type; it names file and column.
    """

    def __init__(self, files: Sequence[File], empty: Sequence[Path] = ()) -> None:
        self.files = tuple(files)
        first = self.files[0]
        for key in first.cells:
            if key in first.source.names:
                raise TableError(f"{first.path} has a column {key!r}, and so say its folders")
        self.names = (*first.source.names, *first.cells)
        for file in self.files[1:]:
            _require_alike(file, first)
        separators = {getattr(file.source, "separator", None) for file in self.files}
        self.separator = separators.pop() if len(separators) == 1 else None
        doubts = ((f.path, f.source.doubt) for f in self.files if f.source.doubt is not None)
        self.doubt = next((f"{path}: {doubt}" for path, doubt in doubts), None)
        self.notes = (*_notes(self.files), *_notes_of_empty(empty))

    @property
    def n_rows(self) -> int | None:
        """Rows of all files, if they are known without reading them."""
        known = [n for file in self.files if (n := file.source.n_rows) is not None]
        return sum(known) if len(known) == len(self.files) else None

    @property
    def n_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.source.n_bytes for file in self.files)

    @property
    def text(self) -> bool:
        """Whether any file is of text."""
        return any(file.source.text for file in self.files)

    @property
    def types(self) -> dict[str, str | None]:
        """What columns hold by their types, where a file has some; folders name text."""
        found: dict[str, str | None] = {}
        for file in self.files:
            found.update({n: own for n, own in file.source.types.items() if found.get(n) is None})
        return found | dict.fromkeys(self.files[0].cells, "text")

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
        return self.pieces_from(0, names, numbers=numbers, plain=plain)

    def pieces_from(
        self,
        first: int,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out what makes the batches of the files from a number on."""
        wanted = self.names if names is None else tuple(names)
        for file in self.files[first:]:
            yield from file.pieces(wanted, numbers, plain)

    def place(self, row: int) -> str:
        """Name a row by its place in its file, and the file."""
        return self.places([row])[row]

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """Name several rows in one go."""
        left, found, before = sorted(set(rows)), dict[int, str](), 0
        for file in self.files:
            if not left:
                break
            n = file.n_rows
            own = [row for row in left if row < before + n]
            if own:
                places = file.source.places(row - before for row in own)
                found |= {row: f"{places[row - before]} of {file.path}" for row in own}
            left, before = left[len(own) :], before + n
        return found


def _whole(piece: Piece, file: File, wanted: Sequence[str]) -> pa.RecordBatch:
    """Make a batch of a file, with the cells that its folders name."""
    with file.named():
        batch = piece()
    columns = []
    for name in wanted:
        if name in file.cells:
            cell = pa.scalar(file.cells[name], pa.string())
            columns.append(pa.repeat(cell, batch.num_rows))
        else:
            columns.append(batch.column(name))
    return pa.RecordBatch.from_arrays(columns, names=list(wanted))


def _require_alike(file: File, first: File) -> None:
    """Refuse a file whose columns are not those of the first."""
    names, expected = file.source.names, first.source.names
    for name in expected:
        if name not in names:
            raise TableError(f"{file.path} lacks the column {name!r}, which {first.path} has")
    for name in names:
        if name not in expected:
            raise TableError(f"{file.path} has a column {name!r}, which {first.path} lacks")
    for key in (*first.cells, *file.cells):
        if key not in first.cells or key not in file.cells:
            has, lacks = (first, file) if key in first.cells else (file, first)
            raise TableError(
                f"{lacks.path} is in no folder '{key}=...', where {has.path} is in such a one"
            )
        if key in names:
            raise TableError(f"{file.path} has a column {key!r}, and so say its folders")
    own, others = file.source.types, first.source.types
    for name in own if others else ():
        if None not in (own[name], others[name]) and own[name] != others[name]:
            raise TableError(
                f"{file.path}: column {name!r} holds {own[name]}, where {first.path} has "
                f"{others[name]}"
            )


def _notes(files: Sequence[File]) -> tuple[str, ...]:
    """Gather the notes of files: once, where it is that of all; else of some files by name."""
    named: dict[str, list[Path]] = {}
    for file in files:
        for note in file.source.notes:
            named.setdefault(note, []).append(file.path)
    notes = []
    for note, paths in named.items():
        if len(paths) == len(files):
            notes.append(note)
            continue
        notes += [f"{path}: {note}" for path in paths[:_MOST_NAMED]]
        if len(paths) > _MOST_NAMED:
            notes.append(f"the same is to be said of {len(paths) - _MOST_NAMED:,} more files")
    return tuple(notes)


def _notes_of_empty(empty: Sequence[Path]) -> list[str]:
    if not empty:
        return []
    named = ", ".join(map(str, empty[:_MOST_NAMED])) + (" ..." if empty[_MOST_NAMED:] else "")
    return [f"{len(empty):,} file{'s are' if empty[1:] else ' is'} empty: {named}"]
