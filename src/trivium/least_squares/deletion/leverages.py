"""Rows of a large table left out, without a penalty, in one pass that keeps no row's part of Q.

A row times a matrix is its part of Q: R⁻¹, where the axes are those of Cholesky's factor. Some rows
are turned so that a vector holds a column of theirs, and lie in a near cache while the matrix goes
by; where it is zero, it is left out. Their parts of some columns of Q stay in registers, and are
added up there to what is asked of them.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils
from numpy.typing import NDArray

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import inner_kernel, intrinsic, kernel
from trivium.blocks.gram import LANES, panels
from trivium.blocks.intrinsics import address, addresses
from trivium.blocks.vectors import LONG, Vectors
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING

# Numba publishes no types.
unpack_tuple: Any = cgutils.unpack_tuple

_GROUPS = 3  # of rows, a vector each: with as many columns as a vector is long, they fill registers
ROWS = _GROUPS * LANES
"""Rows that are turned at once."""


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


def _turn_plainly(X: Any, row: int, last: int, d: int, k: int, turned: Any) -> None:
    numbers = np.minimum(np.arange(row, row + ROWS), last)
    for c in range(k, k + LANES):
        turned[c * ROWS :][:ROWS] = X[numbers * d + c]


@intrinsic(_turn_plainly)
def _turn(
    _: Any, X: Any, row: Any, last: Any, d: Any, k: Any, turned: Any
) -> tuple[Any, Callable[..., Any]]:
    """Turn some columns, from number k on, of some rows; rows beyond the last are that one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        X, row, last, d, k, turned = arguments
        vectors = Vectors(builder, LANES)
        ahead = builder.mul(d, LONG(ROWS))
        for start in range(0, ROWS, LANES):
            square = []
            for r in range(start, start + LANES):
                number = builder.add(row, LONG(r))
                within = builder.select(builder.icmp_signed("<", number, last), number, last)
                place = vectors.at(X, builder.add(builder.mul(within, d), k))
                vectors.fetch(vectors.at(place, ahead))
                square.append(vectors.load(place))
            for c, column in enumerate(vectors.transposed(square)):
                place = builder.mul(builder.add(k, LONG(c)), LONG(ROWS))
                vectors.store(column, vectors.at(turned, builder.add(place, LONG(start))))
        return context.get_dummy_value()

    integer = types.intp
    return types.void(X, integer, integer, integer, integer, turned), generate


def _multiply_plainly(
    size: int, near: Any, how: Any, place: int, first: int, depth: int, r: int, n_targets: int
) -> None:
    X = near.turned[: depth * ROWS].reshape(depth, ROWS)
    panel = how.into[place:][: depth * LANES]
    matrix = np.stack([panel[c::LANES][:depth] for c in range(size)])
    Q = matrix @ X - how.offset[first : first + size, None]
    near.squares[:] += np.square(Q).sum(axis=0)
    for t in range(n_targets):
        row = slice(t * ROWS, (t + 1) * ROWS)
        near.fits[row] += how.targets[t * r + first :][:size] @ Q
        products = near.products[(t * r + first) * LANES :][: size * LANES]
        parts = (near.weighed[row] * Q).reshape(size, _GROUPS, LANES)
        products += parts.sum(axis=1).ravel()


def _multiplier(size: int) -> Any:
    """Make what finds so many columns of some rows' parts of Q, and adds them up."""

    @intrinsic(partial(_multiply_plainly, size))
    def multiply(
        _: Any, near: Any, how: Any, place: Any, first: Any, depth: Any, r: Any, n_targets: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            near, how, place, first, depth, r, n_targets = arguments
            turned, squares, _, *by_target = unpack_tuple(builder, near, 6)
            into, _, offset, targets, _ = unpack_tuple(builder, how, 5)
            write = _Tile(Vectors(builder, LANES), size)
            Q = write.product(turned, into, offset, place, first, depth)
            write.add_squares(Q, squares)
            write.add_targets(Q, by_target, targets, first, r, n_targets)
            return context.get_dummy_value()

        return types.void(near, how, *(types.intp,) * 5), generate

    return multiply


class _Tile(NamedTuple):
    """Writes what is done to so many columns of some rows' parts of Q, in registers."""

    vectors: Vectors
    size: int

    def product(
        self, turned: Any, into: Any, offset: Any, place: Any, first: Any, depth: Any
    ) -> list[list[Any]]:
        """Multiply so many rows of the matrix, one at least; return vectors, column by column."""
        vectors, builder = self.vectors, self.vectors.builder
        off = [self._spread(offset, builder.add(first, LONG(c))) for c in range(self.size)]
        begin = [builder.fneg(each) for each in off for _ in range(_GROUPS)]
        carried = turned, vectors.at(into, place), *begin
        with vectors.loop(depth, *carried) as (_, (rows, matrix, *sums), go_on):
            X = self._vectors_of(rows)
            after = []
            for c in range(self.size):
                factor = self._spread(matrix, LONG(c))
                for g, each in enumerate(X):
                    after.append(vectors.call("fmuladd", each, factor, sums[c * _GROUPS + g]))
            go_on(vectors.at(rows, LONG(ROWS)), vectors.at(matrix, LONG(LANES)), *after)
        return [after[c * _GROUPS : (c + 1) * _GROUPS] for c in range(self.size)]

    def add_squares(self, Q: list[list[Any]], squares: Any) -> None:
        """Add the squares of each row's parts."""
        sums = self._vectors_of(squares)
        for column in Q:
            sums = [
                self.vectors.call("fmuladd", own, own, so_far)
                for own, so_far in zip(column, sums, strict=True)
            ]
        self._store(sums, squares)

    def add_targets(
        self, Q: list[list[Any]], by_target: Any, targets: Any, first: Any, r: Any, n_targets: Any
    ) -> None:
        """Add to fitted values, and to the products with weighed targets."""
        vectors, builder = self.vectors, self.vectors.builder
        weighed, fits, products = by_target
        begin = vectors.at(products, builder.mul(first, LONG(LANES)))
        carried = weighed, fits, vectors.at(targets, first), begin
        with vectors.loop(n_targets, *carried) as (_, (y, fitted, target, total), go_on):
            Y, sums = self._vectors_of(y), self._vectors_of(fitted)
            for c, column in enumerate(Q):
                factor = self._spread(target, LONG(c))
                place = vectors.at(total, LONG(c * LANES))
                product = vectors.load(place)
                for g, own in enumerate(column):
                    sums[g] = vectors.call("fmuladd", own, factor, sums[g])
                    product = vectors.call("fmuladd", own, Y[g], product)
                vectors.store(product, place)
            self._store(sums, fitted)
            y, fitted = (vectors.at(each, LONG(ROWS)) for each in (y, fitted))
            go_on(y, fitted, vectors.at(target, r), vectors.at(total, builder.mul(r, LONG(LANES))))

    def _vectors_of(self, rows: Any) -> list[Any]:
        return [self.vectors.load(self.vectors.at(rows, LONG(g * LANES))) for g in range(_GROUPS)]

    def _store(self, values: list[Any], rows: Any) -> None:
        for g, value in enumerate(values):
            self.vectors.store(value, self.vectors.at(rows, LONG(g * LANES)))

    def _spread(self, numbers: Any, place: Any) -> Any:
        return self.vectors.spread(self.vectors.builder.load(self.vectors.at(numbers, place)))


_one, _two, _four = map(_multiplier, (1, 2, 4))
_eight = _multiplier(8) if LANES == 8 else _four


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
    for row in range(0, n, ROWS):
        for k in range(0, whole, LANES):
            _turn(rows, row, n - 1, d, k, turned)
        for k in range(whole, d):
            for lane in range(ROWS):
                near.turned[k, lane] = X[min(row + lane, n - 1), k]
        _prepare(row, codes, roots, how.levels, near, weighing.weighted)
        for tile in range(how.tiles.shape[0]):
            first, size, depth = how.tiles[tile]
            place = first // LANES * length * LANES + first % LANES
            if size == 8:
                _eight(sums, by, place, first, depth, r, n_targets)
            elif size == 4:
                _four(sums, by, place, first, depth, r, n_targets)
            elif size == 2:
                _two(sums, by, place, first, depth, r, n_targets)
            else:
                _one(sums, by, place, first, depth, r, n_targets)
        more = _tell(row, roots, weighing, near, found)
        squares, spread = squares + more[0], spread + more[1]
    return squares, spread
