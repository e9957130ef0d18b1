"""A file that is locked as long as a process lives."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class LockFile:
    """A lock that has a name; the system opens it when its process ends, however that is.

    It lies in a file that whoever holds the lock removes. A process that waited for it then
    holds the lock of a file that is no more, and looks for the name again.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def acquire(self, *, wait: bool) -> bool:
        """Take the lock; return whether it was had, which without waiting may not be.

        Raises
        ------
        OSError
            If the file can be neither made nor opened, or the file system knows no locks.
        """
        while True:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0))
            try:
                _lock(self._file, wait=wait)
                if self._is_there():
                    return True
            except BlockingIOError:
                self._close()
                return False
            except BaseException:
                self._close()
                raise
            self._close()

    def release(self) -> None:
        """Remove the file, and with it the lock."""
        if sys.platform == "win32":  # where no open file can be removed
            self._close()
        self.path.unlink(missing_ok=True)
        self._close()

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except FileNotFoundError:
            return False

    def _close(self) -> None:
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)


if sys.platform == "win32":

    def _lock(file: int, *, wait: bool) -> None:
        try:
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

else:

    def _lock(file: int, *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
