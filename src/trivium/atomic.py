"""A file that appears whole, in one step, or not at all."""

import errno
import hashlib
import io
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from trivium.lock_file import LockFile
from trivium.signals import held_back

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER = 1 << 20  # bytes
_PART, _LOCK = ".part", ".lock"


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file beside its place, and move it there at the end.

    Leaving the block in peace puts the file on the disk and then in its place; leaving it by an
    exception removes what was written, and a file that was there before stays as it was. What a
    process that was killed has left beside the place is removed by the next one that writes there;
    what a living one is at stays. A symbolic link stays, and the file that it names is replaced.

    Parameters
    ----------
    path : str or PathLike
        A file that is there is replaced, and its permissions are those of a new one.

    Yields
    ------
    binary file, open for writing

    Raises
    ------
    OSError
        Before the block is entered, if no file can be written there: the folder is not there, it
        or the file must not be written, or something other than a file stands there. While it is
        written, if the disk is full. The error names the path.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> place = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with atomic_file(place) as file:
    ...     _ = file.write(b"1, 2, 3")
    ...     print(place.exists())
    False
    >>> place.read_bytes()
    b'1, 2, 3'
    """
    named = os.fspath(path)
    place = _place_of(named)
    part = place.with_name(f"{_prefix(place)}{secrets.token_hex(4)}{_PART}")
    lock = LockFile(part.with_suffix(_LOCK))
    file: BinaryIO | None = None
    held = False
    try:
        with held_back(), _errors_name(named):
            _clear_leftovers(place)
            held = lock.acquire(wait=True)
            file = io.BufferedWriter(_Part(part, named), _BUFFER)
        yield file
        file.flush()
        with _errors_name(named):
            os.fsync(file.fileno())
            file.close()
            with held_back():
                os.replace(part, place)
                _keep_name(place.parent)
    finally:
        with held_back():
            if file is not None:
                with suppress(OSError):  # of a disk that is full still
                    file.close()
                part.unlink(missing_ok=True)
            if held:
                lock.release()


def require_writable(path: str | os.PathLike[str]) -> None:
    """Raise unless a file could be written at a place: before long work, not after it.

    Parameters
    ----------
    path : str or PathLike

    Raises
    ------
    OSError
        As `atomic_file`; the error names the path.
    """
    named = os.fspath(path)
    with _errors_name(named):
        folder = _place_of(named).parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), named)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), named)


class _Part(io.FileIO):
    """A new file whose errors name the path that the user knows."""

    def __init__(self, part: Path, named: str) -> None:
        self._named = named
        super().__init__(part, "xb")

    def write(self, data: "ReadableBuffer") -> int:
        with _errors_name(self._named):
            return super().write(data)


@contextmanager
def _errors_name(named: str) -> Iterator[None]:
    """Have errors of the system name a path, whichever file they are about."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, named) from error


def _place_of(named: str) -> Path:
    """Return where the file goes, through symbolic links.

    Raises
    ------
    OSError
        If something other than a file stands there, or a file that must not be written.
    """
    if named.endswith(("/", os.sep)):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), named)
    try:
        mode = os.stat(named).st_mode
    except FileNotFoundError:  # of a link too, which may name a file that is not there yet
        return Path(os.path.realpath(named))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), named)
    if not stat.S_ISREG(mode):
        raise OSError(
            errno.EINVAL, "No regular file, so that nothing can be put in its place", named
        )
    if not os.access(named, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), named)
    return Path(os.path.realpath(named))


def _prefix(place: Path) -> str:
    """Begin the names of unfinished files of one place: short, however long its own name is."""
    digest = hashlib.blake2b(os.fsencode(place.name), digest_size=6).hexdigest()
    return f".trivium-{digest}-"


def _clear_leftovers(place: Path) -> None:
    """Remove what processes that are no more have left of files for this place."""
    ours = re.compile(re.escape(_prefix(place)) + rf"\w{{8}}({_PART}|{_LOCK})")
    found = [entry for entry in os.scandir(place.parent) if ours.fullmatch(entry.name)]
    for entry in found:
        lock = LockFile(Path(entry.path).with_suffix(_LOCK))
        try:
            if lock.acquire(wait=False):
                Path(entry.path).with_suffix(_PART).unlink(missing_ok=True)
                lock.release()
        except OSError:  # another's, or a file system without locks: nothing says that it is dead
            continue


def _keep_name(folder: Path) -> None:
    """Put a folder's names on the disk, where the system can be asked to."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # some file systems cannot, and the file is in its place
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
