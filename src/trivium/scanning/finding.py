"""Which files are meant, and of what kind they are."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trivium.tables.errors import TableError
from trivium.tables.file_names import Part, parts_of, with_common_cells

PARQUET, ARROW, TEXT, NUMPY = "Parquet", "Arrow", "CSV", "NumPy"
_PACKED = ("", ".gz", ".bz2", ".xz", ".zst", ".lz4")
_ENDS = {
    PARQUET: (".parquet", ".pq"),
    ARROW: (".arrow", ".feather", ".ipc"),
    TEXT: tuple(end + packed for packed in _PACKED for end in (".csv", ".tsv", ".txt")),
    NUMPY: (".npy",),
}
_KNOWN = ", ".join(end for ends in _ENDS.values() for end in ends[:3])


def find_files(source: Any) -> tuple[str, list[Part]]:
    """Find the files of a scan, all of one kind.

    Parameters
    ----------
    source : path, pattern, folder, or sequence of these
        As of `parts_of`; of folders and patterns, files of kinds that are not known are left out.

    Returns
    -------
    kind : str
    files : list of Part
        Their paths are absolute: the folder that a process works in may become another one.

    Raises
    ------
    FileNotFoundError
        If a file is missing, or there is none of a pattern or in a folder.
    ValueError
        If files are of several kinds or of none that is known, one is named twice, or none is; or
        of one folder or pattern some are in folders `key=value` and others are not.
    TypeError
        If a source is no path.
    """
    is_one = isinstance(source, (str, bytes, os.PathLike)) or not isinstance(source, Iterable)
    named = [_path(one) for one in ([source] if is_one else source)]
    try:
        places = [parts_of(one) or parts_of([one]) or [] for one in named] or [parts_of([]) or []]
    except TableError as error:
        raise FileNotFoundError(f"There is nothing to scan: {error}.") from error
    known = [[part for part in p if kind_of(part.path) or part.path in named] for p in places]
    files = [part for place in known for part in place]
    if not files:
        raise FileNotFoundError(
            f"There is nothing to scan: no name in {', '.join(map(str, named))} ends with one of "
            f"{_KNOWN}."
        )
    seen = set[str]()
    for path, _ in files:
        real = os.path.realpath(path)
        if real in seen:
            raise ValueError(f"{path} is named twice.")
        seen.add(real)
    kind = _one_kind([path for path, _ in files])
    if kind != NUMPY:
        for place in known:
            _require_same_folders(place)
    return kind, [part._replace(path=part.path.absolute()) for part in with_common_cells(files)]


def kind_of(path: Path) -> str | None:
    """Tell by its name what kind a file is of."""
    name = path.name.lower()
    return next((kind for kind, ends in _ENDS.items() if name.endswith(ends)), None)


def _path(one: Any) -> Path:
    if not isinstance(one, (str, os.PathLike)) or isinstance(os.fspath(one), bytes):
        raise TypeError(
            f"A scan takes paths, patterns and folders, not {type(one).__name__} ({one!r})."
        )
    if not os.fspath(one):
        raise ValueError("A scan takes paths, patterns and folders: the name is empty.")
    return Path(one).expanduser()


def _require_same_folders(files: list[Part]) -> None:
    """Raise a ValueError unless the folders of all files name the same columns."""
    for key in {key: None for part in files for key in part.folder_cells}:
        has = next(part.path for part in files if key in part.folder_cells)
        lacks = next((part.path for part in files if key not in part.folder_cells), None)
        if lacks is not None:
            raise ValueError(
                f"{lacks} is in no folder '{key}=...', where {has} is in such a one: the column "
                f"{key!r} is lacking there."
            )


def _one_kind(paths: list[Path]) -> str:
    kinds = [kind_of(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if not path.exists():
            raise FileNotFoundError(f"There is no file {path}.")
        if kind is None:
            raise ValueError(f"{path} is of no known kind: names end with one of {_KNOWN}.")
        if kind != kinds[0]:
            raise ValueError(
                f"{paths[0]} is {kinds[0]}, but {path} is {kind}: a scan reads files of one kind. "
                "Name them by a pattern."
            )
    return str(kinds[0])
