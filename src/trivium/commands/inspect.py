"""`trivium inspect`: what is in a model's file."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from trivium.commands import reading
from trivium.commands.validation import print_validation
from trivium.commands.words import (
    console,
    errors_in_one_line,
    in_one_line,
    print_json,
    print_lines,
    print_notes,
    print_rows,
)

_MOST = 40  # columns or classes that are printed
_NARROW = 50  # letters of a line, fewer than the table of columns takes


def inspect(
    model: reading.Model,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say what a model's file holds, what it was fitted to, and how well it does.

    The file is checked whole first, as when it is loaded: nothing in it is run.
    """
    from trivium.storage.models import describe

    with errors_in_one_line():
        about = describe(model)
    if json:
        print_json(about)
        return
    print_lines(
        [
            f"{model}: {about['class']}, {about['bytes']:,} bytes, format {about['format']}, "
            f"written by Trivium {about['trivium']}",
            _kept(about["rows_kept"]),
        ]
    )
    if "target" in about:
        _print_table_model(about)
    else:
        print_lines(f"{name}: {value}" for name, value in about["parameters"].items())


def _kept(rows: int) -> str:
    """Say how many training rows a file contains."""
    return f"This file contains {f'{rows:,}' if rows else 'none'} of your rows."


def _print_table_model(about: Mapping[str, Any]) -> None:
    """Print what `trivium fit` has made: target, scores, columns and notes."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    named = [
        f"{name!r} ({rows:,})"
        for name, rows in zip(about["classes"], about["class_rows"], strict=True)
    ]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    print_lines(
        [
            f"{about['model']}, fitted to {sum(about['class_rows']):,} rows; "
            f"target {about['target']!r}: {', '.join(named[:_MOST])}{more}"
        ]
    )
    print_validation(about["validation"], about["model"])
    heads = ("column", "kind", "why")
    rows = [
        [in_one_line(column[key]) for key in ("name", "kind", "reason")]
        for column in about["columns"][:_MOST]
    ]
    if (out := console()).width < _NARROW:
        print_rows("Columns", heads, rows)
    else:
        table = Table(title="Columns", title_justify="left", box=box.SIMPLE_HEAD)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        out.print(table)
    if len(about["columns"]) > _MOST:
        print_lines([f"... and {len(about['columns']) - _MOST} more columns: --json has them all"])
    print_notes([*about["table_notes"], *about["notes"]])
