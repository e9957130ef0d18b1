"""A few classes and columns: one pass over a block of rows, from their numbers to the gradient.

BLAS multiplies matrices of few rows slowly, and each of its calls takes an array of its own. Here a
tile of rows is read once and turned, so that a column's numbers lie side by side; its logits, what
`row_sums.py` makes of them and its part of the gradient follow while it is in a core's nearest
cache. A logit is summed column after column. Of the gradient each lane sums every eighth row, and
lanes are added up two by two: so vectors of any length, and NumPy, come to the same bits.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import Patience, inner_kernel, intrinsic, kernel
from trivium.blocks.vectors import LONG, Vectors
from trivium.softmax.objective.row_sums import (
    A_CALL,
    TILE,
    RowSums,
    add_sums,
    begin_tile,
    room_for_sums,
    row_sums_of,
    take_by_numpy,
    take_tile,
)

# Numba publishes no types.
array_struct: Any = arrayobj.make_array
unpack_tuple: Any = cgutils.unpack_tuple

_LANES = 8  # numbers of a vector, on machines whose own are shorter, too
_GROUPS = TILE // _LANES
_AT_ONCE = 4  # vectors of logits that are summed in registers
_LEAST_ROWS = 4096  # beside fewer it is not worth waiting for what is compiled
_MOST_COLUMNS, _MOST_PARAMETERS = 64, 192  # beyond, a panel outgrows the cache, and BLAS is as fast
_NO_WEIGHTS: Float64 = np.empty(0)


def suits_one_pass(n_rows: int, n_classes: int, d: int) -> bool:
    """Whether a block of so many rows is gone through in one pass.

    Examples
    --------
    >>> suits_one_pass(10_000, 3, 20), suits_one_pass(150, 3, 4), suits_one_pass(10_000, 10, 100)
    (True, False, False)
    """
    return n_rows >= _LEAST_ROWS and d <= _MOST_COLUMNS and n_classes * d <= _MOST_PARAMETERS


def _turn_plainly(X: Any, first: int, panel: Any) -> None:
    panel[:] = X[first : first + TILE].T


@intrinsic(_turn_plainly)
def _turn(_: Any, X: Any, first: Any, panel: Any) -> tuple[Any, Callable[..., Any]]:
    """Write a tile's rows into a panel as columns, of which there are as many as lanes at least."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, columns = _structs(context, builder, signature, arguments, 0, 2)
        d, vectors = unpack_tuple(builder, rows.shape, 2)[1], Vectors(builder, _LANES)
        # The last columns of all may be turned twice.
        last = builder.sub(d, LONG(_LANES))
        n_parts = builder.sdiv(builder.add(d, LONG(_LANES - 1)), LONG(_LANES))
        with vectors.loop(LONG(_GROUPS)) as (group, _, next_group):
            row = builder.add(arguments[1], builder.mul(group, LONG(_LANES)))
            begin = builder.mul(row, d)
            with vectors.loop(n_parts) as (part, _, next_part):
                j = builder.mul(part, LONG(_LANES))
                j = builder.select(builder.icmp_signed("<", j, last), j, last)
                place = builder.add(begin, j)
                square = []
                for _i in range(_LANES):
                    square.append(vectors.load(vectors.at(rows.data, place)))
                    place = builder.add(place, d)
                place = builder.add(builder.mul(j, LONG(TILE)), builder.mul(group, LONG(_LANES)))
                for column in vectors.transposed(square):
                    vectors.store(column, vectors.at(columns.data, place))
                    place = builder.add(place, LONG(TILE))
                next_part()
            next_group()
        return context.get_dummy_value()

    return types.void(X, first, panel), generate


def _multiply_plainly(panel: Any, coef: Any, k: int, level: float, work: Any) -> None:
    logits = np.zeros(TILE)
    for column, factor in zip(panel, coef[k], strict=True):
        logits += column * factor
    work[k] = logits + level


@intrinsic(_multiply_plainly)
def _multiply(
    _: Any, panel: Any, coef: Any, k: Any, level: Any, work: Any
) -> tuple[Any, Callable[..., Any]]:
    """Write a tile's logits of one class."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        columns, factors, logits = _structs(context, builder, signature, arguments, 0, 1, 4)
        d, vectors = unpack_tuple(builder, columns.shape, 2)[0], Vectors(builder, _LANES)
        k, intercept = arguments[2], vectors.spread(arguments[3])
        own = vectors.at(factors.data, builder.mul(k, d))
        out = vectors.at(logits.data, builder.mul(k, LONG(TILE)))
        for start in range(0, TILE, _AT_ONCE * _LANES):
            places = [LONG(start + v * _LANES) for v in range(_AT_ONCE)]
            zeros = [ir.Constant(vectors.kind, [0.0] * _LANES)] * _AT_ONCE
            with vectors.loop(d, *zeros) as (j, sums, go_on):
                column = vectors.at(columns.data, builder.mul(j, LONG(TILE)))
                factor = vectors.spread(builder.load(vectors.at(own, j)))
                after = [
                    builder.fadd(
                        so_far, builder.fmul(vectors.load(vectors.at(column, place)), factor)
                    )
                    for place, so_far in zip(places, sums, strict=True)
                ]
                go_on(*after)
            for place, total in zip(places, after, strict=True):
                vectors.store(builder.fadd(total, intercept), vectors.at(out, place))
        return context.get_dummy_value()

    return types.void(panel, coef, k, level, work), generate


def _pull_plainly(work: Any, k: int, panel: Any, back: Any) -> None:
    for v in range(0, TILE, _LANES):
        back[k] += panel[:, v : v + _LANES] * work[k, v : v + _LANES]


@intrinsic(_pull_plainly)
def _pull(_: Any, work: Any, k: Any, panel: Any, back: Any) -> tuple[Any, Callable[..., Any]]:
    """Add what a tile makes of one class's gradient to its lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        residuals, columns, lanes = _structs(context, builder, signature, arguments, 0, 2, 3)
        d, vectors = unpack_tuple(builder, columns.shape, 2)[0], Vectors(builder, _LANES)
        k = arguments[1]
        own = vectors.at(residuals.data, builder.mul(k, LONG(TILE)))
        places = [LONG(v) for v in range(0, TILE, _LANES)]
        factors = [vectors.load(vectors.at(own, place)) for place in places]
        first = vectors.at(lanes.data, builder.mul(k, builder.mul(d, LONG(_LANES))))
        with vectors.loop(d) as (j, _, go_on):
            out = vectors.at(first, builder.mul(j, LONG(_LANES)))
            column = vectors.at(columns.data, builder.mul(j, LONG(TILE)))
            total = vectors.load(out)
            for place, factor in zip(places, factors, strict=True):
                product = builder.fmul(vectors.load(vectors.at(column, place)), factor)
                total = builder.fadd(total, product)
            vectors.store(total, out)
            go_on()
        return context.get_dummy_value()

    return types.void(work, k, panel, back), generate


def _structs(context: Any, builder: Any, signature: Any, arguments: Any, *places: int) -> list[Any]:
    """Open the arrays among an intrinsic's arguments."""
    return [
        array_struct(signature.args[place])(context, builder, arguments[place]) for place in places
    ]


@inner_kernel
def _turn_few(X: Float64, first: int, width: int, panel: Float64) -> None:
    """Do as `_turn` with few rows or columns; rows that are not there are zeros."""
    for j in range(panel.shape[0]):
        for i in range(width):
            panel[j, i] = X[first + i, j]
        for i in range(width, TILE):
            panel[j, i] = 0.0


@kernel
def _pass(
    X: Float64,
    coef: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64,
    back: Float64,
    work: Float64,
    sums: Float64,
    edges: Float64,
) -> None:
    """Go through a block tile by tile; `back`, of shape (K, d, lanes), and `work` are zeros."""
    K, d = coef.shape
    panel = np.empty((d, TILE))
    for first in range(0, codes.shape[0], TILE):
        width = begin_tile(work, K, codes, weights, first)
        if width == TILE and d >= _LANES:
            _turn(X, first, panel)
        else:
            _turn_few(X, first, width, panel)
        for k in range(K):
            _multiply(panel, coef, k, intercept[k], work)
        take_tile(work, K, width, edges)
        for k in range(K):
            _pull(work, k, panel, back)
    add_sums(work, K, sums)


def _pass_by_numpy(
    X: Float64,
    coef: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64,
    back: Float64,
    _work: Float64,
    sums: Float64,
    edges: Float64,
) -> None:
    """Do as `_pass`, to the bit."""
    (K, d), m = coef.shape, codes.size
    logits, column = np.zeros((K, m)), np.zeros(-(-m // _LANES) * _LANES)
    with np.errstate(all="ignore"):
        for j in range(d):
            for k in range(K):
                logits[k] += X[:, j] * coef[k, j]
        take_by_numpy(logits, intercept, codes, weights, sums, edges)
        for j in range(d):
            for k in range(K):
                np.multiply(X[:, j], logits[k], out=column[:m])
                # Not a sum, the order of which NumPy is free to choose.
                back[k, j] += np.add.accumulate(column.reshape(-1, _LANES))[-1]


def gradient_in_one_pass(
    X: Float64,
    coef: Float64,
    intercept: Float64,
    codes: Indices,
    weights: Float64 | None,
    *,
    edges: bool = False,
) -> tuple[Float64, RowSums]:
    """Compute the gradient by the coefficients of a linear model, and sums over rows.

    Parameters
    ----------
    X : ndarray of float64 of shape (m, d)
    coef, intercept, codes, weights, edges
        As in `residuals_of`.

    Returns
    -------
    gradient : ndarray of shape (n_classes, d)
    sums : RowSums
    """
    K, d = coef.shape
    room = room_for_sums(K, edges=edges)
    back = np.zeros((K, d, _LANES))
    w = _NO_WEIGHTS if weights is None else weights
    loop = _pass if patience.is_over(K * codes.size + A_CALL) else _pass_by_numpy
    given = [np.ascontiguousarray(each) for each in (X, coef, intercept)]
    loop(given[0], given[1], given[2], codes, w, back, *room)
    while back.shape[2] > 1:
        half = back.shape[2] // 2
        back = back[:, :, :half] + back[:, :, half:]
    return back[:, :, 0], row_sums_of(*room[1:])


patience = Patience(_pass, to_compile=1 << 23, to_load=1 << 18)
"""Logits that NumPy goes through, with their products, before loops that are compiled do."""
