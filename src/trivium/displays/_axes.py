"""Axes to draw on, legends and labels: what several Displays share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.gridspec import GridSpecBase

    AxesLike = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None


def ink() -> str:
    """Return the colour of text now in force, so that a dark style is followed."""
    import matplotlib as mpl

    return cast("str", mpl.rcParams["text.color"])


def one_axes(ax: Axes | None, figsize: tuple[float, float]) -> Axes:
    """Return ``ax``, or the axes of a new figure."""
    return panels(ax, 1, 1, figsize)[0]


def panels(ax: AxesLike, n: int, n_columns: int, figsize: tuple[float, float]) -> list[Axes]:
    """Return ``n`` axes, row by row.

    ``ax`` is None for a new figure, ``n`` axes to draw on, or one axes whose place in its figure
    is divided, as scikit-learn's ``PartialDependenceDisplay`` does.
    """
    from matplotlib.axes import Axes

    n_rows = -(-n // n_columns)
    if ax is None:
        import matplotlib.pyplot as plt

        figure: Figure | SubFigure = plt.figure(figsize=figsize, layout="constrained")
        places: GridSpecBase = figure.add_gridspec(n_rows, n_columns)
    else:
        given = [ax] if isinstance(ax, Axes) else list(np.asarray(ax, dtype=object).ravel())
        if len(given) == n:
            return given
        spec = given[0].get_subplotspec() if len(given) == 1 else None
        if spec is None:
            raise ValueError(f"ax must be one axes of a subplot grid or {n} axes, got {len(given)}")
        given[0].set_axis_off()
        figure = given[0].figure
        places = spec.subgridspec(n_rows, n_columns)
    return [figure.add_subplot(places[i // n_columns, i % n_columns]) for i in range(n)]


def legend_above(ax: Axes, groups: Sequence[Sequence[Any]], title: str | None) -> None:
    """Put frameless legends between the axes and the title, where they can cover no row.

    Each group of handles begins a new line; the first is the topmost.
    """
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import ScaledTranslation

    size = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points()
    height = 0.0
    below = None
    for handles in reversed([line for group in groups for line in legend_lines(group)]):
        if below is not None:
            # An axes remembers one legend only; the others stay as plain artists, not clipped,
            # since the layout passes over what the axes clip.
            ax.add_artist(below).set_clip_on(False)
        lift = ScaledTranslation(0.0, height / 72, ax.figure.dpi_scale_trans)
        below = ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            bbox_transform=ax.transAxes + lift,
            ncols=len(handles),
            borderaxespad=0.2,
            borderpad=0.0,
            handlelength=1.3,
            handletextpad=0.4,
            columnspacing=1.1,
            frameon=False,
        )
        height += 1.6 * size
    if title is not None:
        ax.set_title(title, pad=float(mpl.rcParams["axes.titlepad"]) + height)


def legend_lines(handles: Sequence[Any]) -> list[list[Any]]:
    """Break a group of handles into lines of about as many handles, each three inches at most."""
    if not handles:
        return []
    # In characters: a name, its handle and the space after it; three inches hold about 40.
    lengths = [len(str(handle.get_label())) + 5 for handle in handles]
    n = len(handles)
    n_lines = 1 if sum(lengths) <= 40 else -(-n // max(1, 40 // max(lengths)))
    step = -(-n // n_lines)
    return [list(handles[start : start + step]) for start in range(0, n, step)]


def label_line_ends(ax: Axes, ends: Sequence[tuple[float, str, Any]], gap: float = 0.085) -> None:
    """Write each line's name right of the axes at its last value, moved apart where they meet.

    ``ends`` holds (value, text, colour); ``gap`` is the least distance as a fraction of the height.
    The limits of the axes must be final.
    """
    to_fraction = ax.transData - ax.transAxes
    left = ax.get_xlim()[0]
    heights = [float(to_fraction.transform((left, value))[1]) for value, _, _ in ends]
    placed = spread(heights, gap)
    for (_, text, color), height in zip(ends, placed, strict=True):
        ax.annotate(
            text,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(4, 0),
            textcoords="offset points",
            color=color,
            va="center",
            fontsize="small",
            annotation_clip=False,
        )


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Return ``positions`` moved as little as keeps their order and ``gap`` between neighbours.

    Each run of positions that stand too close is centred on its mean (isotonic regression of
    the positions less their rank times the gap).
    """
    order = np.argsort(positions, kind="stable")
    rank = np.arange(len(order))
    runs: list[tuple[float, int]] = []
    for target in np.asarray(positions, dtype=np.float64)[order] - gap * rank:
        mean, count = float(target), 1
        while runs and runs[-1][0] > mean:
            earlier, size = runs.pop()
            mean = (mean * count + earlier * size) / (count + size)
            count += size
        runs.append((mean, count))
    settled = np.repeat([mean for mean, _ in runs], [count for _, count in runs]) + gap * rank
    result = np.empty(len(order))
    result[order] = settled
    return [float(value) for value in result]
