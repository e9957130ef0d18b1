"""What is shown on standard error while work goes on, if somebody looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trivium.commands.words import in_one_line
from trivium.signals import raise_if_stopped


class Telling:
    """Is told what work is at, and how many rows it has read; ends it where the user says so.

    Parameters
    ----------
    bars : rich's Progress or None
        None shows nothing.
    what : str
        What the work is.
    """

    def __init__(self, bars: Any = None, what: str = "") -> None:
        self._bars = bars
        self._work = None if bars is None else bars.add_task(what, total=None, doing="")
        self._rows: Any = None

    def __call__(self, doing: str) -> None:
        """Say what work is at, in a few words."""
        raise_if_stopped()
        if self._bars is not None:
            self._bars.update(self._work, doing=in_one_line(doing))

    def begin(self, n_rows: int) -> None:
        """Begin to read so many rows."""
        self.end()
        if self._bars is not None:
            self._rows = self._bars.add_task("", total=n_rows, doing="")

    def advance(self, n_rows: int) -> None:
        """Count rows that were read."""
        raise_if_stopped()
        if self._rows is not None:
            self._bars.advance(self._rows, n_rows)

    def end(self) -> None:
        """End reading them, whether all were read or not."""
        if self._rows is not None:
            self._bars.remove_task(self._rows)
            self._rows = None


@contextmanager
def progress(what: str) -> Iterator[Telling]:
    """Show that work goes on, what it is at, and of rows how many, how fast and how long yet."""
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Rows(ProgressColumn):
        """How many rows were read, how fast, and how long the rest takes."""

        def render(self, task: Any) -> Text:
            if task.total is None:
                return Text("")
            return Text(rows_in_words(task.completed, task.total, task.speed, task.time_remaining))

    words = Console(stderr=True)
    if not words.is_terminal:
        yield Telling()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[doing]}", markup=False),
        Rows(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=words, transient=True) as bars:
        yield Telling(bars, what)


def rows_in_words(done: float, total: float, speed: float | None, left: float | None) -> str:
    """Say how many rows were read, how fast, and how many seconds the others take.

    Examples
    --------
    >>> rows_in_words(2_000_000, 8_000_000, 500_000.0, 12.3)
    '2,000,000 of 8,000,000 rows, 500,000 a second, 12 seconds left'
    >>> rows_in_words(0, 10, None, None)
    '0 of 10 rows'
    """
    words = f"{done:,.0f} of {total:,.0f} rows"
    if speed:
        words += f", {speed:,.0f} a second"
    if speed and left is not None:
        words += f", {left:,.0f} seconds left" if left < 120 else f", {left / 60:,.0f} minutes left"
    return words
