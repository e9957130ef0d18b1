"""Scores from products of bytes, by the instructions that a processor has for them.

- AVX-512 VNNI multiplies 64 pairs of bytes and adds them to 16 sums of 32 bits, exactly, in the
  time of 16 products in float32; AVX-VNNI does so with half as many.
- AVX2 has no such instruction, but one that adds the products of two pairs in 16 bits
  (``vpmaddubsw``) and one that adds two of these in 32 bits (``vpmaddwd``): with a sum, 32
  products in twice the time of 8 in float32. Bytes of rows are unsigned, up to 255; a query's go
  from -64 to 64, so that no pair leaves 16 bits: 2·255·64 = 32,640 < 2^15.
- NEON's dot product multiplies 16 pairs of signed bytes.

Compilers find none of these in loops over rows, so the loop is written in LLVM's language.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.np import arrayobj

from trivium.blocks.compiled import intrinsic
from trivium.blocks.processor import instructions
from trivium.neighbors.search.products.layout import GROUP, PANEL_ROWS, QUAD
from trivium.neighbors.search.products.tile_loop import (
    LONG,
    WORD,
    Shape,
    TileLoop,
    call,
    first_of,
    fused,
    load,
    spread,
    store,
)

array_struct: Any = arrayobj.make_array  # Numba publishes no types.

_BYTE, _HALF, _FLOAT = ir.IntType(8), ir.IntType(16), ir.FloatType()

Multiply = Callable[[Any, Any, Any, Any], Any]
"""Takes a builder, sums in words, and four bytes a lane of rows and of a query."""


class BytePath(NamedTuple):
    """One way to multiply bytes.

    Attributes
    ----------
    needs : str
        Instructions, with spaces between.
    shape : Shape
    largest : int
        Greatest whole number of a query; that of rows is 127.
    shift : int
        What rows' whole numbers are written with: 128 where bytes are unsigned.
    multiply : callable
    """

    needs: str
    shape: Shape
    largest: int
    shift: int
    multiply: Multiply


def _by_vnni(builder: Any, so_far: Any, rows: Any, query: Any) -> Any:
    name = f"llvm.x86.avx512.vpdpbusd.{32 * so_far.type.count}"  # that of AVX-VNNI, too
    return call(builder, name, so_far.type, so_far, rows, query)


def _by_pairs(builder: Any, so_far: Any, rows: Any, query: Any) -> Any:
    lanes = so_far.type.count
    numbers, pairs = ir.VectorType(_BYTE, 4 * lanes), ir.VectorType(_HALF, 2 * lanes)
    both = (builder.bitcast(each, numbers) for each in (rows, query))
    products = call(builder, "llvm.x86.avx2.pmadd.ub.sw", pairs, *both)
    ones = ir.Constant(pairs, [1] * (2 * lanes))
    return builder.add(so_far, call(builder, "llvm.x86.avx2.pmadd.wd", so_far.type, products, ones))


def _by_neon(builder: Any, so_far: Any, rows: Any, query: Any) -> Any:
    numbers = ir.VectorType(_BYTE, 16)
    both = (builder.bitcast(each, numbers) for each in (rows, query))
    return call(builder, "llvm.aarch64.neon.sdot.v4i32.v16i8", so_far.type, so_far, *both)


PATHS: dict[str, BytePath] = {
    "AVX-512 VNNI": BytePath("avx512f avx512vnni", Shape(16, 4), 127, 128, _by_vnni),
    "AVX-VNNI": BytePath("avxvnni", Shape(8, 3), 127, 128, _by_vnni),
    "AVX2": BytePath("avx2", Shape(8, 2), 64, 128, _by_pairs),
    "NEON": BytePath("dotprod", Shape(4, 4), 127, 0, _by_neon),
}
"""Ways to multiply bytes, the fastest first; 4 queries by `shape` stay within the registers."""


def chosen() -> str | None:
    """Name the path of the processor that kernels are compiled for, if it has one.

    Where nothing is compiled it has none: what stands below in Python is slower than floats.
    """
    have = instructions()
    return next((name for name, path in PATHS.items() if have.issuperset(path.needs.split())), None)


CHOSEN = chosen()


def available() -> bool:
    """Whether kernels are compiled for a processor that multiplies bytes."""
    return CHOSEN is not None


BYTES = PATHS[CHOSEN or "AVX-512 VNNI"]
"""The path that kernels take, if any."""


def scores_by(path: BytePath) -> Any:
    """Make what writes the scores of a tile by a path.

    It takes, in this order,

    - a quad: signed bytes, four of each query and then the next four;
    - what each query's sums start with, and the units of queries, of which four count, from the
      place `first` on that follows them;
    - a panel: bytes, four of each row and then the next four; the rows' units and halves;
    - the scores, of 4 × 256: half + (start + sum of products)·(the query's unit·the row's).
    """

    def plain(
        quad: Any,
        starts: Any,
        own_units: Any,
        first: int,
        panel: Any,
        units: Any,
        halves: Any,
        scores: Any,
    ) -> None:
        queries = quad.reshape(-1, QUAD, GROUP).swapaxes(0, 1).reshape(QUAD, -1).astype(np.int32)
        rows = panel.reshape(-1, PANEL_ROWS, GROUP).swapaxes(0, 1).reshape(PANEL_ROWS, -1)
        numbers = rows if path.shift else rows.view(np.int8)
        some = slice(first, first + QUAD)
        sums = starts[some, None] + queries @ numbers.T.astype(np.int32)
        factors = own_units[some, None] * units
        found = halves + sums.astype(np.float32) * factors
        scores[: QUAD * PANEL_ROWS].reshape(QUAD, -1)[:] = found

    @intrinsic(plain)
    def scores_of_tile(
        _: Any,
        quad: Any,
        starts: Any,
        own_units: Any,
        first: Any,
        panel: Any,
        units: Any,
        halves: Any,
        scores: Any,
    ) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointers = [
                first_of(context, builder, signature.args[i], arguments[i]) for i in (1, 2, 5, 6, 7)
            ]
            quads, rows = (
                array_struct(signature.args[i])(context, builder, arguments[i]) for i in (0, 4)
            )
            n_steps = builder.udiv(quads.nitems, LONG(QUAD * GROUP))
            words = WORD.as_pointer()
            _loop(builder, path, arguments[3], *pointers).write(
                builder.bitcast(quads.data, words), builder.bitcast(rows.data, words), n_steps
            )
            return context.get_dummy_value()

        arrays = quad, starts, own_units, types.intp, panel, units, halves, scores
        return types.void(*arrays), generate

    return scores_of_tile


def _loop(
    builder: Any,
    path: BytePath,
    first: Any,
    starts: Any,
    own_units: Any,
    units: Any,
    halves: Any,
    scores: Any,
) -> TileLoop:
    lanes = path.shape.lanes
    floats = ir.VectorType(_FLOAT, lanes)

    def own(pointer: Any, q: int) -> Any:
        place = builder.gep(pointer, [builder.add(first, LONG(q))])
        return spread(builder, builder.load(place, align=4), lanes)

    def begin(q: int, _: Any) -> Any:
        return own(starts, q)

    def multiply(so_far: Any, rows: Any, query: Any) -> Any:
        return path.multiply(builder, so_far, rows, query)

    def finish(total: Any, q: int, place: Any) -> None:
        factor = builder.fmul(own(own_units, q), load(builder, units, place, lanes))
        half = load(builder, halves, place, lanes)
        score = fused(builder, builder.sitofp(total, floats), factor, half)
        store(builder, score, scores, builder.add(place, LONG(q * PANEL_ROWS)))

    return TileLoop(builder, path.shape, begin, multiply, finish)


scores_of_bytes = scores_by(BYTES)
