"""How far a pass through files has come: a bar on standard error, once the pass takes a while."""

from time import monotonic
from typing import Any

_DELAY = 0.5  # seconds of a pass before its bar is shown


class PassBar:
    """A bar for each long pass, as `trivium.rows.stored.Progress`.

    Parameters
    ----------
    console : rich.console.Console or None
        Where to draw it; None means standard error.
    """

    def __init__(self, console: Any = None) -> None:
        self._console = console
        self._n_rows = self._done = 0
        self._since = 0.0
        self._bar: Any = None

    def begin(self, n_rows: int) -> None:
        """Begin a pass through so many rows."""
        self.end()
        self._n_rows, self._done, self._since = n_rows, 0, monotonic()

    def advance(self, n_rows: int) -> None:
        """Count rows that were read."""
        self._done += n_rows
        seconds = monotonic() - self._since
        if self._bar is None and seconds > _DELAY:
            self._bar = self._started()
        if self._bar is not None:
            rate = f"{self._done / max(seconds, 1e-9):,.0f} rows/s"
            self._bar.update(self._bar.task_ids[0], completed=self._done, rate=rate)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = None

    def _started(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("reading rows"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True) if self._console is None else self._console,
            transient=True,
        )
        bar.add_task("", total=self._n_rows, rate="")
        bar.start()
        return bar
