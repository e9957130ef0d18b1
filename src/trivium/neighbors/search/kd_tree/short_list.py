"""One query's short list of nearest rows, sorted in vectors, and what a leaf's rows do to it.

A list of at most 16 entries is two vectors. A row enters it without a branch: every entry is
compared at once, the lesser stay, the greater move on by one, and what was last is forgotten.
So the limit is never older than the last leaf, and nothing is left to sort. The loops are
written in LLVM's language, whose vectors exist on every processor, and which keeps a list in
registers for as long as a leaf's rows enter it.

Rows are ranked by reduced distances alone. Distances, and the numbers of rows where they tie,
are left to the caller.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import intrinsic
from trivium.neighbors.search.kd_tree.simd_lists import (
    FORMS,
    VectorWriter,
    alloca_once,
    for_range,
    while_any,
)
from trivium.neighbors.search.measures import (
    GREATEST,
    ITSELF,
    SQUARES,
    SUM,
    Measure,
    add_difference,
)

LANES = 8
LONGEST = 2 * LANES
"""Entries of a list."""

_BYTE, _WORD, _LONG, _NUMBER = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.DoubleType()
_KEYS, _PLACES = ir.VectorType(_NUMBER, LANES), ir.VectorType(_LONG, LANES)
_ONE_ON = ir.Constant(ir.VectorType(_WORD, LANES), list(range(LANES - 1, 2 * LANES - 1)))
_LEAST = ir.Constant(_KEYS, [float("-inf")] * LANES)
_NOWHERE = ir.Constant(_PLACES, [-1] * LANES)


class _Writer(VectorWriter):
    """Writes the loops of `offer_rows_to_one`."""

    def __init__(self, builder: Any, arguments: Any) -> None:
        super().__init__(builder)
        self.form, self.point, self.n_columns, self.rows, self.at, self.step = arguments[:6]
        self.size, self.limit, self.keys, self.places, self.last, self.measured = arguments[6:]
        self.total = alloca_once(builder, _KEYS)
        self.hits = alloca_once(builder, _LONG)
        self.list = [
            (alloca_once(builder, _KEYS), alloca_once(builder, _PLACES))
            for _ in range(0, LONGEST, LANES)
        ]

    def measure(self, form: int) -> None:
        """Measure all rows, eight at once; note which are within the limit."""
        builder = self.builder
        bar = self.spread(self.limit, _KEYS)
        builder.store(_LONG(0), self.hits)
        with for_range(builder, builder.lshr(builder.add(self.size, _LONG(7)), _LONG(3))) as some:
            first = builder.add(self.at, builder.mul(some.index, _LONG(LANES)))
            builder.store(ir.Constant(_KEYS, [0.0] * LANES), self.total)
            with for_range(builder, self.n_columns) as column:
                x = builder.load(builder.gep(self.point, [column.index]))
                place = builder.add(first, builder.mul(column.index, self.step))
                rows = builder.bitcast(builder.gep(self.rows, [place]), _KEYS.as_pointer())
                difference = builder.fsub(self.spread(x, _KEYS), self.load(rows))
                total = self.add(form, builder.load(self.total), difference)
                builder.store(total, self.total)
            total = builder.load(self.total)
            self.store(total, self.vector(self.measured, some.index, _KEYS))
            within = builder.bitcast(builder.fcmp_ordered("<=", total, bar), _BYTE)
            here = builder.shl(builder.zext(within, _LONG), builder.mul(some.index, _LONG(LANES)))
            builder.store(builder.or_(builder.load(self.hits), here), self.hits)

    def insert(self, row: Any, n_vectors: int) -> None:
        """Let a row enter the list, if it is nearer than the last."""
        builder = self.builder
        key = self.spread(builder.load(builder.gep(self.measured, [row])), _KEYS)
        place = self.spread(builder.add(self.at, row), _PLACES)
        before, before_place = _LEAST, _NOWHERE
        for here, there in self.list[:n_vectors]:
            own, own_place = builder.load(here), builder.load(there)
            one_on = builder.shuffle_vector(before, own, _ONE_ON)
            place_on = builder.shuffle_vector(before_place, own_place, _ONE_ON)
            moves = builder.fcmp_ordered("<", key, own)
            farther = builder.fcmp_ordered("<", key, one_on)
            entering = builder.select(farther, place_on, place)
            builder.store(builder.select(moves, entering, own_place), there)
            builder.store(self.lesser(own, self.greater(one_on, key)), here)
            before, before_place = own, own_place

    def insert_near(self, n_vectors: int) -> None:
        """Insert the rows that are within the limit."""
        builder = self.builder
        for number, (here, there) in enumerate(self.list[:n_vectors]):
            keys = self.vector(self.keys, _LONG(number), _KEYS)
            places = self.vector(self.places, _LONG(number), _PLACES)
            builder.store(self.load(keys), here)
            builder.store(self.load(places), there)
        with while_any(builder, self.hits) as left:
            self.insert(builder.cttz(left, ir.IntType(1)(1)), n_vectors)
            builder.store(builder.and_(left, builder.sub(left, _LONG(1))), self.hits)
        for number, (here, there) in enumerate(self.list[:n_vectors]):
            self.store(builder.load(here), self.vector(self.keys, _LONG(number), _KEYS))
            self.store(builder.load(there), self.vector(self.places, _LONG(number), _PLACES))

    def offer(self) -> Any:
        """Measure, insert, and return the limit from now on."""
        builder = self.builder
        builder.store(_LONG(0), self.hits)
        for form in (SUM, GREATEST, SQUARES):
            with builder.if_then(builder.icmp_signed("==", self.form, _LONG(form))):
                self.measure(form)
        spare = builder.sub(_LONG(64), self.size)  # places of the block behind its rows
        own = builder.lshr(_LONG(-1), spare)
        builder.store(builder.and_(builder.load(self.hits), own), self.hits)
        least = alloca_once(builder, _NUMBER)
        builder.store(self.limit, least)
        some = builder.icmp_unsigned("!=", builder.load(self.hits), _LONG(0))
        with builder.if_then(some):
            short = builder.icmp_signed("<", self.last, _LONG(LANES))
            with builder.if_else(short) as (one, two):
                with one:
                    self.insert_near(1)
                with two:
                    self.insert_near(2)
            last = builder.load(builder.gep(self.keys, [self.last]))
            nearer = builder.fcmp_ordered("<", last, self.limit)
            builder.store(builder.select(nearer, last, self.limit), least)
        return builder.load(least)


def _offer_one_by_one(
    form: int,
    point: Float64,
    n_columns: int,
    rows: Float64,
    at: int,
    step: int,
    size: int,
    limit: float,
    keys: Float64,
    places: Indices,
    last: int,
    *_: Any,
) -> float:
    measure = Measure(form if form in FORMS else -1, ITSELF)
    end = LANES * (last // LANES + 1)
    for r in range(size):
        key, place = 0.0, at + r
        for j in range(n_columns):
            key = add_difference(measure, key, point[j] - rows[at + r + j * step])
        if key <= limit:
            hole = int(sum(keys[entry] <= key for entry in range(end)))
            for entry in range(end - 1, hole, -1):
                keys[entry], places[entry] = keys[entry - 1], places[entry - 1]
            if hole < end:
                keys[hole], places[hole] = key, place
    return float(min(limit, keys[last]))


@intrinsic(_offer_one_by_one)
def offer_rows_to_one(
    _: Any,
    form: Any,
    point: Any,
    n_columns: Any,
    rows: Any,
    at: Any,
    step: Any,
    size: Any,
    limit: Any,
    keys: Any,
    places: Any,
    last: Any,
    measured: Any,
) -> tuple[Any, Callable[..., Any]]:
    """Offer 1 to 32 rows to one query's list; return what no row that is still of use exceeds.

    Row r's coordinate in column j is `rows[at + r + j * step]`, and what lies behind the last row
    is read up to a multiple of eight. It enters as the place `at + r`. Entry `last` of the list,
    at most `LONGEST` - 1, is the last that is of use.
    """

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _Writer(builder, arguments).offer()

    sizes = at, step, size
    found = limit, keys, places, last, measured
    return types.float64(form, point, n_columns, rows, *sizes, *found), generate
