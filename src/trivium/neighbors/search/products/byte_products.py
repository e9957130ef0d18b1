"""Products of bytes by the processor's own instruction for them.

AVX-512 VNNI multiplies 64 pairs of bytes and adds them to 16 sums of 32 bits, exactly,
in the time of 16 products in float32. Compilers don't find it in loops over rows, so the
loop is written in LLVM's language.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.blocks.compiled import intrinsic, is_disabled
from trivium.neighbors.search.products.layout import GROUP, PANEL_ROWS, QUAD

# Numba publishes no types.
alloca_once: Any = cgutils.alloca_once
array_struct: Any = arrayobj.make_array
for_range: Any = cgutils.for_range
get_or_insert_function: Any = cgutils.get_or_insert_function

_BYTE, _WORD, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_WORDS = ir.VectorType(_WORD, 16)
_DOT = "llvm.x86.avx512.vpdpbusd.512"
_VECTORS = 4  # of 16 rows, taken at once: with 4 queries they fill half the registers


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether kernels are compiled for a processor that has the instruction."""
    settings: Any = numba.config
    if is_disabled():
        return False  # what stands below in Python would be slower than floats
    if settings.CPU_NAME is not None or settings.CPU_FEATURES is not None:
        return False  # compiled for another processor
    features = llvm.get_host_cpu_features()
    return bool(features.get("avx512f") and features.get("avx512vnni"))


def _products_of_matrices(quad: Any, starts: Any, first: int, panel: Any, sums: Any) -> None:
    queries = quad.reshape(-1, QUAD, GROUP).swapaxes(0, 1).reshape(QUAD, -1).astype(np.int32)
    rows = panel.reshape(-1, PANEL_ROWS, GROUP).swapaxes(0, 1).reshape(PANEL_ROWS, -1)
    products = queries @ rows.T.astype(np.int32)
    sums.reshape(QUAD, -1)[:] = starts[first : first + QUAD, None] + products


@intrinsic(_products_of_matrices)
def byte_products(
    _: Any, quad: Any, starts: Any, first: Any, panel: Any, sums: Any
) -> tuple[Any, Callable[..., Any]]:
    """Add the products of a quad's and a panel's bytes to sums that begin at `starts`.

    `quad` holds signed bytes, four of each query and then the next four; `panel` unsigned
    ones, four of each row and then the next four; `sums` receives 4 × 256 of them.
    `starts[first]` and the three behind it are the queries' own.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [
            array_struct(signature.args[i])(context, builder, arguments[i]) for i in (0, 1, 3, 4)
        ]
        to_bytes = _BYTE.as_pointer()
        quads, begins, rows, target = (builder.bitcast(a.data, to_bytes) for a in arrays)
        n_groups = builder.udiv(arrays[0].nitems, _LONG(QUAD * GROUP))
        kind = ir.FunctionType(_WORDS, [_WORDS] * 3)
        dot = get_or_insert_function(builder.module, kind, _DOT)

        def at(pointer: Any, offset: Any, kind: Any) -> Any:
            return builder.bitcast(builder.gep(pointer, [offset]), kind.as_pointer())

        def spread(word: Any) -> Any:
            nothing = ir.Constant(_WORDS, ir.Undefined)
            one = builder.insert_element(nothing, word, _WORD(0))
            return builder.shuffle_vector(one, nothing, ir.Constant(_WORDS, [0] * 16))

        cells = [(q, v) for q in range(QUAD) for v in range(_VECTORS)]
        total = {cell: alloca_once(builder, _WORDS) for cell in cells}
        step = 64 * _VECTORS
        with for_range(builder, _LONG(4 * PANEL_ROWS // step)) as part:
            place = builder.mul(part.index, _LONG(step))
            for q in range(QUAD):
                offset = builder.mul(builder.add(arguments[2], _LONG(q)), _LONG(4))
                begin = spread(builder.load(at(begins, offset, _WORD), align=4))
                for v in range(_VECTORS):
                    builder.store(begin, total[q, v])
            with for_range(builder, n_groups) as loop:
                group = builder.mul(loop.index, _LONG(GROUP * PANEL_ROWS))
                own = builder.mul(loop.index, _LONG(GROUP * QUAD))
                here = builder.add(group, place)
                vectors = [
                    builder.load(at(rows, builder.add(here, _LONG(64 * v)), _WORDS), align=1)
                    for v in range(_VECTORS)
                ]
                for q in range(QUAD):
                    offset = builder.add(own, _LONG(GROUP * q))
                    query = spread(builder.load(at(quads, offset, _WORD), align=1))
                    for v in range(_VECTORS):
                        so_far = builder.load(total[q, v])
                        builder.store(builder.call(dot, [so_far, vectors[v], query]), total[q, v])
            for q, v in cells:
                offset = builder.add(place, _LONG(4 * PANEL_ROWS * q + 64 * v))
                builder.store(builder.load(total[q, v]), at(target, offset, _WORDS), align=1)
        return context.get_dummy_value()

    return types.void(quad, starts, types.intp, panel, sums), generate
