"""Axes to draw on, legends and labels: what several Displays share."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.gridspec import GridSpecBase, SubplotSpec
    from matplotlib.legend import Legend

    AxesLike = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None


# In ems of the legend: a handle, the space to its name, and that to the next handle.
_HANDLE, _PAD, _SPACE = 1.3, 0.4, 1.1
_LINE = 1.6  # from one line of a legend to the next
_LEGIBLE = 7.5  # points: writing at least so large is made smaller to save a line
_LEAST = 5.5  # points: the smallest writing
_MOST_UP = 0.45  # of the height of the axes may go to legends
_BESIDE = 110.0  # points right of the axes that the name of a line may take, in writing of 8
_BESIDE_SIZE = 0.85  # of the size of writing
_BESIDE_AXES = 0.72  # inches of a picture of the plane that are not axes
_WIDE = 6.4  # inches across matplotlib's own figures
_SMALL = 3.2  # inches across a picture in Trivium's look, as in the report


def own_width(wide: float | None = None, small: float = _SMALL) -> float:
    """Return the width in inches of a picture that makes its own figure.

    That of matplotlib's setting "figure.figsize", so that pictures are as wide as a notebook's
    others; or between ``small``, in Trivium's look, and ``wide``, where the setting is its own.
    """
    import matplotlib as mpl

    setting = float(mpl.rcParams["figure.figsize"][0])
    if wide is None:
        return max(setting, _SMALL)
    share = (setting - _SMALL) / (_WIDE - _SMALL)
    return max(small, small + share * (wide - small))


def own_size(wide: tuple[float, float], small: tuple[float, float]) -> tuple[float, float]:
    """Return the width and height in inches of a figure, between two, as `own_width`."""
    return own_width(wide[0], small[0]), own_width(wide[1], small[1])


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

        from trivium.displays._layout import SettledLayout

        figure: Figure | SubFigure = plt.figure(figsize=figsize, layout=SettledLayout())
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


def plain(name: object) -> str:
    """Return ``name`` as text in which a dollar sign begins no formula."""
    return str(name).replace("$", r"\$")


def text_width(text: str, size: float) -> float:
    """Return the width of ``text`` in points at a font size in points."""
    from matplotlib.cbook import is_math_text
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if is_math_text(text):
        return 0.6 * size * len(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font lacks, as drawing does again
        shown, font = text.replace(r"\$", "$"), FontProperties(size=size)
        return float(text_to_path.get_text_width_height_descent(shown, font, ismath=False)[0])


def wrapped(text: str, room: float, size: float) -> str:
    """Return ``text`` broken into lines of at most ``room`` points; a formula stays as it is."""
    from matplotlib.cbook import is_math_text

    width = text_width(text, size)
    if width <= room or is_math_text(text):
        return text
    characters = max(6, int(len(text) * room / width))
    return textwrap.fill(text, characters, break_on_hyphens=False)


def font_size(setting: str) -> float:
    """Return the size in points that an rc setting such as "legend.fontsize" stands for."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=cast("dict[str, Any]", mpl.rcParams)[setting]).get_size_in_points()


def legend_above(
    ax: Axes, groups: Sequence[Sequence[Any]], title: str | None, taken: float = 0.0
) -> None:
    """Put frameless legends between the axes and the title, where they can cover no row.

    Each group of handles begins a new line; the first is the topmost. So many points above the
    axes are taken by something else. A title that the axes get later stands above them, too.
    """
    import matplotlib as mpl

    _make_room_beside(ax)
    if groups:
        # Where the aspect makes the axes narrow, what it leaves free is room for names.
        ax.set_anchor("W")
    room, up = _room_above(ax)
    size = _legend_size(groups, room, up)
    height = max(_offset_height(ax), taken)
    below = None
    for handles in reversed([group for group in groups if group]):
        if below is not None:
            # An axes remembers one legend only; the others stay as plain artists, not clipped,
            # since the layout passes over what the axes clip.
            ax.add_artist(below).set_clip_on(False)
        below = _legend(ax, handles, room, size, height)
        height += _LINE * size * count_lines([handles], room, size)
    if title is not None and ax.get_subplotspec() is None:
        # Axes placed by hand, as in reports, which make many: an inset costs a tenth of a picture.
        ax.set_title(title, pad=float(mpl.rcParams["axes.titlepad"]) + height)
    else:
        if height:
            _lift_titles(ax, height)
        if title is not None:
            ax.set_title(title)
    if groups or title is not None:
        # Room for a title of one line that may come yet.
        _make_room_above(ax, height + font_size("axes.titlesize") * 1.3 + 6)
        _settle(ax)


def _lift_titles(ax: Axes, height: float) -> None:
    """Keep titles, those set later too, so many points above the axes.

    Axes place their titles above all their insets, so an inset of nothing takes the room.
    """
    from matplotlib.transforms import Bbox

    def place(axes: Axes, _renderer: Any) -> Bbox:
        box, figure = axes.bbox, axes.figure.bbox
        up = height * axes.figure.dpi / 72
        return Bbox.from_bounds(
            (box.x0 - figure.x0) / figure.width,
            (box.y1 - figure.y0) / figure.height,
            box.width / figure.width,
            up / figure.height,
        )

    inset = ax.inset_axes((0, 1, 1, 0.01))
    inset.set_axes_locator(lambda _inset, renderer: place(ax, renderer))
    inset.set_axis_off()
    inset.set_in_layout(False)


def _room_above(ax: Axes) -> tuple[float, float]:
    """Return the width from the left of the axes to where their place ends, and their height."""
    ax.apply_aspect()
    place, box = ax.get_position(original=True), ax.get_position()
    points = 72 / ax.figure.dpi
    width = (place.x1 - box.x0) * ax.figure.bbox.width * points
    # A little less: layouts move the axes yet.
    return 0.97 * float(width), float(box.height * ax.figure.bbox.height * points)


def _legend_size(groups: Sequence[Sequence[Any]], room: float, up: float) -> float:
    """Return the size of writing: a little smaller where that saves a line, or as room demands."""
    size = font_size("legend.fontsize")
    sizes = [size, *(smaller for smaller in (0.9 * size, 0.8 * size) if smaller >= _LEGIBLE)]
    size = min(sizes, key=lambda size: count_lines(groups, room, size))
    while size > _LEAST and _LINE * size * count_lines(groups, room, size) > _MOST_UP * up:
        size -= 0.5
    return size


def _legend(ax: Axes, handles: Sequence[Any], room: float, size: float, height: float) -> Legend:
    """Put a legend of as many columns as fit above the axes, ``height`` points from them."""
    from matplotlib.transforms import ScaledTranslation

    lines = legend_lines(handles, room, size)
    # A legend fills its columns from the left, each from its top.
    order = [line[i] for i in range(len(lines[0])) for line in lines if i < len(line)]
    lift = ScaledTranslation(0.0, height / 72, ax.figure.dpi_scale_trans)
    legend = ax.legend(
        # A legend leaves out what is named "_...": the names are written afterwards.
        handles=order,
        labels=["."] * len(order),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        bbox_transform=ax.transAxes + lift,
        ncols=len(lines[0]),
        borderaxespad=0.2,
        borderpad=0.0,
        labelspacing=0.45,
        handlelength=_HANDLE,
        handletextpad=_PAD,
        columnspacing=_SPACE,
        fontsize=size,
        frameon=False,
    )
    for text, handle in zip(legend.get_texts(), order, strict=True):
        text.set_text(_fitted(handle, room, size))
    return legend


def legend_lines(
    handles: Sequence[Any], room: float | None = None, size: float | None = None
) -> list[list[Any]]:
    """Break a group of handles into as few lines, of aligned columns, as fit ``room`` points.

    The room is by default that above the axes of a figure of its own.
    """
    room = 72 * (own_width() - _BESIDE_AXES) if room is None else room
    size = font_size("legend.fontsize") if size is None else size
    widths = [text_width(str(h.get_label()), size) + (_HANDLE + _PAD) * size for h in handles]
    n = len(handles)
    for n_lines in range(1, n + 1):
        columns = -(-n // n_lines)
        widest = [max(widths[i::columns]) for i in range(columns)]
        if columns == 1 or sum(widest) + _SPACE * size * (columns - 1) <= room:
            return [list(handles[start : start + columns]) for start in range(0, n, columns)]
    return []


def count_lines(
    groups: Sequence[Sequence[Any]], room: float | None = None, size: float | None = None
) -> int:
    """Return how many lines of text legends of these groups take, for the size of a figure."""
    room = 72 * (own_width() - _BESIDE_AXES) if room is None else room
    size = font_size("legend.fontsize") if size is None else size
    lines = [line for group in groups for line in legend_lines(group, room, size)]
    return sum(
        1 + max(_fitted(handle, room, size).count("\n") for handle in line) for line in lines
    )


def _fitted(handle: Any, room: float, size: float) -> str:
    """Return the name of a handle, broken into lines that fit."""
    return wrapped(str(handle.get_label()), room - (_HANDLE + _PAD) * size, size)


def _offset_height(ax: Axes) -> float:
    """Return the height in points that a power of ten above the vertical axis takes, if any."""
    _tick_names(ax.yaxis)  # the power is that of the numbers last written
    offset = ax.yaxis.get_major_formatter().get_offset()
    return 1.5 * font_size("ytick.labelsize") if offset else 0.0


def _make_room_beside(ax: Axes) -> None:
    """Move the left and lower edges of subplots that nothing lays out, or names are cut off."""
    outer = _laid_out_by_hand(ax)
    if outer is None:
        return
    figure, spec = outer
    across, up = figure.get_size_inches() * 72
    numbers = [text_width(name, font_size("ytick.labelsize")) for name in _tick_names(ax.yaxis)]
    label, edges = font_size("axes.labelsize"), figure.subplotpars
    left = (max(numbers, default=0.0) + _label_height(ax.get_ylabel(), label)) / across
    if spec.colspan.start == 0 and edges.left < left < edges.right:
        figure.subplots_adjust(left=left)
    beneath = 1.2 * font_size("xtick.labelsize") + _label_height(ax.get_xlabel(), label)
    if spec.is_last_row() and edges.bottom < beneath / up < edges.top:
        figure.subplots_adjust(bottom=beneath / up)


def _make_room_above(ax: Axes, height: float) -> None:
    """Lower the upper edge of subplots that nothing lays out, or legends and titles are cut off."""
    outer = _laid_out_by_hand(ax)
    if outer is None:
        return
    figure, spec = outer
    top = 1 - (height + 4) / 72 / figure.get_size_inches()[1]
    if spec.is_first_row() and figure.subplotpars.bottom < top < figure.subplotpars.top:
        figure.subplots_adjust(top=top)


def _laid_out_by_hand(ax: Axes) -> tuple[Figure, SubplotSpec] | None:
    """Return the figure and the place of an axes of ``subplots`` in a figure without layout."""
    from matplotlib.gridspec import GridSpec

    figure, spec = ax.get_figure(root=True), ax.get_subplotspec()
    if figure is None or spec is None or figure.get_layout_engine() is not None:
        return None
    if ax.figure is not figure or not isinstance(spec.get_gridspec(), GridSpec):
        return None
    return figure, spec


def _label_height(label: str, size: float) -> float:
    """Return the height of an axis' name with the ticks, in points."""
    return 13 + 1.3 * size * (1 + label.count("\n"))


def _tick_names(axis: Axis) -> list[str]:
    low, high = axis.get_view_interval()
    ticks = [tick for tick in axis.get_major_locator()() if low <= tick <= high]
    return axis.get_major_formatter().format_ticks(ticks)


def _settle(ax: Axes) -> None:
    """Lay the figure out once in advance, for axes of equal aspect.

    The layout of a single drawing has not converged for these: it takes what the aspect leaves
    free for room, and cuts off titles.
    """
    engine = ax.figure.get_layout_engine() if ax.get_aspect() != "auto" else None
    if engine is not None:
        engine.execute(cast("Figure", ax.get_figure(root=True)))


def label_line_ends(ax: Axes, ends: Sequence[tuple[float, str, Any]]) -> None:
    """Write each line's name right of the axes at its last value, moved apart where they meet.

    ``ends`` holds (value, text, colour). The limits of the axes must be final.
    """
    size = _BESIDE_SIZE * font_size("font.size")
    to_fraction = ax.transData - ax.transAxes
    left = ax.get_xlim()[0]
    heights = [float(to_fraction.transform((left, value))[1]) for value, _, _ in ends]
    texts = [wrapped(plain(text), _BESIDE * size / 8, size) for _, text, _ in ends]
    # On a logarithmic axis zero lies infinitely far below.
    within = [float(height) for height in np.clip(heights, 0.0, 1.0)]
    gap = 1.35 * size / (ax.bbox.height / ax.figure.dpi * 72)
    placed = spread(within, gap * max(1 + text.count("\n") for text in texts))
    over = max(0.0, max(placed) - 1.0)
    for text, (_, _, color), height in zip(texts, ends, placed, strict=True):
        ax.annotate(
            text,
            (1.0, height - over),
            xycoords="axes fraction",
            xytext=(4, 0),
            textcoords="offset points",
            color=color,
            va="center",
            fontsize=size,
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
