"""The few lines of Python that do each part of the sheets, and what they print.

A file a task in ``templates/``, cut at lines such as ``# %% 1.2``. Lines that begin with ``#>`` are
what the lines before them print. Each part goes on where the one before it stopped.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_PART = re.compile(r"^# %% (\d\.\d)\n", re.MULTILINE)
_PRINTED = "#>"


class Lines(NamedTuple):
    """Lines of Python, and what they print."""

    code: str
    output: str


@cache
def listings(task: int) -> dict[str, Lines]:
    """Read the listings of a task.

    Parameters
    ----------
    task : {1, 2, 3}

    Returns
    -------
    dict of Lines
        By the number of the part, in order.
    """
    name = f"task_{task}.txt"
    text = (files("trivium.sheet") / "templates" / name).read_text(encoding="utf-8")
    _, *pieces = _PART.split(text)
    found = {}
    for number, piece in zip(pieces[::2], pieces[1::2], strict=True):
        code, output = [], []
        for line in piece.strip("\n").split("\n"):
            if line.startswith(_PRINTED):
                output.append(line.removeprefix(_PRINTED).removeprefix(" "))
            else:
                code.append(line)
        found[number] = Lines("\n".join(code).strip("\n"), "\n".join(output))
    return found
