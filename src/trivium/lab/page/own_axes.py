"""Two lists of columns: the axes of a table of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from trivium.lab.own_scenes import Axes, OwnScenes
from trivium.lab.page.controls import Choice


class OwnAxes:
    """The two lists of columns.

    Parameters
    ----------
    own : OwnScenes
    chosen : callable
        Called with other axes; what it returns is awaited by who calls.
    """

    def __init__(self, own: OwnScenes, chosen: Callable[[Axes], Any]) -> None:
        self._own, self._told = own, chosen
        self.axes = own.axes
        names = {str(place): name for place, name in enumerate(own.columns)}
        self._lists = [
            Choice(
                label,
                {"": f"principal axis {number}", **names},
                "",
                partial(self._choose, which),
            )
            for which, (label, number) in enumerate((("Across", 1), ("Up", 2)))
        ]
        self.set(own.axes)

    def set(self, axes: Axes) -> None:
        """Show axes."""
        self.axes = axes
        for which, each in enumerate(self._lists):
            known = axes is not None and axes[which] in self._own.columns
            each.set(str(self._own.columns.index(axes[which])) if axes and known else "")

    def show(self, visible: bool) -> None:
        """Show both lists, or hide them."""
        for each in self._lists:
            each.show(visible)

    def _choose(self, which: int, value: str) -> Any:
        """Take a column; the other list follows where it would be left without one."""
        columns = self._own.columns
        if value == "" or len(columns) < 2:
            self.set(None)
            return self._told(None)
        name = columns[int(value)]
        other = self.axes[1 - which] if self.axes else None
        if other is None or other == name:
            other = next(each for each in columns if each != name)
        axes = (name, other) if which == 0 else (other, name)
        self.set(axes)
        return self._told(axes)
