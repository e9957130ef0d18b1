"""Arrow files of which the numbers of a batch are not read with it, but when they are wanted."""

import mmap
import os
import struct
from typing import Any

import numpy as np
import pyarrow as pa

_SMALL = 1 << 16  # bytes that are read at once in any case
_MOST_OF_A_MESSAGE = 1 << 25
_BATCH = 3  # what a message with rows is called by its kind
_BEGIN = b"\xff\xff\xff\xff"


class ArrowBytes:
    """A file for `pyarrow.PythonFile` that sets apart the numbers of batches in place of reading.

    They are zeros in memory that takes no room, until `rows` reads some of them. Nothing of the
    file itself is mapped: to touch what was cut off from a map would end the process.

    Parameters
    ----------
    path : str

    Attributes
    ----------
    is_packed : bool
        Whether a batch was compressed, which is read as it is.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - `close` closes it
        self._place = 0
        self._message = b""  # what was read before, which says what comes
        self._apart: tuple[Any, int, int] = (None, 0, 0)  # zeros, their address, the place in file
        self.is_packed = False

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def tell(self) -> int:
        """Return the place of what is read next."""
        return self._place

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        since = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size()}
        self._place = since[whence] + place
        return self._place

    def read(self, n: int = -1) -> Any:
        """Read some bytes, or all."""
        return bytes(self.read_buffer(self._size() - self._place if n < 0 else n))

    def read_buffer(self, n: int) -> Any:
        """Read some bytes, or set them apart."""
        place = self._place
        n = max(min(n, self._size() - place), 0)
        said = self._message_at(place, n)  # rows follow their message, in the same bytes or not
        begin = len(said)
        packed = packing(said or self._message, n - begin)
        self.is_packed |= packed is True
        self._place += n
        self._message = b""
        if packed is False and n > _SMALL:
            zeros = _zeros(n)
            zeros[:begin] = said
            self._apart = (zeros, pa.py_buffer(zeros).address, place)
            return zeros
        read = self._read_at(place, n)
        if n <= _MOST_OF_A_MESSAGE:
            self._message = read.tobytes()
        return read

    def _message_at(self, place: int, n: int) -> bytes:
        """Return the message that some bytes begin with; none if they do not, or end with it."""
        start = self._read_at(place, min(n, 8)).tobytes()
        if len(start) < 8 or start[:4] != _BEGIN:
            return b""
        length = 8 + int.from_bytes(start[4:], "little")
        return self._read_at(place, length).tobytes() if length < n else b""

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
            words = cells.dictionary  # which was read with the file
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

    def _read(self, buffer: pa.Buffer | None, start: int, size: int) -> pa.Buffer:
        if size == 0:
            return pa.py_buffer(b"")
        if buffer is None or start + size > buffer.size:
            raise ValueError("a column is shorter than its batch")
        zeros, begin, place = self._apart
        if zeros is None or not begin <= buffer.address < begin + len(zeros):
            return buffer.slice(start, size)
        return pa.py_buffer(self._read_at(place + buffer.address - begin + start, size))

    def _read_at(self, place: int, size: int) -> Any:
        read = np.empty(size, dtype=np.uint8)
        rest = memoryview(read.data)
        self._file.seek(place)
        while rest:
            got = self._file.readinto(rest)
            if not got:
                raise EOFError("it ends early")
            rest = rest[got:]
        return read

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size


def packing(message: bytes, n: int) -> bool | None:
    """Tell from a message whether the rows after it are compressed; None if no rows follow.

    Parameters
    ----------
    message : bytes
        Of Arrow's format: a FlatBuffers table.
    n : int
        Bytes that follow, of which it has to speak.
    """
    root = 8 if message[:4] == _BEGIN else 0
    try:
        root += _unpacked("<I", message, root)
        kind, header, length = (_field(message, root, number) for number in (1, 2, 3))
        if not kind or not header or not length or message[kind] != _BATCH:
            return None
        if _unpacked("<q", message, length) != n:
            return None
        return _field(message, header + _unpacked("<I", message, header), 3) > 0
    except (struct.error, IndexError):
        return None


def _field(message: bytes, table: int, number: int) -> int:
    """Return the place of a field of a table; 0 if it has none."""
    fields = table - _unpacked("<i", message, table)
    place = 4 + 2 * number
    if place >= _unpacked("<H", message, fields):
        return 0
    offset = _unpacked("<H", message, fields + place)
    return table + offset if offset else 0


def _unpacked(kind: str, message: bytes, place: int) -> int:
    return int(struct.unpack_from(kind, message, place)[0])


def _zeros(n: int) -> mmap.mmap:
    """Return zeros that take no memory as long as nothing is written there."""
    if hasattr(mmap, "MAP_ANONYMOUS"):
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        return mmap.mmap(-1, n, flags=flags)
    return mmap.mmap(-1, n)


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
