"""Eight boxes at once: how far they are, and which of them are put on the stack.

What a search finds at a node depends on its query, so that no processor can foresee which
children are near enough, nor in which order. Therefore nothing here branches on one of them: all
are measured and compared by one operation each, and each that is near enough finds its place by
counting those that are farther. The loops are written in LLVM's language, as those of
`simd_lists`, whose vectors exist on every processor.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import intrinsic
from trivium.neighbors.search.kd_tree.build import LANES
from trivium.neighbors.search.kd_tree.simd_lists import (
    FORMS,
    VectorWriter,
    alloca_once,
    for_range,
    while_any,
)
from trivium.neighbors.search.measures import ITSELF, Measure, add_difference

_BYTE, _LONG, _NUMBER = ir.IntType(8), ir.IntType(64), ir.DoubleType()
_BOUNDS = ir.VectorType(_NUMBER, LANES)
_ZEROS = ir.Constant(_BOUNDS, [0.0] * LANES)


class _Writer(VectorWriter):
    """Writes what both functions below are made of."""

    def measure(self, form: int, box: Any, boxes: Any, at: Any, bounds: Any) -> None:
        """Measure eight boxes, column after column."""
        builder, (low, high, n_columns) = self.builder, box
        total = alloca_once(builder, _BOUNDS)
        builder.store(_ZEROS, total)
        with for_range(builder, n_columns) as column:
            lower_side = builder.add(at, builder.mul(column.index, _LONG(2 * LANES)))
            upper_side = builder.add(lower_side, _LONG(LANES))
            left = builder.fsub(self._sides(boxes, lower_side), self._one(high, column.index))
            right = builder.fsub(self._one(low, column.index), self._sides(boxes, upper_side))
            gap = self.greater(self.greater(left, right), _ZEROS)
            builder.store(self.add(form, builder.load(total), gap), total)
        self.store(builder.load(total), self.vector(bounds, _LONG(0), _BOUNDS))

    def those(self, how: str, bounds: Any, number: Any) -> Any:
        """Return bits of the bounds that compare so with a number."""
        other = self.spread(number, _BOUNDS)
        flags = self.builder.bitcast(self.builder.fcmp_ordered(how, bounds, other), _BYTE)
        return self.builder.zext(flags, _LONG)

    def _sides(self, boxes: Any, at: Any) -> Any:
        pointer = self.builder.bitcast(self.builder.gep(boxes, [at]), _BOUNDS.as_pointer())
        return self.load(pointer)

    def _one(self, numbers: Any, index: Any) -> Any:
        return self.spread(self.builder.load(self.builder.gep(numbers, [index])), _BOUNDS)


def _measure_one_by_one(
    form: int,
    low: Float64,
    high: Float64,
    n_columns: int,
    boxes: Float64,
    at: int,
    bounds: Float64,
) -> None:
    measure = Measure(form, ITSELF)
    for lane in range(LANES if form in FORMS else 0):
        bounds[lane] = 0.0
        for j in range(n_columns):
            lower, upper = (boxes[at + (2 * j + side) * LANES + lane] for side in (0, 1))
            gap = max(lower - high[j], low[j] - upper, 0.0)
            bounds[lane] = add_difference(measure, bounds[lane], gap)


@intrinsic(_measure_one_by_one)
def measure_boxes(
    _: Any, form: Any, low: Any, high: Any, n_columns: Any, boxes: Any, at: Any, bounds: Any
) -> tuple[Any, Callable[..., Any]]:
    """Write the reduced distances from a box, `low` to `high`, to eight others into `bounds`.

    The least coordinates of the eight in column j begin at `boxes[at + 16 * j]`, the greatest
    behind them. By a form that is none of `FORMS` nothing is written.
    """

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        writer = _Writer(builder)
        form, *box, boxes, at, bounds = arguments
        for each in FORMS:
            with builder.if_then(builder.icmp_signed("==", form, _LONG(each))):
                writer.measure(each, box, boxes, at, bounds)
        return context.get_dummy_value()

    return types.void(form, low, high, n_columns, boxes, at, bounds), generate


def _push_one_by_one(
    measured: Float64,
    limit: float,
    first_lane: int,
    child: int,
    home: int,
    bounds: Float64,
    nodes: Indices,
    top: int,
) -> int:
    lanes = [lane for lane in range(first_lane, LANES) if measured[lane] <= limit]
    lanes = [lane for lane in lanes if child + lane != home]
    for lane in sorted(lanes, key=lambda lane: -measured[lane]):
        bounds[top], nodes[top] = measured[lane], child + lane
        top += 1
    return top


@intrinsic(_push_one_by_one)
def push_near(
    _: Any,
    measured: Any,
    limit: Any,
    first_lane: Any,
    child: Any,
    home: Any,
    bounds: Any,
    nodes: Any,
    top: Any,
) -> tuple[Any, Callable[..., Any]]:
    """Push those of eight children that are within a limit, the nearest last; return the new top.

    Lane l of the `measured` is the node `child + l`. Lanes before the first are none, and `home`
    is left out.
    """

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        writer = _Writer(builder)
        measured, limit, first_lane, child, home, bounds, nodes, top = arguments
        all_bounds = writer.load(writer.vector(measured, _LONG(0), _BOUNDS))
        near = writer.those("<=", all_bounds, limit)
        near = builder.and_(near, builder.shl(_LONG(-1), first_lane))
        own = builder.sub(home, child)
        bit = builder.shl(_LONG(1), builder.and_(own, _LONG(LANES - 1)))
        is_here = builder.icmp_unsigned("<", own, _LONG(LANES))
        near = builder.and_(near, builder.not_(builder.select(is_here, bit, _LONG(0))))
        waiting = alloca_once(builder, _LONG)
        builder.store(near, waiting)
        with while_any(builder, waiting) as left:
            lane = builder.cttz(left, ir.IntType(1)(1))
            bound = builder.load(builder.gep(measured, [lane]))
            farther = writer.those(">", all_bounds, bound)
            before = builder.sub(builder.and_(left, builder.neg(left)), _LONG(1))
            alike = builder.and_(writer.those("==", all_bounds, bound), before)
            ahead = builder.and_(near, builder.or_(farther, alike))
            to = builder.add(top, builder.ctpop(ahead))
            builder.store(bound, builder.gep(bounds, [to]))
            builder.store(builder.add(child, lane), builder.gep(nodes, [to]))
            builder.store(builder.and_(left, builder.sub(left, _LONG(1))), waiting)
        return builder.add(top, builder.ctpop(near))

    lanes = measured, limit, first_lane, child, home
    return types.intp(*lanes, bounds, nodes, top), generate
