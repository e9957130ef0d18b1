"""A tile of sums that stay in registers while columns go by, in LLVM's language.

A tile is a quad of queries by a panel of rows. Of some vectors of rows at a time, each number is
multiplied with one of each query and added to its own sum: so many products for each number that is
read, and sums enough that none has to wait for itself. Compilers keep the sums in memory.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD

# Numba publishes no types.
array_struct: Any = arrayobj.make_array
pointer_type: Any = types.CPointer
alloca_once: Any = cgutils.alloca_once
for_range: Any = cgutils.for_range
get_or_insert_function: Any = cgutils.get_or_insert_function

LONG, WORD = ir.IntType(64), ir.IntType(32)


class Shape(NamedTuple):
    """What of a tile is in registers at once.

    Attributes
    ----------
    lanes : int
        Numbers of a vector.
    vectors : int
        Of rows, for each query of a quad. With one for each query's number, one for each of these
        and one for each sum, registers are enough.
    """

    lanes: int
    vectors: int


class TileLoop(NamedTuple):
    """Writes the loop over a tile.

    Attributes
    ----------
    builder : IRBuilder
    shape : Shape
    begin : callable
        Takes a query's number in its quad and the number of a row; returns the vector that the
        sums of this and the following rows begin with.
    multiply : callable
        Takes a sum, a vector of rows and one of a query's number; returns the sum with products.
    finish : callable
        Takes a sum, the query's number and the row's, and writes what comes of it.
    """

    builder: Any
    shape: Shape
    begin: Callable[[int, Any], Any]
    multiply: Callable[[Any, Any, Any], Any]
    finish: Callable[[Any, int, Any], None]

    def write(self, quad: Any, panel: Any, n_steps: Any) -> None:
        """Write the loop, over so many steps, between pointers to what one step multiplies."""
        builder, (lanes, vectors) = self.builder, self.shape
        whole, rest = divmod(PANEL_ROWS // lanes, vectors)
        with for_range(builder, LONG(whole)) as part:
            first = builder.mul(part.index, LONG(lanes * vectors))
            self._write_part(quad, panel, n_steps, first, vectors)
        if rest:
            self._write_part(quad, panel, n_steps, LONG(whole * lanes * vectors), rest)

    def _write_part(self, quad: Any, panel: Any, n_steps: Any, first: Any, vectors: int) -> None:
        builder, lanes = self.builder, self.shape.lanes
        places = [builder.add(first, LONG(lanes * v)) for v in range(vectors)]
        total = {}
        for q in range(QUAD):
            for v, place in enumerate(places):
                begin = self.begin(q, place)
                total[q, v] = alloca_once(builder, begin.type)
                builder.store(begin, total[q, v])
        with for_range(builder, n_steps) as loop:
            step = builder.mul(loop.index, LONG(PANEL_ROWS))
            own = builder.mul(loop.index, LONG(QUAD))
            rows = [load(builder, panel, builder.add(step, place), lanes) for place in places]
            for q in range(QUAD):
                number = builder.load(builder.gep(quad, [builder.add(own, LONG(q))]), align=4)
                query = spread(builder, number, lanes)
                for v in range(vectors):
                    after = self.multiply(builder.load(total[q, v]), rows[v], query)
                    builder.store(after, total[q, v])
        for (q, v), place in total.items():
            self.finish(builder.load(place), q, places[v])


def first_of(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a pointer to the first number of an array, or of what is an address already."""
    if isinstance(kind, pointer_type):
        return value
    return array_struct(kind)(context, builder, value).data


def load(builder: Any, pointer: Any, place: Any, lanes: int) -> Any:
    """Read a vector from a place behind a pointer to numbers."""
    kind = ir.VectorType(pointer.type.pointee, lanes).as_pointer()
    return builder.load(builder.bitcast(builder.gep(pointer, [place]), kind), align=4)


def store(builder: Any, vector: Any, pointer: Any, place: Any) -> None:
    """Write a vector to a place behind a pointer to numbers."""
    kind = vector.type.as_pointer()
    builder.store(vector, builder.bitcast(builder.gep(pointer, [place]), kind), align=4)


def spread(builder: Any, number: Any, lanes: int) -> Any:
    """Return a vector of one number again and again."""
    nothing = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
    one = builder.insert_element(nothing, number, WORD(0))
    return builder.shuffle_vector(
        one, nothing, ir.Constant(ir.VectorType(WORD, lanes), [0] * lanes)
    )


def call(builder: Any, name: str, kind: Any, *arguments: Any) -> Any:
    """Call one of LLVM's functions, which returns this kind."""
    function = ir.FunctionType(kind, [argument.type for argument in arguments])
    return builder.call(get_or_insert_function(builder.module, function, name), arguments)


def fused(builder: Any, factor: Any, other: Any, summand: Any) -> Any:
    """Return factor times other plus summand, rounded once where the processor can."""
    kind = summand.type
    letter = "f32" if kind.element == ir.FloatType() else "f64"
    name = f"llvm.fmuladd.v{kind.count}{letter}"
    return call(builder, name, kind, factor, other, summand)
