"""Numba's compiler with the settings that every kernel here shares."""

from collections.abc import Callable
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function with Numba on its first call, and keep the machine code on disk.

    The compiled code runs without the interpreter's lock, so that threads share the
    work. Floating-point operations keep the order in which they are written: no
    reassociation, no contraction. Where no folder for the cache can be written (a
    read-only installation without a home), the code is compiled in each process.
    """
    try:
        compiled: Function = numba.njit(function, cache=True, nogil=True)
    except RuntimeError:  # numba's word for "no locator available": nowhere to keep a cache
        compiled = numba.njit(function, nogil=True)
    return compiled
