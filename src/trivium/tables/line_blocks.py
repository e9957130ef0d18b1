"""Blocks of whole lines, which can be read apart from each other."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np


def blocks_of_lines(stream: BinaryIO, size: int, *, quoted: bool = False) -> Iterator[bytes]:
    r"""Cut a text at ends of lines.

    Parameters
    ----------
    stream : binary stream
        In an encoding in which no other character has the bytes of line ends, as UTF-8.
    size : int
        Bytes to read at once. A block is of about as many, and of more where a line is longer.
    quoted : bool
        Whether line ends between quotation marks end no line. Then every other mark begins a
        quotation, or is the second of two that stand for one.

    Examples
    --------
    >>> import io
    >>> list(blocks_of_lines(io.BytesIO(b"1,2\n3,4\n5,6"), 6))
    [b'1,2\n', b'3,4\n', b'5,6']
    """
    held: list[bytes] = []
    open_ = 0  # quotation marks in what is held
    while read := stream.read(size):
        end = _end_of_lines(read, open_) if quoted else _last_end(read)
        if end:
            yield b"".join((*held, memoryview(read)[:end]))
            held, open_ = [], 0
        held.append(read[end:])
        open_ += held[-1].count(b'"') if quoted else 0
    if rest := b"".join(held):
        yield rest


def _last_end(read: bytes) -> int:
    """Return where the last line ends, or 0.

    Old files end lines by a carriage return alone. Where a line feed comes first in the next block,
    it ends a line without anything in it, which is none.
    """
    return (read.rfind(b"\n") if b"\n" in read else read.rfind(b"\r")) + 1


def _end_of_lines(read: bytes, before: int) -> int:
    """Return where the last line ends outside quotations, of which marks came before, or 0."""
    letters = np.frombuffer(read, np.uint8)
    marks = np.flatnonzero(letters == ord('"'))
    for ending in b"\n\r":
        ends = np.flatnonzero(letters == ending)
        outside = ends[(before + np.searchsorted(marks, ends)) % 2 == 0]
        if outside.size:
            return int(outside[-1]) + 1
    return 0
