"""A folder of results that appears whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
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
    expected : sequence of str
        Names of files that will be written, as far as they are known.

    Raises
    ------
    OSError
        On entering, if the folder cannot be made or written, or something other than a
        file stands where a file is expected: before any work is done.
    """

    def __init__(self, path: Path, expected: Sequence[str] = ()) -> None:
        self.path = path
        self._expected = expected
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        try:
            self._make_folder()
            for name in self._expected:
                _require_place(self.path, self.path / name)
            # Within the folder, so that moving a file is a rename on one file system.
            self._stage = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self.path))
        except BaseException:
            self._unmake_folder()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        published = False
        try:
            if kind is None:
                self._publish()
                published = True
        finally:
            shutil.rmtree(self._stage, ignore_errors=True)
            if not published:
                self._unmake_folder()

    def write(self, name: str, content: bytes) -> None:
        """Write a file that will stand at `name`, a path within the folder."""
        place = self._stage / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def _publish(self) -> None:
        sources = sorted(path for path in self._stage.rglob("*") if path.is_file())
        places = [self.path / source.relative_to(self._stage) for source in sources]
        for place in places:
            _require_place(self.path, place)
        for source, place in zip(sources, places, strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, place)

    def _make_folder(self) -> None:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)
        if not self.path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self.path))

    def _unmake_folder(self) -> None:
        """Remove the folders made here, as far as nobody else has put anything into them."""
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return


def _require_place(folder: Path, place: Path) -> None:
    """Raise an OSError if a file could not be moved to a place within the folder."""
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    for parent in place.parents:
        if parent == folder:
            return
        if parent.exists() and not parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
