"""Scenes of a table of one's own, by the axes that a person chooses."""

from __future__ import annotations

from trivium.lab.own_rows import OwnTable
from trivium.lab.scene import Scene

Axes = tuple[str, str] | None
"""Names of two columns; None for the principal axes."""


class OwnScenes:
    """Scenes of a table.

    Parameters
    ----------
    table : OwnTable
    axes : tuple of two str or None
        Of the first scene, which is made at once.

    Raises
    ------
    TableError
        As `OwnTable.scene`.
    """

    def __init__(self, table: OwnTable, axes: Axes = None) -> None:
        self.columns = table.columns
        self.axes = axes
        self._table = table
        self._first = table.scene(*(axes or (None, None)))

    @property
    def title(self) -> str:
        """What the table is called."""
        return self._first[0].title

    def make(self, axes: Axes) -> tuple[Scene, str]:
        """Return the scene of two axes, and what there is to say of it."""
        found = self._first
        if axes != self.axes:
            found = self._table.scene(*(axes or (None, None)))
        return found[0], " ".join(found[1])
