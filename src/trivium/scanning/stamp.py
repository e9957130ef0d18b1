"""Files that must not change while they are read."""

import os
from typing import NamedTuple


class Stamp(NamedTuple):
    """What a file was like when it was seen first.

    Attributes
    ----------
    path : str
    size : int
        Bytes.
    modified : int
        Nanoseconds since 1970.
    """

    path: str
    size: int
    modified: int

    @classmethod
    def of(cls, path: str) -> "Stamp":
        """Look at a file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        try:
            found = os.stat(path)
        except OSError as error:
            raise FileNotFoundError(f"There is no file {path}: {error.strerror}.") from error
        return cls(path, found.st_size, found.st_mtime_ns)

    def require(self) -> None:
        """Look again.

        Raises
        ------
        ValueError
            If the file is gone, or is another one.
        """
        try:
            now = Stamp.of(self.path)
        except FileNotFoundError as error:
            raise ValueError(
                f"{self.path} is gone since it was scanned: files must stay while they are read."
            ) from error
        if now != self:
            raise ValueError(
                f"{self.path} has changed since it was scanned: files must not change while they "
                "are read. Scan it again."
            )
