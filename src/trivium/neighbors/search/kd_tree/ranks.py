"""The key of a rank among few: all ranks are counted at once, without a branch on a key.

Written in LLVM's language, whose vectors exist on every processor: a loop over so few numbers
would be unrolled, and then each counted by itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from trivium.arrays import Indices
from trivium.blocks.compiled import intrinsic

# Numba publishes no types.
alloca_once: Any = cgutils.alloca_once
for_range: Any = cgutils.for_range

MOST_KEYS = 32
LAST_KEY = np.iinfo(np.int64).max
"""Fills up what keys there are."""

_LANES = 8
_BIT, _WORD, _LONG = ir.IntType(1), ir.IntType(32), ir.IntType(64)
_KEYS = ir.VectorType(_LONG, _LANES)
_SPREAD = ir.Constant(ir.VectorType(_WORD, _LANES), [0] * _LANES)


def _of_rank(keys: Indices, size: int, rank: int) -> int:
    return int(np.sort(keys[:size])[rank])


@intrinsic(_of_rank)
def of_rank(_: Any, keys: Any, size: Any, rank: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the key of a rank among the first `size` of 32, no two of which are equal.

    Those behind them are `LAST_KEY`.
    """

    def generate(_context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        first, count, wanted = arguments

        def spread(value: Any) -> Any:
            nothing = ir.Constant(_KEYS, ir.Undefined)
            one = builder.insert_element(nothing, value, _WORD(0))
            return builder.shuffle_vector(one, nothing, _SPREAD)

        vectors, ranks = [], []
        for at in range(0, MOST_KEYS, _LANES):
            place = builder.bitcast(builder.gep(first, [_LONG(at)]), _KEYS.as_pointer())
            vectors.append(builder.load(place, align=8))
            ranks.append(alloca_once(builder, _KEYS))
            builder.store(ir.Constant(_KEYS, [0] * _LANES), ranks[-1])
        with for_range(builder, count) as each:
            key = spread(builder.load(builder.gep(first, [each.index])))
            for vector, smaller in zip(vectors, ranks, strict=True):
                less = builder.zext(builder.icmp_signed("<", key, vector), _KEYS)
                builder.store(builder.add(builder.load(smaller), less), smaller)
        hits = _WORD(0)
        for number, smaller in enumerate(ranks):
            same = builder.icmp_signed("==", builder.load(smaller), spread(wanted))
            bits = builder.zext(builder.bitcast(same, ir.IntType(_LANES)), _WORD)
            hits = builder.or_(hits, builder.shl(bits, _WORD(_LANES * number)))
        place = builder.zext(builder.cttz(hits, _BIT(0)), _LONG)
        return builder.load(builder.gep(first, [place]))

    return keys.dtype(keys, size, rank), generate
