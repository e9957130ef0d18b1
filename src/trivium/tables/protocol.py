"""What a table is to those who read it: names, batches of text cells, and where a row stands."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import pyarrow as pa

from trivium.tables.pieces import Piece


class Source(Protocol):
    """A table of text cells that can be read more than once.

    Attributes
    ----------
    names : tuple of str
        Of columns, as in the header; one without a name is called by its number, from 1.
    notes : tuple of str
        What was seen: encoding, separator, header.
    doubt : str or None
        Why what was taken for the header may be none.
    n_rows : int or None
        Rows, if they are known without being read.
    n_bytes : int
        Of its files, about what they hold where they are compressed; zero where there are none.
    text : bool
        Whether it is a file of text, which has no types.
    types : mapping from str to str or None
        What columns hold by their types ("numbers", "text"); None holds nothing, and is like any
        other. Empty where columns have no types.
    """

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def doubt(self) -> str | None: ...  # noqa: D102

    @property
    def n_rows(self) -> int | None: ...  # noqa: D102

    @property
    def n_bytes(self) -> int: ...  # noqa: D102

    @property
    def text(self) -> bool: ...  # noqa: D102

    @property
    def types(self) -> Mapping[str, str | None]: ...  # noqa: D102

    def batches(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Hand out the rows, in order, of all columns or of those named; null is an empty cell.

        Cells are text, but for finite numbers, which may be float64: those of `numbers` where
        the table has numbers there, so that nobody reads their text as another style's; and those
        of `plain`, known to be written as programs do, where all of a batch are.
        """

    def pieces(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[Piece]:
        """Hand out, in order, functions that make those batches, on any thread."""

    def place(self, row: int) -> str:
        """Name a row, counted from 0, as its reader counts: a line of a file, a row."""

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """Name several rows in one go."""
