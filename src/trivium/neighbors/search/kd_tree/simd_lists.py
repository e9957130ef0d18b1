"""Eight queries at once: their lists, and what a leaf's rows do to them.

Queries that are near each other look at the same rows. A row is measured for eight of
them with the operations of one, and enters their lists without a branch: every entry of
a list is compared, the lesser stays, the greater moves on. The loops are written in LLVM's
language, whose vectors exist on every processor; in loops over arrays, what moves from
entry to entry would be stored and loaded each time.

Rows are ranked by reduced distances alone. Distances, and the numbers of rows where
they tie, are left to the caller.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import intrinsic
from trivium.blocks.intrinsics import inlined
from trivium.neighbors.search.measures import (
    GREATEST,
    ITSELF,
    SQUARES,
    SUM,
    Measure,
    add_difference,
)

# Numba publishes no types.
alloca_once: Any = cgutils.alloca_once
for_range: Any = cgutils.for_range
get_or_insert_function: Any = cgutils.get_or_insert_function

QUERIES = 8
MOST_ROWS = 32  # a leaf's

_BIT, _BYTE, _WORD, _LONG = (ir.IntType(bits) for bits in (1, 8, 32, 64))
_KEYS, _PLACES = ir.VectorType(ir.DoubleType(), QUERIES), ir.VectorType(_LONG, QUERIES)
_FLAGS = ir.VectorType(_BYTE, MOST_ROWS)
_INFINITE = ir.Constant(_KEYS, [float("inf")] * QUERIES)
_UNROLLED = (2, 3)  # numbers of columns
FORMS = (SQUARES, SUM, GREATEST)
"""What rows can be measured by here; by any other form none enters a list."""


class Lists(NamedTuple):
    """Addresses of eight queries and of what has been found for them.

    Each has eight numbers, one for each query, in a row: `points` for each column, `bars`
    once (what a row's reduced distance must not exceed), `keys` and `places` for each
    entry of a list, `measured` for each row of a leaf. `near` has a byte for each row.
    """

    points: Float64
    bars: Float64
    keys: Float64
    places: Indices
    measured: Float64
    near: Any


class VectorWriter:
    """Writes operations of eight numbers at once."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        kind = ir.FunctionType(_KEYS, [_KEYS] * 2)
        self.minimum = get_or_insert_function(builder.module, kind, "llvm.minnum.v8f64")
        self.maximum = get_or_insert_function(builder.module, kind, "llvm.maxnum.v8f64")

    def vector(self, pointer: Any, index: Any, kind: Any) -> Any:
        """Pointer to the index-th eight numbers."""
        offset = self.builder.mul(index, _LONG(QUERIES))
        return self.builder.bitcast(self.builder.gep(pointer, [offset]), kind.as_pointer())

    def load(self, pointer: Any) -> Any:
        """Load a vector, which need not begin a line of the cache."""
        return self.builder.load(pointer, align=8)

    def store(self, value: Any, pointer: Any) -> None:
        """Store a vector, which need not begin a line of the cache."""
        self.builder.store(value, pointer, align=8)

    def spread(self, value: Any, kind: Any) -> Any:
        """Make a vector of one number."""
        nothing = ir.Constant(kind, ir.Undefined)
        one = self.builder.insert_element(nothing, value, _WORD(0))
        zeros = ir.Constant(ir.VectorType(_WORD, QUERIES), [0] * QUERIES)
        return self.builder.shuffle_vector(one, nothing, zeros)

    def lesser(self, one: Any, other: Any) -> Any:
        """Lesser numbers of two vectors: a select would become a store under a mask."""
        return self.builder.call(self.minimum, [one, other], fastmath=("nnan",))

    def greater(self, one: Any, other: Any) -> Any:
        """Greater numbers of two vectors."""
        return self.builder.call(self.maximum, [one, other], fastmath=("nnan",))

    def add(self, form: int, so_far: Any, difference: Any) -> Any:
        """Do as `measures.add_difference`."""
        builder = self.builder
        if form == SQUARES:
            return builder.fadd(so_far, builder.fmul(difference, difference))
        other_way = builder.fneg(difference)
        negative = builder.fcmp_ordered("<", difference, other_way)
        size = builder.select(negative, other_way, difference)
        if form == SUM:
            return builder.fadd(so_far, size)
        if form != GREATEST:
            raise ValueError(f"No loop is written for a form of number {form}.")
        return builder.select(builder.fcmp_ordered(">", size, so_far), size, so_far)


class _Writer(VectorWriter):
    """Writes the loops of `offer_rows`."""

    def __init__(self, builder: Any, arguments: Any) -> None:
        super().__init__(builder)
        self.form, self.points, self.n_columns, self.rows, self.at, self.step = arguments[:6]
        self.size, self.bars, self.keys, self.places, self.length = arguments[6:11]
        self.measured, self.near = arguments[11:]
        self.moving = alloca_once(builder, _KEYS)
        self.moving_place = alloca_once(builder, _PLACES)
        self.total = alloca_once(builder, _KEYS)
        self.flags = builder.bitcast(self.near, _FLAGS.as_pointer())
        self.bar = self.load(self.vector(self.bars, _LONG(0), _KEYS))

    def add_column(self, form: int, so_far: Any, row: Any, column: Any) -> Any:
        builder = self.builder
        place = builder.add(builder.add(self.at, row), builder.mul(column, self.step))
        x = self.spread(builder.load(builder.gep(self.rows, [place])), _KEYS)
        query = self.load(self.vector(self.points, column, _KEYS))
        return self.add(form, so_far, builder.fsub(query, x))

    def measure(self, form: int, n_columns: int | None) -> None:
        """Measure all rows; note which are within any bar."""
        builder = self.builder
        zero = ir.Constant(_KEYS, [0.0] * QUERIES)
        with for_range(builder, self.size) as row:
            if n_columns is not None:
                total = zero
                for column in range(n_columns):
                    total = self.add_column(form, total, row.index, _LONG(column))
            else:
                builder.store(zero, self.total)
                with for_range(builder, self.n_columns) as column:
                    so_far = builder.load(self.total)
                    more = self.add_column(form, so_far, row.index, column.index)
                    builder.store(more, self.total)
                total = builder.load(self.total)
            self.store(total, self.vector(self.measured, row.index, _KEYS))
            within = builder.bitcast(builder.fcmp_ordered("<=", total, self.bar), _BYTE)
            builder.store(within, builder.gep(self.near, [row.index]))

    def insert(self, row: Any) -> None:
        """Let a row enter the lists of the queries within whose bars it is."""
        builder = self.builder
        total = self.load(self.vector(self.measured, row, _KEYS))
        within = builder.fcmp_ordered("<=", total, self.bar)
        builder.store(builder.select(within, total, _INFINITE), self.moving)
        place = builder.add(self.at, row)
        builder.store(self.spread(place, _PLACES), self.moving_place)
        with for_range(builder, self.length) as entry:
            here = self.vector(self.keys, entry.index, _KEYS)
            there = self.vector(self.places, entry.index, _PLACES)
            key, spot = self.load(here), self.load(there)
            new, new_place = builder.load(self.moving), builder.load(self.moving_place)
            less = builder.fcmp_ordered("<", new, key)
            self.store(self.lesser(new, key), here)
            self.store(builder.select(less, new_place, spot), there)
            builder.store(builder.select(less, key, new), self.moving)
            builder.store(builder.select(less, spot, new_place), self.moving_place)

    def measure_by_form(self) -> None:
        """Measure in the loop for the form and the number of columns; by no other form at all."""
        builder = self.builder
        self.store(ir.Constant(_FLAGS, [0] * MOST_ROWS), self.flags)
        sums, greatest, others = (
            builder.icmp_signed("==", self.form, _LONG(form)) for form in (SUM, GREATEST, SQUARES)
        )
        cases: list[tuple[int, Any, int | None]] = [(SUM, sums, None), (GREATEST, greatest, None)]
        for n_columns in _UNROLLED:
            here = builder.icmp_signed("==", self.n_columns, _LONG(n_columns))
            cases.append((SQUARES, builder.and_(others, here), n_columns))
            others = builder.and_(others, builder.not_(here))
        for form, condition, columns in [*cases, (SQUARES, others, None)]:
            with builder.if_then(condition):
                self.measure(form, columns)

    def insert_near(self) -> None:
        """Insert the rows that are within any bar, and lower the bars."""
        builder = self.builder
        any_near = builder.icmp_unsigned(
            "!=", self.load(self.flags), ir.Constant(_FLAGS, [0] * MOST_ROWS)
        )
        hits = alloca_once(builder, _WORD)
        builder.store(builder.bitcast(any_near, _WORD), hits)
        with while_any(builder, hits) as left:
            self.insert(builder.zext(builder.cttz(left, _BIT(1)), _LONG))
            builder.store(builder.and_(left, builder.sub(left, _WORD(1))), hits)
        last = self.load(self.vector(self.keys, builder.sub(self.length, _LONG(1)), _KEYS))
        self.store(self.lesser(last, self.bar), self.vector(self.bars, _LONG(0), _KEYS))


@contextmanager
def while_any(builder: Any, bits: Any) -> Iterator[Any]:
    """Repeat what follows as long as any bit of a number in memory is set; give it the bits."""
    test, body, end = (builder.append_basic_block(name) for name in ("test", "body", "end"))
    builder.branch(test)
    builder.position_at_end(test)
    left = builder.load(bits)
    builder.cbranch(builder.icmp_unsigned("!=", left, left.type(0)), body, end)
    builder.position_at_end(body)
    yield left
    builder.branch(test)
    builder.position_at_end(end)


def _offer_one_by_one(
    form: int,
    points: Float64,
    n_columns: int,
    rows: Float64,
    at: int,
    step: int,
    size: int,
    bars: Float64,
    keys: Float64,
    places: Indices,
    length: int,
    *_: Any,
) -> None:
    measure = Measure(form if form in FORMS else -1, ITSELF)
    for lane in range(QUERIES):
        last = QUERIES * (length - 1) + lane
        bar = bars[lane]
        for r in range(size):
            key, place = 0.0, at + r
            for j in range(n_columns):
                difference = points[QUERIES * j + lane] - rows[at + r + j * step]
                key = add_difference(measure, key, difference)
            if key <= bar:
                for entry in range(lane, last + 1, QUERIES):
                    if key < keys[entry]:
                        keys[entry], key = key, keys[entry]
                        places[entry], place = place, places[entry]
        bars[lane] = min(bar, keys[last])


@intrinsic(_offer_one_by_one)
def offer_rows(
    _: Any,
    form: Any,
    points: Any,
    n_columns: Any,
    rows: Any,
    at: Any,
    step: Any,
    size: Any,
    bars: Any,
    keys: Any,
    places: Any,
    length: Any,
    measured: Any,
    near: Any,
) -> tuple[Any, Callable[..., Any]]:
    """Offer at most 32 rows to eight `Lists` of some length; lower their bars.

    Row r's coordinate in column j is `rows[at + r + j * step]`. It enters as the place
    `at + r`.
    """

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        writer = _Writer(builder, arguments)
        writer.measure_by_form()
        writer.insert_near()
        return context.get_dummy_value()

    sizes = at, step, size
    found = bars, keys, places, length, measured, near
    return types.void(form, points, n_columns, rows, *sizes, *found), generate


@inlined
def offer_leaf(view: Any, lists: Lists, at: int, size: int, length: int) -> float:
    """Offer a leaf's rows; return what no row that is still of use exceeds."""
    offer_rows(
        view.measure.form,
        lists.points,
        view.n_columns,
        view.blocks,
        at,
        view.width,
        size,
        lists.bars,
        lists.keys,
        lists.places,
        length,
        lists.measured,
        lists.near,
    )
    limit = lists.bars[0]
    for lane in range(1, QUERIES):
        limit = max(limit, lists.bars[lane])
    return float(limit)
