"""Which files are meant: paths, patterns, folders and lists of these."""

import glob
import os
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

PARQUET, ARROW, TEXT, NUMPY = "Parquet", "Arrow", "CSV", "NumPy"
_PACKED = ("", ".gz", ".bz2", ".xz", ".zst", ".lz4")
_ENDS = {
    PARQUET: (".parquet", ".pq"),
    ARROW: (".arrow", ".feather", ".ipc"),
    TEXT: tuple(end + packed for end in (".csv", ".tsv", ".txt") for packed in _PACKED),
    NUMPY: (".npy",),
}
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Hive writes where a key is null


class FoundFile(NamedTuple):
    """A file, and what the folders above it are called.

    Attributes
    ----------
    path : str
    keys : dict of str to (str or None)
        Of folders ``key=value``.
    """

    path: str
    keys: dict[str, str | None]


def find_files(source: Any) -> tuple[str, list[FoundFile]]:
    """Find the files of a scan, all of one kind.

    Parameters
    ----------
    source : path, pattern, folder, or sequence of these
        In a pattern ``*`` and ``?`` stand for characters of a name, ``**`` for folders. Files of a
        pattern or folder come in the order of their paths as text, name by name.

    Returns
    -------
    kind : str
    files : list of FoundFile

    Raises
    ------
    FileNotFoundError
        If a file is missing, or there is none of a pattern or in a folder.
    ValueError
        If files are of several kinds or of none that is known, or one is named twice.
    TypeError
        If a source is no path.
    """
    several = isinstance(source, Iterable) and not isinstance(source, (str, bytes, os.PathLike))
    each = list(source) if several else [source]
    if not each:
        raise ValueError("The list of files is empty.")
    files = [file for one in each for file in _files_of(one)]
    seen = set[str]()
    for file in files:
        real = os.path.realpath(file.path)
        if real in seen:
            raise ValueError(f"{file.path} is named twice.")
        seen.add(real)
    return _one_kind(files), files


def _files_of(source: Any) -> list[FoundFile]:
    if not isinstance(source, (str, os.PathLike)) or isinstance(os.fspath(source), bytes):
        raise TypeError(
            f"A scan takes paths, patterns and folders, not {type(source).__name__} ({source!r})."
        )
    path = os.fspath(source)
    if os.path.isdir(path):
        return _in_folder(path)
    if os.path.exists(path):
        return [FoundFile(path, {})]
    if not any(sign in path for sign in "*?"):
        raise FileNotFoundError(f"There is no file {path}.")
    found = glob.glob(path.replace("[", "[[]"), recursive=True)
    files = sorted(filter(os.path.isfile, found), key=_names)
    if not files:
        raise FileNotFoundError(f"No file is called {path}.")
    first = min(place for place, sign in enumerate(path) if sign in "*?")
    fixed = os.path.dirname(path[:first])
    return [FoundFile(file, _keys(file, fixed)) for file in files]


def _in_folder(folder: str) -> list[FoundFile]:
    """Return the files of a folder and those below it, hidden ones and `_metadata` aside."""
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        files += [os.path.join(place, name) for name in names if not name.startswith((".", "_"))]
    known = sorted((file for file in files if kind_of(file)), key=_names)
    if not known:
        raise FileNotFoundError(f"The folder {folder} holds no file of a known kind: {_known()}.")
    return [FoundFile(file, _keys(file, folder)) for file in known]


def _names(path: str) -> list[str]:
    return path.split(os.sep)


def _keys(path: str, above: str) -> dict[str, str | None]:
    """Read the names of folders between one above and a file."""
    keys = dict[str, str | None]()
    for name in _names(os.path.dirname(os.path.relpath(path, above or "."))):
        key, sign, value = name.partition("=")
        if sign and key:
            keys[unquote(key)] = None if value == _NO_VALUE else unquote(value)
    return keys


def kind_of(path: str) -> str | None:
    """Tell by its name what kind a file is of."""
    name = os.path.basename(path).lower()
    return next((kind for kind, ends in _ENDS.items() if name.endswith(ends)), None)


def _one_kind(files: list[FoundFile]) -> str:
    first = kind_of(files[0].path)
    for file in files:
        kind = kind_of(file.path)
        if kind is None:
            raise ValueError(f"{file.path} is of no known kind: {_known()}.")
        if kind != first:
            raise ValueError(
                f"{files[0].path} is {first}, but {file.path} is {kind}: a scan reads files of "
                "one kind. Name them by a pattern."
            )
    assert first is not None  # noqa: S101  # else an error was raised
    return first


def _known() -> str:
    return "names end with " + ", ".join(end for ends in _ENDS.values() for end in ends[:3])
