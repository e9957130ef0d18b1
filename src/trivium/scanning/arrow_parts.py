"""Rows of Arrow arrays whose place in a file is known, read from there in place of mapped."""

import mmap
from io import RawIOBase
from typing import Any

import numpy as np
import pyarrow as pa


class ArrowParts:
    """Reads rows of arrays that lie in a file; of the map itself no number is touched.

    To touch what was cut off from a file that is mapped ends the process; to read it is an error.

    Parameters
    ----------
    file : binary file
        Not buffered.
    mapped : mmap
        The same file, by which the arrays know where they lie.
    """

    def __init__(self, file: RawIOBase, mapped: mmap.mmap) -> None:
        self._file = file
        self._begin, self._size = pa.py_buffer(mapped).address, len(mapped)
        self._dictionaries: dict[tuple[int, ...], pa.Array] = {}

    def rows(self, cells: pa.Array, first: int, n: int) -> pa.Array:
        """Return rows of an array, in memory of their own.

        Raises
        ------
        ValueError
            If the array is not whole.
        EOFError
            If the file is shorter than it was.
        """
        kind = cells.type
        if pa.types.is_null(kind):
            return pa.nulls(n)
        if pa.types.is_dictionary(kind):
            places = self.rows(cells.indices, first, n)
            words = self._dictionary(cells.dictionary)
            return pa.DictionaryArray.from_arrays(places, words, ordered=kind.ordered, safe=False)
        first += cells.offset
        skip = first % 8  # bits of which a byte is shared with rows before
        begin, length = first - skip, skip + n
        buffers = cells.buffers()
        valid = buffers[0] and self._read(buffers[0], begin // 8, (length + 7) // 8)
        if is_text(kind):
            parts = self._texts(buffers, begin, length, 4 if is_short(kind) else 8)
        else:
            width = kind.bit_width
            parts = [self._read(buffers[1], begin * width // 8, (length * width + 7) // 8)]
        found = pa.Array.from_buffers(kind, n, [valid, *parts], offset=skip)
        found.validate()
        return found

    def _texts(self, buffers: list[Any], begin: int, length: int, item: int) -> list[pa.Buffer]:
        """Return where each text ends, and the texts."""
        read = self._read(buffers[1], begin * item, (length + 1) * item)
        ends = np.frombuffer(read, dtype=f"i{item}")
        low, high = int(ends[0]), int(ends[-1])
        if not 0 <= low <= high:
            raise ValueError("texts end before they begin")
        return [pa.py_buffer(ends - ends[0]), self._read(buffers[2], low, high - low)]

    def _dictionary(self, words: pa.Array) -> pa.Array:
        """Return a dictionary, which many batches have in common."""
        key = tuple(buffer.address for buffer in words.buffers() if buffer)
        if not all(map(self._is_mapped, key)):
            return words
        if key not in self._dictionaries:
            self._dictionaries[key] = self.rows(words, 0, len(words)) if len(words) else words
        return self._dictionaries[key]

    def _is_mapped(self, address: int) -> bool:
        return bool(self._begin <= address < self._begin + self._size)

    def _read(self, buffer: pa.Buffer | None, start: int, size: int) -> pa.Buffer:
        if size == 0:
            return pa.py_buffer(b"")
        if buffer is None or start + size > buffer.size:
            raise ValueError("a column is shorter than its batch")
        if not self._is_mapped(buffer.address):
            return buffer.slice(start, size)
        self._file.seek(buffer.address - self._begin + start)
        read = np.empty(size, dtype=np.uint8)
        rest = memoryview(read.data)
        while rest:
            got = self._file.readinto(rest)
            if not got:
                raise EOFError("it ends early")
            rest = rest[got:]
        return pa.py_buffer(read)


def has_rows(kind: pa.DataType) -> bool:
    """Whether rows of such arrays are found by counting."""
    if pa.types.is_dictionary(kind):
        return has_rows(kind.value_type)
    return (
        pa.types.is_primitive(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
        or is_text(kind)
    )


def is_short(kind: pa.DataType) -> bool:
    """Whether it is text of which an array has 2 GiB at most."""
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether it is made of bytes of any number."""
    is_large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    return bool(is_large) or is_short(kind)
