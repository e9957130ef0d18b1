"""Numba's compiler with the settings that every kernel here shares."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.compiler_lock import global_compiler_lock

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function with Numba on its first call, and keep the machine code on disk.

    The compiled code runs without the interpreter's lock, so that threads share the
    work. Floating-point operations keep the order in which they are written: no
    reassociation, no contraction. Where no folder for the cache can be written (a
    read-only installation without a home), the code is compiled in each process.
    """
    return _compiled(function, fastmath=False)


def contracting_kernel(function: Function) -> Function:
    """Compile like `kernel`, but let a product and a sum become one fused operation.

    Twice as fast where products are summed. The last bits then depend on the machine:
    for sums that only say where to look, with a bound that holds for any rounding.
    """
    return _compiled(function, fastmath={"contract"})


def intrinsic(plain: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let kernels call what the decorated function writes in LLVM's language.

    Parameters
    ----------
    plain : callable
        Does the same in Python, where nothing is compiled (``NUMBA_DISABLE_JIT=1``, for debuggers
        and measurements of coverage).
    """

    def decorate(write: Callable[..., Any]) -> Callable[..., Any]:
        written: Callable[..., Any] = numba.extending.intrinsic(write)
        return plain if is_disabled() else written

    return decorate


def is_disabled() -> bool:
    """Whether the user has told Numba to compile nothing."""
    settings: Any = numba.config
    return bool(settings.DISABLE_JIT)


def _compiled(function: Function, fastmath: bool | set[str]) -> Function:
    if is_disabled():
        as_compiled: Function = np.errstate(all="ignore")(function)  # compiled code does not warn
        return as_compiled
    try:
        compiled: Function = numba.njit(function, cache=True, nogil=True, fastmath=fastmath)
    except RuntimeError:  # numba's word for "no locator available": nowhere to keep a cache
        compiled = numba.njit(function, nogil=True, fastmath=fastmath)
    return compiled


if hasattr(os, "register_at_fork"):
    # A child that was forked while another thread compiled would wait for Numba's lock for ever.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
