"""Whether a file is what it was when it was first read."""

from pathlib import Path
from typing import NamedTuple, Self

from trivium.tables.errors import TableError


class Stamp(NamedTuple):
    """Size and time of a file, by which a change shows.

    Attributes
    ----------
    size : int
        Bytes.
    changed : int
        Nanoseconds, of the last change.
    """

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Note what a file is now."""
        now = path.stat()
        return cls(now.st_size, now.st_mtime_ns)

    def require(self, path: Path) -> None:
        """Raise unless a file is what it was.

        Raises
        ------
        TableError
            If it has changed, or is gone.
        """
        try:
            now = Stamp.of(path)
        except FileNotFoundError:
            raise TableError(f"{path} is gone: it was there when it was first read") from None
        if now != self:
            raise TableError(f"{path} has changed since it was first read")
