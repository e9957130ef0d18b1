"""Sets a document as one HTML file that asks for nothing from outside."""

import base64
import hashlib
import re
from collections import Counter
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trivium.report.document import Document

# Plain text is escaped, quotes too, so only markup can hold this pattern.
_ID = re.compile(r'\sid="([^"]*)"')


def render(document: Document) -> str:
    """Set a document as a self-contained HTML page.

    Styles, script and pictures stand in the file; its content security policy forbids any request
    and any script but its own. The same document gives the same bytes.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        The whole file, to be written as UTF-8.

    Raises
    ------
    ValueError
        If two elements of the page share an id, as when two figures were given one name.
    """
    script = _source("page.js")
    page = (
        _environment()
        .get_template("page.html")
        .render(
            document=document,
            style=Markup(_source("page.css")),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=_content_hash(script),
        )
    )
    repeated = sorted(name for name, count in Counter(_ID.findall(page)).items() if count > 1)
    if repeated:
        raise ValueError(
            f"elements of the page share the id {', '.join(map(repr, repeated))}: "
            "give every figure and section a name of its own"
        )
    return page


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("trivium.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _source(name: str) -> str:
    """Read a file that stands in the page between two tags, without its last line break."""
    path = files("trivium.report") / "templates" / name
    return path.read_text(encoding="utf-8").removesuffix("\n")


def _content_hash(text: str) -> str:
    """Hash an inline script as a content security policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
