"""What a process keeps of a table in files: samples, and a copy for many passes."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from trivium.arrays import Floats
from trivium.rows.number_table import NumberTable
from trivium.rows.raw_table import RawCopy

DONE = object()
"""What a task returns that is done for the pass itself."""

_SHARE = 0.5  # of the room that a disk has, which a copy may take unasked


class Progress(Protocol):
    """Is told how far a pass has come."""

    def begin(self, n_rows: int) -> None:
        """Begin a pass through so many rows."""

    def advance(self, n_rows: int) -> None:
        """Count rows that were read."""

    def end(self) -> None:
        """End it, whether all were read or not."""


class Stored:
    """A table in files, shared by all rows that are made from it.

    Parameters
    ----------
    table : NumberTable
    cache : bool, path or "auto"
        Whether to copy the numbers, as they are first read, into a file without a name, from which
        they are read several times as fast. A path names the folder. "auto": if many passes
        are expected, and half of the room that is left on the disk of temporary files suffices.
    progress : Progress or None

    Attributes
    ----------
    table : NumberTable
        The table, or the copy of it.
    samples : dict of ndarray
        Every m-th row, by m.
    """

    def __init__(
        self,
        table: NumberTable,
        cache: bool | str | os.PathLike[str] = False,
        progress: Progress | None = None,
    ) -> None:
        self.table = table
        self.samples: dict[int, Floats] = {}
        self._cache = (
            False if table.is_raw else cache if isinstance(cache, bool) else os.fspath(cache)
        )
        self._files, self._asked = table, self._cache
        self._progress = progress
        self._many_passes = False

    def expect_passes(self) -> None:
        """Be told that all rows are going to be read again and again."""
        self._many_passes = True

    @property
    def wants_copy(self) -> bool:
        """Whether the next pass through all rows is to write a copy."""
        return bool(self._cache) and (self._cache != "auto" or self._many_passes)

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle which files they are: nothing that was read of them, and no open copy."""
        state = self.__dict__ | {"table": self._files, "samples": {}, "_progress": None}
        return state | {"_cache": self._asked}

    def part(self, table: NumberTable) -> "Stored":
        """Return what is kept of some of the rows."""
        return Stored(table, False, self._progress)

    def reading(self, sizes: Sequence[int]) -> "Reading":
        """Begin a pass, which brings samples of some sizes along."""
        strides = {max(1, -(-self.table.shape[0] // size)) for size in sizes}
        asked = self._cache != "auto"
        return Reading(self, strides - set(self.samples), self._new_copy(), asked, self._progress)

    def _new_copy(self) -> RawCopy | None:
        """Make room for a copy, if one is to be written in this pass."""
        if not self.wants_copy:
            return None
        unasked, folder = self._cache == "auto", tempfile.gettempdir()
        if isinstance(self._cache, str) and not unasked:
            folder = self._cache
        self._cache = False  # whether it succeeds or not
        n_bytes = self.table.shape[0] * self.table.shape[1] * self.table.dtype.itemsize
        try:
            if unasked and (
                n_bytes > _SHARE * shutil.disk_usage(folder).free or _is_in_memory(folder)
            ):
                return None
            return RawCopy(self.table, folder)
        except OSError as error:
            if unasked:
                return None
            raise _no_room(folder, n_bytes, error) from error


class Reading:
    """One pass through all rows of a table.

    Parameters
    ----------
    stored : Stored
    strides : set of int
        Of the samples that are wanted.
    copy : RawCopy or None
        What is to receive the numbers.
    asked : bool
        Whether it is an error if it cannot.
    progress : Progress or None
    """

    def __init__(
        self,
        stored: Stored,
        strides: set[int],
        copy: RawCopy | None,
        asked: bool,
        progress: Progress | None,
    ) -> None:
        self.table = stored.table
        self._stored, self._copy, self._asked, self._progress = stored, copy, asked, progress
        self._samples: dict[int, list[Floats]] = {stride: [] for stride in strides}
        if progress is not None:
            progress.begin(self.table.shape[0])

    def seen(self, first: int, rows: Floats) -> list[Callable[[], object]]:
        """Take what is wanted of a chunk; return what remains to be done with it, on any thread."""
        for stride, parts in self._samples.items():
            parts.append(rows[-first % stride :: stride].copy())
        if self._progress is not None:
            self._progress.advance(len(rows))
        return [] if self._copy is None else [partial(self._write, self._copy, first, rows)]

    def _write(self, copy: RawCopy, first: int, rows: Floats) -> object:
        try:
            copy.write(first, rows)
        except OSError as error:  # a quota, or a disk that does not keep room free
            if self._asked:
                raise _no_room(copy.folder, copy.n_bytes, error) from error
            self._copy = None
            copy.close()
        return DONE

    def finish(self) -> None:
        """Keep what was taken, now that all rows were seen."""
        for stride, parts in self._samples.items():
            self._stored.samples[stride] = np.concatenate(parts)
        if self._copy is not None:
            self._stored.table = self._copy
            self._copy = None

    def close(self) -> None:
        """End the pass; what was begun and not finished is given up."""
        if self._progress is not None:
            self._progress.end()
        if self._copy is not None:
            self._copy.close()


def _no_room(folder: str, n_bytes: int, error: OSError) -> OSError:
    return OSError(
        f"The rows could not be copied to {folder!r} ({error.strerror}), which takes "
        f"{n_bytes / 1e9:.3g} GB: name another folder by `cache`, or set it to False."
    )


def _is_in_memory(folder: str) -> bool:
    """Whether a folder's files take memory, as Linux's tmpfs does."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return False
    place, kind = "", ""
    real = os.path.realpath(folder)
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, name, *_ = line.split(" ")
        if len(point) >= len(place) and (real + "/").startswith(point.rstrip("/") + "/"):
            place, kind = point, name
    return kind in ("tmpfs", "ramfs")
