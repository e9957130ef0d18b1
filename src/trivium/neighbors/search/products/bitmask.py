"""Which scores of a chunk are within a limit, as the bits of one number.

A comparison of 64 scores and a walk over the bits that are set cost a few operations more
than the comparison alone. Written in LLVM's language, for loops don't become that.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from trivium.arrays import Floats
from trivium.blocks.compiled import intrinsic
from trivium.blocks.intrinsics import inlined
from trivium.blocks.processor import instructions
from trivium.neighbors.search.products.float_products import float_shape
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.tile_loop import LONG, first_of, load, spread

CHUNK = 64
_CHUNKS = PANEL_ROWS // CHUNK


def _marks_one_by_one(scores: Any, start: int, limit: float) -> int:
    return sum(1 << i for i in range(CHUNK) if scores[start + i] <= limit)


def _lowest_by_its_complement(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _any_one_by_one(scores: Any, start: int, limit: float) -> int:
    return int(any(scores[start + i] <= limit for i in range(CHUNK)))


@intrinsic(_marks_one_by_one)
def marks(_: Any, scores: Any, start: Any, limit: Any) -> tuple[Any, Callable[..., Any]]:
    """Return 64 bits: whether each score from `start` on is at most `limit`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = first_of(context, builder, signature.args[0], arguments[0])
        within = _within(builder, load(builder, data, arguments[1], CHUNK), arguments[2])
        return builder.bitcast(within, LONG)

    return types.int64(scores, start, limit), generate


@intrinsic(_any_one_by_one)
def any_within(_: Any, scores: Any, start: Any, limit: Any) -> tuple[Any, Callable[..., Any]]:
    """Return 1 if any of 64 scores from `start` on, none of them NaN, is at most `limit`, else 0.

    By the least of them: that takes least, and mostly there is none.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = first_of(context, builder, signature.args[0], arguments[0])
        lanes = float_shape(instructions(), context.get_abi_sizeof(data.type.pointee)).lanes
        places = [builder.add(arguments[1], LONG(first)) for first in range(0, CHUNK, lanes)]
        least = [load(builder, data, place, lanes) for place in places]
        while len(least) > 1:
            least = [
                builder.select(builder.fcmp_ordered("<", one, other), one, other)
                for one, other in zip(least[::2], least[1::2], strict=True)
            ]
        within = builder.bitcast(_within(builder, least[0], arguments[2]), ir.IntType(lanes))
        return builder.zext(builder.icmp_unsigned("!=", within, ir.IntType(lanes)(0)), LONG)

    return types.int64(scores, start, limit), generate


def _within(builder: Any, scores: Any, limit: Any) -> Any:
    return builder.fcmp_ordered("<=", scores, spread(builder, limit, scores.type.count))


@inlined
def chunks_within(tile: Floats, limits: Floats, first: int) -> int:
    """Return a bit for each chunk of a tile: whether any score is within its query's limit.

    The limits of the tile's queries stand from the place `first` on. To ask of each chunk in turn
    would cost more: which have any cannot be foretold, and a processor that has guessed wrong
    drops the next tile's products, which it has begun.
    """
    bits = 0
    for lane in range(QUAD):
        limit = limits[first + lane]
        for chunk in range(lane * _CHUNKS, (lane + 1) * _CHUNKS):
            bits |= any_within(tile, chunk * CHUNK, limit) << chunk
    return bits


@intrinsic(_lowest_by_its_complement)
def lowest(_: Any, bits: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the place of the lowest bit that is set; at least one has to be."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(bits), generate
