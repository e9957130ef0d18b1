"""A source of rows whose reading somebody watches, and whether a table is too large to be held."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import pyarrow as pa

from trivium.blocks.memory import available_memory
from trivium.rows.stored import Progress
from trivium.tables.protocol import Source

_SHARE = 0.5  # of the memory that is free
_BYTES_OF_A_CELL = 48  # as text, as a number, and twice as a number that was prepared
_BYTES_OF_A_BYTE = 4  # of a text file, likewise


class Watched:
    """Batches of a source, which tell how far reading has come.

    Parameters
    ----------
    source : Source
    n_rows : int
    progress : Progress or None
    """

    def __init__(self, source: Source, n_rows: int, progress: Progress | None = None) -> None:
        self._source, self._n_rows, self._progress = source, n_rows, progress

    @property
    def types(self) -> Mapping[str, str | None]:
        """What columns hold by their types."""
        return self._source.types

    def batches(
        self,
        names: Iterable[str] | None = None,
        *,
        numbers: Collection[str] = (),
        plain: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Hand out the rows as the source does."""
        found = self._source.batches(names, numbers=numbers, plain=plain)
        if self._progress is None:
            yield from found
            return
        self._progress.begin(self._n_rows)
        try:
            for batch in found:
                self._progress.advance(batch.num_rows)
                yield batch
        finally:
            self._progress.end()


def is_too_large(source: Source) -> bool:
    """Whether a table takes more than half the memory that is free, by its size."""
    return bytes_needed(source) > _SHARE * available_memory()


def bytes_needed(source: Source) -> float:
    """Return about how many bytes a table takes that is read, prepared and learnt from in memory.

    Parameters
    ----------
    source : Source
    """
    n_rows = source.n_rows
    if n_rows is not None:
        return float(_BYTES_OF_A_CELL) * n_rows * len(source.names)
    return float(_BYTES_OF_A_BYTE) * source.n_bytes
