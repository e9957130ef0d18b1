"""A table in pieces, each of which some thread may read while others read others."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from trivium.blocks.read_ahead import map_ahead

Piece = Callable[[], pa.RecordBatch]
"""Makes a batch of rows, or raises what is wrong with them. Others may be called before it."""

Stretch = tuple[int, ...]
"""Some pieces of a file that follow each other, in the file's own words."""

WHOLE: Stretch = ()
"""All of them."""

AT_ONCE = 16
"""Pieces that are in memory for threads to share."""


def whole(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch that is there already: a piece, once it is given one."""
    return batch


def batches_of(pieces: Iterator[Piece]) -> Iterator[pa.RecordBatch]:
    """Read pieces on several threads; yield their batches in order."""
    return map_ahead(lambda piece: piece(), pieces, AT_ONCE)
