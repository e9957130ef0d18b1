"""`trivium sheet`: the exercise sheets and their report."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands.words import in_one_line, speak_utf8
from trivium.signals import pipes_may_break, raise_if_stopped

if TYPE_CHECKING:
    from trivium.sheet.records import TaskResult

_TASK_NAMES = {1: "1  Nearest neighbours", 2: "2  Least squares", 3: "3  Softmax regression"}


def sheet(
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where report.html, sheet.json and figures/ go.")
    ] = "trivium-sheet",
    task: Annotated[
        int | None,
        typer.Option(
            min=1, max=3, metavar="[1|2|3]", help="Run one task only; all three by default."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print sheet.json and nothing else.")
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
            results = run(numbers, output, advance, processes=2)
    except OSError as error:
        place = in_one_line(error.filename or out)
        raise TyperException(f"cannot write to {place}: {error.strerror or error}") from error
    except BrokenExecutor as error:
        raise TyperException(
            "a process that ran a task was killed: perhaps memory ran out"
        ) from error
    if json:
        from trivium.sheet.document import as_json

        speak_utf8()
        typer.echo(to_json(as_json(results)), nl=False)
    else:
        _print_results(results, Path(out))
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


def _print_results(results: Sequence["TaskResult"], out: Path) -> None:
    """Print the published numbers, the errata and where the report is."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from trivium.sheet.document import summary_of

    console = Console(emoji=False)  # :cat: is a name like any other
    for result in results:
        title = f"Task {result.number}: {result.title}"
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("quantity", overflow="fold")
        for name in ("published", "measured", "agrees"):
            table.add_column(name, justify="right")
        for check in result.checks:
            mark = "[green]yes[/]" if check.agrees else "[bold red]NO[/]"
            measured = f"{check.measured:.6g}"
            table.add_row(escape(check.quantity), check.published, measured, mark)
        console.print(table)
        table = Table(title="Errata", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("where", overflow="fold")
        table.add_column("the sheet", ratio=2)
        table.add_column("measured", ratio=3)
        for erratum in result.errata:
            table.add_row(*map(escape, (erratum.where, erratum.claim, erratum.measured)))
        console.print(table)
    summary = summary_of(results)
    console.print(f"[bold {'green' if summary.good else 'red'}]{summary.text}.[/]")
    report = in_one_line(out / "report.html")
    console.print(f"The report: {report}", soft_wrap=True, markup=False, highlight=False)
