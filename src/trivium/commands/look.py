"""`trivium look`: what a table is taken for, and why."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.words import in_one_line, speak_utf8

if TYPE_CHECKING:
    from rich.console import Console

    from trivium.tables.look import Look

_MOST_CLASSES = 20


def look(
    data: reading.Data,
    target: Annotated[str | None, typer.Option(metavar="COL", help="The column of labels.")] = None,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read a table and say what its columns are taken for, and why.

    Nothing is written. Kinds: numeric, category, boolean and date become numbers; text, group and
    dropped are left out of a model.
    """
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
        print_look(seen, data)


def print_look(seen: "Look", data: str) -> None:
    """Print a table as it is seen: its size, its classes, its columns and notes."""
    from rich.console import Console

    console = Console(emoji=False, highlight=False)
    columns = len(seen.columns) + (seen.target is not None)
    size = f"{_counted(seen.rows_read, 'row')}, {_counted(columns, 'column')}"
    console.print(f"{in_one_line(data)}: {size}", soft_wrap=True, markup=False)
    if seen.target is not None:
        _print_classes(console, seen)
    _print_columns(console, seen)
    if seen.notes:
        console.print("[bold]Notes[/]")
    for note in seen.notes:
        _print_note(console, in_one_line(note))


def _print_classes(console: "Console", seen: "Look") -> None:
    """Print classes with their rows, the largest first."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    assert seen.target is not None  # noqa: S101  # the caller has looked
    target = seen.target
    table = Table(
        title=f"Target: {escape(in_one_line(target.name))}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("class", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("share", justify="right")
    pairs = sorted(zip(target.counts, target.classes, strict=True), key=lambda p: (-p[0], p[1]))
    for rows, name in pairs[:_MOST_CLASSES]:
        share = f"{100 * rows / seen.rows_used:.1f} %"
        table.add_row(escape(_shown(name)), f"{rows:,}", share)
    rest = pairs[_MOST_CLASSES:]
    if rest:
        rows = sum(rows for rows, _ in rest)
        share = f"{100 * rows / seen.rows_used:.1f} %"
        table.add_row(f"... and {_counted(len(rest), 'more class', 'es')}", f"{rows:,}", share)
    console.print(table)


def _print_columns(console: "Console", seen: "Look") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Columns", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("column", overflow="fold", ratio=2)
    table.add_column("kind", no_wrap=True)
    table.add_column("levels", justify="right", no_wrap=True)
    table.add_column("missing", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=3)
    styles = {"dropped": "dim", "text": "dim", "group": "dim"}
    for each in seen.columns:
        table.add_row(
            escape(_shown(each.name)),
            str(each.kind),
            f"{each.levels:,}",
            f"{each.missing:,}" if each.missing else "",
            escape(in_one_line(each.reason)),
            style=styles.get(each.kind),
        )
    console.print(table)
    kinds = Counter(each.kind for each in seen.columns)
    console.print(", ".join(f"{n:,} {kind}" for kind, n in kinds.most_common()), style="bold")


def _print_note(console: "Console", note: str) -> None:
    """Print a note with its lines under each other."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    grid.add_row("-", Text(note[:1].upper() + note[1:] if note[:1].isalpha() else note))
    console.print(Padding(grid, (0, 0, 0, 1)))


def _shown(name: str) -> str:
    """Return a name as it stands, in quotation marks where white space would not show."""
    line = in_one_line(name)
    return repr(name) if line != line.strip() or not line else line


def _counted(n: int, noun: str, plural: str = "s") -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else plural)
