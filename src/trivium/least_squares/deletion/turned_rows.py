"""Some rows times a matrix, and sums of their products, in registers.

Rows are turned so that a vector holds a column of theirs, and lie in a near cache while the matrix
goes by. Their products with some of its columns stay in registers, and are added up there to what
is asked of them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils

from trivium.blocks.compiled import intrinsic
from trivium.blocks.gram import LANES
from trivium.blocks.vectors import LONG, Vectors

# Numba publishes no types.
unpack_tuple: Any = cgutils.unpack_tuple

_GROUPS = 3  # of rows, a vector each: with as many columns as a vector is long, they fill registers
ROWS = _GROUPS * LANES
"""Rows that are turned at once."""

LINE = 8
"""Numbers of a line of the cache."""


def _turn_plainly(X: Any, row: int, last: int, d: int, k: int, turned: Any) -> None:
    numbers = np.minimum(np.arange(row, row + ROWS), last)
    for c in range(k, k + LANES):
        turned[c * ROWS :][:ROWS] = X[numbers * d + c]


@intrinsic(_turn_plainly)
def turn(
    _: Any, X: Any, row: Any, last: Any, d: Any, k: Any, turned: Any
) -> tuple[Any, Callable[..., Any]]:
    """Turn some columns, from number k on, of some rows; rows beyond the last are that one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        X, row, last, d, k, turned = arguments
        vectors = Vectors(builder, LANES)
        for start in range(0, ROWS, LANES):
            square = []
            for r in range(start, start + LANES):
                number = builder.add(row, LONG(r))
                within = builder.select(builder.icmp_signed("<", number, last), number, last)
                place = vectors.at(X, builder.add(builder.mul(within, d), k))
                square.append(vectors.load(place))
            for c, column in enumerate(vectors.transposed(square)):
                place = builder.mul(builder.add(k, LONG(c)), LONG(ROWS))
                vectors.store(column, vectors.at(turned, builder.add(place, LONG(start))))
        return context.get_dummy_value()

    integer = types.intp
    return types.void(X, integer, integer, integer, integer, turned), generate


def _multiply_plainly(
    size: int,
    near: Any,
    how: Any,
    place: int,
    first: int,
    depth: int,
    r: int,
    n_targets: int,
    *_: Any,
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
    """Make what finds so many columns of some rows' parts of Q, and adds them up.

    Meanwhile it fetches numbers from a place on, a step apart.
    """

    @intrinsic(partial(_multiply_plainly, size))
    def multiply(
        _: Any,
        near: Any,
        how: Any,
        place: Any,
        first: Any,
        depth: Any,
        r: Any,
        n_targets: Any,
        ahead: Any,
        step: Any,
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            near, how, place, first, depth, r, n_targets, ahead, step = arguments
            turned, squares, _, *by_target = unpack_tuple(builder, near, 6)
            into, _, offset, targets, _ = unpack_tuple(builder, how, 5)
            write = _Tile(Vectors(builder, LANES), size)
            Q = write.product(turned, into, offset, place, first, depth, ahead, step)
            write.add_squares(Q, squares)
            write.add_targets(Q, by_target, targets, first, r, n_targets)
            return context.get_dummy_value()

        return types.void(near, how, *(types.intp,) * 5, ahead, types.intp), generate

    return multiply


class _Tile(NamedTuple):
    """Writes what is done to so many columns of some rows' parts of Q, in registers."""

    vectors: Vectors
    size: int

    def product(
        self,
        turned: Any,
        into: Any,
        offset: Any,
        place: Any,
        first: Any,
        depth: Any,
        ahead: Any,
        step: Any,
    ) -> list[list[Any]]:
        """Multiply so many rows of the matrix, one at least; return vectors, column by column."""
        vectors, builder = self.vectors, self.vectors.builder
        off = [self._spread(offset, builder.add(first, LONG(c))) for c in range(self.size)]
        begin = [builder.fneg(each) for each in off for _ in range(_GROUPS)]
        carried = turned, vectors.at(into, place), ahead, *begin
        with vectors.loop(depth, *carried) as (_, (rows, matrix, line, *sums), go_on):
            vectors.fetch(line)
            X = self._vectors_of(rows)
            after = []
            for c in range(self.size):
                factor = self._spread(matrix, LONG(c))
                for g, each in enumerate(X):
                    after.append(vectors.call("fmuladd", each, factor, sums[c * _GROUPS + g]))
            rows, matrix = vectors.at(rows, LONG(ROWS)), vectors.at(matrix, LONG(LANES))
            go_on(rows, matrix, vectors.at(line, step), *after)
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


multiply_one, multiply_two, multiply_four = map(_multiplier, (1, 2, 4))
multiply_eight = _multiplier(8) if LANES == 8 else multiply_four
