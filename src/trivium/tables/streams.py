"""A text file's bytes as UTF-8, whatever it was compressed and encoded with."""

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from trivium.tables.errors import TableError

BLOCK = 1 << 22

_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
_BY_ARROW = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}


def compression_of(start: bytes) -> str | None:
    """Name what a file, of which this is the start, is compressed with."""
    for magic, name in (_COMPRESSED | _BY_ARROW).items():
        if start.startswith(magic):
            return name
    return None


def open_plain(path: Path) -> BinaryIO:
    """Open a file, decompressed where its first bytes say that it is compressed."""
    with open(path, "rb") as file:
        compression = compression_of(file.read(8))
    if compression is None:
        return open(path, "rb")
    if compression in _BY_ARROW.values():
        import pyarrow as pa

        return cast(BinaryIO, pa.CompressedInputStream(str(path), compression))
    opened: dict[str, Callable[[Path], object]] = {
        "gzip": gzip.open,
        "bz2": bz2.open,
        "xz": lzma.open,
    }
    return cast(BinaryIO, opened[compression](path))


def read_block(stream: BinaryIO, path: Path, size: int = BLOCK) -> bytes:
    """Read the next bytes, or none at the end.

    Raises
    ------
    TableError
        If the compressed file is damaged or cut short.
    """
    with _damage_named(path):
        return bytes(stream.read(size))


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the lines of a file, decompressed, each with its end.

    Raises
    ------
    TableError
        If the compressed file is damaged or cut short.
    """
    with open_plain(path) as stream, _damage_named(path):
        yield from stream


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError, lzma.LZMAError, zlib.error, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(f"{path} is a damaged compressed file: {reason}") from error


class Utf8(io.RawIOBase):
    """A stream in UTF-8, without a byte order mark, of a file in any encoding.

    Parameters
    ----------
    stream : binary stream
    path : path
        For messages.
    encoding : str
        Python's name.
    """

    def __init__(self, stream: BinaryIO, path: Path, encoding: str) -> None:
        self._stream, self._path = stream, path
        self._decoder, self._name = None, encoding.upper()
        self._mark = b""
        if encoding in ("utf-8", "utf-8-sig"):
            self._mark = codecs.BOM_UTF8 if encoding == "utf-8-sig" else b""
        else:
            self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        """Say so."""
        return True

    def close(self) -> None:
        """Close the file, too."""
        self._stream.close()
        super().close()

    def readinto(self, buffer: object) -> int:
        """Fill a buffer; 0 at the end."""
        view = memoryview(cast(bytearray, buffer))
        while not self._rest and not self._ended:
            self._rest = self._next()
        taken = self._rest[: len(view)]
        view[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def _next(self) -> bytes:
        block = read_block(self._stream, self._path)
        self._ended = not block
        if self._decoder is not None:
            try:
                return self._decoder.decode(block, final=self._ended).encode()
            except UnicodeError as error:
                raise TableError(f"{self._path} is no whole {self._name} file: {error}") from error
        if self._mark and block:
            block, self._mark = block.removeprefix(self._mark), b""
        return block
