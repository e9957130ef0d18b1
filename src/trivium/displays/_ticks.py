"""Ticks whose numbers do not touch. Imports matplotlib: import it when something is drawn."""

from __future__ import annotations

from typing import Any

from matplotlib.ticker import AutoLocator, MaxNLocator

from trivium.displays._axes import font_size, text_width

_ROUND = [1, 2, 2.5, 5, 10]
_FINE = [1, 2, 2.5, 4, 5, 7.5, 10]  # else two numbers might leave one


class SparseLocator(AutoLocator):
    """Ticks of a horizontal axis, as few as leave an em between their numbers."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the places of the ticks between two limits."""
        ticks = super().tick_values(vmin, vmax)
        for most, steps in ((6, _ROUND), (5, _ROUND), (4, _ROUND), (3, _FINE), (2, _FINE)):
            if self._apart([tick for tick in ticks if vmin <= tick <= vmax]):
                break
            ticks = MaxNLocator(most, steps=steps, min_n_ticks=1).tick_values(vmin, vmax)
        return ticks

    def _apart(self, ticks: list[float]) -> bool:
        axis: Any = self.axis
        room = axis.axes.bbox.width / axis.axes.figure.dpi * 72
        size = font_size("xtick.labelsize")
        names = axis.get_major_formatter().format_ticks(ticks)
        low, high = axis.get_view_interval()
        gap = room * abs((ticks[1] - ticks[0]) / (high - low)) if len(ticks) > 1 else room
        widest = max((text_width(name, size) for name in names), default=0.0)
        return bool(widest + size <= gap)
