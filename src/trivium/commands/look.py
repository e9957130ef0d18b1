"""`trivium look`: what a table is taken for, and why."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trivium.commands import reading
from trivium.commands.progress import progress
from trivium.commands.words import (
    console,
    errors_in_one_line,
    in_one_line,
    print_json,
    print_notes,
    print_rows,
)

if TYPE_CHECKING:
    from rich.console import Console

    from trivium.tables.look import Seen
    from trivium.tables.target import Target

_MOST_CLASSES = 20
_LONGEST = 80  # letters of a name
_NARROW = 60  # letters of a line, fewer than the table of columns takes
_LAYOUT: dict[str, dict[str, Any]] = {
    "column": {"overflow": "fold", "ratio": 2},
    "kind": {"no_wrap": True},
    "levels": {"justify": "right", "no_wrap": True},
    "missing": {"justify": "right", "no_wrap": True},
    "why": {"overflow": "fold", "ratio": 3},
}


def look(
    data: reading.Data,
    target: Annotated[str | None, typer.Option(metavar="COL", help="The column of labels.")] = None,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    stream: reading.Stream = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read a table and say what its columns are taken for, and why.

    Nothing is written. Kinds: numeric, category, boolean and date become numbers; text, group and
    dropped are left out of a model.
    """
    with errors_in_one_line(), progress("looking") as tell:
        tell("reading")
        seen = reading.look_at(
            data, target, kinds, missing, drop, decimal, dates, sheet, stream=stream, tell=tell
        )
    if json:
        print_json(seen.to_dict())
    else:
        print_look(seen, reading.called(data))


def print_look(seen: "Seen", data: str) -> None:
    """Print a table as it is seen: its size, its classes, its columns and notes."""
    out = console()
    columns = len(seen.columns) + (seen.target is not None)
    size = f"{_counted(seen.rows_read, 'row')}, {_counted(columns, 'column')}"
    line = f"{in_one_line(data)}: {size}"
    out.print(line, soft_wrap=True, markup=False, highlight=False)
    if seen.target is not None:
        _print_classes(out, seen.target, seen.rows_used)
    _print_columns(out, seen)
    if seen.notes:
        out.print("[bold]Notes[/]")
        print_notes(seen.notes)


def _print_classes(out: "Console", target: "Target", rows_used: int) -> None:
    """Print classes with their rows, the largest first."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from trivium.tables.shares import per_cent

    table = Table(
        title=f"Target: {escape(in_one_line(target.name))}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("class", overflow="fold")
    table.add_column("rows", justify="right", overflow="fold")
    table.add_column("share", justify="right", overflow="fold")
    pairs = sorted(zip(target.counts, target.classes, strict=True), key=lambda p: (-p[0], p[1]))
    for rows, name in pairs[:_MOST_CLASSES]:
        share = f"{per_cent(rows / rows_used)} %"
        table.add_row(escape(_shown(name)), f"{rows:,}", share)
    rest = pairs[_MOST_CLASSES:]
    if rest:
        rows = sum(rows for rows, _ in rest)
        share = f"{per_cent(rows / rows_used)} %"
        table.add_row(f"... and {_counted(len(rest), 'more class', 'es')}", f"{rows:,}", share)
    out.print(table, highlight=False)


def _print_columns(out: "Console", seen: "Seen") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    heads = ("column", "kind", "levels", "missing", "why")
    rows = [
        (
            _shown(each.name),
            str(each.kind),
            f"{each.levels:,}",
            f"{each.missing:,}" if each.missing else "",
            in_one_line(each.reason),
        )
        for each in seen.columns
    ]
    if out.width < _NARROW:
        print_rows("Columns", heads, rows)
    else:
        table = Table(title="Columns", title_justify="left", box=box.SIMPLE_HEAD)
        for head in heads:
            table.add_column(head, **_LAYOUT[head])
        for row in rows:
            faint = row[1] in ("dropped", "text", "group")
            table.add_row(*map(escape, row), style="dim" if faint else None)
        out.print(table, highlight=False)
    kinds = Counter(each.kind for each in seen.columns)
    counted = ", ".join(f"{n:,} {kind}" for kind, n in kinds.most_common())
    out.print(counted, style="bold", highlight=False)


def _shown(name: str) -> str:
    """Return a name as it stands, in quotation marks where white space would not show."""
    line = in_one_line(name)
    if len(line) > _LONGEST:
        return line[: _LONGEST - 3] + "..."
    return repr(name) if line != line.strip() or not line else line


def _counted(n: int, noun: str, plural: str = "s") -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else plural)
