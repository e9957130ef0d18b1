"""Rows scaled, times the root of their weight, and added up class by class."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, intrinsic, kernel
from trivium.blocks.intrinsics import address, prefetch
from trivium.blocks.vectors import Vectors

# Numba publishes no types.
unpack_tuple: Any = cgutils.unpack_tuple


class _Rows(NamedTuple):
    """Where rows are that are packed: addresses, and how many numbers lie from row to row."""

    X: Any
    step: int
    origin: Any
    unit: Any
    packed: Any
    packed_step: int
    most: Any


class _Groups(NamedTuple):
    """Where sums of classes are."""

    weights: Any
    groups: Any
    step: int


def _scale_plainly(lanes: int, rows: Any, start: int, n: int, j: int) -> None:
    columns = slice(j, j + lanes)
    for row in range(start, start + n):
        some = rows.X[row * rows.step :][columns]
        z = (some - rows.origin[columns]) * rows.unit[columns]
        rows.packed[row * rows.packed_step :][columns] = z
        np.fmax(rows.most[columns], np.abs(z), out=rows.most[columns])


def _add_plainly(lanes: int, rows: Any, sums: Any, row: int, group: int, j: int) -> None:
    columns = slice(j, j + lanes)
    z = rows.packed[row * rows.packed_step :][columns]
    sums.groups[group * sums.step :][columns] += sums.weights[0] * z


def _scaler(lanes: int) -> Any:
    """Make what scales so many columns, from number j on, of n rows, one at least."""

    @intrinsic(partial(_scale_plainly, lanes))
    def scale(_: Any, rows: Any, start: Any, n: Any, j: Any) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, start, n, j = arguments
            X, step, origin, unit, packed, packed_step, most = unpack_tuple(builder, rows, 7)
            vectors = Vectors(builder, lanes)
            middle, factor, place = (vectors.at(array, j) for array in (origin, unit, most))
            middle, factor = vectors.load(middle), vectors.load(factor)
            begin = [
                vectors.at(array, builder.add(builder.mul(start, width), j))
                for array, width in ((X, step), (packed, packed_step))
            ]
            carried = vectors.load(place), *begin
            with vectors.loop(n, *carried) as (_, (so_far, row, out), go_on):
                z = builder.fmul(builder.fsub(vectors.load(row), middle), factor)
                vectors.store(z, out)
                size = vectors.call("fabs", z)
                greatest = builder.select(builder.fcmp_ordered(">", size, so_far), size, so_far)
                go_on(greatest, vectors.at(row, step), vectors.at(out, packed_step))
            vectors.store(greatest, place)
            return context.get_dummy_value()

        return types.void(rows, types.intp, types.intp, types.intp), generate

    return scale


def _adder(lanes: int) -> Any:
    """Make what adds so many columns, from number j on, of a packed row to its class's sums."""

    @intrinsic(partial(_add_plainly, lanes))
    def add(
        _: Any, rows: Any, sums: Any, row: Any, group: Any, j: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, sums, row, group, j = arguments
            *_, packed, packed_step, _ = unpack_tuple(builder, rows, 7)
            weights, groups, step = unpack_tuple(builder, sums, 3)
            vectors = Vectors(builder, lanes)
            place, own = (
                vectors.at(pointer, builder.add(builder.mul(number, width), j))
                for pointer, number, width in ((groups, group, step), (packed, row, packed_step))
            )
            weight = vectors.spread(builder.load(weights))
            weighed = builder.fmul(weight, vectors.load(own))
            vectors.store(builder.fadd(vectors.load(place), weighed), place)
            return context.get_dummy_value()

        return types.void(rows, sums, types.intp, types.intp, types.intp), generate

    return add


_AT_ONCE = 4  # rows of which a vector of columns is scaled before the next one
_AHEAD = 1024  # numbers: rows stream from far memory, and short ones are not fetched in time
_scale_1, _scale_2, _scale_4, _scale_8 = map(_scaler, (1, 2, 4, 8))
_add_1, _add_2, _add_4, _add_8 = map(_adder, (1, 2, 4, 8))


@kernel
def pack(
    X: Floats,
    weights: Float64,
    codes: Indices,
    origin: Float64,
    unit: Float64,
    packed: Float64,
    most: Float64,
    groups: Float64,
    group_weights: Float64,
) -> None:
    """Scale rows, times the root of their weight; add them up, class by class.

    All arrays are C-ordered; packed rows have as many columns as those of X, or more. `most` are
    greatest magnitudes. No weights: all are one. No codes: all are of one class.
    """
    n_rows, d = X.shape
    width, weight = packed.shape[1], np.ones(1)
    rows = _Rows(
        *(address(X, 0), d, address(origin, 0), address(unit, 0), address(packed, 0), width),
        address(most, 0),
    )
    sums = _Groups(address(weight, 0), address(groups, 0), d)
    whole = d // 8 * 8
    for start in range(0, n_rows, _AT_ONCE):
        n = min(_AT_ONCE, n_rows - start)
        for number in range(start * d + _AHEAD, (start + n) * d + _AHEAD, 8):
            prefetch(rows.X, number)
        for j in range(0, whole, 8):
            _scale_8(rows, start, n, j)
        j = whole
        if d & 4:
            _scale_4(rows, start, n, j)
            j += 4
        if d & 2:
            _scale_2(rows, start, n, j)
            j += 2
        if d & 1:
            _scale_1(rows, start, n, j)
        for i in range(start, start + n):
            if weights.shape[0] > 0:
                weight[0] = weights[i]
            group = codes[i] if codes.shape[0] > 0 else 0
            group_weights[group] += weight[0]
            for j in range(0, whole, 8):
                _add_8(rows, sums, i, group, j)
            j = whole
            if d & 4:
                _add_4(rows, sums, i, group, j)
                j += 4
            if d & 2:
                _add_2(rows, sums, i, group, j)
                j += 2
            if d & 1:
                _add_1(rows, sums, i, group, j)
            if weights.shape[0] > 0:
                root = math.sqrt(weight[0])
                for j in range(d):
                    packed[i, j] *= root


def pack_by_numpy(
    X: Floats,
    weights: Float64,
    codes: Indices,
    origin: Float64,
    unit: Float64,
    packed: Float64,
    most: Float64,
    groups: Float64,
    group_weights: Float64,
) -> None:
    """Do as `pack`, to the bit."""
    group = codes if codes.size else np.zeros(X.shape[0], dtype=np.intp)
    packed = packed[:, : X.shape[1]]
    with np.errstate(all="ignore"):
        np.subtract(X, origin, out=packed)
        packed *= unit
        np.fmax(most, np.fmax.reduce(np.abs(packed), axis=0), out=most)
        np.add.at(group_weights, group, weights if weights.size else 1.0)
        weighed = weights[:, None] * packed if weights.size else packed
        for g in np.unique(group):
            summands = np.vstack([groups[g], weighed[group == g]])
            groups[g] = np.add.accumulate(summands, axis=0, out=summands)[-1]
        if weights.size:
            packed *= np.sqrt(weights)[:, None]


patience = Patience(pack, to_compile=1 << 24, to_load=1 << 20)
"""Numbers that NumPy scales and adds, at some 10 ns each, before a compiled loop does."""
