"""Files that must not change while they are read."""

from pathlib import Path
from typing import NamedTuple

from trivium.tables import unchanged


class Stamp(NamedTuple):
    """What a file was like when it was seen first.

    Attributes
    ----------
    path : str
    seen : trivium.tables.unchanged.Stamp
    """

    path: str
    seen: unchanged.Stamp

    @classmethod
    def of(cls, path: str) -> "Stamp":
        """Look at a file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        try:
            return cls(path, unchanged.Stamp.of(Path(path)))
        except OSError as error:
            raise FileNotFoundError(f"There is no file {path}: {error.strerror}.") from error

    def require(self) -> None:
        """Look again.

        Raises
        ------
        ValueError
            If the file is gone, or is another one.
        """
        self.seen.require(Path(self.path))
