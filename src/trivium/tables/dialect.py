"""Which character separates the fields of a text file, and where its rows begin."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trivium.tables.errors import TableError

COMMON = (",", ";", "\t", "|")
_OTHERS = (":", "^", "~", "!", "#", "&", "*", "\x01", "\x1c", "\x1d", "\x1e", "\x1f", " ")
_NONE = "\x1f"
"""Separates nothing in a file of one column."""
_RECORDS = 200

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is laid out.

    Attributes
    ----------
    separator : str
        One character.
    headers : tuple of str
    skipped : int
        Characters before the first row.
    line : int
        The physical line, from 1, of the first row.
    declared : bool
        Whether a line `sep=` said what separates.
    alone : bool
        Whether there is one column, and nothing separates.
    """

    separator: str
    headers: tuple[str, ...]
    skipped: int
    line: int
    declared: bool = False
    alone: bool = False


def dialect_of(text: str, complete: bool) -> Dialect:
    """Find the dialect by the start of a file.

    Raises
    ------
    TableError
        If there is nothing, or if the header does not end.
    """
    start, line, declared = 0, 1, None
    lines = io.StringIO(text, newline="")
    for each in lines:
        bare = each.rstrip("\r\n")
        said = re.fullmatch(r'"?sep=(.)"?', bare, re.IGNORECASE)
        if said and declared is None:
            declared = said[1]
        elif bare:
            break
        start, line = start + len(each), line + 1
    else:
        raise TableError("the file is empty" if not text.strip() else "the file has no header")
    body = text[start:]
    separator = declared or find_separator(body, complete)
    record = next(records(io.StringIO(body, newline=""), separator or _NONE), None)
    if record is None or (record.open and not complete):
        raise TableError(f"the quotation that begins in line {line} does not end")
    if record.open:
        raise TableError(
            f"the quotation that begins in line {record.opened + line - 1} does not end"
        )
    return Dialect(
        separator=separator or _NONE,
        headers=tuple(fields_of(record.text, separator or _NONE)),
        skipped=start + len(record.text),
        line=line + record.lines,
        declared=declared is not None,
        alone=separator is None,
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a text file: its lines, its fields, and whether its last quotation is open."""

    text: str
    line: int
    lines: int
    fields: int
    open: bool = False
    opened: int = 0


def records(lines: Iterable[str], separator: str) -> Iterator[Record]:
    """Cut lines, each with its end, into records; empty lines are none."""
    held: list[str] = []
    first, fields, quoted, opened = 1, 1, False, 0
    for number, line in enumerate(lines, start=1):
        if not held:
            if line in ("\n", "\r\n", "\r"):
                continue
            first, fields = number, 1
        was = quoted
        if not quoted and '"' not in line:
            fields += line.count(separator)
        else:
            more, quoted = _advance(line, separator, quoted)
            fields += more
            opened = number if quoted and not was else opened
        held.append(line)
        if not quoted:
            yield Record("".join(held), first, len(held), fields)
            held = []
    if held:
        yield Record("".join(held), first, len(held), fields, open=True, opened=opened)


def _advance(line: str, separator: str, quoted: bool) -> tuple[int, bool]:
    """Count the separators of a line; return, too, whether a quotation is open at its end."""
    at, count = 0, 0
    while True:
        if quoted:
            at = line.find('"', at)
            if at < 0:
                return count, True
            if line[at + 1 : at + 2] == '"':
                at += 2
                continue
            at, quoted = at + 1, False
        elif line[at : at + 1] == '"':
            at, quoted = at + 1, True
            continue
        at = line.find(separator, at)
        if at < 0:
            return count, False
        at, count = at + 1, count + 1


def line_of_text_behind_quotation(lines: Iterable[str], separator: str) -> int | None:
    """Return the first line, from 1, where a quotation ends within its field, if there is one.

    White space may follow. Readers differ in what they make of other text, or lose the marks.
    """
    quoted = False
    for number, line in enumerate(lines, start=1):
        at = 0
        while at >= 0 and (quoted or '"' in line):
            if not quoted and line[at : at + 1] == '"':
                quoted, at = True, at + 1
            if quoted:
                at = line.find('"', at)
                if at < 0:
                    break  # it goes on in the next line
                if line[at + 1 : at + 2] == '"':
                    at += 2
                    continue
                quoted, at = False, at + 1
                end = line.find(separator, at)
                if (line[at:end] if end >= 0 else line[at:]).strip():
                    return number
            at = line.find(separator, at)
            at += at >= 0
    return None


def fields_of(record: str, separator: str) -> list[str]:
    """Return the texts of the fields of one record."""
    record = re.sub(r"(\r\n|\n|\r)\Z", "", record)
    found, at = [], 0
    while True:
        text = ""
        if record[at : at + 1] == '"':
            quotation = re.compile(r'"((?:[^"]|"")*)("|\Z)').match(record, at)
            assert quotation is not None  # noqa: S101  # it begins with a quotation mark
            text, at = quotation[1].replace('""', '"'), quotation.end()
        end = record.find(separator, at)
        found.append(text + record[at : end if end >= 0 else len(record)])
        if end < 0:
            return found
        at = end + 1


def find_separator(text: str, complete: bool) -> str | None:
    """Return what separates the fields, or None where there is one column."""
    best, best_share = None, 0.0
    for separator in COMMON:
        counts = _field_counts(text, separator, complete)
        if counts[0] < 2:
            continue
        share = sum(each == counts[0] for each in counts) / len(counts)
        if share == 1 and best_share == 1 and best is not None:
            if counts[0] > _field_counts(text, best, complete)[0]:
                best = separator
        elif share > best_share:
            best, best_share = separator, share
    if best is not None:
        return best
    for separator in _OTHERS:
        counts = _field_counts(text, separator, complete)
        least = 3 if separator == " " else 2
        if len(counts) > 1 and counts[0] >= least and len(Counter(counts)) == 1:
            return separator
    return None


def _field_counts(text: str, separator: str, complete: bool) -> list[int]:
    """Count the fields of the first records."""
    counts, held = [], None
    for record in records(io.StringIO(text, newline=""), separator):
        if held is not None:
            counts.append(held.fields)
        held = record
        if len(counts) == _RECORDS:
            return counts
    if held is not None and (complete or not counts):
        counts.append(held.fields)
    return counts
