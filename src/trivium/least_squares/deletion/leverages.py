"""Leverages and fitted values of rows, of whose parts of Q none is kept.

A row times a matrix is its part of Q: R⁻¹, where the axes are those of Cholesky's factor. The parts
of some rows lie in a tile of registers while the matrix goes by; where it is zero, it is left out.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import intrinsic, kernel
from trivium.blocks.gram import LANES, panels
from trivium.blocks.intrinsics import array_struct
from trivium.blocks.vectors import DOUBLE, LONG, Vectors

# Numba publishes no types.
unpack_tuple: Any = cgutils.unpack_tuple

_ACROSS = 3  # panels of a tile
_AHEAD = 3 * LANES  # rows that are fetched from far memory while others go by


class Projection(NamedTuple):
    """What takes rows to their parts of Q, and these to fitted values, columns in panels.

    Attributes
    ----------
    into : ndarray of shape (n_panels, length, LANES)
    depth : ndarray of shape (n_panels / 3,)
        From which row on there are zeros alone in some panels.
    offset : ndarray of shape (n_panels · LANES,)
        What is taken off.
    targets : ndarray of shape (n_targets, n_panels · LANES)
        QᵀY, transposed.
    """

    into: Float64
    depth: Indices
    offset: Float64
    targets: Float64


def projection(matrix: Float64, offset: Float64, targets: Float64) -> Projection:
    """Prepare to multiply rows by a matrix of shape (d, r); less an offset, by targets (r, t)."""
    d, r = matrix.shape
    into = panels(d, r)
    width = into.shape[0] * LANES
    for panel, start in zip(into, range(0, r, LANES), strict=True):
        part = matrix[:, start : start + LANES]
        panel[:d, : part.shape[1]] = part
    step = _ACROSS * LANES
    depth = [
        int(np.flatnonzero(matrix[:, start : start + step].any(axis=1)).max(initial=-1)) + 1
        for start in range(0, r, step)
    ]
    beyond = (0, width - r)
    return Projection(
        into,
        np.array(depth, dtype=np.intp),
        np.pad(offset, beyond),
        np.pad(targets.T, ((0, 0), beyond)),
    )


def _tile(n_panels: int) -> Any:
    """Make what multiplies a tile of rows by so many panels, less an offset."""

    def plain(X: Any, row: int, into: Any, depth: int, j: int, offset: Any, Q: Any) -> None:
        some = X[np.minimum(np.arange(row, row + LANES), len(X) - 1), :depth]
        place = slice(j * LANES, (j + n_panels) * LANES)
        Q[:, place] = some @ np.hstack(into[j : j + n_panels, :depth]) - offset[place]

    @intrinsic(plain)
    def multiply(
        _: Any, X: Any, row: Any, into: Any, depth: Any, j: Any, offset: Any, Q: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, matrix, taken_off, out = (
                array_struct(signature.args[place])(context, builder, arguments[place])
                for place in (0, 2, 5, 6)
            )
            _, row, _, depth, j, _, _ = arguments
            vectors = Vectors(builder, LANES)
            n_rows, d = unpack_tuple(builder, rows.shape, 2)
            step = builder.mul(unpack_tuple(builder, matrix.shape, 3)[1], LONG(LANES))
            width = unpack_tuple(builder, out.shape, 2)[1]
            across = [builder.add(j, LONG(v)) for v in range(n_panels)]
            columns = [builder.mul(panel, LONG(LANES)) for panel in across]
            bases = [vectors.at(matrix.data, builder.mul(panel, step)) for panel in across]
            down, last = [], builder.sub(n_rows, LONG(1))
            for r in range(LANES):
                number = builder.add(row, LONG(r))
                within = builder.select(builder.icmp_signed("<", number, last), number, last)
                down.append(vectors.at(rows.data, builder.mul(within, d)))
            ahead = builder.mul(builder.add(row, LONG(_AHEAD)), d)
            off = [vectors.load(vectors.at(taken_off.data, column)) for column in columns]
            begin = [builder.fneg(each) for each in off] * LANES
            with vectors.loop(depth, *begin) as (k, sums, go_on):
                place, after = builder.mul(k, LONG(LANES)), []
                vectors.fetch(vectors.at(rows.data, builder.add(ahead, place)))
                right = [vectors.load(vectors.at(base, place)) for base in bases]
                for r in range(LANES):
                    number = builder.load(vectors.at(down[r], k))
                    if number.type != DOUBLE:
                        number = builder.fpext(number, DOUBLE)
                    factor = vectors.spread(number)
                    for v, each in enumerate(right):
                        so_far = sums[r * n_panels + v]
                        after.append(vectors.call("fmuladd", factor, each, so_far))
                go_on(*after)
            for number, total in enumerate(after):
                r, v = divmod(number, n_panels)
                place = builder.add(builder.mul(LONG(r), width), columns[v])
                vectors.store(total, vectors.at(out.data, place))
            return context.get_dummy_value()

        integer = types.intp
        return types.void(X, integer, into, integer, integer, offset, Q), generate

    return multiply


_one, _two, _three = map(_tile, range(1, _ACROSS + 1))


@kernel
def project(
    X: Floats,
    weights: Float64,
    Y: Float64,
    how: Projection,
    squares: Float64,
    fits: Float64,
    products: Float64,
) -> None:
    """Find squares of rows' parts of Q, and fitted values; sum products of parts with targets.

    Parameters
    ----------
    X : ndarray of shape (n, d), C-ordered
    weights : ndarray of shape (n,), or empty
        Of the rows' products with the targets; empty where all are one.
    Y : ndarray of shape (n, n_targets)
    how : Projection
    squares : ndarray of shape (n,)
    fits : ndarray of shape (n, n_targets)
    products : ndarray of shape (n_targets, width)
    """
    into, depth, offset, targets = how
    n_panels, width = into.shape[0], offset.shape[0]
    Q, part = np.empty((LANES, width)), np.empty(LANES)
    for row in range(0, X.shape[0], LANES):
        for b in range(depth.shape[0]):
            j = _ACROSS * b
            if n_panels - j >= 3:
                _three(X, row, into, depth[b], j, offset, Q)
            elif n_panels - j == 2:
                _two(X, row, into, depth[b], j, offset, Q)
            else:
                _one(X, row, into, depth[b], j, offset, Q)
        for r in range(min(LANES, X.shape[0] - row)):
            part[:] = 0.0
            for j in range(0, width, LANES):
                for lane in range(LANES):
                    part[lane] += Q[r, j + lane] * Q[r, j + lane]
            squares[row + r] = part.sum()
            for t in range(targets.shape[0]):
                part[:] = 0.0
                for j in range(0, width, LANES):
                    for lane in range(LANES):
                        part[lane] += Q[r, j + lane] * targets[t, j + lane]
                fits[row + r, t] = part.sum()
                value = Y[row + r, t]
                if weights.shape[0] > 0:
                    value *= weights[row + r]
                for k in range(width):
                    products[t, k] += value * Q[r, k]
