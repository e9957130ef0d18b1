"""The names by which a page addresses its parts."""

import re

_ANCHOR = re.compile(r"[a-z][a-z0-9-]*")


def checked_anchor(name: str) -> str:
    """Return `name` if it can stand in an ``id``, a ``#fragment`` and a ``url(#...)`` unescaped.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens, beginning with a letter.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    ValueError
        If the name has any other form.
    """
    if not _ANCHOR.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot name a part of a page: use lower-case letters, digits and hyphens, "
            "beginning with a letter, such as 'moons-k5'"
        )
    return name
