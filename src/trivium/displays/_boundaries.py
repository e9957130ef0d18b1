"""Where the predicted class changes: lines through a grid of predictions.

The lines are those of marching squares (Lorensen and Cline, "Marching cubes", SIGGRAPH 1987, in
the plane) for labels instead of values: where two neighbouring points have different classes, the
change between them is found by bisection, and the changes round a square of four points are
joined. So they hold for any classifier and need no scores; where a boundary is straight they lie
on it, whatever the units of the axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices, Labels

Ask = Callable[[Float64], Labels]

_STRIDE = 3  # of the cells that are asked first
_SCAN = 60  # from one row, or column, that is asked whole to the next
_ASK_ALL = 300  # a side: fewer cells are all asked
_HALVINGS = 6  # leave 1/128 of a cell
_SMOOTHINGS = 2  # each moves a point by a quarter of a cell at most
_QUERIES = 5000  # or as many as there are cells: what the bisection may ask


class Cells(Protocol):
    """The part of `PlaneGrid` that boundaries need."""

    @property
    def extent(self) -> tuple[float, float, float, float]: ...

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def points(self) -> Float64: ...


def cell_labels(ask: Ask, grid: Cells) -> Labels:
    """Return the class of every cell.

    Of a fine grid, every third cell each way is asked first, with the cells at the frame and along
    every sixtieth row and column, and from there on those beside which the class changes, until
    none is left. So no half-plane that a cell's centre lies in is missed, and no strip that is
    sixty cells long; an island smaller than three cells may be.

    Parameters
    ----------
    ask : callable
        Takes points of shape (n, 2), returns their classes, shape (n,).
    grid : Cells

    Returns
    -------
    ndarray of shape (n_cells,)
        In the order of ``grid.points``.
    """
    points = grid.points
    if min(grid.shape) < _ASK_ALL:
        return ask(points)
    up, across = grid.shape
    first = np.ix_(_strided(up), _strided(across))
    asked = np.zeros(grid.shape, dtype=bool)
    asked[first] = True
    coarse = ask(points[asked.ravel()]).reshape(asked[first].shape)
    labels = _fine(coarse, grid.shape)
    blocks = _differs_around(coarse)
    wanted = _fine(blocks, grid.shape)
    wanted[_SCAN // 2 :: _SCAN] = True
    wanted[:, _SCAN // 2 :: _SCAN] = True
    while True:
        wanted &= ~asked
        if not wanted.any():
            return labels.ravel()
        labels = _filled(labels, wanted, ask(points[wanted.ravel()]))
        asked |= wanted
        blocks |= _coarse(_beside_change(labels))
        wanted = _fine(blocks, grid.shape)


def _beside_change(labels: Labels) -> NDArray[np.bool_]:
    """Whether a cell beside, above or below has another class."""
    changed = np.zeros(labels.shape, dtype=bool)
    differs = labels[1:] != labels[:-1]
    changed[1:] |= differs
    changed[:-1] |= differs
    differs = labels[:, 1:] != labels[:, :-1]
    changed[:, 1:] |= differs
    changed[:, :-1] |= differs
    return changed


def _coarse(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any cell of each block of three by three."""
    starts = [np.arange(0, n, _STRIDE) for n in cells.shape]
    return np.logical_or.reduceat(np.logical_or.reduceat(cells, starts[0], 0), starts[1], 1)


def _strided(n: int) -> Indices:
    return np.minimum(np.arange(_STRIDE // 2, n + _STRIDE // 2, _STRIDE), n - 1)


def _fine(coarse: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    return coarse.repeat(_STRIDE, axis=0).repeat(_STRIDE, axis=1)[: shape[0], : shape[1]]


def _differs_around(labels: Labels) -> NDArray[np.bool_]:
    """Whether a cell lies at the frame, or one of the eight round it has another class."""
    differs = np.ones(labels.shape, dtype=bool)
    inner = labels[1:-1, 1:-1]
    differs[1:-1, 1:-1] = False
    up, across = labels.shape
    for i in range(3):
        for j in range(3):
            differs[1:-1, 1:-1] |= inner != labels[i : up - 2 + i, j : across - 2 + j]
    return differs


def class_boundaries(labels: Labels, grid: Cells, ask: Ask | None = None) -> Float64:
    """Return the lines along which the class changes, up to the frame of the grid.

    Parameters
    ----------
    labels : ndarray of shape (n_cells,)
        Class at each of ``grid.points``.
    grid : Cells
    ask : callable, default=None
        Takes points of shape (n, 2), returns their classes: finds the places of the changes to
        a hundredth of a cell. Without it a change is taken to be midway between two centres, and
        the steps of the lines are smoothed, which moves them by half a cell at most.

    Returns
    -------
    ndarray of shape (n, 2)
        Points of the lines, a row of NaN between two lines.
    """
    left, right, bottom, top = grid.extent
    up, across = grid.shape
    centres = grid.points
    x = np.concatenate([[left], centres[:across, 0], [right]])
    y = np.concatenate([[bottom], centres[::across, 1], [top]])
    nodes = _framed(labels.reshape(grid.shape), x, y, ask)
    beside, above = nodes[:, 1:] != nodes[:, :-1], nodes[1:] != nodes[:-1]
    row, column = np.nonzero(beside)
    lower, lower_column = np.nonzero(above)
    starts = np.column_stack([np.append(x[column], x[lower_column]), np.append(y[row], y[lower])])
    steps = np.zeros_like(starts)
    steps[: row.size, 0] = x[column + 1] - x[column]
    steps[row.size :, 1] = y[lower + 1] - y[lower]
    own = np.concatenate([nodes[row, column], nodes[lower, lower_column]])
    changes = _bisect(own, starts, steps, ask, max(_QUERIES, up * across))
    pairs, joints = _joined(beside, above, changes)
    points = np.concatenate([changes, joints])
    gap = np.full((1, 2), np.nan)
    lines = [points[chain] for chain in _chains(pairs)]
    if ask is None:
        lines = [_smooth(line) for line in lines]
    parts = [part for line in lines for part in (gap, line)]
    return np.concatenate(parts[1:]) if parts else np.empty((0, 2))


def _framed(labels: Labels, x: Float64, y: Float64, ask: Ask | None) -> Labels:
    """Return the labels of the centres and, round them, of points on the frame."""
    nodes = np.pad(labels, 1, mode="edge")
    if ask is not None:
        frame = np.ones(nodes.shape, dtype=bool)
        frame[1:-1, 1:-1] = False
        row, column = np.nonzero(frame)
        nodes = _filled(nodes, frame, ask(np.column_stack([x[column], y[row]])))
    return nodes


def _filled(labels: Labels, places: NDArray[Any], answers: Labels) -> Labels:
    """Return labels with answers at some places; strings of one answer may be the longer ones."""
    labels = labels.astype(np.result_type(labels, answers))
    labels[places] = answers
    return labels


def _bisect(own: Labels, starts: Float64, steps: Float64, ask: Ask | None, queries: int) -> Float64:
    """Return where, on the way from each start, its own class ends."""
    low, high = np.zeros(own.size), np.ones(own.size)
    if ask is not None and own.size:
        for _ in range(min(_HALVINGS, queries // own.size)):
            middle = (low + high) / 2
            same = ask(starts + middle[:, None] * steps) == own
            low, high = np.where(same, middle, low), np.where(same, high, middle)
    changes: Float64 = starts + ((low + high) / 2)[:, None] * steps
    return changes


def _joined(
    beside: NDArray[np.bool_], above: NDArray[np.bool_], changes: Float64
) -> tuple[Indices, Float64]:
    """Join the changes round each square of four nodes: two by a line, more in their mean.

    Returns the pairs that lines join, and the means, which are numbered after the changes.
    """
    number = np.full(beside.shape, -1)
    number[beside] = np.arange(np.count_nonzero(beside))
    upward = np.full(above.shape, -1)
    upward[above] = np.count_nonzero(beside) + np.arange(np.count_nonzero(above))
    sides = np.stack([number[:-1], upward[:, 1:], number[1:], upward[:, :-1]], axis=-1)
    sides = sides.reshape(-1, 4)
    crossed = sides >= 0
    count = crossed.sum(axis=1)
    lines = sides[count == 2][crossed[count == 2]].reshape(-1, 2)
    star = count > 2
    square, side = np.nonzero(crossed[star])
    rays = sides[star][square, side]
    joints = np.zeros((np.count_nonzero(star), 2))
    np.add.at(joints, square, changes[rays])
    joints /= count[star][:, None]
    return np.concatenate([lines, np.column_stack([rays, len(changes) + square])]), joints


def _smooth(line: Float64) -> Float64:
    """Return a line with each point between its ends drawn towards its two neighbours."""
    closed = bool((line[0] == line[-1]).all())
    for _ in range(_SMOOTHINGS):
        before, after = np.roll(line, 1, axis=0), np.roll(line, -1, axis=0)
        if closed:
            # The last point is the first.
            before[0], after[-1] = line[-2], line[1]
        else:
            before[0], after[-1] = line[0], line[-1]
            before[-1], after[0] = line[-1], line[0]
        line = (before + 2 * line + after) / 4
    return line


def _chains(pairs: Indices) -> list[list[int]]:
    """Return the lines as few chains of points, those with loose ends first."""
    near: dict[int, list[int]] = {}
    for a, b in pairs.tolist():
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    chains = []
    for start in sorted(near, key=lambda point: len(near[point]) % 2 == 0):
        while near[start]:
            chain = [start]
            while near[chain[-1]]:
                following = near[chain[-1]].pop()
                near[following].remove(chain[-1])
                chain.append(following)
            chains.append(chain)
    return chains
