"""How commands print: one line of any text, UTF-8 for JSON."""

import io
import sys


def in_one_line(text: object) -> str:
    """Return a text with the characters that would not show written as in Python."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(text))


def speak_utf8() -> None:
    """Write JSON as it is defined, whatever the terminal's encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
