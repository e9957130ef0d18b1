"""How commands print: one line of any text, errors in one line, UTF-8 for JSON, progress."""

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from rich.console import Console


_LEAST_NAME = 12  # letters of a line


def in_one_line(text: object) -> str:
    """Return a text with the characters that would not show written as in Python."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(text))


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn what tables, models and files raise into one line that ends the command."""
    from trivium.storage.errors import ModelFileError
    from trivium.tables.errors import TableError

    try:
        yield
    except (TableError, ModelFileError) as error:
        raise TyperException(in_one_line(error)) from error
    except OSError as error:
        if error.errno is None:
            raise
        unnamed = "no file is named" if error.filename == "" else "a file"
        place = in_one_line(error.filename or unnamed)
        raise TyperException(f"{place}: {error.strerror or error}") from error
    except MemoryError as error:
        raise TyperException("memory ran out") from error


def in_plain_words(error: TyperException) -> str:
    """Say what is wrong with a command line, in one line.

    Typer hands on the words of the library that checks values; what that found, it tells as data.
    """
    found = getattr(error.__cause__, "errors", None)
    param = getattr(error, "param", None)
    if not callable(found) or param is None or not (wrong := found()):
        return in_one_line(error.format_message())
    first, name = wrong[0], param.opts[0]
    given, limits = in_one_line(first["input"]), first.get("ctx", {})
    match first["type"]:
        case "int_parsing":
            return f"{name} takes a whole number, not {given!r}"
        case "float_parsing":
            return f"{name} takes a number, not {given!r}"
        case "greater_than_equal":
            return f"{name} takes {limits['ge']:g} or more, not {given}"
        case "less_than_equal":
            return f"{name} takes {limits['le']:g} or less, not {given}"
    return in_one_line(f"{name}: {first['msg'].removeprefix('Value error, ').removesuffix('.')}")


def require_other_file(out: str, *given: str) -> None:
    """Refuse to write where what is read stands.

    Raises
    ------
    TyperException
        If `out` is one of the given files, by whatever name, or one of those that are read as one.
    """
    from trivium.tables.file_names import names_of_files

    for path in names_of_files(given):
        if os.path.exists(out) and os.path.exists(path) and os.path.samefile(out, path):
            raise TyperException(f"--out: {in_one_line(out)} is read: name another file")


def speak_utf8() -> None:
    """Write JSON as it is defined, whatever the terminal's encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document and nothing else."""
    speak_utf8()
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False, default=str))


def console() -> "Console":
    """Return standard output, on which :cat: is a name like any other."""
    from rich.console import Console

    return Console(emoji=False)


def print_lines(lines: Iterable[str]) -> None:
    """Print sentences, each from a line of its own on."""
    from rich.text import Text

    out = console()
    for line in lines:
        out.print(Text(in_one_line(line)), highlight=False)


def print_notes(notes: Iterable[str]) -> None:
    """Print notes as a list, folded beside their marks."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for note in notes:
        grid.add_row("-", Text(in_one_line(note)))
    if grid.row_count:
        console().print(grid, highlight=False)


def print_rows(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table as a list, for terminals in which its columns have no place.

    Parameters
    ----------
    title : str
    heads : sequence of str
        Of columns, the first of which names the rows.
    rows : iterable of sequences of str
        Cells that are empty are left out.
    """
    print_lines([title])
    print_notes(
        f"{row[0]}: "
        + ", ".join(f"{head} {cell}" for head, cell in zip(heads[1:], row[1:], strict=True) if cell)
        for row in rows
    )


def print_scores(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of numbers beside names, or a list where the numbers have no place.

    Parameters
    ----------
    title : str
    heads : sequence of str
        Of columns, the first of which holds the names.
    rows : sequence of sequences of str
    """
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    out = console()
    stacked = [head.replace(" ", "\n") for head in heads]
    shown = next((each for each in (heads, stacked) if _width(each, rows) <= out.width), None)
    if shown is None:
        print_rows(title, heads, rows)
        return
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(shown[0], overflow="fold")
    for head in shown[1:]:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table)


def _width(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how many letters a line of a table takes whose first column may be folded."""
    columns = list(zip(heads, *rows, strict=True))[1:]
    longest = (max(len(line) for cell in cells for line in cell.split("\n")) for cells in columns)
    return sum(3 + each for each in longest) + 3 + _LEAST_NAME
