"""Vectors of numbers in LLVM's language: what kernels read, write and multiply at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils

# Numba publishes no types.
get_or_insert_function: Any = cgutils.get_or_insert_function

DOUBLE, LONG, WORD = ir.DoubleType(), ir.IntType(64), ir.IntType(32)


class Vectors(NamedTuple):
    """Writes operations with vectors of so many float64.

    Attributes
    ----------
    builder : IRBuilder
    lanes : int
    """

    builder: Any
    lanes: int

    @property
    def kind(self) -> Any:
        """Their type."""
        return ir.VectorType(DOUBLE, self.lanes)

    def at(self, pointer: Any, place: Any) -> Any:
        """Return the pointer to a number that lies so many places on."""
        return self.builder.gep(pointer, [place])

    def load(self, pointer: Any) -> Any:
        """Read what stands at a pointer to numbers: float64, or float32 that become so."""
        number = pointer.type.pointee
        kind = ir.VectorType(number, self.lanes)
        vector = self.builder.load(self.builder.bitcast(pointer, kind.as_pointer()))
        vector.align = 8 if number == DOUBLE else 4
        return vector if number == DOUBLE else self.builder.fpext(vector, self.kind)

    def store(self, vector: Any, pointer: Any) -> None:
        """Write to a pointer to float64."""
        place = self.builder.bitcast(pointer, self.kind.as_pointer())
        self.builder.store(vector, place).align = 8

    def fetch(self, pointer: Any) -> None:
        """Bring the line of a place near the processor; it may be anywhere."""
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, WORD, WORD, WORD])
        function = get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        place = self.builder.bitcast(pointer, byte)
        self.builder.call(function, [place, WORD(0), WORD(3), WORD(1)])

    def spread(self, number: Any) -> Any:
        """Return a vector of one number again and again."""
        nothing = ir.Constant(self.kind, ir.Undefined)
        first = ir.Constant(ir.VectorType(WORD, self.lanes), [0] * self.lanes)
        one = self.builder.insert_element(nothing, number, WORD(0))
        return self.builder.shuffle_vector(one, nothing, first)

    def call(self, name: str, *vectors: Any) -> Any:
        """Call one of LLVM's functions of vectors."""
        function = ir.FunctionType(self.kind, [self.kind] * len(vectors))
        called = get_or_insert_function(
            self.builder.module, function, f"llvm.{name}.v{self.lanes}f64"
        )
        return self.builder.call(called, vectors)

    def transposed(self, square: list[Any]) -> list[Any]:
        """Transpose as many vectors as each has numbers, a power of two."""
        rows, step = list(square), 1
        while step < self.lanes:
            for i in range(self.lanes):
                if not i & step:
                    places = [(place, bool(place & step)) for place in range(self.lanes)]
                    upper = [place + (self.lanes - step) * below for place, below in places]
                    lower = [place + (self.lanes if below else step) for place, below in places]
                    pair = rows[i], rows[i + step]
                    rows[i], rows[i + step] = (
                        self._shuffled(*pair, upper),
                        self._shuffled(*pair, lower),
                    )
            step *= 2
        return rows

    def _shuffled(self, one: Any, other: Any, places: list[int]) -> Any:
        """Take numbers of two vectors, those of the second counted on from those of the first."""
        mask = ir.Constant(ir.VectorType(WORD, self.lanes), places)
        return self.builder.shuffle_vector(one, other, mask)

    @contextmanager
    def loop(
        self, n: Any, *begin: Any
    ) -> Iterator[tuple[Any, tuple[Any, ...], Callable[..., None]]]:
        """Write a loop that runs n times, once at least, over what the body writes.

        Parameters
        ----------
        n : integer
        *begin
            What the loop carries from one time to the next, before the first.

        Yields
        ------
        count : integer
            How often it ran before.
        carried : tuple
        go_on : callable
            Takes what is carried on, at the body's end.
        """
        builder, entry = self.builder, self.builder.block
        body, end = (builder.append_basic_block(name) for name in ("loop", "loop.end"))
        builder.branch(body)
        builder.position_at_end(body)
        count, carried = builder.phi(LONG), tuple(builder.phi(each.type) for each in begin)

        def go_on(*later: Any) -> None:
            following = builder.add(count, LONG(1))
            back = builder.block
            builder.cbranch(builder.icmp_signed("<", following, n), body, end)
            for phi, first, next_one in zip(
                (count, *carried), (LONG(0), *begin), (following, *later), strict=True
            ):
                phi.add_incoming(first, entry)
                phi.add_incoming(next_one, back)

        yield count, carried, go_on
        builder.position_at_end(end)
