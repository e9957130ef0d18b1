"""A folder of results that appears whole or not at all."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from trivium.lock_file import LockFile
from trivium.signals import held_back

_UNFINISHED = ".unfinished-"
_STAGE = re.compile(r"\.unfinished-\w{8}")
_LOCK = ".lock"


class OutputFolder:
    """Collects files beside their place and moves them there at the end.

    Use as a context manager: leaving it in peace publishes the files, leaving it by an
    exception removes them and touches nothing that was there before. What a process that was
    killed has left is removed by the next one that enters; what a living one is at stays.

    Parameters
    ----------
    path : Path
        The folder; it is made if need be. Files of the same name are replaced.
    expected : sequence of str
        Names of files that will be written, as far as they are known.
    former : callable
        Given the folder, names files in it that an earlier use has left. Those that are not
        written again are removed.

    Raises
    ------
    OSError
        On entering, if the folder cannot be made or written, or something other than a
        file stands where a file is expected: before any work is done.
    """

    def __init__(
        self,
        path: Path,
        expected: Sequence[str] = (),
        former: Callable[[Path], Sequence[str]] = lambda _: (),
    ) -> None:
        self.path = path
        self._expected, self._former = expected, former
        self._made: list[Path] = []
        self._lock: LockFile | None = None
        self._stage: Path | None = None

    def __enter__(self) -> Self:
        try:
            with held_back():
                self._make_folder()
                for name in self._expected:
                    _require_place(self.path, self.path / name)
                _clear_leftovers(self.path)
                self._make_stage()
        except BaseException:
            self._leave(published=False)
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
            self._leave(published)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that will stand at `name`, a path within the folder."""
        place = self._staged() / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def _publish(self) -> None:
        stage = self._staged()
        sources = sorted(path for path in stage.rglob("*") if path.is_file())
        places = [self.path / source.relative_to(stage) for source in sources]
        one_at_a_time = LockFile(self.path / f"{_UNFINISHED}moves{_LOCK}")
        one_at_a_time.acquire(wait=True)
        try:
            with held_back():
                for place in places:
                    _require_place(self.path, place)
                for name in self._former(self.path):
                    if self.path / name not in places:
                        (self.path / name).unlink(missing_ok=True)
                for source, place in zip(sources, places, strict=True):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(source, place)
        finally:
            one_at_a_time.release()

    def _staged(self) -> Path:
        if self._stage is None:
            raise RuntimeError("The folder has not been entered.")
        return self._stage

    def _make_folder(self) -> None:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)
        if not self.path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self.path))

    def _make_stage(self) -> None:
        """Make the place to collect files in, behind a lock that says that somebody is at it.

        Within the folder, so that moving a file is a rename on one file system.
        """
        stage = self.path / f"{_UNFINISHED}{secrets.token_hex(4)}"
        self._lock = LockFile(_lock_of(stage))
        try:
            self._lock.acquire(wait=True)
            stage.mkdir()
        except OSError as error:  # names the folder, which the user knows
            raise type(error)(error.errno, error.strerror, str(self.path)) from error
        self._stage = stage

    def _leave(self, published: bool) -> None:
        with held_back():
            if self._stage is not None:
                shutil.rmtree(self._stage, ignore_errors=True)
            if self._lock is not None:
                self._lock.release()
            if not published:
                self._unmake_folder()

    def _unmake_folder(self) -> None:
        """Remove the folders made here, as far as nobody else has put anything into them."""
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return


def _clear_leftovers(folder: Path) -> None:
    """Remove what processes that are no more have left unfinished."""
    for path in folder.glob(f"{_UNFINISHED}*{_LOCK}"):
        lock = LockFile(path)
        try:
            if lock.acquire(wait=False):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                lock.release()
        except OSError:  # another's, or a file system without locks: nothing says that it is dead
            continue
    for path in folder.glob(f"{_UNFINISHED}*"):
        # Whoever lives has made the lock before.
        if _STAGE.fullmatch(path.name) and path.is_dir() and not _lock_of(path).exists():
            shutil.rmtree(path, ignore_errors=True)


def _lock_of(stage: Path) -> Path:
    return stage.with_name(stage.name + _LOCK)


def _require_place(folder: Path, place: Path) -> None:
    """Raise an OSError if a file could not be moved to a place within the folder."""
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    for parent in place.parents:
        if parent == folder:
            return
        if parent.exists() and not parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
