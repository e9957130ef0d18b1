"""Rows scaled, times the root of their weight, and added up class by class."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, intrinsic, is_kept, kernel
from trivium.blocks.gram import LANES, STRIP, add_strip, panels, zeros_for
from trivium.blocks.intrinsics import address
from trivium.blocks.read_ahead import begun
from trivium.blocks.vectors import Vectors

# Numba publishes no types.
unpack_tuple: Any = cgutils.unpack_tuple


class _Rows(NamedTuple):
    """Where rows are that are packed: addresses, and how many numbers lie from row to row.

    Columns go to where the caller says: rows are packed whole, or in panels. What lies `ahead` of a
    number is fetched with it.
    """

    X: Any
    step: int
    ahead: int
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


def _scale_plainly(lanes: int, rows: Any, start: int, n: int, j: int, place: int) -> None:
    columns = slice(j, j + lanes)
    for row in range(start, start + n):
        some = rows.X[row * rows.step :][columns]
        z = (some - rows.origin[columns]) * rows.unit[columns]
        rows.packed[place + row * rows.packed_step :][:lanes] = z
        np.fmax(rows.most[columns], np.abs(z), out=rows.most[columns])


def _add_plainly(
    lanes: int, rows: Any, sums: Any, row: int, group: int, j: int, place: int
) -> None:
    z = rows.packed[place + row * rows.packed_step :][:lanes]
    sums.groups[group * sums.step + j :][:lanes] += sums.weights[0] * z


def _scaler(lanes: int) -> Any:
    """Make what scales so many columns, from number j on, of n rows, one at least, to a place."""

    @intrinsic(partial(_scale_plainly, lanes))
    def scale(
        _: Any, rows: Any, start: Any, n: Any, j: Any, place: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, start, n, j, place = arguments
            X, step, ahead, origin, unit, packed, packed_step, most = unpack_tuple(builder, rows, 8)
            vectors = Vectors(builder, lanes)
            middle, factor, sizes = (vectors.at(array, j) for array in (origin, unit, most))
            middle, factor = vectors.load(middle), vectors.load(factor)
            begin = [
                vectors.at(array, builder.add(builder.mul(start, width), first))
                for array, width, first in ((X, step, j), (packed, packed_step, place))
            ]
            carried = vectors.load(sizes), *begin
            with vectors.loop(n, *carried) as (_, (so_far, row, out), go_on):
                vectors.fetch(vectors.at(row, ahead))
                z = builder.fmul(builder.fsub(vectors.load(row), middle), factor)
                vectors.store(z, out)
                size = vectors.call("fabs", z)
                greatest = builder.select(builder.fcmp_ordered(">", size, so_far), size, so_far)
                go_on(greatest, vectors.at(row, step), vectors.at(out, packed_step))
            vectors.store(greatest, sizes)
            return context.get_dummy_value()

        return types.void(rows, types.intp, types.intp, types.intp, types.intp), generate

    return scale


def _adder(lanes: int) -> Any:
    """Make what adds so many columns, from number j on, of a packed row to its class's sums."""

    @intrinsic(partial(_add_plainly, lanes))
    def add(
        _: Any, rows: Any, sums: Any, row: Any, group: Any, j: Any, place: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, sums, row, group, j, place = arguments
            *_, packed, packed_step, _ = unpack_tuple(builder, rows, 8)
            weights, groups, step = unpack_tuple(builder, sums, 3)
            vectors = Vectors(builder, lanes)
            total, own = (
                vectors.at(pointer, builder.add(builder.mul(number, width), first))
                for pointer, number, width, first in (
                    (groups, group, step, j),
                    (packed, row, packed_step, place),
                )
            )
            weight = vectors.spread(builder.load(weights))
            weighed = builder.fmul(weight, vectors.load(own))
            vectors.store(builder.fadd(vectors.load(total), weighed), total)
            return context.get_dummy_value()

        return types.void(rows, sums, *(types.intp,) * 4), generate

    return add


_AT_ONCE = 8  # rows of which a vector of columns is scaled before the next one
_AHEAD = 1024  # numbers: rows stream from far memory, and short ones are not fetched in time
_scale, _scale_4, _scale_2, _scale_1 = map(_scaler, (LANES, 4, 2, 1))
_add, _add_4, _add_2, _add_1 = map(_adder, (LANES, 4, 2, 1))


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

    All arrays are C-ordered. No weights: all are one. No codes: all are of one class.

    Parameters
    ----------
    X, weights, codes, origin, unit
    packed : ndarray of shape (n_panels, length, LANES), or (1, length, d)
        Of at least so many rows.
    most : ndarray of shape (d,)
        Greatest magnitudes.
    groups : ndarray of shape (n_groups, width)
        At least so wide as X.
    group_weights : ndarray of shape (n_groups,)
    """
    n_rows, d = X.shape
    n_panels, length, width = packed.shape
    weight = np.ones(1)
    rows = _Rows(
        *(address(X, 0), d, max(_AT_ONCE * d, _AHEAD), address(origin, 0), address(unit, 0)),
        *(address(packed, 0), width, address(most, 0)),
    )
    sums = _Groups(address(weight, 0), address(groups, 0), groups.shape[1])
    whole, spread = d // LANES * LANES, 1 if n_panels == 1 else length
    last = whole * spread
    for start in range(0, n_rows, _AT_ONCE):
        n = min(_AT_ONCE, n_rows - start)
        for j in range(0, whole, LANES):
            _scale(rows, start, n, j, j * spread)
        j, place = whole, last
        if LANES > 4 and d & 4:
            _scale_4(rows, start, n, j, place)
            j, place = j + 4, place + 4
        if d & 2:
            _scale_2(rows, start, n, j, place)
            j, place = j + 2, place + 2
        if d & 1:
            _scale_1(rows, start, n, j, place)
        for i in range(start, start + n):
            if weights.shape[0] > 0:
                weight[0] = weights[i]
            group = codes[i] if codes.shape[0] > 0 else 0
            group_weights[group] += weight[0]
            for j in range(0, whole, LANES):
                _add(rows, sums, i, group, j, j * spread)
            j, place = whole, last
            if LANES > 4 and d & 4:
                _add_4(rows, sums, i, group, j, place)
                j, place = j + 4, place + 4
            if d & 2:
                _add_2(rows, sums, i, group, j, place)
                j, place = j + 2, place + 2
            if d & 1:
                _add_1(rows, sums, i, group, j, place)
            if weights.shape[0] > 0:
                root = math.sqrt(weight[0])
                for panel in range(n_panels):
                    for k in range(width):
                        packed[panel, i, k] *= root


@kernel
def add_packed(
    X: Floats,
    weights: Float64,
    codes: Indices,
    origin: Float64,
    unit: Float64,
    packed: Float64,
    most: Float64,
    groups: Float64,
    group_weights: Float64,
    gram: Float64,
) -> None:
    """Do as `pack` in panels, a strip of rows at a time, and add their products as `add_gram`."""
    n_rows = X.shape[0]
    for start in range(0, n_rows, STRIP):
        end = min(start + STRIP, n_rows)
        some = weights[start:end] if weights.shape[0] > 0 else weights
        own = codes[start:end] if codes.shape[0] > 0 else codes
        pack(X[start:end], some, own, origin, unit, packed, most, groups, group_weights)
        add_strip(packed, 0, end - start, gram, X, end)


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
    (n, d), width = X.shape, packed.shape[2]
    with np.errstate(all="ignore"):
        Z = (X - origin) * unit
        np.fmax(most, np.fmax.reduce(np.abs(Z), axis=0), out=most)
        np.add.at(group_weights, group, weights if weights.size else 1.0)
        weighed = weights[:, None] * Z if weights.size else Z
        for g in np.unique(group):
            summands = np.vstack([groups[g, :d], weighed[group == g]])
            groups[g, :d] = np.add.accumulate(summands, axis=0, out=summands)[-1]
        if weights.size:
            Z *= np.sqrt(weights)[:, None]
    for panel, start in zip(packed, range(0, d, width), strict=True):
        part = Z[:, start : start + width]
        panel[:n, : part.shape[1]] = part


patience = Patience(add_packed, to_compile=1 << 24, to_load=1 << 20)
"""Numbers that NumPy scales and adds, at some 10 ns each, before a compiled loop does."""


def load_meanwhile() -> None:
    """Begin to load the compiled loops, if they are kept, while something else is read.

    To load the first loop of a process takes a fifth of a second, during which every thread that
    wants one waits.
    """
    if is_kept(add_packed):
        begun(_use_once)


def _use_once() -> None:
    packed, none = panels(1, 1), np.empty(0)
    how = none, np.zeros(1, dtype=np.intp), np.zeros(1), np.ones(1)
    add_packed(
        *(np.zeros((1, 1)), *how, packed, np.zeros(1)),
        *(np.zeros((1, packed.shape[0] * LANES)), np.zeros(1), zeros_for(packed)),
    )
