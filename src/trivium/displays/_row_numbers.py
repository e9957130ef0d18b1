"""Numbers of marked rows, written where they stay readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.displays.grid import PlaneGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

    Stack = tuple[Indices, Float64, tuple[int, int]]

# As parts of the view's longer side, or of each side where the units differ.
_NEAR = 0.06  # rows closer than this share one stack of numbers
_NUMBER = np.array([0.13, 0.07])  # width and height of a number
_GAP = 0.03  # from a row to its number

_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
_HEAVY = 10  # a ring counts as so many rows
_WITHIN = np.stack(np.meshgrid(*[np.linspace(-0.9, 0.9, 5)] * 2), axis=-1).reshape(-1, 2)

_RING = 7  # from a row to its number, in points
_LINE = 10.5  # from a number to the next in its stack
_ARROW = 20  # from a number to the edge beyond which its row lies


def number_rows(
    axes: Axes,
    numbers: Indices,
    place: Float64,
    colors: Sequence[Any],
    obstacles: Float64,
    grid: PlaneGrid,
) -> list[Annotation]:
    """Write each row's number beside it, or at the edge of the view that it lies beyond.

    Parameters
    ----------
    axes : matplotlib Axes
    numbers : ndarray of shape (m,)
    place : ndarray of shape (m, 2)
        Where the rows are. Numbers of rows that lie close are stacked.
    colors : sequence of m colours
    obstacles : ndarray of shape (n, 2)
        What else is drawn: each number goes to the side where it covers the least.
    grid : PlaneGrid
        The view.
    """
    low, high = np.reshape(grid.extent, (2, 2)).T
    unit = high - low
    if grid.aspect == "equal":
        unit = np.full(2, unit.max())
    # From here on a unit of either axis is about as long in the picture.
    place, obstacles, low, high = place / unit, obstacles / unit, low / unit, high / unit
    stacks = _stacks(place, obstacles, low, high)
    edges: list[Float64] = []
    written = []
    for i, (number, color) in enumerate(zip(numbers, colors, strict=True)):
        look = {"color": color, "fontsize": "small", "fontweight": "bold", "zorder": 4}
        if (place[i] < low).any() or (place[i] > high).any():
            look["arrowprops"] = {"arrowstyle": "->", "color": color, "lw": 1.2, "shrinkB": 0}
            foot, away = _leaving(place[i], low, high)
            earlier = sum(np.abs(foot - edge).max() < _NEAR for edge in edges)
            edges.append(foot)
            shift = -_ARROW * away - (0, np.copysign(_LINE * earlier, away[1]))
            side = (0, 0)
        else:
            rows, foot, side = next(stack for stack in stacks if i in stack[0])
            level = float(np.searchsorted(rows, i))
            # A stack beside its rows is centred, one above or below them grows away.
            rise = _LINE * (side[1] * level if side[1] else (rows.size - 1) / 2 - level)
            shift = _RING * np.array(side) + (0, rise)
        written.append(
            axes.annotate(
                str(number),
                (foot[0] * unit[0], foot[1] * unit[1]),
                xytext=(shift[0], shift[1]),
                textcoords="offset points",
                ha=("right", "center", "left")[side[0] + 1],
                va=("top", "center", "bottom")[side[1] + 1],
                **look,
            )
        )
    return written


def _stacks(place: Float64, obstacles: Float64, low: Float64, high: Float64) -> list[Stack]:
    """Return the rows of each stack of numbers, its foot, and its side of the rows.

    That is the side where it covers the fewest obstacles, rings and numbers placed before.
    """
    from scipy.sparse.csgraph import connected_components

    close = np.abs(place[:, None] - place).max(axis=2) < _NEAR
    stack_of = connected_components(close)[1]
    taken = np.concatenate([obstacles, np.repeat(place, _HEAVY, axis=0)])
    stacks: list[Stack] = []
    for stack in range(stack_of.max() + 1):
        rows = np.flatnonzero(stack_of == stack)
        least, most = place[rows].min(axis=0), place[rows].max(axis=0)
        middle, reach = (least + most) / 2, (most - least) / 2
        half = _NUMBER * (1, rows.size) / 2
        found = []
        for side in _SIDES:
            centre = middle + side * (reach + _GAP + half)
            covered = int((np.abs(taken - centre) < half).all(axis=1).sum())
            outside = bool((centre - half < low).any() or (centre + half > high).any())
            found.append((outside, covered, side, centre))
        _, _, side, centre = min(found, key=lambda found: found[:2])
        taken = np.concatenate([taken, centre + half * _WITHIN])
        stacks.append((rows, middle + side * reach, side))
    return stacks


def _leaving(place: Float64, low: Float64, high: Float64) -> tuple[Float64, Float64]:
    """Return where the ray from the view's centre to a place leaves it, and its direction."""
    ray = place - (low + high) / 2
    leaves: Float64 = (low + high) / 2 + ray / np.abs(ray / (high - low) * 2).max()
    return leaves, ray / np.linalg.norm(ray)
