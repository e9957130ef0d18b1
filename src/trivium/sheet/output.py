"""A folder of results that appears whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class OutputFolder:
    """Collects files beside their place and moves them there at the end.

    Use as a context manager: leaving it in peace publishes the files, leaving it by an
    exception removes them and touches nothing that was there before.

    Parameters
    ----------
    path : Path
        The folder; it is made if need be. Files of the same name are replaced.

    Raises
    ------
    OSError
        On entering, if the folder cannot be made or written: before any work is done.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self._made = _first_missing(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        # Within the folder, so that moving a file is a rename on one file system.
        self._stage = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self.path))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            shutil.rmtree(self._stage, ignore_errors=True)
            if kind is not None and self._made is not None:
                shutil.rmtree(self._made, ignore_errors=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that will stand at `name`, a path within the folder."""
        place = self._stage / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def _publish(self) -> None:
        for source in sorted(path for path in self._stage.rglob("*") if path.is_file()):
            place = self.path / source.relative_to(self._stage)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, place)


def _first_missing(path: Path) -> Path | None:
    """Return the topmost folder that would have to be made, or None."""
    missing = None
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing = folder
    return missing
