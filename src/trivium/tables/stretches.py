"""Files in stretches that other processes read, each the pieces that the file has there."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from trivium.tables.csv_source import CsvSource
from trivium.tables.file_names import Part
from trivium.tables.many_files import File, ManyFiles
from trivium.tables.pieces import Piece, Stretch
from trivium.tables.source import open_parts
from trivium.tables.unchanged import Stamp

_MOST_FILES = 64  # of a load


class Share(NamedTuple):
    """A stretch of a file, as another process is told of it.

    Attributes
    ----------
    part : Part
    stamp : Stamp
        What the file was when it was first read.
    sheet : str or None
    text : CsvSource or None
        What was found in a text file, all of which was read for it.
    stretch : Stretch
    """

    part: Part
    stamp: Stamp
    sheet: str | None
    text: CsvSource | None
    stretch: Stretch

    def pieces(
        self, names: Sequence[str], *, numbers: Collection[str], plain: Collection[str]
    ) -> Iterator[Piece]:
        """Hand out what makes the batches.

        Raises
        ------
        TableError
            If the file is gone or has changed; or as batches of a file are made.
        """
        self.stamp.require(self.part.path)
        if self.text is None:
            file = open_parts([self.part], self.sheet).files[0]
        else:
            file = File(self.part, self.text)
        yield from file.pieces(names, numbers, plain, self.stretch)


def loads(source: ManyFiles, n_pieces: int, sheet: str | None = None) -> Iterator[list[Share]]:
    """Cut files into loads of about so many pieces, in order: of large files, or of many small.

    Parameters
    ----------
    source : ManyFiles
    n_pieces : int
    sheet : str, optional
        Of Excel files.
    """
    load: list[Share] = []
    left = n_pieces
    for file in source.files:
        text = file.source if isinstance(file.source, CsvSource) else None
        cut: Any = file.source
        for stretch, n in cut.stretches(n_pieces):
            if load and (n > left or len(load) == _MOST_FILES):
                yield load
                load, left = [], n_pieces
            load.append(Share(file.part, file.stamp, sheet, text, stretch))
            left -= n
    if load:
        yield load
