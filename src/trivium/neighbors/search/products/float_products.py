"""Scores from products of floats, in a block of sums that suits the processor's registers."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.np import arrayobj

from trivium.blocks.compiled import intrinsic
from trivium.blocks.processor import instructions
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.tile_loop import (
    LONG,
    Shape,
    TileLoop,
    first_of,
    fused,
    load,
    store,
)

array_struct: Any = arrayobj.make_array  # Numba publishes no types.


def float_shape(have: frozenset[str], itemsize: int) -> Shape:
    """Return the shape for sixteen registers, or for the 32 of AVX-512 and NEON."""
    if "avx512f" in have:
        return Shape(64 // itemsize, 4)
    if "avx" in have:
        return Shape(32 // itemsize, 3)
    return Shape(16 // itemsize, 4 if "neon" in have else 3)


def scores_in(shape_of: Callable[[int], Shape]) -> Any:
    """Make what writes the scores of a tile, in a shape that depends on the size of numbers.

    It takes a quad (one number of each query and then the next), a panel (one of each row and then
    the next), the rows' halves and the scores, of 4 × 256: half + sum of products.
    """

    def plain(quad: Any, panel: Any, halves: Any, scores: Any) -> None:
        products = quad.reshape(-1, QUAD).T @ panel.reshape(-1, PANEL_ROWS)
        scores[: QUAD * PANEL_ROWS].reshape(QUAD, -1)[:] = halves + products

    @intrinsic(plain)
    def scores_of_tile(
        _: Any, quad: Any, panel: Any, halves: Any, scores: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            quads = array_struct(signature.args[0])(context, builder, arguments[0])
            rows, begins, found = (
                first_of(context, builder, kind, value)
                for kind, value in zip(signature.args[1:], arguments[1:], strict=True)
            )
            shape = shape_of(4 if rows.type.pointee == ir.FloatType() else 8)

            def begin(_: int, place: Any) -> Any:
                return load(builder, begins, place, shape.lanes)

            def multiply(so_far: Any, row: Any, query: Any) -> Any:
                return fused(builder, row, query, so_far)

            def finish(total: Any, q: int, place: Any) -> None:
                store(builder, total, found, builder.add(place, LONG(q * PANEL_ROWS)))

            n_steps = builder.udiv(quads.nitems, LONG(QUAD))
            loop = TileLoop(builder, shape, begin, multiply, finish)
            loop.write(quads.data, rows, n_steps)
            return context.get_dummy_value()

        return types.void(quad, panel, halves, scores), generate

    return scores_of_tile


def _own_shape(itemsize: int) -> Shape:
    return float_shape(instructions(), itemsize)


scores_of_floats = scores_in(_own_shape)
