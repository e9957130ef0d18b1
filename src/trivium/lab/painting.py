"""What the plane's JavaScript is handed: small images, paths and ticks, all as plain text.

An image has a pixel a cell and is enlarged by the browser; its colours let white pages and dark
ones through. Paths and rows are placed in a square of a thousand units a side, so that whatever
units the user has, the browser computes with numbers of moderate size.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivium.arrays import Float64
from trivium.displays import palette

Window = tuple[float, float, float, float]

SIDE = 1000.0
"""Units a side of the square that paths are placed in."""

_BEYOND = 20.0  # sides from the middle: what is farther is not drawn at its true place
_FAINTEST = 0.05  # opacity of the smallest value that is not zero
_DENSEST = 0.8
_FIELD = "#7C6BD6"  # of values that belong to no class: the palette's violet
_DEPTHS = (1.0, 2.0, 0.5)  # of a class's tint, each time that the colours start again
_TICKS = 5
_NARROWEST = 1e-300  # an axis that is narrower has no round numbers of full precision
_LONG = 1e5  # a number that is as great is written by its power of ten


def shading_image(
    shading: NDArray[Any], kind: str = "classes", shaded_class: int | None = None
) -> str:
    """Return a shading as a PNG in a data URI, a pixel a cell.

    Parameters
    ----------
    shading : ndarray of shape (rows, columns)
        The bottom row first. Places of classes, -1 where there is none; or values from 0 to 1.
    kind : str
        "classes", or anything else for values.
    shaded_class : int or None
        The class in whose colour values are shaded.

    Returns
    -------
    str
        Empty for an empty shading. Of values, exact zeros are transparent, and no others.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.lab.painting import shading_image
    >>> shading_image(np.array([[0, 1]]))[:22]
    'data:image/png;base64,'
    """
    from PIL import Image

    if shading.size == 0:
        return ""
    if kind == "classes":
        pixels = shading.astype(np.uint8)
        colors, opacities = _class_table()
    else:
        # 0 is kept for exact zeros; NaN, where nothing is known, is one of them.
        levels = np.ceil(np.nan_to_num(np.clip(shading, 0.0, 1.0)) * 255)
        pixels = levels.astype(np.uint8)
        colors, opacities = _value_table(shaded_class)
    upright = np.ascontiguousarray(pixels[::-1])
    image = Image.frombytes("P", (upright.shape[1], upright.shape[0]), upright.tobytes())
    image.putpalette(colors)
    written = io.BytesIO()
    image.save(written, "PNG", transparency=opacities, compress_level=1)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode("ascii")


@lru_cache
def _class_table() -> tuple[bytes, bytes]:
    """Colours of 256 classes, and their opacities, as PNG stores them."""
    colors = b"".join(bytes.fromhex(palette.class_color(place)[1:]) for place in range(256))
    # Classes that share a colour differ by how deep it is. The last stands for -1: no class.
    rounds = [place // len(palette.CLASS_COLORS) for place in range(255)]
    depths = [palette.REGION_ALPHA * _DEPTHS[turn % len(_DEPTHS)] for turn in rounds]
    return colors, bytes(round(depth * 255) for depth in depths) + bytes(1)


@lru_cache
def _value_table(shaded_class: int | None) -> tuple[bytes, bytes]:
    levels = np.linspace(_FAINTEST, _DENSEST, 256) * 255
    levels[0] = 0
    return bytes.fromhex(shade(shaded_class)[1:]) * 256, levels.astype(np.uint8).tobytes()


def shade(shaded_class: int | None) -> str:
    """Return the colour that values of a class, or of none, are shaded in."""
    return _FIELD if shaded_class is None else palette.class_color(shaded_class)


def as_window(window: Any) -> Window:
    """Return a window as four numbers.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not four that are finite and in order.
    """
    wanted = "window must be (left, right, bottom, top), finite, left < right and bottom < top"
    if isinstance(window, (str, bytes)):
        raise TypeError(f"{wanted}; got {window!r}")
    try:
        left, right, bottom, top = (float(side) for side in window)
    except TypeError:
        raise TypeError(f"{wanted}; got {window!r}") from None
    except (ValueError, OverflowError):
        raise ValueError(f"{wanted}; got {window!r}") from None
    sides = (right - left, top - bottom)
    if not all(0 < side < np.inf for side in sides):
        raise ValueError(f"{wanted}; got {window!r}")
    return left, right, bottom, top


def placed(points: ArrayLike, window: Window) -> Float64:
    """Return points of the user's units in the square of paths, y downwards.

    Parameters
    ----------
    points : array-like of shape (n, 2)
    window : tuple of float
        (left, right, bottom, top).

    Returns
    -------
    ndarray of shape (n, 2)
        Points far outside are brought to 20 sides from the middle.

    Examples
    --------
    >>> from trivium.lab.painting import placed
    >>> placed([[0, 0], [2, 4]], (0, 2, 0, 4))
    array([[   0., 1000.],
           [1000.,    0.]])
    """
    left, right, bottom, top = window
    with np.errstate(over="ignore"):
        shares = np.asarray(points, dtype=np.float64) - (left, bottom)
        shares /= (right - left, top - bottom)
    shares[:, 1] = 1.0 - shares[:, 1]
    shown: Float64 = np.clip(shares, -_BEYOND, _BEYOND + 1) * SIDE
    return shown


def path(points: ArrayLike, window: Window) -> str:
    """Return lines as the commands of an SVG path in the square of paths.

    Parameters
    ----------
    points : array-like of shape (n, 2)
        In the user's units, a row of NaN between two lines.
    window : tuple of float
        (left, right, bottom, top).

    Examples
    --------
    >>> from trivium.lab.painting import path
    >>> nan = float("nan")
    >>> path([[0, 0], [1, 1], [nan, nan], [1, 0], [0, 1]], (0, 1, 0, 1))
    'M0 1000L1000 0M1000 1000L0 0'
    """
    shown = placed(points, window)
    gaps: list[bool] = np.isnan(shown[:, 0]).tolist()
    numbers = np.rint(np.nan_to_num(shown)).astype(int).tolist()
    written, command = [], "M"
    for (x, y), ends in zip(numbers, gaps, strict=True):
        if not ends:
            written.append(f"{command}{x} {y}")
        command = "M" if ends else "L"
    return "".join(written)


@lru_cache
def mark(marker: str) -> str:
    """Return a marker of matplotlib's as an SVG path, of about one unit to either side.

    Examples
    --------
    >>> from trivium.lab.painting import mark
    >>> mark("s")
    'M-1 1L1 1L1 -1L-1 -1Z'
    """
    from matplotlib.markers import MarkerStyle

    shape = MarkerStyle(marker)  # from -1/2 to 1/2, upwards
    outline = shape.get_path().transformed(shape.get_transform())
    letters = {outline.MOVETO: "M", outline.LINETO: "L", outline.CURVE3: "Q", outline.CURVE4: "C"}
    written = []
    for points, code in outline.iter_segments(simplify=False):
        numbers = points.reshape(-1, 2) * (2, -2)
        text = " ".join(f"{value + 0.0:.3g}" for value in np.round(numbers, 3).ravel())
        written.append("Z" if code == outline.CLOSEPOLY else letters[code] + text)
    return "".join(written)


def coordinates(points: ArrayLike) -> str:
    """Return points as base64 of their float64, x and y in turn, lowest byte first."""
    rows = np.ascontiguousarray(points, dtype="<f8")
    return base64.b64encode(rows.tobytes()).decode("ascii")


def ticks(low: float, high: float) -> list[dict[str, Any]]:
    """Return the round numbers of an axis.

    Returns
    -------
    list of dict
        ``at``, the share of the axis that lies before it; ``text``, the number as it is written.

    Examples
    --------
    >>> from trivium.lab.painting import ticks
    >>> [tick["text"] for tick in ticks(-1.1, 1.1)]
    ['−1', '−0.5', '0', '0.5', '1']
    >>> [tick["text"] for tick in ticks(2500, 6500)], [tick["text"] for tick in ticks(0, 3e-7)]
    (['3000', '4000', '5000', '6000'], ['0', '1e−7', '2e−7', '3e−7'])
    """
    from matplotlib.ticker import MaxNLocator

    span = high - low
    if span < _NARROWEST:
        return [{"at": 0.0, "text": f"{low:.3g}".replace("-", "−")}]
    found = MaxNLocator(_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    kept = [float(value) for value in found if low <= value <= high]
    step = min(np.diff(kept), default=span)
    texts = [_number(value, float(step)) for value in kept]
    return [
        {"at": (value - low) / span, "text": text} for value, text in zip(kept, texts, strict=True)
    ]


def _number(value: float, step: float) -> str:
    """Write a number to the digits that its neighbours a step away differ in."""
    if abs(value) < step / 2:
        return "0"
    digits = max(1, int(np.floor(np.log10(abs(value))) - np.floor(np.log10(step))) + 1)
    text = f"{value:.{min(digits + 1, 17)}g}"
    mantissa, e, power = text.partition("e")
    if e:
        text = f"{value:.0f}" if 1 <= abs(value) < _LONG else f"{mantissa}e{int(power)}"
    return text.replace("-", "−")


def panel(
    title: str,
    window: Window,
    *,
    image: str = "",
    lines: Sequence[tuple[str, str, ArrayLike]] = (),
    sizes: ArrayLike | None = None,
    rows: Sequence[int] = (),
    note: str = "",
    description: str = "",
    failure: str = "",
    legend: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return what one panel of the plane shows.

    Parameters
    ----------
    title : str
    window : tuple of float
        (left, right, bottom, top), which lines are placed in.
    image : str
        A data URI, which fills the window.
    lines : sequence of (str, str, array-like of shape (n, 2))
        Kind ("boundary", "ghost", "circle"), name in words, and points in the user's units, a row
        of NaN between two lines.
    sizes : array-like of shape (n_rows,) or None
        From 0 to 1.
    rows : sequence of int
        Numbers of highlighted rows.
    note : str
        A line under the panel, such as scores.
    description : str
        What the panel shows, for who does not see it.
    failure : str
        Why there is nothing to show; else empty.
    legend : dict or None
        Of shaded values: ``text``, ``low``, ``high`` and ``color``.

    Returns
    -------
    dict
        Plain values, an entry of `PlaneWidget.show`.

    Examples
    --------
    >>> from trivium.lab.painting import panel
    >>> shown = panel("Least squares", (0, 1, 0, 1), lines=[("ghost", "before", [[0, 0], [1, 1]])])
    >>> shown["lines"]
    [{'kind': 'ghost', 'name': 'before', 'path': 'M0 1000L1000 0'}]
    """
    percent = None
    if sizes is not None:
        percent = np.rint(np.clip(np.nan_to_num(sizes), 0.0, 1.0) * 100).astype(int).tolist()
    return {
        "title": title,
        "image": image,
        "lines": [
            {"kind": kind, "name": name, "path": path(points, window)}
            for kind, name, points in lines
        ],
        "sizes": percent,
        "rows": [int(row) for row in rows],
        "note": note,
        "description": description,
        "failure": failure,
        "legend": legend,
    }
