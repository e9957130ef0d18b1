"""Addresses of arrays in kernels, and the cache.

An array that is handed to a function is counted as in use, by an atomic operation each
time, and its indices are checked for being negative, which keeps loops from being
vectorised. An address is a number.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

from trivium.blocks.compiled import intrinsic

# Numba publishes no types.
array_struct: Any = arrayobj.make_array
get_item_pointer: Any = cgutils.get_item_pointer2
get_or_insert_function: Any = cgutils.get_or_insert_function
pointer_to: Any = types.CPointer
tuple_type: Any = types.BaseTuple
unpack_tuple: Any = cgutils.unpack_tuple

_BYTE, _WORD, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)


def _from(array: Any, start: int) -> Any:
    return array.reshape(-1)[start:]


def _row(array: Any, row: int) -> Any:
    return array[row:].reshape(-1)


def _flat(structure: Any) -> Any:
    if isinstance(structure, np.ndarray):
        return structure.reshape(-1)
    if not isinstance(structure, tuple):
        return structure
    items = (_flat(item) for item in structure)
    return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)


def _nothing(array: Any, index: int) -> None:
    pass


def _number_at(place: int, index: int) -> float:
    return ctypes.c_double.from_address(int(place + 8 * index)).value


@intrinsic(_from)
def address(_: Any, array: Any, start: Any) -> tuple[Any, Callable[..., Any]]:
    """Address of a contiguous array's element `start`; the caller keeps the array alive."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = array_struct(signature.args[0])
        first = struct(context, builder, arguments[0]).data
        return builder.gep(first, [arguments[1]])

    pointer = pointer_to(array.dtype)
    return pointer(array, start), generate


@intrinsic(_flat)
def addresses(_: Any, structure: Any) -> tuple[Any, Callable[..., Any]]:
    """Put addresses in place of all contiguous arrays of a tuple, and of tuples in it.

    The caller keeps the arrays alive. To compile one call takes far less than many of `address`.
    """

    def kind_of(kind: Any) -> Any:
        if isinstance(kind, types.Array):
            return pointer_to(kind.dtype)
        if not isinstance(kind, tuple_type):
            return kind
        named = getattr(kind, "instance_class", None)
        return tuple_type.from_types([kind_of(item) for item in kind], named)

    def replaced(context: Any, builder: Any, kind: Any, value: Any) -> Any:
        if isinstance(kind, types.Array):
            return array_struct(kind)(context, builder, value).data
        if not isinstance(kind, tuple_type):
            return value
        items = zip(kind, unpack_tuple(builder, value, len(kind)), strict=True)
        values = [replaced(context, builder, each, item) for each, item in items]
        return context.make_tuple(builder, kind_of(kind), values)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return replaced(context, builder, signature.args[0], arguments[0])

    return kind_of(structure)(structure), generate


@intrinsic(_row)
def row_address(_: Any, array: Any, row: Any) -> tuple[Any, Callable[..., Any]]:
    """Address of a matrix's row, whose elements may lie apart."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        struct = array_struct(kind)(context, builder, arguments[0])
        shape = unpack_tuple(builder, struct.shape, 2)
        strides = unpack_tuple(builder, struct.strides, 2)
        place = [arguments[1], _LONG(0)]
        return get_item_pointer(context, builder, struct.data, shape, strides, kind.layout, place)

    pointer = pointer_to(array.dtype)
    return pointer(array, row), generate


@intrinsic(_number_at)
def number_at(_: Any, place: Any, index: Any) -> tuple[Any, Callable[..., Any]]:
    """Read number `index` of float64 that lie from an address on; the caller keeps them alive."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        first = builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())
        return builder.load(builder.gep(first, [arguments[1]]))

    return types.float64(place, index), generate


@intrinsic(_nothing)
def prefetch(_: Any, array: Any, index: Any) -> tuple[Any, Callable[..., Any]]:
    """Bring an element's line near the processor, from an address; it may be anywhere."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        pointer = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), _BYTE.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), _WORD, _WORD, _WORD])
        function = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, _WORD(0), _WORD(3), _WORD(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


inlined = numba.njit(inline="always")
"""For functions that are called from kernels: inlined before anything is compiled."""
