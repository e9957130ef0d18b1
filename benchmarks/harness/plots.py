"""Sweeps on doubly logarithmic axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.harness.ratios import seconds
from benchmarks.harness.results import Race

INK, FAINT = "#222222", "#d9d9d9"


@dataclass(frozen=True)
class Style:
    """Look of one contender in every plot."""

    color: str
    line: str = "-"
    marker: str = "o"
    width: float = 1.6


@dataclass(frozen=True)
class Panel:
    """One pair of axes: the races of a sweep."""

    title: str
    quantity: str
    races: Sequence[Race]


def draw_sweeps(
    panels: Sequence[Panel], stage: str, unit: str, styles: Mapping[str, Style], path: Path
) -> None:
    """Draw items a second against size, one panel beside the other, and save a PNG.

    Parameters
    ----------
    panels : sequence of Panel
    stage : str
        Stage whose median times are drawn.
    unit : str
        What is counted, such as "queries".
    styles : mapping of str to Style
        By name of contender, in the order of the legend.
    path : Path
    """
    figure = Figure(figsize=(4.6 * len(panels) + 1.9, 4.6), layout="constrained", dpi=110)
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for place, panel in zip(axes, panels, strict=True):
        _draw_panel(place, panel, stage, styles)
    axes[0].set_ylabel(f"{unit} a second", color=INK)
    handles = {}
    for place in axes:
        handles.update(dict(zip(*reversed(place.get_legend_handles_labels()), strict=True)))
    names = [name for name in styles if name in handles]
    figure.legend(
        [handles[name] for name in names], names, loc="outside right center", frameon=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, facecolor="white", metadata={"Software": None})


def _draw_panel(place: Axes, panel: Panel, stage: str, styles: Mapping[str, Style]) -> None:
    for depth, (name, style) in enumerate(styles.items()):
        points = [
            (race.at, race.items / seconds(entry, stage))
            for race in panel.races
            for entry in race.entries
            if entry.name == name and entry.laps and race.at and race.items
        ]
        if not points:
            continue
        place.plot(
            *zip(*sorted(points), strict=True),
            color=style.color,
            linestyle=style.line,
            marker=style.marker,
            markersize=4.5,
            linewidth=style.width,
            zorder=3 + (10 if style.width > 2 else -0.01 * depth),
            label=name,
        )
    place.set(xscale="log", yscale="log")
    sizes = sorted({race.at for race in panel.races if race.at})
    place.set_xticks(sizes, [_short(size) for size in sizes])
    place.minorticks_off()
    place.set_title(panel.title, loc="left", fontsize=10.5, color=INK)
    place.set_xlabel(panel.quantity, color=INK)
    place.grid(color=FAINT, linewidth=0.6)
    place.set_axisbelow(True)
    place.spines[["top", "right"]].set_visible(False)
    place.tick_params(colors=INK)


def _short(size: float) -> str:
    """Write 300,000 as 300k."""
    for letter, worth in (("M", 1e6), ("k", 1e3)):
        if size >= worth:
            return f"{size / worth:g}{letter}"
    return f"{size:g}"
