"""The layout of figures that displays make. Imports matplotlib: import it when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROUNDS = 3


class SettledLayout(ConstrainedLayoutEngine):
    """Constrained layout until it has settled.

    A single round takes what the aspect of a plane leaves free for room, and cuts off titles.
    """

    def execute(self, fig: Figure) -> None:
        """Lay a figure out."""
        for _ in range(_ROUNDS):
            super().execute(fig)
