"""`trivium look`: what a table is taken for, and why."""

from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.words import in_one_line, speak_utf8

if TYPE_CHECKING:
    from trivium.tables.look import Look


def look(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table: CSV, Parquet, ...")],
    target: Annotated[str | None, typer.Option(metavar="COL", help="The column of labels.")] = None,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read a table and say what its columns are taken for, and why."""
    from trivium.tables.errors import TableError
    from trivium.tables.look import look as look_at

    try:
        seen = look_at(
            data,
            target,
            kinds=reading.kinds_of(kinds),
            missing=missing or (),
            drop=drop or (),
            decimal=decimal,
            dates=dates,
            sheet=sheet,
        )
    except TableError as error:
        raise TyperException(in_one_line(error)) from error
    if json:
        from json import dumps

        speak_utf8()
        typer.echo(dumps(seen.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(seen)


def _print(seen: "Look") -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(emoji=False)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("column", overflow="fold")
    table.add_column("kind")
    table.add_column("levels", justify="right")
    table.add_column("missing", justify="right")
    table.add_column("why", ratio=1)
    for each in seen.columns:
        cells = (each.name, str(each.kind), f"{each.levels:,}", f"{each.missing:,}", each.reason)
        table.add_row(*(escape(in_one_line(cell)) for cell in cells))
    console.print(table)
    for note in seen.notes:
        console.print(f"- {in_one_line(note)}", markup=False, highlight=False)
