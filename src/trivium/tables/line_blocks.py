"""Blocks of whole lines, which can be read apart from each other."""

from collections.abc import Iterator
from typing import BinaryIO


def blocks_of_lines(stream: BinaryIO, size: int) -> Iterator[bytes]:
    r"""Cut a text at ends of lines.

    Parameters
    ----------
    stream : binary stream
        In an encoding in which no other character has the bytes of line ends, as UTF-8.
    size : int
        Bytes to read at once. A block is of about as many, and of more where a line is longer.

    Examples
    --------
    >>> import io
    >>> list(blocks_of_lines(io.BytesIO(b"1,2\n3,4\n5,6"), 6))
    [b'1,2\n', b'3,4\n', b'5,6']
    """
    held: list[bytes] = []
    while read := stream.read(size):
        # Old files end lines by \r alone. Where \n comes first in the next block, it ends a line
        # without anything in it, which is none.
        end = (read.rfind(b"\n") if b"\n" in read else read.rfind(b"\r")) + 1
        if end:
            yield b"".join((*held, read[:end]))
            held = []
        held.append(read[end:])
    if rest := b"".join(held):
        yield rest
