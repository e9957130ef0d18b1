"""Straight boundaries of linear functions within a rectangle, and their names in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from trivium.arrays import Float64
from trivium.displays import palette
from trivium.displays._axes import font_size, ink, label_line_ends, plain, spread, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Extent = tuple[float, float, float, float]

_SLANT = 35.0  # degrees: of names above the axes
_EDGE = 1e-9  # of a side: what lies on the edge


def clip_boundary(coef: Float64, intercept: float, extent: Extent) -> Float64 | None:
    """Return the two ends of the line x·coef + intercept = 0 within a rectangle.

    Parameters
    ----------
    coef : ndarray of shape (2,)
        Normal of the line, of any length.
    intercept : float
        Value at the origin.
    extent : tuple of float
        (left, right, bottom, top).

    Returns
    -------
    ndarray of shape (2, 2) or None
        One end a row; None if ``coef`` is zero or the line misses the rectangle.
    """
    left, right, bottom, top = map(float, extent)
    centre = (left / 2 + right / 2, bottom / 2 + top / 2)
    size = (right - left, top - bottom)
    greatest = float(np.abs(coef).max())
    if greatest == 0.0:
        return None
    # In units of the rectangle, whose sides may be of different kinds, from its centre.
    unit = [float(value) / greatest for value in coef]
    value = unit[0] * centre[0] + unit[1] * centre[1] + float(intercept) / greatest
    scaled = [unit[i] * size[i] for i in range(2)]
    longest = max(map(abs, scaled))
    if longest == 0.0 or not math.isfinite(value / longest):
        return None
    scaled = [step / longest for step in scaled]
    length = math.hypot(*scaled)
    distance = value / longest / length
    normal = (scaled[0] / length, scaled[1] / length)
    # The line is followed from its point nearest the centre, so that a line far from the origin
    # loses no digits (Liang and Barsky's clipping, 1984).
    foot = (-distance * normal[0], -distance * normal[1])
    direction = (-normal[1], normal[0])
    first, last = -math.inf, math.inf
    for start, step in zip(foot, direction, strict=True):
        if step == 0.0:
            if not -0.5 <= start <= 0.5:
                return None
            continue
        near, far = sorted(((-0.5 - start) / step, (0.5 - start) / step))
        first, last = max(first, near), min(last, far)
    if not first < last:
        return None
    steps = np.array([[first], [last]])
    ends: Float64 = centre + (np.array(foot) + steps * direction) * size
    return ends


def class_borders(coef: Float64, intercept: Float64, extent: Extent) -> Float64 | None:
    """Return the borders, within a rectangle, between the regions of the greatest function.

    Parameters
    ----------
    coef : ndarray of shape (n_targets, 2)
        A single function's regions are those of its sign.
    intercept : ndarray of shape (n_targets,)
    extent : tuple of float
        (left, right, bottom, top).

    Returns
    -------
    ndarray of shape (3 n_borders - 1, 2) or None
        Two ends a border, a row of NaN between two borders; None if there is none.
    """
    if len(coef) == 1:
        return clip_boundary(coef[0], float(intercept[0]), extent)
    borders: list[Float64] = []
    for a, b in combinations(range(len(coef)), 2):
        line = clip_boundary(coef[a] - coef[b], float(intercept[a] - intercept[b]), extent)
        if line is None:
            continue
        scores = line @ coef.T + intercept
        # Both functions are greatest where their lead over every other, which is linear from
        # the one end of the line (0) to the other (1), is positive.
        start, end = np.delete(scores[:, [a]] - scores, [a, b], axis=1)
        rise = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = -start / rise
        first = max(0.0, zero[rise > 0].max(initial=0.0))
        last = min(1.0, zero[rise < 0].min(initial=1.0))
        if first < last and not (start[rise == 0] < 0).any():
            steps = np.array([[first], [last]])
            borders += [np.full((1, 2), np.nan), line[0] + steps * (line[1] - line[0])]
    return np.concatenate(borders[1:]) if borders else None


def named_in_place(ends: Float64 | None, extent: Extent) -> str | None:
    """Return the edge of a rectangle, "right" or "top", at which a line is named, if at either.

    Parameters
    ----------
    ends : ndarray of shape (2, 2) or None
        As `clip_boundary` returns them.
    extent : tuple of float
        (left, right, bottom, top).
    """
    if ends is None:
        return None
    left, right, bottom, top = extent
    if (np.abs(ends[:, 0] - right) <= _EDGE * (right - left)).any():
        return "right"
    return "top" if (np.abs(ends[:, 1] - top) <= _EDGE * (top - bottom)).any() else None


def name_lines(
    axes: Axes,
    bounds: Sequence[Float64 | None],
    names: Sequence[str],
    colors: Sequence[Any],
    extent: Extent,
) -> float:
    """Write the names of lines where they leave the picture, to the right or at the top.

    Parameters
    ----------
    axes : matplotlib Axes
        Whose limits are final.
    bounds : sequence of ndarray of shape (2, 2) or None
    names, colors : sequences of as many
    extent : tuple of float
        (left, right, bottom, top).

    Returns
    -------
    float
        The height in points that names take above the axes.
    """
    right, top = [], []
    for ends, name, color in zip(bounds, names, colors, strict=True):
        edge = named_in_place(ends, extent)
        if ends is None or edge is None:
            continue
        # Letters are thinner than lines: they take some of the ink.
        written = _toward_ink(color)
        if edge == "right":
            right.append((float(ends[ends[:, 0].argmax(), 1]), name, written))
        else:
            top.append((float(ends[ends[:, 1].argmax(), 0]), plain(name), written))
    if right:
        label_line_ends(axes, right)
    if not top:
        return 0.0
    size = 0.85 * font_size("font.size")
    across = axes.bbox.width / axes.figure.dpi * 72
    places = [(x - extent[0]) / (extent[1] - extent[0]) for x, _, _ in top]
    slant = math.radians(_SLANT)
    for (_, name, color), place in zip(
        top, spread(places, 1.2 * size / math.sin(slant) / across), strict=True
    ):
        axes.annotate(
            name,
            (place, 1.0),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            color=color,
            rotation=_SLANT,
            rotation_mode="anchor",
            fontsize=size,
            annotation_clip=False,
        )
    longest = max(text_width(name, size) for _, name, _ in top)
    return longest * math.sin(slant) + size + 4


def _toward_ink(color: Any) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    own, text = np.array(to_rgb(color)), np.array(to_rgb(ink()))
    return tuple((0.6 * own + 0.4 * text).tolist())


def fit_colors(n_fits: int) -> list[Any]:
    """Return ``n_fits`` colours in order along the sequential map."""
    from matplotlib import colormaps

    return list(colormaps[palette.SEQUENTIAL](np.linspace(*palette.SEQUENTIAL_LINE_RANGE, n_fits)))
