"""Files that are one table: a folder of them, a pattern such as "rows/*.csv", or several names."""

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from trivium.tables.errors import TableError

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # as Hive names the folder of empty cells
_HIDDEN = (".", "_")  # what writers leave beside rows: _SUCCESS, _metadata, .crc


class Part(NamedTuple):
    """A file of a table.

    Attributes
    ----------
    path : Path
    folder_cells : mapping from str to str or None
        Cells that all its rows have by the names of its folders, such as "year=2024"; None is an
        empty cell.
    """

    path: Path
    folder_cells: dict[str, str | None]


def parts_of(data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Part] | None:
    """Return the files that a table is named by, in the order of its rows.

    Files of a folder, and those that fit a pattern, come in the order of their names; files that
    are named one by one in that order. Hidden files, and those whose names begin with "_", are left
    out.

    Parameters
    ----------
    data : path or sequence of paths
        Each a file, a folder, or a pattern with *, ?, [ ] or ** in it.

    Returns
    -------
    list of Part or None
        None stands for one file that is named as it is.

    Raises
    ------
    TableError
        If a pattern or a folder has no files.
    """
    if isinstance(data, str | os.PathLike):
        given = os.fspath(data)
        return _found(given) if _is_many(given) else None
    parts: list[Part] = []
    for each in [os.fspath(name) for name in data]:
        parts += _found(each) if _is_many(each) else [Part(Path(each), _cells(Path(each).parts))]
    if not parts:
        raise TableError("no file is named")
    return with_common_cells(parts)


def with_common_cells(parts: Sequence[Part]) -> list[Part]:
    """Return files, one at least, with those cells alone that the folders of all of them name."""
    known = [set(part.folder_cells) for part in parts]
    common = set.intersection(*known)
    return [
        Part(path, {key: cells[key] for key in cells if key in common}) for path, cells in parts
    ]


def names_of_files(data: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return the names of all files of a table, one that is not there as it is named."""
    given = [data] if isinstance(data, str | os.PathLike) else list(data)
    named: list[str] = []
    for each in [os.fspath(name) for name in given]:
        named += [str(part.path) for part in _found(each)] if _is_many(each) else [each]
    return named


def _is_many(given: str) -> bool:
    """Whether a name is that of a folder, or a pattern, and of no file."""
    return os.path.isdir(given) or (glob.has_magic(given) and not os.path.exists(given))


def _found(given: str) -> list[Part]:
    """Return the files in a folder or of a pattern."""
    if os.path.isdir(given):
        root, there = Path(given), [Path(given)]
    else:
        root, there = _root(given), [Path(each) for each in glob.glob(given, recursive=True)]
    files = {file for each in there for file in _files_in(each) if not _is_hidden(file, root)}
    if not files:
        raise TableError(_none_found(given))
    ordered = sorted(files, key=lambda file: file.parts)
    return [Part(file, _cells(file.relative_to(root).parts)) for file in ordered]


def _none_found(given: str) -> str:
    if not os.path.isdir(given):
        return f"no file fits {given!r}"
    said = f"the folder {given} has no files"
    if any(place.is_symlink() and place.is_dir() for place in Path(given).rglob("*")):
        pattern = os.path.join(given, "**")
        return f"{said}, and folders that are links are followed by a pattern alone: {pattern!r}"
    return said


def _files_in(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    return [Path(folder) / name for folder, _, names in os.walk(place) for name in names]


def _root(pattern: str) -> Path:
    """Return the folder before the first name of a pattern that is not plain."""
    root = Path()
    for name in Path(pattern).parts:
        if glob.has_magic(name):
            return root
        root /= name
    return root


def _is_hidden(file: Path, root: Path) -> bool:
    return any(
        name.startswith(_HIDDEN) and "=" not in name for name in file.relative_to(root).parts
    )


def _cells(names: Sequence[str]) -> dict[str, str | None]:
    """Read the cells that folders name, as Hive writes them: year=2024/month=5/rows.parquet."""
    cells: dict[str, str | None] = {}
    for name in names[:-1]:
        key, equals, value = name.partition("=")
        if equals and key:
            cells[unquote(key)] = None if value in ("", _NO_VALUE) else unquote(value)
    return cells
