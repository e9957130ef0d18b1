"""Where the report of a comparison goes, and how it gets there."""

import json
import os
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


def require_places(out: str, data: str) -> Places:
    """Return where the report goes, and make the folder: before long work, not after it.

    Parameters
    ----------
    out : str
        A folder, for report.html and report.json; or a file that ends in .html.
    data : str
        What is read, which is not written over.

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
        places = Places(path, path.with_suffix(".json"))
    else:
        path.mkdir(parents=True, exist_ok=True)
        places = Places(path / "report.html", path / "report.json")
    for place in places:
        if place.exists() and os.path.exists(data) and os.path.samefile(place, data):
            raise TableError("--out: the table that is read would be written over")
        require_writable(place)
    return places


def write_report(found: Comparison, places: Places) -> None:
    """Write both files, each in one step."""
    document = json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)
    page = found.to_html()
    with atomic_file(places.html) as file:
        file.write(page.encode("utf-8"))
    with atomic_file(places.json) as file:
        file.write(document.encode("utf-8") + b"\n")
