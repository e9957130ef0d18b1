"""Rows of a large table left out, without a penalty, in one pass that keeps no row's part of Q.

A row times a matrix is its part of Q: R⁻¹, where the axes are those of Cholesky's factor. Where it
is zero, it is left out.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import inner_kernel, kernel
from trivium.blocks.gram import LANES, panels
from trivium.blocks.intrinsics import address, addresses
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING
from trivium.least_squares.deletion.turned_rows import (
    LINE,
    ROWS,
    multiply_eight,
    multiply_four,
    multiply_one,
    multiply_two,
    turn,
)


class Projection(NamedTuple):
    """What takes rows to their parts of Q, and these to what they miss.

    Attributes
    ----------
    into : ndarray of shape (n_panels, length, LANES)
        The matrix, columns in panels.
    tiles : ndarray of int of shape (n_tiles, 3)
        Columns that are found at once: the first, how many (a power of two, within a panel), and
        from which row of the matrix on there are zeros alone.
    offset : ndarray of shape (r,)
        What is taken off.
    targets : ndarray of shape (n_targets, r)
        QᵀY, transposed.
    levels : ndarray of shape (n_classes, n_targets)
        Centred targets of each class.
    """

    into: Float64
    tiles: Indices
    offset: Float64
    targets: Float64
    levels: Float64


class Weighing(NamedTuple):
    """How rows count.

    Attributes
    ----------
    weight : float
        Of all rows.
    centred : bool
        Whether there is an intercept.
    weighted : bool
        Whether rows have weights.
    """

    weight: float
    centred: bool
    weighted: bool


class LeftOutRows(NamedTuple):
    """What is found of each of m rows.

    Attributes
    ----------
    leverage : ndarray of shape (m,)
    residuals : ndarray of shape (m, n_targets)
        Target less what the fit without the row predicts.
    shift : ndarray of shape (m,)
        Root mean square move of all fitted values.
    has_digits : ndarray of bool of shape (m,)
        Whether these have digits; where not, residuals and shift are none.
    """

    leverage: Float64
    residuals: Float64
    shift: Float64
    has_digits: NDArray[np.bool_]

    @classmethod
    def room(cls, n_rows: int, n_targets: int) -> "LeftOutRows":
        """Make room for those of some rows."""
        residuals = np.empty((n_rows, n_targets))
        return cls(np.empty(n_rows), residuals, np.empty(n_rows), np.empty(n_rows, dtype=np.bool_))


class _Near(NamedTuple):
    """What stays near while rows go by.

    Attributes
    ----------
    turned : ndarray of shape (d, ROWS)
    squares : ndarray of shape (1, ROWS)
        Sums of squares of the rows' parts of Q.
    Y, weighed, fits : ndarray of shape (n_targets, ROWS)
        Targets, these times the weights, and fitted values.
    products : ndarray of shape (n_targets, r, LANES)
        Sums of products of parts with weighed targets, as many as a vector has numbers.
    """

    turned: Float64
    squares: Float64
    Y: Float64
    weighed: Float64
    fits: Float64
    products: Float64


def projection(matrix: Float64, offset: Float64, targets: Float64, levels: Float64) -> Projection:
    """Prepare to multiply rows by a matrix of shape (d, r); less an offset, by targets (r, t)."""
    d, r = matrix.shape
    into = panels(d, r)
    for panel, start in zip(into, range(0, r, LANES), strict=True):
        part = matrix[:, start : start + LANES]
        panel[:d, : part.shape[1]] = part
    tiles, first = [], 0
    while first < r:
        size = min(LANES, 1 << (r - first).bit_length() - 1)
        filled = np.flatnonzero(matrix[:, first : first + size].any(axis=1))
        tiles.append((first, size, int(filled.max(initial=0)) + 1))
        first += size
    numbers = np.array(tiles, dtype=np.intp)
    return Projection(into, numbers, offset, np.ascontiguousarray(targets.T), levels)


def leave_out(
    X: Floats, codes: Indices, roots: Float64, how: Projection, weighing: Weighing
) -> tuple[LeftOutRows, Float64, float, float]:
    """Leave each of some rows out.

    Parameters
    ----------
    X : ndarray of shape (m, d), C-ordered
    codes : ndarray of shape (m,)
        Class of each row.
    roots : ndarray of shape (m,)
        Roots of their weights.
    how : Projection
    weighing : Weighing

    Returns
    -------
    rows : LeftOutRows
    products : ndarray of shape (r, n_targets)
        QᵀY over these rows.
    squares, spread : float
        Sums of the squares of all residuals, and of those of the parts of Q.
    """
    n_targets, r = how.targets.shape
    found = LeftOutRows.room(len(X), n_targets)
    by_row, shape = aligned((1 + 3 * n_targets, ROWS)), (n_targets, ROWS)
    Y, weighed, fits = (part.reshape(shape) for part in np.split(by_row[1:], 3))
    turned, products = aligned((X.shape[1], ROWS)), aligned((n_targets, r, LANES))
    near = _Near(turned, by_row[:1], Y, weighed, fits, products)
    near.products[:] = 0.0
    squares, spread = _leave_out(X, codes, roots, how, weighing, near, found)
    return found, near.products.sum(axis=2).T, squares, spread


@inner_kernel
def _prepare(
    row: int, codes: Indices, roots: Float64, levels: Float64, near: _Near, weighted: bool
) -> None:
    """Look up the targets of some rows, zero beyond the last, and begin their sums."""
    for lane in range(ROWS):
        near.squares[0, lane] = 0.0
        i = row + lane
        within = i < roots.shape[0]
        factor = roots[i] * roots[i] if within and weighted else 1.0
        for t in range(levels.shape[1]):
            value = levels[codes[i], t] if within else 0.0
            near.Y[t, lane], near.fits[t, lane] = value, 0.0
            near.weighed[t, lane] = value * factor


@inner_kernel
def _tell(
    row: int, roots: Float64, weighing: Weighing, near: _Near, found: LeftOutRows
) -> tuple[float, float]:
    """Say what the sums of some rows tell of each left out; sum their squares."""
    weighted, part = weighing.weighted, 1.0 / weighing.weight
    share_of = part if weighing.centred else 0.0
    n_targets, squares, spread = near.Y.shape[0], 0.0, 0.0
    for i in range(row, min(row + ROWS, roots.shape[0])):
        lane, root = i - row, roots[i]
        mass = root * root
        own = near.squares[0, lane] * mass if weighted else near.squares[0, lane]
        leverage = own + share_of * mass
        remaining = 1.0 - leverage
        has_digits = remaining > LEAST_REMAINING
        over, size = 1.0 / remaining if has_digits else 0.0, 0.0
        for t in range(n_targets):
            missed = near.Y[t, lane] - near.fits[t, lane]
            residual = missed * over
            found.residuals[i, t] = residual
            squares += missed * missed * mass
            size += residual * residual * mass
        found.leverage[i], found.has_digits[i] = leverage, has_digits and size < math.inf
        found.shift[i] = math.sqrt(leverage * size * part)
        spread += own
    return squares, spread


@kernel
def _leave_out(
    X: Floats,
    codes: Indices,
    roots: Float64,
    how: Projection,
    weighing: Weighing,
    near: _Near,
    found: LeftOutRows,
) -> tuple[float, float]:
    """Do as `leave_out`, with rooms for what stays near and for what is found."""
    (n, d), length = X.shape, how.into.shape[1]
    n_targets, r = how.targets.shape
    squares, spread = 0.0, 0.0
    rows, turned, sums, by = address(X, 0), address(near.turned, 0), addresses(near), addresses(how)
    whole = d // LANES * LANES
    # Processors fetch what is read row after row; nothing is while parts of Q are found. So each
    # step there fetches of the rows that come next.
    step = min(LINE, -(-ROWS * d // max(1, how.tiles[:, 2].sum())))
    for row in range(0, n, ROWS):
        for k in range(0, whole, LANES):
            turn(rows, row, n - 1, d, k, turned)
        for k in range(whole, d):
            for lane in range(ROWS):
                near.turned[k, lane] = X[min(row + lane, n - 1), k]
        _prepare(row, codes, roots, how.levels, near, weighing.weighted)
        fetched = (row + ROWS) * d
        for tile in range(how.tiles.shape[0]):
            first, size, depth = how.tiles[tile]
            place = first // LANES * length * LANES + first % LANES
            ahead = address(X, fetched)
            fetched += depth * step
            if size == 8:
                multiply_eight(sums, by, place, first, depth, r, n_targets, ahead, step)
            elif size == 4:
                multiply_four(sums, by, place, first, depth, r, n_targets, ahead, step)
            elif size == 2:
                multiply_two(sums, by, place, first, depth, r, n_targets, ahead, step)
            else:
                multiply_one(sums, by, place, first, depth, r, n_targets, ahead, step)
        more = _tell(row, roots, weighing, near, found)
        squares, spread = squares + more[0], spread + more[1]
    return squares, spread
