"""Sums of products of columns, in tiles that stay in registers while rows go by.

BLAS's product for this (dsyrk) packs the rows for large matrices, and leaves most of a
processor's multipliers idle for a few dozen columns. Here rows are packed as they come: a tile of
the matrix is a row of vectors for each of some columns, and each row of the table adds one product
to each of its vectors.
"""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.arrays import Float64
from trivium.blocks.compiled import intrinsic, kernel
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
_STRIP = 128  # rows of which all tiles are computed before the next: they stay in the nearest cache


def padded(n_columns: int) -> int:
    """Return how many columns rows have with those of zeros: an odd number of vectors.

    Else, of some widths, all rows would share few places of the nearest cache.
    """
    vectors = -(-n_columns // LANES)
    return LANES * (vectors + (vectors > 8 and vectors % 2 == 0))


def _tile(n_vectors: int) -> Any:
    """Make what adds products of n rows to a tile of so many vectors across."""

    def plain(X: Any, start: int, n: int, i: int, j: int, gram: Any) -> None:
        rows = X[start : start + n]
        across = slice(j, j + LANES * n_vectors)
        gram[i : i + LANES, across] += rows[:, i : i + LANES].T @ rows[:, across]

    @intrinsic(plain)
    def add(
        _: Any, X: Any, start: Any, n: Any, i: Any, j: Any, gram: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, matrix = (
                array_struct(signature.args[place])(context, builder, arguments[place])
                for place in (0, 5)
            )
            width = unpack_tuple(builder, rows.shape, 2)[1]
            _, start, n, i, j, _ = arguments
            tile = _Tile(builder, width, matrix.data, i, j, n_vectors)
            tile.write_loop(rows.data, start, n)
            return context.get_dummy_value()

        return types.void(X, types.intp, types.intp, types.intp, types.intp, gram), generate

    return add


class _Tile:
    """Rows of a matrix from number i on, and vectors of them from column j on, in registers."""

    def __init__(self, builder: Any, width: Any, matrix: Any, i: Any, j: Any, size: int) -> None:
        self._builder, self._width = builder, width
        self._vectors = Vectors(builder, LANES)
        self._across = [builder.add(j, LONG(LANES * v)) for v in range(size)]
        self._down = [builder.add(i, LONG(r)) for r in range(LANES)]
        self._places = [
            self._entry(matrix, row, column) for row in self._down for column in self._across
        ]

    def write_loop(self, rows: Any, start: Any, n: Any) -> None:
        """Write the loop over n rows, one at least."""
        before = [self._vectors.load(place) for place in self._places]
        begin = self._entry(rows, start, LONG(0))
        with self._vectors.loop(n, begin, *before) as (_, (row, *sums), go_on):
            after = self._with_products(row, sums)
            go_on(self._vectors.at(row, self._width), *after)
        for total, place in zip(after, self._places, strict=True):
            self._vectors.store(total, place)

    def _with_products(self, row: Any, sums: list[Any]) -> list[Any]:
        """Add the products of a row to the sums."""
        builder, vectors, after = self._builder, self._vectors, []
        across = [vectors.load(vectors.at(row, column)) for column in self._across]
        for number, so_far in enumerate(sums):
            r, v = divmod(number, len(across))
            if v == 0:
                factor = vectors.spread(builder.load(vectors.at(row, self._down[r])))
            after.append(vectors.call("fmuladd", factor, across[v], so_far))
        return after

    def _entry(self, matrix: Any, row: Any, column: Any) -> Any:
        place = self._builder.add(self._builder.mul(row, self._width), column)
        return self._vectors.at(matrix, place)


def worth_it(n_rows: int, n_columns: int) -> bool:
    """Whether a table is worth the kernel; its last bits are others than those of BLAS."""
    return n_columns <= _MOST_COLUMNS and n_rows * n_columns**2 >= _WORTH_IT


_one, _two, _three = (_tile(n_vectors) for n_vectors in (1, 2, 3))


@kernel
def add_gram(rows: Float64, gram: Float64) -> None:
    """Add rowsᵀ·rows to the upper triangle of a matrix; what is below it is left undefined.

    Rows are C-ordered and have `padded` columns, of which the last ones may be zero.
    """
    n_rows, width = rows.shape
    for start in range(0, n_rows, _STRIP):
        n = min(_STRIP, n_rows - start)
        for j in range(0, width, 3 * LANES):
            end = min(j + 3 * LANES, width)
            for i in range(0, end, LANES):
                first = max(i, j)
                if end - first == 3 * LANES:
                    _three(rows, start, n, i, first, gram)
                elif end - first == 2 * LANES:
                    _two(rows, start, n, i, first, gram)
                else:
                    _one(rows, start, n, i, first, gram)
