"""Options on how a table is read, which several commands take."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from trivium.commands.progress import Telling
    from trivium.tables.look import Look
    from trivium.tables.many_files import ManyFiles
    from trivium.tables.streamed_look import StreamedLook

Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A table: CSV in any dialect, also compressed; Parquet, Feather, Excel. Several "
        "files, a folder of them, or a pattern in quotation marks ('rows/*.csv') are one table.",
    ),
]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A file of `trivium fit`.")]
Target = Annotated[str, typer.Option(metavar="COL", help="The column of labels.")]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        metavar="COL=KIND",
        help="A column is of another kind: numeric, category, boolean, date, text, group, dropped.",
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help="A word that stands for no value, in every column."),
]
Drop = Annotated[list[str] | None, typer.Option(metavar="COL", help="A column to leave out.")]
Decimal = Annotated[
    str | None, typer.Option(metavar="[,|.]", help="The decimal sign of all numbers.")
]
Dates = Annotated[
    str | None, typer.Option(metavar="[dmy|mdy|ymd]", help="The order of day, month and year.")
]
Stream = Annotated[
    bool,
    typer.Option(
        "--stream",
        help="Read the rows again whenever they are wanted, as is done where they do not fit in "
        "memory.",
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Workers of this Dask scheduler read the files and do the work: a linear model is "
        "fitted to all rows, rows are predicted.",
    ),
]
Group = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Rows of a group are never on two sides of a fold."),
]
Time = Annotated[
    str | None,
    typer.Option(metavar="COL", help="What is tested is later than all that was learnt from."),
]
Sheet = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of an Excel file; the first one by default.")
]


def kinds_of(choices: Sequence[str] | None) -> Mapping[str, str]:
    """Return what `--as COL=KIND` says, by column; a name may hold "=" itself.

    Raises
    ------
    TyperException
        If there is no "=", or if a column is named twice.
    """
    kinds: dict[str, str] = {}
    for choice in choices or ():
        name, equals, kind = choice.rpartition("=")
        if not equals:
            raise TyperException(f"--as takes COL=KIND, not {choice!r}")
        if name in kinds:
            raise TyperException(f"--as names column {name!r} twice")
        kinds[name] = kind
    return kinds


def with_group(choices: Sequence[str] | None, group: str | None) -> list[str]:
    """Return what `--as` says, and that a column is one of groups."""
    own = [] if group is None else [f"{group}=group"]
    kinds_of(choices)
    return [each for each in choices or () if each.rpartition("=")[0] != group] + own


def called(data: Sequence[str]) -> str:
    """Return what a table is called: by its file, or by how many they are."""
    from trivium.tables.file_names import names_of_files

    if len(data) == 1 and names_of_files(data) == list(data):
        return data[0]
    n = len(names_of_files(data))
    counted = f"{n:,} file" + ("" if n == 1 else "s")
    return f"{data[0]} ({counted})" if len(data) == 1 else counted


def open_anywhere(data: Sequence[str], sheet: str | None) -> "ManyFiles":
    """Open files that other processes open, too, by their names: that of one file as well.

    Parameters
    ----------
    data : sequence of str
        As of `Data`.
    sheet : str or None
    """
    from trivium.tables.errors import TableError
    from trivium.tables.file_names import Part, parts_of
    from trivium.tables.source import open_parts

    if "" in data:
        raise TableError("no file is named: its name is empty")
    parts = parts_of(data[0]) if len(data) == 1 else parts_of(data)
    found = [Part(Path(data[0]), {})] if parts is None else parts
    return open_parts([part._replace(path=part.path.absolute()) for part in found], sheet)


STREAMED = "The rows are not kept in memory: they are read again whenever they are wanted."


def look_at(
    data: Sequence[str],
    target: str | None,
    kinds: Sequence[str] | None,
    missing: Sequence[str] | None,
    drop: Sequence[str] | None,
    decimal: str | None,
    dates: str | None,
    sheet: str | None,
    *,
    stream: bool = False,
    anywhere: bool = False,
    tell: "Telling | None" = None,
) -> "Look | StreamedLook":
    """Look at a table as these options say, column by column where it does not fit in memory.

    With `anywhere` other processes are able to open its source, too.

    Raises
    ------
    TableError
        As `trivium.tables.look.look`.
    TyperException
        As `kinds_of`.
    """
    from trivium.tables.look import look
    from trivium.tables.source import open_source
    from trivium.tables.streamed_look import look_streamed
    from trivium.tables.watched import is_too_large

    source = open_anywhere(data, sheet) if anywhere else open_source(list(data), sheet=sheet)
    choices: Any = {
        "kinds": kinds_of(kinds),
        "missing": missing or (),
        "drop": drop or (),
        "decimal": decimal,
        "dates": dates,
    }
    if stream or is_too_large(source):
        return look_streamed(source, target, **choices, progress=tell, rows_progress=tell)
    return look(source, target, **choices)
