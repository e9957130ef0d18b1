"""The one colour language of Trivium's pictures.

Every figure is read twice: on white and on a dark page (about ``#15171c``), where the report
replaces :data:`INK` by a light colour. What is drawn in ink must therefore stay a vector; what is
rasterised (thousands of points, images) must carry a colour that reads on both. The class colours
start from Okabe and Ito's colour-blind-safe set ("Color Universal Design", 2008); those of them
that fade on white or on dark are deepened or lifted until they keep a contrast of 3 on either
page, and a marker shape doubles each colour.

The module imports nothing, so that reading a colour costs nothing.
"""

from __future__ import annotations

from typing import Any

INK = "#1b1c1f"
"""Text, axes, rings and boundary lines; the report swaps exactly this colour on a dark page."""

DARK_INK = "#e4e5e8"
"""What stands for :data:`INK` on a dark page."""
DARK_PAGE = "#15171c"

CLASS_COLORS = (
    "#0072B2",  # blue
    "#D55E00",  # vermillion
    "#009E73",  # bluish green
    "#C4689A",  # reddish purple, deepened
    "#2E93C7",  # sky blue, deepened
    "#A67A00",  # orange, deepened to ochre
    "#7C6BD6",  # violet
    "#86888E",  # grey, in the place of black
)
"""Colour of each class by its position in ``classes_``; beyond the last they start again."""

CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "h", "<", "p", "d", ">")
"""Marker of each class. Their number has no factor in common with that of the colours, so that a
pair of colour and marker comes back only after 88 classes."""

REGION_ALPHA = 0.22
"""Opacity of a class region: a tint on white and on dark alike."""

BOUNDARY_ALPHA = 0.75
"""Opacity of the lines between class regions, drawn in ink."""
BOUNDARY_WIDTH = 1.1
"""Their greatest width in points."""
BOUNDARY_SHARE = 0.08
"""What part of the picture they cover at most, or a busy boundary would hide its regions."""

OUTLIER_COLOR = "#C4508F"
"""A single row that bends a fit, where no sequence gives it a colour of its own."""
OUTLIER_MARKER = "X"

ACCENT = "#D55E00"
"""What came from elsewhere, such as published values."""

MUTED = "#7E8188"
"""What is there for comparison; reads on both pages."""

SEQUENTIAL = "viridis"
"""Perceptually uniform colormap of densities and ordered sweeps."""

SEQUENTIAL_LINE_RANGE = (0.3, 0.76)
"""The part of :data:`SEQUENTIAL` that a thin line can use on white and on dark."""

DIVERGING = "PuOr_r"
"""Colormap of signed values, its centre at zero; neither end is a class colour."""

ZERO = "#B4B7BD"
"""What is exactly zero in a density field: a grey, which its colormap has not."""

FIELD_ROW_COLOR = "#101216"
"""Rows upon a density field, which is bright where rows are."""
FIELD_ARROW_COLOR = "#f4f4f4"
"""Arrows to rows beyond a density field, which is dark where rows are few."""

TRAIN_LINE: dict[str, Any] = {"color": MUTED, "linestyle": (0, (4, 1.6)), "linewidth": 1.4}
TEST_LINE: dict[str, Any] = {"color": INK, "linestyle": "-", "linewidth": 1.6}


def class_color(position: int) -> str:
    """Return the colour of the class at ``position`` in ``classes_``.

    Parameters
    ----------
    position : int
        Position of the class, from 0.

    Returns
    -------
    str
        A colour as ``#rrggbb``.
    """
    return CLASS_COLORS[position % len(CLASS_COLORS)]


def class_style(position: int) -> dict[str, Any]:
    """Return the keyword arguments of ``Axes.scatter`` for the class at ``position``.

    Parameters
    ----------
    position : int
        Position of the class in ``classes_``, from 0.

    Returns
    -------
    dict
        Colour, marker and a thin translucent edge that parts overlapping points on either page.

    Examples
    --------
    >>> from trivium.displays.palette import class_style
    >>> class_style(1)["marker"]
    '^'
    """
    return {
        "color": class_color(position),
        "marker": CLASS_MARKERS[position % len(CLASS_MARKERS)],
        "edgecolors": (1.0, 1.0, 1.0, 0.4),
        "linewidths": 0.3,
    }


def style(ink: str = INK) -> dict[str, Any]:
    """Return the rc settings of Trivium's figures, for ``matplotlib.rc_context``.

    Parameters
    ----------
    ink : str, default=INK
        Colour of text, axes and ticks; give a light one to draw for a dark page.

    Returns
    -------
    dict
        Transparent faces, no top and right spine, small type, constrained layout.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from trivium.displays.palette import INK, style
    >>> with mpl.rc_context(style()):
    ...     mpl.rcParams["text.color"] == INK
    True
    """
    inked = (
        "text.color",
        "axes.edgecolor",
        "axes.labelcolor",
        "axes.titlecolor",
        "xtick.color",
        "ytick.color",
    )
    return {
        **dict.fromkeys(inked, ink),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "savefig.edgecolor": "none",
        "figure.constrained_layout.use": True,
        "figure.figsize": (3.2, 3.2),
        # Points and images inside an SVG are rasterised at this resolution.
        "savefig.dpi": 200,
        "font.size": 8.5,
        "axes.titlesize": 9.5,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.labelsize": 8.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.7,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
    }


def notebook_style(*, dark: bool = False) -> dict[str, Any]:
    """Return the rc settings of pictures for a notebook or slides: larger, on a page of their own.

    Parameters
    ----------
    dark : bool, default=False
        Light ink on a dark page, for a dark notebook.

    Returns
    -------
    dict
        For ``matplotlib.rc_context`` or ``matplotlib.rcParams.update``.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from trivium.displays.palette import notebook_style
    >>> with mpl.rc_context(notebook_style(dark=True)):
    ...     mpl.rcParams["figure.facecolor"]
    '#15171c'
    """
    page = DARK_PAGE if dark else "#ffffff"
    return {
        **style(DARK_INK if dark else INK),
        "figure.facecolor": page,
        "savefig.facecolor": page,
        "figure.figsize": (6.4, 4.8),
        "font.size": 11.0,
        "axes.titlesize": 13.0,
        "axes.labelsize": 11.5,
        "xtick.labelsize": 10.5,
        "ytick.labelsize": 10.5,
        "legend.fontsize": 10.5,
    }
