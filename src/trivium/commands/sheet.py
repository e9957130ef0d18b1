"""`trivium sheet`: the exercise sheets and their report."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands.words import in_one_line, speak_utf8
from trivium.signals import pipes_may_break, raise_if_stopped
from trivium.versions import sources_commit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from trivium.sheet.records import Check, TaskResult

DEFAULT_FOLDER = "trivium-sheet"

_TASK_NAMES = {1: "1  Nearest neighbours", 2: "2  Least squares", 3: "3  Softmax regression"}


def sheet(
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where report.html, sheet.json and figures/ go.")
    ] = DEFAULT_FOLDER,
    task: Annotated[
        int | None,
        typer.Option(
            min=1, max=3, metavar="[1|2|3]", help="Run one task only; all three by default."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print sheet.json and nothing else.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print every number and every erratum in full.")
    ] = False,
) -> None:
    """Run the exercise sheets, check every published number, and write the report.

    Exits with 1 if a published number is not reproduced, with 2 if the report cannot be written.
    """
    from trivium.sheet.output import OutputFolder
    from trivium.sheet.run import EXPECTED, former_pictures, run, to_json

    if not out:
        raise TyperException("--out is empty: name a folder, . for the present one")
    numbers = [1, 2, 3] if task is None else [task]
    try:
        with (
            OutputFolder(Path(out), EXPECTED, former_pictures) as output,
            _progress(numbers) as advance,
            pipes_may_break(),
        ):
            results = run(numbers, output, advance, processes=2, facts=_facts(out, task))
    except OSError as error:
        place = in_one_line(error.filename or out)
        raise TyperException(f"cannot write to {place}: {error.strerror or error}") from error
    except BrokenExecutor as error:
        raise TyperException(
            "a process that ran a task was killed: perhaps memory ran out"
        ) from error
    if json:
        from trivium.sheet.summary import as_json

        speak_utf8()
        typer.echo(to_json(as_json(results)), nl=False)
    else:
        _print_results(results, Path(out), verbose)
    if not all(check.agrees for result in results for check in result.checks):
        raise typer.Exit(1)


@contextmanager
def _progress(numbers: Sequence[int]) -> Iterator[Callable[[int, str, float], None]]:
    """Show a bar for each task on standard error, so that standard output stays clean."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[doing]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = {n: bars.add_task(_TASK_NAMES[n], total=1.0, start=False, doing="") for n in numbers}

        def advance(number: int, doing: str, share: float) -> None:
            raise_if_stopped()
            bars.start_task(bar[number])
            bars.update(bar[number], completed=share, doing=doing)

        yield advance


def _facts(out: str, task: int | None) -> list[tuple[str, str]]:
    """Say when, by which command and from which sources the report was made."""
    now = datetime.now(UTC)
    words = ["trivium", "sheet", *(["--task", str(task)] if task else [])]
    words += [] if out == DEFAULT_FOLDER else ["--out", out]
    facts = [("date", f"{now:%Y-%m-%d %H:%M} UTC"), ("command", in_one_line(shlex.join(words)))]
    commit = sources_commit()
    return facts if commit is None else [*facts, ("commit", commit)]


def _print_results(results: Sequence["TaskResult"], out: Path, verbose: bool) -> None:
    """Print what the run comes to, and where the report is."""
    from rich.console import Console

    from trivium.sheet.document import summary_of

    console = Console(emoji=False)  # :cat: is a name like any other
    if verbose:
        for result in results:
            _print_everything(console, result)
    else:
        _print_summary(console, results)
    summary = summary_of(results)
    console.print(f"[bold {'green' if summary.good else 'red'}]{summary.text}.[/]")
    report = in_one_line(out / "report.html")
    console.print(f"The report: {report}", soft_wrap=True, markup=False, highlight=False)


def _print_summary(console: "Console", results: Sequence["TaskResult"]) -> None:
    """Print a line a task, the numbers that differ, and a line an erratum."""
    from rich.markup import escape
    from rich.table import Table

    from trivium.sheet.summary import counted

    for result in results:
        title = f"[bold]Task {result.number}: {escape(result.title)}[/]"
        console.print(f"{title}\n  {counted(result.checks)}", highlight=False)
        differing = [check for check in result.checks if not check.agrees]
        if differing:
            console.print(_numbers(differing))
    table = Table(title="Where the sheets are wrong", title_justify="left", box=None)
    table.title_style = "bold"
    table.show_header = False
    for _ in ("where", "what"):
        table.add_column(overflow="fold")
    for result in results:
        for erratum in result.errata:
            table.add_row(escape(f"  {erratum.where}"), escape(erratum.title))
    console.print(table)


def _print_everything(console: "Console", result: "TaskResult") -> None:
    """Print every number and every erratum of a task."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = _numbers(result.checks)
    table.title = f"Task {result.number}: {result.title}"
    console.print(table)
    table = Table(title="Errata", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("where", overflow="fold")
    table.add_column("the sheet", ratio=2)
    table.add_column("measured", ratio=3)
    for erratum in result.errata:
        table.add_row(*map(escape, (erratum.where, erratum.claim, erratum.measured)))
    console.print(table)


def _numbers(checks: Sequence["Check"]) -> "Table":
    """Set the numbers of the sheets beside the measured ones."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("quantity", overflow="fold")
    for name in ("published", "measured", "agrees"):
        table.add_column(name, justify="right")
    for check in checks:
        mark = "[green]yes[/]" if check.agrees else "[bold red]NO[/]"
        follows = f" (follows: {check.follows})" if check.follows else ""
        quantity = escape(f"{check.quantity}{follows}")
        table.add_row(quantity, check.published, f"{check.measured:.6g}", mark)
    return table
