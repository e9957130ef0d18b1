"""Sums of products of columns, in tiles that stay in registers while rows go by.

BLAS's product for this (dsyrk) packs the rows for large matrices, and leaves most of a
processor's multipliers idle for a few dozen columns. Here rows come in panels: a tile of the matrix
is a row of vectors for each column of a panel, and each row of the table adds one product to each
of its vectors.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.arrays import Float64, Floats
from trivium.blocks.aligned import aligned
from trivium.blocks.compiled import inner_kernel, intrinsic, kernel
from trivium.blocks.intrinsics import address
from trivium.blocks.processor import instructions
from trivium.blocks.vectors import LONG, Vectors

# Numba publishes no types.
array_struct: Any = arrayobj.make_array
unpack_tuple: Any = cgutils.unpack_tuple


def _lanes() -> int:
    """Return the length of vectors: a tile takes 24 of 32 registers, or 12 of 16."""
    return 8 if "avx512f" in instructions() else 4


LANES = _lanes()
"""Numbers of a vector."""

_WORTH_IT = 1 << 25  # products: dsyrk takes some ten milliseconds, to load the kernel some twenty
_MOST_COLUMNS = 2048  # of which the matrix is still in some cache
STRIP = 256
"""Rows of which all tiles are computed before the next: they stay in a near cache."""

_ACROSS = 3  # panels of a tile


def panels(n_rows: int, n_columns: int) -> Float64:
    """Make room for rows in panels of so many columns as a vector has numbers.

    A panel has its part of each row below that of the row before, so that a tile reads what lies
    together, whatever the number of columns.

    Returns
    -------
    ndarray of shape (n_panels, length, LANES)
        With room for an odd number of rows: else those of several panels would share few places of
        the nearest cache. What is beyond the columns is zero, and the rest is not set.
    """
    whole, rest = divmod(n_columns, LANES)
    room = aligned((whole + (rest > 0), n_rows | 1, LANES))
    room[whole:, :, rest:] = 0.0
    return room


def zeros_for(rows: Float64) -> Float64:
    """Make the matrix that products of rows in panels are added to."""
    width = rows.shape[0] * LANES
    matrix = aligned((width, width))
    matrix[:] = 0.0
    return matrix


def _tile(n_panels: int, n_down: int = LANES) -> Any:
    """Make what adds products of n rows, from a start on, to a tile of so many panels across.

    Down are the first columns of one panel.
    """

    def plain(
        rows: Any, start: int, n: int, i: int, j: int, gram: Any, _ahead: Any, _step: int
    ) -> None:
        some = rows[:, start : start + n]
        across = np.hstack(some[j : j + n_panels])
        place = slice(j * LANES, (j + n_panels) * LANES)
        gram[i * LANES :, place][:n_down] += some[i, :, :n_down].T @ across

    @intrinsic(plain)
    def add(
        _: Any, rows: Any, start: Any, n: Any, i: Any, j: Any, gram: Any, ahead: Any, step: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            panels, matrix = (
                array_struct(signature.args[place])(context, builder, arguments[place])
                for place in (0, 5)
            )
            _, start, n, i, j, _, ahead, step = arguments
            tile = _Tile(builder, panels, matrix, (i, j), (n_down, n_panels))
            tile.write_loop(start, n, ahead, step)
            return context.get_dummy_value()

        integer = types.intp
        return types.void(rows, *(integer,) * 4, gram, ahead, integer), generate

    return add


class _Tile:
    """Entries of a matrix for columns of a panel and some panels from another on, in registers."""

    def __init__(
        self,
        builder: Any,
        panels: Any,
        matrix: Any,
        place: tuple[Any, Any],
        size: tuple[int, int],
    ) -> None:
        self._builder = builder
        self._vectors = Vectors(builder, LANES)
        (i, j), (n_down, n_across) = place, size
        n_rows = unpack_tuple(builder, panels.shape, 3)[1]
        step, width = builder.mul(n_rows, LONG(LANES)), unpack_tuple(builder, matrix.shape, 2)[1]
        across = [builder.add(j, LONG(v)) for v in range(n_across)]
        self._down, *self._across = (
            self._vectors.at(panels.data, builder.mul(panel, step)) for panel in (i, *across)
        )
        first = builder.mul(i, LONG(LANES))
        self._places = [
            self._vectors.at(
                matrix.data,
                builder.add(
                    builder.mul(builder.add(first, LONG(r)), width),
                    builder.mul(panel, LONG(LANES)),
                ),
            )
            for r in range(n_down)
            for panel in across
        ]

    def write_loop(self, start: Any, n: Any, ahead: Any, step: Any) -> None:
        """Write the loop over n rows, one at least; meanwhile fetch what is so far apart ahead."""
        before, vectors = [self._vectors.load(place) for place in self._places], self._vectors
        first = self._builder.mul(start, LONG(LANES))
        with vectors.loop(n, first, ahead, *before) as (_, (row, line, *sums), go_on):
            vectors.fetch(line)
            after = self._with_products(row, sums)
            go_on(self._builder.add(row, LONG(LANES)), vectors.at(line, step), *after)
        for total, place in zip(after, self._places, strict=True):
            self._vectors.store(total, place)

    def _with_products(self, row: Any, sums: list[Any]) -> list[Any]:
        """Add the products of a row to the sums."""
        builder, vectors, after = self._builder, self._vectors, []
        across = [vectors.load(vectors.at(panel, row)) for panel in self._across]
        down = vectors.at(self._down, row)
        for number, so_far in enumerate(sums):
            r, v = divmod(number, len(across))
            if v == 0:
                factor = vectors.spread(builder.load(vectors.at(down, LONG(r))))
            after.append(vectors.call("fmuladd", factor, across[v], so_far))
        return after


def worth_it(n_rows: int, n_columns: int) -> bool:
    """Whether a table is worth the kernel; its last bits are others than those of BLAS."""
    return n_columns <= _MOST_COLUMNS and n_rows * n_columns**2 >= _WORTH_IT


_one, _two, _three = map(_tile, range(1, _ACROSS + 1))
# Down are few columns of the last panel where it has no more: others would be multiplied in vain.
_FEW = 2
_one_few, _three_few = _tile(1, _FEW), _tile(_ACROSS, _FEW)
_SOME = LANES // 2
_one_some, _three_some = (
    (_tile(1, _SOME), _tile(_ACROSS, _SOME)) if _SOME > _FEW else (_one_few, _three_few)
)


@kernel
def add_gram(rows: Float64, n_rows: int, n_columns: int, gram: Float64) -> None:
    """Add rowsᵀ·rows to the upper triangle of a matrix; what is below it is left undefined.

    Parameters
    ----------
    rows : ndarray of shape (n_panels, length, LANES)
        In `panels`.
    n_rows, n_columns : int
        How many of them count, and how many columns they have.
    gram : ndarray of shape (n_panels · LANES, n_panels · LANES)
    """
    for start in range(0, n_rows, STRIP):
        add_strip(rows, start, min(STRIP, n_rows - start), n_columns, gram, rows, 0)


@inner_kernel
def add_strip(
    rows: Float64, start: int, n: int, n_columns: int, gram: Float64, X: Floats, after: int
) -> None:
    """Add products of n rows, from a start on, as `add_gram`; meanwhile fetch rows from far memory.

    Processors fetch what is read row after row; nothing is while tiles are computed. So each tile
    fetches a panel's part of as many rows.

    Parameters
    ----------
    X : ndarray of at least one dimension, C-ordered
        What is fetched.
    after : int
        From which row on; there may be none.
    """
    n_panels, d = rows.shape[0], X.shape[X.ndim - 1]
    rest = n_columns - (n_panels - 1) * LANES
    n_whole = n_panels - (rest <= _SOME)
    fetched = 0
    for j in range(0, n_whole, _ACROSS):
        end = min(j + _ACROSS, n_whole)
        for i in range(end):
            first = max(i, j)
            ahead = address(X, after * d + min(fetched, n_panels - 1) * LANES)
            fetched += 1
            if end - first == 3:
                _three(rows, start, n, i, first, gram, ahead, d)
            elif end - first == 2:
                _two(rows, start, n, i, first, gram, ahead, d)
            else:
                _one(rows, start, n, i, first, gram, ahead, d)
    if n_whole == n_panels:
        return
    _turn(gram, n_whole * LANES, rest, True)
    j = 0
    while j < n_panels:
        ahead = address(X, after * d + min(fetched, n_panels - 1) * LANES)
        fetched += 1
        if n_panels - j >= _ACROSS:
            if rest <= _FEW:
                _three_few(rows, start, n, n_whole, j, gram, ahead, d)
            else:
                _three_some(rows, start, n, n_whole, j, gram, ahead, d)
            j += _ACROSS
        else:
            if rest <= _FEW:
                _one_few(rows, start, n, n_whole, j, gram, ahead, d)
            else:
                _one_some(rows, start, n, n_whole, j, gram, ahead, d)
            j += 1
    _turn(gram, n_whole * LANES, rest, False)


@inner_kernel
def _turn(gram: Float64, first: int, count: int, down: bool) -> None:
    """Copy columns, so many from the first on, to below the diagonal, or back."""
    for i in range(first):
        for j in range(first, first + count):
            if down:
                gram[j, i] = gram[i, j]
            else:
                gram[i, j] = gram[j, i]
