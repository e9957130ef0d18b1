"""Rows scaled, times the root of their weight, and added up class by class."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience, inner_kernel, intrinsic, is_kept, kernel
from trivium.blocks.gram import LANES, STRIP, add_strip, panels, zeros_for
from trivium.blocks.intrinsics import address
from trivium.blocks.read_ahead import begun
from trivium.blocks.vectors import LONG, Vectors

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


class _Classes(NamedTuple):
    """Where classes and weights of rows are, and sums of classes.

    Each row has a class and a weight, or all have the first one: a step is one or zero. Beside
    weights are their roots.
    """

    codes: Any
    code_step: int
    weights: Any
    roots: Any
    weight_step: int
    groups: Any
    step: int
    counts: Any


def _pack_plainly(
    lanes: int,
    count: int,
    rows: Any,
    sums: Any,
    start: int,
    n: int,
    j: int,
    place: int,
    spread: int,
) -> None:
    for v in range(count):
        columns = slice(j + v * lanes, j + (v + 1) * lanes)
        most, to = rows.most[columns], place + v * lanes * spread
        for row in range(start, start + n):
            z = (rows.X[row * rows.step :][columns] - rows.origin[columns]) * rows.unit[columns]
            np.fmax(most, np.abs(z), out=most)
            group, i = sums.codes[row * sums.code_step], row * sums.weight_step
            sums.groups[group * sums.step :][columns] += sums.weights[i] * z
            rows.packed[to + row * rows.packed_step :][:lanes] = sums.roots[i] * z
            if v == 0:
                sums.counts[group] += sums.weights[i]


def _packer(lanes: int, count: int) -> Any:
    """Make what packs a few vectors of columns, from number j on, of n rows, one at least.

    Those of a row are added to its class's sums together: the sums of one alone would wait for each
    other, row after row.
    """

    @intrinsic(partial(_pack_plainly, lanes, count))
    def pack(
        _: Any, rows: Any, sums: Any, start: Any, n: Any, j: Any, place: Any, spread: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, sums, start, n, j, place, spread = arguments
            X, step, ahead, origin, unit, packed, packed_step, most = unpack_tuple(builder, rows, 8)
            codes, code_step, weights, roots, weight_step, groups, group_step, counts = (
                unpack_tuple(builder, sums, 8)
            )
            vectors = Vectors(builder, lanes)
            at = [builder.add(j, LONG(v * lanes)) for v in range(count)]
            middles, factors, sizes = (
                [vectors.load(vectors.at(array, each)) for each in at]
                for array in (origin, unit, most)
            )
            begin = [
                vectors.at(array, builder.add(builder.mul(start, width), first))
                for array, width, first in (
                    (X, step, j),
                    (packed, packed_step, place),
                    (codes, code_step, LONG(0)),
                    (weights, weight_step, LONG(0)),
                    (roots, weight_step, LONG(0)),
                )
            ]
            with vectors.loop(n, *begin, *sizes) as (_, (row, out, *of_row), go_on):
                code, weight, root, *so_far = of_row
                group = builder.load(code)
                mass, total = builder.load(weight), vectors.at(counts, group)
                builder.store(builder.fadd(builder.load(total), mass), total)
                mass, factor = vectors.spread(mass), vectors.spread(builder.load(root))
                own = vectors.at(groups, builder.add(builder.mul(group, group_step), j))
                greatest = []
                for v in range(count):
                    number = LONG(v * lanes)
                    there, sum_of = vectors.at(row, number), vectors.at(own, number)
                    vectors.fetch(vectors.at(there, ahead))
                    z = builder.fmul(builder.fsub(vectors.load(there), middles[v]), factors[v])
                    size = vectors.call("fabs", z)
                    larger = builder.fcmp_ordered(">", size, so_far[v])
                    greatest.append(builder.select(larger, size, so_far[v]))
                    weighed = builder.fadd(vectors.load(sum_of), builder.fmul(mass, z))
                    vectors.store(weighed, sum_of)
                    to = vectors.at(out, builder.mul(spread, number))
                    vectors.store(builder.fmul(z, factor), to)
                after = (
                    vectors.at(pointer, width)
                    for pointer, width in (
                        (row, step),
                        (out, packed_step),
                        (code, code_step),
                        (weight, weight_step),
                        (root, weight_step),
                    )
                )
                go_on(*after, *greatest)
            for each, size in zip(at, greatest, strict=True):
                vectors.store(size, vectors.at(most, each))
            return context.get_dummy_value()

        return types.void(rows, sums, *(types.intp,) * 5), generate

    return pack


_AT_ONCE = 16  # rows of which some vectors of columns are packed before the next ones
_ABREAST = 4  # vectors of columns
_AHEAD = 1024  # numbers: rows stream from far memory, and short ones are not fetched in time
_pack_4_abreast, _pack_2_abreast = _packer(LANES, 4), _packer(LANES, 2)
_pack_8, _pack_4, _pack_2, _pack_1 = (_packer(lanes, 1) for lanes in (LANES, 4, 2, 1))


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
    classes = codes if codes.shape[0] > 0 else np.zeros(1, dtype=np.intp)
    masses = weights if weights.shape[0] > 0 else np.ones(1)
    counted_already = np.zeros(group_weights.shape[0])
    how, totals = (masses, np.sqrt(masses), classes), (groups, group_weights, counted_already)
    _pack(X, how, origin, unit, packed, most, totals)


@inner_kernel
def _pack(
    X: Floats,
    how: tuple[Float64, Float64, Indices],
    origin: Float64,
    unit: Float64,
    packed: Float64,
    most: Float64,
    totals: tuple[Float64, Float64, Float64],
) -> None:
    """Do as `pack`; weights, their roots and codes are those of all rows if there is but one.

    The third total is room: columns that do not come first weigh the classes once more.
    """
    n_rows, d = X.shape
    n_panels, length, width = packed.shape
    masses, roots, codes = how
    groups, group_weights, counted_already = totals
    rows = _Rows(
        *(address(X, 0), d, max(_AT_ONCE * d, _AHEAD), address(origin, 0), address(unit, 0)),
        *(address(packed, 0), width, address(most, 0)),
    )
    shared = (
        *(address(codes, 0), int(codes.shape[0] > 1), address(masses, 0), address(roots, 0)),
        *(int(masses.shape[0] > 1), address(groups, 0), groups.shape[1]),
    )
    first = _Classes(*shared, address(group_weights, 0))
    others = _Classes(*shared, address(counted_already, 0))
    spread = 1 if n_panels == 1 else length
    for start in range(0, n_rows, _AT_ONCE):
        n, j, sums = min(_AT_ONCE, n_rows - start), 0, first
        while d - j >= LANES:
            abreast = min((d - j) // LANES, _ABREAST)
            if abreast == 4:
                _pack_4_abreast(rows, sums, start, n, j, j * spread, spread)
            elif abreast >= 2:
                abreast = 2
                _pack_2_abreast(rows, sums, start, n, j, j * spread, spread)
            else:
                _pack_8(rows, sums, start, n, j, j * spread, spread)
            j, sums = j + abreast * LANES, others
        place = j * spread
        if LANES > 4 and d & 4:
            _pack_4(rows, sums, start, n, j, place, spread)
            j, place, sums = j + 4, place + 4, others
        if d & 2:
            _pack_2(rows, sums, start, n, j, place, spread)
            j, place, sums = j + 2, place + 2, others
        if d & 1:
            _pack_1(rows, sums, start, n, j, place, spread)


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
        add_strip(packed, 0, end - start, X.shape[1], gram, X, end)


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
