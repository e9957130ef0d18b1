"""A table that is looked at column by column, so that it need not fit in memory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trivium.arrays import Indices
from trivium.rows.stored import Progress
from trivium.tables.choices import Choices, decide_all
from trivium.tables.errors import CellError, TableError
from trivium.tables.kinds import Column
from trivium.tables.look import as_dict, gathered
from trivium.tables.protocol import Source
from trivium.tables.read_cells import ReadCells, Room
from trivium.tables.target import Target, codes_of, target_of
from trivium.tables.watched import Watched


@dataclass(frozen=True)
class StreamedLook:
    """What was seen of a table whose cells are not in memory.

    Attributes
    ----------
    rows_read : int
    columns, target, notes, lasting_notes, source
        As of `Look`.
    codes : ndarray of int of shape (rows_read,) or None
        Place of each row's label among the classes, in small integers; -1 where it has none.
    room : Room
        Memory for the numbers of a column.
    watched : Watched
        The source, whose reading is watched.
    """

    rows_read: int
    columns: tuple[Column, ...]
    target: Target | None
    codes: Indices | None
    notes: tuple[str, ...]
    lasting_notes: tuple[str, ...]
    source: Source
    room: Room
    watched: Watched

    @property
    def rows_used(self) -> int:
        """How many rows have a label."""
        return self.rows_read if self.target is None else sum(self.target.counts)

    @property
    def kept(self) -> Any:
        """Which rows have a label, as a mask; None: all."""
        return None if self.codes is None or self.rows_used == self.rows_read else self.codes >= 0

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON shows; of cells, nothing but the names of classes."""
        return as_dict(self)


def look_streamed(
    source: Source,
    target: str | None = None,
    *,
    kinds: Mapping[str, str] = {},
    missing: Iterable[str] = (),
    drop: Iterable[str] = (),
    decimal: str | None = None,
    dates: str | None = None,
    progress: Callable[[str], None] | None = None,
    rows_progress: Progress | None = None,
) -> StreamedLook:
    """Decide what the columns of a table are, of which one is read at a time.

    What is found and said is that of `look`, to the letter. In memory are 8 bytes a row; of a
    column that is not of plain numbers its different texts and 4 to 8 bytes a row.

    Parameters
    ----------
    source : Source
    target, kinds, missing, drop, decimal, dates
        As of `look`.
    progress : callable or None
        Is told which column is read.
    rows_progress : Progress or None
        Is told how far it has come.

    Raises
    ------
    TableError
        As `look`.
    """
    chosen = Choices(target, kinds, missing, drop, decimal, dates, source.names, source.doubt)
    read = [name for name in source.names if name not in chosen.dropped]
    if not read:
        raise TableError("every column is left out: there is nothing to look at")
    room = Room(_n_rows(source, read[0]))
    watched = Watched(source, room.n_rows, rows_progress)
    cells: dict[str, ReadCells] = {}

    def cells_of(name: str) -> ReadCells:
        """Read a column, and let go of the others."""
        if progress is not None:
            progress(f"reading column {read.index(name) + 1:,} of {len(read):,}")
        for other in cells.values():
            other.release()
        cells[name] = ReadCells(watched, name, room, chosen.hints.missing)
        return cells[name]

    found, codes, said = None, None, list[str]()
    try:
        findings = decide_all(cells_of, [name for name in read if name != target], chosen, source)
        if target is not None:
            found, labels, said = target_of(
                target, cells_of(target), chosen.hints, target in chosen.kinds
            )
            codes = codes_of(found, labels)
    except CellError as error:
        raise error.at(source.place(error.row)) from error
    for other in cells.values():
        other.release()
    room.let_go()
    columns, notes, lasting = gathered(
        source, findings, {name: cells[name] for name in read}, chosen, said
    )
    return StreamedLook(room.n_rows, columns, found, codes, notes, lasting, source, room, watched)


def _n_rows(source: Source, name: str) -> int:
    n = source.n_rows
    if n is None:
        n = sum(batch.num_rows for batch in source.batches([name]))
    if not n:
        raise TableError("the table has no rows below its header")
    return n
