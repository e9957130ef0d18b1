"""Where the report of a comparison goes, and how it gets there."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from trivium.atomic import atomic_file, require_writable
from trivium.comparison.comparison import Comparison
from trivium.tables.errors import TableError

_PAGES = (".html", ".htm")


class Places(NamedTuple):
    """The files of a report."""

    html: Path
    json: Path


@contextmanager
def require_places(out: str, data: Sequence[str]) -> Iterator[Places]:
    """Tell where the report goes, and make the folder: before long work, not after it.

    A folder that was made, and into which nothing has come by the end of the block, is removed.

    Parameters
    ----------
    out : str
        A folder, for report.html and report.json; or a file that ends in .html.
    data : sequence of str
        Files that are read, which are not written over.

    Yields
    ------
    Places

    Raises
    ------
    TableError
        If nothing is named, or what is read would be written over.
    OSError
        If no file can be written there.
    """
    if not out:
        raise TableError("--out is empty: name a folder, . for the present one")
    path = Path(out)
    if path.suffix.lower() in _PAGES and not path.is_dir():
        places, folders = Places(path, path.with_suffix(".json")), []
    else:
        places = Places(path / "report.html", path / "report.json")
        folders = [each for each in (path, *path.parents) if not each.exists()]
    try:
        if folders:
            path.mkdir(parents=True, exist_ok=True)
        _require_free(places, data)
        yield places
    finally:
        with suppress(OSError):  # something has come into it
            for folder in folders:
                folder.rmdir()


def _require_free(places: Places, data: Sequence[str]) -> None:
    for place in places:
        read = [each for each in data if os.path.exists(each)]
        if place.exists() and any(os.path.samefile(place, each) for each in read):
            raise TableError("--out: the table that is read would be written over")
        require_writable(place)


def write_report(found: Comparison, places: Places) -> None:
    """Write both files, or none."""
    document = json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)
    page = found.to_html()
    with atomic_file(places.html) as shown, atomic_file(places.json) as told:
        shown.write(page.encode("utf-8"))
        shown.flush()
        told.write(document.encode("utf-8") + b"\n")
