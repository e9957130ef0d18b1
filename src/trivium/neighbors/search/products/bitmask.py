"""Which scores of a chunk are within a limit, as the bits of one number.

A comparison of 64 scores and a walk over the bits that are set cost a few operations more
than the comparison alone. Written in LLVM's language, for loops don't become that.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.np import arrayobj

from trivium.blocks.compiled import intrinsic

array_struct: Any = arrayobj.make_array  # Numba publishes no types.

CHUNK = 64


def _marks_one_by_one(scores: Any, start: int, limit: float) -> int:
    return sum(1 << i for i in range(CHUNK) if scores[start + i] <= limit)


def _lowest_by_its_complement(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


@intrinsic(_marks_one_by_one)
def marks(_: Any, scores: Any, start: Any, limit: Any) -> tuple[Any, Callable[..., Any]]:
    """Return 64 bits: whether each score from `start` on is at most `limit`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = array_struct(signature.args[0])(context, builder, arguments[0]).data
        chunk = ir.VectorType(data.type.pointee, CHUNK)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), chunk.as_pointer())
        nothing, word = ir.Constant(chunk, ir.Undefined), ir.IntType(32)
        one = builder.insert_element(nothing, arguments[2], word(0))
        zeros = ir.Constant(ir.VectorType(word, CHUNK), [0] * CHUNK)
        limits = builder.shuffle_vector(one, nothing, zeros)
        size = context.get_abi_sizeof(data.type.pointee)
        within = builder.fcmp_ordered("<=", builder.load(place, align=size), limits)
        return builder.bitcast(within, ir.IntType(CHUNK))

    return types.int64(scores, start, limit), generate


@intrinsic(_lowest_by_its_complement)
def lowest(_: Any, bits: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the place of the lowest bit that is set; at least one has to be."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(bits), generate
